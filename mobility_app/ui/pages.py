"""The table of addresses and what `app.py` calls: `register` gives the root page, `run_options` what `ui.run` needs.

One page for everything (`ui.sub_pages`), so that a change of view costs no page load. Views are coroutines that get the
Window; the sheet's frame is drawn at once, because NiceGUI looks for nested addresses before a coroutine has run.
"""

# No `from __future__ import annotations` here: NiceGUI reads the annotations of builders.

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from nicegui import PageArguments, core, translations, ui
from nicegui import app as nicegui_app

from mobility_app.errors import MobilityError
from mobility_app.ui import (
    assets,
    brief,
    contact,
    customers,
    lease,
    lists,
    lock,
    mailing_list,
    mailing_lists,
    new_customer,
    settings,
    shell,
    sync_centre,
    theme,
    today,
)
from mobility_app.ui.context import QUASAR_LANGUAGES, App, Locked
from mobility_app.ui.imports import page as import_page
from mobility_app.ui.sheet import TABS
from mobility_app.ui.sheet.frame import Sheet
from mobility_app.ui.sheet.tab import Tab
from mobility_app.ui.window import Window
from mobility_app.ui.words import DEFAULT_LANGUAGE, Words

RECONNECT_SECONDS = 900.0  # a tablet that slept finds its page as it was
IDLE_CHECK_SECONDS, LEASE_CHECK_SECONDS = 15.0, 60.0

logger = logging.getLogger("mobility.ui")

View = Callable[[Window], Awaitable[None]]

PAGES: dict[str, View] = {
    "/": today.build,
    "/customers": customers.build,
    "/customers/new": new_customer.build,
    "/customers/import": import_page.build,
    "/lists": mailing_lists.build,
    "/sync": sync_centre.build,
    "/settings": settings.build,
}


def register(app: App) -> Callable[[], Awaitable[None]]:
    """Serves the page's own files, sets the head of every page, starts the idle watch. Gives the root for `ui.run`.
    Call once, before `ui.run`."""
    nicegui_app.add_static_files(assets.BASE, assets.FOLDER, max_cache_age=assets.MAX_AGE_SECONDS)
    ui.add_head_html(theme.head(), shared=True)
    nicegui_app.colors(**theme.BRAND)
    nicegui_app.config.quasar_config["loadingBar"]["skipHijack"] = True  # a bar without a name for each upload
    _say_lost(app)
    nicegui_app.timer(IDLE_CHECK_SECONDS, app.lock_if_idle)
    nicegui_app.timer(LEASE_CHECK_SECONDS, app.look_at_lease)

    async def root() -> None:
        ui.on("fb_active", app.active)
        if app.locked:
            lease.LeaseScreen(app) if app.held else lock.LockScreen(app)
            return
        await _windowed(app)

    return root


def run_options(app: App) -> dict[str, Any]:
    """What `ui.run` is to be given beside host and port."""
    return {
        "title": shell.PRODUCT,
        "favicon": assets.FOLDER / "mark.svg",
        "dark": app.dark,
        "language": app.quasar_language,
        "tailwind": False,
        "reload": False,
        "show": False,
        "show_welcome_message": False,
        "reconnect_timeout": RECONNECT_SECONDS,
        "binding_refresh_interval": None,
    }


class Views(ui.sub_pages):
    """NiceGUI's views, with our own words where an address leads nowhere."""

    def _render_404(self) -> None:
        words = Words(nicegui_language())
        back = lists.button(words("Customers"), href="/customers")
        title, text = words("This page does not exist"), words("Check the address, or go to the customers.")
        ui.html(lists.empty("search", title, text, back, level="h1"), sanitize=False)


def nicegui_language() -> str:
    """The language of the open pages, as the settings last set it."""
    current = core.app.config.language
    return next((code for code, pack in QUASAR_LANGUAGES.items() if pack == current), DEFAULT_LANGUAGE)


async def _windowed(app: App) -> None:
    client = ui.context.client
    router = client.sub_pages_router
    window = Window(app, client)
    client.on_delete(window.leave)
    view = shell.build(window, router.current_path)
    routes: dict[str, Callable[..., Any]] = {path: _page(window, build) for path, build in PAGES.items()}
    routes["/customers/{customer_id}"] = _sheet(window)
    routes["/customers/{customer_id}/brief"] = _brief(window)
    routes["/contacts/{contact_id}"] = _contact(window)
    routes["/lists/{list_id}"] = _list(window)
    with view:
        Views(routes)
    await window.settled()


def _page(window: Window, build: View) -> Callable[..., Any]:
    def show(arguments: PageArguments) -> Any:
        window.leave()
        window.query = dict(arguments.query_parameters)
        return window.build(_guarded(window, build(window), arrive=True))

    return show


def _contact(window: Window) -> Callable[..., Any]:
    def show(contact_id: str) -> Any:
        window.leave()
        return window.build(_guarded(window, contact.build(window, contact_id), arrive=True))

    return show


def _brief(window: Window) -> Callable[..., Any]:
    def show(customer_id: str) -> Any:
        window.leave()
        return window.build(_guarded(window, brief.build(window, customer_id), arrive=True))

    return show


def _list(window: Window) -> Callable[..., Any]:
    def show(list_id: str) -> Any:
        window.leave()
        return window.build(_guarded(window, mailing_list.build(window, list_id), arrive=True))

    return show


def _sheet(window: Window) -> Callable[..., Any]:
    def show(customer_id: str) -> None:
        window.leave()
        sheet = Sheet(window, customer_id, TABS)
        first = [True]
        routes: dict[str, Callable[..., Any]] = {"/": _tab(sheet, TABS[0], first)}
        for tab in TABS:
            routes[f"/{tab.slug}"] = _tab(sheet, tab, first)
            if tab.open is not None:
                routes[f"/{tab.slug}/{{record_id}}"] = _tab(sheet, tab, first)
        with sheet.inside:
            Views(routes)

    return show


def _tab(sheet: Sheet, tab: Tab, first: list[bool]) -> Callable[..., Any]:
    def show(arguments: PageArguments) -> Any:
        arrive, first[0] = first[0], False
        record_id = str(arguments.path_parameters.get("record_id", ""))
        view = sheet.show(tab, record_id, dict(arguments.query_parameters))
        return sheet.window.build(_guarded(sheet.window, view, arrive=arrive))

    return show


async def _guarded(window: Window, view: Awaitable[None], *, arrive: bool) -> None:
    """Builds a view; what goes wrong becomes a sentence, never a traceback."""
    slot = ui.context.slot
    initial = window.client.sub_pages_router.is_initial_request
    try:
        await view
    except Locked:
        window.run("location.reload()")
        return
    except MobilityError as error:
        with slot:
            _failed(window, window.words.error(error))
    except Exception:
        logger.exception("a view could not be built")
        with slot:
            _failed(window, window.words("That did not work. Nothing was changed. Try again."))
    if arrive and not initial:
        window.run("fb.arrived()")


def _failed(window: Window, text: str) -> None:
    again = lists.button(window.words("Back to customers"), href="/customers")
    ui.html(
        lists.empty("circle-alert", window.words("This view can't be shown"), text, again, level="h1"), sanitize=False
    )


def _say_lost(app: App) -> None:
    """NiceGUI's own notes about the connection, in all our languages."""
    for language, quasar in QUASAR_LANGUAGES.items():
        words = Words(language, app.zone)
        translations.translations[quasar] = {  # type: ignore[index]
            "connection_lost": words("The program does not answer."),
            "trying_to_reconnect": words("Trying again. What you typed is kept."),
            "message_too_long": words("This text is too long to be taken at once."),
            "message_too_long_body": words(
                "Split it up, or attach it as a file. Nothing was lost from what was saved."
            ),
        }
