"""The keys of the app, as one table: the page's script acts by it, and the help is made of it.

`does` is what `static/mobility.js` knows: `search`, `palette`, `help`, `save`, `go` an entry of the rail, `tab` of the
sheet by its place, `press` the first of some elements that is there; empty where the browser or a view does it by itself.
Single keys work outside of fields only, and can be turned off in the settings (WCAG 2.1.4).
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from nicegui import ui

from mobility_app.ui import lists
from mobility_app.ui.live import markup
from mobility_app.ui.markup import NOTHING, Html, h
from mobility_app.ui.names import N_
from mobility_app.ui.window import Window
from mobility_app.ui.words import Words

HELP_ID = "fb-help"
PALETTE_CAPS = ("Ctrl", "K")
TABS = 10
_NEW = '[data-act="add"], [data-act="new"], a[href="/customers/new"], [data-act="choose"]'


@dataclass(frozen=True, slots=True)
class Key:
    """One way to do something. `keys`: as pressed one after the other; `shown` where they are called otherwise."""

    keys: tuple[str, ...]
    text: str
    does: str = ""
    on: str = ""
    shown: tuple[str, ...] = ()

    @property
    def single(self) -> bool:
        """Whether it is made of bare letters or signs, which a person who speaks to the device may set off unawares."""
        return bool(self.does) and all("+" not in key for key in self.keys)


GROUPS: tuple[tuple[str, tuple[Key, ...]], ...] = (
    (
        N_("Anywhere"),
        (
            Key(("ctrl+k",), N_("Find a customer or do something"), "palette", shown=PALETTE_CAPS),
            Key(("/",), N_("Go to the search"), "search"),
            Key(("?",), N_("Show these keys"), "help"),
            Key(("g", "c"), N_("Go to the customers"), "go", "/customers"),
            Key(("g", "t"), N_("Go to Today"), "go", "/"),
            Key(("g", "l"), N_("Open the mailing lists"), "go", "/lists"),
            Key(("g", "s"), N_("Go to Sync"), "go", "/sync"),
            Key(("g", "o"), N_("Go to the settings"), "go", "/settings"),
        ),
    ),
    (
        N_("On a customer sheet"),
        (
            Key(("e",), N_("Edit"), "press", "#fb-edit"),
            Key(("n",), N_("Add something new here"), "press", _NEW),
            Key(("b",), N_("Open the visit brief"), "press", '.fb-acts a[href$="/brief"]'),
            *(Key((str((place + 1) % TABS),), "", "tab", str(place)) for place in range(TABS)),
            Key(("1",), N_("Open a tab by its place, 0 is the tenth"), shown=("1", "…", "9", "0")),
        ),
    ),
    (
        N_("In forms and lists"),
        (
            Key(("ctrl+s",), N_("Save"), "save", shown=("Ctrl", "S")),
            Key(("ctrl+enter",), N_("Save and close a form"), "save", shown=("Ctrl", "Enter")),
            Key(("escape",), N_("Close a dialog"), shown=("Esc",)),
            Key(("arrowdown",), N_("Move in a list"), shown=("↑", "↓")),
            Key(("enter",), N_("Open what is marked"), shown=("Enter",)),
        ),
    ),
)  # fmt: skip


def script(single_keys: bool) -> str:
    """What tells the page its keys."""
    keys = [key for _, group in GROUPS for key in group if key.does and (single_keys or not key.single)]
    return f"fb.keys({json.dumps({' '.join(key.keys): [key.does, key.on] for key in keys})})"


def draw(window: Window) -> None:
    """The help, closed and empty until `?` or a button asks for it."""
    words = window.words
    dialog = ui.element("dialog").classes("fb-ask fb-help").props(f"id={HELP_ID} tabindex=-1")
    dialog.props["aria-labelledby"] = f"{HELP_ID}-t"
    with dialog:
        body = markup(NOTHING)

    def asked() -> None:
        content = help_markup(words, single_keys=window.app.preferences.single_keys)
        if body.content != content:
            body.set_content(content)
        window.run(f"fb.show('{HELP_ID}')")

    ui.on("fb_help", asked)


def help_markup(words: Words, *, single_keys: bool) -> Html:
    """All keys in their groups."""
    close = lists.icon_button("x", words("Close"), act="close-dialog")
    head = h("div", h("h2", words("Keyboard"), id=f"{HELP_ID}-t"), close, class_="fb-help-head")
    off = None if single_keys else h("p", words("Single keys are turned off in the settings."), class_="fb-meta")
    groups = [h("section", h("h3", words(title)), h("dl", [_line(words, key) for key in group if key.text]))
              for title, group in GROUPS]  # fmt: skip
    return h("div", head, off, h("div", groups, class_="fb-help-groups"))


def _line(words: Words, key: Key) -> Html:
    caps = [h("kbd", cap) if cap != "…" else h("span", cap) for cap in key.shown or key.keys]
    return h("div", h("dt", words(key.text)), h("dd", caps))
