"""HQ's picture of what open changes lie over: found by taking them back, kept only where it moved underneath."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobility_app.domain.change import ACCEPTED, CREATE, DELETE, REJECTED, RESTORE, UPDATE, Row, fold
from mobility_app.store import apply, overlay
from mobility_app.store.apply import Said
from mobility_app.store.overlay import Step
from tests.support import invariants
from tests.support.fleet import Device, Fleet


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Fleet, Device, Device, str]:
    fleet = Fleet(tmp_path)
    for name in ("Ana", "Rui"):
        fleet.user(name)
    ana, rui = fleet.device("ana", "Ana"), fleet.device("rui", "Rui")
    with ana.store.writing() as tx:
        customer = tx.create("customer", {"name": "Zebra", "website": "https://old.example", "notes": "one\ntwo"})
    fleet.settle()
    return fleet, ana, rui, customer


def change(device: Device, customer: str, **values: str) -> int:
    """Saves an edit. Returns its number."""
    with device.store.writing() as tx:
        tx.update("customer", customer, dict(values))
    with device.store.reading() as session:
        return int(session.value("SELECT MAX(dseq) FROM change"))


def kept(device: Device) -> int:
    with device.store.reading() as session:
        return int(session.value("SELECT COUNT(*) FROM base_row"))


def picture(device: Device, customer: str) -> Row | None:
    with device.store.reading() as session:
        covered, row = overlay.base(session, "customer", customer)
        assert covered
        return row


STEPS: list[Step] = [
    (UPDATE, {"a": (1, 2)}),
    (UPDATE, {"a": (2, 3), "b": (None, "x")}),
    (DELETE, {"a": (3, None), "b": ("x", None)}),
    (RESTORE, {"a": (None, 3), "b": (None, "x")}),
    (UPDATE, {"b": ("x", "y")}),
]


@pytest.mark.parametrize("count", range(len(STEPS) + 1))
def test_taking_back_the_last_first_leads_to_what_was(count: int) -> None:
    row: Row | None = {"a": 1, "b": None}
    for kind, patch in STEPS[:count]:
        row = fold(row, kind, patch)
    assert overlay.under(row, STEPS[:count]) == {"a": 1, "b": None}


def test_what_was_made_here_was_nothing_before() -> None:
    made: list[Step] = [(CREATE, {"a": (None, 1)}), (UPDATE, {"a": (1, 2)})]
    assert overlay.under({"a": 2}, made) is None


def test_a_save_keeps_no_picture_and_hqs_is_found_from_it(pair: tuple[Fleet, Device, Device, str]) -> None:
    fleet, ana, _, customer = pair
    change(ana, customer, website="https://new.example", notes="one\nthree")
    change(ana, customer, website="https://newer.example")
    assert kept(ana) == 0
    row = picture(ana, customer)
    assert row is not None
    with fleet.office.ledger.reading() as hq:
        stands = hq.get("customer", customer)
    assert stands is not None
    assert row == {name: value for name, value in stands.items() if name != "id"}
    invariants.sums_hold("ana", ana.store)


def test_a_refused_change_in_the_middle_leaves_the_others(pair: tuple[Fleet, Device, Device, str]) -> None:
    _, ana, _, customer = pair
    numbers = [change(ana, customer, website=f"https://{n}.example", name=f"Zebra {n}") for n in range(3)]
    apply.verdicts(ana.store, [Said(numbers[2], REJECTED, "forbidden", {}, "", 0)])
    seen = ana.store.read("customer", customer)
    assert seen is not None
    assert (seen["website"], seen["name"]) == ("https://1.example", "Zebra 1")
    apply.verdicts(ana.store, [Said(numbers[0], REJECTED, "forbidden", {}, "", 0)])
    assert ana.store.read("customer", customer) == seen
    apply.verdicts(ana.store, [Said(numbers[1], REJECTED, "forbidden", {}, "", 0)])
    row = ana.store.read("customer", customer)
    assert row is not None
    assert (row["website"], row["name"]) == ("https://old.example", "Zebra")
    assert kept(ana) == 0
    invariants.sums_hold("ana", ana.store)


def test_hqs_picture_that_moved_underneath_is_kept_until_nothing_is_open(
    pair: tuple[Fleet, Device, Device, str],
) -> None:
    fleet, ana, rui, customer = pair
    change(rui, customer, website="https://rui.example", notes="zero\none\ntwo")
    rui.sync()
    change(ana, customer, website="https://ana.example", notes="one\ntwo\nthree")
    ana.engine._push_all = lambda *_: None  # type: ignore[method-assign]  # what she typed while the pull was on its way
    ana.sync()
    assert kept(ana) == 1
    row, seen = picture(ana, customer), ana.store.read("customer", customer)
    assert row is not None
    assert seen is not None
    assert (row["website"], row["notes"]) == ("https://rui.example", "zero\none\ntwo")
    assert (seen["website"], seen["notes"]) == ("https://ana.example", "zero\none\ntwo\nthree")
    change(ana, customer, website="https://more.example")
    assert picture(ana, customer) == row
    invariants.overlay_holds("ana", ana.store)
    invariants.sums_hold("ana", ana.store)
    del ana.engine._push_all
    fleet.settle()
    assert kept(ana) == 0
    assert ana.dump() == rui.dump()


def test_an_accepted_change_lies_over_until_its_entry_is_back(pair: tuple[Fleet, Device, Device, str]) -> None:
    _, ana, _, customer = pair
    number = change(ana, customer, website="https://new.example")
    apply.verdicts(ana.store, [Said(number, ACCEPTED, "", {}, "s" * 32, 10**9)])
    row = picture(ana, customer)
    assert row is not None
    assert row["website"] == "https://old.example"
    assert kept(ana) == 0


def test_a_picture_that_is_kept_outlives_other_numbers(pair: tuple[Fleet, Device, Device, str]) -> None:
    _, ana, _, customer = pair
    first, second = (change(ana, customer, website=f"https://{n}.example") for n in range(2))
    with ana.store.transaction() as session:
        overlay.keep(session, "customer", [customer])
        session.run("UPDATE change SET dseq=? WHERE dseq=?", second + 1, first)
    row = picture(ana, customer)
    assert row is not None
    assert row["website"] == "https://old.example"
    invariants.sums_hold("ana", ana.store)
