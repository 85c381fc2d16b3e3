"""What people call a file by what it says of itself: image, PDF, spreadsheet. For lists and their filters.

A name or media type is never believed where it matters: what may be shown is decided by the bytes (`ui/previews.py`).
"""

from __future__ import annotations

KINDS = ("image", "pdf", "document", "sheet", "slides", "text", "archive", "audio", "video", "other")

_BY_TYPE = {
    "application/pdf": "pdf",
    "application/msword": "document",
    "application/rtf": "document",
    "application/vnd.oasis.opendocument.text": "document",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "document",
    "application/vnd.ms-excel": "sheet",
    "application/vnd.oasis.opendocument.spreadsheet": "sheet",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "sheet",
    "text/csv": "sheet",
    "application/vnd.ms-powerpoint": "slides",
    "application/vnd.oasis.opendocument.presentation": "slides",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "slides",
    "application/zip": "archive",
    "application/x-zip-compressed": "archive",
    "application/x-7z-compressed": "archive",
    "application/vnd.rar": "archive",
    "application/gzip": "archive",
    "application/x-tar": "archive",
}
_BY_FAMILY = {"image": "image", "text": "text", "audio": "audio", "video": "video"}


def kind_of(media_type: str) -> str:
    """One of KINDS."""
    told = media_type.strip().lower()
    return _BY_TYPE.get(told) or _BY_FAMILY.get(told.partition("/")[0], "other")
