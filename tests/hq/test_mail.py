"""Mails as their receivers read them: in their language, with what changed, and whatever people typed stays text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from mobility_app.domain.change import Row
from mobility_app.errors import InvalidValue
from mobility_app.hq import mail_settings
from mobility_app.hq.mail import one_line
from mobility_app.hq.mail_settings import MailSettings
from mobility_app.hq.post import again, counts, pause, paused
from tests.support.mailroom import DAY, HOUR, Mailroom, event, text, to
from tests.support.sink import SENDER


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Mailroom]:
    made = Mailroom(tmp_path)
    yield made
    made.sink.stop()


def by_name(messages: list[EmailMessage]) -> dict[str, EmailMessage]:
    return {to(message): message for message in messages}


def test_each_receiver_reads_their_own_language(room: Mailroom) -> None:
    activity = room.appointment()
    for who in ("Iva", "Marta"):
        room.take_in(activity, who)
    got = by_name(room.send())
    assert {name: str(message["Subject"]) for name, message in got.items()} == {
        "Rui": "Novo compromisso: Visita · Óptica", "Eva": "Nouveau rendez-vous : Visita · Óptica",
        "Iva": "New appointment: Visita · Óptica", "Marta": "Nueva cita: Visita",
    }  # fmt: skip
    assert "Ana adicionou esta atividade." in text(got["Rui"])
    assert "(Lisboa)" in text(got["Rui"])
    assert "mardi 22 septembre 2026" in text(got["Eva"])
    assert "Porque participa" not in text(got["Marta"])
    for name, language in (("Rui", "pt"), ("Eva", "fr"), ("Iva", "en"), ("Marta", "es")):
        assert f'<html lang="{language}">' in text(got[name], "html")
        assert got[name]["Content-Language"] == language


def test_a_mail_comes_from_the_office_for_a_person_and_answers_go_to_that_person(room: Mailroom) -> None:
    room.appointment()
    message = by_name(room.send())["Rui"]
    assert str(message["From"]) == f"Ana <{SENDER}>"
    assert str(message["Reply-To"]) == "Ana <ana@lusa.example>"
    assert str(message["To"]) == "Rui <rui@lusa.example>"
    assert message["X-MailFrom"] == SENDER
    assert message["Auto-Submitted"] == "auto-generated"
    assert re.fullmatch(r"<[0-9a-f]{32}@mobility\.example>", str(message["Message-ID"]))
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html", "text/calendar"]


def test_what_changed_is_said_from_what_to_what(room: Mailroom) -> None:
    activity = room.appointment()
    room.take_in(activity, "Iva")
    room.send()
    room.set(activity, title="Outra visita", place=None, notes="Levar amostras", assignee_id=room.ids["Ana"])
    plain = text(by_name(room.send()[-3:])["Iva"])
    for line in (
        "- Title: Visita → Outra visita",
        "- Place: Porto → none",
        "- Notes",
        "- Assigned to: Rui → Ana",
        "Notes: Levar amostras",
    ):
        assert line in plain.splitlines()


@pytest.mark.parametrize(
    ("status", "subject", "said"),
    [("closed", "Closed: Visita · Óptica", "Ana closed"), ("cancelled", "Cancelled: Visita · Óptica", "Ana cancelled")],
)
def test_an_end_has_its_own_words(room: Mailroom, status: str, subject: str, said: str) -> None:
    activity = room.appointment()
    room.take_in(activity, "Iva")
    room.send()
    room.set(activity, status=status)
    message = by_name(room.send()[-3:])["Iva"]
    assert (str(message["Subject"]), said in text(message)) == (subject, True)
    room.delete("activity", activity)
    message = by_name(room.send()[-3:])["Iva"]
    assert str(message["Subject"]) == "Deleted: Visita · Óptica"


def test_a_contact_never_reads_what_is_the_companys_own(room: Mailroom) -> None:
    activity = room.appointment(notes="They owe us", outcome="weak")
    room.take_in(activity, "Marta")
    room.send()
    room.set(activity, place="Braga")
    for message in room.send():
        if to(message) == "Marta":
            whole = message.as_string()
            assert "They owe us" not in whole
            assert "weak" not in whole
            found = event(message)
            assert found is not None
            assert "DESCRIPTION" not in found[1]


HOSTILE = "Visita\r\nBcc: x@y.example\r\n\r\n<script>alert(1)</script>"


def test_a_title_with_line_ends_is_one_mail_without_a_new_header(room: Mailroom) -> None:
    """Past the door, which takes no line ends in a title: whatever is in the tables, a mail keeps its headers."""
    activity = room.appointment()
    with room.fleet.office.ledger.transaction(silent=True) as tx:
        tx.run("UPDATE activity SET title=? WHERE id=?", HOSTILE, activity)
        tx.run('UPDATE "user" SET name=? WHERE id=?', "Ana\nBcc: z@y.example", room.ids["Ana"])
    room.set(activity, place="Braga")
    got = room.send()
    assert sorted(map(to, got)) == ["Eva", "Rui"]
    for message in got:
        assert message["Bcc"] is None
        assert message["X-RcptTo"] in ("rui@lusa.example", "eva@lusa.example")
        assert "Bcc: x@y.example <script>alert(1)</script>" in str(message["Subject"])
        assert "<script" not in text(message, "html")
        assert "&lt;script&gt;" in text(message, "html")
        found = event(message)
        assert found is not None
        assert "\r" not in str(found[1]["SUMMARY"])


def test_the_door_refuses_such_a_title_in_the_first_place(room: Mailroom) -> None:
    with pytest.raises(InvalidValue, match="bad_characters"):
        room.appointment(title=HOSTILE)


@pytest.mark.parametrize(
    "title", ["😀🎉 Café", "זה מבחן 123", "a" * 500, "\u202eevil", "=?utf-8?q?x?=", "{name} %s", "Zoë\u2028Bcc: x"]
)
def test_letters_of_any_kind_arrive_as_they_were(room: Mailroom, title: str) -> None:
    room.appointment(title=title)
    message = by_name(room.send())["Rui"]
    shown = one_line(title)
    assert str(message["Subject"]).startswith(f"Novo compromisso: {shown}"[:190])
    assert shown in text(message)
    assert "\u202e" not in message.as_string() + text(message)
    raw = room.sink.envelopes[-1][2]
    assert raw.isascii()
    assert max(map(len, raw.splitlines())) <= 998


def test_a_million_letters_of_notes_make_no_large_mail(room: Mailroom) -> None:
    room.appointment(notes="linha longa\n" * 90_000)
    for _, _, raw in (room.send(), room.sink.envelopes)[1]:
        assert len(raw) < 150_000
    assert "…" in text(by_name(room.sink.received())["Rui"])


def test_an_address_beyond_ascii_is_reached(room: Mailroom) -> None:
    with room.fleet.office.ledger.transaction(silent=True) as tx:
        tx.update("user", room.ids["Rui"], {"email": "josé@óptica.example"})
        tx.update("user", room.ids["Eva"], {"email": "eva@óptica.example"})
    room.appointment()
    assert sorted(str(message["X-RcptTo"]) for message in room.send()) == [
        "eva@xn--ptica-zta.example",
        "josé@xn--ptica-zta.example",
    ]


def test_a_composed_message_is_the_persons_own_words(room: Mailroom) -> None:
    values: Row = {
        "customer_id": room.ids["customer"], "sender_id": room.ids["Ana"], "subject": "Preços 2027",
        "contact_ids": [room.ids["Marta"]], "body": "Bom dia,\n\n<b>veja</b> & diga.\nAna",
    }  # fmt: skip
    with room.by() as tx:
        message_id = tx.create("message", values)
    (message,) = room.send()
    assert (str(message["Subject"]), str(message["Reply-To"])) == ("Preços 2027", "Ana <ana@lusa.example>")
    assert text(message).strip() == "Bom dia,\n\n<b>veja</b> & diga.\nAna"
    assert "<p>Bom dia,</p><p>&lt;b&gt;veja&lt;/b&gt; &amp; diga.<br>Ana</p>" in text(message, "html")
    assert message["Auto-Submitted"] is None
    assert room.record("message", message_id)["state"] == "sent"


# -- what becomes of a mail


def test_pauses_double_and_after_a_day_a_mail_is_dead_until_the_office_tries_again(room: Mailroom) -> None:
    activity = room.appointment()
    room.sink.settings()
    room.sink.stop()
    pauses = []
    for _ in range(40):
        waiting = [mail for mail in room.all() if mail.state == "waiting"]
        if not waiting:
            break
        room.fleet.clock.at = max(room.fleet.clock.at, min(mail.retry_at for mail in waiting))
        started = room.fleet.clock.at
        room.post.tick()
        pauses.append(max(mail.retry_at for mail in room.all()) - started)
    assert [round(pause / 60_000) for pause in pauses[:9]] == [1, 2, 4, 8, 16, 32, 64, 128, 256]
    assert max(pauses) <= 6 * HOUR + 1000
    assert {(mail.state, mail.reason) for mail in room.all()} == {("dead", "unreachable")}
    assert room.record("activity", activity)["mail_state"] == "failed"
    assert again(room.fleet.office.ledger) == 2
    assert room.record("activity", activity)["mail_state"] == "waiting"
    assert sorted(map(to, room.send())) == ["Eva", "Rui"]
    assert room.record("activity", activity)["mail_state"] == "sent"


def test_a_permanent_refusal_is_noted_with_the_servers_words_and_the_next_change_tries_anew(room: Mailroom) -> None:
    activity = room.appointment()
    room.sink.settings()
    room.sink.days = ["550 nobody here", "550 nobody here"]
    assert room.send() == []
    assert {(mail.state, mail.reason, mail.said) for mail in room.all()} == {("dead", "refused", "550 nobody here")}
    assert room.record("activity", activity)["mail_state"] == "failed"
    room.set(activity, title="Outra")
    got = room.send()
    assert {str(message["Subject"])[:5] for message in got} == {"Novo ", "Nouve"}  # they still had not been told of it
    assert room.record("activity", activity)["mail_state"] == "sent"
    assert again(room.fleet.office.ledger) == 0


def test_mail_can_be_held_back_and_loses_nothing(room: Mailroom) -> None:
    ledger = room.fleet.office.ledger
    pause(ledger, on=True)
    activity = room.appointment()
    assert room.send() == []
    room.set(activity, title="Outra")
    with ledger.reading() as session:
        assert paused(session)
        assert counts(session)["waiting"] == 2
    pause(ledger, on=False)
    assert len(room.send()) == 2


def test_what_waited_for_more_than_a_week_goes_to_a_person_and_not_out(room: Mailroom) -> None:
    """A mail server that is named after months of work must not pour them out."""
    with room.by() as tx:
        tx.create(
            "activity",
            {"customer_id": room.ids["customer"], "kind": "task", "title": "x", "assignee_id": room.ids["Rui"]},
        )
    room.fleet.clock.at += 8 * DAY
    assert room.send() == []
    assert {(mail.state, mail.reason) for mail in room.all()} == {("dead", "old")}
    again(room.fleet.office.ledger)
    assert sorted(map(to, room.send())) == ["Eva", "Rui"]


def test_bodies_go_a_week_after_they_were_sent(room: Mailroom) -> None:
    room.appointment()
    room.send()
    assert all(mail.raw for mail in room.all())
    room.fleet.clock.at += 8 * DAY
    room.post.tick()
    assert [(mail.raw, mail.after, mail.state) for mail in room.all()] == [(None, None, "sent")] * 2


# -- settings


def test_settings_come_from_file_environment_and_command_line_the_later_before_the_earlier(tmp_path: Path) -> None:
    assert mail_settings.read(tmp_path, {}) is None
    (tmp_path / "mail.toml").write_text(
        'smtp = "mail.lusa.example"\nfrom = "a@lusa.example"\nuser = "u"\npassword = "p"\n', "utf-8"
    )
    assert mail_settings.read(tmp_path, {}) == MailSettings(
        "mail.lusa.example", 587, "a@lusa.example", "starttls", "u", "p"
    )
    found = mail_settings.read(
        tmp_path, {"MOBILITY_SMTP": "[::1]:2525", "MOBILITY_SMTP_FROM": "b@lusa.example"}, {"from": "c@lusa.example"}
    )
    assert found is not None
    assert (found.host, found.port, found.sender, found.security) == ("::1", 2525, "c@lusa.example", "none")


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"smtp": "host:x", "from": "a@b.example"}, "mail_settings"), ({"smtp": "host"}, "mail_sender"),
        ({"smtp": "host", "from": "a\r\nBcc: x@y.example"}, "mail_sender"),
        ({"smtp": ":25", "from": "a@b.example"}, "mail_settings"),
        ({"smtp": "host", "from": "a@b.example", "security": "ssl"}, "mail_settings"),
        ({"smtp": "host", "from": "a@b.example", "secure": "tls"}, "mail_settings"),
        ({"smtp": "host", "from": "a@b.example", "settle_seconds": "-1"}, "mail_settings"),
    ],
)  # fmt: skip
def test_a_setting_that_is_none_is_refused(tmp_path: Path, given: dict[str, str], reason: str) -> None:
    with pytest.raises(InvalidValue, match=reason):
        mail_settings.read(tmp_path, {}, given)
