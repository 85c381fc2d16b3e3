"""Texts of the screen: extracts message ids from the code, merges them into the catalogues, compiles these.

    python scripts/catalogue.py          merge and compile
    python scripts/catalogue.py --check  change nothing; name every fault; exit 1 when there is one

Marks in the code: `words("...")`, `words.n("...", "...", n)`, `words.p("context", "...")`, `N_("...")`, `P_("context",
"...")`. Sentences that are used no more leave the catalogues. French gets its typography here.
"""

from __future__ import annotations

import argparse
import io
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

HERE = Path(__file__).resolve().parent.parent
PACKAGE = HERE / "mobility_app"
LOCALES = PACKAGE / "ui" / "locale"
ROOMS = ("ui", "domain", "cli")
KEYWORDS = {
    "words": None,
    "self": None,
    "text": None,
    "N_": None,
    "n": (1, 2),
    "count": (1, 2),
    "p": ((1, "c"), 2),
    "P_": ((1, "c"), 2),
}
LANGUAGES = ("pt", "es", "fr")
COMPLETE = ("pt", "es", "fr")
SHARED = {  # words that these languages share with English; abbreviations need no entry
    "pt": "Cheque|E-mail|E-mails|Fax|Latitude|Longitude|Normal|Status|Total",
    "es": "Audio|Cheque|Fax|No|Normal|Provisional|Total",
    "fr": "Archive|Archives|Audio|Code|Contact|Contacts|Corrections|Date|Description|E-mail|E-mails|Fax|Image|Images|"
    "Latitude|Longitude|Message|Modifications|Note|Notes|Participant|Participants|Photo|Position|Support|Taxes|Total|"
    "{n} contact|{n} contacts|{n} document|{n} documents",
}
SAME = {language: frozenset(shared.split("|")) for language, shared in SHARED.items()}
PLACE = re.compile(r"\{\w*\}")
END = re.compile(r"[\s\u00a0]*([.:?…!]*)\Z")
PLEAS = re.compile(r"!|\bplease\b|por favor|s[’']il vous pla[iî]t", re.IGNORECASE)
NO_TIME = datetime(2026, 1, 1, tzinfo=UTC)


def extracted() -> Catalog:
    """All message ids of the code, without places: a moved line is no change."""
    catalog = Catalog()
    for room in ROOMS:
        found = extract_from_dir(PACKAGE / room, method_map=[("**.py", "python")], keywords=KEYWORDS)
        for _name, _line, message, _comments, context in sorted(found, key=lambda one: (one[0], one[1])):
            if message and message != ("", ""):
                catalog.add(message, context=context)
    return catalog


def path_of(language: str) -> Path:
    """Where the catalogue of a language lies."""
    return LOCALES / language / "LC_MESSAGES" / "mobility.po"


def merged(language: str, template: Catalog) -> Catalog:
    """The catalogue with the code's message ids: known translations kept, new ones empty, unused ones gone."""
    path = path_of(language)
    known = Catalog(locale=language)
    if path.exists():
        with path.open("rb") as file:
            known = read_po(file, locale=language)
    fresh = Catalog(locale=language, project="mobility", charset="utf-8", fuzzy=False)
    for message in template:
        if message.id:
            old = known.get(message.id, context=message.context)
            fresh.add(message.id, old.string if old else "", context=message.context)
    return fresh


def missing(catalog: Catalog) -> list[str]:
    """Message ids without a translation, or without one for each plural."""
    return [
        str(message.id)
        for message in catalog
        if message.id
        and (not message.string or (isinstance(message.string, (tuple, list)) and not all(message.string)))
    ]


def texts_of(message: Message) -> tuple[list[str], list[str]]:
    """The English forms and the translated forms of a message, one beside the other: the last English one repeats."""
    ids = list(message.id) if isinstance(message.id, (tuple, list)) else [str(message.id)]
    said = list(message.string) if isinstance(message.string, (tuple, list)) else [str(message.string)]
    return ids + ids[-1:] * (len(said) - len(ids)), said


def faults(catalog: Catalog) -> list[str]:
    """What is wrong with a catalogue's texts, a line for each: forms, places, ends, tone, English left as it was."""
    wrong, same = [], SAME[str(catalog.locale)]
    for message in catalog:
        if not message.id:
            continue
        ids, said = texts_of(message)
        forms = catalog.num_plurals if isinstance(message.id, (tuple, list)) else 1
        if not all(said) or len(said) != forms:
            wrong.append(f"missing, or not {forms} forms: {ids[-1]}")
            continue
        for text, translated in zip(ids, said, strict=True):
            wrong += [f"{fault}: {text} = {translated}" for fault in _differences(text, translated, ids[-1], same)]
    return wrong


def _differences(text: str, translated: str, whole: str, same: frozenset[str]) -> Iterator[str]:
    if set(PLACE.findall(translated)) != set(PLACE.findall(whole)):
        yield "other {places}"
    if translated.strip() != translated or _end(translated) != _end(text):
        yield "begins or ends otherwise"
    if PLEAS.search(text) or PLEAS.search(translated):
        yield "pleads or shouts"
    if text == translated and text not in same and re.search("[a-z]", PLACE.sub("", text)):
        yield "still English (SHARED in scripts/catalogue.py, if it is the right word)"


def _end(text: str) -> str:
    found = END.search(text)
    return found[1] if found else ""


def unused(language: str, template: Catalog) -> list[str]:
    """Texts in the catalogue on disk that the code has no more."""
    with path_of(language).open("rb") as file:
        known = read_po(file, locale=language)
    return [str(message.id) for message in known if message.id and not template.get(message.id, message.context)]


def french(text: str) -> str:
    """French typography: ’ for ', and the no-break spaces that are wanted before `: ; ? ! »` and after `«`."""
    text = re.sub(r"(?<=\w)'", "’", text)
    return re.sub(r"« ", "«\u00a0", re.sub(r" (?=[:;?!»])", "\u00a0", text))


def po_text(catalog: Catalog) -> bytes:
    """The catalogue as it lies on disk: sorted, without times, so that two people's merges differ little."""
    if str(catalog.locale) == "fr":
        for message in catalog:
            if message.id:
                said = message.string
                message.string = tuple(map(french, said)) if isinstance(said, (tuple, list)) else french(said or "")
    buffer = io.BytesIO()
    write_po(buffer, catalog, sort_output=True, omit_header=False, width=110)
    moving = (b'"POT-Creation-Date', b'"PO-Revision-Date', b'"Last-Translator', b'"Language-Team', b'"Generated-By')
    kept = [line for line in buffer.getvalue().split(b"\n") if not line.startswith(moving)]
    return b"\n".join(line for line in kept if not line.startswith(b"#"))


def mo_bytes(catalog: Catalog) -> bytes:
    """The compiled catalogue."""
    buffer = io.BytesIO()
    write_mo(buffer, catalog)
    return buffer.getvalue()


def compiled(text: bytes, language: str) -> bytes:
    """What a .po file compiles to: the same bytes at any time, where Babel would write this minute."""
    catalog = read_po(io.BytesIO(text), locale=language)
    catalog.creation_date = catalog.revision_date = NO_TIME
    return mo_bytes(catalog)


def main() -> int:
    parser = argparse.ArgumentParser(description="Merge and compile the catalogues.")
    parser.add_argument("--check", action="store_true", help="change nothing, report what is missing")
    parser.add_argument("--missing", metavar="LANGUAGE", help="list what a language misses")
    options = parser.parse_args()
    template, wrong = extracted(), 0
    for language in LANGUAGES:
        catalog = merged(language, template)
        text, path = po_text(catalog), path_of(language)
        binary, gaps = compiled(text, language), missing(catalog)
        stale = not path.exists() or path.read_bytes() != text or path.with_suffix(".mo").read_bytes() != binary
        print(
            f"{language}: {len(catalog)} texts, {len(gaps)} missing{', not merged' if options.check and stale else ''}"
        )
        if options.missing == language:
            print("\n".join(gaps))
        if options.check:
            found = faults(catalog) if language in COMPLETE else []
            found += [f"unused: {text}" for text in unused(language, template)]
            print("".join(f"  {fault}\n" for fault in found), end="")
            wrong += stale or bool(found)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text)
            path.with_suffix(".mo").write_bytes(binary)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
