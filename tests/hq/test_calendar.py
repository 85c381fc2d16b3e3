"""Calendar parts, parsed back: one UID for ever, a SEQUENCE that rises, CANCEL where something is over, no line broken in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from icalendar import Calendar

from mobility_app.domain.change import Row
from mobility_app.hq import calendar
from mobility_app.hq.calendar import CANCEL, REQUEST, Person
from tests.support.mailroom import DAY, HOUR, Mailroom, event, text, to

START = 1_790_086_400_000  # 22 Sep 2026, 14:13:20 UTC
TOLD: Row = {"kind": "appointment", "status": "open", "title": "Visita", "starts_at": START, "ends_at": START + HOUR,
             "place": "Porto"}  # fmt: skip
SHOWN = ("title", "starts_at", "ends_at", "place")


def parsed(told: Row = TOLD, verb: str = REQUEST, **more: object) -> Calendar:
    organizer, people = (
        Person("office@lusa.example", "Lusa"),
        [Person("rui@lusa.example", 'Rui "R" \r\nCosta'), Person("x@y.example", "")],
    )
    given = {"at": START - DAY, "organizer": organizer, "attendees": people, **more}
    found = Calendar.from_ical(calendar.invitation(verb, "a@mobility", 3, told, **given))  # type: ignore[arg-type]
    assert isinstance(found, Calendar)
    return found


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Mailroom]:
    made = Mailroom(tmp_path)
    yield made
    made.sink.stop()


def test_an_invitation_reads_back_with_everything_in_it() -> None:
    whole = parsed(description="Linha 1\nLinha 2; com, sinais \\ 😀")
    (one,) = whole.walk("VEVENT")
    assert (whole["METHOD"], whole["VERSION"]) == ("REQUEST", "2.0")
    assert (one["UID"], one["SEQUENCE"], one["SUMMARY"], one["LOCATION"]) == ("a@mobility", 3, "Visita", "Porto")
    assert one["DESCRIPTION"] == "Linha 1\nLinha 2; com, sinais \\ 😀"
    begins = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=START)
    assert (one["DTSTART"].dt, one["DTEND"].dt) == (begins, begins + timedelta(hours=1))
    assert one["DTSTART"].dt.utcoffset() == timedelta(0)
    assert one["STATUS"] == "CONFIRMED"
    assert (one["ORGANIZER"], one["ORGANIZER"].params["CN"]) == ("mailto:office@lusa.example", "Lusa")
    rui, other = one["ATTENDEE"]
    assert (rui, rui.params["CN"], rui.params["RSVP"]) == ("mailto:rui@lusa.example", "Rui 'R' Costa", "FALSE")
    assert other == "mailto:x@y.example"


def test_a_cancellation_says_so_twice_and_tells_nothing_more_than_it_must() -> None:
    whole = parsed(verb=CANCEL, description="secret")
    (one,) = whole.walk("VEVENT")
    assert (whole["METHOD"], one["STATUS"], one["UID"], one["SEQUENCE"]) == ("CANCEL", "CANCELLED", "a@mobility", 3)
    assert "DESCRIPTION" not in one


@pytest.mark.parametrize(
    "title", ["a\r\nATTENDEE:mailto:evil@x.example", "b\nEND:VEVENT", "c\x00\x07d", "e" * 500, "😀" * 200, "שלום; עולם"]
)
def test_no_title_breaks_out_of_its_line(title: str) -> None:
    whole = parsed({**TOLD, "title": title, "place": title}, description=title)
    (one,) = whole.walk("VEVENT")
    assert len(one["ATTENDEE"]) == 2
    assert "".join(str(one["SUMMARY"]).split()) == "".join(title.replace("\x00", "").replace("\x07", "").split())
    raw = calendar.invitation(
        REQUEST, "a", 0, {**TOLD, "title": title}, at=START, organizer=Person("a@b.example", ""), attendees=[]
    )
    assert all(len(line.encode()) <= 75 for line in raw.split("\r\n"))


def test_an_end_that_is_not_known_or_no_later_is_left_out() -> None:
    for end in (None, START):
        (one,) = parsed({**TOLD, "ends_at": end}).walk("VEVENT")
        assert "DTEND" not in one


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (None, {}, REQUEST), ({}, {"title": "Outra"}, REQUEST), ({}, {"notes": "x"}, ""), ({}, None, CANCEL),
        ({}, {"status": "cancelled"}, CANCEL), ({}, {"status": "closed"}, ""), ({"status": "closed"}, None, ""),
        ({"status": "cancelled"}, None, ""), ({"status": "cancelled"}, {}, REQUEST), ({"status": "closed"}, {}, REQUEST),
        ({"kind": "task"}, {"kind": "task", "title": "x"}, ""), (None, {"status": "closed"}, ""),
        ({"starts_at": None}, {}, REQUEST),
    ],
)  # fmt: skip
def test_what_a_net_change_does_to_a_calendar(before: Row | None, after: Row | None, expected: str) -> None:
    sides = [None if side is None else {**TOLD, "notes": "", **side} for side in (before, after)]
    assert calendar.method(sides[0], sides[1], SHOWN) == expected


def test_one_uid_and_a_rising_sequence_from_the_invitation_to_the_end(room: Mailroom) -> None:
    activity = room.appointment()
    room.take_in(activity, "Marta")
    room.send()
    room.set(activity, starts_at=room.fleet.clock.at + 2 * DAY, ends_at=room.fleet.clock.at + 2 * DAY + HOUR)
    room.send()
    room.set(activity, notes="only for us")
    room.send()
    room.set(activity, status="cancelled")
    room.send()
    room.set(activity, status="open")
    room.send()
    room.delete("activity", activity)
    got = [(to(message), event(message)) for message in room.send()]
    for who, expected in (
        ("Rui", ["REQUEST"] * 3 + ["CANCEL", "REQUEST", "CANCEL"]), ("Marta", ["REQUEST"] * 2 + ["CANCEL", "REQUEST", "CANCEL"]),
    ):  # fmt: skip
        mine = [found for name, found in got if name == who and found]
        assert [method for method, _ in mine] == expected
        assert {str(one["UID"]) for _, one in mine} == {f"{activity}@mobility"}
        numbers = [int(str(one["SEQUENCE"])) for _, one in mine]
        assert numbers == sorted(set(numbers))


def test_who_is_taken_off_is_called_off_and_the_others_are_kept(room: Mailroom) -> None:
    activity = room.appointment()
    taking = room.take_in(activity, "Iva")
    room.send()
    room.delete("activity_participant", taking)
    last = {to(message): event(message) for message in room.send()[-3:]}
    assert {name: found[0] if found else "" for name, found in last.items()} == {
        "Rui": "REQUEST",
        "Eva": "REQUEST",
        "Iva": "CANCEL",
    }
    assert last["Iva"] is not None
    assert "iva@lusa.example" in str(last["Iva"][1]["ATTENDEE"])
    assert last["Rui"] is not None
    assert "iva@lusa.example" not in str(last["Rui"][1]["ATTENDEE"])


def test_what_is_over_is_told_to_colleagues_without_a_calendar_and_to_contacts_not_at_all(room: Mailroom) -> None:
    activity = room.appointment()
    room.take_in(activity, "Marta")
    room.fleet.clock.at += 3 * DAY  # the rep's tablet was off that long
    got = room.send()
    assert sorted(map(to, got)) == ["Eva", "Rui"]
    assert all(event(message) is None and text(message) for message in got)
    assert {mail.reason for mail in room.all() if mail.state == "skipped"} == {"past"}
    assert room.record("activity", activity)["mail_state"] == "sent"


def test_a_task_has_no_calendar_part(room: Mailroom) -> None:
    with room.by() as tx:
        tx.create(
            "activity",
            {"customer_id": room.ids["customer"], "kind": "task", "title": "x", "assignee_id": room.ids["Rui"]},
        )
    assert [event(message) for message in room.send()] == [None, None]
