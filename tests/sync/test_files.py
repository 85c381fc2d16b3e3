"""Bytes of files between two devices: whole, checked, resumed, and only to whom they are meant."""

from __future__ import annotations

import hashlib
import random
from pathlib import Path

import pytest

from mobility_app.domain.entities.file import SPAN_BYTES
from mobility_app.errors import FileRefused, Refused
from mobility_app.store import identity, pins, transfers
from mobility_app.store.file_parts import FilePart
from mobility_app.store.queries.files import of_customer
from mobility_app.store.transfers import METERED
from tests.support.fleet import Fleet
from tests.support.porters import Porter, plain_bytes, porter

SIZES = (0, 1, 65_536, SPAN_BYTES - 1, SPAN_BYTES, SPAN_BYTES + 1, 3 * SPAN_BYTES + 70_000)


class Pair:
    """Ana and Rui of one territory, and Eva of another; a customer that Ana and Rui see."""

    def __init__(self, folder: Path) -> None:
        self.fleet = Fleet(folder)
        self.fleet.user("Ana")
        self.fleet.user("Rui")
        self.fleet.user("Eva", territories=("Sul",))
        self.ana, self.rui, self.eva = (porter(self.fleet, name, name) for name in ("Ana", "Rui", "Eva"))
        self.customer = self.create(self.ana, "Óptica")

    def create(self, at: Porter, name: str) -> str:
        with at.store.writing() as tx:
            return tx.create("customer", {"name": name})

    def settle(self) -> None:
        self.fleet.settle(2)

    def blobs(self) -> tuple[int, int, int]:
        """At HQ: contents, records that lead to one, uploads on their way."""
        with self.fleet.office.ledger.reading() as session:
            counts = [int(session.value(f"SELECT COUNT(*) FROM {name}")) for name in ("blob", "file_blob", "upload")]
        return counts[0], counts[1], counts[2]


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    return Pair(tmp_path)


@pytest.mark.parametrize("size", SIZES)
def test_what_is_attached_here_is_the_same_there(pair: Pair, size: int) -> None:
    plain = plain_bytes(size)
    one = pair.ana.attach(pair.customer, plain)
    pair.settle()
    pair.ana.carry()
    transfers.ask(pair.rui.store, one)
    pair.rui.carry()
    assert pair.rui.plain(one) == plain
    assert pair.ana.waits() == pair.rui.waits() == 0
    assert pair.blobs() == (1, 1, 0)


def test_nothing_travels_before_hq_took_the_record_and_nothing_twice_after(pair: Pair) -> None:
    one = pair.ana.attach(pair.customer, plain_bytes(10))
    assert pair.ana.carry() == 0
    pair.ana.sync()
    assert pair.ana.carry() == 3  # plan, piece, seal
    assert pair.ana.carry() == 0
    assert pair.ana.row(pair.customer, one).here


@pytest.mark.parametrize("size", [0, 9, SPAN_BYTES, SPAN_BYTES + 9])
def test_bytes_that_were_whole_when_the_process_died_are_put_in_their_place_as_they_are(pair: Pair, size: int) -> None:
    vault, plain = pair.rui.vault, plain_bytes(size)
    part = FilePart(vault, size)
    for start in range(0, max(1, size), SPAN_BYTES):
        part.append(plain[start : start + SPAN_BYTES])
    part.close()
    again = FilePart(vault, size, part.token)
    assert again.whole
    sha256 = hashlib.sha256(plain).hexdigest()
    assert again.finish(sha256)
    assert b"".join(vault.read(part.token, sha256)) == plain


@pytest.mark.parametrize("lost", ["request", "answer"])
def test_each_cut_costs_at_most_one_piece_again_in_both_directions(pair: Pair, lost: str) -> None:
    plain, count = plain_bytes(12 * SPAN_BYTES + 5), 13
    one = pair.ana.attach(pair.customer, plain)
    pair.settle()
    for at in (pair.ana, pair.rui):
        chance = random.Random(7)
        at.link.cut = lambda number, chance=chance: lost if chance.random() < 0.3 else ""
        if at is pair.rui:
            transfers.ask(at.store, one)
        at.carry()
        assert at.link.cuts > 3
        assert len(at.link.pieces()) <= count + at.link.cuts
    assert pair.rui.plain(one) == plain


def test_a_piece_whose_answer_was_lost_is_not_sent_again(pair: Pair) -> None:
    pair.ana.attach(pair.customer, plain_bytes(3 * SPAN_BYTES))
    pair.settle()
    pair.ana.link.cut = lambda number: "answer" if number == 2 else ""
    pair.ana.carry()
    assert pair.ana.link.pieces() == ["pieces/0", "pieces/1", "pieces/2"]


def test_a_kill_at_every_request_goes_on_where_it_was(pair: Pair) -> None:
    plain = plain_bytes(4 * SPAN_BYTES + 9)
    one = pair.ana.attach(pair.customer, plain)
    pair.settle()
    for at in (pair.ana, pair.rui):
        if at is pair.rui:
            transfers.ask(at.store, one)
        transfers.fill(at.store, at.vault)
        for _ in range(100):
            at.restart()
            if not (at.carrier.step() and at.carrier.step()):  # up: one to ask, one to send
                break
        assert len(at.link.pieces()) == 5
    assert pair.rui.plain(one) == plain


def test_a_growing_file_that_a_power_cut_tore_is_believed_as_far_as_it_is_whole(pair: Pair) -> None:
    plain = plain_bytes(4 * SPAN_BYTES)
    one = pair.ana.attach(pair.customer, plain)
    pair.settle()
    pair.ana.carry()
    transfers.ask(pair.rui.store, one)
    for _ in range(3):
        pair.rui.carrier.step()
    pair.rui.carrier.close()
    (part,) = pair.rui.folder.glob("*.part")
    torn = part.read_bytes()
    part.write_bytes(torn[: 2 * SPAN_BYTES] + bytes(500_000))
    pair.rui.restart()
    pair.rui.carry()
    assert pair.rui.link.pieces() == [f"pieces/{number}" for number in (0, 1, 2, 1, 2, 3)]
    assert pair.rui.plain(one) == plain


def test_the_smallest_go_first_and_one_that_somebody_wants_before_them(pair: Pair) -> None:
    large = pair.ana.attach(pair.customer, plain_bytes(2 * SPAN_BYTES, 1))
    small = pair.ana.attach(pair.customer, plain_bytes(20, 2))
    wanted = pair.ana.attach(pair.customer, plain_bytes(3 * SPAN_BYTES, 3))
    pair.settle()
    transfers.ask(pair.ana.store, wanted)
    order = []
    transfers.fill(pair.ana.store, pair.ana.vault)
    while (due := transfers.due(pair.ana.store)) is not None:
        order.append(due.file_id)
        pair.ana.carrier.step()
    assert list(dict.fromkeys(order)) == [wanted, small, large]


def test_only_who_sees_the_record_gets_its_bytes_at_every_request(pair: Pair) -> None:
    one = pair.ana.attach(pair.customer, plain_bytes(3 * SPAN_BYTES))
    pair.settle()
    pair.ana.carry()
    transfers.ask(pair.rui.store, one)
    pair.rui.carrier.step()
    with pair.fleet.office.ledger.transaction() as tx:  # in the middle of it the customer goes to Eva
        tx.update("customer", pair.customer, {"territory_id": pair.fleet.office.named(tx, "territory", "Sul")})
    pair.rui.carrier.step()
    assert pair.rui.problem(one) == "not_found"
    pair.settle()
    pair.rui.carry()
    pair.ana.carry()
    assert pair.rui.on_disk() == pair.ana.on_disk() == 0  # what left took its bytes along, the half ones too
    transfers.ask(pair.eva.store, one)
    pair.eva.carry()
    assert pair.eva.plain(one) == plain_bytes(3 * SPAN_BYTES)


def test_a_picture_that_was_not_sent_goes_after_its_customer_left_and_then_leaves_too(pair: Pair) -> None:
    one = pair.ana.attach(pair.customer, plain_bytes(SPAN_BYTES + 1))
    pair.ana.sync()
    with pair.fleet.office.ledger.transaction() as tx:
        tx.update("customer", pair.customer, {"territory_id": pair.fleet.office.named(tx, "territory", "Sul")})
    pair.settle()
    assert pair.ana.store.read("file", one) is None
    pair.ana.carry()
    pair.ana.carry()
    assert pair.ana.on_disk() == 0
    transfers.ask(pair.eva.store, one)
    pair.eva.carry()
    assert pair.eva.plain(one) == plain_bytes(SPAN_BYTES + 1)


def test_knowing_a_hash_opens_nothing_and_nobody_learns_what_exists(pair: Pair) -> None:
    secret = plain_bytes(2 * SPAN_BYTES)
    pair.ana.attach(pair.customer, secret)
    pair.settle()
    pair.ana.carry()
    own = pair.create(pair.eva, "Padaria")
    forged = pair.eva.attach(own, secret)  # Eva's record names the hash of what she may not see
    pair.eva.sync()
    pair.eva.carrier.fill()
    pair.eva.carrier.step()
    assert pair.eva.carrier._plans[forged] == [1, 0]  # all is wanted, as of bytes that nobody has
    with pytest.raises(Refused, match="bytes_missing"):
        pair.eva.carrier._asked(_known(pair.eva), "GET", _due(pair.eva), "pieces/0")
    pair.eva.carry()
    assert pair.blobs() == (1, 2, 0)  # sent all the same, kept once


def test_the_same_bytes_for_a_record_that_the_sender_may_read_are_not_sent_again(pair: Pair) -> None:
    plain = plain_bytes(2 * SPAN_BYTES)
    pair.ana.attach(pair.customer, plain)
    pair.settle()
    pair.ana.carry()
    pair.rui.attach(pair.customer, plain, "again.bin")
    pair.rui.sync()
    assert pair.rui.carry() == 1
    assert pair.rui.link.pieces() == []
    assert pair.blobs() == (1, 2, 0)


def test_bytes_that_are_not_what_the_record_says_become_nothing(pair: Pair) -> None:
    one = pair.ana.attach(pair.customer, plain_bytes(100))
    with pair.ana.store.transaction() as session:
        other = pair.ana.vault.add([plain_bytes(100, 2)])
        session.run("UPDATE blob SET token=? WHERE file_id=?", other.token, one)
    pair.settle()
    pair.ana.carry()
    assert pair.ana.problem(one) == "wrong_bytes"
    assert pair.blobs() == (0, 0, 0)
    transfers.ask(pair.rui.store, one)
    pair.rui.carry()
    assert pair.rui.problem(one) == "bytes_missing"


def test_a_file_whose_record_was_refused_leaves_no_trace(pair: Pair) -> None:
    pair.settle()
    one = pair.ana.attach(pair.customer, plain_bytes(100))
    with pair.fleet.office.ledger.transaction() as tx:
        tx.update("customer", pair.customer, {"territory_id": pair.fleet.office.named(tx, "territory", "Sul")})
    pair.ana.sync()
    pair.ana.carry()
    assert pair.ana.store.read("file", one) is None
    assert pair.ana.on_disk() == 0
    assert pair.ana.link.sent == []
    assert pair.blobs() == (0, 0, 0)


def test_files_of_pinned_customers_come_by_themselves_but_not_on_a_metered_network(pair: Pair) -> None:
    one = pair.ana.attach(pair.customer, plain_bytes(100))
    pair.settle()
    pair.ana.carry()
    pair.rui.carry()
    assert not pair.rui.row(pair.customer, one).here
    with pair.rui.store.transaction() as session:
        pins.pin(session, pair.customer, 1)
        identity.set_meta(session, METERED, "1")
    pair.rui.carry()
    assert pair.rui.link.sent == []
    with pair.rui.store.transaction() as session:
        identity.set_meta(session, METERED, "")
    pair.rui.carry()
    assert pair.rui.plain(one) == plain_bytes(100)


def test_on_a_metered_network_a_file_waits_until_somebody_sends_it(pair: Pair) -> None:
    one = pair.ana.attach(pair.customer, plain_bytes(100))
    pair.settle()
    with pair.ana.store.transaction() as session:
        identity.set_meta(session, METERED, "1")
    assert pair.ana.carry() == 0
    transfers.ask(pair.ana.store, one)
    assert pair.ana.carry() == 3
    with pytest.raises(FileRefused):
        transfers.ask(pair.ana.store, one)


def test_the_quota_lets_go_of_what_was_not_used_and_never_of_what_hq_does_not_have(pair: Pair) -> None:
    pinned = pair.create(pair.ana, "Padaria")
    files = [pair.ana.attach(pair.customer, plain_bytes(400, seed)) for seed in range(3)]
    kept = pair.ana.attach(pinned, plain_bytes(400, 8))
    pair.settle()
    pair.ana.carry()
    unsent = pair.ana.attach(pair.customer, plain_bytes(400, 9))
    with pair.ana.store.transaction() as session:
        pins.pin(session, pinned, 1)
        identity.set_meta(session, transfers.QUOTA, "1200")
        for at, one in enumerate([files[2], files[0], files[1]]):
            session.run("UPDATE blob SET used_at=? WHERE file_id=?", at + 1, one)
    assert transfers.make_room(pair.ana.store, pair.ana.vault, 0)
    assert _here(pair, pair.ana) == {files[1], unsent}
    assert pair.ana.row(pinned, kept).here
    assert not transfers.make_room(pair.ana.store, pair.ana.vault, 401)
    assert _here(pair, pair.ana) == {unsent}
    assert pair.ana.on_disk() == 2


def test_another_life_of_hq_is_offered_the_bytes_again(pair: Pair) -> None:
    one = pair.ana.attach(pair.customer, plain_bytes(2 * SPAN_BYTES))
    pair.settle()
    pair.ana.carry()
    with pair.fleet.office.ledger.reading() as session:
        (blob,) = session.rows("SELECT id FROM blob")
    pair.fleet.office.blobs._shelf.drop(blob[0])  # HQ came back from a copy without these bytes
    with pair.ana.store.transaction() as session:
        session.run("UPDATE blob SET at_hq='an older life' WHERE file_id=?", one)
    assert pair.ana.carry() == 4
    transfers.ask(pair.rui.store, one)
    pair.rui.carry()
    assert pair.rui.plain(one) == plain_bytes(2 * SPAN_BYTES)


def test_bytes_leave_hq_thirty_days_after_their_last_record(pair: Pair) -> None:
    one = pair.ana.attach(pair.customer, plain_bytes(100))
    half = pair.ana.attach(pair.customer, plain_bytes(SPAN_BYTES * 3, 2))
    pair.settle()
    pair.ana.carrier.fill()
    for _ in range(5):
        pair.ana.carrier.step()
    assert pair.blobs() == (1, 1, 1)
    with pair.ana.store.writing() as tx:
        tx.delete("file", one)
        tx.delete("file", half)
    pair.settle()
    blobs, clock = pair.fleet.office.blobs, pair.fleet.clock
    assert blobs.collect() == 0
    clock.at += 29 * 86_400_000
    assert blobs.collect() == 0
    clock.at += 2 * 86_400_000
    assert blobs.collect() == 2
    assert pair.blobs() == (0, 0, 0)
    assert not list((pair.fleet.folder / "hq" / "blobs").glob("*/*"))


def test_a_file_that_came_back_within_them_keeps_its_bytes(pair: Pair) -> None:
    one = pair.ana.attach(pair.customer, plain_bytes(100))
    pair.settle()
    pair.ana.carry()
    blobs, clock = pair.fleet.office.blobs, pair.fleet.clock
    with pair.ana.store.writing() as tx:
        tx.delete("file", one)
    pair.settle()
    blobs.collect()
    clock.at += 29 * 86_400_000
    with pair.ana.store.writing() as tx:
        tx.restore("file", one)
    pair.settle()
    blobs.collect()
    clock.at += 60 * 86_400_000
    assert blobs.collect() == 0
    transfers.ask(pair.rui.store, one)
    pair.rui.carry()
    assert pair.rui.plain(one) == plain_bytes(100)


def test_nothing_of_a_file_can_be_read_in_hqs_folder_and_a_changed_bit_is_told(pair: Pair) -> None:
    one = pair.ana.attach(pair.customer, b"segredo " * 10_000)
    pair.settle()
    pair.ana.carry()
    (piece,) = (pair.fleet.folder / "hq" / "blobs").glob("*/*/*")
    sealed = piece.read_bytes()
    assert b"segredo" not in sealed
    assert pair.fleet.office.blobs.faults() == []
    piece.write_bytes(sealed[:50] + bytes([sealed[50] ^ 1]) + sealed[51:])
    assert len(pair.fleet.office.blobs.faults()) == 1
    transfers.ask(pair.rui.store, one)
    pair.rui.carry()
    assert pair.rui.problem(one) == "bytes_missing"


def _here(pair: Pair, at: Porter) -> set[str]:
    return {row.id for row in of_customer(at.store, pair.customer).rows if row.here}


def _known(at: Porter) -> identity.Identity:
    known = at.store.identity()
    assert known is not None
    return known


def _due(at: Porter) -> transfers.Due:
    found = transfers.due(at.store)
    assert found is not None
    return found
