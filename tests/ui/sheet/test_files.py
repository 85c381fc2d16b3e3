"""Files: what each is, whether it is here, and that none is added while the sheet is edited."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobility_app.errors import SheetInEdit
from mobility_app.store import drafts
from mobility_app.store.actions.attachments import attach, content
from mobility_app.store.files import FileVault
from mobility_app.store.queries import files as queries
from mobility_app.store.queries.files import FileRow
from mobility_app.ui.sheet import files
from mobility_app.ui.words import Words
from tests.support.desk import Desk, desk
from tests.support.sheets import acts, names, refuse, sheet_of, text

KEY = bytes(32)


def vault(folder: Path) -> FileVault:
    return FileVault(folder / "files", KEY)


def shown(at: Desk, first: int = 0) -> str:
    return files.render(sheet_of(at), queries.of_customer(at.store, at.customer, first), first)


def from_office(at: Desk, name: str, media_type: str = "application/pdf", **more: object) -> str:
    return at.from_hq("file", customer_id=at.customer, name=name, media_type=media_type, size_bytes=2_048,
                      sha256="0" * 64, **more)  # type: ignore[arg-type]  # fmt: skip


def test_a_file_says_name_kind_size_day_and_by_whom_it_was_added(tmp_path: Path) -> None:
    at = desk(tmp_path)
    attach(at.store, vault(tmp_path), at.customer, "Contrato <1>.pdf", [b"%PDF-" + b"x" * 1_000], "application/pdf")
    page = shown(at)
    said = text(page)
    assert "Contrato <1>.pdf PDF · " in said
    assert "25 nov. 2026 · Ana Silva" in said
    assert "<1>" not in page
    assert names(page) == ["Baixar Contrato <1>.pdf", "Excluir Contrato <1>.pdf"]


def test_only_pictures_are_shown_in_place(tmp_path: Path) -> None:
    at = desk(tmp_path)
    for name, kind in (
        ("a.png", "image/png"),
        ("b.svg", "image/svg+xml"),
        ("c.html", "text/html"),
        ("d.pdf", "application/pdf"),
    ):
        attach(at.store, vault(tmp_path), at.customer, name, [b"x"], kind)
    page = shown(at)
    assert [name for name in names(page) if name.startswith("Ver ")] == ["Ver a.png"]
    assert page.count("?inline=1") == 1


def test_what_lies_at_the_office_alone_is_said_and_offers_no_download(tmp_path: Path) -> None:
    at = desk(tmp_path)
    from_office(at, "longe.pdf")
    page = shown(at)
    assert "Não está neste dispositivo" in text(page)
    assert names(page) == ["Excluir longe.pdf"]
    assert "/content" not in page


@pytest.mark.parametrize(
    ("name", "media_type", "said"),
    [
        ("a.jpg", "image/jpeg", "Imagem"), ("a.csv", "text/csv", "Planilha"), ("a.txt", "text/plain", "Texto"),
        ("a.pdf", "application/pdf", "PDF"), ("a.zip", "application/zip", "Arquivo compactado"),
        ("desenho.dwg", "application/octet-stream", "DWG"), ("sem sufixo", "application/octet-stream", "Arquivo"),
        ("a.<b>", "application/octet-stream", "Arquivo"),
    ],
)  # fmt: skip
def test_the_kind_is_what_people_call_it(name: str, media_type: str, said: str) -> None:
    row = FileRow("0" * 32, name, media_type, 1, "", "", None, False)
    assert files.kind_of(Words("pt"), row) == said


def test_in_edit_mode_the_button_is_off_and_says_why_and_the_store_refuses_too(tmp_path: Path) -> None:
    at = desk(tmp_path)
    assert 'aria-describedby="fb-files-why"' not in shown(at)
    with at.store.writing() as tx:
        drafts.begin_edit(tx, at.customer, "editor", at.app.now())
    page = shown(at)
    assert "disabled" in page.split("Selecionar um arquivo")[0].rsplit("<button", 1)[1]
    assert 'aria-describedby="fb-files-why"' in page
    assert "Termine a edição para adicionar arquivos." in text(page)
    with pytest.raises(SheetInEdit):
        attach(at.store, vault(tmp_path), at.customer, "a.txt", [b"x"])
    assert queries.of_customer(at.store, at.customer).rows == ()


def test_a_deleted_file_comes_back_with_its_bytes(tmp_path: Path) -> None:
    at = desk(tmp_path)
    one = attach(at.store, vault(tmp_path), at.customer, "a.txt", [b"Bom dia"], "text/plain")
    with at.store.writing() as tx:
        tx.delete("file", one)
    assert queries.of_customer(at.store, at.customer).total == 0
    with at.store.writing() as tx:
        tx.restore("file", one)
    (row,) = queries.of_customer(at.store, at.customer).rows
    assert (row.name, row.here, row.by) == ("a.txt", True, "Ana Silva")
    assert b"".join(content(at.store, vault(tmp_path), one).pieces) == b"Bom dia"


def test_a_change_that_was_refused_stands_below_its_file(tmp_path: Path) -> None:
    at = desk(tmp_path)
    one = from_office(at, "longe.pdf")
    with at.store.writing() as tx:
        tx.update("file", one, {"name": "perto.pdf"})
    assert "Não sincronizado" in text(shown(at))
    dseq = refuse(at, "forbidden")
    page = shown(at)
    assert ("dismiss", str(dseq)) in acts(page)
    assert at.app.words.reason("forbidden") in text(page)


def test_who_may_not_delete_or_add_is_not_offered_it(tmp_path: Path) -> None:
    at = desk(tmp_path, role="accountant")
    from_office(at, "longe.pdf")
    assert acts(shown(at)) == [("choose", "")]
    folder = tmp_path / "admin"
    folder.mkdir()
    at = desk(folder, role="admin")
    from_office(at, "longe.pdf")
    assert [act for act, _ in acts(shown(at))] == ["delete"]


def test_the_fifty_first_file_is_on_the_second_page(tmp_path: Path) -> None:
    at = desk(tmp_path)
    for n in range(51):
        from_office(at, f"f{n:02d}.pdf")
    seen = [row.name for first in (0, 50) for row in queries.of_customer(at.store, at.customer, first).rows]
    assert sorted(seen) == [f"f{n:02d}.pdf" for n in range(51)]
    assert "51 a 51 de 51" in text(shown(at, 50))
