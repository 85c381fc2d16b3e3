"""The list of customers: orders, filters, pages, what a text finds, and how many statements that takes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mobility_app.domain.change import Row
from mobility_app.store import identity, search
from mobility_app.store.queries import customers
from mobility_app.store.queries.customers import DAY_MS, Filters
from mobility_app.store.store import Store
from tests.support.crowd import fill
from tests.support.desk import NOW, Desk, desk

TODAY = "2026-11-25"
ALL = Filters(status="all", now=NOW, today=TODAY)
PAGE_STATEMENTS = 5  # companies, count, keys, rows, next activities


def more(at: Desk, count: int, **values: str) -> list[str]:
    row = at.store.read("customer", at.customer) or {}
    return [
        at.from_hq("customer", **{**row, "id": None, "name": f"Padaria {n:03d}", "number": f"C-1{n:05d}", **values})  # type: ignore[arg-type]
        for n in range(count)
    ]


def names(at: Desk, text: str = "", filters: Filters = ALL) -> list[str]:
    return [row.name for row in customers.page(at.store, text, filters).rows]


def test_the_list_pages_by_name_to_the_end_and_back(tmp_path: Path) -> None:
    at = desk(tmp_path)
    more(at, 120)
    first = customers.page(at.store)
    assert [row.name for row in first.rows[:2]] == ["Óptica Lusitânia & Filhos", "Padaria 000"]
    assert (len(first.rows), first.total) == (50, 121)
    second = customers.page(at.store, after=first.last)
    third = customers.page(at.store, after=second.last)
    assert [row.name for row in second.rows] == [f"Padaria {n:03d}" for n in range(49, 99)]
    assert len(third.rows) == 21
    assert customers.page(at.store, before=third.first).rows == second.rows
    assert customers.page(at.store, before=second.first).rows == first.rows


@pytest.mark.parametrize("sort", customers.SORTS)
@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("few_max", [1, 2_000])
def test_every_order_goes_through_all_once_whichever_way_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sort: str, descending: bool, few_max: int
) -> None:
    at = desk(tmp_path)
    fill(at.store, 130, deep=3)
    monkeypatch.setattr(customers, "FEW_MAX", few_max)
    asked = replace(ALL, sort=sort, descending=descending)
    pages = [customers.page(at.store, "", asked)]
    while len(pages[-1].rows) == customers.PAGE_ROWS:
        pages.append(customers.page(at.store, "", asked, after=pages[-1].last))
    ids = [row.id for page in pages for row in page.rows]
    assert len(ids) == len(set(ids)) == 131
    with at.store.reading() as session:
        way = "DESC" if descending else "ASC"
        wanted = session.rows(f"SELECT customer_id FROM search_row ORDER BY {customers.SORTS[sort]} {way}, rid {way}")
    assert ids == [row[0] for row in wanted]
    assert customers.page(at.store, "", asked, before=pages[1].first).rows == pages[0].rows


def test_numbers_sort_by_size_and_customers_without_a_town_come_last(tmp_path: Path) -> None:
    at = desk(tmp_path)
    for number, city in (("C-10", "Évora"), ("C-9", "Braga"), ("C-100", "")):
        (one,) = more(at, 1, number=number, name=f"Café {number}")
        if city:
            at.from_hq("address", customer_id=one, kind="billing", city=city, country="PT")
    assert [row.number for row in customers.page(at.store, "", replace(ALL, sort="number")).rows] == [
        "C-000005", "C-9", "C-10", "C-100",
    ]  # fmt: skip
    towns = [row.town for row in customers.page(at.store, "", replace(ALL, sort="town")).rows]
    assert towns == ["Braga", "Évora", "", ""]


def test_a_long_list_is_counted_only_so_far(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at = desk(tmp_path)
    more(at, 70)
    monkeypatch.setattr(customers, "FEW_MAX", 60)
    first = customers.page(at.store)
    assert (first.total, first.more) == (60, True)
    rest = customers.page(at.store, after=first.last)
    assert len(rest.rows) == 21


def test_inactive_customers_are_out_of_the_default_list_but_found_by_search(tmp_path: Path) -> None:
    at = desk(tmp_path)
    more(at, 2, status="inactive")
    assert customers.page(at.store).total == 1
    assert customers.page(at.store, "", Filters(status="inactive")).total == 2
    assert customers.page(at.store, "", ALL).total == 3
    found = customers.page(at.store, "padaria 001")
    assert [(row.name, row.status) for row in found.rows] == [("Padaria 001", "inactive")]


def test_filters_ask_for_owner_territory_requests_overdue_invoices_and_visits(tmp_path: Path) -> None:
    at = desk(tmp_path)
    theirs, seen, late, asks = more(at, 4)
    south = at.from_hq("territory", name="Sul", company_id=at.company)
    at.from_hq("customer", theirs, owner_id=at.colleague, territory_id=south)
    day: Row = {"status": "closed", "kind": "appointment", "title": "Visita"}
    at.from_hq("activity", customer_id=seen, **{**day, "starts_at": NOW - 89 * DAY_MS})  # type: ignore[arg-type]
    at.from_hq("activity", customer_id=late, **{**day, "starts_at": NOW - 91 * DAY_MS})  # type: ignore[arg-type]
    invoice: Row = {"kind": "invoice", "gross_minor": 100, "payable_minor": 100, "currency": "EUR"}
    at.from_hq("document", customer_id=late, **{**invoice, "due_on": "2026-11-24", "paid_minor": 99})  # type: ignore[arg-type]
    at.from_hq("document", customer_id=seen, **{**invoice, "due_on": "2026-11-24", "paid_minor": 100})  # type: ignore[arg-type]
    at.from_hq("document", customer_id=asks, **{**invoice, "due_on": TODAY, "paid_minor": 0})  # type: ignore[arg-type]
    ticket = at.from_hq("ticket", customer_id=asks, reference="S-1", status="open", progress_percent=0)
    assert names(at, "", replace(ALL, owner_id=at.colleague)) == ["Padaria 000"]
    assert names(at, "", replace(ALL, territory_id=south)) == ["Padaria 000"]
    assert names(at, "", replace(ALL, overdue=True)) == ["Padaria 002"]
    assert names(at, "", replace(ALL, tickets=True)) == ["Padaria 003"]
    assert "Padaria 001" not in names(at, "", replace(ALL, unvisited=True))
    assert names(at, "", replace(ALL, unvisited=True, owner_id=at.user, territory_id=at.territory)) == [
        "Óptica Lusitânia & Filhos", "Padaria 002", "Padaria 003",
    ]  # fmt: skip
    assert names(at, "padaria", replace(ALL, tickets=True)) == ["Padaria 003"]
    at.from_hq("ticket", ticket, status="closed")
    assert names(at, "", replace(ALL, tickets=True)) == []


def test_a_filter_that_lets_many_through_narrows_a_search_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = desk(tmp_path)
    theirs, *_ = more(at, 5)
    at.from_hq("customer", theirs, owner_id=at.colleague)
    wanted = names(at, "padaria", replace(ALL, owner_id=at.user))
    monkeypatch.setattr(customers, "FEW_MAX", 1)
    assert names(at, "padaria", replace(ALL, owner_id=at.user)) == wanted == [f"Padaria {n:03d}" for n in range(1, 5)]


@pytest.mark.parametrize(
    "typed",
    ["lusitania", "OPTICA", "filhos lus", "c-000005", "000005", "T-3-1", "509 442 013", "viana", "4900", "helene",
     "helene fagundes", "geral@optica", "913 123 456", "+351 913 123 456", "913123456", "00351913", "123 456", "3123",
     "913-123", "3456", "h.fagundes"],
)  # fmt: skip
def test_a_customer_is_found_by_whatever_a_rep_may_know(tmp_path: Path, typed: str) -> None:
    at = desk(tmp_path)
    more(at, 3)
    at.from_hq("customer", at.customer, provisional_number="T-3-1", identifier="509442013")
    at.from_hq(
        "address", customer_id=at.customer, kind="billing", city="Viana do Castelo", postcode="4900-317", country="PT"
    )
    at.from_hq("customer_email", customer_id=at.customer, value="geral@optica.example")
    at.from_hq("customer_phone", customer_id=at.customer, value="913 123 456", e164="+351913123456")
    contact = at.from_hq("contact", customer_id=at.customer, first_name="Hélène", last_name="Fagundes")
    at.from_hq("contact_email", contact_id=contact, value="h.fagundes@optica.example")
    assert names(at, typed) == ["Óptica Lusitânia & Filhos"]


@pytest.mark.parametrize("typed", ["456 7", "345", "99", "%", "*", '"', "a\x00b", "(", "OR", "NEAR(", "-", "'; DROP"])
def test_what_matches_nothing_finds_nothing(tmp_path: Path, typed: str) -> None:
    at = desk(tmp_path)
    at.from_hq("customer_phone", customer_id=at.customer, value="913 123 456", e164="+351913123456")
    assert names(at, typed) == []


def test_names_that_start_with_the_text_come_first_and_a_number_before_them(tmp_path: Path) -> None:
    at = desk(tmp_path)
    for name, number in (("Casa 77", "C-1"), ("77 Sabores", "C-2"), ("Adega", "77")):
        more(at, 1, name=name, number=number)
    assert names(at, "77") == ["Adega", "77 Sabores", "Casa 77"]


def test_a_row_shows_owner_next_activity_and_what_is_not_settled(tmp_path: Path) -> None:
    at = desk(tmp_path)
    at.from_hq("address", customer_id=at.customer, kind="delivery", city="Viana do Castelo", country="PT")
    row: Row = {"customer_id": at.customer, "kind": "task", "status": "open"}
    for title, when in (("Já foi", NOW - 1), ("Depois", NOW + 2 * DAY_MS), ("A seguir", NOW + DAY_MS)):
        at.from_hq("activity", **{**row, "title": title, "due_at": when})  # type: ignore[arg-type]
    with at.store.writing() as tx:
        tx.create("contact", {"customer_id": at.customer, "first_name": "Hélène"})
    (one,) = customers.page(at.store, "helene", ALL).rows
    assert (one.town, one.owner, one.waiting, one.refused, one.conflicts) == ("Viana do Castelo", "Ana Silva", 1, 0, 0)
    assert one.next_at == NOW + DAY_MS


def test_a_page_is_so_many_statements_however_many_customers_there_are(tmp_path: Path) -> None:
    for count in (3, 120):
        folder = tmp_path / str(count)
        folder.mkdir()
        at = desk(folder)
        more(at, count)
        asked: list[str] = []
        at.store.database.watch = asked.append
        customers.page(at.store, "", ALL)
        assert len(asked) == PAGE_STATEMENTS
        asked.clear()
        customers.page(at.store, "padaria", ALL)
        assert len(asked) == PAGE_STATEMENTS + 2  # what is due is looked for first


def test_the_index_of_an_earlier_program_is_made_anew_when_the_store_is_opened(tmp_path: Path) -> None:
    at = desk(tmp_path)
    with at.store.transaction() as session:
        session.run("DELETE FROM search")
        session.run("DELETE FROM search_row")
        identity.set_meta(session, "search", "1")
    at.store.close()
    again = Store(at.store.path, None)
    with again.reading() as session:
        assert search.find(session, "lusitania") == [at.customer]
        assert identity.meta(session, "search") == search.VERSION
    again.close()


def test_many_customers_are_indexed_as_one_by_one(tmp_path: Path) -> None:
    at = desk(tmp_path)
    ids = fill(at.store, 40, deep=2)
    sql = "SELECT r.*, s.text, s.digits FROM search_row r JOIN search s ON s.rowid = r.rid ORDER BY r.rid"
    with at.store.transaction() as session:
        session.run("UPDATE ctx SET applying=1")
        together = session.rows(sql)
        for one in ids:
            session.run(
                "UPDATE search SET text='', digits='' WHERE rowid=(SELECT rid FROM search_row WHERE customer_id=?)", one
            )
            search.refresh(session, [one])
        assert session.rows(sql) == together
        session.run("DELETE FROM customer WHERE id=?", ids[0])
        search.refresh(session, ids)
        assert session.value("SELECT COUNT(*) FROM search_row WHERE customer_id=?", ids[0]) == 0
        session.run("UPDATE ctx SET applying=0")


def test_what_was_saved_is_found_at_once_though_its_words_wait_for_the_search(tmp_path: Path) -> None:
    at = desk(tmp_path)
    with at.store.writing() as tx:
        tx.update("customer", at.customer, {"name": "Padaria Nova"})
    with at.store.reading() as session:
        assert search.due(session)
        assert session.value("SELECT sort_key FROM search_row") == "padaria nova"
    assert [one.name for one in customers.page(at.store, "padaria").rows] == ["Padaria Nova"]
    assert customers.page(at.store, "lusitania").rows == ()
    with at.store.reading() as session:
        assert not search.due(session)
