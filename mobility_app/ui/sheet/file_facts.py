"""What is said of a file: what people call its kind, a line of facts, and how near its expiry is. Pure but for the words."""

from __future__ import annotations

from datetime import date

from mobility_app.store.queries.files import FileRow
from mobility_app.store.transfers import DOWN, UP
from mobility_app.ui import lists, reasons
from mobility_app.ui.markup import Html
from mobility_app.ui.names import N_
from mobility_app.ui.sheet.frame import Sheet
from mobility_app.ui.words import Words

NEAR_DAYS = 30
SUFFIX_LETTERS = 5
PICTURES = ("image/png", "image/jpeg", "image/webp", "image/gif")  # offered; the bytes decide whether one is shown
ANY = N_("File")
MISSING = "bytes_missing"
# kind -> what people call one, and all of them, and the icon
KINDS = {
    "image": (N_("Image"), N_("Images"), "file-image"),
    "pdf": ("PDF", "PDF", "file-text"),
    "document": (N_("Text document"), N_("Text documents"), "file-text"),
    "sheet": (N_("Spreadsheet"), N_("Spreadsheets"), "file"),
    "slides": (N_("Presentation"), N_("Presentations"), "file"),
    "text": (N_("Text"), N_("Texts"), "file-text"),
    "archive": (N_("Archive"), N_("Archives"), "file-archive"),
    "audio": (N_("Audio"), N_("Audio"), "file"),
    "video": (N_("Video"), N_("Videos"), "file"),
    "other": (ANY, N_("Others"), "file"),
}


def kind_of(words: Words, row: FileRow) -> str:
    """What people call it: "Image", "PDF", "Spreadsheet"; else its suffix."""
    if row.kind != "other":
        return words(KINDS[row.kind][0])
    _, dot, suffix = row.name.rpartition(".")
    known = dot and suffix.isascii() and suffix.isalnum() and len(suffix) <= SUFFIX_LETTERS
    return suffix.upper() if known else words(ANY)


def line(sheet: Sheet, row: FileRow) -> str:
    """Kind, size, day, by whom, label, in one line."""
    words = sheet.words
    when = words.date(row.at).replace(" ", "\u00a0") if row.at is not None else ""
    until = words("expires on {date}", date=words.date(row.expires_on)) if _days(sheet, row) > NEAR_DAYS else ""
    parts = (kind_of(words, row), words.bytes(row.size_bytes), when, row.by, row.label, until)
    return " · ".join(filter(None, parts))


def travel(sheet: Sheet, row: FileRow) -> Html | None:
    """A chip that says where the bytes are, where they are not simply here and at the office."""
    words, going = sheet.words, row.travel
    if going.problem and going.problem != MISSING:
        why = words(reasons.TRAVEL.get(going.problem, reasons.TRAVEL["failed"]))
        text = words("Not sent: {cause}", cause=why) if going.way == UP else words("Not fetched: {cause}", cause=why)
        return lists.chip(text, "warn", "triangle-alert", small=True)
    if going.way == UP:
        sending = words("Sending, {percent} %", percent=going.percent)
        return lists.chip(sending if going.moving else words("Waits to be sent"), symbol="cloud-upload", small=True)
    if row.here:
        return None
    if going.way == DOWN and going.moving:
        text = words("Fetching, {percent} %", percent=going.percent)
        return lists.chip(text, "accent", "arrow-down", small=True)
    if going.way == DOWN and going.problem == MISSING:
        text = words("Comes when the device that holds it has sent it")
        return lists.chip(text, symbol="cloud-off", small=True)
    if going.way == DOWN:
        return lists.chip(words("Comes when the office can be reached"), symbol="arrow-down", small=True)
    return lists.chip(words("Not on this device"), symbol="cloud-off", small=True)


def expiry(sheet: Sheet, row: FileRow) -> Html | None:
    """A chip where the file expires within NEAR_DAYS or has expired."""
    words, days = sheet.words, _days(sheet, row)
    if not row.expires_on or days > NEAR_DAYS:
        return None
    if days < 0:
        text = words("Expired on {date}", date=words.date(row.expires_on))
        return lists.chip(text, "bad", "calendar-clock", small=True)
    if days == 0:
        return lists.chip(words("Expires today"), "warn", "calendar-clock", small=True)
    text = words.n("Expires in {n} day", "Expires in {n} days", days)
    return lists.chip(text, "warn", "calendar-clock", small=True)


def _days(sheet: Sheet, row: FileRow) -> int:
    """Days from today until it expires; 0 for a file that never does."""
    return (date.fromisoformat(row.expires_on) - sheet.app.today()).days if row.expires_on else 0
