"""The frame around every view: rail or bottom bar, banner, sync box, live region, toasts.

Own elements in place of NiceGUI's header and drawer, so that one `nav` serves all widths; the stylesheet turns the rail
into a bottom bar. The parts are redrawn when the state of sync or the address changes, and only if they differ.
"""

from __future__ import annotations

import json

from nicegui import __version__, ui
from nicegui.dependencies import JsComponent

from mobility_app.sync.status import OFFLINE, STOPPED, SYNCING
from mobility_app.ui import keyboard, progress
from mobility_app.ui.context import App
from mobility_app.ui.live import markup
from mobility_app.ui.markup import NOTHING, Html, h, icon, join
from mobility_app.ui.names import N_
from mobility_app.ui.palette import Palette
from mobility_app.ui.window import Window
from mobility_app.ui.words import Words

PRODUCT = "Mobility"
RAIL_ONLY = ("/lists",)  # the bottom bar of a phone holds four; these are reached from where they are used
ENTRIES = (
    ("/customers", "users", N_("Customers")),
    ("/", "calendar-days", N_("Today")),
    ("/lists", "send", N_("Mailing lists")),
    ("/sync", "refresh-cw", N_("Sync")),
    ("/settings", "settings", N_("Settings")),
)


# Kinds of elements whose script NiceGUI sends for when the first of them is drawn: the person would wait for it.
SOON = (ui.html, ui.input, ui.textarea, ui.select, ui.timer)


def build(window: Window, path: str) -> ui.element:
    """Draws the frame and returns the element that views go into."""
    app = window.app
    _texts(window)
    window.run(f"fb.ahead({json.dumps(_scripts())})")
    window.run(keyboard.script(app.preferences.single_keys))
    ui.html(h("a", window.words("Skip to content"), href="#fb-view", class_="fb-skip"), sanitize=False)
    with ui.element("div").classes("fb-app"):
        name = window.words("Main")
        rail = markup(nav(app, path), look="fb-rail").props(f'role=navigation aria-label="{name}"')
        with ui.element("div").classes("fb-column"):
            banner = markup(banner_for(app))
            view = ui.element("div").classes("fb-view").props("id=fb-view tabindex=-1")
        window.toasts = ui.element("div").classes("fb-toasts")
    ui.html("", sanitize=False).props("id=fb-say role=status aria-live=polite").classes("fb-sr")
    palette = Palette(window, path)
    keyboard.draw(window)
    _follow(window, rail, banner, path, palette)
    return view


def _follow(window: Window, rail: ui.html, banner: ui.html, path: str, palette: Palette) -> None:
    at = [path]

    def redraw() -> None:
        if rail.is_deleted or window.app.locked:
            return
        for element, content in ((rail, nav(window.app, at[0])), (banner, banner_for(window.app))):
            if element.content != content:
                element.set_content(content)

    def moved(path: str) -> None:
        at[0] = path
        redraw()
        palette.moved(path)

    window.app.status_changed.subscribe(redraw)
    ui.context.client.sub_pages_router.on_path_changed(moved)


def _scripts() -> list[str]:
    components = [kind.component for kind in SOON]
    found = [f"/_nicegui/{__version__}/components/{one.key}" for one in components if isinstance(one, JsComponent)]
    return list(dict.fromkeys(found))


def _texts(window: Window) -> None:
    words = window.words
    given = {
        "title": words("Leave without saving?"),
        "text": words("Your edits stay on this device as a draft. They are not saved yet."),
        "stay": words("Keep editing"),
        "leave": words("Leave"),
        "copied": words("Copied"),
    }
    window.run(f"fb.texts({json.dumps(given)})")


def nav(app: App, path: str) -> Html:
    """The entries with their counts, and the sync box at the foot."""
    words = app.words
    counts = {"/sync": app.waiting.waiting + app.waiting.refused + app.waiting.conflicts}
    mark = h("span", class_="fb-mark")
    brand = h("a", mark, h("span", PRODUCT), class_="fb-brand", href="/customers", aria_label=PRODUCT)
    links = [_entry(words, href, symbol, text, path, counts.get(href, 0)) for href, symbol, text in ENTRIES]
    return h("div", brand, _finder(words), links, sync_box(app), class_="fb-rail-in")


def _finder(words: Words) -> Html:
    """Opens the command palette; answered by the page's script."""
    name = words("Find")
    caps = h("span", [h("kbd", cap) for cap in keyboard.PALETTE_CAPS], class_="fb-finder-keys", aria_hidden="true")
    text = h("span", name, class_="fb-nav-t")
    return h("button", icon("search"), text, caps, class_="fb-nav fb-finder", type="button", data_act="palette",
             aria_keyshortcuts="Control+K", title=name)  # fmt: skip


def _entry(words: Words, href: str, symbol: str, text: str, path: str, count: int) -> Html:
    bare = path.split("?")[0]
    here = bare == "/" if href == "/" else bare == href or bare.startswith(href + "/")
    number = h("span", words.number(count), class_="fb-nav-n") if count else None
    name = words(text)
    return h(
        "a", icon(symbol), h("span", name, class_="fb-nav-t"), number, href=href, title=name,
        class_="fb-nav fb-wide-only" if href in RAIL_ONLY else "fb-nav",
        aria_current="page" if here else None,
    )  # fmt: skip


def sync_box(app: App) -> Html:
    """State of sync in two lines, a link to the sync centre."""
    words, status = app.words, app.status
    offline = status.state in (OFFLINE, STOPPED)
    busy = status.state == SYNCING and app.waiting.waiting > 0
    symbol = "cloud-off" if offline else "refresh-cw" if busy else "cloud-check"
    if app.waiting.waiting:
        title = words.n("{n} change waiting", "{n} changes waiting", app.waiting.waiting)
    else:
        title = words("Offline") if offline else words("All sent")
    last = status.last_sync_at
    second = words("Last sync {time}", time=words.when(last, app.now())) if last else words("Not synced yet")
    if status.progress is not None and status.progress.total > 0:
        second = progress.said(words, status.progress)
    return h(
        "a", icon(symbol, spin=busy), h("span", title, class_="fb-syncbox-t"), h("span", second, class_="fb-syncbox-s"),
        class_="fb-syncbox", href="/sync", title=title,
    )  # fmt: skip


def banner_for(app: App) -> Html:
    """One line, only when offline or when something is broken."""
    words, status = app.words, app.status
    if status.state == STOPPED:
        return _banner("triangle-alert", words.problem(status.problem), "fb-banner fb-banner-bad")
    if status.state == OFFLINE and status.last_sync_at is None and not status.problem:
        return NOTHING  # the first round has not been tried yet
    if status.state == OFFLINE and app.lease.warns:
        left = words.n(
            "In {n} day this device locks itself until it has synced.",
            "In {n} days this device locks itself until it has synced.", app.lease.days_left,
        )  # fmt: skip
        text = words("It has had no contact with the office for a while. Nothing is lost: connect it to the internet.")
        return _banner("triangle-alert", f"{left} {text}", "fb-banner fb-banner-bad")
    if status.state == OFFLINE and status.problem == "portal":
        return _banner("cloud-off", words.problem("portal"), "fb-banner")
    if status.state == OFFLINE:
        text = words("You are offline. Everything here works; changes are sent when you are back online.")
        return _banner("cloud-off", text, "fb-banner")
    return NOTHING


def _banner(symbol: str, text: str, look: str) -> Html:
    return h("div", join(icon(symbol), h("span", text)), class_=look)


def page_title(words: Words, text: str) -> str:
    """The title of a browser tab."""
    return f"{text} · {PRODUCT}" if text else PRODUCT
