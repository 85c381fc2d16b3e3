"""Five versions of the program as they left a device and HQ on the disk (scripts/freeze.py): today's opens each, brings it
up to date, and nothing that was typed there is lost."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest
import zstandard

from mobility_app.domain.change import REJECTED
from mobility_app.hq import verify as hq_verify
from mobility_app.hq.office import Office
from mobility_app.store import verify
from mobility_app.store.database import sqlcipher
from mobility_app.store.migrate import steps
from mobility_app.store.store import MIGRATIONS, Store
from mobility_app.sync.engine import Engine
from tests.support.fleet import Device, Link, Skewed, SteppedClock

FROZEN = sorted((Path(__file__).parent.parent / "data" / "versions").glob("*.tar.zst"))
KEY = b"a key of these tests only, made."
DAY_MS = 86_400_000


@pytest.fixture(params=FROZEN, ids=lambda path: path.name[:4])
def frozen(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, dict[str, Any]]:
    """The folder of a frozen version, its device locked with a key, and what is known of it."""
    data = zstandard.ZstdDecompressor().decompress(request.param.read_bytes(), max_output_size=2**26)
    (tmp_path / "hq").mkdir()
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        for member in archive.getmembers():
            found = archive.extractfile(member)
            assert found is not None
            (tmp_path / ("hq" if member.name.startswith("hq") else "") / member.name).write_bytes(found.read())
    facts = json.loads((tmp_path / "facts.json").read_text("utf-8"))
    plain = sqlcipher(tmp_path / "device.db", None)
    with plain.session() as session:
        session.run(f"ATTACH DATABASE ? AS locked KEY \"x'{KEY.hex()}'\"", str(tmp_path / "ana.db"))
        session.run("SELECT sqlcipher_export('locked')")
        session.run(f"PRAGMA locked.user_version={facts['step']}")
    plain.close()
    return tmp_path, facts


def opened(folder: Path, facts: dict[str, Any]) -> tuple[Device, Office]:
    clock = SteppedClock(facts["at"] + DAY_MS)
    office = Office(folder / "hq", now=clock)
    link, skewed = Link(lambda: office), Skewed(clock)
    store = Store(folder / "ana.db", KEY, now=skewed)
    return Device(store, Engine(store, link), link, skewed), office


def unsent(device: Device) -> list[list[object]]:
    with device.store.reading() as session:
        rows = session.rows(
            "SELECT dseq, entity, record_id, kind, patch FROM change WHERE state IN ('open', 'sent') ORDER BY dseq"
        )
    return [list(row) for row in rows]


def test_five_versions_are_kept() -> None:
    assert len(FROZEN) >= 5
    assert {int(path.name[:4]) for path in FROZEN} <= {step.number for step in steps(MIGRATIONS)}


def test_it_opens_and_shows_what_it_showed(frozen: tuple[Path, dict[str, Any]]) -> None:
    folder, facts = frozen
    device, _ = opened(folder, facts)
    shown = device.dump()
    for entity, rows in facts["shown"].items():
        assert shown[entity].keys() == rows.keys(), entity
        for record_id, row in rows.items():
            assert {name: shown[entity][record_id][name] for name in row} == row
    assert unsent(device) == facts["unsent"]
    with device.store.reading() as session:
        assert session.value("PRAGMA user_version") == len(steps(MIGRATIONS))
    assert (folder / f"ana.db.before-{facts['step']}").stat().st_size > 0
    with device.store.searching() as session:
        assert session.value("SELECT COUNT(*) FROM search_row") == len(shown["customer"])


def test_its_unsent_work_reaches_hq_and_gets_verdicts(frozen: tuple[Path, dict[str, Any]]) -> None:
    folder, facts = frozen
    device, office = opened(folder, facts)
    for _ in range(3):
        device.sync()
    assert unsent(device) == []
    with office.ledger.reading() as session:
        last = session.value("SELECT last_dseq FROM device WHERE name='ana'")
        said = {dseq: json.loads(text) for dseq, text in session.rows(
            "SELECT v.dseq, v.said FROM verdict v JOIN device d ON d.id = v.device_id WHERE d.name='ana'"
        )}  # fmt: skip
    assert {change[0] for change in facts["unsent"]} <= said.keys()
    assert set(said) == set(range(1, last + 1))
    assert {said[change[0]]["state"] for change in facts["unsent"]} <= {"accepted", "merged", "superseded"}
    rows, own = office.dump(), device.dump()
    customer = rows["customer"][facts["customer"]]
    assert customer["website"] == "https://lusitania.example"
    assert customer["notes"] == "one by Ana\ntwo\nthree by Rui"
    assert rows["address"][facts["address"]]["line1"] == "Rua Nova"
    assert rows["activity"][facts["visit"]]["title"] == "call again"
    assert facts["contact"] not in rows["contact"]
    assert str(rows["customer"][facts["new"]]["number"]).startswith("C-")
    lusa = {record_id for record_id in rows["territory"] if record_id in facts["shown"]["territory"]}
    assert own == {**rows, "territory": {record_id: rows["territory"][record_id] for record_id in lusa}}
    with device.store.reading() as session:
        assert session.value("SELECT COUNT(*) FROM change WHERE state=?", REJECTED) == 0
        assert session.value("SELECT COUNT(*) FROM fault") == 0
    assert verify.faults(device.store) == []
    assert hq_verify.faults(office.ledger) == []
    assert device.sync().requests == 1


def test_its_program_may_be_cut_at_any_statement_of_the_update(frozen: tuple[Path, dict[str, Any]]) -> None:
    """A death while the schema is brought up to date: the next start does it, and nothing is gone."""
    folder, facts = frozen
    kept, died = (folder / "ana.db").read_bytes(), 0
    for at in (3, 9, 17, 29, 41, 67, 101):
        for path in folder.glob("ana.db*"):
            path.unlink()
        (folder / "ana.db").write_bytes(kept)
        died += _dies(folder / "ana.db", at)
        device, _ = opened(folder, facts)
        assert unsent(device) == facts["unsent"]
        device.store.close()
    assert died >= 5


class Death(BaseException):
    """The process ends here."""


def _dies(path: Path, at: int) -> bool:
    seen = 0

    def watch(sql: str) -> None:
        nonlocal seen
        seen += 1
        if seen == at:
            raise Death

    try:
        Store(path, KEY, watch=watch).close()
    except Death:
        return True
    return False
