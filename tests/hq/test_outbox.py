"""Who is to be told of what: folded to one net change for each receiver, never to the one who did it, never twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobility_app.domain.change import Row
from mobility_app.hq import involved
from mobility_app.hq.ledger import Author
from mobility_app.hq.outbox import Mail
from mobility_app.hq.verify import faults
from mobility_app.sync import protocol
from mobility_app.sync.protocol import PushAnswer, PushRequest, WireChange
from tests.support.forger import Forger, forged
from tests.support.mailroom import DAY, Mailroom, event, to


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Mailroom]:
    made = Mailroom(tmp_path)
    yield made
    made.sink.stop()


def kind(mail: Mail) -> str:
    """made, changed, gone"""
    return "made" if mail.before is None else "gone" if mail.after is None else "changed"


def told(room: Mailroom) -> dict[str, str]:
    return {name: kind(mail) for name, mail in room.waiting().items()}


def of(room: Mailroom, **more: object) -> str:
    """An appointment that everybody was told of already."""
    activity = room.appointment(**more)  # type: ignore[arg-type]
    room.send()
    assert told(room) == {}
    return activity


def test_assignee_participants_and_owner_are_told_and_not_the_one_who_did_it(room: Mailroom) -> None:
    activity = room.appointment()
    for who in ("Ana", "Iva", "Marta", "Olga"):
        room.take_in(activity, who)
    assert told(room) == {"Rui": "made", "Eva": "made", "Iva": "made", "Marta": "made"}  # Olga wants no mail
    assert room.record("activity", activity)["mail_state"] == "waiting"


def _made_and_changed(room: Mailroom) -> None:
    room.set(room.appointment(), title="Outra")


def _made_and_deleted(room: Mailroom) -> None:
    room.delete("activity", room.appointment())


def _changed_twice(room: Mailroom) -> None:
    activity = of(room)
    room.set(activity, title="Outra")
    room.set(activity, place="Braga")


def _changed_and_back(room: Mailroom) -> None:
    activity = of(room)
    room.set(activity, title="Outra", notes="x")
    room.set(activity, title="Visita", notes=None)


def _changed_and_deleted(room: Mailroom) -> None:
    activity = of(room)
    room.set(activity, title="Outra")
    room.delete("activity", activity)


def _deleted_and_restored(room: Mailroom) -> None:
    activity = of(room)
    row = room.record("activity", activity)
    room.delete("activity", activity)
    with room.by() as tx:
        tx.add("activity", activity, {name: value for name, value in row.items() if name != "id"}, "restore")


def _somebody_taken_in_and_out(room: Mailroom) -> None:
    activity = of(room)
    taking = room.take_in(activity, "Iva")
    room.delete("activity_participant", taking)


def _somebody_taken_off(room: Mailroom) -> None:
    activity = room.appointment()
    taking = room.take_in(activity, "Iva")
    room.send()
    room.delete("activity_participant", taking)


def _given_to_somebody_else(room: Mailroom) -> None:
    room.set(of(room), assignee_id=room.ids["Iva"])


def _a_contact_taken_in(room: Mailroom) -> None:
    room.take_in(of(room), "Marta")


def _only_notes(room: Mailroom) -> None:
    activity = room.appointment()
    room.take_in(activity, "Marta")
    room.send()
    room.set(activity, notes="Do not tell them", outcome="won", status="closed")


def _cancelled(room: Mailroom) -> None:
    activity = room.appointment()
    room.take_in(activity, "Marta")
    room.send()
    room.set(activity, status="cancelled")


def _by_the_assignee(room: Mailroom) -> None:
    room.set(of(room), "Rui", title="Outra")


def _one_after_the_other(room: Mailroom) -> None:
    activity = of(room)
    room.set(activity, "Ana", title="Outra")
    room.set(activity, "Rui", place="Braga")


def _taken_back_by_somebody_else(room: Mailroom) -> None:
    activity = of(room)
    room.set(activity, "Ana", title="Outra")
    room.set(activity, "Rui", title="Visita")


def _nothing_new(room: Mailroom) -> None:
    room.set(of(room), title="Visita")


FOLDED: list[tuple[Callable[[Mailroom], None], dict[str, str]]] = [
    (_made_and_changed, {"Rui": "made", "Eva": "made"}),
    (_made_and_deleted, {}),
    (_changed_twice, {"Rui": "changed", "Eva": "changed"}),
    (_changed_and_back, {}),
    (_changed_and_deleted, {"Rui": "gone", "Eva": "gone"}),
    (_deleted_and_restored, {}),
    (_somebody_taken_in_and_out, {}),
    (_somebody_taken_off, {"Rui": "changed", "Eva": "changed", "Iva": "gone"}),
    (_given_to_somebody_else, {"Rui": "gone", "Eva": "changed", "Iva": "made"}),
    (_a_contact_taken_in, {"Rui": "changed", "Eva": "changed", "Marta": "made"}),
    (_only_notes, {"Rui": "changed", "Eva": "changed"}),
    (_cancelled, {"Rui": "changed", "Eva": "changed", "Marta": "changed"}),
    (_by_the_assignee, {"Eva": "changed"}),  # Ana is not involved
    (_one_after_the_other, {"Rui": "changed", "Eva": "changed"}),
    (_taken_back_by_somebody_else, {}),
    (_nothing_new, {}),
]


@pytest.mark.parametrize(("story", "expected"), FOLDED, ids=[story.__name__.strip("_") for story, _ in FOLDED])
def test_what_waits_is_folded_to_its_net_effect(
    room: Mailroom, story: Callable[[Mailroom], None], expected: dict[str, str]
) -> None:
    story(room)
    assert told(room) == expected


def test_who_does_something_is_told_what_others_did_and_nothing_of_their_own(room: Mailroom) -> None:
    activity = of(room)
    room.set(activity, "Ana", title="Outra")
    room.set(activity, "Rui", place="Braga")
    rui, eva = room.waiting()["Rui"], room.waiting()["Eva"]
    assert rui.before is not None
    assert rui.after is not None
    assert {name for name in rui.after if rui.before[name] != rui.after[name]} == {"title"}
    assert eva.before is not None
    assert (eva.before["title"], eva.before["place"]) == ("Visita", "Porto")


def test_an_activity_from_before_mail_was_known_is_changed_and_not_new(room: Mailroom) -> None:
    with room.fleet.office.ledger.transaction(silent=True) as tx:
        values: Row = {
            "customer_id": room.ids["customer"],
            "kind": "task",
            "title": "Old",
            "assignee_id": room.ids["Rui"],
        }
        activity = tx.create("activity", values)
    assert told(room) == {}
    room.set(activity, title="New")
    assert told(room) == {"Rui": "changed", "Eva": "changed"}


def test_what_the_office_itself_does_is_told_to_all(room: Mailroom) -> None:
    with room.fleet.office.ledger.transaction() as tx:
        tx.create(
            "activity",
            {"customer_id": room.ids["customer"], "kind": "call", "title": "x", "assignee_id": room.ids["Ana"]},
        )
    assert told(room) == {"Ana": "made", "Eva": "made"}


def test_one_address_is_one_person(room: Mailroom) -> None:
    with room.fleet.office.ledger.transaction(silent=True) as tx:
        tx.create("contact_email", {"contact_id": room.ids["Nuno"], "value": "RUI@lusa.example", "is_main": True})
        for row in tx.find("contact_email", contact_id=room.ids["Nuno"]):
            if row["value"] != "RUI@lusa.example":
                tx.delete("contact_email", str(row["id"]))
    activity = room.appointment()
    room.take_in(activity, "Nuno")
    assert told(room) == {"Rui": "made", "Eva": "made"}


def test_a_customer_that_goes_with_its_appointments_calls_them_off(room: Mailroom) -> None:
    of(room)
    with room.by() as tx:
        for entity, record_id in tx.under("customer", room.ids["customer"]):
            tx.delete(entity, record_id)
        tx.delete("customer", room.ids["customer"])
    assert told(room) == {"Rui": "gone", "Eva": "gone"}
    assert {to(one) for one in room.send()[-2:]} == {"Rui", "Eva"}


def test_what_has_left_is_never_touched_and_what_follows_waits_for_it(room: Mailroom) -> None:
    activity = room.appointment()
    room.sink.settings()
    room.sink.days = ["data", "data"]  # the first two break when the mail has come: it may have been taken
    room.post.tick()
    first = {mail.receiver: mail.raw for mail in room.all() if mail.handed}
    assert first
    room.set(activity, title="Outra")
    versions: dict[str, list[int]] = {}
    for mail in room.all():
        versions.setdefault(mail.receiver, []).append(mail.version)
    assert {mail.receiver: mail.raw for mail in room.all() if mail.handed} == first
    for _ in range(5):
        room.fleet.clock.at += DAY // 4
        room.send()
    by_receiver: dict[str, list[int]] = {}
    for message in room.sink.received():
        found = event(message)
        assert found is not None
        by_receiver.setdefault(to(message), []).append(int(str(found[1]["SEQUENCE"])))
    assert all(numbers == sorted(set(numbers)) for numbers in by_receiver.values())
    assert room.record("activity", activity)["mail_state"] == "sent"


def test_two_mails_that_surely_did_not_arrive_become_one(room: Mailroom) -> None:
    activity = of(room)
    room.set(activity, title="Outra")
    room.sink.days = ["450 later", "450 later"]
    room.send()
    room.set(activity, place="Braga")
    assert told(room) == {"Rui": "changed", "Eva": "changed"}
    before = len(room.sink.received())
    assert len(room.send()) == before + 2


def test_a_composed_message_goes_once_to_each_contact_who_can_be_written_to(room: Mailroom) -> None:
    values: Row = {
        "customer_id": room.ids["customer"], "sender_id": room.ids["Ana"], "subject": "Novidades", "body": "Olá",
        "contact_ids": sorted(room.ids[name] for name in ("Marta", "Nuno", "Olga")),
    }  # fmt: skip
    with room.by() as tx:
        message = tx.create("message", values)
    assert set(room.waiting()) == {"Marta", "Nuno"}
    assert room.record("message", message)["state"] == "waiting"
    got = room.send()
    assert sorted(str(one["X-RcptTo"]) for one in got) == [
        "marta@optica.example",
        "nuno@optica.example",
    ]  # the main ones
    row = room.record("message", message)
    assert (row["state"], row["reason"], row["undelivered_ids"]) == ("failed", "opted_out", [room.ids["Olga"]])
    assert len(room.send()) == 2


def test_a_message_to_nobody_who_can_be_reached_fails_at_once_and_one_that_is_taken_back_never_leaves(
    room: Mailroom,
) -> None:
    values: Row = {"customer_id": room.ids["customer"], "sender_id": room.ids["Ana"], "subject": "a", "body": "b"}
    with room.by() as tx:
        lost = tx.create("message", {**values, "contact_ids": [room.ids["Olga"]]})
        gone = tx.create("message", {**values, "contact_ids": [room.ids["Marta"]]})
    assert room.record("message", lost)["state"] == "failed"
    room.delete("message", gone)
    assert room.send() == []


def test_mail_leaves_no_line_in_anybodys_history_and_does_not_stand_in_the_way_of_a_delete(room: Mailroom) -> None:
    ana = Forger(room.fleet, "Ana")
    activity = room.fleet.office.ledger.new_id()
    values = {"customer_id": room.ids["customer"], "kind": "task", "title": "x", "assignee_id": room.ids["Rui"]}
    assert ana.one(forged("create", "activity", activity, values)) == ("accepted", "")
    seen = room.fleet.office.ledger
    with seen.reading() as session:
        base = int(session.value("SELECT MAX(seq) FROM log WHERE record_id=? AND kind='create'", activity))
    room.send()
    assert room.record("activity", activity)["mail_state"] == "sent"
    other = Forger(room.fleet, "Rui")
    assert faults(seen) == []
    assert other.one(forged("delete", "activity", activity, base=base)) == ("accepted", "")
    assert faults(seen) == []


# -- a property


EDITS = ("title", "place", "notes", "assign", "take Iva", "take Marta", "drop Iva", "drop Marta", "close", "cancel", "open",
         "delete", "restore")  # fmt: skip
EDIT = st.tuples(st.sampled_from(EDITS), st.integers(0, 1))
PUSHES = st.lists(  # edits, whether the push is repeated, whether mail goes out after it
    st.tuples(st.lists(EDIT, min_size=1, max_size=4), st.booleans(), st.booleans()),
    min_size=1, max_size=5,
)  # fmt: skip


class Story:
    """Ana's edits of one appointment, pushed as a device pushes them, some pushes twice."""

    def __init__(self, room: Mailroom) -> None:
        self.room, self.ana = room, Forger(room.fleet, "Ana")
        self.activity = room.fleet.office.ledger.new_id()
        self.taking = {"Iva": "", "Marta": ""}
        start = room.fleet.clock.at + DAY
        self.first = forged("create", "activity", self.activity, {
            "customer_id": room.ids["customer"], "kind": "appointment", "title": "0", "starts_at": start,
            "assignee_id": room.ids["Rui"],
        })  # fmt: skip

    def change(self, edit: str, n: int) -> WireChange:
        room, new = self.room, self.room.fleet.office.ledger.new_id
        verb, _, who = edit.partition(" ")
        match verb:
            case "title" | "place" | "notes":
                return forged("update", "activity", self.activity, {verb: str(n)})
            case "assign":
                return forged("update", "activity", self.activity, {"assignee_id": room.ids[("Rui", "Eva")[n]]})
            case "close" | "cancel" | "open":
                status = {"close": "closed", "cancel": "cancelled", "open": "open"}[verb]
                return forged("update", "activity", self.activity, {"status": status})
            case "take":
                self.taking[who] = new()
                field = "contact_id" if who == "Marta" else "user_id"
                values = {"activity_id": self.activity, field: room.ids[who]}
                return forged("create", "activity_participant", self.taking[who], values)
            case "drop":
                return forged("delete", "activity_participant", self.taking[who] or new())
        return forged(verb, "activity", self.activity)

    def push(self, changes: list[WireChange], *, twice: bool) -> None:
        numbered = [
            msgspec.structs.replace(change, dseq=self.ana.next + at, tx=self.ana.next + at)
            for at, change in enumerate(changes)
        ]
        self.ana.next += len(numbered)
        for _ in range(2 if twice else 1):
            self.ana.ask("/v1/push", PushRequest(protocol.in_columns(numbered)), PushAnswer)

    def views(self) -> dict[str, Row | None]:
        """What each receiver would see of the appointment as it stands, None where it is none of theirs."""
        with self.room.fleet.office.ledger.reading() as session:
            _, picture = involved.pictures(session, self.activity, ())
        found: dict[str, Row | None] = {}
        for name in ("Rui", "Eva", "Iva", "Marta"):
            key = ("c:" if name == "Marta" else "u:") + self.room.ids[name]
            there = picture is not None and key in picture.keys(self.room.ids["Eva"])
            found[name] = picture.told(key) if picture is not None and there else None
        return found


@settings(max_examples=60, deadline=None)
@given(PUSHES)
def test_however_edits_are_pushed_and_repeated_each_receiver_gets_at_most_one_mail_with_the_net_effect(
    pushes: list[tuple[list[tuple[str, int]], bool, bool]],
) -> None:
    with TemporaryDirectory() as folder:
        room = Mailroom(Path(folder))
        try:
            story = Story(room)
            known, sequences, counted = story.views(), dict[str, int](), 0
            for number, (edits, twice, sends) in enumerate(pushes):
                changes = [story.change(*edit) for edit in edits]
                story.push([story.first, *changes] if number == 0 else changes, twice=twice)
                stands = story.views()
                waiting = room.waiting()
                assert set(waiting) == {name for name in stands if stands[name] != known[name]}
                for name, mail in waiting.items():
                    assert (mail.before, mail.after) == (known[name], stands[name])
                if not sends:
                    continue
                got = room.send()[counted:]
                counted += len(got)
                assert sorted(map(to, got)) == sorted(waiting)
                for message in got:
                    found = event(message)
                    if found is not None:
                        assert int(str(found[1]["SEQUENCE"])) > sequences.get(to(message), -1)
                        sequences[to(message)] = int(str(found[1]["SEQUENCE"]))
                known = stands
        finally:
            room.sink.stop()


def test_a_whole_batch_of_made_records_costs_no_more_questions_when_nobody_is_to_be_told(room: Mailroom) -> None:
    asked: list[str] = []
    ledger = room.fleet.office.ledger
    ledger.database.watch = asked.append
    with ledger.transaction(Author(user_id=room.ids["Ana"])) as tx:
        for number in range(50):
            tx.create("customer_email", {"customer_id": room.ids["customer"], "value": f"a{number}@x.example"})
    ledger.database.watch = None
    assert not [sql for sql in asked if "outbox" in sql]
