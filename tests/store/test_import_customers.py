"""Customers from CSV: what the preview says is what happens, and what is refused takes only its line back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mobility_app.domain.rules.customer_columns import COLUMNS
from mobility_app.store.actions.import_customers import BATCH, CHANGED, MADE, SAME, SHOWN_MAX, WRONG, Tally, run
from mobility_app.store.queries.customer_cards import exported
from mobility_app.store.queries.customers import Filters
from tests.support.crowd import fill
from tests.support.desk import Desk, desk

MAPPING = ("number", "name", "identifier", "phone", "email", "city", "country")


def numbered(*rows: str) -> Iterator[tuple[int, list[str]]]:
    return iter([(at, row.split(";")) for at, row in enumerate(rows, 2)])


def done(at: Desk, *rows: str, mapping: tuple[str, ...] = MAPPING, write: bool = True) -> Tally:
    tally = Tally()
    run(at.store, numbered(*rows), mapping, tally, write=write)
    return tally


def state(at: Desk) -> list[tuple[object, ...]]:
    with at.store.reading() as db:
        tables = ("customer", "customer_phone", "customer_email", "address", "change", "search_row")
        return [row for table in tables for row in db.rows(f"SELECT * FROM {table} ORDER BY 1")]


def test_a_preview_says_what_happens_and_changes_nothing(tmp_path: Path) -> None:
    at = desk(tmp_path)
    rows = (
        "C-000005;Óptica Nova;;22 340 18 77;;Viana;PT",
        ";Café Estrela;509442013;913 123 456;geral@cafe.example;Porto;Portugal",
        "C-000005X;Ninguém;;;;;",
        ";Café Errado;509442014;;;;",
    )
    before = state(at)
    tally = done(at, *rows, write=False)
    assert state(at) == before
    assert tally.counts == {MADE: 1, CHANGED: 1, SAME: 0, WRONG: 2}
    assert tally.shown[CHANGED][0].changes == (
        ("name", "Óptica Lusitânia & Filhos", "Óptica Nova"), ("phone", "", "22 340 18 77"), ("city", "", "Viana"),
        ("country", "", "PT"),
    )  # fmt: skip
    assert {line: error.details["reason"] for line, error in tally.wrong.items()} == {
        4: "number_unknown", 5: "wrong_check_digit",
    }  # fmt: skip
    written = done(at, *rows)
    assert written.counts == tally.counts
    assert [one.changes for one in written.shown[CHANGED]] == [one.changes for one in tally.shown[CHANGED]]
    again = done(at, *rows)
    assert again.counts == {MADE: 0, CHANGED: 0, SAME: 2, WRONG: 2}


def test_a_made_customer_has_all_that_the_line_says(tmp_path: Path) -> None:
    at = desk(tmp_path)
    mapping = COLUMNS
    values = {
        "name": "Café Estrela", "identifier": "PT 509 442 013", "website": "https://cafe.example", "phone": "913 123 456",
        "email": "geral@cafe.example", "line1": "Rua 1", "postcode": "4000-001", "city": "Porto", "country": "Portugal",
        "territory": "PORTO", "status": "Ativo",
    }  # fmt: skip
    tally = done(at, ";".join(values.get(name, "") for name in mapping), mapping=mapping)
    assert tally.counts[MADE] == 1
    with at.store.reading() as db:
        (row,) = db.find("customer", name="Café Estrela")
        assert (row["identifier_kind"], row["identifier"], row["owner_id"]) == ("nipc", "509442013", at.user)
        assert db.find("customer_phone", customer_id=row["id"])[0]["e164"] == "+351913123456"
        assert db.find("address", customer_id=row["id"])[0]["country"] == "PT"


@pytest.mark.parametrize(
    ("first", "second", "reason"),
    [(";Café A;509442013;;;;", ";Outro;509 442 013;;;;", "line_twice"), (";Café A;;;;;", ";CAFE A;;;;;", "line_twice"),
     ("C-000005;A;;;;;", "C-000005;B;;;;;", "line_twice"), (";Café A;;;;;", ";óptica lusitania & filhos;;;;;", "name_there"),
     (";Café A;;;;;", ";;;1;;;", "required"), (";Café A;;;;;", ";B;;;quem;;", "not_an_email"),
     (";Café A;;;;;", ";B;;;;;Atlântida", "too_long"), (";Café A;;;;;", f";{'x' * 501};;;;;", "too_long")],
)  # fmt: skip
@pytest.mark.parametrize("write", [False, True])
def test_a_line_that_is_refused_takes_only_itself_back(
    tmp_path: Path, first: str, second: str, reason: str, write: bool
) -> None:
    at = desk(tmp_path)
    tally = done(at, first, second, write=write)
    assert tally.counts[WRONG] == 1
    assert tally.wrong[3].details["reason"] == reason
    with at.store.reading() as db:
        assert db.value("SELECT COUNT(*) FROM customer_phone") == 0
        assert db.value("SELECT COUNT(*) FROM customer") == (2 if write and not first.startswith("C-") else 1)


def test_rights_are_those_of_a_form(tmp_path: Path) -> None:
    at = desk(tmp_path, role="rep")
    at.from_hq("customer", at.customer, identifier="509442013", identifier_kind="nipc")
    other = at.from_hq("territory", name="Sul", company_id=at.company)
    row = at.store.read("customer", at.customer) or {}
    at.from_hq(
        "customer", **{**row, "id": None, "number": "C-9", "name": "Longe", "territory_id": other, "identifier": None}
    )  # type: ignore[arg-type]
    tally = done(at, "C-000005;Óptica Nova;501442600;;;;", "C-9;Perto;;;;;", "C-000005;;;;;;")
    assert {line: getattr(error, "reason", "") for line, error in tally.wrong.items()} == {
        2: "forbidden", 3: "out_of_reach", 4: "line_twice",
    }  # fmt: skip
    row = at.store.read("customer", at.customer) or {}
    assert row["name"] == "Óptica Lusitânia & Filhos"
    accountant = desk(tmp_path / "a", role="accountant") if (tmp_path / "a").mkdir() is None else at
    assert done(accountant, ";Novo;;;;;").counts[WRONG] == 1


def test_a_number_spelt_otherwise_is_no_change(tmp_path: Path) -> None:
    at = desk(tmp_path)
    at.from_hq("customer", at.customer, identifier="509442013", identifier_kind="nipc", provisional_number="T-3-1")
    at.from_hq("customer_phone", customer_id=at.customer, value="913123456", e164="+351913123456", is_main=True)
    tally = done(at, "T-3-1;;PT 509.442.013;+351 913 123 456;;;")
    assert tally.counts[SAME] == 1


def test_it_stops_between_batches_and_says_how_far_it_came(tmp_path: Path) -> None:
    at = desk(tmp_path)
    rows = [f";Café {n};;;;;" for n in range(3 * BATCH)]
    tally, asked = Tally(), iter([False, True])
    run(at.store, numbered(*rows), MAPPING, tally, write=True, stop=lambda: next(asked))
    assert (tally.done, tally.stopped, tally.counts[MADE]) == (BATCH, True, BATCH)
    with at.store.reading() as db:
        assert db.value("SELECT COUNT(*) FROM customer") == BATCH + 1
        assert db.value("SELECT COUNT(DISTINCT tx) FROM change") == 1


def test_only_the_first_few_of_each_are_kept_to_be_shown(tmp_path: Path) -> None:
    at = desk(tmp_path)
    tally = done(at, *[f";Café {n};;;;;" for n in range(SHOWN_MAX + 20)], write=False)
    assert len(tally.shown[MADE]) == SHOWN_MAX
    assert tally.counts[MADE] == SHOWN_MAX + 20


def test_a_batch_of_known_lines_is_a_bounded_number_of_statements(tmp_path: Path) -> None:
    at = desk(tmp_path)
    fill(at.store, BATCH, deep=0)
    rows = [";".join([f"C-{n:06d}", "", "", "", "", "", ""]) for n in range(1, BATCH)]
    asked: list[str] = []
    at.store.database.watch = asked.append
    tally = done(at, *rows, write=False)
    assert tally.counts[SAME] == len(rows)
    assert len(asked) <= 20 + 3 * len(rows)


@pytest.mark.parametrize("chunk", [40, 500])
def test_what_is_exported_comes_back_unchanged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int) -> None:
    monkeypatch.setattr("mobility_app.store.queries.customer_cards.CHUNK", chunk)
    at = desk(tmp_path)
    at.from_hq("customer", at.customer, number="D-1")
    fill(at.store, 130, deep=2)
    cards = [card for part in exported(at.store, "", Filters(status="all")) for card in part]
    assert len(cards) == len({card.id for card in cards}) == 131
    rows = [(n, [card.values.get(name, "") for name in COLUMNS]) for n, card in enumerate(cards, 2)]
    tally = Tally()
    run(at.store, iter(rows), COLUMNS, tally, write=False)
    assert tally.counts == {MADE: 0, CHANGED: 0, SAME: 131, WRONG: 0}, tally.wrong


@pytest.mark.parametrize(
    ("text", "filters", "where"),
    [("", Filters(), "status = 'active'"), ("", Filters(sort="town", status="inactive"), "status = 'inactive'"),
     ("padaria", Filters(), "name LIKE 'Padaria%'"),
     ("padaria", Filters(owner_id="me"), "name LIKE 'Padaria%' AND owner_id = 'me'")],
)  # fmt: skip
def test_the_export_follows_text_and_filters_past_the_first_page(
    tmp_path: Path, text: str, filters: Filters, where: str
) -> None:
    at = desk(tmp_path)
    for one in fill(at.store, 400, deep=0)[::3]:
        at.from_hq("customer", one, name="Padaria Nova", owner_id="me")
    with at.store.reading() as db:
        wanted = {row[0] for row in db.rows(f"SELECT id FROM customer WHERE {where}")}
    found = [card.id for part in exported(at.store, text, filters) for card in part]
    assert len(found) == len(set(found))
    assert set(found) == wanted
