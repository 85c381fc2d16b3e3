"""Sixteen who write at once on PostgreSQL, while connections are ended and strangers' transactions stand open in its cluster:
each change has one verdict, numbers are exactly 1 to the head for whoever reads on, and what holds for one holds for all."""

from __future__ import annotations

import threading
from pathlib import Path

from mobility_app.hq.verify import faults
from tests.support import invariants
from tests.support.cluster import Cluster, psycopg
from tests.support.forger import forged
from tests.support.writers import END_ONE, Reader, Writers, push

WRITERS, COMPANIES, PUSHES = 16, 8, 8
END_SECONDS = 0.1


def test_sixteen_writers_leave_every_number_once_while_connections_end_and_idle_transactions_stand_open(
    cluster: Cluster, tmp_path: Path
) -> None:
    address = cluster.hq()
    writers = Writers(tmp_path, address, WRITERS, COMPANIES)
    reader, stop, ended = Reader(address, writers.streams), threading.Event(), list[int]()

    def work(number: int) -> None:
        company = number % COMPANIES
        for turn in range(PUSHES):
            if turn % 4 == 3:
                values = {"name": f"C{number}.{turn}", "company_id": writers.streams[company]}
                (verdict,) = push(writers.forgers[number], [
                    forged("create", "customer", writers.fleet.office.ledger.new_id(), {
                        **values, "territory_id": territories[company], "currency": "EUR",
                    }),
                ])  # fmt: skip
            else:
                verdict = writers.edit(number, f"w{number}-{turn}", 1 + turn % 2)[0]
            assert verdict.state in ("accepted", "superseded"), verdict

    def trouble() -> None:
        with psycopg.connect(address, autocommit=True) as connection:
            while not stop.wait(END_SECONDS):
                ended.append(connection.execute(END_ONE).rowcount)

    with writers.fleet.office.ledger.reading() as session:
        territories = [str(session.find("territory", company_id=stream)[0]["id"]) for stream in writers.streams]
    ender = threading.Thread(target=trouble, daemon=True)
    with (
        psycopg.connect(cluster.address("postgres")) as elsewhere,
        psycopg.connect(f"{address}&application_name=reader") as here,
    ):
        held = [one.execute("SELECT pg_current_xact_id()::text").fetchone() for one in (elsewhere, here)]
        assert all(held)  # each has a number of its own that no snapshot can pass, and does nothing
        reader.start()
        ender.start()
        failed = writers.run(work)
        stop.set()
        ender.join()
        reader.end()
        assert not elsewhere.closed
    assert failed == []
    assert sum(ended) > 3
    assert reader.missed == []
    with writers.fleet.office.ledger.reading() as session:
        heads = dict(session.rows("SELECT id, head FROM stream"))
        assert reader.last == {stream: heads[stream] for stream in writers.streams}
        invariants.streams(session)
        for forger in writers.forgers:
            given = session.rows("SELECT dseq FROM verdict WHERE device_id=? ORDER BY dseq", forger.device_id)
            assert [dseq for (dseq,) in given] == list(range(1, forger.next))
        numbers = [row["number"] for row in session.find("customer") if row["name"] != "as it was"]
        assert len(numbers) == len(set(numbers)) == WRITERS * PUSHES // 4
        assert session.value("SELECT COUNT(*) FROM aside") == 0
    assert faults(writers.fleet.office.ledger) == []
    writers.close()
    cluster.give_back(address)
