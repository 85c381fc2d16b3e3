"""Charts: what is drawn agrees with the figures beside it, and nothing of it is trusted as markup."""

from __future__ import annotations

import json
import re

from hypothesis import given
from hypothesis import strategies as st

from mobility_app.domain.rules import revenue
from mobility_app.domain.rules.revenue import Line, Period, Share
from mobility_app.ui import assets, charts, theme
from mobility_app.ui.charts import Bar, Slice
from mobility_app.ui.words import Words

PT = Words("pt")
YEAR = revenue.this_year(revenue.date(2026, 11, 24))
NETS = st.lists(st.integers(-(10**9), 10**9), max_size=12)


def shares(nets: list[int], period: Period = YEAR) -> tuple[Share, ...]:
    lines = [Line("2026-05-05", "invoice", f"c{n:02d}", net) for n, net in enumerate(nets)]
    return revenue.summed(lines, period).by_category


def slices(nets: list[int]) -> list[Slice]:
    return charts.slices(shares(nets), str.upper, "Outras")


@given(NETS)
def test_slices_and_what_is_only_listed_add_up_to_the_total(nets: list[int]) -> None:
    parts = slices(nets)
    assert sum(part.minor for part in parts) == sum(nets)
    drawn = [part for part in parts if part.drawn]
    assert len(drawn) <= charts.SLICES_MAX
    assert sum(part.percent for part in parts) == (100 if drawn else 0)
    assert parts[: len(drawn)] == drawn, "what is drawn comes first"


@given(NETS)
def test_every_category_with_an_amount_is_in_exactly_one_slice(nets: list[int]) -> None:
    held = [category for part in slices(nets) for category in part.categories]
    assert sorted(held) == [f"c{n:02d}" for n, net in enumerate(nets) if net]


def test_the_sixth_category_makes_the_smallest_two_one_slice() -> None:
    parts = slices([60, 50, 40, 30, 20, 10])
    assert [(part.name, part.minor) for part in parts] == [
        ("C00", 60), ("C01", 50), ("C02", 40), ("C03", 30), ("Outras", 30),
    ]  # fmt: skip
    assert parts[-1].categories == ("c04", "c05")
    assert [part.name for part in slices([60, 50, 40, 30, 20])] == ["C00", "C01", "C02", "C03", "C04"]


def test_a_negative_category_is_listed_and_not_drawn() -> None:
    parts = slices([1_000, -200])
    assert [(part.minor, part.percent, part.drawn) for part in parts] == [(1_000, 100, True), (-200, 0, False)]
    options = charts.donut(PT, parts, "EUR", total="")
    assert [one["value"] for one in options["series"][0]["data"]] == [1_000]


@given(NETS)
def test_every_month_has_its_bar_in_order(nets: list[int]) -> None:
    months = [Bar(f"m{n}", f"month {n}", minor) for n, minor in enumerate(nets)]
    options = charts.bars(PT, months, "EUR")
    assert options["xAxis"]["data"] == [bar.name for bar in months]
    assert [round(bar["value"] * 100) for bar in options["series"][0]["data"]] == nets
    json.dumps(options)


def test_bars_count_in_the_minor_units_of_their_currency() -> None:
    for currency, minor, height in (("EUR", 1_050, 10.5), ("JPY", 1_050, 1050.0), ("KWD", 1_050, 1.05)):
        options = charts.bars(PT, [Bar("jan", "jan. 2026", minor)], currency)
        assert options["series"][0]["data"][0]["value"] == height


def test_the_axis_counts_in_thousands_only_where_amounts_are_large() -> None:
    for minor, thousands in ((999_999, False), (1_000_000, True), (-1_000_000, True)):
        options = charts.bars(PT, [Bar("jan", "jan. 2026", minor)], "EUR")
        assert ("' k'" in options["yAxis"]["axisLabel"][":formatter"]) is thousands


def test_the_year_before_is_a_second_paler_series_at_the_left() -> None:
    before = [Bar("jan", "jan. 2025", 50)]
    options = charts.bars(PT, [Bar("jan", "jan. 2026", 100)], "EUR", theme.DARK, before=before, names=("2026", "2025"))
    assert [series["name"] for series in options["series"]] == ["2025", "2026"]
    assert options["series"][0]["itemStyle"]["color"] == theme.DARK.accent_line
    assert "jan. 2025" in options["series"][0]["data"][0]["tooltip"]["formatter"]


def test_a_donut_has_its_total_in_the_middle_and_amount_and_percent_in_the_tooltip() -> None:
    options = charts.donut(PT, slices([250_000]), "EUR", theme.LIGHT, total="€ 2.500,00", note="12 meses")
    assert (options["title"]["text"], options["title"]["subtext"]) == ("€ 2.500,00", "12 meses")
    formatter = options["series"][0]["data"][0]["tooltip"]["formatter"]
    assert "2.500,00" in formatter
    assert "100" in formatter
    assert options["series"][0]["data"][0]["itemStyle"]["color"] == theme.LIGHT.series[0]


def test_a_category_is_text_in_the_tooltip() -> None:
    parts = charts.slices([Share("<img src=x>{b}", 1, 100)], str, "")
    formatter = charts.donut(PT, parts, "EUR", total="")["series"][0]["data"][0]["tooltip"]["formatter"]
    assert "<img" not in formatter
    assert "{b}" not in formatter


def test_the_colours_are_tokens_of_the_stylesheet_and_none_is_written_out() -> None:
    css = (assets.FOLDER / "mobility.css").read_text()
    options = charts.bars(PT, [Bar("jan", "jan. 2026", 1)], "EUR", before=[Bar("jan", "jan. 2025", 1)])
    written = json.dumps([options, charts.donut(PT, slices([3, 2, 1]), "EUR", total="")])
    used = set(re.findall(r"var\(--([a-z0-9-]+)\)", written))
    assert {"chart-1", "chart-2", "chart-3", "accent", "accent-line", "ink"} <= used
    assert all(f"--{name}:" in css for name in used)
    assert re.findall(r"#[0-9a-fA-F]{6}", written) == []


def test_a_long_total_is_written_smaller_so_that_it_fits_into_the_ring() -> None:
    sizes = [
        charts.donut(PT, [], "EUR", total=total)["title"]["textStyle"]["fontSize"]
        for total in ("€ 10.794,50", "€ 123.456.789,50")
    ]
    assert sizes[0] > sizes[1]
