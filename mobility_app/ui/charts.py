"""Charts: figures -> echarts options. Pure; names and amounts come formatted, colours are the stylesheet's own tokens.

Called by the revenue tab, which shows them as SVG: there `var(--chart-1)` follows the theme by itself. A chart is the
picture of figures that stand beside it as text. At most five slices are drawn, the rest is one of them in the last
colour; what is negative is listed beside the chart and not drawn. No amount is summed here but those of the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from mobility_app.domain.rules import money
from mobility_app.domain.rules.revenue import Share
from mobility_app.ui.theme import FONT, Palette
from mobility_app.ui.words import Words

SLICES_MAX = 5
ANIMATION_MS = 350
TOTAL_SHORT = 13  # characters of the total that fit into the donut at full size
THOUSANDS_FROM = 10_000  # the axis counts in thousands from here on

# The tokens of static/mobility.css. SVG and the tooltip's HTML resolve them, in both themes.
TOKENS = Palette(
    ("var(--chart-1)", "var(--chart-2)", "var(--chart-3)", "var(--chart-4)", "var(--chart-5)"),
    "var(--ink)", "var(--ink-2)", "var(--ink-3)", "var(--line)", "var(--surface)", "var(--accent)",
    "var(--accent-line)", "var(--bad)",
)  # fmt: skip
STILL = "!window.matchMedia('(prefers-reduced-motion: reduce)').matches"


@dataclass(frozen=True, slots=True)
class Slice:
    """A slice and its line in the list beside it: name, minor units, whole percents, and the categories in it."""

    name: str
    minor: int
    percent: int
    categories: tuple[str, ...]

    @property
    def drawn(self) -> bool:
        """Whether the donut shows it: only what is positive."""
        return self.minor > 0


@dataclass(frozen=True, slots=True)
class Bar:
    """A month: its short name for the axis, its full name for the tooltip, minor units."""

    name: str
    full: str
    minor: int


def slices(shares: Sequence[Share], named: Callable[[str], str], other: str) -> list[Slice]:
    """The slices of a donut, then what is negative. Positive ones largest first; where there are more than five, the
    largest four and the sum of the rest, called `other`. Amounts and percents add up to those of the shares."""
    positive = [share for share in shares if share.net_minor > 0]
    kept = positive if len(positive) <= SLICES_MAX else positive[: SLICES_MAX - 1]
    rest = positive[len(kept) :]
    found = [Slice(named(one.category), one.net_minor, one.percent, (one.category,)) for one in kept]
    if rest:
        minor, percent = sum(one.net_minor for one in rest), sum(one.percent for one in rest)
        found.append(Slice(other, minor, percent, tuple(one.category for one in rest)))
    negative = [share for share in shares if share.net_minor < 0]
    return found + [Slice(named(one.category), one.net_minor, 0, (one.category,)) for one in negative]


def donut(
    words: Words, parts: Sequence[Slice], currency: str, palette: Palette = TOKENS, *, total: str, note: str = ""
) -> dict[str, Any]:
    """A donut with the total in its middle. `total` and `note` are ready texts; the n-th slice has the n-th colour."""
    data = [
        {"name": part.name, "value": part.minor,
         "itemStyle": {"color": palette.series[at]}, "emphasis": {"itemStyle": {"color": palette.series[at]}},
         "tooltip": {"formatter": _tip(part.name, f"{words.money(part.minor, currency)} · {words.percent(part.percent)}")}}
        for at, part in enumerate(part for part in parts if part.drawn)
    ]  # fmt: skip
    size = 19 if len(total) <= TOTAL_SHORT else 15
    return {
        **_base(palette),
        "title": {
            "text": total, "subtext": note, "left": "center", "top": "middle", "itemGap": 8,
            "textStyle": {"fontFamily": FONT, "fontSize": size, "fontWeight": 600, "color": palette.ink},
            "subtextStyle": {"fontFamily": FONT, "fontSize": 13, "color": palette.ink_3},
        },
        "tooltip": {**_tooltip(palette), "trigger": "item"},
        "series": [
            {
                "type": "pie", "radius": ["72%", "94%"], "center": ["50%", "50%"], "data": data,
                "padAngle": 1.5 if len(data) > 1 else 0, "avoidLabelOverlap": False, "label": {"show": False},
                "labelLine": {"show": False}, "itemStyle": {"borderRadius": 5}, "emphasis": {"scaleSize": 3},
            }
        ],
    }  # fmt: skip


def bars(
    words: Words, months: Sequence[Bar], currency: str, palette: Palette = TOKENS, *, before: Sequence[Bar] = (),
    names: tuple[str, str] = ("", ""),
) -> dict[str, Any]:  # fmt: skip
    """Bars of one colour; `before`, the same months a year earlier, stand paler at their left. Names: of now, before."""
    series = [_series(names[0], months, palette.accent, words, currency)]
    if before:
        series.insert(0, _series(names[1], before, palette.accent_line, words, currency))
    largest = max((abs(bar.minor) for bar in (*months, *before)), default=0) / 10 ** money.digits(currency)
    text = {"fontFamily": FONT, "fontSize": 12, "color": palette.ink_3}
    return {
        **_base(palette),
        "grid": {"left": 4, "right": 4, "top": 16, "bottom": 4, "containLabel": True},
        "tooltip": {**_tooltip(palette), "trigger": "item"},
        "xAxis": {
            "type": "category", "data": [bar.name for bar in months], "axisLine": {"show": False},
            "axisTick": {"show": False}, "axisLabel": {**text, "interval": "auto", "hideOverlap": True},
        },
        "yAxis": {
            "type": "value", "axisLine": {"show": False}, "axisTick": {"show": False}, "splitNumber": 4,
            "axisLabel": {**text, ":formatter": _axis(words, thousands=largest >= THOUSANDS_FROM)},
            "splitLine": {"lineStyle": {"color": palette.line}},
        },
        "series": series,
    }  # fmt: skip


def _series(name: str, months: Sequence[Bar], colour: str, words: Words, currency: str) -> dict[str, Any]:
    data = [
        {"value": float(money.decimal(bar.minor, currency)),  # for the height of the bar alone
         "tooltip": {"formatter": _tip(bar.full, words.money(bar.minor, currency))},
         "itemStyle": {"borderRadius": [5, 5, 0, 0] if bar.minor >= 0 else [0, 0, 5, 5]}}
        for bar in months
    ]  # fmt: skip
    return {
        "type": "bar", "name": name, "data": data, "barMaxWidth": 26, "barMinHeight": 0, "itemStyle": {"color": colour},
        "emphasis": {"itemStyle": {"color": colour}},
    }  # fmt: skip


def _axis(words: Words, *, thousands: bool) -> str:
    locale = words.locale.language
    if thousands:
        return f"(value) => value === 0 ? '0' : (value / 1000).toLocaleString('{locale}') + ' k'"
    return f"(value) => value.toLocaleString('{locale}')"


def _base(palette: Palette) -> dict[str, Any]:
    return {
        ":animation": STILL,
        "animationDuration": ANIMATION_MS,
        "animationDurationUpdate": ANIMATION_MS,
        "textStyle": {"fontFamily": FONT, "color": palette.ink},
        "aria": {"enabled": False},  # the figures stand beside the chart as text
        "backgroundColor": "transparent",
    }


def _tooltip(palette: Palette) -> dict[str, Any]:
    return {
        "backgroundColor": palette.surface,
        "borderColor": palette.line,
        "textStyle": {"fontFamily": FONT, "fontSize": 13, "color": palette.ink},
        "confine": True,
    }


def _tip(name: str, amount: str) -> str:
    """Markup of a tooltip. Braces would be read as places of echarts' own templates."""
    safe = escape(name).replace("{", "&#123;").replace("}", "&#125;")
    return f"{safe}<br><b>{escape(amount)}</b>"
