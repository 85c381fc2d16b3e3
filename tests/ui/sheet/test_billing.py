"""Who sees amounts: the header, the details and the three billing tabs, role by role, and of a customer that is lent."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobility_app.domain.access import Actor
from mobility_app.store.queries import details as details_queries
from mobility_app.ui.sheet import billing, details_view, head
from mobility_app.ui.sheet.facts import Facts
from mobility_app.ui.words import Words
from tests.support.billing import Billing
from tests.support.desk import desk
from tests.support.sheets import sheet_of, text

PT = Words("pt")


@pytest.mark.parametrize(("role", "sees"), [("rep", True), ("manager", True), ("accountant", True), ("support", False),
                                            ("admin", False)])  # fmt: skip
def test_roles_without_billing_see_no_amount_and_are_told_so(tmp_path: Path, role: str, sees: bool) -> None:
    at = desk(tmp_path, role=role)
    header = sheet_of(at).header
    assert billing.sees(at.app.actor, header) is sees
    assert billing.sees(at.app.actor, header, "price") is sees
    shown = text(head.who(PT, header, "/c", credit=billing.sees(at.app.actor, header)))
    assert ("€" in shown) is sees
    assert "Lusitânia" in shown
    side = details_view.render(
        Facts.of(at.app, header), details_queries.details(at.store, at.customer, at.app.now, at.app.today)
    )
    assert ("Crédito usado" in text(side)) is sees
    if not sees:
        assert "A sua função não dá acesso" in text(billing.unseen(PT, at.app.actor, header))


def test_of_a_customer_that_another_company_lends_only_master_data_is_here_and_the_tabs_say_whose_the_rest_is(
    tmp_path: Path,
) -> None:
    at = desk(tmp_path, role="rep")
    billing_ = Billing(at)
    billing_.document("2026-11-02", 1_000)
    billing_.lay()
    header = sheet_of(at).header
    stranger = Actor("x" * 32, "rep", ("o" * 32,), ("t" * 32,))
    assert billing.sees(at.app.actor, header)
    assert not billing.sees(stranger, header)
    assert not billing.sees(None, header)
    assert "Só Lusitânia vê o que é faturado a este cliente." in text(billing.unseen(PT, stranger, header))
