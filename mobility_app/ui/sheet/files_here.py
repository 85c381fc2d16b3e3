"""Cards of the files tab about this device: how much of the customer's files lies here, whether they always shall (the
pin), and the watched folder: where it is, what waits in it, and on and off.

The same choices for the whole device stand on the settings page (`ui/device_files.py`).
"""

from __future__ import annotations

from pathlib import Path

from mobility_app.errors import MobilityError
from mobility_app.store import pins, watched
from mobility_app.store.folder_look import WAITING, FolderState
from mobility_app.store.queries.files import FileList
from mobility_app.store.store import Store, Touched
from mobility_app.store.transfers import ASKED
from mobility_app.ui import lists, reasons
from mobility_app.ui.markup import Html, h, icon
from mobility_app.ui.names import N_
from mobility_app.ui.sheet.frame import Sheet
from mobility_app.ui.words import Words

NOTES_SHOWN = 5
WHY = {
    "settling": N_("is still being written"),
    "in_use": N_("is open in another program"),
    "sheet_in_edit": N_("waits until editing is finished"),
    "disk_full": N_("waits for room on the disk"),
    "store_damaged": N_("could not be kept, and is tried again"),
    "not_moved": N_("is attached, but could not be moved to “Anexados”"),
    "already_there": N_("is already attached, and was moved to “Anexados”"),
    "too_large": N_("is larger than 500 MB"),
}


async def act(sheet: Sheet, name: str) -> bool:
    """Answers the acts of the cards. Whether something was changed."""
    words, app = sheet.words, sheet.app
    try:
        match name:
            case "pin":
                await app.act(_pin, sheet.customer_id, app.now())
            case "unpin":
                await app.act(_unpin, sheet.customer_id)
            case "watch" if app.watch is not None:
                await app.act(watched.turn_on, sheet.customer_id, app.watch.usual)
                app.watch.now()
                sheet.toast(words("The folder is watched now"))
            case "unwatch" if app.watch is not None:
                await app.act(watched.turn_off, sheet.customer_id)
                app.watch.now()
                sheet.toast(words("The folder is watched no more. What is in it stays."))
            case _:
                return False
    except MobilityError as error:
        sheet.fail(error)
        return False
    return True


def _pin(store: Store, customer_id: str, now: int) -> None:
    with store.transaction() as session:
        pins.pin(session, customer_id, now)
    store.tell(Touched(frozenset({customer_id}), frozenset(), ASKED))


def _unpin(store: Store, customer_id: str) -> None:
    with store.transaction() as session:
        pins.unpin(session, customer_id)


def cards(sheet: Sheet, model: FileList) -> list[Html | None]:
    """Both cards; the folder's only where this device can watch and the person may add files."""
    state = sheet.app.watch.state(sheet.customer_id) if sheet.app.watch is not None else None
    may_watch = sheet.app.watch is not None and sheet.may("file", "create")
    return [_here(sheet.words, model), _folder(sheet.words, model, state) if may_watch else None]


def _here(words: Words, model: FileList) -> Html:
    places = {"here": words.bytes(model.here_bytes), "all": words.bytes(model.size_bytes)}
    size = h("p", words("{here} of {all}", **places), class_="fb-strong fb-num") if model.known else None
    percent = round(100 * model.here_bytes / model.size_bytes) if model.size_bytes else 0
    bar = lists.progress(percent, words("Files on this device")) if model.known else None
    press = _switch(words("Always keep on this device"), "unpin" if model.pinned else "pin", "pin", on=model.pinned)
    text = (
        words("Every file of this customer comes to this device.")
        if model.pinned
        else words("Files come to this device when you open them.")
    )
    return lists.card(words("On this device"), size, bar, h("p", text, class_="fb-meta"), press, id="fb-files-here")


def _switch(text: str, name: str, symbol: str, *, on: bool) -> Html:
    """A button that stays pressed."""
    return h(
        "button", icon("check" if on else symbol), h("span", text), type="button", data_act=name,
        aria_pressed=str(on).lower(), class_="fb-btn fb-switch", id=f"fb-switch-{symbol}",
    )  # fmt: skip


def _folder(words: Words, model: FileList, state: FolderState | None) -> Html:
    title, id_ = words("Watched folder"), "fb-files-folder"
    if not model.folder:
        text = words(
            "What you put into a folder of this device is attached to the customer. The folder is not encrypted."
        )
        press = _switch(words("Watch the folder"), "watch", "folder", on=False)
        return lists.card(title, h("p", text, class_="fb-meta"), press, id=id_)
    folder = Path(model.folder)
    path = h("div", h("code", model.folder, class_="fb-path"),
             lists.icon_button("copy", words("Copy the path"), copy=model.folder), class_="fb-path-line")  # fmt: skip
    text = words("Taken files move to “{folder}” in it. They are not encrypted: delete them when you like.",
                 folder=watched.TAKEN)  # fmt: skip
    press = _switch(words("Watch the folder"), "unwatch", "folder", on=True)
    notes = _notes(words, state) if state is not None and state.folder == folder else None
    return lists.card(title, path, notes, h("p", text, class_="fb-meta"), press, id=id_)


def _notes(words: Words, state: FolderState) -> Html | None:
    """What waits in the folder and what was not taken."""
    shown = []
    for note in state.notes[:NOTES_SHOWN]:
        if not note.name:
            shown.append(h("li", words("This folder is gone. Make it again, or turn it off."), class_="fb-err"))
            continue
        why = words(WHY[note.why]) if note.why in WHY else words(reasons.ACT.get(note.why, reasons.CODE["error"]))
        tone = "fb-meta" if note.why in WAITING or note.why in ("already_there", "not_moved") else "fb-err"
        shown.append(h("li", h("b", note.name), " ", why, class_=tone))
    more = len(state.notes) - NOTES_SHOWN
    if more > 0:
        shown.append(h("li", words.n("{n} more", "{n} more", more), class_="fb-meta"))
    return h("ul", shown, class_="fb-folder-notes") if shown else None
