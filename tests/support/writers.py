"""Many who write at once into one HQ on PostgreSQL, and somebody who reads on meanwhile and misses no number.

`Writers` are keys of people of several companies, each a thread, spread over as many open HQs as there would be processes.
What can't be taken now ("busy") is asked again as it was, as a device does. `Reader` looks straight into the log.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import msgspec

from mobility_app.errors import Refused
from mobility_app.hq.database_settings import VARIABLE
from mobility_app.hq.office import Office
from mobility_app.sync import protocol
from mobility_app.sync.protocol import PushAnswer, PushRequest, WireChange, WireVerdict
from tests.support.cluster import psycopg
from tests.support.fleet import Fleet
from tests.support.forger import Forger, forged

TRIES_MAX, AGAIN_SECONDS, LOOK_SECONDS = 200, 0.02, 0.002
READER = "reader"  # its application_name
END_ONE = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname=current_database() AND pid<>pg_backend_pid()"
    f" AND usename='hq' AND application_name<>'{READER}' ORDER BY random() LIMIT 1"
)
_NEW = "SELECT head, ARRAY(SELECT seq FROM log WHERE stream=s.id AND seq>%s ORDER BY seq) FROM stream s WHERE s.id=%s"


class Reader(threading.Thread):
    """Whoever reads on from the last number of each stream finds every number up to its head, once and in order."""

    def __init__(self, address: str, streams: list[str]) -> None:
        super().__init__(daemon=True)
        self.address, self.stop = f"{address}&application_name={READER}", threading.Event()
        self.last = dict.fromkeys(streams, 0)
        self.missed, self.looks = list[tuple[str, int, list[int]]](), 0

    def run(self) -> None:
        while not self.stop.is_set():
            try:
                with psycopg.connect(self.address, autocommit=True) as connection:
                    while not self.stop.is_set():
                        self.look(connection)
                        self.stop.wait(LOOK_SECONDS)
            except psycopg.Error:
                self.stop.wait(0.05)

    def look(self, connection: psycopg.Connection) -> None:
        """One statement for a stream is one moment: its head and what is new of its log belong together."""
        for stream, last in self.last.items():
            head, seqs = connection.execute(_NEW, (last, stream)).fetchone()
            if seqs != list(range(last + 1, head + 1)):
                self.missed.append((stream, head, seqs))
            self.last[stream] = head
        self.looks += 1

    def end(self) -> None:
        """Ends it after a last look."""
        self.stop.set()
        self.join()
        with psycopg.connect(self.address, autocommit=True) as connection:
            self.look(connection)


class _Desk:
    """One open HQ, as a forger knows its place."""

    def __init__(self, fleet: Fleet, office: Office) -> None:
        self.random, self.office = fleet.random, office


class Writers:
    """`count` keys in `companies` companies, on `offices` open HQs of one database. Each company has one customer that all
    of its people edit."""

    def __init__(self, folder: Path, address: str, count: int, companies: int, offices: int = 2) -> None:
        before = os.environ.get(VARIABLE)
        os.environ[VARIABLE] = address
        try:
            self.fleet = Fleet(folder)
            others = [
                Office(folder / "hq", now=self.fleet.clock, random=self.fleet.random.randbytes)
                for _ in range(1, offices)
            ]
        finally:
            os.environ.pop(VARIABLE) if before is None else os.environ.update({VARIABLE: before})
        self.offices, names = [self.fleet.office, *others], [f"K{number}" for number in range(companies)]
        self.streams = [self.fleet.office.add_company(name, "PT") for name in names]
        desks = [_Desk(self.fleet, office) for office in self.offices]
        self.forgers, self.customers = list[Forger](), list[str]()
        for number in range(count):
            self.fleet.user(f"w{number}", company=names[number % companies], territories=(names[number % companies],))
            self.forgers.append(Forger(desks[number % offices], f"w{number}"))
        with self.fleet.office.ledger.transaction() as tx:
            for name, stream in zip(names, self.streams, strict=True):
                territory = self.fleet.office.named(tx, "territory", name, company_id=stream)
                self.customers.append(tx.create("customer", {
                    "name": "as it was", "company_id": stream, "territory_id": territory, "currency": "EUR",
                }))  # fmt: skip

    def run(self, work: Callable[[int], None]) -> list[BaseException]:
        """Does the work of each of them, all at once. Returns what went wrong."""
        failed: list[BaseException] = []

        def one(number: int) -> None:
            try:
                work(number)
            except BaseException as error:  # noqa: BLE001 - told to whoever started it
                failed.append(error)

        threads = [threading.Thread(target=one, args=(number,)) for number in range(len(self.forgers))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return failed

    def edit(self, number: int, value: str, count: int = 1) -> list[WireVerdict]:
        """An edit of the one customer of its company, `count` of them in one push."""
        who, customer = self.forgers[number], self.customers[number % len(self.customers)]
        made = [
            forged(
                "update",
                "customer",
                customer,
                {"website": f"https://{value}-{at}.example"},
                stamp=self.fleet.clock() << 16,
            )
            for at in range(count)
        ]
        return push(who, made)

    def close(self) -> None:
        for office in self.offices:
            office.database.close()


def push(who: Forger, changes: list[WireChange]) -> list[WireVerdict]:
    """The verdicts, as soon as HQ gives them."""
    numbered = [
        msgspec.structs.replace(change, dseq=who.next + at, tx=who.next + at) for at, change in enumerate(changes)
    ]
    who.next += len(numbered)
    wait = threading.Event()
    for _ in range(TRIES_MAX):
        try:
            return who.ask("/v1/push", PushRequest(protocol.in_columns(numbered)), PushAnswer).verdicts
        except Refused as busy:
            if (busy.status, busy.reason) != (503, "busy"):
                raise
        wait.wait(AGAIN_SECONDS)
    raise AssertionError("it is busy for ever")
