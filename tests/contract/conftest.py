"""What any store promises, on every engine: one more engine is one more parameter."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from mobility_app.hq.office import Office
from mobility_app.store import identity
from mobility_app.store.identity import Identity
from mobility_app.store.store import Store
from tests.support.fleet import SteppedClock

COMPANY, TERRITORY, USER = "c" * 32, "7" * 32, "d" * 32
ENGINES = {"sqlcipher": b"k" * 32, "sqlite": None}


@pytest.fixture(params=list(ENGINES))
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A device's store that knows one company, one territory and its rep."""
    made = Store(tmp_path / "store.db", ENGINES[request.param], now=SteppedClock())
    with made.transaction() as session:
        session.run("UPDATE ctx SET applying=1")
        session.insert("company", COMPANY, {"name": "Lusa", "country": "PT", "currency": "EUR"})
        session.insert("territory", TERRITORY, {"company_id": COMPANY, "name": "Norte"})
        session.insert("user", USER, {"name": "Ana", "role": "rep", "language": "pt"})
        session.run("UPDATE ctx SET applying=0")
        identity.keep(session, Identity("device", 7, USER, "http://hq.test", "", ""))
        reach = {"role": "rep", "company_ids": [COMPANY], "territory_ids": [TERRITORY]}
        identity.set_meta(session, "actor", json.dumps(reach))
    yield made
    made.close()


@pytest.fixture
def office(engine: str, tmp_path: Path) -> Iterator[Office]:
    """An HQ with one company."""
    made = Office(tmp_path / "hq", now=SteppedClock())
    made.add_company("Lusa", "PT")
    yield made
    made.database.close()
