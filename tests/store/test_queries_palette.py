"""What the palette finds: customers, contacts by the start of their names, the ones opened last; bounded, few statements."""

from __future__ import annotations

from pathlib import Path

from mobility_app.store.queries import palette
from mobility_app.store.store import Store
from tests.support.desk import NOW, Desk, desk


def customer(at: Desk, name: str, number: str, status: str = "active") -> str:
    return at.from_hq(
        "customer", name=name, number=number, status=status, currency="EUR", company_id=at.company,
        territory_id=at.territory, owner_id=at.user,
    )  # fmt: skip


def test_customers_and_contacts_without_regard_to_accents(tmp_path: Path) -> None:
    at = desk(tmp_path)
    shop = customer(at, "Água Viva", "C-7", "inactive")
    at.from_hq("address", customer_id=shop, kind="delivery", city="Évora", line1="Rua")
    rita = at.from_hq("contact", customer_id=shop, first_name="Rita", last_name="Águas Santos")
    at.from_hq("contact", customer_id=shop, first_name="Pedro", last_name="Lima")
    found = palette.found(at.store, "agua")
    assert [(one.name, one.number, one.town, one.status) for one in found.customers] == [
        ("Água Viva", "C-7", "Évora", "inactive")
    ]
    assert [(one.id, one.name, one.customer_name) for one in found.contacts] == [
        (rita, "Rita Águas Santos", "Água Viva")
    ]
    assert [one.name for one in palette.found(at.store, "santos ri").contacts] == ["Rita Águas Santos"]
    assert palette.found(at.store, "zzz") == palette.Found(())


def test_the_ones_opened_last_come_first_and_those_that_are_gone_not_at_all(tmp_path: Path) -> None:
    at = desk(tmp_path)
    ids = [customer(at, f"Loja {number}", f"C-{number}") for number in range(palette.RECENT_MAX + 2)]
    for one in (*ids, "f" * 32, ids[0]):
        palette.opened(at.store, one)
    names = [one.name for one in palette.found(at.store, "  ").customers]
    assert names == ["Loja 0", "Loja 9", "Loja 8", "Loja 7", "Loja 6", "Loja 5", "Loja 4"]


def test_it_is_bounded_and_costs_a_few_statements(tmp_path: Path) -> None:
    at = desk(tmp_path)
    for number in range(30):
        shop = customer(at, f"Loja {number:02d}", f"C-{number:02d}")
        at.from_hq("contact", customer_id=shop, first_name="Lojista", last_name=str(number))
    said: list[str] = []
    counted = Store(at.store.path, None, now=lambda: NOW, watch=said.append)
    said.clear()
    found = palette.found(counted, "loj")
    assert len(found.customers) == palette.CUSTOMERS_MAX
    assert len(found.contacts) == palette.CONTACTS_MAX
    assert len(said) <= 7
