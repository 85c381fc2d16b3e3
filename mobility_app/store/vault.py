"""Keys of a device: one random master key in a key file, wrapped for each way in (security.md 2.1, 2.2).

`keys.json` and its copy hold version, parameters and slots. The passphrase slot wraps the master key with
ChaCha20-Poly1305 under Argon2id, the header as associated data. What is read is bounded before any key is derived.
Changing the passphrase rewrites the slot alone. Nothing is promised about memory: Python keeps copies.
"""

from __future__ import annotations

import json
import os
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from mobility_app.errors import DiskFull, InvalidValue, KeyFileDamaged, WrongPassphrase

VERSION = 1
NAMES = ("keys.json", "keys.copy.json")
SIZE_MAX_BYTES = 64 * 1024
PASSPHRASE_MIN, PASSPHRASE_MAX = 8, 1024  # letters; bytes
ARGON2 = {"kdf": "argon2id", "memory_kib": 65536, "passes": 3, "lanes": 4}  # RFC 9106, low memory
SCRYPT = {"kdf": "scrypt", "n": 2**17, "r": 8, "p": 1}
_BOUNDS = {"memory_kib": 2**20, "passes": 16, "lanes": 8, "n": 2**20, "r": 16, "p": 8}

Random = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Keys:
    """What an unlocked vault gives: the raw key of the database and the key that file keys are made from."""

    database: bytes
    files: bytes


def exists(folder: Path) -> bool:
    """Whether the folder holds a key file or its copy."""
    return any((folder / name).exists() for name in NAMES)


def create(folder: Path, passphrase: str, *, random: Random = os.urandom) -> Keys:
    """A new master key behind this passphrase. Raises InvalidValue (too short, too long), DiskFull."""
    letters = unicodedata.normalize("NFC", passphrase)
    if len(letters) < PASSPHRASE_MIN:
        raise InvalidValue("vault", "passphrase", "too_short", least=PASSPHRASE_MIN)
    if len(letters.encode()) > PASSPHRASE_MAX:
        raise InvalidValue("vault", "passphrase", "too_long")
    assert not exists(folder), "the folder holds a vault already"
    master = random(32)
    _write(folder, _document(master, letters, random))
    return _keys(master)


def unlock(folder: Path, passphrase: str) -> Keys:
    """The keys. Raises WrongPassphrase, KeyFileDamaged. A damaged file is replaced by its good copy."""
    return _keys(_master(folder, passphrase))


def change_passphrase(folder: Path, old: str, new: str, *, random: Random = os.urandom) -> None:
    """Rewraps the master key. Raises WrongPassphrase, InvalidValue."""
    master = _master(folder, old)
    letters = unicodedata.normalize("NFC", new)
    if len(letters) < PASSPHRASE_MIN:
        raise InvalidValue("vault", "passphrase", "too_short", least=PASSPHRASE_MIN)
    _write(folder, _document(master, letters, random))


def _master(folder: Path, passphrase: str) -> bytes:
    letters = unicodedata.normalize("NFC", passphrase)
    whole = [(name, document) for name in NAMES if (document := _read(folder / name)) is not None]
    if not whole:
        raise KeyFileDamaged("neither copy of the key file can be read")
    for name, document in whole:
        try:
            master = _unwrap(document, letters)
        except InvalidTag:
            continue
        if len(whole) < len(NAMES) or name != NAMES[0]:
            _write(folder, document)
        return master
    raise WrongPassphrase("the passphrase opens no slot")


def _document(master: bytes, letters: str, random: Random) -> dict[str, object]:
    header: dict[str, object] = {"version": VERSION, "slot": "passphrase", "salt": random(16).hex(), **ARGON2}
    try:
        kek = _derive(header, letters)
    except UnsupportedAlgorithm:
        header = {"version": VERSION, "slot": "passphrase", "salt": header["salt"], **SCRYPT}
        kek = _derive(header, letters)
    nonce = random(12)
    wrapped = ChaCha20Poly1305(kek).encrypt(nonce, master, _canonical(header))
    return {**header, "nonce": nonce.hex(), "wrapped": wrapped.hex(), "check": _check(header, nonce, wrapped)}


def _unwrap(document: dict[str, object], letters: str) -> bytes:
    header = {name: value for name, value in document.items() if name not in ("nonce", "wrapped", "check")}
    kek = _derive(header, letters)
    nonce, wrapped = bytes.fromhex(str(document["nonce"])), bytes.fromhex(str(document["wrapped"]))
    return ChaCha20Poly1305(kek).decrypt(nonce, wrapped, _canonical(header))


def _derive(header: dict[str, object], letters: str) -> bytes:
    salt = bytes.fromhex(str(header["salt"]))
    number = {name: value for name, value in header.items() if isinstance(value, int)}
    if header["kdf"] == "argon2id":
        return Argon2id(
            salt=salt, length=32, iterations=number["passes"], lanes=number["lanes"],
            memory_cost=number["memory_kib"], ad=b"mobility/kek/v1",
        ).derive(letters.encode())  # fmt: skip
    return Scrypt(salt=salt, length=32, n=number["n"], r=number["r"], p=number["p"]).derive(letters.encode())


def _read(path: Path) -> dict[str, object] | None:
    """The document of one copy, whole and within bounds, or None."""
    try:
        if path.stat().st_size > SIZE_MAX_BYTES:
            return None
        document = json.loads(path.read_bytes())
        if document["version"] != VERSION or document["kdf"] not in ("argon2id", "scrypt"):
            return None
        if any(not isinstance(document.get(n, 1), int) or not 1 <= document.get(n, 1) <= m for n, m in _BOUNDS.items()):
            return None
        header = {name: value for name, value in document.items() if name not in ("nonce", "wrapped", "check")}
        nonce, wrapped = bytes.fromhex(document["nonce"]), bytes.fromhex(document["wrapped"])
        sound = len(nonce) == 12 and len(wrapped) == 48 and len(bytes.fromhex(header["salt"])) == 16
        whole: bool = sound and document["check"] == _check(header, nonce, wrapped)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return document if whole else None


def _check(header: dict[str, object], nonce: bytes, wrapped: bytes) -> str:
    """Tells a damaged copy from a wrong passphrase before the costly derivation; it protects nothing."""
    return HKDFExpand(SHA256(), 8, b"mobility/keyfile/v1").derive(_canonical(header) + nonce + wrapped).hex()


def _canonical(header: dict[str, object]) -> bytes:
    return json.dumps(header, sort_keys=True, separators=(",", ":")).encode()


def _write(folder: Path, document: dict[str, object]) -> None:
    for name in NAMES:
        replace_file(folder / name, json.dumps(document, sort_keys=True).encode())


def replace_file(path: Path, content: bytes) -> None:
    """Writes a file so that a crash leaves the old one or the new one, whole: temporary, fsync, rename, fsync."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.new")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise DiskFull("no room left on the disk") from error


def sync_folder(folder: Path) -> None:
    """Makes a rename durable, where the system can (Windows can't open folders)."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _keys(master: bytes) -> Keys:
    def key(label: bytes) -> bytes:
        return HKDFExpand(SHA256(), 32, label).derive(master)

    return Keys(key(b"mobility/db/v1"), key(b"mobility/files/v1"))
