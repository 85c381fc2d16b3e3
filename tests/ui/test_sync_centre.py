"""The sync centre: what waits, what was refused and why, conflicts, and the state of sync in words."""

from __future__ import annotations

import html
import re
from pathlib import Path

from mobility_app.store import faults
from mobility_app.store.actions import settle
from mobility_app.store.queries import sync_centre as queries
from mobility_app.store.queries.mended import mended
from mobility_app.sync.status import FETCHING, OFFLINE, ONLINE, SENDING, STOPPED, SYNCING, Progress, Status
from mobility_app.ui import sync_centre
from mobility_app.ui.markup import Html
from mobility_app.ui.shell import sync_box
from mobility_app.ui.sync_centre import Picture
from mobility_app.ui.words import Words
from tests.support.desk import NOW, Desk, desk

PT = Words("pt")
HOUR = 3_600_000


def text(markup: Html) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", markup)).split())


def drawn(at: Desk, status: Status | None = None, *, may: bool = True) -> Html:
    words = at.app.words
    return sync_centre.render(words, Picture(queries.unsettled(at.store), status or Status(ONLINE, NOW), NOW, may))


def change(at: Desk, **values: object) -> int:
    with at.store.writing() as tx:
        tx.update("customer", at.customer, values)  # type: ignore[arg-type]
    with at.store.reading() as session:
        return int(session.value("SELECT MAX(dseq) FROM change"))


def refuse(at: Desk, dseq: int, reason: str, fields: str = "{}") -> None:
    with at.store.transaction() as session:
        verdict = f'{{"state":"rejected","reason":"{reason}","fields":{fields}}}'
        session.run("UPDATE change SET state='rejected', verdict=? WHERE dseq=?", verdict, dseq)


def clash(at: Desk) -> str:
    return at.from_hq(
        "conflict", customer_id=at.customer, entity="customer", record_id=at.customer, field="name", base="A",
        winner="Óptica Nova", loser="Óptica Velha", winner_user_id=at.colleague, loser_user_id=at.user,
        winner_at=NOW - HOUR, loser_at=NOW - 2 * HOUR, rule="lww", state="open",
    )  # fmt: skip


def test_nothing_waits_and_the_last_sync_is_named(tmp_path: Path) -> None:
    said = text(drawn(desk(tmp_path)))
    assert "Nada à espera" in said
    assert "Com rede" in said
    assert "hoje 09:46" in said
    assert "Sincronizar agora" in said


def test_a_change_that_waits_names_its_fields_its_customer_and_leads_to_the_place(tmp_path: Path) -> None:
    at = desk(tmp_path)
    change(at, website="https://a.example", preferred_weekday=2)
    at.from_hq("contact", customer_id=at.customer, first_name="Rita", last_name="Lima")
    with at.store.writing() as tx:
        tx.create("contact", {"customer_id": at.customer, "first_name": "Ana", "last_name": "Dias"})
    markup = drawn(at)
    said = text(markup)
    assert "Óptica Lusitânia & Filhos Dia preferido para compromissos e Site" in said or (
        "Óptica Lusitânia & Filhos Site e Dia preferido para compromissos" in said
    )
    assert "Contato Ana Dias Novo · Óptica Lusitânia & Filhos" in said
    assert f'href="/customers/{at.customer}/contacts"' in markup
    assert queries.unsettled(at.store).waiting_count == 2


def test_a_refused_value_says_which_and_why_until_it_is_dismissed(tmp_path: Path) -> None:
    at = desk(tmp_path)
    dseq = change(at, website="https://a.example", name="Outra")
    refuse(at, dseq, "forbidden", '{"website": ["rejected", "not_a_website"]}')
    markup = drawn(at)
    said = text(markup)
    assert "Site: “https://a.example”. " + PT.reason("not_a_website") in said
    assert "Nome da conta: “Outra”. " + PT.reason("forbidden") in said
    assert f'data-act="dismiss" data-arg="{dseq}"' in markup
    assert f'data-act="again" data-arg="{dseq}"' in markup
    settle.dismiss(at.store, dseq)
    assert queries.unsettled(at.store).refused_count == 0
    assert queries.refusal(at.store, dseq) is None


def test_a_refused_record_that_is_gone_keeps_its_name_and_offers_no_edit(tmp_path: Path) -> None:
    at = desk(tmp_path)
    with at.store.writing() as tx:
        tx.create("contact", {"customer_id": at.customer, "first_name": "Ana", "last_name": "Dias"})
    with at.store.transaction() as session:
        session.run("UPDATE ctx SET applying=1")
        session.run("DELETE FROM contact")
        session.run("UPDATE ctx SET applying=0")
        dseq = int(session.value("SELECT MAX(dseq) FROM change"))
    refuse(at, dseq, "out_of_reach")
    markup = drawn(at)
    assert f"Contato Ana Dias Óptica Lusitânia & Filhos · hoje 09:46 Novo: {PT.reason('out_of_reach')}" in text(markup)
    assert "again" not in markup


def test_a_conflict_shows_both_values_with_who_and_when_and_can_be_settled(tmp_path: Path) -> None:
    at = desk(tmp_path)
    conflict_id = clash(at)
    markup = drawn(at)
    said = text(markup)
    assert "Óptica Nova" in said
    assert "Óptica Velha" in said
    assert "Marta Costa · hoje 08:46" in said
    assert f'data-act="settle" data-arg="{conflict_id}:winner"' in markup
    assert f'data-act="settle" data-arg="{conflict_id}:loser"' in markup
    assert f'href="/customers/{at.customer}/details"' in markup
    assert 'data-arg="' + conflict_id + ':loser" disabled' in drawn(at, may=False)
    settle.settle(at.store, conflict_id, "loser")
    assert queries.unsettled(at.store).clash_count == 0
    assert (at.store.read("customer", at.customer) or {})["name"] == "Óptica Velha"


def test_a_sync_that_failed_names_the_cause_and_the_next_try(tmp_path: Path) -> None:
    at = desk(tmp_path)
    said = text(drawn(at, Status(OFFLINE, NOW - HOUR, "network", NOW + 60_000)))
    assert "Sem rede" in said or "Offline" in said
    assert "próxima tentativa 09:47" in said
    assert PT.problem("network") in said
    assert PT.problem("revoked") in text(drawn(at, Status(STOPPED, None, "revoked")))


def test_a_name_is_text_and_never_markup(tmp_path: Path) -> None:
    at = desk(tmp_path)
    change(at, name="<script>x</script>")
    assert "<script" not in drawn(at)


def test_long_lists_are_cut_and_counted(tmp_path: Path) -> None:
    at = desk(tmp_path)
    for number in range(queries.ROWS_MAX + 3):
        change(at, notes=f"n{number}")
    found = queries.unsettled(at.store)
    assert (len(found.waiting), found.waiting_count) == (queries.ROWS_MAX, queries.ROWS_MAX + 3)
    assert "Mais 3 alterações esperam." in text(drawn(at))


def test_how_far_a_sync_is_stands_in_numbers_and_as_a_bar(tmp_path: Path) -> None:
    at = desk(tmp_path, language="en")
    status = Status(SYNCING, NOW, progress=Progress(SENDING, 120, 400))
    picture = drawn(at, status)
    assert "Sent 120 of 400" in text(picture)
    assert 'aria-valuenow="30"' in picture
    at.app.backend.board.update(state=SYNCING, progress=Progress(FETCHING, 3_000, 12_000))
    assert "Received 3,000 of about 12,000" in text(sync_box(at.app))
    assert "Sent" not in text(drawn(at, Status(ONLINE, NOW)))


def test_what_was_put_right_is_told_with_both_values(tmp_path: Path) -> None:
    at = desk(tmp_path)
    assert "Corrigido" not in text(drawn(at))
    with at.store.transaction() as session:
        row = session.get("customer", at.customer) or {}
        rotten = {**row, "website": "https://rot.example/"}
        faults.note(session, NOW - HOUR, faults.REPAIRED, "customer", at.customer, at.customer, was=rotten, stands=row)
        faults.note(session, NOW - HOUR, faults.SEARCH, stands={"customers": 2})
    words = at.app.words
    picture = Picture(queries.unsettled(at.store), Status(ONLINE, NOW), NOW, True, mended=mended(at.store))
    said = text(sync_centre.render(words, picture))
    assert "Corrigido" in said
    assert "“https://rot.example/” passou a" in said
    assert "A busca tinha perdido clientes" in said
    assert "Nada à espera" in said
