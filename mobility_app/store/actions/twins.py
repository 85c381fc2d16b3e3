"""Two customers that may be one: a rep asks for the merge by a task, the office makes it (`hq/merging.py`)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mobility_app.domain.change import Row
from mobility_app.store import told
from mobility_app.store.records import Records
from mobility_app.store.store import Store
from mobility_app.store.writing import Writing

MANAGER = "manager"


@dataclass(frozen=True, slots=True)
class Pair:
    """The customer, and the other one where this device holds it ("" else), each by its number."""

    number: str
    other: str
    identifier: str


def ask_merge(store: Store, dseq: int, title: Callable[[Pair], str]) -> bool:
    """Makes a task of it for the manager of the customer's territory, or its owner, and reads the notice. `title` puts it
    in words. False where it was read before. Raises NotAllowed."""
    with store.writing() as tx:
        one = told.read(tx, dseq, "identifier")
        customer = tx.get("customer", one.record_id) if one else None
        if customer is None:
            return False
        tx.create("activity", {
            "customer_id": str(customer["id"]), "kind": "task", "title": title(_pair(tx, customer)),
            "assignee_id": _who(tx, customer),
        })  # fmt: skip
        return True


def _pair(session: Records, customer: Row) -> Pair:
    same = {"identifier": customer["identifier"], "company_id": customer["company_id"]}
    others = [row for row in session.where("customer", same) if row["id"] != customer["id"]]
    return Pair(_number(customer), _number(others[0]) if others else "", str(customer["identifier"] or ""))


def _number(row: Row) -> str:
    return str(row["number"] or row["provisional_number"] or "")


def _who(tx: Writing, customer: Row) -> str | None:
    """The manager who has the territory; else who owns the customer."""
    for user in tx.find("user", role=MANAGER):
        held = user["territory_ids"]
        if isinstance(held, list) and customer["territory_id"] in held:
            return str(user["id"])
    return str(customer["owner_id"]) if customer["owner_id"] else None
