"""What only a server can do to HQ: end connections, restart, refuse, wait. Each is a "busy" and then all goes on; nothing
is half done, nothing is said to be saved that is not."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from time import monotonic

import httpx
import msgspec
import peewee
import pytest

from mobility_app.errors import DiskFull, InvalidValue, Refused, StoreTooNew, Unreachable
from mobility_app.hq import backup as copies
from mobility_app.hq import database_settings, moving, schema, wake
from mobility_app.hq.app import create_app
from mobility_app.hq.office import Office
from mobility_app.hq.office_pages import COOKIE
from mobility_app.hq.post import paused
from mobility_app.hq.schema import PostgresHq
from mobility_app.hq.verify import faults
from mobility_app.hq.wake import Hub, Waiter
from mobility_app.store import postgres
from mobility_app.store.postgres import Postgres
from mobility_app.sync import protocol
from mobility_app.sync.protocol import PushAnswer, PushRequest
from tests.support.cluster import END_OTHERS, Cluster, psycopg
from tests.support.fleet import Device, Fleet
from tests.support.forger import Forger, forged

OTHERS = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname=current_database() AND pid<>pg_backend_pid()"


@pytest.fixture
def address(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    made = cluster.hq()
    monkeypatch.setenv(database_settings.VARIABLE, made)
    yield made
    cluster.give_back(made)


@pytest.fixture
def fleet(address: str, tmp_path: Path) -> Fleet:
    made = Fleet(tmp_path)
    made.user("Ana")
    return made


@pytest.fixture
def ana(fleet: Fleet) -> Device:
    return fleet.device("ana", "Ana")


def end_all(address: str) -> None:
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(END_OTHERS)
        for _ in range(10_000):  # they are asked to end, and on a busy machine have not yet
            if connection.execute(OTHERS).fetchone() == (0,):
                return


def save(device: Device, name: str) -> str:
    with device.store.writing() as tx:
        return tx.create("customer", {"name": name})


def statuses(device: Device) -> list[int]:
    return [reply.status for _, _, reply in device.link.requests]


@pytest.mark.parametrize("at", ["pg_advisory_xact_lock", "FROM record", "INSERT INTO log", "UPDATE stream SET head"])
def test_a_connection_that_ends_in_a_push_is_busy_and_the_next_round_brings_all(
    fleet: Fleet, ana: Device, address: str, at: str
) -> None:
    names = [f"C{number}" for number in range(3)]
    for name in names:
        save(ana, name)
    ended = []

    def watch(sql: str) -> None:
        if at in sql and not ended:
            ended.append(sql)
            end_all(address)

    fleet.office.database.watch = watch
    with pytest.raises(Unreachable):
        ana.sync()
    assert ended
    assert statuses(ana)[-1] == 503
    fleet.settle()
    assert sorted(row["name"] for row in fleet.office.dump()["customer"].values()) == names
    with fleet.office.ledger.reading() as session:
        assert session.value("SELECT COUNT(*) FROM aside") == 0
        assert session.value("SELECT COUNT(*) FROM verdict") == len(names)
    assert faults(fleet.office.ledger) == []


def test_connections_that_ended_while_nobody_used_them_are_noticed_before_they_are(fleet: Fleet, ana: Device) -> None:
    save(ana, "C")
    ana.sync()
    end_all(fleet.office.database.engine.database)
    ana.sync()
    assert set(statuses(ana)[1:]) == {200}


def test_a_statement_that_failed_unnoticed_is_never_told_as_saved(address: str, tmp_path: Path) -> None:
    database = PostgresHq(address, tmp_path)
    made = "INSERT INTO hq_meta (k, v) VALUES ('kept', ?)"
    with pytest.raises(peewee.InternalError, match="not committed: ROLLBACK"), database.transaction() as session:
        session.run(made, "1")
        with pytest.raises(psycopg.errors.UniqueViolation):
            session.value(f"{made} RETURNING k", "2")  # whoever asks is told at once
    with pytest.raises(peewee.IntegrityError), database.transaction() as session:
        session.run(made, "1")
        session.run(made, "2")  # whoever does not, at COMMIT
    with pytest.raises(peewee.IntegrityError), database.transaction() as session:
        session.run(made, "1")
        with session.savepoint():
            session.run(made, "2")
    with database.transaction() as session:
        with pytest.raises(peewee.IntegrityError), session.savepoint():
            session.run(made, "1")
            session.run(made, "2")
        session.run("INSERT INTO hq_meta (k, v) VALUES ('after', '1')")
    with database.reading() as session:
        assert session.value("SELECT v FROM hq_meta WHERE k='after'") == "1"
    with database.reading() as session:
        assert session.value("SELECT v FROM hq_meta WHERE k='kept'") is None


def test_a_read_transaction_is_one_moment_and_waits_for_nobody(address: str, tmp_path: Path) -> None:
    database, other = PostgresHq(address, tmp_path), PostgresHq(address, tmp_path)
    with database.reading() as before, other.transaction() as writing:
        assert before.value("SELECT COUNT(*) FROM hq_meta") == 0
        writing.run("INSERT INTO hq_meta (k, v) VALUES ('k', '1')")
        with psycopg.connect(address) as third:
            third.execute("INSERT INTO hq_meta (k, v) VALUES ('other', '1')")
        assert before.value("SELECT COUNT(*) FROM hq_meta") == 0
    with database.reading() as after:
        assert after.value("SELECT COUNT(*) FROM hq_meta") == 2


def test_who_waits_too_long_for_another_writer_or_for_a_connection_is_busy(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(postgres._OPTIONS, "lock_timeout", 100)
    monkeypatch.setattr(postgres, "WAIT_SECONDS", 0.1)
    database = Postgres(address, connections_most=1)
    with psycopg.connect(address) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s)", (postgres.ALONE,))
        with pytest.raises(Unreachable, match="lock timeout"), database.transaction():
            pass
    with database.transaction() as session:
        session.run("INSERT INTO hq_meta (k, v) VALUES ('k', '1')")
        failed: list[BaseException] = []

        def ask() -> None:
            try:
                with database.reading():
                    pass
            except Unreachable as error:
                failed.append(error)

        thread = threading.Thread(target=ask)
        thread.start()
        thread.join()
    assert len(failed) == 1
    database.close()


def test_a_suspect_that_only_waited_for_a_lock_is_not_set_aside(
    address: str, fleet: Fleet, ana: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = save(ana, "as it was")
    ana.sync()
    monkeypatch.setitem(postgres._OPTIONS, "lock_timeout", 100)
    fleet.office = Office(fleet.folder / "hq", now=fleet.clock, random=fleet.random.randbytes)
    forger = Forger(fleet, "Ana")
    change = forged("update", "customer", customer, {"name": "new"}, before="as it was")
    suspect = PushRequest(protocol.in_columns([msgspec.structs.replace(change, tx=1)]), aside=True)
    with psycopg.connect(address) as other:
        other.execute("SELECT 1 FROM customer FOR UPDATE")
        with pytest.raises(Refused) as busy:
            forger.ask("/v1/push", suspect, PushAnswer)
    assert (busy.value.status, busy.value.reason) == (503, "busy")
    (verdict,) = forger.ask("/v1/push", suspect, PushAnswer).verdicts
    assert verdict.state == "accepted"
    with fleet.office.ledger.reading() as session:
        assert session.value("SELECT COUNT(*) FROM aside") == 0


def test_a_write_around_the_ledger_is_refused_and_so_is_emptying_a_table(fleet: Fleet) -> None:
    for sql in ("UPDATE customer SET name='x'", "TRUNCATE customer", "DELETE FROM company"):
        with pytest.raises(peewee.DatabaseError, match="unattributed"), fleet.office.database.transaction() as session:
            session.run(sql)


def test_two_that_start_at_once_make_the_tables_once_and_an_older_program_leaves_them_alone(
    cluster: Cluster, tmp_path: Path
) -> None:
    address = cluster.database()
    made = [PostgresHq(address, tmp_path) for _ in range(2)]
    threads = [threading.Thread(target=one.prepare) for one in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with made[0].transaction() as session:
        numbers = [row[0] for row in session.rows("SELECT number FROM schema_version ORDER BY number")]
        assert numbers == list(range(1, len(numbers) + 1))
        session.run("INSERT INTO schema_version (number) VALUES (?)", len(numbers) + 1)
    with pytest.raises(StoreTooNew):
        made[1].prepare()
    for one in made:
        one.close()


def test_what_a_server_says_of_itself_is_no_fault_of_a_statement(address: str) -> None:
    database = Postgres(address)
    full, damaged, canceled = (
        psycopg.errors.DiskFull("x"),
        psycopg.errors.DataCorrupted("x"),
        psycopg.errors.QueryCanceled(),
    )
    assert isinstance(database.trouble(full), DiskFull)
    assert database.trouble(damaged).code == "store_damaged"  # type: ignore[union-attr]
    assert isinstance(database.trouble(peewee.OperationalError(canceled)), Unreachable)
    assert database.trouble(psycopg.errors.UniqueViolation("x")) is None
    assert database.trouble(InvalidValue("a", "b", "c")) is None


def test_a_database_that_is_not_fit_or_not_there_is_told_clearly(
    cluster: Cluster, address: str, tmp_path: Path
) -> None:
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("CREATE DATABASE old ENCODING 'SQL_ASCII' TEMPLATE template0")
    with pytest.raises(InvalidValue) as unfit:
        PostgresHq(cluster.address("old"), tmp_path)
    assert unfit.value.reason == "database_unfit"
    with pytest.raises(Unreachable, match="does not exist"):
        PostgresHq(cluster.address("nowhere"), tmp_path)


def test_settings_name_it_and_no_password_comes_from_the_command_line(tmp_path: Path) -> None:
    read = database_settings.read
    assert read(tmp_path, {}) == ""
    (tmp_path / database_settings.FILE).write_text('address = "postgresql://hq@db/hq"\n')
    assert read(tmp_path, {}) == "postgresql://hq@db/hq"
    assert read(tmp_path, {database_settings.VARIABLE: "postgres://other/hq"}) == "postgres://other/hq"
    for option, reason in (
        ("postgresql://hq:secret@db/hq", "database_password"), ("postgresql://db/hq?password=secret", "database_password"),
        ("mysql://db/hq", "database_settings"), ("postgresql://[::1/hq", "database_settings"),
    ):  # fmt: skip
        with pytest.raises(InvalidValue) as refused:
            database_settings.named(option)
        assert refused.value.reason == reason
    for text in ("address = 5", "adress = 'postgresql://db/hq'", "=", 'address = "hq.db"'):
        (tmp_path / database_settings.FILE).write_text(text)
        with pytest.raises(InvalidValue, match="database_settings"):
            read(tmp_path, {})


def test_its_backup_is_the_servers_and_a_database_that_was_put_back_begins_a_new_life(
    fleet: Fleet, ana: Device, address: str, cluster: Cluster, tmp_path: Path
) -> None:
    with pytest.raises(InvalidValue, match="server_backup"):
        copies.backup(fleet.office.database, tmp_path / "backup.db")
    save(ana, "before the dump")
    ana.sync()
    dump = cluster.dump(address)
    save(ana, "after the dump")
    ana.sync()
    cluster.put_back(address, dump)
    done = copies.begin_anew(fleet.office.database, now=fleet.clock, random=fleet.random.randbytes)
    fleet.office = Office(fleet.folder / "hq", now=fleet.clock, random=fleet.random.randbytes)
    assert fleet.office.headquarters.epoch == done.epoch
    fleet.settle()
    names = {row["name"] for row in fleet.office.dump()["customer"].values()}
    assert names == {"before the dump", "after the dump"}
    with fleet.office.ledger.reading() as session:
        assert paused(session)
    assert faults(fleet.office.ledger) == []


def test_an_hq_that_has_grown_moves_to_a_server_and_its_devices_notice_nothing(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(database_settings.VARIABLE, raising=False)
    fleet = Fleet(tmp_path)
    fleet.user("Ana")
    ana = fleet.device("ana", "Ana")
    save(ana, "on the file")
    fleet.settle()
    before, epoch = fleet.office.dump(), fleet.office.headquarters.epoch
    address, folder = cluster.hq(), fleet.folder / "hq"
    with fleet.office.database.reading(), pytest.raises(InvalidValue, match="hq_runs"):
        moving.move(folder, address)
    fleet.office.database.close()
    rows, kept = moving.move(folder, address)
    assert rows > 0
    assert kept.exists()
    with pytest.raises(InvalidValue, match="nothing_to_move"):
        moving.move(folder, address)
    fleet.office = Office(folder, now=fleet.clock, random=fleet.random.randbytes)
    assert isinstance(fleet.office.database, PostgresHq)
    assert (fleet.office.dump(), fleet.office.headquarters.epoch) == (before, epoch)
    asked = len(ana.link.requests)
    ana.sync()
    assert statuses(ana)[asked:] == [200]
    save(ana, "on the server")
    fleet.settle()
    assert faults(fleet.office.ledger) == []
    assert ana.dump()["customer"] == fleet.office.dump()["customer"]
    other = Fleet(tmp_path / "other")
    other.office.database.close()
    with pytest.raises(InvalidValue, match="database_taken"):
        moving.move(other.folder / "hq", address)
    assert (other.folder / "hq" / database_settings.DATABASE).exists()
    fleet.office.database.close()
    cluster.give_back(address)


def test_while_the_server_is_down_the_offices_pages_say_busy_and_then_come_again(
    cluster: Cluster, fleet: Fleet, ana: Device
) -> None:
    app = create_app(fleet.office, "key")

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://hq.test", cookies={COOKIE: "key"}) as client:
            return await client.get("/office")

    assert asyncio.run(ask()).status_code == 200
    cluster.stop("immediate")
    try:
        answer = asyncio.run(ask())
        assert (answer.status_code, answer.text) == (503, "busy")
        save(ana, "C")
        with pytest.raises(Unreachable, match="busy"):
            ana.sync()
    finally:
        cluster.start()
    assert asyncio.run(ask()).status_code == 200
    ana.sync()
    assert len(fleet.office.dump()["customer"]) == 1


def test_while_the_server_is_down_the_log_says_so_once_and_once_that_it_goes_on(
    cluster: Cluster, fleet: Fleet, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "mobility.hq")
    monkeypatch.setattr(wake, "LOOK_SECONDS", 0.01)
    looks: list[float] = []

    def lines() -> list[str]:
        return [record.getMessage() for record in caplog.records if record.name == "mobility.hq"]

    async def wait() -> None:
        hub = Hub(fleet.office.ledger)
        look = hub._look
        hub._look = lambda *seen: (looks.append(monotonic()), look(*seen))[1]  # type: ignore[method-assign]
        waiting = asyncio.create_task(hub.wait(Waiter("d", {"g": "g"}, {}, 60), 60))
        while not looks:
            await asyncio.sleep(0.01)
        cluster.stop("immediate")
        before = len(looks)
        while len(looks) < before + 5:
            await asyncio.sleep(0.01)
        cluster.start()
        while not any("goes on" in line for line in lines()):
            await asyncio.sleep(0.01)
        hub.close()
        await waiting

    asyncio.run(asyncio.wait_for(wait(), 30))
    assert len(lines()) == 2
    assert lines()[0].startswith("wake: ")
    assert not any(record.exc_info for record in caplog.records if record.name == "mobility.hq")
    gaps = [after - before for before, after in pairwise(looks)]
    assert max(gaps[-6:]) > 0.05  # from try to try it waits longer


def test_an_older_database_is_brought_up_to_date_with_what_it_holds(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, every = cluster.database(), schema.steps(schema.MIGRATIONS)
    monkeypatch.setattr(schema, "steps", lambda folder: every[:2])
    old = PostgresHq(address, tmp_path)
    old.prepare()
    with old.transaction() as session, old.applying(session):
        session.run("INSERT INTO company (id, name) VALUES ('c', 'Lusa')")
        session.run("INSERT INTO stream (id, head) VALUES ('c', 7)")
    old.close()
    monkeypatch.undo()
    new = PostgresHq(address, tmp_path)
    new.prepare()
    with new.reading() as session:
        assert session.rows("SELECT id, head, horizon FROM stream") == [("c", 7, 0)]
        assert session.value("SELECT name FROM company") == "Lusa"
        assert session.value("SELECT MAX(number) FROM schema_version") == len(every)
    new.close()
