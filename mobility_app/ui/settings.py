"""Settings of this device, one card each: language, look, lock, keys, network, passphrase, files, and who it belongs to.

`CARDS` is the list of them, in their order. A card is a coroutine that draws itself into the current container and
follows what it shows; another one is one line there. Everything is kept in the encrypted store and holds at once.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib.metadata import version

from nicegui import ui

from mobility_app.store import identity
from mobility_app.store.store import Store
from mobility_app.ui import device_files, lists, passphrase
from mobility_app.ui.live import markup
from mobility_app.ui.markup import Html, h
from mobility_app.ui.names import LANGUAGE_NAMES, N_
from mobility_app.ui.preferences import LOCK_MINUTES
from mobility_app.ui.window import Window

THEME_NAMES = {"auto": N_("As the system"), "light": N_("Light"), "dark": N_("Dark")}

Card = Callable[[Window], Awaitable[None]]


async def build(window: Window) -> None:
    """Draws the view."""
    words = window.words
    window.title(words("Settings"))
    with ui.element("div").classes("fb-page"), ui.element("div").classes("fb-stack"):
        markup(lists.page_head(words("Settings")))
        with ui.element("div").classes("fb-settings"):
            for card in CARDS:
                with ui.element("div"):
                    await card(window)


async def language(window: Window) -> None:
    """In which language the app speaks."""
    words, app = window.words, window.app

    async def act(_: str, arg: str) -> None:
        await app.set_language(arg)

    choice = choices(words("Language"), app.words.language, dict(LANGUAGE_NAMES), "language")
    markup(lists.card(words("Language"), choice), act)


async def look(window: Window) -> None:
    """Light, dark, or as the system is."""
    words, app = window.words, window.app

    async def act(_: str, arg: str) -> None:
        await app.set_theme(arg)

    names = {key: words(text) for key, text in THEME_NAMES.items()}
    markup(lists.card(words("Look"), choices(words("Look"), app.preferences.theme, names, "theme")), act)


async def lock(window: Window) -> None:
    """After what idle time the store closes, and closing it now."""
    words, app = window.words, window.app

    def render() -> Html:
        label = words("Lock when nobody does anything for")
        names = {str(minutes): words.minutes(minutes) for minutes in LOCK_MINUTES}
        return lists.card(
            words("Lock"),
            h(
                "p",
                words(
                    "The data on this device is encrypted. Locking closes it at once; what is typed and not saved is kept."
                ),
            ),
            h("p", label, class_="fb-label"),
            choices(label, str(app.preferences.lock_minutes), names, "lock-minutes"),
            h("div", lists.button(words("Lock now"), act="lock", symbol="lock"), class_="fb-tools"),
        )

    async def act(name: str, arg: str) -> None:
        if name == "lock":
            await app.lock()
        elif arg.isdecimal():
            await app.set_lock_minutes(int(arg))
            element.set_content(render())
            window.toast(words("Saved on this device"))

    element = markup(render(), act)


async def keys(window: Window) -> None:
    """Whether bare letters are keys, and the list of all keys."""
    words, app = window.words, window.app

    def render() -> Html:
        label = words("Single keys")
        current = "on" if app.preferences.single_keys else "off"
        names = {"on": words.p("switch", "On"), "off": words.p("switch", "Off")}
        return lists.card(
            words("Keyboard"),
            h(
                "p",
                words(
                    "Single keys such as “/” or “e” act outside of fields. Turn them off if you speak to this device."
                ),
            ),
            h("p", label, class_="fb-label"),
            choices(label, current, names, "single-keys"),
            h("div", lists.button(words("Show all keys"), act="help", symbol="keyboard"), class_="fb-tools"),
        )

    async def act(name: str, arg: str) -> None:
        if name == "single-keys":
            await app.set_single_keys(arg == "on")
            app.reload_pages()

    markup(render(), act)


async def network(window: Window) -> None:
    """Whether the network is paid by volume."""
    words, app = window.words, window.app

    def render() -> Html:
        label = words("Metered network")
        names = {"on": words("Yes"), "off": words("No")}
        text = words(
            "Your changes are sent at once; news from the office come every 15 minutes, or when you tap “Sync now”."
        )
        return lists.card(
            words("Network"), h("p", text), h("p", label, class_="fb-label"),
            choices(label, "on" if app.preferences.metered else "off", names, "metered"),
        )  # fmt: skip

    async def act(_: str, arg: str) -> None:
        await app.set_metered(arg == "on")
        element.set_content(render())
        window.toast(words("Saved on this device"))

    element = markup(render(), act)


async def about(window: Window) -> None:
    """Whose device this is, and which version of the program."""
    words = window.words
    name, role, device, hq_url, size = await window.app.read(_who)
    rows = [
        (words.field("user", "name"), name), (words.field("user", "role"), words.choice("user", "role", role)),
        (words("Device"), device), (words("Headquarters"), hq_url),
        (words("Data"), words.bytes(size)), (words("Version of the program"), version("mobility")),
    ]  # fmt: skip
    markup(lists.card(words("This device"), lists.fields(*(_field(label, value) for label, value in rows))))


CARDS: tuple[Card, ...] = (language, look, lock, keys, network, passphrase.card, device_files.cards, about)


def choices(label: str, current: str, names: dict[str, str], act: str) -> Html:
    """A choice of a few."""
    return lists.segments(label, [(value, text, None) for value, text in names.items()], current, act=act)


def _field(label: str, value: str) -> Html:
    return h("div", h("dt", label), h("dd", value or "–"), class_="fb-field")


def _who(store: Store) -> tuple[str, str, str, str, int]:
    """(user's name, role, device id, address of HQ), empty before enrolment, and the bytes that the database takes."""
    size = sum(path.stat().st_size for path in store.path.parent.glob(f"{store.path.name}*") if path.is_file())
    with store.reading() as session:
        known = identity.read(session)
        if known is None:
            return "", "", "", "", size
        user = session.get("user", known.user_id) or {}
        return str(user.get("name") or ""), identity.actor(session).role, known.device_id, known.hq_url, size
