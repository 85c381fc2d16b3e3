"""The documents against the code: docs/errors.md lists every code that somebody can meet, and none that nobody can; the
user's guide says the same in four languages, with the names that the screen has, and every link leads somewhere."""

from __future__ import annotations

import ast
import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from mobility_app import errors
from mobility_app.cli import reasons as own
from mobility_app.hq.intake import model
from mobility_app.ui import reasons

ROOT = Path(__file__).resolve().parent.parent
ERRORS = (ROOT / "docs" / "errors.md").read_text("utf-8")


def section(title: str) -> str:
    return ERRORS.split(f"## {title}\n")[1].split("\n## ")[0]


def listed(title: str, column: int = 0) -> set[str]:
    """The codes in one column of a section's table."""
    rows = [line.strip("| ").split(" | ") for line in section(title).splitlines() if line.startswith("| ")]
    return {code for row in rows for code in re.findall(r"`([a-z_]+)`", row[column])}


def literals(call: str, place: int) -> set[str]:
    """Every text that the code gives as that argument (or as `reason=`) of a call of that name."""
    return {
        node.value
        for path in (ROOT / "mobility_app").rglob("*.py")
        for found in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(found, ast.Call) and ast.unparse(found.func).split(".")[-1] == call
        for argument in (*found.args[place : place + 1], *(one.value for one in found.keywords if one.arg == "reason"))
        for node in texts(argument)
    }


def texts(argument: ast.expr) -> Iterator[ast.Constant]:
    """The texts that an argument may be: itself, or the branches of a condition."""
    if isinstance(argument, ast.IfExp):
        yield from (*texts(argument.body), *texts(argument.orelse))
    elif isinstance(argument, ast.Constant) and isinstance(argument.value, str):
        yield argument


def test_every_error_class_is_listed() -> None:
    classes = [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, errors.MobilityError)]
    assert listed("On the device (`mobility_app/errors.py`)") == {one.code for one in classes}


def test_every_refusal_of_a_request_is_listed_with_its_status() -> None:
    found = {
        (str(call.args[1].value), str(call.args[0].value))
        for path in (ROOT / "mobility_app").rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "Refused" and len(call.args) > 1
        if isinstance(call.args[0], ast.Constant) and isinstance(call.args[1], ast.Constant)
    }
    title = "HQ's refusals of a request"
    rows = [line.strip("| ").split(" | ") for line in section(title).splitlines() if re.match(r"\| \d", line)]
    written = {(row[0].strip(), code) for row in rows for code in re.findall(r"`([a-z_]+)`", row[1])}
    assert written == found | {("500", "failed"), ("503", "busy"), ("507", "hq_disk_full")}
    assert literals("ErrorAnswer", 0) == {"busy", "failed", "hq_disk_full"}
    named = set(re.findall(r"`([a-z_]+)`", section(title)))
    assert set(reasons.NETWORK) - {"not_enrolled"} <= named
    assert literals("Unreachable", 0) <= named


MERGED = frozenset({"made_twice", "merged_record"})  # reasons of changes that were taken: no sentence says them


@pytest.mark.parametrize(
    ("title", "sentences", "calls"),
    [
        ("Why a value was not taken", reasons.VALUE, [("InvalidValue", 2)]),
        ("Why an act was not taken", reasons.ACT, [("NotAllowed", 3), ("Verdict", 2), ("Rejection", 0)]),
        ("Why a file was not attached", reasons.FILE, [("FileRefused", 0)]),
    ],
)
def test_every_reason_has_a_sentence_and_is_listed(
    title: str, sentences: dict[str, str], calls: list[tuple[str, int]]
) -> None:
    assert listed(title) - MERGED == set(sentences)
    others = {*MERGED, *own.VALUE, *reasons.VALUE, *reasons.ACT}
    for call, place in calls:
        assert literals(call, place) <= set(sentences) | others, call


def test_every_reason_of_the_quarantine_has_a_sentence_and_is_listed() -> None:
    constants = {value for name, value in vars(model).items() if name.isupper() and isinstance(value, str)}
    reasons_of_files = constants - {model.INVOICE, model.CREDIT_NOTE, model.CORRECTED_INVOICE}
    assert listed("Why a file waits in quarantine") == set(own.INTAKE) == reasons_of_files


def test_the_command_lines_own_reasons_are_listed() -> None:
    assert listed("The command line") == set(own.VALUE)


# -- the user's guide

GUIDE = ROOT / "docs" / "guide"
LANGUAGES = ("pt", "es", "fr", "en")
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
PICTURE = re.compile(r"!\[([^\]]*)\]\(([^)\s]+)\)")
PAGES = sorted(ROOT.glob("*.md")) + sorted((ROOT / "docs").rglob("*.md"))


def catalogue_script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("catalogue", ROOT / "scripts" / "catalogue.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def guide(language: str) -> str:
    return (GUIDE / f"{language}.md").read_text("utf-8")


def headings(text: str) -> list[str]:
    return re.findall(r"^#+ .*$", text, re.MULTILINE)


def anchor(heading: str) -> str:
    """What GitHub makes of a heading: lower case, hyphens for spaces, no other signs."""
    return re.sub(r"[^\w\- ]", "", heading.lstrip("# ").lower()).replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_and_picture_leads_somewhere(page: Path) -> None:
    broken = []
    for target in LINK.findall(page.read_text("utf-8")):
        place, _, part = target.partition("#")
        found = (page.parent / place).resolve() if place else page
        if "://" in target or target.startswith("mailto:"):
            continue
        if not found.exists() or (part and part not in {anchor(one) for one in headings(found.read_text("utf-8"))}):
            broken.append(target)
    assert broken == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_guide_has_the_same_parts_in_every_language(language: str) -> None:
    def shape(text: str) -> list[str]:
        """Headings by their level, table rows, list entries and pictures, in order."""
        parts = re.findall(r"^(#+ |\| |- |\d+\. )|!\[[^\]]*\]\(pictures/\w\w-([\w-]+)", text, re.MULTILINE)
        return [mark.strip() or picture for mark, picture in parts]

    assert shape(guide(language)) == shape(guide("en"))
    assert len(headings(guide(language))) > 40


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_guide_calls_things_as_the_screen_does(language: str) -> None:
    script = catalogue_script()
    template = script.extracted()
    catalog = template if language == "en" else script.merged(language, template)
    said: set[str] = set()
    for message in catalog:
        found = message.id if language == "en" else message.string
        said |= set(found) if isinstance(found, (tuple, list)) else {str(found)}
    known = {re.sub(r"\{\w+\}", "…", text) for text in said}
    names = {re.sub(r"[ \n]+", " ", name) for name in re.findall(r"\*\*(.+?)\*\*", guide(language), re.DOTALL)}
    assert len(names) > 60
    assert sorted(names - known) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_guides_pictures_say_what_they_show_and_none_lies_about(language: str) -> None:
    shown = PICTURE.findall(guide(language))
    assert all(text and path.startswith(f"pictures/{language}-") for text, path in shown)
    lying = {path.relative_to(GUIDE).as_posix() for path in GUIDE.glob(f"pictures/{language}-*")}
    assert lying == {path for _, path in shown}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_guide_neither_shouts_nor_pleads(language: str) -> None:
    text = re.sub(r"!\[", "[", guide(language))
    assert not catalogue_script().PLEAS.search(text)


# -- the terms in four languages


def terms() -> list[list[str]]:
    """The rows of the table in docs/words.md: English, Portuguese, Spanish, French."""
    table = (ROOT / "docs" / "words.md").read_text("utf-8").split("| --- | --- | --- | --- |\n")[1]
    return [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in table.strip().splitlines()]


def test_the_screen_keeps_to_the_terms_that_are_written_down() -> None:
    """Where a term is a text of the screen, its translation is the one in the table."""
    script = catalogue_script()
    catalogs = {language: script.merged(language, script.extracted()) for language in script.LANGUAGES}
    met, wrong = 0, []
    for english, *others in terms():
        for term in english.split(", ") if "(" not in english else ():  # "(of an activity)": the word has two meanings
            for language, cell in zip(script.LANGUAGES, others, strict=True):
                message = catalogs[language].get(term[:1].upper() + term[1:])
                if message is not None and isinstance(message.string, str):
                    met += 1
                    if message.string.lower().rstrip("s") not in cell.lower():
                        wrong.append((language, term, message.string))
    assert met > 120
    assert wrong == []
