"""Contacts of a customer with how to reach them and their labels; one contact for its own page."""

from __future__ import annotations

from dataclasses import dataclass

from mobility_app.domain.change import Row
from mobility_app.domain.rules import phones
from mobility_app.store.records import Records
from mobility_app.store.store import Store


@dataclass(frozen=True, slots=True)
class Reach:
    """One e-mail or telephone. `dial`: what a link calls or writes to; `shown`: as people of that country write it."""

    id: str
    label: str
    shown: str
    dial: str
    main: bool


@dataclass(frozen=True, slots=True)
class Person:
    """One contact. `labels`: (contact_label id, label id, name)."""

    row: Row
    emails: tuple[Reach, ...]
    phones: tuple[Reach, ...]
    labels: tuple[tuple[str, str, str], ...]

    @property
    def id(self) -> str:
        """The contact's id."""
        return str(self.row["id"])

    @property
    def name(self) -> str:
        """First and last name; empty where neither is known."""
        return " ".join(str(self.row[part]) for part in ("first_name", "last_name") if self.row[part])


@dataclass(frozen=True, slots=True)
class People:
    """Contacts by name, with the labels that they carry: id -> (name, count)."""

    persons: tuple[Person, ...]
    labels: dict[str, tuple[str, int]]
    total: int


def of_customer(store: Store, customer_id: str, wanted: tuple[str, ...] = ()) -> People:
    """Contacts that carry all the wanted labels."""
    with store.reading() as session:
        region = _region(session, customer_id)
        names = dict(session.rows("SELECT id, name FROM label"))
        found = [_person(session, row, region, names) for row in session.find("contact", customer_id=customer_id)]
    labels: dict[str, tuple[str, int]] = {}
    for person in found:
        for _, label_id, name in person.labels:
            labels[label_id] = (name, labels.get(label_id, (name, 0))[1] + 1)
    shown = [p for p in found if set(wanted) <= {label_id for _, label_id, _ in p.labels}]
    ordered = tuple(sorted(shown, key=lambda person: (person.name.casefold(), person.id)))
    return People(ordered, dict(sorted(labels.items(), key=lambda pair: pair[1][0].casefold())), len(found))


def one(store: Store, contact_id: str) -> Person | None:
    """A contact for its own page, or None."""
    with store.reading() as session:
        row = session.get("contact", contact_id)
        if row is None:
            return None
        names = dict(session.rows("SELECT id, name FROM label"))
        return _person(session, row, _region(session, str(row["customer_id"])), names)


def all_labels(store: Store, customer_id: str) -> dict[str, str]:
    """id -> name of the labels of the customer's company."""
    with store.reading() as session:
        return dict(session.rows(
            "SELECT l.id, l.name FROM label l JOIN customer c ON c.company_id=l.company_id WHERE c.id=? ORDER BY l.name",
            customer_id,
        ))  # fmt: skip


def _region(session: Records, customer_id: str) -> str | None:
    found: str | None = session.value(
        "SELECT country FROM address WHERE customer_id=? AND country IS NOT NULL ORDER BY kind, id LIMIT 1", customer_id
    )
    return found


def _person(session: Records, row: Row, region: str | None, names: dict[str, str]) -> Person:
    contact_id = str(row["id"])
    mails = session.find("contact_email", order="is_main DESC, id", contact_id=contact_id)
    numbers = session.find("contact_phone", order="is_main DESC, id", contact_id=contact_id)
    links = session.find("contact_label", contact_id=contact_id)
    return Person(
        row,
        tuple(Reach(str(m["id"]), str(m["label"] or ""), str(m["value"]), str(m["value"]), bool(m["is_main"])) for m in mails),
        tuple(
            Reach(str(n["id"]), str(n["label"] or ""), phones.shown(str(n["e164"] or n["value"]), region),
                  str(n["e164"] or n["value"]), bool(n["is_main"]))
            for n in numbers
        ),
        tuple((str(x["id"]), str(x["label_id"]), names.get(str(x["label_id"]), "?")) for x in links),
    )  # fmt: skip
