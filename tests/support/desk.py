"""A rep's desk without a browser: a plain store with one company, its people and one customer, and the screen's App.

For tests of queries, edit sessions and markup. What HQ owns is laid in as a pull would lay it, past the write door.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from mobility_app.domain.change import Row
from mobility_app.domain.fields import Plain
from mobility_app.store import identity, search
from mobility_app.store.cursor import Cursor
from mobility_app.store.store import Store, Touched
from mobility_app.sync.status import Board
from mobility_app.ui.context import App, Opened

NOW = 1_795_600_000_000  # 25 Nov 2026, 09:46 UTC


class Backend:
    """Opens nothing and syncs nothing; counts what it is asked."""

    def __init__(self) -> None:
        self.board = Board()
        self.asked_to_sync = 0
        self.asked_for_older: list[str] = []

    def unlock(self, passphrase: str) -> Opened:
        raise AssertionError("this desk is open")

    def lock(self) -> None:
        return

    def sync_now(self) -> None:
        self.asked_to_sync += 1

    def older(self, customer_id: str) -> int:
        self.asked_for_older.append(customer_id)
        return 0

    def change_passphrase(self, old: str, new: str) -> None:
        raise AssertionError("this desk has no passphrase")


@dataclass(slots=True)
class Desk:
    """The store, the App over it, and the ids of what is in it."""

    store: Store
    app: App
    company: str
    territory: str
    user: str
    colleague: str
    customer: str

    def from_hq(self, entity: str, record_id: str = "", /, **values: Plain) -> str:
        """Lays a record, or new values of one, in as a sync does, and tells the listeners."""
        with self.store.transaction() as session:
            session.run("UPDATE ctx SET applying=1")
            if record_id:
                session.put(entity, record_id, values)
            else:
                record_id = self.store.new_id()
                session.insert(entity, record_id, values)
            row: Row = session.get(entity, record_id) or {}
            root = session.root_of(entity, record_id, row)
            if root:
                search.refresh(session, [root])
            session.run("UPDATE ctx SET applying=0")
        self.store.tell(Touched(frozenset({root} - {None}), frozenset({(entity, record_id)}), "sync"))  # type: ignore[arg-type]
        return record_id

    def received_up_to(self, seq: int) -> None:
        """The device has received the territory's stream up to that number."""
        with self.store.transaction() as session:
            Cursor(scopes={f"t:{self.territory}": (seq, 0)}).keep(session)


def desk(folder: Path, *, role: str = "manager", language: str = "pt") -> Desk:
    """A desk in an empty folder."""
    clock = iter(range(NOW, NOW + 10_000_000))
    store = Store(folder / "device.db", None, now=lambda: next(clock))
    ids = [store.new_id() for _ in range(5)]
    company, territory, user, colleague, customer = ids
    with store.transaction() as session:
        session.run("UPDATE ctx SET applying=1")
        session.insert("company", company, {"name": "Lusitânia", "country": "PT", "currency": "EUR"})
        session.insert("territory", territory, {"company_id": company, "name": "Porto"})
        for one, name, what in ((user, "Ana Silva", role), (colleague, "Marta Costa", "rep")):
            values: Row = {
                "name": name,
                "role": what,
                "company_ids": [company],
                "territory_ids": [territory],
                "language": "pt",
            }
            session.insert("user", one, values)
        session.insert("customer", customer, _customer(company, territory, user))
        identity.keep(session, identity.Identity("d" * 32, 3, user, "http://127.0.0.1:1", "00", "00"))
        reach = {"role": role, "company_ids": [company], "territory_ids": [territory]}
        identity.set_meta(session, "actor", json.dumps(reach))
        search.refresh(session, [customer])
        session.run("UPDATE ctx SET applying=0")
    app = App(Backend(), language=language, opened=Opened(store), now=lambda: NOW, zone=ZoneInfo("Europe/Lisbon"))
    return Desk(store, app, company, territory, user, colleague, customer)


def _customer(company: str, territory: str, owner: str) -> Row:
    return {
        "number": "C-000005", "name": "Óptica Lusitânia & Filhos", "status": "active", "shared": False, "currency": "EUR",
        "language": "pt", "vat_exempt": False, "to_confirm": False, "company_id": company, "territory_id": territory,
        "owner_id": owner, "credit_limit_minor": 300_000, "notes": "Antes das 10 h.\nChave na receção.",
    }  # fmt: skip
