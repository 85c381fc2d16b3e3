"""Contacts of a customer with how to reach them and their labels, page by page; one contact for its own page.

However many contacts there are, a page costs six statements. Choosing several labels asks for those who carry any of
them: labels say what somebody does, and few do two things. Group actions and mailing lists are not read here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from mobility_app.domain.change import Row
from mobility_app.domain.rules.folding import fold
from mobility_app.store.queries import sheet
from mobility_app.store.queries.details import region_of
from mobility_app.store.queries.sheet import SheetHeader
from mobility_app.store.records import Records
from mobility_app.store.store import Store

PAGE_ROWS = 8  # a row with its links, labels and mark is 25 elements, and a view holds 400


@dataclass(frozen=True, slots=True)
class Label:
    """A label that a contact carries: the link record, the label, its name."""

    link_id: str
    label_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Person:
    """One contact with its e-mails and telephones, main ones first, and its labels by name."""

    row: Row
    emails: tuple[Row, ...]
    phones: tuple[Row, ...]
    labels: tuple[Label, ...]

    @property
    def id(self) -> str:
        """The contact's id."""
        return str(self.row["id"])

    @property
    def name(self) -> str:
        """First and last name; empty where neither is known."""
        return name_of(self.row)

    @property
    def reach_ids(self) -> frozenset[str]:
        """The ids of its e-mails and telephones."""
        return frozenset(str(row["id"]) for row in (*self.emails, *self.phones))


@dataclass(frozen=True, slots=True)
class People:
    """A page of contacts by name. `labels`: id -> (name, how many contacts of this customer carry it), by name.
    `total` counts all contacts, `found` those who carry a wanted label, `first` is where this page begins.
    `region`: the country of the customer's address."""

    persons: tuple[Person, ...]
    labels: Mapping[str, tuple[str, int]]
    total: int
    found: int
    first: int
    region: str | None


@dataclass(frozen=True, slots=True)
class ContactPage:
    """One contact, the header of its customer (marks, rights), and the labels of the company: id -> name."""

    person: Person
    header: SheetHeader
    labels: Mapping[str, str]
    region: str | None


def name_of(row: Mapping[str, object]) -> str:
    """First and last name of a contact; empty where neither is known."""
    return " ".join(str(row[part]) for part in ("first_name", "last_name") if row[part])


def of_customer(store: Store, customer_id: str, wanted: Sequence[str] = (), first: int = 0) -> People:
    """A page of the contacts that carry any of the wanted labels, of all where none is wanted."""
    with store.reading() as session:
        known = session.rows("SELECT id, first_name, last_name FROM contact WHERE customer_id=?", customer_id)
        links = session.rows(
            "SELECT c.id, x.label_id, l.name FROM contact c JOIN contact_label x ON x.contact_id = c.id"
            " JOIN label l ON l.id = x.label_id WHERE c.customer_id=? ORDER BY l.name, l.id",
            customer_id,
        )
        shown = _wanted(known, links, wanted)
        start = first if 0 <= first < len(shown) else 0
        persons = _persons(session, shown[start : start + PAGE_ROWS])
        region = region_of(session, customer_id)
    return People(tuple(persons), _counted(links), len(known), len(shown), start, region)


def _wanted(known: Iterable[tuple[str, str | None, str | None]], links: Iterable[tuple[str, str, str]],
            wanted: Sequence[str]) -> list[str]:  # fmt: skip
    """Ids of those to show, by name."""
    carrying = {contact_id for contact_id, label_id, _ in links if label_id in wanted}
    names = {one: fold(name_of({"first_name": first, "last_name": last})) for one, first, last in known}
    return sorted((one for one in names if not wanted or one in carrying), key=lambda one: (names[one], one))


def _counted(links: Iterable[tuple[str, str, str]]) -> dict[str, tuple[str, int]]:
    found: dict[str, tuple[str, int]] = {}
    for _, label_id, name in links:
        found[label_id] = (name, found.get(label_id, (name, 0))[1] + 1)
    return found


def _persons(session: Records, ids: Sequence[str]) -> list[Person]:
    """The contacts in that order; one that is gone is left out."""
    marks = ",".join("?" * len(ids))
    under: dict[str, dict[str, list[Row]]] = {"contact_email": {}, "contact_phone": {}}
    for entity, by_contact in under.items():
        for (record_id,) in session.rows(
            f"SELECT id FROM {entity} WHERE contact_id IN ({marks}) ORDER BY is_main DESC, id", *ids
        ):
            if row := session.get(entity, record_id):
                by_contact.setdefault(str(row["contact_id"]), []).append(row)
    labels: dict[str, list[Label]] = {}
    for contact_id, *label in session.rows(
        "SELECT x.contact_id, x.id, l.id, l.name FROM contact_label x JOIN label l ON l.id = x.label_id"
        f" WHERE x.contact_id IN ({marks}) ORDER BY l.name, l.id",
        *ids,
    ):
        labels.setdefault(contact_id, []).append(Label(*label))
    rows = [row for one in ids if (row := session.get("contact", one)) is not None]
    return [
        Person(row, tuple(under["contact_email"].get(str(row["id"]), ())),
               tuple(under["contact_phone"].get(str(row["id"]), ())), tuple(labels.get(str(row["id"]), ())))
        for row in rows
    ]  # fmt: skip


def one(store: Store, contact_id: str) -> ContactPage | None:
    """A contact for its own page, or None where this device does not hold it."""
    with store.reading() as session:
        found = _persons(session, [contact_id])
        if not found:
            return None
        customer_id = str(found[0].row["customer_id"])
        labels = dict(session.rows(
            "SELECT l.id, l.name FROM label l JOIN customer c ON c.company_id=l.company_id WHERE c.id=? ORDER BY l.name",
            customer_id,
        ))  # fmt: skip
        region = region_of(session, customer_id)
    header = sheet.header(store, customer_id)
    return ContactPage(found[0], header, labels, region) if header else None
