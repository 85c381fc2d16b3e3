"""The lease between a device and HQ: any answer renews it, HQ says how long it is, and unsent work is sent by the same round."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobility_app.errors import InvalidValue
from mobility_app.hq import lease_settings
from mobility_app.store import lease
from mobility_app.sync.status import waiting
from tests.support.fleet import Device, Fleet
from tests.support.versions import speaking


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    fleet = Fleet(tmp_path)
    fleet.user("Ana")
    return fleet


@pytest.fixture
def ana(fleet: Fleet) -> Device:
    device = fleet.device("ana", "Ana")
    fleet.settle()
    return device


def test_the_contact_that_renews_it_sends_what_was_typed_before(fleet: Fleet, ana: Device) -> None:
    with ana.store.writing() as tx:
        customer = tx.create("customer", {"name": "Café Central"})
    fleet.clock.at += lease.DAYS * lease.DAY_MS
    assert lease.look(ana.store).over
    assert waiting(ana.store).waiting == 1
    ana.sync()
    assert not lease.look(ana.store).over
    assert fleet.office.dump()["customer"][customer]["name"] == "Café Central"


def test_hq_says_how_long_it_is_and_older_devices_are_told_nothing(fleet: Fleet, ana: Device) -> None:
    fleet.office.headquarters.pulls.lease_days = 30
    with speaking(lease.SINCE - 1):
        ana.sync()
    assert lease.look(ana.store).days == lease.DAYS
    ana.sync()
    assert lease.look(ana.store).days == 30
    fleet.clock.at += 29 * lease.DAY_MS
    assert (lease.look(ana.store).over, lease.look(ana.store).warns) == (False, True)


def test_the_days_come_from_the_folder_or_the_environment(tmp_path: Path) -> None:
    assert lease_settings.read(tmp_path, {}) == lease.DAYS
    (tmp_path / lease_settings.FILE).write_text("days = 21\n")
    assert lease_settings.read(tmp_path, {}) == 21
    assert lease_settings.read(tmp_path, {lease_settings.VARIABLE: "7"}) == 7
    for wrong in ("6", "91", "soon", "-14"):
        with pytest.raises(InvalidValue, match="lease_settings"):
            lease_settings.read(tmp_path, {lease_settings.VARIABLE: wrong})
