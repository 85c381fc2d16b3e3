"""vCards: contacts as other programs hand them over and take them, versions 2.1, 3.0 and 4.0 in, 3.0 out.

Pure: bytes in, `Card`s out, and back. Called by the screen that brings cards in and by the one that hands them out; what
becomes of a card is decided there. vobject knows what lines mean (parameters, quoted-printable, charsets, escapes). The
file is cut into cards and lines here, for two reasons: a broken card then costs only itself, and vobject's pattern for a
line takes 2^n steps for n parameters without a colon, so it only gets lines whose head was matched before. Pictures,
sounds and keys never get there. Each bound on what is taken in is a name below.
"""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from mobility_app.domain.fields import TEXT_MAX

BYTES_MAX = 1_000_000
CARDS_MAX = 1_000
CARD_CHARS_MAX = 100_000  # of one card, without its pictures
REACHES_MAX = 50  # e-mails, telephones, labels of one card: further ones are left aside

UNREADABLE, ENDLESS, EMPTY, TOO_LONG = "unreadable", "endless", "empty", "too_long"
NAMELESS = "-"
_KINDS = ("fax", "cell", "pager", "work", "home")  # the first that a telephone names is what it is
_READ = frozenset(("n", "fn", "nickname", "org", "title", "role", "note", "email", "tel", "categories", "x-ablabel"))
_AGENT = re.compile(r"(?:[\w-]+\.)?AGENT[;:]", re.IGNORECASE)
_VALUE = r'(?:"[^"]*"|[^";:,]*)'
_HEAD = re.compile(rf"(?:[\w-]+\.)?([\w-]+)(?:;[\w-]+(?:={_VALUE}(?:,{_VALUE})*)?)*;?(?=:)", re.ASCII)
_BUILT_IN = re.compile(r"_\$!<(.*)>!\$_\Z")  # how one maker writes the labels that it has words for itself
_URI = re.compile(r"(?:mailto:(.*)|tel:([^;]*).*)\Z", re.IGNORECASE | re.DOTALL)
_NEWLINES = re.compile(r"\r\n|[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Reach:
    """An e-mail address or a telephone number. `kind`: work, home, cell, fax, pager or "", where no label is said."""

    value: str
    label: str = ""
    kind: str = ""
    is_main: bool = False


@dataclass(frozen=True, slots=True)
class Card:
    """A contact as a card tells it: one line each, but for the notes."""

    first_name: str = ""
    last_name: str = ""
    employer: str = ""
    job_title: str = ""
    notes: str = ""
    emails: tuple[Reach, ...] = ()
    phones: tuple[Reach, ...] = ()
    labels: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """First and last name."""
        return " ".join(part for part in (self.first_name, self.last_name) if part)


@dataclass(frozen=True, slots=True)
class Broken:
    """A card that was skipped: its place in the file, from 1, what it is called as far as that can be told, and why:
    unreadable, endless, empty, too_long."""

    position: int
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Cards:
    """What a file holds. `more`: cards beyond the bound, not looked at."""

    cards: tuple[Card, ...] = ()
    broken: tuple[Broken, ...] = ()
    more: int = 0


class _Bad(Exception):
    def __init__(self, reason: str) -> None:
        self.reason = reason


def read(data: bytes | str) -> Cards:
    """The cards of a file or of pasted text, in their order. Raises ValueError beyond BYTES_MAX: ask before."""
    if len(data) > BYTES_MAX:
        raise ValueError("more than BYTES_MAX")
    cards, broken, more = [], [], 0
    for position, lines in enumerate(_cut(data if isinstance(data, str) else decoded(data)), start=1):
        if position > CARDS_MAX:
            more += 1
            continue
        try:
            cards.append(_card(lines))
        except _Bad as bad:
            broken.append(Broken(position, _called(lines), bad.reason))
    return Cards(tuple(cards), tuple(broken), more)


def decoded(data: bytes) -> str:
    """The text of a file: as its mark says, as UTF-8, else as Windows writes western Europe."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


# -- in


def _cut(text: str) -> Iterator[list[str]]:
    """The lines of each card, without cards inside cards; the last line of a card that has no end is empty."""
    found: list[str] | None = None
    inside = 0
    for line in _NEWLINES.split(text):
        mark = line.strip().upper()
        if mark == "BEGIN:VCARD":
            if found and _AGENT.match(found[-1]):
                inside += 1
                continue
            if found is not None:
                yield [*found, ""]
            found, inside = [], 0
        elif mark == "END:VCARD" and found is not None:
            if inside:
                inside -= 1
            else:
                yield found
                found = None
        elif found is not None and not inside and mark:
            found.append(line)
    if found is not None:
        yield [*found, ""]


def _whole(lines: list[str]) -> Iterator[str]:
    """Lines unfolded: a blank at the start goes on with the line before, "=" at the end of quoted-printable too."""
    parts: list[str] = []
    quoted = False
    for line in lines:
        if quoted and parts:
            parts.append(line)
        elif line[0] in " \t" and parts:
            parts.append(line[1:])
        else:
            if parts:
                yield "".join(parts)
            parts = [line]
        quoted = line.endswith("=") and "quoted-printable" in parts[0].lower()
        if quoted:
            parts[-1] = parts[-1][:-1]
    if parts:
        yield "".join(parts)


def _known(lines: list[str]) -> list[str]:
    """The lines that are read, each with a head that is sound."""
    heads = ((line, _HEAD.match(line)) for line in _whole(lines))
    return [line for line, head in heads if head is not None and head[1].lower() in _READ]


def _card(lines: list[str]) -> Card:
    if lines and lines[-1] == "":
        raise _Bad(ENDLESS)
    text = "\r\n".join(("BEGIN:VCARD", "VERSION:3.0", *_known(lines), "END:VCARD", ""))
    if len(text) > CARD_CHARS_MAX:
        raise _Bad(TOO_LONG)
    try:
        parsed = _vobject().readOne(text, validate=False, allowQP=True, ignoreUnreadable=True)
        contents: dict[str, list[Any]] = parsed.contents
    except Exception as error:  # the library raises whatever a hostile line makes it stumble over
        raise _Bad(UNREADABLE) from error
    first, last = _names(contents)
    card = Card(
        first, last, _line(", ".join(_texts(contents, "org"))), _line("".join(_texts(contents, "title", "role")[:1])),
        _note("\n".join(_texts(contents, "note"))), _reaches(contents, "email"), _reaches(contents, "tel"), _labels(contents),
    )  # fmt: skip
    if not (card.name or card.employer or card.emails or card.phones):
        raise _Bad(EMPTY)
    return card


def _names(contents: dict[str, list[Any]]) -> tuple[str, str]:
    for one in contents.get("n", ()):
        given = [_joined(getattr(one.value, part, "")) for part in ("given", "additional")]
        first, last = _line(" ".join(given)), _line(_joined(getattr(one.value, "family", "")))
        if first or last:
            return first, last
    full = _line("".join(_texts(contents, "fn", "nickname")[:1]))
    if full in (NAMELESS, *(_line(text) for text in _texts(contents, "org", "email"))):
        return "", ""  # a card must have a name: who has none is called by something else
    first, _, last = full.rpartition(" ")
    return (first, last) if first else (last, "")


def _texts(contents: dict[str, list[Any]], *names: str) -> list[str]:
    found = [text for name in names for one in contents.get(name, ()) for text in _flat(one.value)]
    return [text for text in found if text.strip()]


def _flat(value: object) -> list[str]:
    if isinstance(value, (list, tuple)):
        return [text for part in value for text in _flat(part)]
    return [value] if isinstance(value, str) else []


def _joined(value: object) -> str:
    return " ".join(_flat(value))


def _reaches(contents: dict[str, list[Any]], name: str) -> tuple[Reach, ...]:
    titles = {one.group: _line(_BUILT_IN.sub(r"\1", _joined(one.value))) for one in contents.get("x-ablabel", ())}
    found: dict[str, tuple[Reach, int]] = {}
    for one in contents.get(name, ()):
        value = _line(_URI.sub(r"\1\2", _joined(one.value).strip()))
        types = _types(one)
        kind = next((kind for kind in _KINDS if kind in types), "")
        if value and value not in found and len(found) < REACHES_MAX:
            found[value] = Reach(value, titles.get(one.group, "") if one.group else "", kind), _preference(one, types)
    if not found:
        return ()
    main = min(found, key=lambda value: found[value][1])
    return tuple(Reach(one.value, one.label, one.kind, value == main) for value, (one, _) in found.items())


def _types(one: Any) -> set[str]:
    named = [*one.params.get("TYPE", ()), *getattr(one, "singletonparams", ())]
    return {part.strip().strip('"').lower() for text in named for part in text.split(",")}


def _preference(one: Any, types: set[str]) -> int:
    """1 is the best; 100 and more where nothing is said, in the order of the card."""
    said = "".join(one.params.get("PREF", ())[:1])
    if said.isdecimal() and len(said) <= 3:
        return int(said)
    return 1 if "pref" in types else 101


def _labels(contents: dict[str, list[Any]]) -> tuple[str, ...]:
    found = dict.fromkeys(_line(text) for text in _texts(contents, "categories"))
    return tuple(name for name in found if name)[:REACHES_MAX]


def _clean(text: str) -> str:
    return unicodedata.normalize("NFC", text.encode("utf-8", "replace").decode()).replace("\x00", "")


def _line(text: str) -> str:
    """One line: what can't stand in one becomes a blank."""
    kept = "".join(" " if unicodedata.category(letter) in ("Cc", "Zl", "Zp") else letter for letter in _clean(text))
    kept = " ".join(kept.split())
    if len(kept) > TEXT_MAX:
        raise _Bad(TOO_LONG)
    return kept


def _note(text: str) -> str:
    return _NEWLINES.sub("\n", _clean(text)).strip()


def _called(lines: list[str]) -> str:
    """What a broken card seems to be called."""
    for line in lines:
        head, colon, value = line.partition(":")
        if colon and re.fullmatch(r"(?:[\w-]+\.)?FN(?:;.*)?", head, re.IGNORECASE):
            return " ".join(value.split())[:80]
    return ""


# -- out


def written(cards: Iterable[Card]) -> str:
    """The cards as one file: version 3.0, which every program reads, lines folded, to be kept in UTF-8."""
    return "".join(_written(card) for card in cards)


def _written(card: Card) -> str:
    vobject = _vobject()
    made = vobject.vCard()
    made.add("n").value = vobject.vcard.Name(family=card.last_name, given=card.first_name)
    mails = [one.value for one in card.emails]
    made.add("fn").value = card.name or card.employer or "".join(mails[:1]) or NAMELESS
    if card.employer:
        made.add("org").value = [card.employer]
    for name, text in (("title", card.job_title), ("note", card.notes)):
        if text:
            made.add(name).value = text
    if card.labels:
        made.add("categories").value = list(card.labels)
    group = 0
    for name, reaches in (("email", card.emails), ("tel", card.phones)):
        for one in reaches:
            line = made.add(name)
            line.value = one.value
            types = [part.upper() for part in (one.kind, "pref" if one.is_main else "") if part]
            if types:
                line.params["TYPE"] = types
            if one.label:
                group += 1
                title = made.add("x-ablabel")
                line.group = title.group = f"item{group}"
                title.value = one.label
    whole: str = made.serialize(validate=False, lineLength=CARD_CHARS_MAX * 10)
    return "".join(_folded(line) for line in whole.split("\r\n") if line)


def _folded(line: str) -> str:
    """At most 75 bytes to a line, as RFC 2426 wants it: vobject counts letters, which may take four."""
    parts, size = [""], 0
    for letter in line:
        size += len(letter.encode())
        if size > 75:
            parts.append(" ")
            size = 1 + len(letter.encode())
        parts[-1] += letter
    return "\r\n".join(parts) + "\r\n"


def _vobject() -> Any:
    """The library, loaded where it is needed. It would write what it can't read into the log: those are people's data."""
    import vobject  # type: ignore[import-untyped]

    logging.getLogger("vobject").setLevel(logging.CRITICAL + 1)
    logging.getLogger("vobject.base").setLevel(logging.CRITICAL + 1)
    return vobject
