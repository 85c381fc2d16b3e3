"""Two cards of the settings page about files on this device: the room they take, and where watched folders lie.

`await cards(window)` draws both where it is called. What one customer's files tab says of this device is
`sheet/files_here.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from nicegui import ui

from mobility_app.errors import MobilityError
from mobility_app.store import identity, pins, watched
from mobility_app.store.queries.disk_use import CustomerUse, DiskUse, disk_use
from mobility_app.store.store import Store
from mobility_app.store.transfers import QUOTA, QUOTAS_BYTES
from mobility_app.ui import dialogs, lists
from mobility_app.ui.live import Live
from mobility_app.ui.markup import Html, h
from mobility_app.ui.window import Window
from mobility_app.ui.words import Words

FOLDERS_SHOWN = 20
PATH_LETTERS = 1_000


@dataclass(frozen=True, slots=True)
class Model:
    """What both cards show. `root` is None where this device watches no folders."""

    use: DiskUse
    root: Path | None
    folders: tuple[tuple[str, str, str], ...]  # customer's id and name, path


def model(store: Store, usual: Path | None) -> Model:
    """Reads it."""
    use = disk_use(store)
    with store.reading() as session:
        rows = session.rows(
            "SELECT c.id, c.name, w.folder FROM watched w JOIN customer c ON c.id=w.customer_id ORDER BY c.name, c.id"
        )
        root = watched.root(session, usual) if usual is not None else None
    return Model(use, root, tuple((one, name, folder) for one, name, folder in rows))


async def cards(window: Window) -> None:
    """Draws both cards in the current container."""
    app = window.app
    usual = app.watch.usual if app.watch is not None else None

    async def act(name: str, arg: str) -> None:
        match name:
            case "unpin":
                await app.act(_unpin, arg)
            case "unwatch":
                await app.act(watched.turn_off, arg)
            case "quota" if arg.isdecimal() and int(arg) in QUOTAS_BYTES:
                await app.read(_set_quota, int(arg))
            case "watched-root" if live.model.root is not None:
                await _choose_root(window, live.model.root)
        if app.watch is not None:
            app.watch.now()
        await live.refresh()

    live = Live(lambda: app.read(model, usual), lambda found: render(window.words, found), act)
    await live.show()


def _unpin(store: Store, customer_id: str) -> None:
    with store.transaction() as session:
        pins.unpin(session, customer_id)


def _set_quota(store: Store, quota_bytes: int) -> None:
    with store.transaction() as session:
        identity.set_meta(session, QUOTA, str(quota_bytes))


def render(words: Words, found: Model) -> Html:
    """Both cards."""
    return h("div", _room(words, found.use), _folders(words, found), class_="fb-stack")


def _room(words: Words, use: DiskUse) -> Html:
    files = words.n("{n} file", "{n} files", use.files)
    facts = [
        _fact(words("Files on this device"), f"{words.bytes(use.here_bytes)} · {files}"),
        _fact(words("Free room"), words.bytes(use.free_bytes)),
    ]
    name = words("Room for files")
    choice = lists.segments(
        name, [(str(one), words.bytes(one), None) for one in QUOTAS_BYTES], str(use.quota_bytes), act="quota"
    )
    note = words(
        "When it is full, files that were not opened for long leave first. What the office does not have stays."
    )
    head = h("div", lists.fields(*facts), h("p", name, class_="fb-label"), choice, h("p", note, class_="fb-meta"),
             class_="fb-card-body fb-stack")  # fmt: skip
    shown = [_customer(words, one) for one in use.customers if one.here_bytes or one.pinned]
    if use.others_bytes:
        shown.append(lists.row(words("Others"), words.bytes(use.others_bytes), lead=lists.tile("hard-drive")))
    body = lists.rows(shown) if shown else None
    return lists.card(words("Room that files take"), head, body, flush=True, id="fb-files-room")


def _customer(words: Words, one: CustomerUse) -> Html:
    files = words.n("{n} file", "{n} files", one.files)
    size = words("{here} of {all}", here=words.bytes(one.here_bytes), all=words.bytes(one.size_bytes))
    pin = None
    if one.pinned:
        name = words("Let go of the files of {name}", name=one.name)
        pin = [
            lists.chip(words("Always here"), "accent", "pin", small=True),
            lists.icon_button("x", name, act="unpin", arg=one.id),
        ]
    return lists.row(
        one.name, f"{size} · {files}", href=f"/customers/{one.id}/files", lead=lists.avatar(one.name), end=pin
    )


def _folders(words: Words, found: Model) -> Html | None:
    if found.root is None:
        return None
    text = words("A customer's files tab turns its folder on. What is put there is attached and moves to “{folder}”.",
                 folder=watched.TAKEN)  # fmt: skip
    path = h("div", h("code", str(found.root), class_="fb-path"),
             lists.icon_button("copy", words("Copy the path"), copy=str(found.root)), class_="fb-path-line")  # fmt: skip
    change = lists.button(words("Choose another place"), act="watched-root", symbol="folder")
    head = h(
        "div", h("p", text, class_="fb-meta"), path, h("div", change, class_="fb-tools"), class_="fb-card-body fb-stack"
    )
    rows = [_folder(words, *one) for one in found.folders[:FOLDERS_SHOWN]]
    count = len(found.folders) or None
    return lists.card(
        words("Watched folders"),
        head,
        lists.rows(rows) if rows else None,
        count=count,
        flush=True,
        id="fb-files-folders",
    )


def _folder(words: Words, customer_id: str, name: str, folder: str) -> Html:
    off = lists.icon_button("x", words("Watch the folder of {name} no more", name=name), act="unwatch", arg=customer_id)
    return lists.row(
        name, folder, href=f"/customers/{customer_id}/files", lead=lists.tile("folder"), end=off, wrap=True
    )


def _fact(label: str, value: str) -> Html:
    return h("div", h("dt", label), h("dd", value, class_="fb-num"), class_="fb-field")


async def _choose_root(window: Window, now: Path) -> None:
    """Asks for the folder in which new watched folders are made, until it is one or the person gives up."""
    words = window.words
    title = words("Place of watched folders")
    dialog = ui.dialog().classes("fb-dialog")
    dialog.props["aria-label"] = title
    with dialog, ui.element("div").classes("fb-dialog-card"):
        ui.html(h("h2", title), sanitize=False)
        with ui.element("div").classes("fb-input"):
            ui.html(
                h("div", h("label", words("Folder on this device"), for_="fb-root"), class_="fb-input-l"),
                sanitize=False,
            )
            field = ui.input(value=str(now)).props(
                f"outlined dense for=fb-root maxlength={PATH_LETTERS} spellcheck=false"
            )
            field.props["aria-describedby"] = "fb-root-note"
            problem = ui.html("", sanitize=False).classes("fb-err").props("role=alert id=fb-root-note")
        hint = words("Folders that are watched already stay where they are. Leave it empty for the usual place.")
        ui.html(h("p", hint, class_="fb-meta"), sanitize=False)

        async def save() -> None:
            try:
                await window.app.act(watched.set_root, str(field.value or ""))
            except MobilityError as error:
                problem.set_content(h("span", words.error(error)))
                return
            dialog.submit(True)

        with ui.element("div").classes("fb-dialog-acts"):
            dialogs.press(words("Cancel"), lambda: dialog.submit(False))
            dialogs.press(words("Save"), save, "fb-btn-primary", "data-save")
    if await dialog:
        window.toast(words("The place of watched folders is saved"))
    dialog.clear()
    dialog.delete()
