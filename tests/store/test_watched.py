"""The watched folder, stepped by a clock: what is whole is attached, what is not waits, nothing of the person's is lost."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from mobility_app.domain.entities.file import SIZE_MAX_BYTES
from mobility_app.errors import FileRefused, NotFound
from mobility_app.store import drafts, folder_files, folder_look, watched
from mobility_app.store.actions.attachments import content
from mobility_app.store.files import FileVault
from mobility_app.store.folder_look import FolderLook, Note
from mobility_app.store.queries.files import of_customer
from tests.support.desk import Desk, desk


class Folder:
    """A desk whose customer has a watched folder, and a clock that goes on when it is told to."""

    def __init__(self, at: Desk, tmp: Path) -> None:
        self.at, self.seconds, self.tmp = at, 100.0, tmp
        self.vault = FileVault(tmp / "files", bytes(32))
        self.path = watched.turn_on(at.store, at.customer, tmp / "Documents" / "Mobility")
        self.look = FolderLook(at.store, self.vault, lambda: self.seconds)

    def put(self, name: str, body: bytes = b"Entregue") -> Path:
        path = self.path / name
        path.write_bytes(body)
        return path

    def step(self, seconds: float = 0) -> list[Note]:
        """Looks after so many seconds."""
        self.seconds += seconds
        return list(self.look.look().states[self.at.customer].notes)

    def settle(self) -> list[Note]:
        """Looks twice, far enough apart."""
        self.step()
        return self.step(folder_look.SETTLE_SECONDS)

    @property
    def names(self) -> list[str]:
        return sorted(row.name for row in of_customer(self.at.store, self.at.customer).rows)

    @property
    def left(self) -> list[str]:
        return sorted(path.name for path in self.path.iterdir() if path.name != watched.TAKEN)

    @property
    def taken(self) -> list[str]:
        return sorted(path.name for path in (self.path / watched.TAKEN).iterdir())


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(desk(tmp_path), tmp_path)


def test_a_folder_bears_number_and_name_and_is_made_once(folder: Folder) -> None:
    at = folder.at
    assert folder.path == folder.tmp / "Documents" / "Mobility" / "C-000005 Óptica Lusitânia & Filhos"
    assert folder.left == []
    assert watched.turn_on(at.store, at.customer, folder.tmp / "elsewhere") == folder.path
    assert not (folder.tmp / "elsewhere").exists()


def test_two_customers_of_one_name_have_two_folders(folder: Folder) -> None:
    at = folder.at
    row = at.store.read("customer", at.customer) or {}
    twin = at.from_hq("customer", **{name: value for name, value in row.items() if name != "id"})
    other = watched.turn_on(at.store, twin, folder.tmp / "Documents" / "Mobility")
    assert other.parent == folder.path.parent
    assert other != folder.path


def test_a_file_that_stays_as_it_is_is_attached_and_moves_aside(folder: Folder) -> None:
    folder.put("guia.txt", b"Entregue")
    assert folder.step() == [Note("guia.txt", "settling")]
    assert folder.step(folder_look.SETTLE_SECONDS - 0.1) == [Note("guia.txt", "settling")]
    assert folder.names == []
    assert folder.step(0.1) == []
    (row,) = of_customer(folder.at.store, folder.at.customer).rows
    assert (row.name, row.media_type, row.here, row.by) == ("guia.txt", "text/plain", True, "Ana Silva")
    assert b"".join(content(folder.at.store, folder.vault, row.id).pieces) == b"Entregue"
    assert (folder.left, folder.taken) == ([], ["guia.txt"])
    assert (folder.path / watched.TAKEN / "guia.txt").read_bytes() == b"Entregue"


def test_a_file_that_still_grows_begins_to_wait_anew(folder: Folder) -> None:
    path = folder.put("copia.bin", b"1")
    for n in range(5):
        assert folder.step(folder_look.SETTLE_SECONDS) == [Note("copia.bin", "settling")]
        path.write_bytes(b"1" * (n + 2))
    assert folder.names == []
    folder.settle()
    assert folder.names == ["copia.bin"]


@pytest.mark.skipif(os.name != "posix" or os.uname().sysname != "Linux", reason="only Linux tells who writes")
def test_a_file_that_a_program_has_open_for_writing_waits(folder: Folder) -> None:
    with (folder.path / "aberto.bin").open("wb") as writer:
        writer.write(b"half")
        writer.flush()
        assert folder.settle() == [Note("aberto.bin", "in_use")]
        assert folder.names == []
    folder.settle()
    assert folder.names == ["aberto.bin"]


def test_a_file_that_changes_while_it_is_read_is_not_kept(folder: Folder) -> None:
    path = folder.put("relatorio.bin", b"a" * 3 * folder_files.PIECE_BYTES)
    folder.step()
    folder.seconds += folder_look.SETTLE_SECONDS
    asked: list[int] = []

    def between_pieces() -> bool:
        asked.append(1)
        if len(asked) == 3:
            with path.open("ab") as writer:
                writer.write(b"b")
        return False

    assert folder.look.look(between_pieces).states[folder.at.customer].notes == (Note("relatorio.bin", "settling"),)
    assert (folder.names, list((folder.tmp / "files").iterdir())) == ([], [])
    folder.settle()
    assert folder.names == ["relatorio.bin"]


@pytest.mark.parametrize(
    "name", ["~$contrato.docx", ".escondido", "video.mp4.part", "foto.jpg.crdownload", "x.tmp", "Thumbs.db", "a.PART"]
)
def test_names_of_unfinished_files_are_passed_over(folder: Folder, name: str) -> None:
    folder.put(name)
    assert folder.settle() == []
    assert (folder.names, folder.left) == ([], [name])


def test_links_folders_and_pipes_are_never_followed(folder: Folder) -> None:
    secret = folder.tmp / "secret.txt"
    secret.write_text("secret")
    (folder.path / "link.txt").symlink_to(secret)
    (folder.path / "dir").mkdir()
    (folder.path / "dir" / "inside.txt").write_text("x")
    (folder.path / "linked dir").symlink_to(folder.tmp)
    os.mkfifo(folder.path / "pipe")
    assert folder.settle() == []
    assert folder.names == []


def test_a_file_that_turns_into_a_link_in_between_is_not_followed(folder: Folder) -> None:
    secret = folder.tmp / "secret.txt"
    secret.write_bytes(b"Entregue")
    path = folder.put("troca.txt")
    folder.step()
    folder.seconds += folder_look.SETTLE_SECONDS
    signature = folder_files.signature_of(path.lstat())
    path.unlink()
    path.symlink_to(secret)
    assert folder.look._taken(folder.at.customer, path, signature, lambda: False) == "in_use"
    assert folder.names == []


def test_the_same_bytes_again_are_told_and_moved_but_not_attached_twice(folder: Folder) -> None:
    folder.put("a.txt")
    folder.settle()
    folder.put("b.txt")
    assert folder.settle() == [Note("b.txt", "already_there")]
    assert folder.step(5) == [Note("b.txt", "already_there")]
    assert (folder.names, folder.left, folder.taken) == (["a.txt"], [], ["a.txt", "b.txt"])


def test_another_file_of_the_same_name_keeps_both(folder: Folder) -> None:
    folder.put("nota.txt", b"one")
    folder.settle()
    folder.put("nota.txt", b"two")
    folder.settle()
    assert folder.names == ["nota.txt", "nota.txt"]
    assert folder.taken == ["nota (2).txt", "nota.txt"]
    assert (folder.path / watched.TAKEN / "nota.txt").read_bytes() == b"one"


def test_while_the_sheet_is_edited_the_file_waits(folder: Folder) -> None:
    at = folder.at
    with at.store.transaction() as session:
        drafts.begin_edit(session, at.customer, "tab", 1)
    folder.put("a.txt")
    assert folder.settle() == [Note("a.txt", "sheet_in_edit")]
    assert (folder.names, folder.left) == ([], ["a.txt"])
    with at.store.transaction() as session:
        drafts.end_edit(session, at.customer, "tab")
    assert folder.step(1) == []
    assert folder.names == ["a.txt"]


def test_what_is_too_large_is_told_and_stays_without_being_read(folder: Folder) -> None:
    path = folder.put("filme.mp4", b"")
    os.truncate(path, SIZE_MAX_BYTES + 1)
    assert folder.step() == [Note("filme.mp4", "too_large")]
    assert folder.step(600) == [Note("filme.mp4", "too_large")]
    assert (folder.names, folder.left) == ([], ["filme.mp4"])


def test_an_empty_file_waits_longer_and_is_taken(folder: Folder) -> None:
    folder.put("vazio.txt", b"")
    assert folder.settle() == [Note("vazio.txt", "settling")]
    folder.step(folder_look.EMPTY_SETTLE_SECONDS)
    assert folder.names == ["vazio.txt"]


def test_a_full_disk_makes_it_wait_and_try_again(folder: Folder) -> None:
    resource = pytest.importorskip("resource", reason="limits of POSIX systems stand in for a small disk")
    folder.put("grande.bin", os.urandom(400_000))
    folder.step()
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        assert folder.step(folder_look.SETTLE_SECONDS) == [Note("grande.bin", "disk_full")]
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert (folder.names, list((folder.tmp / "files").iterdir())) == ([], [])
    assert folder.step(1) == [Note("grande.bin", "disk_full")]
    assert folder.step(folder_look.RETRY_SECONDS) == []
    assert folder.names == ["grande.bin"]


def test_who_may_not_add_is_told_and_the_file_stays(tmp_path: Path) -> None:
    folder = Folder(desk(tmp_path, role="admin"), tmp_path)
    folder.put("a.txt")
    assert folder.settle() == [Note("a.txt", "forbidden")]
    assert (folder.names, folder.left) == ([], ["a.txt"])


def test_a_file_that_cannot_move_stays_and_is_attached_once(folder: Folder) -> None:
    (folder.path / watched.TAKEN).rmdir()
    (folder.path / watched.TAKEN).write_text("in the way")
    folder.put("a.txt", b"A")
    notes = folder.settle()
    assert Note("a.txt", "not_moved") in notes
    folder.step(100)
    folder.step(100)
    assert [name for name in folder.names if name == "a.txt"] == ["a.txt"]
    assert "a.txt" in folder.left


def test_after_a_restart_what_was_taken_and_not_moved_only_moves(folder: Folder) -> None:
    folder.put("a.txt")
    folder.settle()
    (folder.path / watched.TAKEN / "a.txt").rename(folder.path / "a.txt")
    folder.look = FolderLook(folder.at.store, folder.vault, lambda: folder.seconds)
    folder.settle()
    assert (folder.names, folder.left, folder.taken) == (["a.txt"], [], ["a.txt"])


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("CON.txt", "_CON.txt"),
        ("fim.", "fim"),
        ("a\u202egpj.exe", "agpj.exe"),
        ("é" * 125 + ".txt", "é" * 125 + ".txt"),
    ],
)
def test_names_that_other_systems_refuse_become_harmless(folder: Folder, name: str, kept: str) -> None:
    folder.put(name)
    folder.settle()
    assert folder.names == [kept]


def test_a_name_that_is_no_text_is_taken_all_the_same(folder: Folder) -> None:
    with open(os.fsencode(folder.path) + b"/caf\xe9.txt", "wb") as file:
        file.write(b"x")
    folder.settle()
    assert folder.names == ["caf\ufffd.txt"]


def test_many_files_are_taken_a_few_at_a_time(folder: Folder) -> None:
    for n in range(folder_look.TAKEN_AT_ONCE + 5):
        folder.put(f"f{n:02d}.txt", str(n).encode())
    folder.step()
    folder.seconds += folder_look.SETTLE_SECONDS
    assert folder.look.look().again
    assert len(folder.names) == folder_look.TAKEN_AT_ONCE
    folder.step()
    assert (len(folder.names), folder.left) == (folder_look.TAKEN_AT_ONCE + 5, [])


def test_locking_in_the_middle_of_a_file_keeps_nothing_of_it(folder: Folder) -> None:
    folder.put("a.bin", b"x" * 3_000_000)
    folder.step()
    folder.seconds += folder_look.SETTLE_SECONDS
    asked: list[int] = []

    def stopped() -> bool:
        asked.append(1)
        return len(asked) > 2

    folder.look.look(stopped)
    assert (folder.names, folder.left, list((folder.tmp / "files").iterdir())) == ([], ["a.bin"], [])


def test_a_folder_that_is_gone_is_told_and_comes_back(folder: Folder) -> None:
    (folder.path / watched.TAKEN).rmdir()
    folder.path.rmdir()
    assert folder.step() == [Note("", "no_folder")]
    folder.path.mkdir()
    folder.put("a.txt")
    folder.settle()
    assert folder.names == ["a.txt"]


def test_turned_off_the_folder_stays_and_takes_nothing(folder: Folder) -> None:
    path = folder.put("a.txt")
    watched.turn_off(folder.at.store, folder.at.customer)
    assert folder.look.look().states == {}
    assert path.exists()
    assert of_customer(folder.at.store, folder.at.customer).folder == ""


def test_a_root_of_ones_own_is_for_new_folders(folder: Folder) -> None:
    at, own = folder.at, folder.tmp / "Meus arquivos"
    watched.set_root(at.store, f" {own} ")
    watched.turn_off(at.store, at.customer)
    assert watched.turn_on(at.store, at.customer, folder.tmp / "usual").parent == own
    watched.set_root(at.store, "")
    with at.store.reading() as session:
        assert watched.root(session, folder.tmp / "usual") == folder.tmp / "usual"


@pytest.mark.parametrize(
    "make", [lambda tmp: "relative/path", lambda tmp: str(tmp / "file" / "x"), lambda tmp: "/\0/x"]
)
def test_a_root_that_cannot_be_is_refused(folder: Folder, make: Callable[[Path], str]) -> None:
    (folder.tmp / "file").write_text("x")
    with pytest.raises(FileRefused, match="no_folder"):
        watched.set_root(folder.at.store, make(folder.tmp))
    with folder.at.store.reading() as session:
        assert watched.root(session, folder.tmp) == folder.tmp


def test_no_folder_for_a_customer_that_is_not_there(folder: Folder) -> None:
    with pytest.raises(NotFound):
        watched.turn_on(folder.at.store, "f" * 32, folder.tmp / "x")
    assert not (folder.tmp / "x").exists()


def test_more_folders_than_anybody_needs_are_refused(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watched, "FOLDERS_MOST", 1)
    twin = folder.at.from_hq("customer", **{
        name: value for name, value in (folder.at.store.read("customer", folder.at.customer) or {}).items() if name != "id"
    })  # fmt: skip
    with pytest.raises(FileRefused, match="too_many_folders"):
        watched.turn_on(folder.at.store, twin, folder.tmp / "x")
