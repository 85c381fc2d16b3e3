"""Charts: plain figures -> echarts options. Pure; month names and amounts come formatted, colours from the theme.

A chart is the picture of figures that stand beside it as text. At most five slices are drawn, the rest is one more in
the colour of the last; what is negative is listed beside the chart and not drawn.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from mobility_app.domain.rules import money
from mobility_app.ui.theme import FONT, Palette
from mobility_app.ui.words import Words

SLICES_MAX = 5
ANIMATION_MS = 350


@dataclass(frozen=True, slots=True)
class Part:
    """A slice or a bar: its name, its amount in minor units, and the key that a click reports."""

    name: str
    minor: int
    key: str = ""


def drawn(parts: Iterable[Part], other: str) -> list[Part]:
    """The slices of a donut: positive ones, the largest four and the sum of the rest where there are more than five."""
    positive = sorted((part for part in parts if part.minor > 0), key=lambda part: -part.minor)
    if len(positive) <= SLICES_MAX:
        return positive
    rest = sum(part.minor for part in positive[SLICES_MAX - 1 :])
    return [*positive[: SLICES_MAX - 1], Part(other, rest)]


def donut(
    words: Words, parts: Sequence[Part], currency: str, palette: Palette, *, total: str, note: str = "", other: str
) -> dict[str, Any]:
    """A donut with the total in its middle. `total` and `note` are ready texts."""
    data = [
        {"name": part.name, "value": part.minor, "key": part.key, "itemStyle": {"color": palette.series[at]},
         "tooltip": {"formatter": f"{_safe(part.name)}<br><b>{words.money(part.minor, currency)}</b>"}}
        for at, part in enumerate(drawn(parts, other))
    ]  # fmt: skip
    return {
        **_base(palette),
        "title": {
            "text": total, "subtext": note, "left": "center", "top": "middle", "itemGap": 4,
            "textStyle": {"fontFamily": FONT, "fontSize": 19, "fontWeight": 620, "color": palette.ink},
            "subtextStyle": {"fontFamily": FONT, "fontSize": 13, "color": palette.ink_3},
        },
        "tooltip": {**_tooltip(palette), "trigger": "item"},
        "series": [
            {
                "type": "pie", "radius": ["72%", "94%"], "center": ["50%", "50%"], "data": data, "padAngle": 1.5,
                "avoidLabelOverlap": False, "label": {"show": False}, "labelLine": {"show": False},
                "itemStyle": {"borderRadius": 5}, "emphasis": {"scaleSize": 3},
            }
        ],
    }  # fmt: skip


def bars(
    words: Words, parts: Sequence[Part], currency: str, palette: Palette, *, before: Sequence[Part] = (),
    names: tuple[str, str] = ("", ""),
) -> dict[str, Any]:  # fmt: skip
    """Bars of one colour; `before`, the same months a year earlier, in a paler one. Names: of the two series."""
    scale = 10 ** money.digits(currency)
    series = [_series(names[0], parts, palette.accent if not before else palette.series[0], words, currency, scale)]
    if before:
        series.insert(0, _series(names[1], before, palette.accent_line, words, currency, scale))
    largest = max((abs(part.minor) for part in (*parts, *before)), default=0) / scale
    thousand = largest >= 10_000
    return {
        **_base(palette),
        "grid": {"left": 4, "right": 4, "top": 16, "bottom": 4, "containLabel": True},
        "tooltip": {**_tooltip(palette), "trigger": "item"},
        "xAxis": {
            "type": "category", "data": [part.name for part in parts],
            "axisLine": {"show": False}, "axisTick": {"show": False},
            "axisLabel": {"fontFamily": FONT, "fontSize": 12, "color": palette.ink_3, "interval": "auto"},
        },
        "yAxis": {
            "type": "value", "axisLine": {"show": False}, "axisTick": {"show": False}, "splitNumber": 5,
            "axisLabel": {"fontFamily": FONT, "fontSize": 12, "color": palette.ink_3,
                          ":formatter": _axis(thousand, words)},
            "splitLine": {"lineStyle": {"color": palette.line}},
        },
        "series": series,
    }  # fmt: skip


def _series(name: str, parts: Sequence[Part], colour: str, words: Words, currency: str, scale: int) -> dict[str, Any]:
    data = [
        {"value": part.minor / scale, "key": part.key,
         "tooltip": {"formatter": f"{_safe(part.name)} {_safe(name)}<br><b>{words.money(part.minor, currency)}</b>"},
         "itemStyle": {"borderRadius": [5, 5, 0, 0] if part.minor >= 0 else [0, 0, 5, 5]}}
        for part in parts
    ]  # fmt: skip
    return {"type": "bar", "name": name, "data": data, "barMaxWidth": 26, "itemStyle": {"color": colour}}


def _axis(thousand: bool, words: Words) -> str:
    locale = words.locale.language
    if thousand:
        return f"(value) => value === 0 ? '0' : (value / 1000).toLocaleString('{locale}') + ' k'"
    return f"(value) => value.toLocaleString('{locale}')"


def _base(palette: Palette) -> dict[str, Any]:
    return {
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


def _safe(text: str) -> str:
    from html import escape

    return escape(text).replace("{", "&#123;")
