"""The main job on input that nobody here made up: Northwind to the cent at HQ, on a device, in the figures of the charts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from mobility_app.store.queries.revenue import FROM_TO, Asked, revenue
from tests.support.bench import Device, Hq, new_device, start_hq

pytestmark = pytest.mark.system
NORTHWIND_MINOR, DOCUMENTS, BUYERS, CUSTOMERS = 126_579_329, 830, 89, 91


@pytest.fixture(scope="module")
def stage(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Hq, Device]]:
    folder = tmp_path_factory.mktemp("real")
    hq = start_hq(folder / "hq")
    hq.import_path(samples)
    company = next(row["name"] for row in hq.dump()["company"].values() if str(row["name"]).lower() == "northwind")
    hq.office.give_everything(hq.add_user("Rep", "rep", str(company), []))
    yield hq, new_device(hq, folder / "rep", "Rep")
    hq.kill()


def northwind(dump: dict[str, dict[str, dict[str, object]]]) -> tuple[set[str], list[dict[str, object]]]:
    (company,) = [key for key, row in dump["company"].items() if str(row["name"]).lower() == "northwind"]
    customers = {key for key, row in dump["customer"].items() if row["company_id"] == company}
    return customers, [row for row in dump["document"].values() if row["customer_id"] in customers]


def test_northwind_is_right_to_the_cent_at_headquarters_on_the_device_and_in_the_figures(
    stage: tuple[Hq, Device],
) -> None:
    hq, device = stage
    for dump in (hq.dump(), device.dump()):
        customers, documents = northwind(dump)  # type: ignore[arg-type]
        assert len(customers) == CUSTOMERS
        assert len(documents) == DOCUMENTS
        assert len({row["customer_id"] for row in documents}) == BUYERS
        assert sum(int(str(row["net_minor"])) for row in documents) == NORTHWIND_MINOR
    total = drawn = listed = 0
    for customer in customers:
        view = revenue(device.store, customer, Asked(FROM_TO, "1996-07-01", "1998-06-30"), date(1998, 6, 30))
        assert sum(net for _, net in view.now.by_month) == view.now.total_minor
        assert sum(share.net_minor for share in view.now.by_category) == view.now.total_minor
        total += view.now.total_minor
        drawn += sum(net for _, net in view.now.by_month)
        listed += view.documents
    assert (total, drawn, listed) == (NORTHWIND_MINOR, NORTHWIND_MINOR, DOCUMENTS)


def test_importing_twice_changes_no_row(stage: tuple[Hq, Device], samples: Path) -> None:
    hq, _ = stage
    before = hq.dump()
    with hq.office.ledger.reading() as session:
        entries = session.value("SELECT COUNT(*) FROM log")
    hq.import_path(samples)
    assert hq.dump() == before
    with hq.office.ledger.reading() as session:
        assert session.value("SELECT COUNT(*) FROM log") == entries
