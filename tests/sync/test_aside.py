"""One change that HQ can't judge: the device finds it among the others, HQ sets it aside verbatim, the rest goes on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from mobility_app.errors import Unreachable
from mobility_app.hq import aside
from mobility_app.sync import protocol
from mobility_app.sync.protocol import PushRequest
from mobility_app.sync.transport import Reply
from tests.support.fleet import Device, Fleet

ROUNDS_MAX = 60


class Died(BaseException):
    """HQ's process ends here."""


class Deadly:
    """The way to an HQ that dies of one change, whatever comes with it. Remembers how many changes each push had."""

    def __init__(self, fleet: Fleet, device: Device, poison: int, reason: str) -> None:
        self._fleet, self._inner, self._poison, self._reason = fleet, device.link.send, poison, reason
        self.pushes: list[tuple[int, bool]] = []

    def send(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Reply:
        if target != "/v1/push":
            return self._inner(method, target, headers, body)
        message = protocol.unpack(body, PushRequest)
        self.pushes.append((len(message.changes.patch), message.aside))
        if any(change.dseq == self._poison for change in protocol.in_rows(message.changes)):
            self._fleet.office.database.watch = self._dies
        try:
            return self._inner(method, target, headers, body)
        except Died:
            raise Unreachable(self._reason) from None
        finally:
            self._fleet.office.database.watch = None

    def _dies(self, sql: str) -> None:
        if "FROM record WHERE id" in sql:  # what only judging reads
            raise Died


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    fleet = Fleet(tmp_path)
    fleet.user("Ana")
    return fleet


@pytest.mark.parametrize("reason", ["stalled", "cut"])  # what a device sees of it: nothing any more, or a reset
def test_a_change_that_kills_hq_is_found_by_halves_and_set_aside_and_the_rest_goes_on(
    fleet: Fleet, reason: str
) -> None:
    ana = fleet.device("ana", "Ana")
    with ana.store.writing() as tx:
        keys = [tx.create("customer", {"name": f"C{number}"}) for number in range(8)]
    deadly = Deadly(fleet, ana, 5, reason)
    ana.link.send = deadly.send  # type: ignore[method-assign]
    for _ in range(ROUNDS_MAX):
        try:
            ana.sync()
        except Unreachable:
            continue
        break
    assert deadly.pushes[0] == (8, False)
    assert [size for size, _ in deadly.pushes].count(8) == 3
    assert sum(suspect for _, suspect in deadly.pushes) == aside.BEGUN_MAX + 1
    at_hq = set(fleet.office.dump()["customer"])
    assert at_hq == set(keys) - {keys[4]}
    with ana.store.reading() as session:
        assert session.rows("SELECT dseq, json_extract(verdict, '$.reason') FROM change WHERE state='rejected'") == [
            (5, "set_aside")
        ]
    with fleet.office.ledger.reading() as session:
        assert [(one.dseq, one.change.id, one.change.patch["name"][1]) for one in aside.listed(session)] == [
            (5, keys[4], "C4")
        ]
    assert aside.retry(fleet.office.ledger) == (1, 0)
    assert set(fleet.office.dump()["customer"]) == set(keys)
    ana.sync()
    assert ana.dump()["customer"] == fleet.office.dump()["customer"]


def test_what_stays_a_poison_stays_aside_and_can_be_dropped_and_an_atomic_save_is_kept_whole(fleet: Fleet) -> None:
    ana = fleet.device("ana", "Ana")
    with fleet.office.database.transaction() as session:
        session.run(
            "CREATE TRIGGER stumble BEFORE INSERT ON contact WHEN NEW.first_name='poison'"
            " BEGIN SELECT RAISE(ABORT, 'stumbled'); END"
        )
    with ana.store.writing() as tx:
        good = tx.create("customer", {"name": "good"})
    with ana.store.writing() as tx:
        tx.run("UPDATE ctx SET atomic=1")
        tx.create("contact", {"customer_id": good, "first_name": "beside"})
        tx.create("contact", {"customer_id": good, "first_name": "poison"})
    ana.sync()
    assert set(fleet.office.dump()["customer"]) == {good}
    assert fleet.office.dump()["contact"] == {}
    assert aside.retry(fleet.office.ledger) == (0, 2)
    with fleet.office.ledger.transaction() as tx:
        for one in aside.listed(tx):
            aside.drop(tx, one.device_id, one.dseq)
        assert aside.listed(tx) == []


def test_a_network_that_is_away_narrows_nothing(fleet: Fleet) -> None:
    ana = fleet.device("ana", "Ana")
    real = ana.link.send
    with ana.store.writing() as tx:
        for number in range(8):
            tx.create("customer", {"name": f"C{number}"})

    def away(*request: object) -> Reply:
        raise Unreachable("network")

    ana.link.send = away  # type: ignore[method-assign]
    for _ in range(9):
        with pytest.raises(Unreachable):
            ana.sync()
    ana.link.send = real  # type: ignore[method-assign]
    assert ana.sync().requests == 2
