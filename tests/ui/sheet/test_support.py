"""Support requests: the list, one request with notes and steps of progress, closing at 100 % and reopening."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobility_app.errors import NotAllowed
from mobility_app.store.actions import reopen
from mobility_app.store.queries import tickets as queries
from mobility_app.ui.sheet import support
from tests.support.desk import NOW, Desk, desk
from tests.support.sheets import acts, log, refuse, sheet_of, text

DAY = 24 * 3_600_000


def add(at: Desk, description: str, **more: object) -> str:
    with at.store.writing() as tx:
        return tx.create("ticket", {"customer_id": at.customer, "description": description, **more})  # type: ignore[dict-item]


def page(at: Desk, ticket: str) -> str:
    return support.render_one(sheet_of(at), queries.one(at.store, at.customer, ticket))


def reference(at: Desk, ticket: str) -> str:
    return str((at.store.read("ticket", ticket) or {})["reference"])


def set_progress(at: Desk, ticket: str, percent: int) -> None:
    with at.store.writing() as tx:
        tx.update("ticket", ticket, {"progress_percent": percent})


def test_open_requests_come_first_with_reference_progress_status_and_age(tmp_path: Path) -> None:
    at = desk(tmp_path)
    done, todo = add(at, "Resolvido"), add(at, "Terminal não liga\nDesde ontem")
    set_progress(at, done, 100)
    set_progress(at, todo, 40)
    old = at.from_hq("ticket", customer_id=at.customer, reference="S-9-1", description="Velho", progress_percent=0,
                     status="open", priority="normal")  # fmt: skip
    log(at, 1, "ticket", old, "create", {"reference": [None, "S-9-1"]}, at=NOW - 3 * DAY)
    model = queries.of_customer(at.store, at.customer)
    assert [row.id for row in model.rows] == [todo, old, done]
    shown = support.render(sheet_of(at), model, 0)
    said = text(shown)
    assert f"{reference(at, todo)} Terminal não liga · De hoje 40 %" in said
    assert "Velho · há 3 dias" in said
    assert "Desde ontem" not in said
    assert 'role="progressbar"' in shown
    assert 'aria-valuenow="40"' in shown


def test_a_reference_made_here_is_there_at_once_and_each_is_another(tmp_path: Path) -> None:
    at = desk(tmp_path)
    found = {reference(at, add(at, f"Pedido {n}")) for n in range(5)}
    assert len(found) == 5
    assert all(found)


def test_a_hundred_percent_closes_and_reopening_takes_it_back(tmp_path: Path) -> None:
    at = desk(tmp_path)
    one = add(at, "Terminal")
    assert "reopen" not in {act for act, _ in acts(page(at, one))}
    set_progress(at, one, 100)
    row = at.store.read("ticket", one) or {}
    assert (row["status"], row["progress_percent"]) == ("closed", 100)
    assert ("reopen", "") in acts(page(at, one))
    with at.store.writing() as tx:
        reopen.reopen(tx, one, "Voltou a falhar")
    row = at.store.read("ticket", one) or {}
    assert row["status"] == "open"
    assert row["progress_percent"] != 100
    assert "reopen" not in {act for act, _ in acts(page(at, one))}


def test_notes_and_steps_of_progress_stand_in_the_order_in_which_they_came(tmp_path: Path) -> None:
    at = desk(tmp_path)
    one = add(at, "Terminal")
    with at.store.writing() as tx:
        tx.create("ticket_entry", {"ticket_id": one, "text": "Peça encomendada <b>"})
    set_progress(at, one, 50)
    with at.store.writing() as tx:
        tx.create("ticket_entry", {"ticket_id": one, "text": "Peça chegou"})
    model = queries.one(at.store, at.customer, one)
    assert model is not None
    assert [(note.text, note.percent) for note in model.notes] == [
        ("Peça encomendada <b>", None), ("", 50), ("Peça chegou", None),
    ]  # fmt: skip
    assert {note.author for note in model.notes} == {"Ana Silva"}
    shown = page(at, one)
    assert "<b>" not in shown
    assert "Progresso passou a 50 %" in text(shown)
    assert "Notas 2" in text(shown)


def test_a_note_is_never_changed(tmp_path: Path) -> None:
    at = desk(tmp_path)
    one = add(at, "Terminal")
    with at.store.writing() as tx:
        note = tx.create("ticket_entry", {"ticket_id": one, "text": "Primeira"})
    with pytest.raises(NotAllowed), at.store.writing() as tx:
        tx.update("ticket_entry", note, {"text": "Segunda"})


def test_files_that_carry_the_reference_stand_with_the_request(tmp_path: Path) -> None:
    at = desk(tmp_path)
    one = add(at, "Terminal")
    for name, label in (("foto.jpg", reference(at, one)), ("contrato.pdf", None)):
        at.from_hq("file", customer_id=at.customer, name=name, media_type="image/jpeg", size_bytes=3, sha256="0" * 64,
                   label=label)  # fmt: skip
    said = text(page(at, one))
    assert "foto.jpg" in said
    assert "contrato.pdf" not in said


def test_what_waits_or_was_refused_is_marked_at_its_field(tmp_path: Path) -> None:
    at = desk(tmp_path)
    one = at.from_hq("ticket", customer_id=at.customer, reference="S-9-1", description="Velho", progress_percent=0,
                     status="open", priority="normal")  # fmt: skip
    with at.store.writing() as tx:
        tx.update("ticket", one, {"priority": "high"})
    assert "Prioridade Não sincronizado" in text(page(at, one))
    dseq = refuse(at, "forbidden")
    assert ("dismiss", str(dseq)) in acts(page(at, one))
    assert at.app.words.reason("forbidden") in text(page(at, one))


def test_a_request_of_another_customer_is_not_shown_by_its_address(tmp_path: Path) -> None:
    at = desk(tmp_path)
    other = at.from_hq("ticket", customer_id="9" * 32, reference="S-9-1", description="Alheio", progress_percent=0,
                       status="open", priority="normal")  # fmt: skip
    assert queries.one(at.store, at.customer, other) is None
    assert "Alheio" not in text(page(at, other))


def test_who_may_add_files_but_not_change_them_adds_them_here(tmp_path: Path) -> None:
    at = desk(tmp_path, role="support")
    one = at.from_hq("ticket", customer_id=at.customer, reference="S-9-1", description="Velho", progress_percent=0,
                     status="open", priority="normal")  # fmt: skip
    assert ("choose", "") in acts(page(at, one))


def test_who_may_only_read_is_offered_nothing(tmp_path: Path) -> None:
    at = desk(tmp_path, role="admin")
    one = at.from_hq("ticket", customer_id=at.customer, reference="S-9-1", description="Velho", progress_percent=0,
                     status="open", priority="normal")  # fmt: skip
    assert acts(page(at, one)) == []
    assert acts(support.render(sheet_of(at), queries.of_customer(at.store, at.customer), 0)) == []


def test_the_fifty_first_request_is_on_the_second_page(tmp_path: Path) -> None:
    at = desk(tmp_path)
    with at.store.writing() as tx:
        for n in range(51):
            tx.create("ticket", {"customer_id": at.customer, "description": f"Pedido {n:02d}"})
    first, second = (queries.of_customer(at.store, at.customer, start) for start in (0, 50))
    assert (len(first.rows), len(second.rows), first.total) == (50, 1, 51)
    assert {row.id for row in first.rows} | {row.id for row in second.rows} == first.known
    assert "51 a 51 de 51" in text(support.render(sheet_of(at), second, 50))
