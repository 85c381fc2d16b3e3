"""Fields of one group win together; what the group takes along is a lost value like any other."""

from __future__ import annotations

from pathlib import Path

from tests.support.fleet import Fleet


def test_a_winning_group_tells_of_every_value_that_it_replaced(tmp_path: Path) -> None:
    """Found by the simulation: seed 323 kept one side nowhere of a field that only the loser had changed."""
    fleet = Fleet(tmp_path)
    fleet.user("Ana")
    fleet.user("Rui")
    ana, rui = fleet.device("ana", "Ana"), fleet.device("rui", "Rui")
    with ana.store.writing() as tx:
        customer = tx.create("customer", {"name": "C"})
        address = tx.create("address", {"customer_id": customer, "line1": "Rua A", "city": "Porto"})
    fleet.settle()
    with rui.store.writing() as tx:
        tx.update("address", address, {"line1": "Calle Mayor", "city": "Vigo"})
    with ana.store.writing() as tx:
        tx.update("address", address, {"line1": "Rua B"})
    rui.sync()
    fleet.settle()
    lost = {(row["field"], row["winner"], row["loser"]) for row in fleet.office.dump()["conflict"].values()}
    assert lost == {("line1", "Rua B", "Calle Mayor"), ("city", "Porto", "Vigo")}


def test_two_telephones_typed_at_once_are_one_conflict_and_never_mixed(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path)
    fleet.user("Ana")
    fleet.user("Rui")
    ana, rui = fleet.device("ana", "Ana"), fleet.device("rui", "Rui")
    with ana.store.writing() as tx:
        customer = tx.create("customer", {"name": "C"})
        phone = tx.create("customer_phone", {"customer_id": customer, "value": "+351 22 340 18 77"})
    fleet.settle()
    for device, typed in ((ana, "+351 22 340 18 88"), (rui, "+351 22 340 18 99")):
        with device.store.writing() as tx:
            tx.update("customer_phone", phone, {"value": typed})
    fleet.settle()
    row = fleet.office.dump()["customer_phone"][phone]
    assert (row["value"], row["e164"]) == ("+351 22 340 18 99", "+351223401899")
    assert [conflict["field"] for conflict in fleet.office.dump()["conflict"].values()] == ["value"]
