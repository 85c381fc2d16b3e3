"""How mail stands on the sheet: the last composed messages, an activity's chip, and no line of it among what people did."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobility_app.store.queries import activities as activity_queries
from mobility_app.store.queries import history_page, messages, news
from mobility_app.store.queries.activities import ALL
from mobility_app.store.queries.history_page import Asked
from mobility_app.ui.sheet import activities, activity, mailings
from tests.support.desk import NOW, Desk, desk
from tests.support.sheets import log, refuse, sheet_of, text


def contact(at: Desk, name: str) -> str:
    return at.from_hq("contact", customer_id=at.customer, first_name=name, opted_out=False)


def message(at: Desk, subject: str = "Novidades", **more: object) -> str:
    values = {
        "customer_id": at.customer,
        "sender_id": at.user,
        "subject": subject,
        "body": "Olá\n<b>a todos</b>",
        "contact_ids": [],
    }
    return at.from_hq("message", **{**values, "state": "waiting", **more})  # type: ignore[arg-type]


def shown(at: Desk) -> str:
    return str(mailings.render(sheet_of(at), messages.newest(at.store, at.customer)))


def test_without_messages_nothing_stands_there(tmp_path: Path) -> None:
    assert text(shown(desk(tmp_path))) == ""


def test_the_newest_messages_stand_with_who_when_to_how_many_and_their_state(tmp_path: Path) -> None:
    at = desk(tmp_path)
    people = sorted(contact(at, name) for name in ("Marta", "Nuno"))
    for number in range(messages.NEWEST + 1):
        message(at, f"Carta {number}", contact_ids=people, state="sent")
    page = shown(at)
    assert [f"Carta {number}" in page for number in range(messages.NEWEST + 1)] == [False] + [True] * messages.NEWEST
    assert page.index("Carta 5") < page.index("Carta 1")
    assert "Ana Silva · hoje" in text(page)
    assert "2 destinatários" in text(page)
    assert "E-mail enviado" in text(page)
    assert "<b>a todos" not in page


def test_a_message_that_did_not_reach_everybody_says_whom_and_why(tmp_path: Path) -> None:
    at = desk(tmp_path)
    marta, nobody = contact(at, "Marta"), at.store.new_id()
    message(at, contact_ids=[marta], state="failed", reason="refused", undelivered_ids=[marta, nobody])
    page = text(shown(at))
    assert "E-mail não entregue" in page
    assert "Não entregue a Marta e mais 1. O servidor de e-mail do destino recusou." in page


@pytest.mark.parametrize("reason", ["no_address", "opted_out", "refused", "unreachable"])
def test_every_reason_has_its_sentence(tmp_path: Path, reason: str) -> None:
    at = desk(tmp_path)
    message(at, state="failed", reason=reason, undelivered_ids=[contact(at, "Marta")])
    said = text(shown(at)).partition("Não entregue a Marta.")[2]
    assert said.strip()
    assert reason not in said


def test_a_message_that_was_not_synced_says_so_and_one_that_was_refused_has_its_reason(tmp_path: Path) -> None:
    at = desk(tmp_path)
    values = {
        "customer_id": at.customer,
        "sender_id": at.user,
        "subject": "Oferta",
        "body": "x",
        "contact_ids": [contact(at, "Marta")],
    }
    with at.store.writing() as tx:
        tx.create("message", values)  # type: ignore[arg-type]
    assert "Não sincronizado" in text(shown(at))
    refuse(at, "forbidden")
    assert "Oferta" in text(shown(at))


def test_the_state_of_an_activitys_mail_stands_on_its_page_and_what_is_not_done_in_its_row(tmp_path: Path) -> None:
    at = desk(tmp_path)
    for state, words, in_row in (
        (None, "E-mail", False), ("waiting", "E-mail à espera", True), ("sent", "E-mail enviado", False),
        ("failed", "E-mail não entregue", True),
    ):  # fmt: skip
        one = at.from_hq(
            "activity", customer_id=at.customer, kind="task", title=f"T {state}", status="open", mail_state=state
        )
        model = activity_queries.one(at.store, at.customer, one, NOW)
        assert (words in text(activity.render(sheet_of(at), model))) == (state is not None)
        page = activities.render(sheet_of(at), activity_queries.of_customer(at.store, at.customer, ALL, NOW), ALL, 0)
        assert (words in text(page)) == in_row, state


def test_what_the_office_notes_about_its_mails_is_no_act_of_anybody(tmp_path: Path) -> None:
    at = desk(tmp_path)
    task = at.from_hq("activity", customer_id=at.customer, kind="task", title="Ligar", status="open", mail_state="sent")
    log(at, 1, "activity", task, "create", {"title": [None, "Ligar"]})
    log(at, 2, "activity", task, "update", {"mail_state": [None, "waiting"]}, user_id=None, device_id=None)
    log(at, 3, "activity", task, "update", {"mail_state": ["waiting", "sent"]}, user_id=None, device_id=None)
    page = history_page.page(at.store, at.customer, Asked(), NOW)
    assert [(change.kind, change.total if hasattr(change, "total") else 1) for change in page.changes] == [
        ("create", 1)
    ]
    assert (page.total, page.kinds, "HQ" in page.users.values()) == (1, ("create",), False)
    log(at, 4, "message", message(at), "update", {"state": ["waiting", "sent"]}, user_id=None, device_id=None)
    found = news.news(at.store, news.Since({}))
    assert [(row.who, row.records) for row in found.rows] == [("Marta Costa", (("activity", 1),))]
