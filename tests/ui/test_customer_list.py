"""The list of customers as a person sees it: lines, marks, filters, orders, and never more than a view may hold."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from mobility_app.store.queries import customers as queries
from mobility_app.store.queries.customers import Filters
from mobility_app.ui import customer_rows
from tests.support.crowd import fill
from tests.support.desk import NOW, Desk, desk
from tests.support.sheets import acts, text

ELEMENTS_MAX = 350  # of the list; the search, the heading and the choice of a territory have the rest of the 400
ALL = Filters(status="all", now=NOW, today="2026-11-25")


def drawn(at: Desk, typed: str = "", filters: Filters = ALL, first: int = 0) -> str:
    page = queries.page(at.store, typed, filters)
    return customer_rows.render(at.app.words, page, typed, filters, first, may_create=True)


def test_a_line_is_a_link_with_number_town_owner_and_activities(tmp_path: Path) -> None:
    at = desk(tmp_path)
    at.from_hq("address", customer_id=at.customer, kind="delivery", city="Viana do Castelo", country="PT")
    for status, when in (("open", NOW + 86_400_000), ("closed", NOW - 5 * 86_400_000)):
        at.from_hq("activity", customer_id=at.customer, kind="task", title="X", status=status, due_at=when)
    shown = drawn(at)
    assert f'href="/customers/{at.customer}"' in shown
    line = text(shown[shown.index("<tbody") :])
    for part in ("Óptica Lusitânia & Filhos", "C-000005", "Viana do Castelo", "Ana Silva", "Próxima qui. 26 nov."):
        assert part in line
    assert "Última 20 nov. 2026" in line


def test_what_is_not_as_usual_is_marked(tmp_path: Path) -> None:
    at = desk(tmp_path)
    at.from_hq("customer", at.customer, status="inactive")
    at.from_hq(
        "document", customer_id=at.customer, kind="invoice", due_on="2026-11-01", currency="EUR", gross_minor=100,
        payable_minor=100, paid_minor=0,
    )  # fmt: skip
    with at.store.writing() as tx:
        tx.update("customer", at.customer, {"website": "https://a.example"})
    shown = text(drawn(at))
    assert "Inativo Fatura vencida Não sincronizado" in shown
    assert "Fatura vencida" not in text(drawn(at, "", replace(ALL, overdue=True)).partition("<table")[2])


@pytest.mark.parametrize("sort", [*customer_rows.SORTS])
def test_the_heading_of_the_order_says_so(tmp_path: Path, sort: str) -> None:
    at = desk(tmp_path)
    shown = drawn(at, "", replace(ALL, sort=sort, descending=True))
    assert shown.count('aria-sort="descending"') == 1
    assert {arg for act, arg in acts(shown) if act == "sort"} == set(customer_rows.SORTS)
    assert not [arg for act, arg in acts(drawn(at, "optica")) if act == "sort"]


def test_filters_are_pressed_while_they_hold_and_can_be_removed_where_nothing_is_left(tmp_path: Path) -> None:
    at = desk(tmp_path)
    shown = drawn(at, "", replace(ALL, owner_id=at.user, unvisited=True))
    assert re.findall(r'data-arg="(\w+)" aria-pressed="true"', shown) == ["all", "mine", "unvisited"]
    none = drawn(at, "", replace(ALL, tickets=True))
    assert "Nenhum cliente com estes filtros." in text(none)
    assert ("clear", "") in acts(none)
    found = text(drawn(at, "xyz", replace(ALL, tickets=True)))
    assert "“xyz”" in found
    assert "Nenhum cliente corresponde" in text(drawn(at, "xyz"))


def test_the_export_is_of_the_list_as_filtered(tmp_path: Path) -> None:
    at = desk(tmp_path)
    shown = drawn(at, "óptica & filhos", replace(ALL, owner_id=at.user, overdue=False, sort="town", descending=True))
    assert (
        f"/customers/export.csv?status=all&amp;sort=town&amp;text=%C3%B3ptica+%26+filhos&amp;owner={at.user}&amp;descending=1"
        in shown
    )


@pytest.mark.parametrize("marked", [0, 50])
def test_a_full_page_stays_within_the_elements_of_a_view(tmp_path: Path, marked: int) -> None:
    at = desk(tmp_path)
    ids = fill(at.store, 120, deep=0)
    for one in ids[: marked and len(ids)]:
        at.from_hq("customer", one, status="inactive")
    shown = drawn(at)
    assert shown.count("<tr") == 51
    assert len(re.findall(r"<[a-z]", shown)) <= ELEMENTS_MAX
