"""Files: what each is, whether it is here, and that none is added while the sheet is edited."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mobility_app.errors import SheetInEdit
from mobility_app.store import drafts, pins, transfers, watched
from mobility_app.store.actions.attachments import attach, content
from mobility_app.store.files import FileVault
from mobility_app.store.folder_look import FolderState, Note
from mobility_app.store.queries import files as queries
from mobility_app.store.queries import travels
from mobility_app.store.queries.files import FileRow
from mobility_app.store.store import Store
from mobility_app.ui import assets, sync_files
from mobility_app.ui.sheet import adding, file_facts, files, files_here
from mobility_app.ui.words import Words
from tests.support.desk import Desk, desk
from tests.support.sheets import acts, names, refuse, sheet_of, text

KEY = bytes(32)


def vault(folder: Path) -> FileVault:
    return FileVault(folder / "files", KEY)


def shown(at: Desk, first: int = 0, kind: str = "", order: str = queries.NEWEST) -> str:
    return files.render(
        sheet_of(at), queries.of_customer(at.store, at.customer, first, kind, order), first, kind, order
    )


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
    assert names(page) == [
        "Etiqueta e validade de Contrato <1>.pdf", "Baixar Contrato <1>.pdf", "Excluir Contrato <1>.pdf",
    ]  # fmt: skip


def test_pictures_open_in_place_a_pdf_in_the_reader_and_what_could_run_nowhere(tmp_path: Path) -> None:
    at = desk(tmp_path)
    ids = {
        name: attach(at.store, vault(tmp_path), at.customer, name, [b"x"], kind)
        for name, kind in (
            ("a.png", "image/png"), ("b.svg", "image/svg+xml"), ("c.html", "text/html"), ("d.pdf", "application/pdf"),
        )
    }  # fmt: skip
    page = shown(at)
    assert [act for act in acts(page) if act[0] == "show-file"] == [("show-file", ids["a.png"])]
    assert re.findall(r'href="(/files/[^"]*\?inline=1)"', page) == [f"/files/{ids['d.pdf']}/content?inline=1"]
    assert re.findall(r'<img src="([^"]*)"', page) == [f"/files/{ids['a.png']}/picture?thumb"]
    assert "Ver a.png" in text(page)
    assert "Ver d.pdf" in text(page)
    assert "Ver b.svg" not in text(page)


def test_what_lies_at_the_office_alone_is_said_and_offers_no_download(tmp_path: Path) -> None:
    at = desk(tmp_path)
    from_office(at, "longe.pdf")
    page = shown(at)
    assert "Não está neste dispositivo" in text(page)
    assert names(page) == ["Etiqueta e validade de longe.pdf", "Obter longe.pdf", "Excluir longe.pdf"]
    assert "/content" not in page
    assert "/picture" not in page


def test_a_row_says_what_its_bytes_do(tmp_path: Path) -> None:
    at = desk(tmp_path)
    one = from_office(at, "longe.pdf")

    def said(**values: object) -> str:
        with at.store.transaction() as session:
            for name, value in values.items():
                session.run(f"UPDATE transfer SET {name}=?", value)
        return text(shown(at))

    transfers.ask(at.store, one)
    assert "Chega quando houver ligação ao escritório" in said()
    assert "Obter longe.pdf" not in names(shown(at))
    assert "Obtendo, 0 %" in said(moving=1)
    assert "Chega quando o dispositivo que o tem o enviar" in said(moving=0, problem="bytes_missing")
    assert "Não obtido: o disco deste dispositivo está cheio" in said(problem="disk_full")
    assert "Obter longe.pdf" in names(shown(at))  # once more, when there is room
    with at.store.transaction() as session:
        session.run("DELETE FROM transfer")
    attach(at.store, vault(tmp_path), at.customer, "minha.pdf", [b"x" * 3_000_000], "application/pdf")
    assert "Espera o envio" in said()
    with at.store.transaction() as session:
        session.run(
            "INSERT INTO transfer (file_id, way, size_bytes, since) SELECT file_id, 'up', size_bytes, 1 FROM blob"
        )
    assert "Enviando, 66 %" in said(moving=1, done=2)
    page = sync_files.card(at.app.words, travels.on_the_way(at.store)) or ""
    assert "Arquivos a caminho 1 minha.pdf Enviando, 66 % · 3,0 MB · Óptica Lusitânia & Filhos" in text(page)
    assert 'aria-valuenow="66"' in page


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
    assert file_facts.kind_of(Words("pt"), row) == said


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
    assert [act for act, _ in acts(shown(at))] == ["choose", "camera", "get-file", "get-file", "pin"]
    folder = tmp_path / "admin"
    folder.mkdir()
    at = desk(folder, role="admin")
    from_office(at, "longe.pdf")
    assert [act for act, _ in acts(shown(at))] == ["get-file", "get-file", "delete", "pin"]


def test_the_fifty_first_file_is_on_the_second_page(tmp_path: Path) -> None:
    at = desk(tmp_path)
    for n in range(51):
        from_office(at, f"f{n:02d}.pdf")
    seen = [row.name for first in (0, 50) for row in queries.of_customer(at.store, at.customer, first).rows]
    assert sorted(seen) == [f"f{n:02d}.pdf" for n in range(51)]
    assert "51 a 51 de 51" in text(shown(at, 50))


def test_the_list_is_filtered_by_kind_and_counted(tmp_path: Path) -> None:
    at = desk(tmp_path)
    assert "Tipo de arquivo" not in shown(at)
    for n in range(3):
        from_office(at, f"f{n}.pdf")
    from_office(at, "foto.jpg", "image/jpeg")
    page = shown(at)
    assert [arg for act, arg in acts(page) if act == "kind"] == ["", "image", "pdf"]
    assert "Todos 4 Imagens 1 PDF 3" in text(page)
    only = shown(at, kind="image")
    assert 'data-arg="image" aria-pressed="true"' in only
    assert ("foto.jpg" in only, "f0.pdf" in only) == (True, False)
    assert "Nenhum arquivo deste tipo." in text(shown(at, kind="video"))


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("name", ["Água.pdf", "b.pdf", "Zé.pdf"]), ("size", ["b.pdf", "Zé.pdf", "Água.pdf"]),
        ("expires", ["Zé.pdf", "Água.pdf", "b.pdf"]),
    ],
)  # fmt: skip
def test_the_list_is_put_in_an_order(tmp_path: Path, order: str, expected: list[str]) -> None:
    at = desk(tmp_path)
    for name, size, day in (("Zé.pdf", 200, "2026-12-01"), ("b.pdf", 300, None), ("Água.pdf", 100, "2027-01-01")):
        at.from_hq("file", customer_id=at.customer, name=name, media_type="application/pdf", size_bytes=size,
                   sha256="0" * 64, expires_on=day)  # fmt: skip
    assert [row.name for row in queries.of_customer(at.store, at.customer, 0, "", order).rows] == expected
    assert f'data-arg="{order}" aria-pressed="true"' in shown(at, order=order)


@pytest.mark.parametrize(
    ("day", "tone", "said"),
    [
        ("2026-11-24", "bad", "Venceu em 24 nov. 2026"), ("2026-11-25", "warn", "Vence hoje"),
        ("2026-11-26", "warn", "Vence em 1 dia"), ("2026-12-25", "warn", "Vence em 30 dias"),
    ],
)  # fmt: skip
def test_an_expiry_that_is_near_or_over_stands_out(tmp_path: Path, day: str, tone: str, said: str) -> None:
    at = desk(tmp_path)
    from_office(at, "seguro.pdf", expires_on=day)
    page = shown(at)
    assert said in text(page)
    assert f'<span class="fb-chip fb-chip-{tone} ' in page


def test_a_distant_expiry_and_the_label_stand_with_the_facts(tmp_path: Path) -> None:
    at = desk(tmp_path)
    from_office(at, "seguro.pdf", expires_on="2026-12-26", label="Seguro da loja")
    page = shown(at)
    assert "Seguro da loja · vence em 26 dez. 2026" in text(page)
    assert "fb-chip-warn" not in page


def test_however_many_files_there_are_it_is_the_same_few_statements(tmp_path: Path) -> None:
    counts = []
    for many in (1, 120):
        folder = tmp_path / str(many)
        folder.mkdir()
        at = desk(folder)
        for n in range(many):
            from_office(at, f"f{n:03d}.pdf")
        asked: list[str] = []
        store = Store(at.store.path, None, watch=asked.append)
        asked.clear()
        assert queries.of_customer(store, at.customer).total == many
        counts.append(len(asked))
    assert counts == [7, 7]


def test_what_lies_here_is_summed_and_the_pin_stays_pressed(tmp_path: Path) -> None:
    at = desk(tmp_path)
    attach(at.store, vault(tmp_path), at.customer, "aqui.bin", [b"x" * 1_000])
    from_office(at, "longe.pdf")
    page = shown(at)
    assert "1,0 kB de 3,0 kB" in text(page)
    assert ("pin", "") in acts(page)
    with at.store.transaction() as session:
        pins.pin(session, at.customer, 1)
    page = shown(at)
    assert ("unpin", "") in acts(page)
    assert 'aria-pressed="true"' in page.split("Manter sempre neste dispositivo")[0].rsplit("<button", 1)[1]


def test_the_page_and_its_words_agree_on_how_many_files_at_once() -> None:
    script = (assets.FOLDER / "uploads.js").read_text("utf-8")
    found = re.search(r"MOST = (\d+);", script)
    assert found is not None
    assert int(found[1]) == adding.FILES_AT_ONCE


def test_what_waits_in_the_watched_folder_is_said_and_what_was_refused_too(tmp_path: Path) -> None:
    at = desk(tmp_path)
    folder = watched.turn_on(at.store, at.customer, tmp_path / "watched")
    model = queries.of_customer(at.store, at.customer)
    notes = [
        Note("a <b>.pdf", "settling"),
        Note("b.mp4", "too_large"),
        Note("c.txt", "forbidden"),
        Note("", "no_folder"),
    ]
    notes += [Note(f"n{n}.txt", "in_use") for n in range(4)]
    page = files_here._folder(at.app.words, model, FolderState(folder, tuple(notes), 5))
    said = text(page)
    assert str(folder) in said
    assert "a <b>.pdf ainda está sendo gravado" in said
    assert "b.mp4 tem mais de 500 MB" in said
    assert f"c.txt {at.app.words.reason('forbidden')}" in said
    assert "Esta pasta desapareceu." in said
    assert "mais 3" in said
    assert "<b>.pdf" not in page
    assert acts(page) == [("unwatch", "")]
