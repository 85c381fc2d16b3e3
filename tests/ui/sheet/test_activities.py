"""Activities: three lists that leave none out, what is late stands out, and what a person may do with each."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from mobility_app.errors import InvalidValue, NotAllowed
from mobility_app.store.queries import activities as queries
from mobility_app.store.queries.activities import ALL
from mobility_app.ui.sheet import activities, activity
from tests.support.desk import NOW, Desk, desk
from tests.support.sheets import acts, names, refuse, sheet_of, text

HOUR = 3_600_000
DAY = 24 * HOUR


def add(at: Desk, title: str, kind: str = "task", **more: object) -> str:
    with at.store.writing() as tx:
        return tx.create("activity", {"customer_id": at.customer, "kind": kind, "title": title, **more})  # type: ignore[dict-item]


def shown(at: Desk, wanted: str = ALL, first: int = 0) -> str:
    return activities.render(
        sheet_of(at), queries.of_customer(at.store, at.customer, wanted, NOW, first), wanted, first
    )


def test_the_four_filters_stand_with_their_counts_and_each_activity_in_one_of_three(tmp_path: Path) -> None:
    at = desk(tmp_path)
    add(at, "Ontem", due_at=NOW - DAY)
    add(at, "Amanhã", due_at=NOW + DAY)
    add(at, "Sem data")
    add(at, "Feita", status="closed")
    add(at, "Desmarcada", status="cancelled", due_at=NOW + DAY)
    page = text(shown(at))
    assert "Todas 5 Fechadas 2 Planejadas 1 Abertas 2" in page
    found = [text(shown(at, wanted)) for wanted in ("closed", "planned", "open")]
    for title, place in (("Ontem", 2), ("Amanhã", 1), ("Sem data", 2), ("Feita", 0), ("Desmarcada", 0)):
        assert [title in one for one in found] == [at_ == place for at_ in range(3)]


def test_only_what_is_late_and_still_to_do_is_called_late(tmp_path: Path) -> None:
    at = desk(tmp_path)
    add(at, "Ontem", due_at=NOW - DAY)
    add(at, "Feita", due_at=NOW - DAY, status="closed")
    add(at, "A decorrer", "appointment", starts_at=NOW - HOUR, ends_at=NOW + HOUR)
    rows = {row.title: row for row in queries.of_customer(at.store, at.customer, ALL, NOW).rows}
    words = at.app.words
    assert text(activity.status_chip(words, rows["Ontem"])) == "Atrasada"
    assert text(activity.status_chip(words, rows["Feita"])) == "Fechada"
    assert text(activity.status_chip(words, rows["A decorrer"])) == "Aberta"


def test_the_buttons_of_a_row_say_what_they_are_about(tmp_path: Path) -> None:
    at = desk(tmp_path)
    todo, done = add(at, "Ligar <já>"), add(at, "Feita", status="closed")
    page = shown(at)
    assert names(page) == ["Fechar Ligar <já>", "Excluir Ligar <já>", "Reabrir Feita", "Excluir Feita"]
    assert "<já>" not in page
    for act in (("add", "task"), ("add", "call"), ("add", "appointment"), ("close", todo), ("reopen", done)):
        assert act in acts(page)
    assert f'href="/customers/{at.customer}/activities/{todo}"' in page


def test_an_appointment_is_proposed_for_an_hour_on_the_next_preferred_weekday(tmp_path: Path) -> None:
    at = desk(tmp_path)
    at.from_hq("customer", at.customer, preferred_weekday=0)
    values = activities.proposal(sheet_of(at), "appointment")
    start, end = values["starts_at"], values["ends_at"]
    assert isinstance(start, int)
    assert isinstance(end, int)
    assert datetime.fromtimestamp(start / 1000, UTC) == datetime(2026, 11, 30, 10, tzinfo=UTC)  # Lisbon in winter
    assert end - start == HOUR
    assert activities.proposal(sheet_of(at), "call") == {"direction": "made"}
    assert activities.proposal(sheet_of(at), "task") == {}


def test_a_rep_changes_what_they_made_or_do_and_nothing_else(tmp_path: Path) -> None:
    at = desk(tmp_path, role="rep")
    mine = add(at, "Minha")
    given = at.from_hq(
        "activity", customer_id=at.customer, kind="task", title="Dada", status="open", assignee_id=at.user
    )
    theirs = at.from_hq("activity", customer_id=at.customer, kind="task", title="Alheia", status="open",
                        assignee_id=at.colleague)  # fmt: skip
    assert [arg for act, arg in acts(shown(at)) if act == "close"] == sorted([mine, given])
    with pytest.raises(NotAllowed), at.store.writing() as tx:
        tx.update("activity", theirs, {"status": "closed"})
    page = activity.render(sheet_of(at), queries.one(at.store, at.customer, theirs, NOW))
    assert not {"close", "change", "delete"} & {act for act, _ in acts(page)}


def test_somebody_who_may_only_read_is_offered_nothing(tmp_path: Path) -> None:
    at = desk(tmp_path, role="accountant")
    one = at.from_hq("activity", customer_id=at.customer, kind="task", title="Ligar", status="open")
    assert acts(shown(at)) == [("filter", ALL), ("filter", "closed"), ("filter", "planned"), ("filter", "open")]
    assert acts(activity.render(sheet_of(at), queries.one(at.store, at.customer, one, NOW))) == []


def test_the_page_of_one_shows_its_fields_and_who_takes_part(tmp_path: Path) -> None:
    at = desk(tmp_path)
    contact = at.from_hq("contact", customer_id=at.customer, first_name="Rui", last_name="Sá", opted_out=False)
    one = add(
        at, "Visita", "appointment", starts_at=NOW + DAY, place="Porto", notes="Levar\namostras", assignee_id=at.user
    )
    with at.store.writing() as tx:
        tx.create("activity_participant", {"activity_id": one, "user_id": at.colleague})
        tx.create("activity_participant", {"activity_id": one, "contact_id": contact})
    page = activity.render(sheet_of(at), queries.one(at.store, at.customer, one, NOW))
    said = text(page)
    for part in (
        "Visita Planejada",
        "Porto",
        "Levar amostras",
        "Ana Silva",
        "Participantes 2",
        "Marta Costa",
        "Rui Sá",
    ):
        assert part in said
    assert "Remover Rui Sá" in names(page)
    assert queries.contacts(at.store, at.customer) == {contact: "Rui Sá"}
    with pytest.raises(InvalidValue), at.store.writing() as tx:
        tx.create("activity_participant", {"activity_id": one})


def test_an_activity_of_another_customer_is_not_shown_by_its_address(tmp_path: Path) -> None:
    at = desk(tmp_path)
    other = at.from_hq("activity", customer_id="9" * 32, kind="task", title="Alheia", status="open")
    assert queries.one(at.store, at.customer, other, NOW) is None
    assert "Esta atividade não está aqui." in text(activity.render(sheet_of(at), None))


def test_what_waits_was_refused_or_clashes_is_marked_at_its_field(tmp_path: Path) -> None:
    at = desk(tmp_path)
    one = at.from_hq("activity", customer_id=at.customer, kind="task", title="Ligar", status="open")
    with at.store.writing() as tx:
        tx.update("activity", one, {"place": "Porto", "notes": "Às 10"})
    assert "Não sincronizado" in text(shown(at))
    page = text(activity.render(sheet_of(at), queries.one(at.store, at.customer, one, NOW)))
    assert "Notas Não sincronizado Às 10" in page
    dseq = refuse(at, "forbidden")
    page = activity.render(sheet_of(at), queries.one(at.store, at.customer, one, NOW))
    assert ("dismiss", str(dseq)) in acts(page)
    assert at.app.words.reason("forbidden") in text(page)
    clash = at.from_hq(
        "conflict", customer_id=at.customer, entity="activity", record_id=one, field="title", winner="Ligar",
        loser="Telefonar", winner_user_id=at.colleague, loser_user_id=at.user, winner_at=NOW, loser_at=NOW,
        rule="lww", state="open",
    )  # fmt: skip
    page = activity.render(sheet_of(at), queries.one(at.store, at.customer, one, NOW))
    assert {("settle", f"{clash}:winner"), ("settle", f"{clash}:loser")} <= set(acts(page))
    assert "Telefonar" in text(page)


def test_a_new_one_that_was_refused_is_still_told_of_though_it_is_in_no_list(tmp_path: Path) -> None:
    at = desk(tmp_path)
    one = add(at, "Visita recusada")
    dseq = refuse(at, "out_of_reach")
    with at.store.transaction() as db:
        db.run("UPDATE ctx SET applying=1")
        db.run("DELETE FROM activity WHERE id=?", one)
        db.run("UPDATE ctx SET applying=0")
    page = shown(at)
    assert "Visita recusada" in text(page)
    assert at.app.words.reason("out_of_reach") in text(page)
    assert ("dismiss", str(dseq)) in acts(page)


def test_a_deletion_that_was_refused_is_said_once(tmp_path: Path) -> None:
    at = desk(tmp_path)
    one = at.from_hq("activity", customer_id=at.customer, kind="task", title="Ligar", status="open", place="Porto")
    with at.store.writing() as tx:
        tx.delete("activity", one)
    dseq = refuse(at, "forbidden")
    at.from_hq("activity", customer_id=at.customer, kind="task", title="outra", status="open")
    with at.store.transaction() as db:
        db.run("UPDATE ctx SET applying=1")
        db.insert("activity", one, {"customer_id": at.customer, "kind": "task", "title": "Ligar", "status": "open"})
        db.run("UPDATE ctx SET applying=0")
    page = activity.render(sheet_of(at), queries.one(at.store, at.customer, one, NOW))
    assert [act for act in acts(page) if act[0] == "dismiss"] == [("dismiss", str(dseq))]


def test_a_long_list_comes_in_pages(tmp_path: Path) -> None:
    at = desk(tmp_path)
    with at.store.writing() as tx:
        for n in range(53):
            tx.create("activity", {"customer_id": at.customer, "kind": "task", "title": f"T{n:02d}"})
    assert "1 a 50 de 53" in text(shown(at))
    last = text(shown(at, first=50))
    assert "51 a 53 de 53" in last
    assert last.count("Tarefa ·") == 3
    assert len([act for act in acts(shown(at, first=50)) if act[0] == "close"]) == 3


def test_nothing_yet_says_what_the_place_is_for(tmp_path: Path) -> None:
    at = desk(tmp_path)
    page = shown(at)
    assert "Sem atividades" in text(page)
    assert acts(page) == [("add", "task"), ("add", "call"), ("add", "appointment")]
