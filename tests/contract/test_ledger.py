"""HQ's write door: rows, log, chain and scopes move together, numbered without a gap."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from mobility_app.errors import InvalidValue
from mobility_app.hq.ledger import Author
from mobility_app.hq.office import Office
from mobility_app.hq.verify import faults


def customer(office: Office, name: str = "C") -> str:
    with office.ledger.transaction() as tx:
        company = tx.find("company")[0]
        return tx.create("customer", {
            "name": name, "company_id": company["id"], "territory_id": company["default_territory_id"], "currency": "EUR",
        })  # fmt: skip


def rows(office: Office, sql: str, *params: Any) -> list[tuple[Any, ...]]:
    with office.ledger.reading() as session:
        return session.rows(sql, *params)


def test_numbers_have_no_gap_even_after_what_was_taken_back(office: Office) -> None:
    customer(office)
    with pytest.raises(InvalidValue), office.ledger.transaction() as tx:
        tx.create("label", {"company_id": tx.find("company")[0]["id"], "name": "x"})
        tx.create("user", {"name": "x", "role": "emperor"})
    customer(office)
    for stream, head in rows(office, "SELECT id, head FROM stream"):
        seqs = [row[0] for row in rows(office, "SELECT seq FROM log WHERE stream=? ORDER BY seq", stream)]
        assert seqs == list(range(1, head + 1))
    assert faults(office.ledger) == []


def test_an_attempt_that_fails_leaves_nothing_and_the_rest_goes_on(office: Office) -> None:
    first = customer(office)
    with office.ledger.transaction() as tx:
        with pytest.raises(ZeroDivisionError), tx.attempt():
            tx.update("customer", first, {"name": "half"})
            tx.create("contact", {"customer_id": first, "first_name": "half"})
            raise ZeroDivisionError
        tx.update("customer", first, {"website": "https://kept.example"})
    (row,) = office.dump()["customer"].values()
    assert (row["name"], row["website"]) == ("C", "https://kept.example")
    assert office.dump()["contact"] == {}
    assert faults(office.ledger) == []


def test_a_write_around_the_ledger_fails_loudly(office: Office) -> None:
    first = customer(office)
    for sql in ("UPDATE customer SET name='x'", "DELETE FROM customer", "INSERT INTO customer (id) VALUES ('x')"):
        with pytest.raises(Exception, match="unattributed"), office.database.transaction() as session:
            session.run(sql)
    assert office.dump()["customer"][first]["name"] == "C"


def test_writers_side_by_side_are_told_in_commit_order(office: Office) -> None:
    first = customer(office)

    def write(number: int) -> None:
        for step in range(10):
            with office.ledger.transaction(Author(user_id=f"{number:032x}")) as tx:
                tx.update("customer", first, {"website": f"https://{number}-{step}.example"})

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults(office.ledger) == []
    last = rows(office, "SELECT patch FROM log WHERE record_id=? ORDER BY seq DESC LIMIT 1", first)[0][0]
    assert str(office.dump()["customer"][first]["website"]) in last


@pytest.mark.parametrize(
    "harm",
    [
        "UPDATE log SET patch=REPLACE(patch, 'C2', 'C3') WHERE patch LIKE '%C2%'",
        "UPDATE log SET user_id='somebody' WHERE seq=3",
        "DELETE FROM log WHERE seq=3",
        "UPDATE log SET at=at+1 WHERE seq=3",
    ],
)
def test_history_that_was_altered_or_removed_is_found(office: Office, harm: str) -> None:
    customer(office, "C1")
    customer(office, "C2")
    assert faults(office.ledger) == []
    with office.database.transaction() as session:
        session.run(harm)
    assert faults(office.ledger)
