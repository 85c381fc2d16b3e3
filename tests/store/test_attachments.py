"""Attaching a file: bytes and record together or neither, and only while nobody edits the sheet."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mobility_app.errors import FileRefused, NotAllowed, NotFound, SheetInEdit, StoreDamaged
from mobility_app.store import drafts
from mobility_app.store.actions.attachments import attach, content, sweep
from mobility_app.store.files import FileVault
from mobility_app.store.store import Store, Touched
from tests.support.fleet import Fleet

PDF = b"%PDF-1.7\n" + b"x" * 200_000


class Desk:
    """One enrolled device with a customer and its vault of attachments."""

    def __init__(self, folder: Path, role: str = "rep") -> None:
        self.fleet = Fleet(folder)
        self.fleet.user("Ana", role)
        self.store: Store = self.fleet.device("ana", "Ana").store
        self.vault = FileVault(folder / "files", bytes(32))
        self.folder = folder / "files"
        if role == "rep":
            with self.store.writing() as tx:
                self.customer = tx.create("customer", {"name": "Óptica Lusitânia"})

    def attach(self, *chunks: bytes, name: str = "nota.pdf", media_type: str = "") -> str:
        return attach(self.store, self.vault, self.customer, name, chunks, media_type)

    def traces(self) -> tuple[int, int, int]:
        """How many file records, blob rows, and files on the disk there are."""
        with self.store.reading() as session:
            blobs = session.value("SELECT count(*) FROM blob")
            return len(session.find("file")), blobs, len(list(self.folder.iterdir()))

    def edit(self, on: bool) -> None:
        with self.store.transaction() as session:
            (drafts.begin_edit(session, self.customer, "tab 1", 1) if on
             else drafts.end_edit(session, self.customer, "tab 1"))  # fmt: skip


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_an_attached_file_has_its_record_and_gives_its_bytes(desk: Desk) -> None:
    heard: list[Touched] = []
    desk.store.listen(heard.append)
    file_id = desk.attach(
        PDF[:1000], PDF[1000:], name="C:\\fotos\\..\\Contrato\u202e final.pdf", media_type="application/pdf"
    )
    row = desk.store.read("file", file_id)
    assert row is not None
    assert (row["customer_id"], row["name"], row["media_type"]) == (
        desk.customer,
        "Contrato final.pdf",
        "application/pdf",
    )
    assert (row["size_bytes"], row["sha256"]) == (len(PDF), hashlib.sha256(PDF).hexdigest())
    found = content(desk.store, desk.vault, file_id)
    assert (found.name, found.media_type, found.size_bytes) == ("Contrato final.pdf", "application/pdf", len(PDF))
    assert b"".join(found.pieces) == PDF
    assert heard == [Touched(frozenset({desk.customer}), frozenset({("file", file_id)}), "local")]


@pytest.mark.parametrize(
    ("told", "name", "expected"),
    [
        ("image/png", "x.pdf", "image/png"),
        ("Text/Plain; charset=utf-8", "x", "text/plain"),
        ("", "x.pdf", "application/pdf"),
        ("application/octet-stream", "foto.JPG", "image/jpeg"),
        ("", "x.unheard-of", "application/octet-stream"),
        ("text/html\r\nX-Bad: 1", "x", "application/octet-stream"),
        ("<script>/x", "x", "application/octet-stream"),
        ("a/" + "b" * 200, "x", "application/octet-stream"),
    ],
)
def test_the_media_type_is_cleaned_or_guessed_from_the_name(desk: Desk, told: str, name: str, expected: str) -> None:
    row = desk.store.read("file", desk.attach(b"x", name=name, media_type=told))
    assert row is not None
    assert row["media_type"] == expected


def never() -> Iterator[bytes]:
    pytest.fail("the bytes were read though the file was going to be refused")
    yield b""


def test_while_the_sheet_is_edited_no_file_is_taken_and_nothing_is_read(desk: Desk) -> None:
    before = desk.traces()
    desk.edit(True)
    with pytest.raises(SheetInEdit):
        attach(desk.store, desk.vault, desk.customer, "x", never())
    assert desk.traces() == before
    desk.edit(False)
    desk.attach(b"x")
    assert desk.traces() == (1, 1, 1)


def test_a_sheet_that_goes_into_edit_mode_while_the_bytes_arrive_refuses_the_file_in_the_end(desk: Desk) -> None:
    def chunks() -> Iterator[bytes]:
        yield PDF
        desk.edit(True)
        yield PDF

    with pytest.raises(SheetInEdit):
        attach(desk.store, desk.vault, desk.customer, "x", chunks())
    assert desk.traces() == (0, 0, 0)


def test_the_edited_sheet_of_another_customer_hinders_nobody(desk: Desk) -> None:
    with desk.store.writing() as tx:
        other = tx.create("customer", {"name": "Outra"})
    desk.edit(True)
    attach(desk.store, desk.vault, other, "x", [b"x"])
    assert desk.traces() == (1, 1, 1)


def test_a_customer_that_is_not_there_gets_no_file(desk: Desk) -> None:
    with pytest.raises(NotFound):
        attach(desk.store, desk.vault, "0" * 32, "x", never())
    assert desk.traces() == (0, 0, 0)


def test_a_role_without_the_right_is_told_before_anything_is_read(tmp_path: Path) -> None:
    ana = Desk(tmp_path / "a")
    ana.fleet.user("Erp", "admin")
    other = ana.fleet.device("erp", "Erp").store
    ana.fleet.settle()
    with pytest.raises(NotAllowed):
        attach(other, ana.vault, ana.customer, "x", never())
    assert ana.traces() == (0, 0, 0)


def test_a_source_that_breaks_leaves_neither_bytes_nor_record(desk: Desk) -> None:
    def chunks() -> Iterator[bytes]:
        yield PDF
        raise OSError("pulled out")

    with pytest.raises(FileRefused):
        attach(desk.store, desk.vault, desk.customer, "x", chunks())
    assert desk.traces() == (0, 0, 0)


def test_a_record_that_is_refused_takes_its_bytes_along(desk: Desk) -> None:
    def chunks() -> Iterator[bytes]:
        yield PDF
        with desk.store.transaction() as session:  # the customer leaves this device by a sync
            session.run("UPDATE ctx SET applying=1, user_id='hq'")
            session.remove("customer", desk.customer)
            session.run("UPDATE ctx SET applying=0, user_id=NULL")

    with pytest.raises(NotFound):
        attach(desk.store, desk.vault, desk.customer, "x", chunks())
    assert desk.traces() == (0, 0, 0)


def test_a_listener_that_fails_after_the_commit_does_not_take_the_bytes(desk: Desk) -> None:
    def broken(_: Touched) -> None:
        raise RuntimeError("a page is gone")

    stop = desk.store.listen(broken)
    with pytest.raises(RuntimeError):
        desk.attach(PDF)
    stop()
    assert desk.traces() == (1, 1, 1)
    with desk.store.reading() as session:
        file_id = session.find("file")[0]["id"]
    assert b"".join(content(desk.store, desk.vault, str(file_id)).pieces) == PDF


def test_bytes_that_are_not_here_or_damaged_are_told_apart(desk: Desk) -> None:
    file_id = desk.attach(PDF)
    with pytest.raises(NotFound):
        content(desk.store, desk.vault, "0" * 32)
    path = next(desk.folder.iterdir())
    bad = bytearray(path.read_bytes())
    bad[-1] ^= 1
    path.write_bytes(bad)
    found = content(desk.store, desk.vault, file_id)
    with pytest.raises(StoreDamaged):
        b"".join(found.pieces)
    with desk.store.transaction() as session:
        session.run("DELETE FROM blob")
    with pytest.raises(FileRefused, match="not_here"):
        content(desk.store, desk.vault, file_id)


def test_bytes_without_a_record_are_swept_at_the_next_start(desk: Desk) -> None:
    kept = desk.attach(PDF)
    desk.vault.add([b"the power went before the record was written"])
    assert desk.traces() == (1, 1, 2)
    again = FileVault(desk.folder, bytes(32))
    assert sweep(desk.store, again) == 1
    assert desk.traces() == (1, 1, 1)
    assert b"".join(content(desk.store, again, kept).pieces) == PDF


def test_bytes_of_a_deleted_file_stay_until_hq_has_confirmed_the_deletion(desk: Desk) -> None:
    file_id = desk.attach(PDF)
    desk.fleet.settle()
    with desk.store.writing() as tx:
        tx.delete("file", file_id)
    again = FileVault(desk.folder, bytes(32))
    assert sweep(desk.store, again) == 0
    assert desk.traces() == (0, 1, 1)
    desk.fleet.settle()
    assert sweep(desk.store, again) == 1
    assert desk.traces() == (0, 0, 0)


def test_a_sweep_of_another_start_in_the_middle_never_leaves_a_record_without_bytes(desk: Desk) -> None:
    other = FileVault(desk.folder, bytes(32))  # the device was locked and unlocked while a file arrived

    def interrupted(when: str) -> Callable[[], None]:
        def chunks() -> Iterator[bytes]:
            yield PDF
            if when == "while it is written":
                sweep(desk.store, other)

        def work() -> None:
            attach(desk.store, desk.vault, desk.customer, "x", chunks())

        return work

    with pytest.raises(StoreDamaged):
        interrupted("while it is written")()
    assert desk.traces() == (0, 0, 0)

    real = os.rename

    def renamed(source: object, target: object) -> None:
        real(source, target)  # type: ignore[arg-type]
        sweep(desk.store, other)  # between the bytes and the record

    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(os, "rename", renamed)
        with pytest.raises(StoreDamaged):
            interrupted("")()
    assert desk.traces() == (0, 0, 0)
