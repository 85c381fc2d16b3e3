"""An import on the screen, phase by phase, without a browser."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobility_app.errors import DiskFull
from mobility_app.store.actions.import_customers import MADE, WRONG
from mobility_app.store.files import FileVault
from mobility_app.ui.imports import rows
from mobility_app.ui.imports.desk import CHOOSING, DONE, Import, Imports
from mobility_app.ui.words import LANGUAGES, Words
from tests.support.desk import Desk, desk
from tests.support.sheets import acts, text

MAPPING = ("number", "name", "city", "")


def begun(at: Desk, folder: Path, *lines: str) -> Import:
    raw = "\n".join(["N;Nome;Cidade;Fax", *lines]).encode()
    one = Imports().take(FileVault(folder / "files", b"k" * 32), "lista.csv", [raw])
    one.mapping = MAPPING
    return one


def test_columns_are_said_and_what_is_left_out_is_seen(tmp_path: Path) -> None:
    at = desk(tmp_path)
    one = begun(at, tmp_path, "C-000005;Óptica;Porto;1")
    shown = rows.render(at.app.words, one, MADE)
    assert "Por exemplo C-000005" in text(shown)
    assert ("column", "3") in acts(shown)
    assert "Fax: Deixada de fora" in shown
    assert ("try", "") in acts(shown)
    one.mapping = ("", "", "city", "")
    shown = rows.render(at.app.words, one, MADE)
    assert "Diga qual coluna" in text(shown)
    assert "disabled" in shown[shown.index('data-act="try"') - 120 : shown.index('data-act="try"') + 60]


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_would_happen_is_counted_shown_and_told_apart(tmp_path: Path, language: str) -> None:
    at, words = desk(tmp_path), Words(language)
    one = begun(
        at, tmp_path, "C-000005;Óptica Nova;Porto;1", ";Café;Braga;", "X-1;;;", *(f";Novo {n};;" for n in range(60))
    )
    one.begin(write=False)
    one.run(at.store)
    shown = text(rows.render(words, one, "changed"))
    assert "Óptica Lusitânia & Filhos → Óptica Nova" in shown
    assert "→ Porto" in shown
    assert words.n("Import {n} customer", "Import {n} customers", 62) in shown
    wrong = rows.render(words, one, WRONG)
    assert words.reason("number_unknown") in text(wrong)
    assert f"/customers/import/{one.id}/wrong.csv" in wrong
    assert words("The first {n} are shown.", n=50) in text(rows.render(words, one, MADE))


def test_progress_can_be_stopped_and_the_end_says_how_it_went(tmp_path: Path) -> None:
    at = desk(tmp_path)
    one = begun(at, tmp_path, ";Café;Braga;")
    one.begin(write=True)
    shown = rows.render(at.app.words, one, MADE)
    assert 'role="progressbar"' in shown
    assert ("stop", "") in acts(shown)
    one.run(at.store)
    assert "A importação terminou." in text(rows.render(at.app.words, one, MADE))
    one.tally.stopped = True
    assert "Interrompido após 1 de 1 linhas." in text(rows.render(at.app.words, one, MADE))
    one.trouble = DiskFull("full")
    assert "O disco está cheio" in text(rows.render(at.app.words, one, MADE))


def test_a_stop_before_the_first_batch_changes_nothing(tmp_path: Path) -> None:
    at = desk(tmp_path)
    one = begun(at, tmp_path, ";Café;Braga;")
    for write, phase in ((False, CHOOSING), (True, DONE)):
        one.begin(write=write)
        one.stop()
        one.run(at.store)
        assert (one.phase, one.tally.stopped, one.tally.done) == (phase, True, 0)
    with at.store.reading() as db:
        assert db.value("SELECT COUNT(*) FROM customer") == 1
