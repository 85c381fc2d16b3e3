"""An HQ in this process, our own small files, and a PDF around an XML."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pypdf
import pytest

from mobility_app.hq.intake.run import Report, import_path
from mobility_app.hq.office import Office
from tests.support.fleet import SteppedClock

DATA = Path(__file__).parent.parent.parent / "data" / "intake"

Import = Callable[..., Report]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """An empty HQ."""
    made = Office(tmp_path / "hq", now=SteppedClock())
    yield made
    made.database.close()


@pytest.fixture
def take(office: Office) -> Import:
    """Imports a path into it, making companies for unknown sellers unless told otherwise."""

    def imported(path: Path, **options: object) -> Report:
        wanted = {"create_parties": True, "quarantine": office.quarantine, **options}
        return import_path(office.ledger, path, **wanted)  # type: ignore[arg-type]

    return imported


def content(name: str, *changes: tuple[str, str]) -> bytes:
    """One of our own files, with words replaced; each must be there."""
    text = (DATA / name).read_text("utf-8")
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text.encode()


def pdf_with(name: str, xml: bytes) -> bytes:
    """A PDF of one empty page with one attachment."""
    writer = pypdf.PdfWriter()
    writer.add_blank_page(200, 200)
    writer.add_attachment(name, xml)
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()


def everything(office: Office) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table of HQ's database."""
    with office.ledger.reading() as session:
        tables = [row[0] for row in session.rows("SELECT name FROM sqlite_master WHERE type='table' ORDER BY name")]
        return {table: session.rows(f'SELECT * FROM "{table}" ORDER BY 1, 2') for table in tables}


def waiting(office: Office) -> list[str]:
    """Names of the files in quarantine, their notes left out."""
    if not office.quarantine.is_dir():
        return []
    return sorted(path.name for path in office.quarantine.iterdir() if path.suffix != ".json")
