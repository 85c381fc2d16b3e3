"""The settings cards about files: room by customer, what is pinned, and the folders that are watched."""

from __future__ import annotations

from pathlib import Path

from mobility_app.store import pins, watched
from mobility_app.store.actions.attachments import attach
from mobility_app.store.files import FileVault
from mobility_app.store.store import Store
from mobility_app.store.transfers import QUOTAS_BYTES
from mobility_app.ui import device_files
from mobility_app.ui.words import Words
from tests.support.desk import desk
from tests.support.sheets import acts, names, text


def test_room_pins_and_folders_are_shown_and_can_be_let_go(tmp_path: Path) -> None:
    at = desk(tmp_path)
    attach(at.store, FileVault(tmp_path / "files", bytes(32)), at.customer, "a.bin", [bytes(2_000_000)])
    with at.store.transaction() as session:
        pins.pin(session, at.customer, 1)
    folder = watched.turn_on(at.store, at.customer, tmp_path / "watched")
    page = device_files.render(Words("pt"), device_files.model(at.store, tmp_path / "watched"))
    said = text(page)
    assert "Arquivos neste dispositivo 2,0 MB · 1 arquivo" in said
    assert "Óptica Lusitânia & Filhos 2,0 MB de 2,0 MB · 1 arquivo Sempre aqui" in said
    assert str(folder) in said
    chosen = [("quota", str(one)) for one in QUOTAS_BYTES]
    assert acts(page) == [*chosen, ("unpin", at.customer), ("watched-root", ""), ("unwatch", at.customer)]
    assert "Deixar de observar a pasta de Óptica Lusitânia &amp; Filhos".replace("&amp;", "&") in names(page)


def test_an_empty_device_has_no_list_and_one_without_a_watcher_no_folders(tmp_path: Path) -> None:
    at = desk(tmp_path)
    page = device_files.render(Words("pt"), device_files.model(at.store, None))
    assert "0 B · 0 arquivos" in text(page)
    assert "Espaço livre" in text(page)
    assert "<ul" not in page
    assert "Pastas observadas" not in text(page)


def test_four_statements_however_many_folders_there_are(tmp_path: Path) -> None:
    at = desk(tmp_path)
    row = {name: value for name, value in (at.store.read("customer", at.customer) or {}).items() if name != "id"}
    for n in range(30):
        watched.turn_on(at.store, at.from_hq("customer", **{**row, "name": f"C{n:02d}"}), tmp_path / "watched")
    asked: list[str] = []
    store = Store(at.store.path, None, watch=asked.append)
    asked.clear()
    page = device_files.render(Words("pt"), device_files.model(store, tmp_path))
    assert len(asked) == 4
    assert [act for act, _ in acts(page)].count("unwatch") == device_files.FOLDERS_SHOWN
