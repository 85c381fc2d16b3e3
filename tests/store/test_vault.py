"""The key file: opened by the right passphrase alone, whole after damage, crashes and full disks, byte for byte its form."""

from __future__ import annotations

import errno
import json
import os
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from mobility_app.errors import DiskFull, InvalidValue, KeyFileDamaged, StoreTooNew, WrongPassphrase
from mobility_app.store import key_file, vault
from mobility_app.store.vault import NAMES, Argon2

PHRASE = "Coração seguro 1"
CHEAP = Argon2(memory_kib=64, passes=1, lanes=1)  # what is tested here is not the cost
DATABASE_KEY = "890301c3b152c81d8f9397a1ff89994496f352f7e0a36bf0bfaa9e6b88aad48f"
FILES_KEY = "c5a282f509b5a83adc12ccef843887e2b3898321ae5fe397ee331125181f528b"

ARGON2_VECTOR = """{
 "checksum": "eba19283e20c4b3e1e120fe46944b879d6ae0ed0074bc0e94084afde5503636c",
 "key_id": "202122232425262728292a2b2c2d2e2f",
 "slots": [
  {
   "kdf": {
    "lanes": 4,
    "memory_kib": 65536,
    "name": "argon2id",
    "passes": 3,
    "salt": "303132333435363738393a3b3c3d3e3f"
   },
   "nonce": "404142434445464748494a4b",
   "type": "passphrase",
   "wrapped": "c7e43e092b395976dfc27e3fdcb3e0e90868622e46da2aa6a8f262cf786c6fbc3e069960d72633f010ee546dec5d5012"
  }
 ],
 "version": 1
}"""
SCRYPT_VECTOR = """{
 "checksum": "946ec03aabb33ec73cab129fd3584ac6638ba61219715bb1750ec5e79826c6df",
 "key_id": "202122232425262728292a2b2c2d2e2f",
 "slots": [
  {
   "kdf": {
    "n": 131072,
    "name": "scrypt",
    "p": 1,
    "r": 8,
    "salt": "303132333435363738393a3b3c3d3e3f"
   },
   "nonce": "404142434445464748494a4b",
   "type": "passphrase",
   "wrapped": "40276b8ba917fc26e9589e89f7e2f66a53e3b76888ac539c8277eb808089e88ff906f0416ea5d77fff9b0f460b7b736a"
  }
 ],
 "version": 1
}"""


def counting() -> Callable[[int], bytes]:
    """A source of bytes 00 01 02 ...: every value of a new key file is known."""
    numbers = count()
    return lambda size: bytes(next(numbers) % 256 for _ in range(size))


def cheap(folder: Path) -> vault.Keys:
    return vault.create(folder, PHRASE, random=counting(), cost=CHEAP)


def put(folder: Path, name: str, change: Callable[[dict[str, Any]], None]) -> None:
    """Edits a copy as an attacker would: with a fitting checksum."""
    document = json.loads((folder / name).read_text())
    del document["checksum"]
    change(document)
    document["checksum"] = key_file._checksum(document)
    (folder / name).write_text(json.dumps(document))


def test_a_new_key_file_is_byte_for_byte_the_written_down_one(tmp_path: Path) -> None:
    keys = vault.create(tmp_path, PHRASE, random=counting())
    assert {(tmp_path / name).read_text() for name in NAMES} == {ARGON2_VECTOR}
    assert (keys.database.hex(), keys.files.hex()) == (DATABASE_KEY, FILES_KEY)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(NAMES)


@pytest.mark.parametrize("vector", [ARGON2_VECTOR, SCRYPT_VECTOR], ids=["argon2id", "scrypt"])
def test_a_written_down_key_file_opens(tmp_path: Path, vector: str) -> None:
    (tmp_path / NAMES[0]).write_text(vector)
    keys = vault.unlock(tmp_path, PHRASE)
    assert (keys.database.hex(), keys.files.hex()) == (DATABASE_KEY, FILES_KEY)


def test_the_form_is_what_its_description_says() -> None:
    document = json.loads(ARGON2_VECTOR)
    slot, kdf = document["slots"][0], document["slots"][0]["kdf"]
    around = {"key_id": document["key_id"], "slot": {**slot}, "version": 1}
    wrapped = bytes.fromhex(around["slot"].pop("wrapped"))
    header = json.dumps(around, sort_keys=True, separators=(",", ":")).encode()
    kek = Argon2id(
        salt=bytes.fromhex(kdf["salt"]), length=32, iterations=3, lanes=4, memory_cost=65536, ad=b"mobility/kek/v1"
    ).derive(PHRASE.encode())
    master = ChaCha20Poly1305(kek).decrypt(bytes.fromhex(slot["nonce"]), wrapped, header)
    assert master == bytes(range(32))
    assert HKDFExpand(SHA256(), 32, b"mobility/db/v1").derive(master).hex() == DATABASE_KEY
    assert HKDFExpand(SHA256(), 32, b"mobility/files/v1").derive(master).hex() == FILES_KEY


def test_where_openssl_has_no_argon2_scrypt_takes_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(**_: object) -> None:
        raise UnsupportedAlgorithm("Argon2id")

    monkeypatch.setattr(vault, "Argon2id", missing)
    vault.create(tmp_path, PHRASE, random=counting())
    assert (tmp_path / NAMES[1]).read_text() == SCRYPT_VECTOR
    assert vault.unlock(tmp_path, PHRASE).database.hex() == DATABASE_KEY


def test_keys_of_two_devices_have_nothing_in_common_and_never_show_in_a_log(tmp_path: Path) -> None:
    one = vault.create(tmp_path / "a", PHRASE, cost=CHEAP)
    two = vault.create(tmp_path / "b", PHRASE, cost=CHEAP)
    assert len({one.database, one.files, two.database, two.files}) == 4
    assert {len(key) for key in (one.database, one.files)} == {32}
    assert one.database.hex() not in repr(one)
    assert repr(one.database) not in repr(one)


def test_only_its_passphrase_opens_a_vault(tmp_path: Path) -> None:
    keys = cheap(tmp_path)
    assert vault.unlock(tmp_path, PHRASE) == keys
    for wrong in ("", "coração seguro 1", PHRASE + " ", PHRASE[:-1], "x" * 100_000, "\ud800" * 10):
        with pytest.raises(WrongPassphrase):
            vault.unlock(tmp_path, wrong)


def test_accents_typed_on_another_system_are_the_same_passphrase(tmp_path: Path) -> None:
    keys = cheap(tmp_path)
    assert vault.unlock(tmp_path, "Corac\u0327a\u0303o seguro 1") == keys


@pytest.mark.parametrize(
    ("phrase", "reason"),
    [
        ("", "too_short"),
        ("1234567", "too_short"),
        ("e\u0301" * 7, "too_short"),
        ("x" * 1025, "too_long"),
        ("x" * 5000, "too_long"),
        ("good start \udfff", "bad_characters"),
    ],
)
def test_a_passphrase_out_of_bounds_is_refused_and_nothing_is_written(tmp_path: Path, phrase: str, reason: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        vault.create(tmp_path, phrase, cost=CHEAP)
    assert (refused.value.field, refused.value.reason) == ("passphrase", reason)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("phrase", ["12345678", "é" * 8, "x" * 1024, "parágrafo com espaços"])
def test_a_passphrase_at_the_bounds_is_taken(tmp_path: Path, phrase: str) -> None:
    keys = vault.create(tmp_path, phrase, cost=CHEAP)
    assert vault.unlock(tmp_path, phrase) == keys


def test_a_vault_is_never_made_over_another(tmp_path: Path) -> None:
    keys = cheap(tmp_path)
    (tmp_path / NAMES[0]).unlink()  # even when only the copy is left
    with pytest.raises(InvalidValue, match="in_use"):
        vault.create(tmp_path, "another passphrase", cost=CHEAP)
    assert vault.unlock(tmp_path, PHRASE) == keys


def test_a_changed_passphrase_keeps_the_keys_and_shuts_the_old_one_out(tmp_path: Path) -> None:
    keys = cheap(tmp_path)
    vault.change_passphrase(tmp_path, PHRASE, "outra frase longa", cost=CHEAP)
    assert vault.unlock(tmp_path, "outra frase longa") == keys
    with pytest.raises(WrongPassphrase):
        vault.unlock(tmp_path, PHRASE)
    with pytest.raises(WrongPassphrase):
        vault.change_passphrase(tmp_path, PHRASE, "third passphrase", cost=CHEAP)
    with pytest.raises(InvalidValue):
        vault.change_passphrase(tmp_path, "outra frase longa", "short", cost=CHEAP)
    assert vault.unlock(tmp_path, "outra frase longa") == keys


def test_a_copy_left_with_the_old_passphrase_is_brought_up_to_date_at_the_next_unlock(tmp_path: Path) -> None:
    keys = cheap(tmp_path)
    old = (tmp_path / NAMES[1]).read_bytes()
    vault.change_passphrase(tmp_path, PHRASE, "outra frase longa", cost=CHEAP)
    (tmp_path / NAMES[1]).write_bytes(old)  # the power went between the two renames
    assert vault.unlock(tmp_path, "outra frase longa") == keys
    with pytest.raises(WrongPassphrase):
        vault.unlock(tmp_path, PHRASE)


def test_slots_of_other_kinds_outlive_a_change_of_passphrase(tmp_path: Path) -> None:
    cheap(tmp_path)
    for name in NAMES:
        put(tmp_path, name, lambda document: document["slots"].append({"type": "escrow", "sealed": "00ff"}))
    vault.change_passphrase(tmp_path, PHRASE, "outra frase longa", cost=CHEAP)
    assert {"type": "escrow", "sealed": "00ff"} in json.loads((tmp_path / NAMES[0]).read_text())["slots"]


@pytest.mark.parametrize("name", NAMES)
def test_every_flipped_byte_of_a_copy_is_found_and_repaired_from_the_other(tmp_path: Path, name: str) -> None:
    keys = cheap(tmp_path)
    good = (tmp_path / name).read_bytes()
    for place in range(len(good)):
        for mask in (0x01, 0x20, 0x80):
            bad = bytearray(good)
            bad[place] ^= mask
            (tmp_path / name).write_bytes(bad)
            if json_or_none(bad) == json.loads(good):
                continue  # one kind of white space for another
            assert key_file.read(tmp_path / name) is None, place
    assert vault.unlock(tmp_path, PHRASE) == keys
    assert (tmp_path / name).read_bytes() == good


@pytest.mark.parametrize("name", NAMES)
def test_a_copy_cut_at_any_byte_is_found_and_repaired_from_the_other(tmp_path: Path, name: str) -> None:
    keys = cheap(tmp_path)
    good = (tmp_path / name).read_bytes()
    for length in range(len(good)):
        (tmp_path / name).write_bytes(good[:length])
        assert key_file.read(tmp_path / name) is None, length
    for rest in (b"", b"\x00" * 900, good + good, b"[" * 60_000, b'{"version":' + b"9" * 5000, b"\xff\xfe", b"null"):
        (tmp_path / name).write_bytes(rest)
        assert vault.unlock(tmp_path, PHRASE) == keys
        assert (tmp_path / name).read_bytes() == good
    (tmp_path / name).unlink()
    assert vault.unlock(tmp_path, PHRASE) == keys
    assert (tmp_path / name).read_bytes() == good


def test_two_damaged_copies_are_told_from_a_wrong_passphrase(tmp_path: Path) -> None:
    cheap(tmp_path)
    with pytest.raises(KeyFileDamaged):
        vault.unlock(tmp_path / "nowhere", PHRASE)
    for name in NAMES:
        (tmp_path / name).write_bytes((tmp_path / name).read_bytes()[:-9])
    with pytest.raises(KeyFileDamaged):
        vault.unlock(tmp_path, PHRASE)


def set_kdf(document: dict[str, Any], **values: object) -> None:
    document["slots"][0]["kdf"].update(values)


HOSTILE: dict[str, Callable[[dict[str, Any]], None]] = {
    "memory bomb": lambda d: set_kdf(d, memory_kib=2**30),
    "memory and passes together": lambda d: set_kdf(d, memory_kib=2**20, passes=16),
    "endless passes": lambda d: set_kdf(d, passes=2**31),
    "many lanes": lambda d: set_kdf(d, lanes=255),
    "no memory": lambda d: set_kdf(d, memory_kib=0),
    "negative": lambda d: set_kdf(d, passes=-1),
    "a flag for a number": lambda d: set_kdf(d, passes=True),
    "a fraction": lambda d: set_kdf(d, passes=1.5),
    "a text": lambda d: set_kdf(d, passes="3"),
    "nothing": lambda d: set_kdf(d, passes=None),
    "unknown derivation": lambda d: set_kdf(d, name="md5"),
    "a list for a name": lambda d: set_kdf(d, name=["argon2id"]),
    "scrypt bomb": lambda d: set_kdf(d, name="scrypt", n=2**40, r=8, p=1),
    "scrypt bomb by r": lambda d: set_kdf(d, name="scrypt", n=2**20, r=1000, p=1),
    "scrypt no power of two": lambda d: set_kdf(d, name="scrypt", n=2**17 - 1, r=8, p=1),
    "short salt": lambda d: set_kdf(d, salt="00"),
    "salt of no hex": lambda d: set_kdf(d, salt="zz" * 16),
    "short nonce": lambda d: d["slots"][0].update(nonce="00"),
    "long wrapped key": lambda d: d["slots"][0].update(wrapped="00" * 4096),
    "no slot": lambda d: d["slots"].clear(),
    "many slots": lambda d: d["slots"].extend(d["slots"] * 1000),
    "slots of text": lambda d: d.update(slots="passphrase"),
    "slot of text": lambda d: d.update(slots=["passphrase"]),
    "no key id": lambda d: d.pop("key_id"),
    "version zero": lambda d: d.update(version=0),
    "version of text": lambda d: d.update(version="1"),
}


@pytest.mark.parametrize("story", HOSTILE)
def test_hostile_numbers_are_refused_before_any_key_is_derived(tmp_path: Path, story: str) -> None:
    cheap(tmp_path)
    for name in NAMES:
        put(tmp_path, name, HOSTILE[story])
    started = time.process_time()
    with pytest.raises(KeyFileDamaged):
        vault.unlock(tmp_path, PHRASE)
    assert time.process_time() - started < 0.5


@pytest.mark.parametrize("where", ["key_id", "salt", "nonce", "passes"])
def test_what_stands_around_the_wrapped_key_is_sealed_with_it(tmp_path: Path, where: str) -> None:
    cheap(tmp_path)
    edits: dict[str, Callable[[dict[str, Any]], None]] = {
        "key_id": lambda d: d.update(key_id="00" * 16),
        "salt": lambda d: set_kdf(d, salt="00" * 16),
        "nonce": lambda d: d["slots"][0].update(nonce="00" * 12),
        "passes": lambda d: set_kdf(d, passes=2),
    }
    for name in NAMES:
        put(tmp_path, name, edits[where])
    with pytest.raises(WrongPassphrase):
        vault.unlock(tmp_path, PHRASE)


def test_a_name_that_stands_twice_is_damage(tmp_path: Path) -> None:
    cheap(tmp_path)
    for name in NAMES:
        text = (tmp_path / name).read_text()
        (tmp_path / name).write_text(text.replace('"version": 1', '"version": 1, "version": 1'))
    with pytest.raises(KeyFileDamaged):
        vault.unlock(tmp_path, PHRASE)


def test_a_key_file_of_a_newer_program_is_left_alone(tmp_path: Path) -> None:
    cheap(tmp_path)
    put(tmp_path, NAMES[0], lambda document: document.update(version=2, news="x"))
    before = [(tmp_path / name).read_bytes() for name in NAMES]
    with pytest.raises(StoreTooNew):
        vault.unlock(tmp_path, PHRASE)
    assert [(tmp_path / name).read_bytes() for name in NAMES] == before


class Failing:
    """The n-th call of a few system functions fails, as a bad disk would."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, nth: int, code: int) -> None:
        self.left, self.code = nth, code
        for name in ("open", "fsync", "replace"):
            monkeypatch.setattr(os, name, self.wrapped(getattr(os, name)))

    def wrapped(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            self.left -= 1
            if self.left == 0:
                raise OSError(self.code, os.strerror(self.code))
            return real(*args, **kwargs)

        return call


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
def test_whichever_disk_call_fails_while_the_passphrase_changes_one_of_the_two_opens(tmp_path: Path, code: int) -> None:
    for nth in range(1, 40):
        folder = tmp_path / str(nth)
        keys = cheap(folder)
        with pytest.MonkeyPatch.context() as monkeypatch:
            failing = Failing(monkeypatch, nth, code)
            try:
                vault.change_passphrase(folder, PHRASE, "outra frase longa", cost=CHEAP)
                finished = True
            except (DiskFull, OSError):
                finished = False
        opened = [phrase for phrase in (PHRASE, "outra frase longa") if opens(folder, phrase, keys)]
        assert opened, nth
        assert not finished or opened == ["outra frase longa"]
        assert sorted(path.name for path in folder.iterdir()) == sorted(NAMES)
        if failing.left > 0:
            assert finished
            assert nth > 8
            return
    pytest.fail("the sweep never came to its end")


def test_a_vault_that_could_not_be_written_whole_leaves_nothing(tmp_path: Path) -> None:
    for nth in range(1, 40):
        folder = tmp_path / str(nth)
        with pytest.MonkeyPatch.context() as monkeypatch:
            failing = Failing(monkeypatch, nth, errno.ENOSPC)
            try:
                cheap(folder)
            except (DiskFull, OSError):
                assert list(folder.iterdir()) == []
        if failing.left > 0:
            assert nth > 8
            return
    pytest.fail("the sweep never came to its end")


def opens(folder: Path, phrase: str, keys: vault.Keys) -> bool:
    try:
        return vault.unlock(folder, phrase) == keys
    except WrongPassphrase:
        return False


def json_or_none(raw: bytes) -> object:
    try:
        return json.loads(raw)
    except ValueError:
        return None
