"""What the other tabs and the header cost in statements: the same for a customer with little as for one with much."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from mobility_app.store.queries import activities, addresses, contacts, details, history_page, sheet, tickets
from mobility_app.store.queries.history_page import Asked
from tests.support.desk import NOW, Desk, desk

TODAY = date(2026, 11, 24)
FEW, MANY = 2, 60

TABS: dict[str, Callable[[Desk], object]] = {
    "header": lambda at: sheet.header(at.store, at.customer),
    "details": lambda at: details.details(at.store, at.customer, lambda: NOW, lambda: TODAY),
    "addresses": lambda at: addresses.addresses(at.store, at.customer),
    "contacts": lambda at: contacts.of_customer(at.store, at.customer, ()),
    "activities": lambda at: activities.of_customer(at.store, at.customer, activities.ALL, NOW),
    "support": lambda at: tickets.of_customer(at.store, at.customer),
    "history": lambda at: history_page.page(at.store, at.customer, Asked(), NOW),
}
AT_MOST = {
    "header": 24, "details": 16, "addresses": 2, "contacts": 8, "activities": 6, "support": 6, "history": 16,
}  # fmt: skip


def filled(folder: Path, count: int) -> Desk:
    """A desk whose customer has so many of everything."""
    folder.mkdir()
    at = desk(folder)
    for number in range(count):
        with at.store.writing() as tx:
            tx.create("address", {"customer_id": at.customer, "kind": "other", "line1": f"Rua {number}"})
            contact = tx.create("contact", {"customer_id": at.customer, "first_name": f"Ana {number}"})
            tx.create("contact_email", {"contact_id": contact, "value": f"ana{number}@exemplo.pt"})
            tx.create("activity", {"customer_id": at.customer, "kind": "call", "title": f"Ligar {number}"})
            tx.create("ticket", {"customer_id": at.customer, "description": f"Forno {number}"})
    return at


def cost(at: Desk, read: Callable[[Desk], object]) -> list[str]:
    asked: list[str] = []
    at.store.database.watch = asked.append
    assert read(at) is not None
    return asked


@pytest.mark.parametrize("tab", TABS)
def test_a_tab_costs_the_same_few_statements_however_much_there_is(tmp_path: Path, tab: str) -> None:
    few, many = (cost(filled(tmp_path / str(count), count), TABS[tab]) for count in (FEW, MANY))
    assert len(many) <= AT_MOST[tab], "\n".join(many)
    assert len(many) <= len(few) + 3, "\n".join(many)
