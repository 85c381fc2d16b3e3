"""Two requests at once on PostgreSQL, in every order of their steps: what comes out is what one after the other gives."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from mobility_app.domain.change import Entry
from mobility_app.hq.verify import faults
from mobility_app.sync import columns
from mobility_app.sync.protocol import PullAnswer, WireCursor
from tests.support.cluster import Cluster
from tests.support.fleet import Fleet
from tests.support.forger import Forger, forged
from tests.support.turns import Stage, Turn, orders

WRITES = ("pg_advisory_xact_lock", "UPDATE stream SET head", "INSERT INTO digest")
READS = ("FROM stream", "FROM scope_log", "FROM log")
STEPS = len(WRITES) + 1


@pytest.fixture(scope="module")
def stage(cluster: Cluster) -> Iterator[Stage]:
    address = cluster.hq()
    made = Stage(address)
    before = os.environ.get("MOBILITY_DATABASE")
    os.environ["MOBILITY_DATABASE"] = address
    yield made
    os.environ.pop("MOBILITY_DATABASE")
    if before is not None:
        os.environ["MOBILITY_DATABASE"] = before
    made.close()
    cluster.give_back(address)


class Office:
    """One HQ for all orders, with a key for Ana and Rui (Norte) and Eva (Sul)."""

    def __init__(self, folder: Path, stage: Stage) -> None:
        self.fleet, self.stage, self.numbers = Fleet(folder), stage, count(1)
        for name, territory in (("Ana", "Norte"), ("Rui", "Norte"), ("Eva", "Sul")):
            self.fleet.user(name, territories=(territory,))
        self.ana, self.rui, self.eva = (Forger(self.fleet, name) for name in ("Ana", "Rui", "Eva"))
        self.norte, self.sul = (self.fleet.id_of("territory", name) for name in ("Norte", "Sul"))
        self.lusa = self.fleet.id_of("company", "Lusa")
        self.fleet.office.database.watch = stage.watch

    def customer(self) -> tuple[str, int]:
        """A new customer in Norte, and the number of the entry that made it."""
        with self.fleet.office.ledger.transaction() as tx:
            made = tx.create(
                "customer",
                {"name": "as it was", "company_id": self.lusa, "territory_id": self.norte, "currency": "EUR"},
            )
        return made, self.head()

    def head(self) -> int:
        with self.fleet.office.ledger.reading() as session:
            return int(session.value("SELECT head FROM stream WHERE id=?", self.lusa))

    def edit(self, who: Forger, customer: str, name: str, seen: int) -> list[tuple[str, str]]:
        change = forged(
            "update", "customer", customer, {"name": name}, base=seen, before="as it was",
            stamp=(1_790_000_000_000 + next(self.numbers)) << 16,
        )  # fmt: skip
        return [(verdict.state, verdict.reason) for verdict in who.push(change)]

    def play(self, order: tuple[int, ...], first: Turn, second: Turn) -> None:
        self.stage.play(order, first, second)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, stage: Stage) -> Office:
    return Office(tmp_path_factory.mktemp("orders"), stage)


def all_of(who: Forger, cursor: WireCursor) -> tuple[list[PullAnswer], WireCursor]:
    pages = []
    for _ in range(50):
        page = who.pull(cursor)
        pages.append(page)
        cursor = page.cursor or cursor
        if not page.more:
            return pages, cursor
    raise AssertionError("the pages never end")


def entries(page: PullAnswer) -> list[Entry]:
    return [entry for entry, _ in columns.to_entries(page.entries)]


def test_two_pushes_on_one_field_in_every_order_lose_nothing(office: Office) -> None:
    for order in orders(STEPS, STEPS):
        customer, seen = office.customer()
        one = Turn(lambda c=customer, s=seen: office.edit(office.ana, c, "hers", s), WRITES)
        two = Turn(lambda c=customer, s=seen: office.edit(office.rui, c, "his", s), WRITES)
        office.play(order, one, two)
        with office.fleet.office.ledger.reading() as session:
            (clash,) = session.find("conflict", record_id=customer)
            row = session.get("customer", customer) or {}
        assert {clash["winner"], clash["loser"]} == {"hers", "his"}, order
        assert row["name"] == clash["winner"]
    assert faults(office.fleet.office.ledger) == []


def test_who_pulls_while_another_pushes_skips_no_entry_in_any_order(office: Office) -> None:
    for order in orders(STEPS, STEPS):
        customer, seen = office.customer()
        _, cursor = all_of(office.rui, WireCursor())
        kept: list[tuple[list[PullAnswer], WireCursor]] = []
        one = Turn(lambda c=customer, s=seen: office.edit(office.ana, c, "hers", s), WRITES)
        two = Turn(lambda at=cursor, kept=kept: kept.append(all_of(office.rui, at)), READS)
        office.play(order, one, two)
        pages, at = kept[0]
        pages += all_of(office.rui, at)[0]
        got = [entry.seq for page in pages for entry in entries(page)]
        assert got == list(range(seen + 1, office.head() + 1)), order


def test_a_customer_that_moves_while_somebody_pulls_leaves_once_and_arrives_whole_in_any_order(office: Office) -> None:
    def move(customer: str) -> None:
        with office.fleet.office.ledger.transaction() as tx:
            tx.update("customer", customer, {"territory_id": office.sul})

    for order in orders(STEPS, STEPS):
        customer, _ = office.customer()
        _, ana_at = all_of(office.ana, WireCursor())
        _, eva_at = all_of(office.eva, WireCursor())
        kept: list[tuple[list[PullAnswer], WireCursor]] = []
        one = Turn(lambda c=customer: move(c), WRITES)
        two = Turn(lambda at=ana_at, kept=kept: kept.append(all_of(office.ana, at)), READS)
        office.play(order, one, two)
        pages, at = kept[0]
        pages += all_of(office.ana, at)[0]
        left = [of for page in pages for _, what, of, _ in page.steps if what == "leave"]
        came = [entry for page in all_of(office.eva, eva_at)[0] for entry in entries(page)]
        assert left == [customer], order
        assert [entry.kind for entry in came if entry.record_id == customer] == ["create", "update"], order
