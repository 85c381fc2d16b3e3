"""The look's few values that Python needs: chart colours of both themes, Quasar's brand colours, the page's head.

Everything else lies in `static/mobility.css`; a test compares the colours here with the ones there.
"""

from __future__ import annotations

from dataclasses import dataclass

from mobility_app.ui import assets


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours of charts in one theme."""

    series: tuple[str, str, str, str, str]
    ink: str
    ink_2: str
    ink_3: str
    line: str
    surface: str
    accent: str
    accent_line: str
    bad: str


LIGHT = Palette(
    ("#2B50C4", "#2A9187", "#D9942B", "#C5577A", "#8B8F9A"),
    "#1C1C19", "#55554F", "#6B6B64", "#E7E6E1", "#FFFFFF", "#2B50C4", "#C9D6F8", "#AE231C",
)  # fmt: skip
DARK = Palette(
    ("#8099F5", "#4FBDB1", "#E5B05B", "#E08AA7", "#8F949E"),
    "#ECEDEF", "#B0B4BB", "#9297A0", "#2A2C31", "#191A1D", "#93ABFF", "#36457A", "#FF9A92",
)  # fmt: skip
FONT = '"Inter Variable", system-ui, sans-serif'
BRAND = {"primary": "#2B50C4", "negative": "#AE231C", "positive": "#17693F", "warning": "#875008"}


def palette(dark: bool) -> Palette:
    """The colours of a theme."""
    return DARK if dark else LIGHT


def head() -> str:
    """What stands in the head of every page. The manifest is fetched with cookies: the guard asks for them."""
    return (
        f'<link rel="stylesheet" href="{assets.url("mobility.css")}">'
        f'<link rel="preload" href="{assets.url("inter-latin.woff2")}" as="font" type="font/woff2" crossorigin>'
        f'<link rel="manifest" href="{assets.url("manifest.json")}" crossorigin="use-credentials">'
        f'<link rel="icon" href="{assets.url("mark.svg")}" type="image/svg+xml">'
        f'<meta name="theme-color" content="#F6F6F3" media="(prefers-color-scheme: light)">'
        f'<meta name="theme-color" content="#111214" media="(prefers-color-scheme: dark)">'
        f'<script src="{assets.url("mobility.js")}" defer></script>'
        f'<script src="{assets.url("uploads.js")}" defer></script>'
    )
