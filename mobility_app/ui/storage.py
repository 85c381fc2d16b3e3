"""The disk's card of the settings: what the program takes, what is free, who takes most, and customers that stay here.

Figures of attachments and pins are the store's (`queries/disk_use.py`, `pins.py`); the database is its file with its
write-ahead log. A pin is taken away here; files that are on the device stay until somebody removes them on the sheet.
"""

from __future__ import annotations

from dataclasses import dataclass

from mobility_app.store import pins
from mobility_app.store.queries.disk_use import CustomerUse, DiskUse, disk_use
from mobility_app.store.store import Store
from mobility_app.ui import lists
from mobility_app.ui.live import Live
from mobility_app.ui.markup import Html, h
from mobility_app.ui.window import Window
from mobility_app.ui.words import Words

PINS_SHOWN, LARGEST_SHOWN = 20, 5
LOW_BYTES = 1_000_000_000  # two files of the largest size


@dataclass(frozen=True, slots=True)
class Room:
    """`pinned`: (id, name) of the customers whose files always stay, first pinned first, and how many there are."""

    use: DiskUse
    store_bytes: int
    pinned: tuple[tuple[str, str], ...]
    pin_count: int


async def card(window: Window) -> None:
    """Draws the card and follows what comes and goes."""
    app, words = window.app, window.words

    async def load() -> Room:
        return await app.read(room)

    async def act(name: str, arg: str) -> None:
        if name == "unpin":
            await app.read(_unpin, arg)
            window.toast(words("The files no longer have to stay on this device"))
            await live.refresh()

    async def heard() -> None:
        if not app.locked and not live.gone:
            await live.refresh()

    live = Live(load, lambda found: render(words, found), act)
    app.changed.subscribe(heard)
    window.on_leave(lambda: app.changed.unsubscribe(heard))
    await live.show()


def room(store: Store) -> Room:
    """What is taken and what is free now."""
    with store.reading() as session:
        ids = pins.all_pinned(session)
        names = dict(session.among("SELECT id, name FROM customer WHERE id IN ({marks})", ids[:PINS_SHOWN]))
    taken = sum(path.stat().st_size for path in store.path.parent.glob(f"{store.path.name}*") if path.is_file())
    pinned = tuple((one, str(names[one])) for one in ids[:PINS_SHOWN] if one in names)
    return Room(disk_use(store), taken, pinned, len(ids))


def _unpin(store: Store, customer_id: str) -> None:
    with store.transaction() as session:
        pins.unpin(session, customer_id)


def render(words: Words, found: Room) -> Html:
    """The card."""
    use = found.use
    low = use.free_bytes < LOW_BYTES
    free = h("span", words.bytes(use.free_bytes), class_="fb-late" if low else None)
    figures = lists.fields(
        _figure(words("Files on this device"), words.bytes(use.here_bytes)),
        _figure(words("Data"), words.bytes(found.store_bytes)),
        _figure(words.p("disk", "Free"), free),
    )
    warning = None
    if low:
        said = words("Little room is left. Remove files from this device, or make room on its disk.")
        warning = lists.notice("warn", said, symbol="triangle-alert")
    return lists.card(
        words("Disk"),
        h("div", warning, figures, class_="fb-card-body"),
        _largest(words, use),
        _pins(words, found),
        flush=True,
    )


def _figure(label: str, value: Html | str) -> Html:
    return h("div", h("dt", label), h("dd", value), class_="fb-field fb-num")


def _largest(words: Words, use: DiskUse) -> Html | None:
    shown = [one for one in use.customers[:LARGEST_SHOWN] if one.here_bytes]
    if not shown:
        return None
    return h(
        "div", h("h3", words("Take most"), class_="fb-list-title"), lists.rows(*(_use(words, one) for one in shown))
    )


def _use(words: Words, one: CustomerUse) -> Html:
    files = words.n("{n} file", "{n} files", one.files)
    amount = h("span", words.bytes(one.here_bytes), class_="fb-row-amount")
    return lists.row(one.name, files, href=f"/customers/{one.id}/files", end=amount)


def _pins(words: Words, found: Room) -> Html:
    title = h("h3", words("Files that always stay on this device"), class_="fb-list-title")
    if not found.pinned:
        said = words("No customer yet. Choose “Always keep on this device” in the files of a customer.")
        return h("div", title, h("p", said, class_="fb-card-body fb-meta"))
    rows = [
        lists.row(name, href=f"/customers/{one}/files", lead=lists.tile("pin"),
                  end=lists.icon_button("x", words("No longer keep the files of {name}", name=name), act="unpin", arg=one))
        for one, name in found.pinned
    ]  # fmt: skip
    rest = found.pin_count - len(rows)
    more = h("p", words.n("{n} more customer", "{n} more customers", rest), class_="fb-card-body fb-meta")
    return h("div", title, lists.rows(*rows), more if rest > 0 else None)
