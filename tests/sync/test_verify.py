"""A cell changed around everything, in every table, on either side: found, mended from who is right, and told."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobility_app.domain import registry
from mobility_app.domain.fields import Kind
from mobility_app.hq import faults as hq_faults
from mobility_app.hq import scrub as hq_scrub
from mobility_app.store import digests as kept
from mobility_app.store import faults, identity, scrub
from mobility_app.sync import protocol
from tests.support.fleet import Device
from tests.support.invariants import hq_sums_hold, pulled_exactly, sums_hold
from tests.support.realm import Realm

ENTITIES = [one.name for one in registry.ENTITIES]


class World:
    """A realm with a record of every entity, and the devices of two reps that hold them."""

    def __init__(self, folder: Path) -> None:
        self.realm = Realm(folder)
        self.fleet = self.realm.fleet
        self.ids: dict[str, str] = {}
        actor = self.realm.ids["rep"]
        with self.fleet.office.ledger.transaction() as tx:
            customer = self.realm.customer(tx, "own", notes="a", website="https://x.example/")
            for one in registry.ENTITIES:
                if one.name == "customer":
                    self.ids[one.name] = customer
                    continue
                row = self.realm.whole(tx, one, "own", customer, actor)
                if one.name == "conflict":
                    row.update(entity="customer", field="name", record_id=customer)
                self.ids[one.name] = tx.create(one.name, row)
        self.ana = self.fleet.device("ana", "rep")
        self.rui = self.fleet.device("rui", "Rui")

    def rot(self, device: Device, entity: str) -> None:
        """Changes one cell of a device around everything."""
        with device.store.transaction() as session:
            session.run("UPDATE ctx SET applying=1")
            session.run(f'UPDATE "{entity}" SET {cell(entity)} WHERE id=?', self.ids[entity])
            session.run("UPDATE ctx SET applying=0")

    def rot_hq(self, entity: str) -> None:
        with self.fleet.office.database.transaction() as session:
            session.run("UPDATE ctx SET applying=1")
            session.run(f'UPDATE "{entity}" SET {cell(entity)} WHERE id=?', self.ids[entity])
            session.run("UPDATE ctx SET applying=0")

    def noted(self, device: Device) -> list[faults.Fault]:
        with device.store.reading() as session:
            return faults.newest(session)

    def hq_noted(self) -> list[hq_faults.Fault]:
        with self.fleet.office.ledger.reading() as session:
            return hq_faults.newest(session)


def cell(entity: str) -> str:
    """SQL that sets a field to what nobody wrote."""
    one = registry.entity(entity)
    texts = [field.name for field in one.fields if field.kind in (Kind.TEXT, Kind.NOTE)]
    return f"{texts[0]}='rot'" if texts else f"{one.names[-1]}='{'f' * 32}'"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("world"))


@pytest.mark.parametrize("entity", ENTITIES)
def test_a_cell_that_changed_on_a_device_is_found_and_mended(world: World, entity: str) -> None:
    ana, before = world.ana, len(world.noted(world.ana))
    ana.sync()
    was = ana.dump()
    world.rot(ana, entity)
    assert ana.dump() != was
    assert scrub.scrub(ana.store) == 1
    done = ana.sync()
    assert done.mended == 1
    assert done.requests == 4  # pull, compare, the rows of one bucket, the fault told
    assert ana.dump() == was
    sums_hold("ana", ana.store)
    new = world.noted(ana)[0]
    assert len(world.noted(ana)) == before + 1
    assert (new.kind, new.entity, new.record_id) == (faults.REPAIRED, entity, world.ids[entity])
    assert new.was != new.stands
    assert len(new.was) == len(new.stands) == 1
    told = world.hq_noted()[0]
    assert (told.entity, told.record_id, told.was, told.stands) == (entity, new.record_id, new.was, new.stands)
    assert ana.sync().requests == 1


@pytest.mark.parametrize("entity", ENTITIES)
def test_a_cell_that_changed_at_hq_is_found_reported_and_mended_by_command(world: World, entity: str) -> None:
    office, was = world.fleet.office, world.fleet.office.dump()
    world.rot_hq(entity)
    (line,) = hq_scrub.scrub(office.ledger)
    assert line == f"{entity} {world.ids[entity]}: the table differs from the log"
    assert hq_scrub.scrub(office.ledger) == [line]  # reported again, kept once
    assert office.dump() != was  # nobody but a person mends HQ
    standing = [one for one in world.hq_noted() if not one.mended]
    assert [(one.entity, one.record_id) for one in standing] == [(entity, world.ids[entity])]
    assert world.rui.sync().mended == 0
    assert len(hq_scrub.mend(office.ledger)) == 1
    assert office.dump() == was
    hq_sums_hold(office)
    assert all(one.mended for one in world.hq_noted())


def test_what_rots_at_hq_reaches_no_device(world: World) -> None:
    """A device that is repaired meanwhile gets no rotten row, and does not ask for it at every pull."""
    world.ana.sync()
    was = world.ana.dump()
    world.rot_hq("contact")
    world.rot(world.ana, "contact")
    with world.ana.store.transaction() as session:  # rot of its own: else both would be alike
        session.run("UPDATE ctx SET applying=1")
        session.run("UPDATE contact SET first_name='rot of its own' WHERE id=?", world.ids["contact"])
        session.run("UPDATE ctx SET applying=0")
    scrub.scrub(world.ana.store)
    world.ana.sync()
    assert (
        world.ana.dump()["contact"][world.ids["contact"]]["first_name"] == "rot of its own"
    )  # nobody has it right to give
    assert world.ana.dump() != was
    assert world.ana.sync().requests == 1
    hq_scrub.mend(world.fleet.office.ledger)
    scrub.scrub(world.ana.store)
    with world.ana.store.transaction() as session:
        identity.set_meta(session, "compared", "")
    world.ana.sync()
    assert world.ana.dump() == was


def test_a_row_that_vanished_comes_back_and_one_that_nobody_made_goes(world: World) -> None:
    ana = world.ana
    ana.sync()
    was = ana.dump()
    with ana.store.transaction() as session:
        session.run("UPDATE ctx SET applying=1")
        session.remove("address", world.ids["address"])
        session.insert("ticket", "e" * 32, {"customer_id": world.ids["customer"], "description": "ghost"})
        session.run("UPDATE ctx SET applying=0")
    scrub.scrub(ana.store)
    assert ana.sync().mended == 2
    assert ana.dump() == was
    assert {one.kind for one in world.noted(ana)[:2]} == {faults.MISSING, faults.DROPPED}


def test_a_wrong_sum_is_made_anew_from_the_tables_never_taken_over(world: World) -> None:
    ana = world.ana
    ana.sync()
    with ana.store.transaction() as session:
        right = kept.read(session)
        kept.write(session, {"contact": 7})
    done = ana.sync()
    assert done.mended == 0
    with ana.store.reading() as session:
        assert kept.read(session) == right
    assert world.noted(ana)[0].kind == faults.SUMS
    assert ana.sync().requests == 1


def test_an_open_change_stays_over_what_is_mended_under_it(world: World) -> None:
    ana = world.ana
    ana.sync()
    world.rot(ana, "contact")
    scrub.scrub(ana.store)
    ana.link.requests.clear()
    pulled, cut = ana.link.send, []

    def save_between(method: str, target: str, headers: object, body: bytes) -> object:
        if target == "/v1/rows" and not cut:
            cut.append(1)
            with ana.store.writing() as tx:
                tx.update("contact", world.ids["contact"], {"job_title": "typed meanwhile"})
        return pulled(method, target, headers, body)  # type: ignore[arg-type]

    ana.link.send = save_between  # type: ignore[assignment, method-assign]
    ana.sync()
    ana.link.send = pulled  # type: ignore[method-assign]
    row = ana.store.read("contact", world.ids["contact"])
    assert row is not None
    assert (row["job_title"], row["first_name"] != "rot") == ("typed meanwhile", True)
    ana.sync()
    assert world.fleet.office.dump()["contact"][world.ids["contact"]]["job_title"] == "typed meanwhile"
    pulled_exactly("ana", ana.store, world.fleet.office)


def test_what_is_not_sent_yet_counts_nothing(world: World) -> None:
    world.ana.sync()
    with world.ana.store.writing() as tx:
        tx.update("contact", world.ids["contact"], {"job_title": "not sent yet"})
        tx.create("contact", {"customer_id": world.ids["customer"], "first_name": "Not sent"})
        tx.delete("contact_email", world.ids["contact_email"])
    sums_hold("ana", world.ana.store)
    assert scrub.scrub(world.ana.store) == 0


def test_a_customer_in_two_scopes_of_a_device_counts_once(tmp_path: Path) -> None:
    world = World(tmp_path)
    for shared in (True, False, True):
        with world.fleet.office.ledger.transaction() as tx:
            tx.update("customer", world.ids["customer"], {"shared": shared})
        world.fleet.settle()
        for device in (world.ana, world.rui):
            assert device.sync().requests == 1
            assert world.noted(device) == []
            with device.store.reading() as session:
                assert not identity.meta(session, "compared")  # nothing was looked for in vain
        hq_sums_hold(world.fleet.office)


def test_an_idle_pull_says_one_number_more_and_nothing_is_written(world: World) -> None:
    ana = world.ana
    ana.sync()
    ana.link.requests.clear()
    statements: list[str] = []
    ana.store.database.watch = statements.append
    ana.sync()
    ana.store.database.watch = None
    ((_, body, reply),) = ana.link.requests
    answer = protocol.unpack(reply.body, protocol.PullAnswer, hostile=False)
    assert len(answer.digest) == len("1-0123456789abcdef")
    assert [sql for sql in statements if not sql.startswith("SELECT")] == []
    assert len(body) + len(reply.body) < 1_000


def test_the_search_is_mended_where_it_lost_a_customer(world: World) -> None:
    with world.ana.store.transaction() as session:
        session.run("DELETE FROM search_row WHERE customer_id=?", world.ids["customer"])
    assert scrub.scrub(world.ana.store) == 1
    assert scrub.scrub(world.ana.store) == 0
    assert world.noted(world.ana)[0].kind == faults.SEARCH


def test_a_role_compares_what_it_may_see(tmp_path: Path) -> None:
    """Nothing is asked for, and nothing found wrong, on the device of any role."""
    world = World(tmp_path)
    for role in ("manager", "support", "accountant", "admin", "erp"):
        device = world.fleet.device(role, role)
        assert device.sync().requests == 1
        with world.fleet.office.ledger.transaction() as tx:
            tx.update("customer", world.ids["customer"], {"credit_limit_minor": len(role), "name": role})
        device.sync()
        assert device.sync().requests == 1
        assert world.noted(device) == []
        sums_hold(role, device.store)
