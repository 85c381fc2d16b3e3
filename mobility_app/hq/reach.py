"""How far a user reaches: which records, and what a record may refer to. `judge.py` asks here before it writes.

A record out of reach answers exactly as one that never was: nobody learns what exists elsewhere. What was deleted is
judged by where it lay. A reference stays inside its record's home: the same customer, else the same company.
"""

from __future__ import annotations

import json
from types import MappingProxyType

from mobility_app.domain.access import Actor
from mobility_app.domain.change import Row
from mobility_app.domain.fields import Entity, Field, Kind, Plain
from mobility_app.domain.rules import exclusivity
from mobility_app.hq import scopes
from mobility_app.hq.ledger import Transaction
from mobility_app.hq.states import State
from mobility_app.store.records import patch_plain

REJECTED = "rejected"
AUTHORS = MappingProxyType({"message": "sender_id", "ticket_entry": "author_id"})  # who wrote it: never another


REDIRECTS_MAX = 20  # of one record: merged into one that was merged again


def led(tx: Transaction, record_id: str) -> str:
    """The record that this one goes on as: itself where it was neither made twice nor merged."""
    for _ in range(REDIRECTS_MAX):
        state = tx.state(record_id)
        if state is None or not state.leads_to:
            break
        record_id = state.leads_to
    return record_id


class Rejection(Exception):
    """Ends the judging of one change."""

    def __init__(self, reason: str, fields: dict[str, tuple[str, str]] | None = None) -> None:
        self.reason, self.fields = reason, fields or {}


class Reach:
    """The reach of one user inside one ledger transaction."""

    def __init__(self, tx: Transaction, actor: Actor) -> None:
        self._tx, self._actor = tx, actor

    def known(self, state: State) -> None:
        """Raises Rejection not_found unless the record, which is or was there, lies in the actor's reach."""
        if state.root_id is not None:
            customer = self.stood("customer", state.root_id)
            if customer is None or not self._holds(customer):
                raise Rejection("not_found")
        elif state.stream not in (scopes.GLOBAL, *self._actor.company_ids):
            raise Rejection("not_found")

    def fresh(self, one: Entity, record_id: str, row: Row) -> None:
        """Raises Rejection unless a record with these values may come to lie there: not_found, not_a_territory."""
        if one.name == "customer":
            if not self._holds(row):
                raise Rejection("not_found")
            self.territory(row, row["territory_id"])
            return
        root = self._tx.root_of(one.name, record_id, row)
        state = self._tx.state(root) if root else None
        if state is not None:
            self.known(state)
        if "company_id" in one.names and row["company_id"] not in self._actor.company_ids:
            raise Rejection("not_found")

    def territory(self, customer: Row, territory_id: object) -> None:
        """Raises Rejection not_a_territory unless it is one of the customer's company."""
        territory = self._tx.get("territory", str(territory_id))
        if territory is None or territory["company_id"] != customer["company_id"]:
            raise Rejection("not_a_territory", {"territory_id": (REJECTED, "not_a_territory")})

    def stood(self, entity: str, record_id: str) -> Row | None:
        """The record as it stands, or as it stood when it was deleted."""
        return self._tx.get(entity, record_id) or self.gone(entity, record_id)

    def gone(self, entity: str, record_id: str) -> Row | None:
        """The record as it last went. None where it was never deleted."""
        patch = self._tx.deleted_patch(record_id)
        if patch is None:
            last = self._tx.value(
                "SELECT patch FROM log WHERE record_id=? AND kind='delete' ORDER BY seq DESC LIMIT 1", record_id
            )
            patch = patch_plain(entity, json.loads(last)) if last else None
        return {name: sides[0] for name, sides in patch.items()} if patch is not None else None

    # -- references

    def follow(self, one: Entity, record_id: str, row: Row) -> dict[str, tuple[str, str]]:
        """References of a new record: those that lead to another follow it, those that miss are emptied and named.
        What a record hangs on must be there. Raises Rejection."""
        missed: dict[str, tuple[str, str]] = {}
        if one.parent:
            self._parent(one.field(one.parent), row)
        for field in one.fields:
            value, found = row.get(field.name), set[str | None]()
            if field.name == one.parent or value is None or field.refers in ("", "company"):
                continue
            if field.kind is Kind.REFS and isinstance(value, list):
                found = {self.target(one, record_id, row, field, each) for each in value}
                row[field.name] = sorted(each for each in found if each is not None)
            elif (one.name, field.name) != ("customer", "territory_id"):
                row[field.name] = self.target(one, record_id, row, field, str(value))
            if field.required and not row[field.name]:
                raise Rejection(exclusivity.REASON if self._bound(field, value) else "parent_missing")
            if not row[field.name] or None in found:
                missed[field.name] = (REJECTED, "not_found")
        return missed

    def _bound(self, field: Field, value: Plain) -> bool:
        """Whether it misses because the product is bound to another customer, one that the actor may know of."""
        row = self._tx.get("product", str(value)) if field.refers == "product" else None
        owner = row.get("exclusive_customer_id") if row else None
        customer = self._tx.get("customer", str(owner)) if owner else None
        return customer is not None and self._holds(customer)

    def signed(self, one: Entity, row: Row) -> None:
        """Raises Rejection forbidden where somebody else is named as the author; fills in who it is."""
        name = AUTHORS.get(one.name)
        if name is not None:
            if row.get(name) not in (None, self._actor.user_id):
                raise Rejection("forbidden", {name: (REJECTED, "forbidden")})
            row[name] = self._actor.user_id

    def target(self, one: Entity, record_id: str, row: Row, field: Field, target: str) -> str | None:
        """The record that a reference ends at, or None where there is none inside the record's home."""
        target = led(self._tx, target)
        state = self._tx.state(target)
        if state is None or state.deleted or state.entity != field.refers:
            return None
        root, company = self._home(one, record_id, row)
        if company is None:
            return target  # people's own records: the office's
        if state.root_id is not None:
            return target if state.root_id == root else None
        if state.stream != scopes.GLOBAL:
            return target if state.stream == company else None
        if field.refers == "user":
            companies = (self._tx.get("user", target) or {}).get("company_ids")
            return target if isinstance(companies, list) and company in companies else None
        return target

    def _parent(self, field: Field, row: Row) -> None:
        parent = row.get(field.name)
        if not isinstance(parent, str):
            return
        row[field.name] = parent = led(self._tx, parent)
        state = self._tx.state(parent)
        if state is None or state.entity != field.refers:
            raise Rejection("not_found")
        self.known(state)
        if state.deleted:
            raise Rejection("parent_missing")

    def _home(self, one: Entity, record_id: str, row: Row) -> tuple[str | None, str | None]:
        """(customer, company) that the record lies in."""
        if one.name == "company":
            return None, record_id
        root = self._tx.root_of(one.name, record_id, row)
        customer = row if one.name == "customer" else self._tx.get("customer", root) if root else row
        company = (customer or {}).get("company_id")
        return root, str(company) if company else None

    def _holds(self, customer: Row) -> bool:
        return self._actor.holds(str(customer.get("company_id")), str(customer.get("territory_id")))
