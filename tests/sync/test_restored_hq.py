"""HQ is put back to yesterday's backup: devices bring back what was lost; nothing twice; no mail twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from mobility_app.errors import InvalidValue, Refused, Unreachable
from mobility_app.hq import backup, lives, post
from mobility_app.hq.headquarters import Request
from mobility_app.hq.mail_settings import MailSettings
from mobility_app.hq.office import Office
from mobility_app.hq.post import Post
from mobility_app.hq.verify import faults
from mobility_app.store.again import KEPT_MS
from mobility_app.sync.engine import Engine
from mobility_app.sync.enrolment import enrol_again
from mobility_app.sync.transport import Reply
from tests.support import invariants
from tests.support.fleet import Device, Fleet, Link
from tests.support.sink import SENDER, Sink


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    made = Fleet(tmp_path)
    for name in ("Ana", "Rui"):
        made.office.add_user(name, "rep", "Lusa", ["Norte"], f"{name.lower()}@lusa.example")
    return made


def backed_up(fleet: Fleet, name: str = "backup.db") -> Path:
    file = fleet.folder / name
    backup.backup(fleet.office.database, file)
    return file


def put_back(fleet: Fleet, file: Path) -> backup.Restored:
    fleet.office.database.close()
    done = backup.restore(fleet.folder / "hq", file, now=fleet.clock, random=fleet.random.randbytes)
    fleet.office = Office(fleet.folder / "hq", now=fleet.clock, random=fleet.random.randbytes)
    return done


def customer(device: Device, name: str) -> str:
    with device.store.writing() as tx:
        return tx.create("customer", {"name": name, "notes": "a\nb\nc"})


def change(device: Device, record_id: str, **values: object) -> None:
    with device.store.writing() as tx:
        tx.update("customer", record_id, values)


def whole(fleet: Fleet) -> None:
    """Everything that always holds, holds: nothing lost, nothing twice, devices equal to HQ."""
    fleet.settle()
    assert faults(fleet.office.ledger) == []
    with fleet.office.ledger.reading() as hq:
        invariants.streams(hq)
        invariants.folds(hq)
        for name, device in fleet.devices.items():
            known = device.store.identity()
            assert known is not None
            invariants.pulled_exactly(name, device.store, fleet.office)
            invariants.overlay_holds(name, device.store)
            last = hq.value("SELECT last_dseq FROM device WHERE id=?", known.device_id)
            invariants.accounted(hq, name, known.device_id, range(1, last + 1))
            with device.store.reading() as session:
                assert session.value("SELECT COUNT(*) FROM change WHERE state IN ('open', 'sent', 'accepted')") == 0
                assert session.value("SELECT COUNT(*) FROM kept WHERE again=1") == 0


def test_devices_bring_back_what_was_lost(fleet: Fleet) -> None:
    ana, rui = fleet.device("ana", "Ana"), fleet.device("rui", "Rui")
    old = customer(ana, "before")
    fleet.settle()
    file = backed_up(fleet)
    change(ana, old, website="https://a.example", notes="A\nb\nc")
    fleet.settle()
    change(rui, old, preferred_weekday=3, notes="A\nb\nC")
    new = customer(rui, "after")
    fleet.settle()
    before = fleet.office.dump()["customer"]
    put_back(fleet, file)
    assert set(fleet.office.dump()["customer"]) == {old}
    whole(fleet)
    after = fleet.office.dump()["customer"]
    assert {key: row["notes"] for key, row in after.items()} == {old: "A\nb\nC", new: "a\nb\nc"}
    assert after[old]["website"] == "https://a.example"
    assert after[old]["preferred_weekday"] == 3
    assert {key: row["name"] for key, row in after.items()} == {key: row["name"] for key, row in before.items()}
    assert fleet.office.dump()["conflict"] == {}
    with fleet.office.ledger.reading() as session:
        assert lives.lost(session) == []


def test_a_change_that_only_a_late_copy_of_its_request_brought_back_does_not_lie_over_what_came_since(
    fleet: Fleet,
) -> None:
    ana, rui = fleet.device("ana", "Ana"), fleet.device("rui", "Rui")
    old = customer(rui, "before")
    fleet.settle()
    file = backed_up(fleet)
    for number in range(9):  # the office's own, which nobody brings back: the new life will not count that far
        with fleet.office.ledger.transaction() as tx:
            tx.update("customer", old, {"website": f"https://{number}.example"})
    change(ana, old, name="Ana's")
    cut = _CutAfterThePush(ana.link)
    with pytest.raises(Unreachable):
        Engine(ana.store, cut).round()
    put_back(fleet, file)
    assert fleet.office.headquarters.answer(cut.pushes[0]).status == 200
    fleet.settle()
    change(rui, old, name="Rui's")
    fleet.settle()
    assert ana.dump()["customer"][old]["name"] == rui.dump()["customer"][old]["name"] == "Rui's"
    whole(fleet)


class _CutAfterThePush:
    """A connection that ends after a push and remembers it."""

    def __init__(self, link: Link) -> None:
        self._link, self.pushes = link, list[Request]()

    def send(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Reply:
        if self.pushes:
            raise Unreachable("network")
        if target == "/v1/push":
            self.pushes.append(Request(method, target, dict(headers), body))
        return self._link.send(method, target, headers, body)


def test_a_device_with_something_new_is_first_asked_for_what_was_lost(fleet: Fleet) -> None:
    ana = fleet.device("ana", "Ana")
    file = backed_up(fleet)
    first = customer(ana, "first")
    ana.sync()
    put_back(fleet, file)
    second = customer(ana, "second")
    change(ana, first, website="https://a.example")
    ana.sync()
    rows = fleet.office.dump()["customer"]
    assert set(rows) == {first, second}
    assert rows[first]["website"] == "https://a.example"
    whole(fleet)


def test_what_was_refused_stays_refused(fleet: Fleet) -> None:
    ana, rui = fleet.device("ana", "Ana"), fleet.device("rui", "Rui")
    one = customer(ana, "one")
    fleet.settle()
    file = backed_up(fleet)
    with ana.store.writing() as tx:
        tx.create("contact", {"customer_id": one, "first_name": "C"})
    with ana.store.transaction() as session:  # around its own door: HQ refuses it
        session.run("UPDATE ctx SET user_id='0', tx=tx+1, at=0, stamp=stamp+1")
        session.run("UPDATE customer SET credit_limit_minor=5 WHERE id=?", one)
        session.run("UPDATE ctx SET user_id=NULL")
    change(ana, one, website="https://a.example")
    fleet.settle()
    put_back(fleet, file)
    whole(fleet)
    row = fleet.office.dump()["customer"][one]
    assert row["credit_limit_minor"] is None
    assert row["website"] == "https://a.example"
    assert rui.dump()["contact"] == fleet.office.dump()["contact"] != {}


def test_a_change_that_saw_what_was_lost_does_not_pass_for_having_seen_what_came_since(fleet: Fleet) -> None:
    """Numbers of the lost time are given anew: a base among them may not count as sight of other people's edits."""
    ana, rui = fleet.device("ana", "Ana"), fleet.device("rui", "Rui")
    one = customer(ana, "one")
    fleet.settle()
    file = backed_up(fleet)
    for weekday in (1, 2, 3, 4):
        change(ana, one, preferred_weekday=weekday)
    fleet.settle()
    change(ana, one, name="typed by Ana after all that")
    put_back(fleet, file)
    change(rui, one, name="typed by Rui")
    rui.sync()
    whole(fleet)
    (conflict,) = fleet.office.dump()["conflict"].values()
    assert {conflict["winner"], conflict["loser"]} == {"typed by Ana after all that", "typed by Rui"}


def test_what_only_others_hold_is_told_to_the_office_and_never_made_a_fact(fleet: Fleet) -> None:
    ana, rui = fleet.device("ana", "Ana"), fleet.device("rui", "Rui")
    file = backed_up(fleet)
    gone = customer(ana, "only Ana's device can say so")
    fleet.settle()
    put_back(fleet, file)
    rui.sync()
    with fleet.office.ledger.reading() as session:
        (line,) = lives.lost(session)
        assert (line.entity, line.record_id, line.user, line.why) == ("customer", gone, "Ana", "waits")
    assert fleet.office.dump()["customer"] == {} == rui.dump()["customer"]
    ana.sync()
    with fleet.office.ledger.reading() as session:
        assert lives.lost(session) == []
    whole(fleet)


def test_two_restores_one_after_the_other(fleet: Fleet) -> None:
    ana, rui = fleet.device("ana", "Ana"), fleet.device("rui", "Rui")
    first = backed_up(fleet, "first.db")
    one = customer(ana, "one")
    fleet.settle()
    second = backed_up(fleet, "second.db")
    change(rui, one, website="https://a.example")
    fleet.settle()
    put_back(fleet, second)
    ana.sync()
    two = customer(ana, "two")
    ana.sync()
    put_back(fleet, first)
    whole(fleet)
    put_back(fleet, second)
    whole(fleet)
    rows = fleet.office.dump()["customer"]
    assert set(rows) == {one, two}
    assert rows[one]["website"] == "https://a.example"


def test_a_device_cut_off_while_it_offers_goes_on_where_it_was(fleet: Fleet) -> None:
    ana = fleet.device("ana", "Ana")
    file = backed_up(fleet)
    made = [customer(ana, str(number)) for number in range(5)]
    ana.sync()
    put_back(fleet, file)

    class Cut(BaseException):
        pass

    for statement in range(1, 400):
        left = [statement]

        def watch(sql: str, left: list[int] = left) -> None:
            left[0] -= 1
            if not left[0]:
                raise Cut

        ana.store.database.watch = watch
        try:
            ana.sync()
            break
        except Cut:
            pass
        finally:
            ana.store.database.watch = None
    whole(fleet)
    assert set(fleet.office.dump()["customer"]) == set(made)


def test_after_a_month_a_change_is_let_go_and_its_number_stays_void(fleet: Fleet) -> None:
    ana = fleet.device("ana", "Ana")
    file = backed_up(fleet)
    customer(ana, "long ago")
    ana.sync()
    fleet.clock.at += KEPT_MS + 60_000
    fresh = customer(ana, "now")
    ana.sync()
    with ana.store.reading() as session:
        assert [row[0] for row in session.rows("SELECT dseq FROM kept")] == [2]
    put_back(fleet, file)
    whole(fleet)
    assert set(fleet.office.dump()["customer"]) == {fresh}


def test_a_customer_that_left_takes_what_was_kept_of_it_along(fleet: Fleet) -> None:
    ana = fleet.device("ana", "Ana")
    one = customer(ana, "kept secret")
    ana.sync()
    with fleet.office.ledger.transaction() as tx:
        tx.update("customer", one, {"territory_id": fleet.office.named(tx, "territory", "Sul")})
    ana.sync()
    with ana.store.reading() as session:
        assert session.value("SELECT COUNT(*) FROM kept") == 0


# -- mail


@pytest.fixture
def sink() -> Iterator[Sink]:
    made = Sink()
    made.start()
    yield made
    made.stop()


def sent(fleet: Fleet, sink: Sink) -> None:
    settings = MailSettings("127.0.0.1", sink.port, SENDER, "none", settle_seconds=0, retry_seconds=60)
    mail = Post(fleet.office.ledger, settings, fleet.folder / "hq")
    for _ in range(20):
        mail.tick()


def test_no_mail_leaves_twice_and_a_later_one_is_a_later_version(fleet: Fleet, sink: Sink) -> None:
    ana = fleet.device("ana", "Ana")
    rui = fleet.id_of("user", "Rui")
    one = customer(ana, "one")
    ana.sync()
    file = backed_up(fleet)
    with ana.store.writing() as tx:
        visit = tx.create("activity", {
            "customer_id": one, "kind": "appointment", "title": "Visita", "assignee_id": rui,
            "starts_at": fleet.clock.at + 10**8, "ends_at": fleet.clock.at + 10**8 + 3_600_000,
        })  # fmt: skip
    ana.sync()
    sent(fleet, sink)
    assert len(sink.received()) == 1
    assert put_back(fleet, file).mails == 1
    ana.sync()
    sent(fleet, sink)
    assert len(sink.received()) == 1  # paused
    with fleet.office.ledger.reading() as session:
        assert post.paused(session)
    post.pause(fleet.office.ledger, on=False)
    sent(fleet, sink)
    assert len(sink.received()) == 1
    ana.sync()
    row = ana.store.read("activity", visit)
    assert row is not None
    assert row["mail_state"] == "sent"
    with ana.store.writing() as tx:
        tx.update("activity", visit, {"title": "Outra"})
    ana.sync()
    sent(fleet, sink)
    assert len(sink.received()) == 2
    whole(fleet)


def test_changed_between_restore_and_resume_it_is_told_once_as_a_later_version(fleet: Fleet, sink: Sink) -> None:
    ana = fleet.device("ana", "Ana")
    rui = fleet.id_of("user", "Rui")
    one = customer(ana, "one")
    ana.sync()
    file = backed_up(fleet)
    with ana.store.writing() as tx:
        visit = tx.create("activity", {"customer_id": one, "kind": "call", "title": "Visita", "assignee_id": rui})
    ana.sync()
    sent(fleet, sink)
    put_back(fleet, file)
    with ana.store.writing() as tx:
        tx.update("activity", visit, {"title": "Outra"})
    ana.sync()
    post.pause(fleet.office.ledger, on=False)
    sent(fleet, sink)
    assert len(sink.received()) == 2
    with fleet.office.ledger.reading() as session:
        assert session.rows("SELECT version, state FROM outbox WHERE subject_id=?", visit) == [(1, "sent")]


# -- the files


def test_a_backup_holds_no_key_and_is_never_written_over(fleet: Fleet) -> None:
    file = backed_up(fleet)
    assert (fleet.folder / "hq" / "hq.key").read_bytes() not in file.read_bytes()
    with pytest.raises(InvalidValue, match="backup_exists"):
        backup.backup(fleet.office.database, file)


def test_a_restore_that_can_not_be_changes_nothing(fleet: Fleet, tmp_path: Path) -> None:
    file = backed_up(fleet)
    noise = tmp_path / "noise.db"
    noise.write_bytes(b"SQLite format 3\0" + b"x" * 9_000)
    hq = fleet.folder / "hq"
    with fleet.office.ledger.reading() as session:
        epoch = lives.epoch(session)
        with pytest.raises(InvalidValue, match="hq_runs"):
            backup.restore(hq, file, now=fleet.clock)
    fleet.office.database.close()
    with pytest.raises(InvalidValue, match="not_a_backup"):
        backup.restore(hq, noise, now=fleet.clock)
    (hq / "hq.key").rename(hq / "away")
    with pytest.raises(InvalidValue, match="no_key"):
        backup.restore(hq, file, now=fleet.clock)
    (hq / "away").rename(hq / "hq.key")
    office = Office(hq, now=fleet.clock)
    with office.ledger.reading() as session:
        assert lives.epoch(session) == epoch
    assert [path.name for path in hq.glob("*.restoring*")] == []


def test_a_device_that_was_enrolled_after_the_backup_is_enrolled_again_and_brings_all_back(fleet: Fleet) -> None:
    rui = fleet.device("rui", "Rui")
    customer(rui, "before")
    fleet.settle()
    file = backed_up(fleet)
    ana = fleet.device("ana", "Ana")
    told = customer(ana, "told before")
    ana.sync()
    change(ana, told, website="https://told.example")
    ana.sync()
    customer(ana, "unsent")
    put_back(fleet, file)
    with pytest.raises(Refused, match="bad_signature"):
        ana.sync()
    first = ana.store.identity()
    with pytest.raises(Refused, match="another_user"):
        enrol_again(ana.store, ana.link, "http://hq.test", fleet.office.invite("Rui"), "ana", fleet.random.randbytes)
    assert ana.store.identity() == first
    enrol_again(ana.store, ana.link, "http://hq.test", fleet.office.invite("Ana"), "ana", fleet.random.randbytes)
    whole(fleet)
    rows = fleet.office.dump()["customer"]
    assert sorted(str(row["name"]) for row in rows.values()) == ["before", "told before", "unsent"]
    assert rows[told]["website"] == "https://told.example"
    assert rui.dump()["customer"] == ana.dump()["customer"] == rows
