"""Contacts of a customer with how to reach them and their labels, page by page; one contact for its own page.

However many contacts there are, a page costs seven statements. Choosing several labels asks for those who carry any of
them: labels say what somebody does, and few do two things. Who gets a message is told by `receivers.py`.
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

PAGE_ROWS = 14  # a row with all it holds is 10 elements, all around the list 260, and a view holds 400
BESIDE_MAX = 5  # activities and messages on a contact's own page


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
    `everyone`: ids of all contacts; `ids`: of those who carry a wanted label, in order; `first` is where this page begins.
    `region`: the country of the customer's address."""

    persons: tuple[Person, ...]
    labels: Mapping[str, tuple[str, int]]
    everyone: frozenset[str]
    ids: tuple[str, ...]
    first: int
    region: str | None

    @property
    def total(self) -> int:
        """How many contacts there are."""
        return len(self.everyone)

    @property
    def found(self) -> int:
        """How many carry a wanted label."""
        return len(self.ids)


@dataclass(frozen=True, slots=True)
class Beside:
    """What a contact takes part in. `lists`: (link id, list id, name) by name; `activities`, `messages`: the newest, as
    records."""

    lists: tuple[tuple[str, str, str], ...] = ()
    activities: tuple[Row, ...] = ()
    messages: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class ContactPage:
    """One contact, the header of its customer (marks, rights), and the labels of the company: id -> name."""

    person: Person
    header: SheetHeader
    labels: Mapping[str, str]
    region: str | None
    beside: Beside = Beside()


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
    everyone = frozenset(one for one, _, _ in known)
    return People(tuple(persons), _counted(links), everyone, tuple(shown), start, region)


def several(store: Store, ids: Sequence[str]) -> tuple[Person, ...]:
    """Those contacts, in that order; those that are gone are left out."""
    with store.reading() as session:
        return tuple(_persons(session, ids))


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
    rows = {str(row["id"]): row for row in session.find_among("contact", "id", ids)}
    under: dict[str, dict[str, list[Row]]] = {"contact_email": {}, "contact_phone": {}}
    for entity, by_contact in under.items():
        for row in sorted(
            session.find_among(entity, "contact_id", ids), key=lambda row: (not row["is_main"], row["id"])
        ):
            by_contact.setdefault(str(row["contact_id"]), []).append(row)
    labels: dict[str, list[Label]] = {}
    links = session.among(
        "SELECT x.contact_id, x.id, l.id, l.name FROM contact_label x JOIN label l ON l.id = x.label_id"
        " WHERE x.contact_id IN ({marks}) ORDER BY l.name, l.id",
        ids,
    )
    for contact_id, *label in links:
        labels.setdefault(contact_id, []).append(Label(*label))
    return [
        Person(rows[one], tuple(under["contact_email"].get(one, ())), tuple(under["contact_phone"].get(one, ())),
               tuple(labels.get(one, ())))
        for one in ids if one in rows
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
        region, beside = region_of(session, customer_id), _beside(session, customer_id, contact_id)
    header = sheet.header(store, customer_id)
    return ContactPage(found[0], header, labels, region, beside) if header else None


def _beside(session: Records, customer_id: str, contact_id: str) -> Beside:
    lists = session.rows(
        "SELECT m.id, l.id, l.name FROM mailing_list_member m JOIN mailing_list l ON l.id = m.mailing_list_id"
        " WHERE m.contact_id=? ORDER BY l.name, l.id",
        contact_id,
    )
    activities = session.rows(
        "SELECT DISTINCT a.id FROM activity_participant p JOIN activity a ON a.id = p.activity_id WHERE p.contact_id=?"
        " ORDER BY COALESCE(a.starts_at, a.due_at, 0) DESC, a.id DESC LIMIT ?",
        contact_id, BESIDE_MAX,
    )  # fmt: skip
    messages = session.rows(
        "SELECT id FROM message WHERE customer_id=? AND contact_ids LIKE ? ORDER BY id DESC LIMIT ?",
        customer_id, f'%"{contact_id}"%', BESIDE_MAX,
    )  # fmt: skip
    return Beside(
        tuple(lists),
        tuple(row for (one,) in activities if (row := session.get("activity", one)) is not None),
        tuple(row for (one,) in messages if (row := session.get("message", one)) is not None),
    )
