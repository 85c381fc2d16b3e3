"""Settings of this device: language, theme, lock now, and who it belongs to."""

from __future__ import annotations

from nicegui import ui

from mobility_app.store import identity
from mobility_app.store.store import Store
from mobility_app.ui import device_files, lists
from mobility_app.ui.live import markup
from mobility_app.ui.markup import Html, h
from mobility_app.ui.names import N_
from mobility_app.ui.window import Window
from mobility_app.ui.words import LANGUAGES

LANGUAGE_NAMES = {"pt": "Português", "en": "English", "es": "Español", "fr": "Français"}
THEME_NAMES = {"auto": N_("As the system"), "light": N_("Light"), "dark": N_("Dark")}


def _who(store: Store) -> tuple[str, str, str, str]:
    """(user's name, role, device id, address of HQ), empty before enrolment."""
    with store.reading() as session:
        known = identity.read(session)
        if known is None:
            return "", "", "", ""
        user = session.get("user", known.user_id) or {}
        return str(user.get("name") or ""), identity.actor(session).role, known.device_id, known.hq_url


async def build(window: Window) -> None:
    """Draws the view."""
    words, app = window.words, window.app
    window.title(words("Settings"))
    name, role, device, hq_url = await app.read(_who)

    async def act(act: str, arg: str) -> None:
        if act == "language":
            await app.set_language(arg)
        elif act == "theme":
            await app.set_theme(arg)
        elif act == "lock":
            await app.lock()

    rows = [(words.field("user", "name"), name), (words.field("user", "role"), words.choice("user", "role", role)),
            (words("Device"), device), (words("Headquarters"), hq_url)]  # fmt: skip
    with ui.element("div").classes("fb-page"), ui.element("div").classes("fb-stack"):
        markup(
            h(
                "div",
                lists.page_head(words("Settings")),
                lists.card(words("Language"), _choices(words("Language"), "language", app.words.language, LANGUAGE_NAMES)),
                lists.card(words("Look"), _choices(words("Look"), "theme", app.preferences.theme,
                                                   {key: words(text) for key, text in THEME_NAMES.items()})),
                lists.card(words("This device"), lists.fields(*(_field(label, value) for label, value in rows))),
                lists.card(words("Lock"), h("p", words("The data on this device is encrypted. Locking closes it at once.")),
                           h("p", h("br")), lists.button(words("Lock now"), act="lock", symbol="lock")),
                class_="fb-stack",
            ),
            act,
        )  # fmt: skip
        await device_files.cards(window)
    assert set(LANGUAGE_NAMES) == set(LANGUAGES)


def _choices(label: str, act: str, current: str, names: dict[str, str]) -> Html:
    return lists.segments(label, [(value, text, None) for value, text in names.items()], current, act=act)


def _field(label: str, value: str) -> Html:
    return h("div", h("dt", label), h("dd", value or "–"), class_="fb-field")
