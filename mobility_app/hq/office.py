"""An HQ as a folder: its database, its signing key, its people. What the command line and the server open.

Folder: `hq.db` (unless a PostgreSQL server keeps the database: `database_settings.py`), `hq.key` (raw Ed25519, readable by
its owner alone; it also opens the bytes of files), `blobs/` (they lie there unless a bucket is named), `quarantine/`,
`hq.log`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mobility_app.domain import registry
from mobility_app.domain.fields import Plain, dumped
from mobility_app.domain.rules.places import currency_of, language_of
from mobility_app.errors import InvalidValue, NotFound
from mobility_app.hq import blobs_settings, database_settings, devices, lease_settings, outbox
from mobility_app.hq.blobs import Blobs, key_from
from mobility_app.hq.blobs_shelf import Shelf
from mobility_app.hq.headquarters import Headquarters, private_bytes
from mobility_app.hq.ledger import Ledger, Transaction
from mobility_app.hq.schema import open_database
from mobility_app.store.migrate import Step
from mobility_app.store.records import Records

Dump = dict[str, dict[str, dict[str, Plain]]]


class Office:
    """One HQ, open."""

    def __init__(
        self, folder: Path, *, now: Callable[[], int], random: Callable[[int], bytes] = os.urandom,
        shelf: Shelf | None = None, migrations: tuple[Step, ...] | None = None,
    ) -> None:  # fmt: skip
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.now, self.random = folder, now, random
        address = database_settings.read(folder, os.environ)
        self.database = open_database(folder / database_settings.DATABASE, address=address, migrations=migrations)
        self.ledger = Ledger(self.database, now=now, random=random, along=outbox.note)
        key = _signing_key(folder / "hq.key", random)
        shelf = shelf or blobs_settings.shelf(folder, blobs_settings.read(folder, os.environ))
        self.blobs = Blobs(self.database, shelf, key_from(private_bytes(key)), now, random)
        self.headquarters = Headquarters(self.ledger, key, self.blobs)
        self.headquarters.pulls.lease_days = lease_settings.read(folder, os.environ)

    @property
    def quarantine(self) -> Path:
        """Where files wait that could not be taken in."""
        return self.folder / "quarantine"

    def add_company(self, name: str, country: str, currency: str | None = None) -> str:
        """A company with a default territory named after it. Returns its id. Raises InvalidValue name_taken, as the
        other two do: people, companies and territories are called by their names here."""
        with self.ledger.transaction() as tx:
            _free(tx, "company", name)
            company = tx.create(
                "company", {"name": name, "country": country, "currency": currency or currency_of(country)}
            )
            territory = tx.create("territory", {"company_id": company, "name": name})
            tx.update("company", company, {"default_territory_id": territory})
        return company

    def add_territory(self, company: str, name: str) -> str:
        """A territory of the company of that name. Returns its id."""
        with self.ledger.transaction() as tx:
            company_id = self.named(tx, "company", company)
            _free(tx, "territory", name, company_id=company_id)
            return tx.create("territory", {"company_id": company_id, "name": name})

    def add_user(
        self, name: str, role: str, company: str, territories: list[str], email: str | None = None, language: str = ""
    ) -> str:
        """A user of the company, holding the territories of those names. Returns its id."""
        with self.ledger.transaction() as tx:
            company_id = self.named(tx, "company", company)
            _free(tx, "user", name)
            country = str((tx.get("company", company_id) or {}).get("country"))
            held = [self.named(tx, "territory", territory, company_id=company_id) for territory in territories]
            return tx.create("user", {
                "name": name, "role": role, "email": email, "company_ids": [company_id], "territory_ids": held,
                "language": language or language_of(country),
            })  # fmt: skip

    def give_everything(self, user_id: str) -> None:
        """Lets a user hold every territory of every company."""
        with self.ledger.transaction() as tx:
            companies = sorted(str(row["id"]) for row in tx.find("company"))
            territories = sorted(str(row["id"]) for row in tx.find("territory"))
            tx.update("user", user_id, {"company_ids": companies, "territory_ids": territories})

    def invite(self, user: str) -> str:
        """A one-time code by which a device of that user (by name) enrols."""
        with self.database.transaction() as opened:
            session = Records(opened.engine, opened.watch)
            user_id = self.named(session, "user", user)
            return devices.invite(session, user_id, self.headquarters.public_key, self.now(), self.random)

    def named(self, session: Records, entity: str, name: str, **equals: Plain) -> str:
        """The id of the one record of that name. Raises NotFound, or InvalidValue ambiguous."""
        found = session.where(entity, {"name": name, **equals})
        if not found:
            raise NotFound(entity, name)
        if len(found) > 1:
            raise InvalidValue(entity, "name", "ambiguous")
        return str(found[0]["id"])

    def dump(self) -> Dump:
        """Everything, as {entity: {id: {field: value}}}, instants as ISO text."""
        with self.ledger.reading() as session:
            return dump(session)


def _free(tx: Transaction, entity: str, name: str, **equals: str) -> None:
    if tx.find(entity, name=name, **equals):
        raise InvalidValue(entity, "name", "name_taken")


def dump(session: Records) -> Dump:
    """All records of a database in plain values, every entity a key."""
    found: Dump = {}
    for one in registry.ENTITIES:
        found[one.name] = {
            str(row["id"]): {field.name: dumped(field, row[field.name]) for field in one.fields}
            for row in session.find(one.name)
        }
    return found


def _signing_key(path: Path, random: Callable[[int], bytes]) -> Ed25519PrivateKey:
    if path.exists():
        return Ed25519PrivateKey.from_private_bytes(path.read_bytes())
    key = Ed25519PrivateKey.from_private_bytes(random(32))
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(private_bytes(key))
        file.flush()
        os.fsync(file.fileno())
    return key
