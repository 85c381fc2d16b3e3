"""Devices of versions N-4 to N+1 at an HQ of N-1 or N: each is told what it knows, nothing is lost, all catch up."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import pytest

from mobility_app.domain import digests, versions
from mobility_app.domain.change import Change, Patch
from mobility_app.errors import Unreachable
from mobility_app.hq.office import Dump
from mobility_app.store import verify
from mobility_app.store.queries.sync_centre import unsettled
from mobility_app.sync.status import STOPPED, Board
from mobility_app.sync.worker import SyncWorker
from mobility_app.ui.words import LANGUAGES, Words
from tests.support.versions import NEWEST, TODAY, N, Program, World, known, speaking

PAIRS = [(device, hq) for hq in (N - 1, N) for device in range(N - versions.OLDER, NEWEST + 1)]


def fill(device: Program, customer: str, word: str) -> dict[str, str]:
    """Writes into everything that the program knows. Returns what was made, by kind."""
    made: dict[str, str] = {}
    with device.writing() as tx:
        tx.update("customer", customer, {"website": f"https://{word}.example"})
        made["contact"] = tx.create("contact", {"customer_id": customer, "first_name": word})
        made["activity"] = tx.create("activity", {"customer_id": customer, "kind": "task", "title": word, "due_at": 1})
        made["address"] = tx.create("address", {"customer_id": customer, "line1": word})
    if device.version > TODAY:
        with device.writing() as tx:
            tx.update("customer", customer, {"nickname": word})
    if device.version > TODAY + 1:
        with device.writing() as tx:
            made["visit_plan"] = tx.create("visit_plan", {"customer_id": customer, "title": word})
            tx.update("visit_plan", made["visit_plan"], {"on_day": "2026-12-01"})
    if device.version > TODAY + 2:
        with device.writing() as tx:
            tx.update("contact", made["contact"], {"access_note": word})
            made["contact_two"] = tx.create(
                "contact", {"customer_id": customer, "first_name": f"{word} two", "access_note": "ring twice"}
            )
    if device.version > TODAY + 3:
        with device.writing() as tx:
            tx.update("visit_plan", made["visit_plan"], {"colour": "red"})
            made["visit_stop"] = tx.create("visit_stop", {"plan_id": made["visit_plan"], "place": word})
    if device.version > TODAY + 4:
        with device.writing() as tx:
            tx.update("contact", made["contact"], {"pronoun": word, "last_name": word})
            tx.update("address", made["address"], {"gate": word})
    return made


def settle(*devices: Program) -> None:
    for _ in range(3):
        for device in devices:
            device.sync()


def agree(world: World, device: Program) -> None:
    """The device holds what HQ holds, as far as it knows it, and neither had to be told twice."""
    told = known(world.dump(), min(device.version, world.version))
    assert known(device.dump(), min(device.version, world.version)) == told
    assert device.count("SELECT COUNT(*) FROM change WHERE state != 'parked'") == 0
    assert device.count("SELECT COUNT(*) FROM fault") == 0
    with speaking(device.version):
        assert verify.faults(device.store) == []
    asked = len(device.asked)
    assert device.sync().mended == 0
    assert device.asked[asked:] == ["/v1/pull"]


def values(rows: Dump, made: dict[str, str]) -> list[object]:
    return [rows[entity.removesuffix("_two")][record_id] for entity, record_id in made.items()]


@pytest.mark.parametrize(("device_version", "hq_version"), PAIRS)
def test_every_version_of_a_device_works_with_every_version_of_hq(
    device_version: int, hq_version: int, tmp_path: Path
) -> None:
    world = World(tmp_path, hq_version)
    rui, ana = world.device("Rui", hq_version), world.device("Ana", device_version)
    with rui.writing() as tx:
        customer = tx.create("customer", {"name": "Óptica Lusitânia"})
    fill(rui, customer, "rui")
    settle(rui, ana)
    agree(world, ana)

    mine = fill(ana, customer, "ana")  # both work without a network
    fill(rui, customer, "two")
    typed = ana.dump()
    settle(ana, rui, ana)
    agree(world, rui)
    agree(world, ana)
    assert values(ana.dump(), mine) == values(typed, mine), "what was typed stands, parked or not"
    assert (ana.count("SELECT COUNT(*) FROM change WHERE state='parked'") > 0) == (device_version > hq_version)
    if device_version < TODAY + 3 and hq_version >= TODAY + 3:
        assert world.dump()["customer"][customer]["web_host"] in ("ana.example", "two.example")

    epoch, lines = ana.count("SELECT COUNT(*) FROM entry"), ana.asked.count("/v1/enrol")
    ana.become(NEWEST)  # the device catches up, and fetches what it had been spared
    settle(ana)
    agree(world, ana)
    assert ana.count("SELECT COUNT(*) FROM entry") == epoch, "no new start"
    assert ana.asked.count("/v1/enrol") == lines

    world.become(NEWEST)  # HQ catches up, and gets what was parked
    rui.become(NEWEST)
    settle(ana, rui, ana)
    agree(world, ana)
    agree(world, rui)
    assert ana.count("SELECT COUNT(*) FROM change") == 0
    assert values(known(world.dump(), device_version), mine) == values(known(typed, device_version), mine)
    assert world.dump() == ana.dump() == rui.dump()


@pytest.mark.parametrize("start", range(2, 30, 3))
def test_either_side_may_be_updated_between_any_two_requests(start: int, tmp_path: Path) -> None:
    """HQ at one request, the device at another: a round that is cut there goes on as another program."""
    world = World(tmp_path, N - 1)
    rui, ana = world.device("Rui", N - 1), world.device("Ana", NEWEST)
    with rui.writing() as tx:
        customer = tx.create("customer", {"name": "Óptica Lusitânia"})
    fill(rui, customer, "rui")
    settle(rui, ana)
    mine = fill(ana, customer, "ana")
    fill(rui, customer, "two")
    typed, seen = ana.dump(), 0

    def before(target: str) -> None:
        nonlocal seen
        seen += 1
        if seen == start:
            world.become(N)
        if seen == start + 1:
            raise Unreachable("network")

    world.before = before
    for device in (ana, rui, ana, rui):
        with suppress(Unreachable):
            device.sync()
        if seen > start and rui.version == N - 1:
            rui.become(N)
    world.before = lambda target: None
    world.become(NEWEST)
    rui.become(NEWEST)
    settle(ana, rui, ana)
    agree(world, ana)
    agree(world, rui)
    assert values(world.dump(), mine) == values(typed, mine)
    assert ana.count("SELECT COUNT(*) FROM change") == 0
    assert world.dump() == ana.dump()


def test_a_snapshot_brings_an_older_device_what_it_knows(tmp_path: Path) -> None:
    world = World(tmp_path, NEWEST)
    rui = world.device("Rui", NEWEST)
    with rui.writing() as tx:
        customer = tx.create("customer", {"name": "Óptica Lusitânia"})
    fill(rui, customer, "rui")
    settle(rui)
    with speaking(NEWEST):
        world.office.headquarters.snapshots.least_lines = 1
        assert world.office.headquarters.snapshots.keep_fresh() > 0
    ana = world.device("Ana", NEWEST - versions.OLDER)
    assert {"/v1/snapshot", "/v1/history"} <= set(ana.asked)
    agree(world, ana)
    with ana.store.reading() as session:
        parts = [row[0] for row in session.rows("SELECT part FROM digest")]
    assert all(digests.since_of(part) <= ana.version for part in parts)
    ana.become(NEWEST)
    settle(ana)
    agree(world, ana)
    assert ana.dump() == world.dump()


@pytest.mark.parametrize(
    ("device_version", "hq_version", "why"),
    [(NEWEST - versions.OLDER - 1, NEWEST, "too_old"), (NEWEST, NEWEST - versions.NEWER - 1, "too_new")],
)
def test_beyond_the_window_the_device_is_told_and_goes_on_working(
    device_version: int, hq_version: int, why: str, tmp_path: Path
) -> None:
    world = World(tmp_path, min(device_version, hq_version))
    ana = world.device("Ana", min(device_version, hq_version))
    with ana.writing() as tx:
        customer = tx.create("customer", {"name": "typed before"})
    settle(ana)
    ana.become(device_version)
    world.become(hq_version)
    with ana.writing() as tx:
        tx.update("customer", customer, {"name": "typed meanwhile"})
    board = Board()
    worker = SyncWorker(ana.store, ana.engine, board, lambda: 0.5)
    for _ in range(3):
        with speaking(device_version):
            worker._once()
        assert (board.status.state, board.status.problem) == (STOPPED, why)
    for language in LANGUAGES:
        assert Words(language).problem(why) not in {Words(language).problem("failed"), why}
    assert ana.dump()["customer"][customer]["name"] == "typed meanwhile"
    assert ana.count("SELECT COUNT(*) FROM change WHERE state IN ('open', 'sent')") == 1
    world.become(NEWEST)
    ana.become(NEWEST)
    settle(ana)
    assert world.dump()["customer"][customer]["name"] == "typed meanwhile"


def test_what_stands_or_falls_as_one_is_parked_as_one(tmp_path: Path) -> None:
    """A deleted contact takes what hangs on it along: of a plan that HQ does not know the stops go with it, later."""
    world = World(tmp_path, N - 1)
    ana = world.device("Ana", NEWEST)
    with ana.writing() as tx:
        customer = tx.create("customer", {"name": "Óptica Lusitânia"})
        plan = tx.create("visit_plan", {"customer_id": customer, "title": "Monday"})
    settle(ana)
    with ana.writing() as tx:
        tx.create("visit_stop", {"plan_id": plan, "place": "Porto"})
    with ana.writing() as tx:
        tx.delete("visit_plan", plan)
    with ana.writing() as tx:
        tx.update("customer", customer, {"website": "https://after.example"})
    settle(ana)
    assert plan in world.dump()["visit_plan"], "half of an atomic save"
    assert world.dump()["customer"][customer]["website"] == "https://after.example", "what came after waits for nothing"
    assert ana.dump()["visit_plan"] == {} == ana.dump()["visit_stop"]
    world.become(NEWEST)
    settle(ana)
    assert world.dump()["visit_plan"] == {} == world.dump()["visit_stop"]
    agree(world, ana)


def test_what_hangs_on_a_parked_record_waits_with_it(tmp_path: Path) -> None:
    world = World(tmp_path, TODAY)
    ana = world.device("Ana", TODAY + 2)
    with ana.writing() as tx:
        customer = tx.create("customer", {"name": "Óptica Lusitânia", "nickname": "Lusi"})
        plan = tx.create("visit_plan", {"customer_id": customer, "title": "Monday"})
    settle(ana)
    with ana.writing() as tx:
        tx.update("visit_plan", plan, {"title": "Tuesday"})
        tx.update("customer", customer, {"nickname": "Lúsi"})
    settle(ana)
    row = ana.dump()["customer"][customer]
    assert (row["nickname"], ana.dump()["visit_plan"][plan]["title"]) == ("Lúsi", "Tuesday")
    assert ana.count("SELECT COUNT(*) FROM change WHERE state='rejected'") == 0
    world.become(TODAY + 1)
    settle(ana)
    assert world.dump()["customer"][customer]["nickname"] == "Lúsi", "HQ knows this by now, and gets it"
    assert ana.count("SELECT COUNT(*) FROM change WHERE state='parked'") == 2
    world.become(TODAY + 2)
    settle(ana)
    assert world.dump()["visit_plan"][plan]["title"] == "Tuesday"
    agree(world, ana)


def test_an_hq_that_was_not_heard_since_the_update_says_that_it_is_older(tmp_path: Path) -> None:
    """The push comes before the pull: HQ refuses it whole, the device parks and goes on in the same round."""
    world = World(tmp_path, TODAY)
    ana = world.device("Ana", TODAY)
    with ana.writing() as tx:
        customer = tx.create("customer", {"name": "Óptica Lusitânia"})
    settle(ana)
    ana.become(TODAY + 1)
    with ana.writing() as tx:
        tx.update("customer", customer, {"website": "https://a.example", "nickname": "Lusi"})
        tx.create("contact", {"customer_id": customer, "first_name": "Eva"})
    asked = len(ana.asked)
    ana.sync()
    assert ana.asked[asked:] == ["/v1/push", "/v1/push", "/v1/pull"]
    row = world.dump()["customer"][customer]
    assert row["website"] == "https://a.example"
    assert len(world.dump()["contact"]) == 1
    assert ana.dump()["customer"][customer]["nickname"] == "Lusi"
    assert ana.count("SELECT COUNT(*) FROM change WHERE state='parked'") == 1
    assert unsettled(ana.store).parked_count == 1
    world.become(TODAY + 1)
    settle(ana)
    assert world.dump()["customer"][customer]["nickname"] == "Lusi"
    agree(world, ana)


def test_a_refused_field_beside_a_parked_one_keeps_both(tmp_path: Path) -> None:
    world = World(tmp_path, TODAY)
    ana = world.device("Ana", TODAY + 1)
    with ana.writing() as tx:
        customer = tx.create("customer", {"name": "Óptica Lusitânia"})
    settle(ana)
    with ana.writing() as tx:
        tx.update("customer", customer, {"name": "renamed", "nickname": "Lusi", "website": "https://a.example"})
        territory = tx.value("SELECT territory_id FROM customer WHERE id=?", customer)
    with speaking(world.version):
        world.office.add_territory("Lusa", "Sul")
        with world.office.ledger.transaction() as hq:
            (sul,) = hq.find("territory", name="Sul")
            hq.update("customer", customer, {"territory_id": sul["id"]})
    assert territory != sul["id"]
    settle(ana)
    assert ana.count("SELECT COUNT(*) FROM change WHERE state='parked'") == 1
    assert ana.count("SELECT COUNT(*) FROM change WHERE state='rejected'") == 1
    world.become(TODAY + 1)
    settle(ana)
    assert ana.count("SELECT COUNT(*) FROM change WHERE state='parked'") == 0
    assert ana.count("SELECT COUNT(*) FROM change WHERE state='rejected'") == 2, "out of reach is told for both"


def test_an_older_change_is_raised_as_its_version_says() -> None:
    """Golden: what an up-cast once made of a change it makes for ever."""
    site: Patch = {"website": (None, "https://a.example")}
    with speaking(NEWEST):
        old = Change(1, 1, "customer", "0" * 32, "update", site, 0, 1, 1)
        assert versions.raised(old, TODAY + 2).patch == {**site, "web_host": (None, "a.example")}
        assert versions.raised(old, TODAY + 3) == old
        assert versions.unknown(versions.raised(old, TODAY), TODAY) == {"web_host"}


def test_an_update_of_the_program_strands_nothing_that_was_on_its_way(tmp_path: Path) -> None:
    """HQ took the push and its answer was lost; the program was updated; the same bytes get the same verdict."""
    world = World(tmp_path, NEWEST)
    ana = world.device("Ana", TODAY + 1)
    with ana.writing() as tx:
        customer = tx.create("customer", {"name": "Óptica Lusitânia", "website": "https://a.example"})
    settle(ana)
    with ana.writing() as tx:
        tx.update("customer", customer, {"website": "https://b.example"})
    world.lose = "/v1/push"
    with pytest.raises(Unreachable):
        ana.sync()
    world.lose = ""
    ana.become(NEWEST)
    with ana.writing() as tx:
        tx.update("customer", customer, {"web_host": "b.example, by hand"})
    settle(ana)
    agree(world, ana)
    assert "/v1/renew" not in ana.asked
    assert world.dump()["customer"][customer]["web_host"] == "b.example, by hand"
    with speaking(NEWEST), world.office.ledger.reading() as session:
        hosts = session.rows(
            "SELECT patch FROM log WHERE record_id=? AND patch LIKE '%web_host%' ORDER BY seq", customer
        )
    assert [json.loads(row[0])["web_host"] for row in hosts] == [
        [None, "b.example"],
        ["b.example", "b.example, by hand"],
    ]
