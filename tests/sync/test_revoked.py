"""Devices that are no longer welcome: blocked, asked for their unsent work, wiped."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from mobility_app import wiping
from mobility_app.config import Config
from mobility_app.errors import Refused
from mobility_app.hq import salvage
from mobility_app.store import vault
from mobility_app.store.records import Records
from mobility_app.store.store import Store
from mobility_app.sync import orders
from mobility_app.sync.engine import Round
from mobility_app.sync.life_messages import SalvageRequest
from tests.support.fleet import Device, Fleet

pytestmark = pytest.mark.usefixtures("engine")  # on both


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    made = Fleet(tmp_path)
    made.user("Ana")
    return made


def typed(device: Device, name: str) -> str:
    with device.store.writing() as tx:
        return tx.create("customer", {"name": name})


def ordered(fleet: Fleet, what: str, number: int = 1) -> None:
    with fleet.office.database.transaction() as opened:
        salvage.order(Records(opened.engine, opened.watch), number, what)


def told(device: Device) -> str:
    with pytest.raises(Refused) as refused:
        device.sync()
    return refused.value.reason


def seen(fleet: Fleet) -> salvage.Listed:
    with fleet.office.ledger.reading() as session:
        (one,) = salvage.listed(session)
    return one


def test_a_blocked_device_is_refused_and_keeps_what_it_has(fleet: Fleet) -> None:
    ana = fleet.device("ana", "Ana")
    typed(ana, "unsent")
    ordered(fleet, salvage.BLOCK)
    assert told(ana) == "revoked"
    assert seen(fleet).order == "block"
    assert fleet.office.dump()["customer"] == {}
    with ana.store.reading() as session:
        assert session.value("SELECT COUNT(*) FROM change") == 1


@pytest.mark.parametrize("count", [0, 1, 1_001])
def test_salvage_takes_what_was_unsent_once_lays_it_aside_and_then_orders_the_wipe(fleet: Fleet, count: int) -> None:
    ana = fleet.device("ana", "Ana")
    with ana.store.writing() as tx:
        for number in range(count):
            tx.create("customer", {"name": f"c{number}"})
    ordered(fleet, salvage.SALVAGE)
    assert told(ana) == orders.WIPE
    assert told(ana) == orders.WIPE
    assert fleet.office.dump()["customer"] == {}
    with fleet.office.ledger.reading() as session:
        names = [msgspec.json.decode(line)["patch"]["name"][1] for line in salvage.salvaged(session, 1)]
    assert names == [f"c{number}" for number in range(count)]
    known = ana.store.identity()
    assert known is not None
    orders.report(ana.store, ana.link, known)
    assert seen(fleet).done_at is not None


def test_nobody_hands_over_or_reports_who_was_not_asked(fleet: Fleet) -> None:
    ana = fleet.device("ana", "Ana")
    known = ana.store.identity()
    assert known is not None
    for what in ("", salvage.BLOCK):
        if what:
            ordered(fleet, what)
        with pytest.raises(Refused, match="revoked"):
            orders.report(ana.store, ana.link, known)
        with pytest.raises(Refused, match="revoked"):
            ana.engine._salvage(known, Round(), SalvageRequest([], last=True))
    assert seen(fleet).done_at is None


def test_a_wipe_destroys_the_key_first_and_leaves_nothing_to_read(tmp_path: Path) -> None:
    config = Config(tmp_path / "device")
    config.folder.mkdir()
    keys = vault.create(config.folder, "correct horse", cost=vault.Argon2(8, 1, 1))
    store = Store(config.database, keys.database)
    config.files.mkdir()
    (config.files / "piece").write_bytes(b"sealed")
    (config.folder / "app.log").write_text("x")
    config.watched.mkdir()
    (config.watched / "mine.txt").write_text("the person's own")
    store.close()
    gone: list[str] = []
    unlink = Path.unlink

    def noting(path: Path, missing_ok: bool = False) -> None:
        gone.append(path.name)
        unlink(path, missing_ok=missing_ok)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "unlink", noting)
        wiping.wipe(config.folder, config.watched)
    assert gone[:2] == ["keys.json", "keys.copy.json"]
    assert [path.name for path in config.folder.iterdir()] == ["watched"]
    assert not wiping.finish(config.folder, config.watched)


def test_a_wipe_cut_after_the_key_is_finished_at_the_next_start(tmp_path: Path) -> None:
    config = Config(tmp_path / "device")
    config.folder.mkdir()
    (config.folder / wiping.MARK).touch()
    (config.folder / "store.db").write_bytes(b"nobody can read this")
    assert wiping.finish(config.folder, config.watched)
    assert list(config.folder.iterdir()) == []


def test_a_device_made_anew_in_a_folder_is_not_wiped_by_an_old_mark(tmp_path: Path) -> None:
    config = Config(tmp_path / "device")
    config.folder.mkdir()
    (config.folder / wiping.MARK).touch()
    vault.create(config.folder, "correct horse", cost=vault.Argon2(8, 1, 1))
    assert not wiping.finish(config.folder, config.watched)
    assert vault.exists(config.folder)
