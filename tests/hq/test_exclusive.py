"""No way into HQ bills an exclusive product to another customer: office, move, restore, and a device of the ERP."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from mobility_app.domain.change import Row
from mobility_app.errors import NotAllowed
from mobility_app.hq.ledger import Transaction
from mobility_app.hq.office import Office
from mobility_app.hq.verify import faults
from tests.support.fleet import Fleet
from tests.support.forger import Forger, forged

REJECTED = "rejected"


@dataclass(slots=True)
class Ground:
    """Two customers of one company, a product that is exclusive to the first, a general one, a document of each."""

    fleet: Fleet
    mine: str
    theirs: str
    exclusive: str
    general: str
    mine_document: str
    theirs_document: str

    @property
    def office(self) -> Office:
        return self.fleet.office

    def lines(self) -> list[tuple[str, str]]:
        return sorted(
            (str(row["document_id"]), str(row["product_id"])) for row in self.office.dump()["document_line"].values()
        )


def document(tx: Transaction, customer: str, number: str) -> str:
    return tx.create("document", {
        "customer_id": customer, "kind": "invoice", "type_code": "380", "number": number, "issued_on": "2026-11-02",
        "currency": "EUR", "net_minor": 1, "tax_minor": 0, "gross_minor": 1, "payable_minor": 1,
    })  # fmt: skip


def line(document_id: str, product_id: str) -> Row:
    return {"document_id": document_id, "position": 1, "product_id": product_id, "net_minor": 1}


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    fleet = Fleet(tmp_path)
    fleet.user("Edi", role="erp")
    with fleet.office.ledger.transaction() as tx:
        company = tx.find("company", name="Lusa")[0]["id"]
        territory = tx.find("territory", name="Norte")[0]["id"]
        mine, theirs = (
            tx.create("customer", {"name": name, "company_id": company, "territory_id": territory, "currency": "EUR"})
            for name in ("Mine", "Theirs")
        )
        values: Row = {"company_id": company, "name": "Plan", "price_minor": 1, "currency": "EUR"}
        exclusive = tx.create("product", {**values, "code": "X-1", "exclusive_customer_id": mine})
        general = tx.create("product", {**values, "code": "P-1"})
        return Ground(fleet, mine, theirs, exclusive, general, document(tx, mine, "A"), document(tx, theirs, "B"))


def test_a_line_bills_an_exclusive_product_to_its_customer_alone_who_still_buys_everything_general(
    ground: Ground,
) -> None:
    with ground.office.ledger.transaction() as tx:
        tx.create("document_line", line(ground.mine_document, ground.exclusive))
        tx.create("document_line", line(ground.mine_document, ground.general))
        tx.create("document_line", line(ground.theirs_document, ground.general))
    before = ground.lines()
    with pytest.raises(NotAllowed) as refused, ground.office.ledger.transaction() as tx:
        tx.create("document_line", line(ground.theirs_document, ground.exclusive))
    assert (refused.value.entity, refused.value.field, refused.value.reason) == (
        "document_line", "product_id", "exclusive_product",
    )  # fmt: skip
    assert ground.lines() == before
    assert faults(ground.office.ledger) == []


def test_a_product_made_in_the_same_transaction_counts_too(ground: Ground) -> None:
    with pytest.raises(NotAllowed), ground.office.ledger.transaction() as tx:
        company = tx.find("company", name="Lusa")[0]["id"]
        made = tx.create(
            "product", {"company_id": company, "code": "X-2", "name": "n", "exclusive_customer_id": ground.mine}
        )
        tx.create("document_line", line(ground.theirs_document, made))


def test_a_line_can_not_be_turned_to_it_and_its_document_can_not_move_to_another_customer(ground: Ground) -> None:
    with ground.office.ledger.transaction() as tx:
        plain = tx.create("document_line", line(ground.theirs_document, ground.general))
        tx.create("document_line", line(ground.mine_document, ground.exclusive))
    with pytest.raises(NotAllowed), ground.office.ledger.transaction() as tx:
        tx.update("document_line", plain, {"product_id": ground.exclusive})
    with pytest.raises(NotAllowed) as refused, ground.office.ledger.transaction() as tx:
        tx.update("document", ground.mine_document, {"customer_id": ground.theirs})
    assert refused.value.entity == "document"
    with ground.office.ledger.transaction() as tx:
        tx.update("document", ground.theirs_document, {"customer_id": ground.mine})
    assert ground.office.dump()["document"][ground.theirs_document]["customer_id"] == ground.mine


def test_a_price_for_another_customer_is_refused_at_the_office_and_from_a_device_with_the_reason(
    ground: Ground,
) -> None:
    price: Row = {"product_id": ground.exclusive, "price_minor": 1, "currency": "EUR"}
    with pytest.raises(NotAllowed) as refused, ground.office.ledger.transaction() as tx:
        tx.create("customer_price", {**price, "customer_id": ground.theirs})
    assert refused.value.reason == "exclusive_product"
    erp = Forger(ground.fleet, "Edi")
    bad, good = "b" * 32, "a" * 32
    assert erp.one(forged("create", "customer_price", bad, {**price, "customer_id": ground.theirs})) == (
        REJECTED, "exclusive_product",
    )  # fmt: skip
    assert erp.one(forged("create", "customer_price", good, {**price, "customer_id": ground.mine}))[0] == "accepted"
    assert list(ground.office.dump()["customer_price"]) == [good]
    assert faults(ground.office.ledger) == []
