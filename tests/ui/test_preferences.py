"""What a person chooses for a device holds at once, outlives the process, and locks a store that nobody uses."""

from __future__ import annotations

import asyncio
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from mobility_app.config import Config
from mobility_app.device import change_passphrase, unlock
from mobility_app.errors import InvalidValue, WrongPassphrase
from mobility_app.store import identity, vault
from mobility_app.store.vault import Argon2
from mobility_app.ui.context import App, Opened
from mobility_app.ui.preferences import LOCK_MINUTES
from tests.support.desk import NOW, Backend, Desk, desk

MINUTE = 60_000


class Clock:
    """The hour, moved by the test."""

    def __init__(self) -> None:
        self.at = NOW

    def __call__(self) -> int:
        return self.at


def again(at: Desk, clock: Clock | None = None) -> App:
    """The app of a later process on the same store."""
    return App(Backend(), opened=Opened(at.store), now=clock or Clock(), zone=ZoneInfo("Europe/Lisbon"))


def test_choices_hold_at_once_and_after_a_restart(tmp_path: Path) -> None:
    at = desk(tmp_path)
    assert (at.app.preferences.lock_minutes, at.app.preferences.single_keys) == (15, True)
    asyncio.run(at.app.set_lock_minutes(5))
    asyncio.run(at.app.set_single_keys(False))
    assert (at.app.preferences.lock_minutes, at.app.preferences.single_keys) == (5, False)
    later = again(at).preferences
    assert (later.lock_minutes, later.single_keys) == (5, False)


def test_what_cannot_be_chosen_changes_nothing(tmp_path: Path) -> None:
    at = desk(tmp_path)
    asyncio.run(at.app.set_lock_minutes(0))
    asyncio.run(at.app.set_lock_minutes(100_000))
    assert at.app.preferences.lock_minutes == 15
    with at.store.transaction() as session:
        identity.set_meta(session, "ui_lock_minutes", "9999")
    assert again(at).preferences.lock_minutes == 15
    assert LOCK_MINUTES == (1, 5, 15, 30, 60)


def test_the_store_locks_after_the_chosen_idle_time_and_not_while_somebody_works(tmp_path: Path) -> None:
    clock = Clock()
    app = again(desk(tmp_path), clock)
    asyncio.run(app.set_lock_minutes(1))
    clock.at += MINUTE - 1
    asyncio.run(app.lock_if_idle())
    assert not app.locked
    app.active()
    clock.at += MINUTE - 1
    asyncio.run(app.lock_if_idle())
    assert not app.locked
    clock.at += 1
    asyncio.run(app.lock_if_idle())
    assert app.locked
    assert app.actor is None


def test_another_passphrase_opens_and_the_old_one_does_not(tmp_path: Path) -> None:
    vault.create(tmp_path, "the first passphrase", cost=Argon2(64, 1, 1))
    config = Config(tmp_path)
    with pytest.raises(InvalidValue):
        change_passphrase(config, "the first passphrase", "short")
    with pytest.raises(WrongPassphrase):
        change_passphrase(config, "not the passphrase", "the second passphrase")
    change_passphrase(config, "the first passphrase", "the second passphrase")
    unlock(config, "the second passphrase").store.close()
    with pytest.raises(WrongPassphrase):
        unlock(config, "the first passphrase")


def test_wrong_old_passphrases_make_the_next_try_wait(tmp_path: Path) -> None:
    vault.create(tmp_path, "the first passphrase", cost=Argon2(64, 1, 1))
    waits = []
    for _ in range(5):
        with pytest.raises(WrongPassphrase) as wrong:
            change_passphrase(Config(tmp_path), "not the passphrase", "the second passphrase")
        waits.append(wrong.value.details["wait_ms"])
    assert waits[0] == 0
    assert int(str(waits[-1])) > 0


def test_a_metered_network_is_kept_and_its_end_is_felt_at_once(tmp_path: Path) -> None:
    at = desk(tmp_path)
    asyncio.run(at.app.set_metered(True))
    assert again(at).preferences.metered
    asyncio.run(at.app.set_metered(False))
    assert not again(at).preferences.metered
    assert at.app.backend.asked_to_sync == 2  # type: ignore[attr-defined]
