"""The card "Forecast": the months with their range, those of high activity, the error, or why there is none."""

from __future__ import annotations

import re

from mobility_app.outlook.history import Ask, Foreseen, Outlook
from mobility_app.ui.sheet.outlook_markup import card
from mobility_app.ui.words import Words
from tests.support.sheets import acts, text

PT = Words("pt")
YEAR = (100, 100, 100, 300, 100, 100, 100, 0, 100, 100, 250, 100)
ASK = Ask("2024-11", YEAR + YEAR)
MONTHS = (Foreseen("2026-12", -50_000, 100_000, 200_000), Foreseen("2027-02", 0, 300_000, 400_000))


def test_each_month_says_what_is_expected_the_range_and_whether_it_is_a_busy_one() -> None:
    shown = card(PT, ASK, Outlook(MONTHS, False, 12_345, 12, 20_000, 20), "EUR")
    said = text(shown)
    assert "dez. 2026 € 1.000 -€ 500 a € 2.000" in said
    assert "fev. 2027 Alta atividade € 3.000 € 0 a € 4.000" in said
    assert re.findall(r'style="([^"]*)"', shown) == ["--from:0%;--to:50%;--at:25%", "--from:0%;--to:100%;--at:75%"]
    assert "errou em média € 123 (12 %) por mês; repetir o ano anterior teria errado € 200 (20 %)." in said.replace(
        "\xa0", " "
    )


def test_a_forecast_that_repeats_the_year_before_says_so() -> None:
    said = text(card(PT, ASK, Outlook(MONTHS, True, 12_345, None, 12_345, None), "EUR"))
    assert "Repetem os mesmos meses do ano anterior" in said
    assert "errou em média € 123 por mês." in said.replace("\xa0", " ")
    assert "%" not in said
    assert "a previsão diz pouco" in said


def test_where_it_was_off_by_all_that_the_months_brought_it_says_that_it_says_little() -> None:
    for percent, little in ((99, False), (100, True), (None, True)):
        said = text(card(PT, ASK, Outlook(MONTHS, False, 12_345, percent, 20_000, 20), "EUR"))
        assert ("a previsão diz pouco" in said) is little


def test_without_enough_history_it_says_what_is_missing_and_while_it_is_made_that_it_is() -> None:
    assert "24 meses completos desde a primeira fatura, e faturamento em 12 dos últimos 24" in text(
        card(PT, Ask("2026-01", YEAR), None, "EUR")
    )
    waits = card(PT, ASK, None, "EUR")
    assert "está sendo calculada" in text(waits)
    assert 'role="status"' in waits
    failed = card(PT, ASK, None, "EUR", failed=True)
    assert "não pôde ser calculada" in text(failed)
    assert acts(failed) == [("foresee", "")]


def test_names_are_escaped_and_a_history_of_nothing_draws_nothing() -> None:
    flat = Outlook((Foreseen("2026-12", 0, 0, 0),), True, 0, None, 0, None)
    assert "--from:0%;--to:0%;--at:0%" in card(PT, ASK, flat, "EUR")
