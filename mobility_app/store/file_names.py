"""Names of files as people see them, and as disks take them. What a name says about its content is never believed."""

from __future__ import annotations

import re
import unicodedata

NAME_MAX_BYTES = 255
FALLBACK = "file"

_SUFFIX_MAX_BYTES = 32
_HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}  # controls, bidi and zero-width signs, half characters, line breaks
_JOINERS = "\u200c\u200d"  # zero-width too, but words of some scripts and many emoji need them
_DRIVES = re.compile(r"^([A-Za-z]:\s*)+")
_EDGES = re.compile(r"^[\s.]+|[\s.]+$")
_REFUSED_BY_DISKS = re.compile(r'[<>:"/\\|?*]')
_DEVICES = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])", re.IGNORECASE)


def safe_name(name: str) -> str:
    """A label for a file: the last part of what was given, without what hides, redirects or harms; at most 255 bytes.

    It keeps signs such as `<` or `:` that are harmless as text and that some disks take. Never empty.
    """
    shown = "".join(letter for letter in name if letter in _JOINERS or unicodedata.category(letter) not in _HIDDEN)
    last = _EDGES.sub("", unicodedata.normalize("NFC", shown).replace("\\", "/").rstrip("/ ").split("/")[-1])
    label = _EDGES.sub("", _DRIVES.sub("", last))
    if not label.strip(_JOINERS):
        return FALLBACK
    return _cut(f"_{label}" if _is_device(label) else label)


def disk_name(name: str) -> str:
    """The name under which any disk takes the file: `safe_name` with `_` for signs that Windows refuses."""
    return _REFUSED_BY_DISKS.sub("_", safe_name(name))


def _is_device(name: str) -> bool:
    return _DEVICES.fullmatch(name.split(".")[0].strip()) is not None


def _cut(name: str) -> str:
    """At most 255 bytes: letters are taken from the end of the stem, a short suffix stays."""
    raw = name.encode()
    if len(raw) <= NAME_MAX_BYTES:
        return name
    stem, dot, suffix = name.rpartition(".")
    tail = (dot + suffix).encode() if stem and len(suffix.encode()) < _SUFFIX_MAX_BYTES else b""
    kept = raw[: NAME_MAX_BYTES - len(tail)].decode(errors="ignore")
    return _EDGES.sub("", kept) + tail.decode()
