"""The key file's form: two copies of one JSON document, read with suspicion and written whole.

A document is {version, key_id, slots, checksum}. The checksum only tells a damaged copy from a wrong passphrase, before
any key is derived; it protects nothing. Numbers that steer a key derivation are bounded here, so an edited file can't
eat memory or time. No key is made here: that is `vault.py`.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from mobility_app.errors import StoreTooNew
from mobility_app.store.disk import put_in_place, stage, staged_at

VERSION = 1
NAMES = ("keys.json", "keys.copy.json")

_SIZE_MAX_BYTES = 64 * 1024
_SLOTS_MAX = 16
# Most of each number, and of what they multiply to: 1 GiB of memory, 4 GiB written in all.
_BOUNDS: dict[str, dict[str, int]] = {
    "argon2id": {"memory_kib": 2**20, "passes": 16, "lanes": 8},
    "scrypt": {"n": 2**20, "r": 8, "p": 4},
}
_WORK_MAX_KIB = 2**22

Document = dict[str, Any]


def read(path: Path) -> Document | None:
    """The document of one copy, whole and within bounds, or None."""
    try:
        with path.open("rb") as file:
            raw = file.read(_SIZE_MAX_BYTES + 1)
        document = json.loads(raw, object_pairs_hook=_once) if len(raw) <= _SIZE_MAX_BYTES else None
        if not isinstance(document, dict) or document.pop("checksum") != _checksum(document):
            return None
        if type(document["version"]) is int and document["version"] > VERSION:
            raise StoreTooNew("the key file is of a newer version of the program")
        return document if document["version"] == VERSION and _sound(document) else None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def _sound(document: Document) -> bool:
    """Whether every slot that we open has the right lengths and costs no more than it may. Raises on other shapes."""
    slots = document["slots"]
    if len(bytes.fromhex(document["key_id"])) != 16 or not 1 <= len(slots) <= _SLOTS_MAX:
        return False
    ours = [slot for slot in slots if slot["type"] == "passphrase"]
    return 1 <= len(ours) <= 2 and all(_slot_sound(slot) for slot in ours)


def _slot_sound(slot: Document) -> bool:
    kdf = slot["kdf"]
    lengths = [len(bytes.fromhex(text)) for text in (kdf["salt"], slot["nonce"], slot["wrapped"])]
    cost: dict[str, int] = {name: kdf[name] for name in _BOUNDS[kdf["name"]]}
    bounded = all(type(cost[name]) is int and 1 <= cost[name] <= most for name, most in _BOUNDS[kdf["name"]].items())
    if lengths != [16, 12, 48] or not bounded:
        return False
    if kdf["name"] == "scrypt":
        work_kib, fits = cost["n"] * cost["r"] * cost["p"] // 8, cost["n"].bit_count() == 1 and cost["n"] > 1
    else:
        work_kib, fits = cost["memory_kib"] * cost["passes"], cost["memory_kib"] >= 8 * cost["lanes"]
    return fits and work_kib <= _WORK_MAX_KIB


def _once(pairs: list[tuple[str, Any]]) -> Document:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def write(folder: Path, document: Document) -> None:
    """Both copies: staged first, so that a full disk changes neither."""
    content = json.dumps({**document, "checksum": _checksum(document)}, sort_keys=True, indent=1).encode()
    paths = [folder / name for name in NAMES]
    try:
        for aside, path in [(stage(path, content), path) for path in paths]:
            put_in_place(aside, path)
    except BaseException:
        for path in paths:
            with suppress(OSError):
                staged_at(path).unlink(missing_ok=True)
        raise


def _checksum(document: Document) -> str:
    return hashlib.sha256(canonical(document)).hexdigest()


def canonical(document: Document) -> bytes:
    """The one byte form of a document: what is hashed and authenticated."""
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
