"""The lease: days without a word of HQ are counted, whatever the clock does, and a contact begins them anew."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from mobility_app.store import lease
from mobility_app.store.store import Store

DAY = lease.DAY_MS
START = 1_795_600_000_000


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[Store]:
    with closing(Store(tmp_path / "device.db", None, now=clock)) as opened:
        lease.met(opened, 0)
        yield opened


def test_it_ends_after_fourteen_days_and_a_contact_begins_it_anew(store: Store, clock: Clock) -> None:
    clock.now += 14 * DAY - 1
    assert (lease.look(store).over, lease.look(store).days_left) == (False, 1)
    clock.now += 1
    assert (lease.look(store).over, lease.look(store).days_away, lease.look(store).days_left) == (True, 14, 0)
    lease.met(store, 0)
    assert (lease.look(store).over, lease.look(store).counted) == (False, 0)


def test_hq_says_for_how_many_days_within_bounds(store: Store, clock: Clock) -> None:
    for said, days in ((30, 30), (1, lease.LEAST_DAYS), (1000, lease.MOST_DAYS), (0, lease.DAYS)):
        lease.met(store, said)
        assert lease.look(store).days == days


def test_it_warns_in_its_last_days(store: Store, clock: Clock) -> None:
    clock.now += 10 * DAY
    assert not lease.look(store).warns
    clock.now += DAY
    assert (lease.look(store).warns, lease.look(store).days_left) == (True, 3)
    clock.now += 3 * DAY
    assert not lease.look(store).warns  # it is over


def test_a_clock_that_is_put_back_does_not_lengthen_it(store: Store, clock: Clock) -> None:
    for _ in range(20):  # each day somebody puts it back to where it began
        clock.now += DAY
        over = lease.look(store).over
        clock.now = START
        lease.look(store)
    assert over
    assert lease.look(store).over
    clock.now = START - 400 * DAY
    assert lease.look(store).over
    lease.met(store, 0)
    assert not lease.look(store).over


def test_what_was_counted_outlives_the_program_and_a_clock_that_ran_ahead_is_forgiven_by_the_next_contact(
    store: Store, clock: Clock
) -> None:
    clock.now += 9 * DAY
    lease.look(store)
    with closing(Store(store.path, None, now=clock)) as again:
        clock.now += 5 * DAY
        assert lease.look(again).over
        clock.now += 4_000 * DAY
        assert lease.look(again).over
        lease.met(again, 0)
        clock.now = START + 15 * DAY
        assert not lease.look(again).over
        clock.now += 13 * DAY
        assert not lease.look(again).over
        clock.now += DAY
        assert lease.look(again).over


def test_contacts_of_one_hour_write_once(store: Store, clock: Clock) -> None:
    statements: list[str] = []
    store.database.watch = statements.append
    for _ in range(50):
        clock.now += 60_000
        lease.met(store, 0)
    assert [sql for sql in statements if not sql.startswith("SELECT")] == []
    clock.now += 11 * 60_000
    lease.met(store, 0)
    assert lease.look(store).counted == 0
    store.database.watch = None


def test_a_device_that_never_counted_begins_when_it_is_looked_at(tmp_path: Path, clock: Clock) -> None:
    with closing(Store(tmp_path / "older.db", None, now=clock)) as older:
        assert not lease.look(older).over
        clock.now += 14 * DAY
        assert lease.look(older).over
