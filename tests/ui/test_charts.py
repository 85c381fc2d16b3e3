"""Charts: what is drawn agrees with the figures beside it, and nothing of it is trusted as markup."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from mobility_app.ui import charts, theme
from mobility_app.ui.charts import Part
from mobility_app.ui.words import Words

PT = Words("pt")
AMOUNTS = st.lists(st.integers(-(10**9), 10**9), max_size=12)


@given(AMOUNTS)
def test_slices_add_up_to_all_that_is_positive(amounts: list[int]) -> None:
    parts = [Part(f"c{n}", minor) for n, minor in enumerate(amounts)]
    drawn = charts.drawn(parts, "Outros")
    assert len(drawn) <= charts.SLICES_MAX
    assert sum(part.minor for part in drawn) == sum(minor for minor in amounts if minor > 0)
    assert all(part.minor > 0 for part in drawn)


@given(AMOUNTS)
def test_every_month_has_its_bar_in_order(amounts: list[int]) -> None:
    parts = [Part(f"m{n}", minor, f"2026-{n:02d}") for n, minor in enumerate(amounts)]
    options = charts.bars(PT, parts, "EUR", theme.LIGHT)
    assert options["xAxis"]["data"] == [part.name for part in parts]
    assert [round(bar["value"] * 100) for bar in options["series"][0]["data"]] == amounts
    json.dumps(options)


def test_the_year_before_is_a_second_paler_series() -> None:
    options = charts.bars(PT, [Part("jan", 100)], "EUR", theme.DARK, before=[Part("jan", 50)], names=("2026", "2025"))
    assert [series["name"] for series in options["series"]] == ["2025", "2026"]
    assert options["series"][0]["itemStyle"]["color"] == theme.DARK.accent_line


def test_a_donut_has_its_total_in_the_middle_and_amounts_in_the_tooltip() -> None:
    options = charts.donut(
        PT, [Part("Óculos", 250_000, "oculos")], "EUR", theme.LIGHT, total="€ 2.500,00", other="Outros"
    )
    assert options["title"]["text"] == "€ 2.500,00"
    assert "2.500,00" in options["series"][0]["data"][0]["tooltip"]["formatter"]
    assert options["series"][0]["data"][0]["itemStyle"]["color"] == theme.LIGHT.series[0]


def test_a_category_is_text_in_the_tooltip() -> None:
    options = charts.donut(PT, [Part("<img src=x>{b}", 1)], "EUR", theme.LIGHT, total="", other="")
    formatter = options["series"][0]["data"][0]["tooltip"]["formatter"]
    assert "<img" not in formatter
    assert "{b}" not in formatter
