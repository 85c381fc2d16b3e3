"""Short scripts that two people with a device each could play, for `crashes.py` to break anywhere."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from mobility_app.domain.entities.file import SPAN_BYTES
from mobility_app.domain.fields import Plain
from mobility_app.hq.office import Office
from mobility_app.store import transfers, vault
from mobility_app.store.actions.attachments import attach, sweep
from mobility_app.store.files import FileVault
from mobility_app.store.store import Store
from mobility_app.sync.blobs import Carrier
from mobility_app.sync.engine import Engine
from tests.support.fleet import Link, SteppedClock

DEVICES = ("ana", "rui")
PHRASE, OTHER_PHRASE, CHEAP = "a long passphrase", "another long one", vault.Argon2(memory_kib=64, passes=1, lanes=1)


@dataclass(slots=True)
class Desk:
    """Two devices and HQ, open on a copy of the prepared folder, with their files. `saved`: (entity, id, field, value) that
    the write door had promised; `attached`: file -> bytes; `phrases`: passphrases of which one must open Ana's keys."""

    folder: Path
    ids: dict[str, str]
    clock: SteppedClock = field(default_factory=SteppedClock)
    random: random.Random = field(default_factory=lambda: random.Random(7))
    office: Office = field(init=False)
    keys: vault.Keys = field(init=False)
    stores: dict[str, Store] = field(default_factory=dict)
    engines: dict[str, Engine] = field(default_factory=dict)
    vaults: dict[str, FileVault] = field(default_factory=dict)
    carriers: dict[str, Carrier] = field(default_factory=dict)
    saved: list[tuple[str, str, str, Plain]] = field(default_factory=list)
    attached: dict[str, bytes] = field(default_factory=dict)
    phrases: tuple[str, ...] = (PHRASE,)

    def __post_init__(self) -> None:
        self.keys = vault.unlock(self.folder / "ana-keys", PHRASE)
        self.open_hq()
        for name in DEVICES:
            self.open(name)

    def open_hq(self) -> None:
        if hasattr(self, "office"):
            self.office.database.close()
        self.office = Office(self.folder / "hq", now=self.clock, random=self.random.randbytes)

    def open(self, name: str) -> None:
        if name in self.stores:
            self.stores[name].database.close()
        self.stores[name] = Store(self.folder / f"{name}.db", None, now=self.clock, random=self.random.randbytes)
        link = Link(lambda: self.office)
        self.engines[name] = Engine(self.stores[name], link)
        if name in self.carriers:
            self.carriers[name].close()
        self.vaults[name] = FileVault(self.files_of(name), bytes(32), self.random.randbytes)
        self.carriers[name] = Carrier(self.stores[name], self.vaults[name], link, self.random.random)

    def files_of(self, name: str) -> Path:
        return self.folder / f"{name}-files"

    def disk_of(self, side: str) -> tuple[Path, ...]:
        """The folders in which a side keeps files of its own beside its database."""
        if side == "hq":
            return (self.folder / "hq",)
        return (self.files_of(side), self.folder / f"{side}-keys")

    def sync(self, name: str) -> None:
        self.engines[name].round()

    def carry(self, name: str) -> None:
        self.carriers[name].run()

    def attach(self, name: str, which: str, size: int) -> str:
        plain = self.random.randbytes(size)
        made = attach(self.stores[name], self.vaults[name], self.ids[which], "a.bin", [plain])
        self.attached[made] = plain
        self.saved.append(("file", made, "", None))
        return made

    def set(self, name: str, entity: str, which: str, /, **values: Plain) -> None:
        with self.stores[name].writing() as tx:
            tx.update(entity, self.ids[which], values)
        self.saved += [(entity, self.ids[which], key, value) for key, value in values.items()]

    def create(self, name: str, entity: str, /, **values: Plain) -> str:
        with self.stores[name].writing() as tx:
            made = tx.create(entity, values)
        self.saved.append((entity, made, "", None))
        return made

    def drop(self, name: str, entity: str, which: str) -> None:
        with self.stores[name].writing() as tx:
            tx.delete(entity, self.ids[which])

    def close(self) -> None:
        for carrier in self.carriers.values():
            carrier.close()
        for store in self.stores.values():
            store.database.close()
        self.office.database.close()


def _office(desk: Desk, /, **values: Plain) -> None:
    with desk.office.ledger.transaction() as tx:
        tx.update("customer", desk.ids["customer one"], values)


def _restore(desk: Desk, name: str, entity: str, which: str) -> None:
    with desk.stores[name].writing() as tx:
        tx.restore(entity, desk.ids[which])


def _both(desk: Desk, entity: str, which: str, field_name: str, mine: Plain, theirs: Plain) -> None:
    """Ana and Rui change the same field without seeing each other."""
    desk.set("ana", entity, which, **{field_name: mine})
    desk.set("rui", entity, which, **{field_name: theirs})
    desk.sync("ana")
    desk.sync("rui")
    desk.sync("ana")


def _under(desk: Desk, entity: str, **values: Plain) -> None:
    desk.create("ana", entity, customer_id=desk.ids["customer one"], **values)
    desk.sync("ana")


def _then_sync(act: Callable[[Desk], None], *names: str) -> Callable[[Desk], None]:
    def script(desk: Desk) -> None:
        act(desk)
        for name in names:
            desk.sync(name)

    return script


def _series(desk: Desk) -> None:
    for number in range(4):
        desk.set("ana", "customer", "customer one", website=f"https://{number}.example")
    desk.sync("ana")


def _edit_during_delete(desk: Desk) -> None:
    desk.set("ana", "address", "address one", line2="edited")
    desk.drop("rui", "address", "address one")
    desk.sync("rui")
    desk.sync("ana")


def _delete_during_edit(desk: Desk) -> None:
    desk.drop("ana", "address", "address one")
    desk.set("rui", "address", "address one", line2="edited")
    desk.sync("rui")
    desk.sync("ana")


def _delete_and_back(desk: Desk) -> None:
    desk.drop("ana", "contact", "contact one")
    desk.sync("ana")
    _restore(desk, "ana", "contact", "contact one")
    desk.sync("ana")


def _moved_with_open_change(desk: Desk) -> None:
    desk.set("ana", "customer", "customer one", website="https://open.example")
    desk.sync("ana")
    desk.set("ana", "customer", "customer two", website="https://stays.example")
    _office(desk, territory_id=desk.ids["Sul"])
    desk.sync("ana")


def _left_and_came_back(desk: Desk) -> None:
    _office(desk, territory_id=desk.ids["Sul"])
    desk.sync("ana")
    _office(desk, territory_id=desk.ids["Norte"])
    desk.sync("ana")


def _shared_alone(desk: Desk) -> None:
    _office(desk, shared=True)
    desk.sync("ana")
    _office(desk, territory_id=desk.ids["Sul"])
    desk.sync("ana")


def _big(desk: Desk) -> None:
    with desk.office.ledger.transaction() as tx:
        one = tx.get("customer", desk.ids["customer one"]) or {}
        for number in range(8):
            tx.create("customer", {
                "name": f"n{number}", "company_id": one["company_id"], "territory_id": one["territory_id"],
                "currency": "EUR",
            })  # fmt: skip
    desk.office.headquarters.page_entries = 3
    desk.sync("ana")


def _whole_sheet(desk: Desk) -> None:
    with desk.stores["ana"].writing() as tx:
        customer = tx.create("customer", {"name": "whole"})
        contact = tx.create("contact", {"customer_id": customer, "first_name": "W"})
        tx.create("contact_email", {"contact_id": contact, "value": "w@x.example"})
        tx.create("address", {"customer_id": customer, "line1": "w", "country": "PT"})
    desk.saved.append(("customer", customer, "", None))
    desk.sync("ana")


def _labelled_twice(desk: Desk) -> None:
    label = desk.create("ana", "label", name="Director")
    desk.sync("ana")
    desk.sync("rui")
    for name in DEVICES:
        desk.create(name, "contact_label", contact_id=desk.ids["contact one"], label_id=label)
    desk.saved = [kept for kept in desk.saved if kept[0] != "contact_label"]  # one of the two leads to the other
    desk.sync("ana")
    desk.sync("rui")


def _ping_pong(desk: Desk) -> None:
    for number in range(3):
        name = DEVICES[number % 2]
        desk.set(name, "customer", "customer one", name=f"round {number}")
        desk.sync(name)
        desk.sync(DEVICES[1 - number % 2])


def _ticket(desk: Desk) -> None:
    ticket = desk.create("ana", "ticket", customer_id=desk.ids["customer one"], description="broken")
    desk.create("ana", "ticket_entry", ticket_id=ticket, text="first")
    desk.sync("ana")


def _opted_out_twice(desk: Desk) -> None:
    for name in DEVICES:
        desk.set(name, "contact", "contact one", opted_out=True)
    desk.sync("ana")
    desk.sync("rui")


def _edit(name: str, entity: str, which: str, /, **values: Plain) -> Callable[[Desk], None]:
    return _then_sync(lambda desk: desk.set(name, entity, which, **values), name)


def _clash(entity: str, which: str, field_name: str, mine: Plain, theirs: Plain) -> Callable[[Desk], None]:
    return lambda desk: _both(desk, entity, which, field_name, mine, theirs)


def _new(entity: str, **values: Plain) -> Callable[[Desk], None]:
    return lambda desk: _under(desk, entity, **values)


def _file_there_and_back(desk: Desk) -> None:
    """Bytes in two pieces go up from Ana and come down at Rui."""
    made = desk.attach("ana", "customer one", SPAN_BYTES + 9)
    desk.sync("ana")
    desk.carry("ana")
    desk.sync("rui")
    transfers.ask(desk.stores["rui"], made)
    desk.carry("rui")


def _file_twice(desk: Desk) -> None:
    """The same bytes at two customers are one at HQ."""
    for which in ("customer one", "customer two"):
        desk.random.seed(1)
        desk.attach("ana", which, 500)
    desk.sync("ana")
    desk.carry("ana")


def _file_dropped(desk: Desk) -> None:
    """A file that is gone everywhere, with its bytes."""
    made = desk.attach("ana", "customer one", 500)
    desk.sync("ana")
    desk.carry("ana")
    with desk.stores["ana"].writing() as tx:
        tx.delete("file", made)
        del desk.attached[made]
    desk.sync("ana")
    sweep(desk.stores["ana"], desk.vaults["ana"])


def _other_passphrase(desk: Desk) -> None:
    desk.phrases = (PHRASE, OTHER_PHRASE)
    vault.change_passphrase(desk.folder / "ana-keys", PHRASE, OTHER_PHRASE, cost=CHEAP)
    desk.phrases = (OTHER_PHRASE,)


SCENARIOS = MappingProxyType({
    "one field": _edit("ana", "customer", "customer one", website="https://one.example"),
    "a group": _edit("ana", "address", "address one", line1="Rua Nova", city="Porto"),
    "notes": _edit("ana", "customer", "customer one", notes="a\nb\nc by Ana"),
    "a series of edits": _series,
    "saved, not sent": lambda desk: desk.set("ana", "customer", "customer one", website="https://unsent.example"),
    "pull only": _then_sync(lambda desk: _office(desk, website="https://office.example"), "ana"),
    "nothing to do": _then_sync(lambda desk: None, "ana"),
    "new customer": lambda desk: (desk.create("ana", "customer", name="new"), desk.sync("ana"))[1],
    "new contact": _new("contact", first_name="New"),
    "new address": _new("address", line1="New", country="PT"),
    "new activity": _new("activity", kind="call", title="New"),
    "new ticket with entry": _ticket,
    "a whole sheet at once": _whole_sheet,
    "same field": _clash("customer", "customer one", "name", "by Ana", "by Rui"),
    "same group": _clash("address", "address one", "line1", "by Ana", "by Rui"),
    "same value": _clash("customer", "customer one", "website", "https://same.example", "https://same.example"),
    "same note, other lines": _clash("customer", "customer one", "notes", "a1\nb\nc", "a\nb\nc2"),
    "same note, same line": _clash("customer", "customer one", "notes", "a1\nb\nc", "a2\nb\nc"),
    "same flag": _opted_out_twice,
    "delete": _then_sync(lambda desk: desk.drop("ana", "address", "address one"), "ana", "rui"),
    "delete with children": _then_sync(lambda desk: desk.drop("ana", "contact", "contact one"), "ana", "rui"),
    "delete and bring back": _delete_and_back,
    "edit what is deleted": _edit_during_delete,
    "delete what is edited": _delete_during_edit,
    "customer leaves": _then_sync(lambda desk: _office(desk, territory_id=desk.ids["Sul"]), "ana", "rui"),
    "leaves with open change": _moved_with_open_change,
    "leaves and comes back": _left_and_came_back,
    "shared alone": _shared_alone,
    "many small pages": _big,
    "the same label twice": _labelled_twice,
    "to and fro": _ping_pong,
    "a file there and back": _file_there_and_back,
    "the same file twice": _file_twice,
    "a file that goes": _file_dropped,
    "another passphrase": _other_passphrase,
})  # fmt: skip
