"""Escaped markup: `h` builds elements, `Html` marks text that is safe, `icon` draws a shape of the sprite.

Every read view is made of these; one `ui.html` then shows it. Strings are always escaped, so a customer's name can hold
anything. Nothing here knows NiceGUI or words.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import TypeAlias

from mobility_app.ui import assets

SPRITE = assets.url("icons.svg")
VOID = frozenset({"br", "hr", "img", "input", "link", "meta", "use", "wbr"})


class Html(str):
    """Markup that needs no more escaping."""

    __slots__ = ()

    def __add__(self, other: str) -> Html:
        return Html(str(self) + (other if isinstance(other, Html) else escape(other)))


Child: TypeAlias = "str | Html | int | Iterable[Child] | None"
Attribute: TypeAlias = "str | int | bool | None"

NOTHING = Html("")


def h(tag: str, *children: Child, **attributes: Attribute) -> Html:
    """An element. `class_`, `for_` lose their underscore, others turn it to a hyphen (`aria_label`); True gives a bare
    attribute, None and False none."""
    written = "".join(_attribute(name, value) for name, value in attributes.items())
    if tag in VOID:
        return Html(f"<{tag}{written}>")
    return Html(f"<{tag}{written}>{join(*children)}</{tag}>")


def join(*children: Child) -> Html:
    """Children one after the other: strings escaped, lists flattened, None left out."""
    return Html("".join(_child(child) for child in children))


def icon(name: str, *, spin: bool = False) -> Html:
    """A shape of the sprite, hidden from screen readers and coloured by the text around it."""
    turning = " fb-spin" if spin else ""
    return Html(f'<svg class="fb-i{turning}" aria-hidden="true"><use href="{SPRITE}#{escape(name)}"/></svg>')


def hidden(text: str) -> Html:
    """Text for screen readers alone."""
    return h("span", text, class_="fb-sr")


def classes(*names: str | bool | None) -> str | None:
    """Class names that are there, in one attribute."""
    found = [name for name in names if isinstance(name, str) and name]
    return " ".join(found) or None


def _child(child: Child) -> str:
    if child is None:
        return ""
    if isinstance(child, Html):
        return str(child)
    if isinstance(child, (str, int)):
        return escape(str(child))
    return "".join(_child(one) for one in child)


def _attribute(name: str, value: Attribute) -> str:
    if value is None or value is False:
        return ""
    plain = name.rstrip("_").replace("_", "-")
    return f" {plain}" if value is True else f' {plain}="{escape(str(value))}"'
