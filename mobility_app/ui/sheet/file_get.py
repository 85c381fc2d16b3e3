"""Getting a file that is not on this device: asks, says plainly when the office is out of reach, and puts it in the queue.

Called by the acts of `file_rows.py`. What carries the bytes is `sync/blobs.py`; the row follows it.
"""

from __future__ import annotations

from mobility_app.errors import FileRefused, MobilityError
from mobility_app.store import transfers
from mobility_app.sync.status import OFFLINE, STOPPED
from mobility_app.ui import dialogs
from mobility_app.ui.sheet.frame import Sheet


async def get(sheet: Sheet, file_id: str) -> None:
    """Offers to get the file and, when that is wanted, asks for it."""
    words, app = sheet.words, sheet.app
    row = await app.read(lambda store: store.read("file", file_id))
    if row is None:
        sheet.toast(words("This was deleted meanwhile."))
        return
    name, size = str(row["name"]), words.bytes(int(str(row["size_bytes"] or 0)))
    away = app.status.state in (OFFLINE, STOPPED)
    text = (
        words("{size}. You are offline: it comes as soon as the office can be reached.", size=size)
        if away
        else words("{size}. It comes to this device and stays until room is needed.", size=size)
    )
    press = words("Get when online") if away else words("Get")
    if not await dialogs.confirm(sheet, words("Get {name}", name=name), text, press):
        return
    try:
        await app.act(transfers.ask, file_id)
    except FileRefused:
        return  # it came meanwhile
    except MobilityError as error:
        sheet.fail(error)
        return
    sheet.announce(words("{name} is asked for", name=name))
