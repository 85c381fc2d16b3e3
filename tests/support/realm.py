"""Records of every kind in every place that a user may or may not reach, with a value for every field.

Users belong to Lusa and hold its territory Norte. Places: `own` (Norte), `next` (Lusa's Sul), `far` (Ibera's Madrid),
`lent` (Madrid too, but shared between companies).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from mobility_app.domain import registry
from mobility_app.domain.access import COMPANY_WIDE
from mobility_app.domain.change import Row
from mobility_app.domain.entities.people import ROLES
from mobility_app.domain.fields import Entity, Field, Kind, Merge, Plain, Scope
from mobility_app.hq.ledger import Transaction
from tests.support.fleet import Fleet
from tests.support.forger import Forger

PLACES = {"own": ("Lusa", "Norte"), "next": ("Lusa", "Sul"), "far": ("Ibera", "Madrid"), "lent": ("Ibera", "Madrid")}
FIXED: dict[str, Plain] = {
    "country": "FR", "currency": "USD", "language": "fr", "website": "https://mark.example/",
    "ledger_account_pattern": "[0-9]{4,9}", "e164": "+351912345678",
}  # fmt: skip
STANDING: dict[str, Plain] = {"country": "PT", "currency": "EUR", "language": "pt"}  # what a change starts from
SMALL = {"preferred_weekday": 3, "fiscal_year_start_month": 4, "progress_percent": 60, "payment_term_days": 30}


@dataclass(slots=True)
class Realm:
    """HQ with one user and one key for each role, and makers of records."""

    folder: Path
    fleet: Fleet = field(init=False)
    by_role: dict[str, Forger] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    numbers: count[int] = field(default_factory=lambda: count(700_000_001))

    def __post_init__(self) -> None:
        self.fleet = Fleet(self.folder)
        for role in ROLES:
            self.ids[role] = self.fleet.user(role, role)
            self.by_role[role] = Forger(self.fleet, role)
        self.ids["far"] = self.fleet.user("Iker", company="Ibera", territories=("Madrid",))
        self.ids["other"] = self.fleet.user("Rui")
        for company in ("Lusa", "Ibera"):
            self.ids[company] = self.fleet.id_of("company", company)
        with self.fleet.office.ledger.reading() as session:
            for territory in ("Norte", "Sul", "Madrid"):
                self.ids[territory] = self.fleet.office.named(session, "territory", territory)
            ibera = self.fleet.office.named(session, "territory", "Ibera")
        self.ids["else:Norte"], self.ids["else:Sul"], self.ids["else:Madrid"] = (
            self.ids["Sul"],
            self.ids["Norte"],
            ibera,
        )

    def reads(self, role: str, place: str, one: Entity, *, rooted: bool) -> bool:
        """Whether the records of that place come to the role's devices, before rights are asked."""
        if place == "lent" and rooted:
            return one.shared
        return self.writes(role, place, one, rooted=rooted)

    def writes(self, role: str, place: str, one: Entity, *, rooted: bool) -> bool:
        """Whether the role reaches the place at all, before rights are asked."""
        if one.scope is Scope.GLOBAL or place == "own":
            return True
        return place == "next" and (not rooted or role in COMPANY_WIDE)

    def customer(self, tx: Transaction, place: str, **more: Plain) -> str:
        company, territory = PLACES[place]
        values: Row = {
            "name": "c", "company_id": self.ids[company], "territory_id": self.ids[territory], "currency": "EUR",
            "shared": place == "lent", "identifier_kind": "other", "identifier": "x", "identifier_override": "why",
        }  # fmt: skip
        return tx.create("customer", {**values, **more})

    def least(self, tx: Transaction, one: Entity, place: str, customer: str, actor: str) -> Row:
        """The fewest values with which such a record can be made, its parents made first."""
        company, territory = (self.ids[name] for name in PLACES[place])
        row: Row = {}
        for each in one.fields:
            if each.name == "exclusive_customer_id":
                row[each.name] = customer
            elif (each.required and each.default is None) or each.name == one.parent:
                row[each.name] = self.value(tx, one, each, place, customer, actor)
        if one.name == "customer":
            row.update(company_id=company, territory_id=territory)
        if one.name == "activity_participant":
            row["user_id"] = self.colleague(place)
        return row

    def value(self, tx: Transaction, one: Entity, each: Field, place: str, customer: str, actor: str) -> Plain:
        """A value for the field that no other record holds, where its kind allows that."""
        number = next(self.numbers)
        if (each.name in FIXED and one.name != "customer_price") or each.name in ("currency", "language"):
            return FIXED[each.name]
        if (one.name in ("customer_email", "contact_email") and each.name == "value") or each.name == "email":
            return f"mark{number}@x.example"
        if each.name == "ledger_account":
            return str(number)
        if one.name in ("customer_phone", "contact_phone") and each.name == "value":
            return f"+351 {number}"
        match each.kind:
            case Kind.REF | Kind.REFS:
                target = self.target(tx, each, place, customer, actor, creates=one.name)
                return [target] if each.kind is Kind.REFS else target
            case Kind.TEXT | Kind.NOTE | Kind.VALUE:
                return f"mark{number}"[: each.most or None]
            case Kind.INTEGER | Kind.RATE:
                return SMALL.get(each.name, min(number, each.most or number) - number % 97)
            case Kind.MONEY:
                return number
            case Kind.FLAG:
                return True
            case Kind.DAY:
                return f"{1970 + number % 60}-03-{number % 28 + 1:02}"
            case Kind.INSTANT:
                return 1_000 * number
            case Kind.DECIMAL:
                return f"{number}.5"
            case Kind.CHOICE:
                return next(choice for choice in each.choices if choice not in (each.default, "task"))

    def target(self, tx: Transaction, each: Field, place: str, customer: str, actor: str, creates: str) -> str:
        company, territory = PLACES[place]
        match each.refers:
            case "customer" | "":
                return customer
            case "company":
                return self.ids[company]
            case "territory":
                return self.ids[territory if creates == "user" else f"else:{territory}"]
            case "user":
                signs = (creates, each.name) in (("message", "sender_id"), ("ticket_entry", "author_id"))
                return actor if signs else self.colleague(place)
            case other:
                one = registry.entity(other)
                return tx.create(other, self.whole(tx, one, place, customer, actor, bare=True))

    def colleague(self, place: str) -> str:
        return self.ids["far" if PLACES[place][0] == "Ibera" else "other"]

    def whole(self, tx: Transaction, one: Entity, place: str, customer: str, actor: str, *, bare: bool = False) -> Row:
        """Values for every field (`bare`: for those that must be), fit to be kept together."""
        row = self.least(tx, one, place, customer, actor)
        if bare:
            return row
        for each in one.fields:
            if row.get(each.name) is None and each.name not in ("contact_id", "corrects_id", "exclusive_customer_id"):
                row[each.name] = self.value(tx, one, each, place, customer, actor)
        if one.name == "customer":
            row.update(shared=place == "lent")
        if one.name == "address":
            row.update(latitude_e7=next(self.numbers), longitude_e7=next(self.numbers))
        if "valid_from" in row:
            row.update(valid_from="2001-01-01", valid_to="2091-01-01")
        if one.name == "activity":
            row["ends_at"] = 4_000 * next(self.numbers)
        return row


def pushable(one: Entity) -> bool:
    """Whether a device can make such a record at all: some have fields that must be and that only HQ writes."""
    return not any(each.required and each.merge is Merge.HQ for each in one.fields)
