"""What a developer of sync gets wrong sooner or later, one small test for each: what no other test said so directly.

docs/museum.md lists the bugs that these and the other tests notice.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest
import zstandard

from mobility_app.errors import Refused, Unreachable
from mobility_app.store import drafts, scrub
from mobility_app.store.queries import customers
from mobility_app.store.store import Store
from mobility_app.sync import protocol, signing, strict
from mobility_app.sync.columns import to_entries
from mobility_app.sync.engine import Engine
from mobility_app.sync.enrolment import enrol
from mobility_app.sync.protocol import PullAnswer, PushAnswer, PushRequest
from mobility_app.sync.transport import Reply
from tests.support.fleet import Device, Fleet, Link
from tests.support.forger import Forger, forged

DAY_MS = 86_400_000


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    made = Fleet(tmp_path)
    for name in ("Ana", "Rui"):
        made.user(name)
    made.user("Marta", "manager", territories=("Norte", "Sul"))
    return made


@pytest.fixture
def pair(fleet: Fleet) -> tuple[Device, Device, str]:
    ana, rui = fleet.device("ana", "Ana"), fleet.device("rui", "Rui")
    with ana.store.writing() as tx:
        customer = tx.create("customer", {"name": "Zebracorn", "notes": "one\ntwo"})
    fleet.settle()
    return ana, rui, customer


def change(device: Device, record_id: str, **values: str | int) -> None:
    with device.store.writing() as tx:
        tx.update("customer", record_id, values)


def new_customer(device: Device) -> str:
    with device.store.writing() as tx:
        customer = tx.create("customer", {"name": "Yak"})
        for line in ("one", "two", "three"):
            tx.create("address", {"customer_id": customer, "line1": line, "country": "PT"})
    return customer


class _PushOnly:
    """A connection that ends after the push."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def send(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Reply:
        if target != "/v1/push":
            raise Unreachable("network")
        return self._link.send(method, target, headers, body)


def conflicts(fleet: Fleet) -> int:
    return len(fleet.office.dump()["conflict"])


def leaves(fleet: Fleet, customer: str) -> None:
    with fleet.office.ledger.transaction() as tx:
        tx.update("customer", customer, {"territory_id": fleet.id_of("territory", "Sul")})


def test_a_value_that_hq_took_never_shows_the_older_one_before_the_pull_brings_it(
    pair: tuple[Device, Device, str],
) -> None:
    ana, _, customer = pair
    change(ana, customer, website="https://typed.example")
    ana.engine = Engine(ana.store, _PushOnly(ana.link))
    with pytest.raises(Unreachable):
        ana.sync()
    row = ana.store.read("customer", customer)
    assert row is not None
    assert row["website"] == "https://typed.example"


def test_a_value_that_hq_took_stays_while_its_customer_comes_again_in_small_pages(
    fleet: Fleet, pair: tuple[Device, Device, str]
) -> None:
    ana, rui, customer = pair
    other = new_customer(rui)
    fleet.settle()
    change(ana, customer, website="https://typed.example")
    ana.engine.round(fetch=False)
    with fleet.office.ledger.transaction() as tx:
        tx.update("customer", other, {"shared": True})
    with fleet.office.ledger.transaction() as tx:
        tx.update("customer", customer, {"shared": True})
        tx.update("customer", customer, {"territory_id": fleet.id_of("territory", "Sul")})
    fleet.office.headquarters.page_entries = 2
    shown = set[object]()
    ana.store.listen(lambda touched: shown.add((ana.store.read("customer", customer) or {}).get("website")))
    ana.sync()
    assert shown == {"https://typed.example"}


def test_a_form_that_was_opened_before_the_pull_is_no_edit_in_sequence(
    fleet: Fleet, pair: tuple[Device, Device, str]
) -> None:
    ana, rui, customer = pair
    opened = rui.store.position(customer)
    change(ana, customer, name="by Ana")
    fleet.settle()
    with rui.store.writing() as tx:
        tx.update("customer", customer, {"name": "by Rui, who did not see it"}, base=opened)
    fleet.settle()
    assert conflicts(fleet) == 1


def test_two_edits_of_one_device_are_never_a_conflict_with_oneself(
    fleet: Fleet, pair: tuple[Device, Device, str]
) -> None:
    ana, _, customer = pair
    change(ana, customer, name="first")
    ana.sync()
    with ana.store.writing() as tx:
        tx.update("customer", customer, {"name": "second"}, base=0)
    change(ana, customer, name="third")
    fleet.settle()
    assert conflicts(fleet) == 0
    assert fleet.office.dump()["customer"][customer]["name"] == "third"


@pytest.mark.parametrize("theirs", ["Ótica Lusa", "Ótica  Lusa", "O\u0301tica Lusa"])
def test_values_of_two_people_that_say_the_same_are_no_conflict(
    fleet: Fleet, pair: tuple[Device, Device, str], theirs: str
) -> None:
    change(pair[0], pair[2], name="Ótica Lusa")
    change(pair[1], pair[2], name=theirs)
    fleet.settle()
    assert conflicts(fleet) == 0


def test_a_delete_that_has_not_seen_an_edit_of_the_record_itself_is_refused(
    fleet: Fleet, pair: tuple[Device, Device, str]
) -> None:
    ana, rui, customer = pair
    with ana.store.writing() as tx:
        address = tx.create("address", {"customer_id": customer, "line1": "Rua A", "country": "PT"})
    fleet.settle()
    with rui.store.writing() as tx:
        tx.update("address", address, {"line1": "Rua B"})
    rui.sync()
    with ana.store.writing() as tx:
        tx.delete("address", address)
    fleet.settle()
    row = ana.store.read("address", address)
    assert row is not None
    assert row["line1"] == "Rua B"


def test_a_stamp_follows_those_that_came_from_elsewhere(fleet: Fleet, pair: tuple[Device, Device, str]) -> None:
    ana, rui, customer = pair
    fleet.clock.at += 5 * DAY_MS
    change(ana, customer, name="five days later")
    ana.sync()
    rui.clock.skew_ms = -20 * DAY_MS
    fleet.clock.at -= 5 * DAY_MS
    rui.sync()
    with rui.store.reading() as session:
        newest = session.value("SELECT MAX(stamp) FROM entry")
        assert session.value("SELECT stamp FROM ctx") >= newest


def test_a_stamp_of_the_far_future_neither_stops_the_sync_nor_wins_for_ever(
    fleet: Fleet, pair: tuple[Device, Device, str]
) -> None:
    _, rui, customer = pair
    ahead = Forger(fleet, "Ana")
    future = (fleet.clock.at + 3650 * DAY_MS) << 16
    seen = rui.store.position(customer)
    (verdict,) = ahead.push(
        forged("update", "customer", customer, {"name": "from the future"}, before="Zebracorn", base=seen, stamp=future)
    )
    assert (verdict.state, verdict.clamped) == ("accepted", True)
    fleet.clock.at += 10 * 60_000
    change(rui, customer, name="typed ten minutes later")
    fleet.settle()
    assert fleet.office.dump()["customer"][customer]["name"] == "typed ten minutes later"


def test_what_left_is_in_no_draft_and_in_no_file_of_the_device(fleet: Fleet, pair: tuple[Device, Device, str]) -> None:
    ana, _, customer = pair
    with ana.store.transaction() as session:
        drafts.keep(session, drafts.Draft(customer, "editor", "website", "https://quagga.example", 0, 0))
    leaves(fleet, customer)
    ana.sync()
    with ana.store.reading() as session:
        assert session.value("SELECT COUNT(*) FROM draft") == 0
    raw = b"".join(path.read_bytes() for path in ana.store.path.parent.glob("ana.db*"))
    assert b"Zebracorn" not in raw


def test_refused_words_stay_without_the_values_that_left(fleet: Fleet, pair: tuple[Device, Device, str]) -> None:
    ana, _, customer = pair
    change(ana, customer, name="mine")
    leaves(fleet, customer)
    ana.sync()
    with ana.store.reading() as session:
        patches = [json.loads(row[0]) for row in session.rows("SELECT patch FROM change WHERE state='rejected'")]
    assert patches == [{"name": [None, "mine"]}]


def test_the_part_of_a_change_that_hq_refused_is_kept_for_its_author(
    fleet: Fleet, pair: tuple[Device, Device, str]
) -> None:
    ana, _, customer = pair
    with ana.store.transaction() as session:  # around its own checks
        session.run("UPDATE ctx SET user_id='0', tx=tx+1, at=0, stamp=stamp+1, base=99999999")
        session.run("UPDATE customer SET credit_limit_minor=7, website='https://w.example' WHERE id=?", customer)
        session.run("UPDATE ctx SET user_id=NULL, base=0")
    fleet.settle()
    with ana.store.reading() as session:
        patches = [json.loads(row[0]) for row in session.rows("SELECT patch FROM change WHERE state='rejected'")]
    assert patches == [{"credit_limit_minor": [None, 7]}]
    assert fleet.office.dump()["customer"][customer]["website"] == "https://w.example"


def test_every_save_and_every_verdict_is_on_the_disk_before_anybody_is_told(
    fleet: Fleet, pair: tuple[Device, Device, str]
) -> None:
    for database in (pair[0].store.database, fleet.office.database):
        with database.session() as session:
            assert session.value("PRAGMA synchronous") == 2
            assert session.value("PRAGMA journal_mode") == "wal"


def test_no_page_ends_inside_a_transaction(fleet: Fleet) -> None:
    reader = Forger(fleet, "Ana")
    with fleet.office.ledger.reading() as session:
        lusa = fleet.office.named(session, "company", "Lusa")
        norte = fleet.office.named(session, "territory", "Norte")
    for number in range(8):
        with fleet.office.ledger.transaction() as tx:
            for part in range(3):
                tx.create("customer", {
                    "name": f"c {number} {part}", "company_id": lusa, "territory_id": norte, "currency": "EUR",
                    "shared": True,  # told in two scopes: HQ then reads fewer numbers at once than a page has entries
                })  # fmt: skip
    several = 0
    for most in range(1, 21):  # where a page ends depends on how its size and the transactions fall together
        fleet.office.headquarters.page_entries = most
        sizes, at = list[int](), protocol.WireCursor()
        for _ in range(30):
            answer: PullAnswer = reader.pull(at)
            txns = [entry.txn for entry, _ in to_entries(answer.entries) if entry.entity == "customer"]
            sizes += [len(txns)]
            assert {txn for txn in txns if txns.count(txn) % 3} == set()
            at = answer.cursor or at
            if not answer.more:
                break
        assert sum(sizes) == 24
        several += len([size for size in sizes if size]) > 1
    assert several > 3


def test_a_batch_holds_whole_transactions_of_the_device(fleet: Fleet, pair: tuple[Device, Device, str]) -> None:
    ana, _, customer = pair
    for size in (300, 300, 5):
        with ana.store.writing() as tx:
            for number in range(size):
                tx.create("address", {"customer_id": customer, "line1": f"A{number}", "country": "PT"})
    ana.link.requests.clear()
    ana.sync()
    pushes = [protocol.unpack(body, PushRequest) for target, body, _ in ana.link.requests if target == "/v1/push"]
    assert [len(push.changes.patch) for push in pushes] == [600, 5]


def test_an_answer_that_hq_did_not_write_or_wrote_to_another_request_is_no_answer(
    pair: tuple[Device, Device, str],
) -> None:
    ana, _, _ = pair
    target, body, reply = ana.link.requests[-1]
    identity = ana.store.identity()
    assert identity is not None
    signing.check_answer(identity.hq_key, reply.status, reply.headers, reply.body, body)
    for status, answer, request in ((500, reply.body, body), (200, b"<html>", body), (200, reply.body, body + b" ")):
        with pytest.raises(Unreachable):
            signing.check_answer(identity.hq_key, status, reply.headers, answer, request)
    assert target


@pytest.mark.parametrize("text", [b'{"changes":[],"changes":[]}', b'{"a":1.5}', b'{"a":"\\u0000"}', b'{"a":1e3}'])
def test_what_two_parsers_may_read_differently_is_refused(text: bytes) -> None:
    with pytest.raises(Refused) as said:
        strict.scan(text)
    assert said.value.status == 400


def test_a_bomb_is_noticed_before_it_is_whole() -> None:
    bomb = zstandard.ZstdCompressor().compress(b"0" * 80_000_000)
    with pytest.raises(Refused) as said:
        protocol.decoded(bomb, "zstd")
    assert said.value.status == 413


def test_an_invite_opens_once(fleet: Fleet, tmp_path: Path) -> None:
    code = fleet.office.invite("Ana")
    link = Link(lambda: fleet.office)
    enrol(Store(tmp_path / "one.db", None), link, "http://hq.test", code, "one", fleet.random.randbytes)
    with pytest.raises(Refused) as said:
        enrol(Store(tmp_path / "two.db", None), link, "http://hq.test", code, "two", fleet.random.randbytes)
    assert said.value.reason == "wrong_code"


def test_a_row_that_stands_is_never_replaced_by_a_second_one(pair: tuple[Device, Device, str]) -> None:
    ana, _, customer = pair
    with pytest.raises(Exception, match="UNIQUE"), ana.store.transaction() as session:
        session.run("UPDATE ctx SET applying=1")
        session.insert("customer", customer, dict.fromkeys((), None))


def test_a_change_that_makes_hq_stumble_stops_nobody_behind_it(fleet: Fleet, pair: tuple[Device, Device, str]) -> None:
    ana = Forger(fleet, "Ana")
    with fleet.office.database.transaction() as session:
        session.run(
            "CREATE TRIGGER stumble BEFORE UPDATE ON customer WHEN NEW.name='poison'"
            " BEGIN SELECT RAISE(ABORT, 'stumbled'); END"
        )
    verdicts = ana.ask("/v1/push", _numbered(
        forged("update", "customer", pair[2], {"website": "https://before.example"}),
        forged("update", "customer", pair[2], {"name": "poison"}),
        forged("update", "customer", pair[2], {"preferred_weekday": 3}),
    ), PushAnswer).verdicts  # fmt: skip
    assert [(verdict.state, verdict.reason) for verdict in verdicts] == [
        ("accepted", ""), ("rejected", "set_aside"), ("accepted", ""),
    ]  # fmt: skip


def _numbered(*changes: protocol.WireChange) -> PushRequest:
    numbered = [
        msgspec.structs.replace(change, dseq=number, tx=number) for number, change in enumerate(changes, start=1)
    ]
    return PushRequest(protocol.in_columns(numbered))


def test_a_change_that_hq_refused_whole_is_off_the_screen_and_never_sent_again(
    fleet: Fleet, pair: tuple[Device, Device, str]
) -> None:
    ana, _, customer = pair
    with ana.store.transaction() as session:  # around its own checks
        session.run("UPDATE ctx SET user_id='0', tx=tx+1, at=0, stamp=stamp+1, base=99999999")
        session.run("UPDATE customer SET credit_limit_minor=7 WHERE id=?", customer)
        session.run("UPDATE ctx SET user_id=NULL, base=0")
    fleet.settle()
    row = ana.store.read("customer", customer)
    assert row is not None
    assert row["credit_limit_minor"] is None
    ana.link.requests.clear()
    ana.sync()
    assert [target for target, _, _ in ana.link.requests] == ["/v1/pull"]


def test_a_customer_that_hq_refused_is_found_no_more(fleet: Fleet) -> None:
    ana = fleet.device("a", "Ana")
    fleet.settle()
    with ana.store.writing() as tx:
        customer = tx.create("customer", {"name": "Padaria Nova"})
    with fleet.office.ledger.transaction() as tx_hq:
        tx_hq.update("user", fleet.id_of("user", "Ana"), {"territory_ids": [fleet.id_of("territory", "Sul")]})
    ana.sync()
    assert ana.store.read("customer", customer) is None
    assert customers.page(ana.store, "padaria").rows == ()
    with ana.store.reading() as session:
        assert scrub.unsearched(session) == []
