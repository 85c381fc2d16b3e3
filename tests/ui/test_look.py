"""The look: one table of colours, contrast that can be read, no colour outside the tokens, files that ship with it."""

from __future__ import annotations

import json
import re

import pytest

from mobility_app.ui import assets, theme

CSS = (assets.FOLDER / "mobility.css").read_text()


def tokens(selector: str) -> dict[str, str]:
    block = re.search(re.escape(selector) + r"\s*\{(.*?)\n\}", CSS, re.DOTALL)
    assert block is not None
    return dict(re.findall(r"--([a-z0-9-]+):\s*(#[0-9A-Fa-f]{6})", block[1]))


LIGHT, DARK = tokens(":root"), tokens("body.body--dark")


@pytest.mark.parametrize(("sheet", "palette"), [(LIGHT, theme.LIGHT), (DARK, theme.DARK)])
def test_charts_take_the_colours_of_the_stylesheet(sheet: dict[str, str], palette: theme.Palette) -> None:
    assert [sheet[f"chart-{n}"] for n in range(1, 6)] == list(palette.series)
    for name in ("ink", "ink_2", "ink_3", "line", "surface", "accent", "accent_line", "bad"):
        assert sheet[name.replace("_", "-")] == getattr(palette, name)


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    bright, dim = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


TEXT_ON = [
    (text, ground)
    for text in ("ink", "ink-2", "ink-3")
    for ground in ("bg", "surface", "surface-2")
] + [
    ("accent", "surface"), ("accent", "accent-soft"), ("on-accent", "accent"), ("ok", "ok-soft"), ("warn", "warn-soft"),
    ("bad", "bad-soft"), ("bad", "surface"), ("ink-2", "hover"),
]  # fmt: skip


@pytest.mark.parametrize("sheet", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), TEXT_ON)
def test_text_can_be_read_on_its_ground(sheet: dict[str, str], text: str, ground: str) -> None:
    assert contrast(sheet[text], sheet[ground]) >= 4.5


@pytest.mark.parametrize("sheet", [LIGHT, DARK], ids=["light", "dark"])
def test_borders_of_inputs_can_be_seen(sheet: dict[str, str]) -> None:
    assert contrast(sheet["line-2"], sheet["surface"]) >= 3


def test_no_colour_is_written_outside_the_tokens() -> None:
    rules = re.sub(r":root \{.*?\n\}|body\.body--dark \{.*?\n\}", "", CSS, flags=re.DOTALL)
    found = [
        one
        for one in re.findall(r"#[0-9A-Fa-f]{3,8}\b|rgba?\([^)]*\)", rules)
        if one not in ("#000", "rgb(0 0 0 / .4)")
    ]
    assert found == []


def test_own_classes_carry_the_prefix() -> None:
    names = set(
        re.findall(r"\.(-?[a-zA-Z_][\w-]*)(?=[^{}]*\{)", re.sub(r"url\([^)]*\)|/\*.*?\*/", "", CSS, flags=re.DOTALL))
    )
    foreign = {name for name in names if not name.startswith(("fb-", "q-", "nicegui-", "body--"))}
    assert foreign == set()


def test_both_themes_set_the_same_tokens() -> None:
    assert set(DARK) == set(LIGHT)


def test_everything_the_page_needs_ships_with_it_and_with_its_licence() -> None:
    names = {path.name for path in assets.FOLDER.iterdir()}
    assert {
        "inter-latin.woff2",
        "inter-latin-ext.woff2",
        "inter-licence.txt",
        "icons.svg",
        "icons-licence.txt",
    } <= names
    manifest = json.loads((assets.FOLDER / "manifest.json").read_text())
    assert {icon["src"] for icon in manifest["icons"]} <= names
    for name in re.findall(r"url\(([^)]+)\)", CSS):
        assert name in names
    assert not re.search(r"https?://", CSS.replace("http://www.w3.org", ""))
