"""Keys of a device: one random master key in a key file, wrapped once for each way in.

The passphrase slot wraps the master key with ChaCha20-Poly1305 under a key that Argon2id (scrypt where it is missing)
makes from the passphrase; version, key id and all that stands in the slot are its associated data. Slots of other types
are kept untouched. A damaged or older copy of the file is rewritten from the one that opened. Changing the passphrase
rewraps and touches no data. Nothing is promised about memory: Python keeps copies.

The file's form and bounds are in `key_file.py`, the choice of passphrases in `passphrase.py`, the count of wrong ones
in `attempts.py`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from mobility_app.errors import DiskFull, InvalidValue, KeyFileDamaged, WrongPassphrase
from mobility_app.store import key_file
from mobility_app.store.disk import replace_file as replace_file
from mobility_app.store.disk import sync_folder as sync_folder
from mobility_app.store.key_file import NAMES, VERSION, Document
from mobility_app.store.passphrase import chosen, normalised
from mobility_app.store.passphrase import suggest_passphrase as suggest_passphrase

_AD = b"mobility/kek/v1"

Random = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Keys:
    """What an unlocked vault gives: the raw key of the database, and the key that those of attachments come from."""

    database: bytes
    files: bytes

    def __repr__(self) -> str:
        return "Keys(...)"  # never in a log


@dataclass(frozen=True, slots=True)
class Argon2:
    """Cost of Argon2id. The defaults are RFC 9106's low-memory choice: 64 MiB, measured 0.14-0.25 s on two cores."""

    memory_kib: int = 64 * 1024
    passes: int = 3
    lanes: int = 4

    def params(self) -> Document:
        """As the slot keeps it."""
        return {"name": "argon2id", "memory_kib": self.memory_kib, "passes": self.passes, "lanes": self.lanes}


_SCRYPT: Document = {"name": "scrypt", "n": 2**17, "r": 8, "p": 1}


def exists(folder: Path) -> bool:
    """Whether the folder holds a key file or its copy, whole or not."""
    return any((folder / name).exists() for name in NAMES)


def create(folder: Path, passphrase: str, *, random: Random = os.urandom, cost: Argon2 | None = None) -> Keys:
    """A new master key behind this passphrase, 8 to 1,024 characters.

    Raises InvalidValue (vault.passphrase too_short, too_long, bad_characters; vault.folder in_use), DiskFull; then
    nothing was written. `random(n)` gives n unpredictable bytes.
    """
    if exists(folder):  # overwriting it would make all data of this folder unreadable for ever
        raise InvalidValue("vault", "folder", "in_use")
    letters = chosen(passphrase)
    master, key_id = random(32), random(16).hex()
    document: Document = {"version": VERSION, "key_id": key_id, "slots": []}
    document["slots"].append(_slot(document, master, letters, random, cost or Argon2()))
    try:
        key_file.write(folder, document)
    except BaseException:
        for name in NAMES:
            (folder / name).unlink(missing_ok=True)
        raise
    return _keys(master)


def unlock(folder: Path, passphrase: str) -> Keys:
    """The keys. A damaged or older copy is rewritten from the one that opened.

    Raises WrongPassphrase, KeyFileDamaged (also where there is no key file), StoreTooNew.
    """
    return _keys(_open(folder, passphrase)[1])


def change_passphrase(
    folder: Path, old: str, new: str, *, random: Random = os.urandom, cost: Argon2 | None = None
) -> None:
    """Rewraps the master key under a new passphrase.

    Raises what `unlock` and `create` do; then the old passphrase still opens. A crash leaves one of the two in force.
    """
    letters = chosen(new)
    document, master = _open(folder, old)
    others = [slot for slot in document["slots"] if slot["type"] != "passphrase"]
    key_file.write(folder, {**document, "slots": [_slot(document, master, letters, random, cost or Argon2()), *others]})


def _open(folder: Path, passphrase: str) -> tuple[Document, bytes]:
    """(document, master key) of the first copy that this passphrase opens."""
    copies = [key_file.read(folder / name) for name in NAMES]
    whole = [document for place, document in enumerate(copies) if document and document not in copies[:place]]
    if not whole:
        raise KeyFileDamaged("neither copy of the key file can be read whole")
    letters = normalised(passphrase)
    if letters is None:
        raise WrongPassphrase("no passphrase is like this")
    for document in whole:
        master = _unwrap(document, letters)
        if master is not None:
            if copies != [document] * len(NAMES):
                with suppress(OSError, DiskFull):  # opening does not depend on it
                    key_file.write(folder, document)
            return document, master
    raise WrongPassphrase("the passphrase opens no slot")


def _slot(document: Document, master: bytes, letters: bytes, random: Random, cost: Argon2) -> Document:
    salt, nonce = random(16).hex(), random(12)
    slot: Document = {"type": "passphrase", "kdf": {**cost.params(), "salt": salt}, "nonce": nonce.hex()}
    try:
        kek = _derive(slot["kdf"], letters)
    except UnsupportedAlgorithm:  # an OpenSSL built without Argon2
        slot["kdf"] = {**_SCRYPT, "salt": salt}
        kek = _derive(slot["kdf"], letters)
    return {**slot, "wrapped": ChaCha20Poly1305(kek).encrypt(nonce, master, _header(document, slot)).hex()}


def _unwrap(document: Document, letters: bytes) -> bytes | None:
    """The master key, or None where the passphrase opens no slot."""
    for slot in document["slots"]:
        if slot["type"] == "passphrase":
            nonce, wrapped = bytes.fromhex(slot["nonce"]), bytes.fromhex(slot["wrapped"])
            try:
                return ChaCha20Poly1305(_derive(slot["kdf"], letters)).decrypt(nonce, wrapped, _header(document, slot))
            except InvalidTag:
                continue
    return None


def _header(document: Document, slot: Document) -> bytes:
    """Associated data of a slot: all that stands around the wrapped key."""
    bare = {name: value for name, value in slot.items() if name != "wrapped"}
    return key_file.canonical({"version": document["version"], "key_id": document["key_id"], "slot": bare})


def _derive(kdf: Document, letters: bytes) -> bytes:
    salt = bytes.fromhex(kdf["salt"])
    if kdf["name"] == "scrypt":
        return Scrypt(salt=salt, length=32, n=kdf["n"], r=kdf["r"], p=kdf["p"]).derive(letters)
    return Argon2id(
        salt=salt, length=32, iterations=kdf["passes"], lanes=kdf["lanes"], memory_cost=kdf["memory_kib"], ad=_AD
    ).derive(letters)


def _keys(master: bytes) -> Keys:
    def key(label: bytes) -> bytes:
        return HKDFExpand(SHA256(), 32, label).derive(master)

    return Keys(key(b"mobility/db/v1"), key(b"mobility/files/v1"))
