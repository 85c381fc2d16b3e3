"""The vocabulary of descriptions: Kind, Merge, Scope, Field, Entity.

Entities are described with these words in `entities/`; tables, triggers, wire format, merge, permission, forms and
history are readers of the descriptions. A *plain value* is what a field holds everywhere outside the database: text,
whole number, bool, list of ids or None. `check` turns any accepted input into the one plain form or raises
`InvalidValue`; `encode` and `decode` change a plain value to what the column holds and back.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Any, TypeAlias, assert_never

from mobility_app.errors import InvalidValue

Plain: TypeAlias = str | int | bool | list[str] | None
Column: TypeAlias = str | int | None

INTEGER_MAX = 2**63 - 1
MONEY_MAX = 10**15  # minor units; keeps every sum of a million lines inside 63 bits
TEXT_MAX = 500
NOTE_MAX = 2_000_000  # characters; a quick note has "any length", the bound keeps one change inside one push
REFS_MAX = 500
INSTANT_MIN = -62_135_596_800_000  # year 1
INSTANT_MAX = 253_402_300_799_999  # year 9999

_ID = re.compile(r"[0-9a-f]{32}\Z")
_DECIMAL = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,9})?\Z")
_BAD = re.compile("[\x00\ud800-\udfff]")  # NUL and lone surrogates
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")  # Unicode's category Cc
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Kind(Enum):
    """What a field holds."""

    TEXT = "text"  # one line
    NOTE = "note"  # lines
    INTEGER = "integer"
    MONEY = "money"  # minor units of a currency
    RATE = "rate"  # basis points
    FLAG = "flag"
    DAY = "day"  # ISO date
    INSTANT = "instant"  # UTC milliseconds since 1970; ISO text in dumps
    DECIMAL = "decimal"  # decimal string
    CHOICE = "choice"
    REF = "ref"  # id of a record
    REFS = "refs"  # sorted list of ids
    VALUE = "value"  # any plain value: the sides of a conflict


class Merge(Enum):
    """What HQ does when two people changed the same field without seeing each other (sync.md 2.8)."""

    LWW = "lww"
    GROUP = "group"  # later wins, for all fields of the group or for none
    SET = "set"
    TEXT3 = "text3"
    COUNTER = "counter"  # both differences count
    PROGRESS = "progress"  # the furthest stands: choices in their order, numbers, flags; may have a group
    MOST = "most"  # the larger stands: the latest of two instants
    LEAST = "least"
    APPEND = "append"
    HQ = "hq"
    IMMUTABLE = "immutable"


class Scope(Enum):
    """Who may receive a record: everybody, the people of a company, or those who hold the root customer."""

    GLOBAL = "global"
    COMPANY = "company"
    ROOT = "root"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an entity. `right` names the row of the permission matrix (`access.py`)."""

    name: str
    kind: Kind = Kind.TEXT
    merge: Merge = Merge.LWW
    required: bool = False
    choices: tuple[str, ...] = ()
    refers: str = ""  # entity that a REF or REFS points to
    group: str = ""  # fields of one group travel and win together
    right: str = ""  # empty: the entity's own right
    default: Plain = None
    indexed: bool = False
    derived: bool = False  # follows from another field: no conflict and no line of history of its own
    most: int = 0  # characters of a text, or the largest number; 0 = the kind's own bound


@dataclass(frozen=True, slots=True)
class Entity:
    """One kind of record."""

    name: str
    fields: tuple[Field, ...]
    scope: Scope
    right: str
    parent: str = ""  # the REF field through which a ROOT record hangs on its customer
    shared: bool = False  # master data: goes to every company when the customer is shared
    unique: tuple[str, ...] = ()  # a link record: unique by these fields, the second leads to the first
    names: tuple[str, ...] = dataclass_field(init=False, repr=False, compare=False)  # in order, without `id`
    required: tuple[str, ...] = dataclass_field(
        init=False, repr=False, compare=False
    )  # names of what a record must have
    _by_name: dict[str, Field] = dataclass_field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", tuple(field.name for field in self.fields))
        object.__setattr__(self, "required", tuple(field.name for field in self.fields if field.required))
        object.__setattr__(self, "_by_name", {field.name: field for field in self.fields})

    def field(self, name: str) -> Field:
        """The field of that name, or InvalidValue."""
        found = self._by_name.get(name)
        if found is None:
            raise InvalidValue(self.name, name, "unknown_field")
        return found

    def group(self, field: Field) -> tuple[str, ...]:
        """Names of all fields that win together with `field`, itself included."""
        if not field.group:
            return (field.name,)
        return tuple(other.name for other in self.fields if other.group == field.group)


def is_id(value: object) -> bool:
    """Whether `value` is an id: 32 hex digits in lower case."""
    return isinstance(value, str) and bool(_ID.match(value))


def check(entity: str, field: Field, value: object) -> Plain:
    """The plain form of `value`, or InvalidValue with a reason code. None is taken unless the field is required.

    Kinder than the wire: days and instants may come as Python values or ISO text, decimals as Decimal.
    """
    if value is None or (value == "" and field.kind is not Kind.NOTE):
        if field.required:
            raise InvalidValue(entity, field.name, "required")
        return None
    try:
        return _plain(field, value)
    except _Bad as bad:
        raise InvalidValue(entity, field.name, bad.reason) from None


class _Bad(Exception):
    def __init__(self, reason: str) -> None:
        self.reason = reason


def _plain(field: Field, value: object) -> Plain:
    match field.kind:
        case Kind.TEXT:
            return _text(value, field.most or TEXT_MAX, lines=False, required=field.required)
        case Kind.NOTE:
            return _text(value, field.most or NOTE_MAX, lines=True, required=field.required)
        case Kind.INTEGER | Kind.RATE:
            return _integer(value, field.most or INTEGER_MAX)
        case Kind.MONEY:
            return _integer(value, field.most or MONEY_MAX)
        case Kind.FLAG:
            if not isinstance(value, bool):
                raise _Bad("not_a_flag")
            return value
        case Kind.DAY:
            return _day(value)
        case Kind.INSTANT:
            return _instant(value)
        case Kind.DECIMAL:
            return _decimal(value)
        case Kind.CHOICE:
            if value not in field.choices:
                raise _Bad("not_a_choice")
            return str(value)
        case Kind.REF:
            if not is_id(value):
                raise _Bad("not_an_id")
            return str(value)
        case Kind.REFS:
            return _refs(value)
        case Kind.VALUE:
            return _any(value)
    assert_never(field.kind)


def _text(value: object, most: int, *, lines: bool, required: bool) -> str:
    if not isinstance(value, str):
        raise _Bad("not_text")
    if _BAD.search(value):
        raise _Bad("bad_characters")
    text = unicodedata.normalize("NFC", value)
    if lines:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    else:
        text = text.strip()
        if _CONTROL.search(text):
            raise _Bad("bad_characters")
        if required and not text:
            raise _Bad("required")
    if len(text) > most:
        raise _Bad("too_long")
    return text


def _integer(value: object, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise _Bad("not_a_whole_number")
    if abs(value) > most:
        raise _Bad("too_large")
    return value


def _day(value: object) -> str:
    if isinstance(value, datetime) or not isinstance(value, (str, date)):
        raise _Bad("not_a_day")
    try:
        return (value if isinstance(value, date) else date.fromisoformat(value)).isoformat()
    except ValueError:
        raise _Bad("not_a_day") from None


def _instant(value: object) -> int:
    if isinstance(value, bool):
        raise _Bad("not_an_instant")
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise _Bad("not_an_instant") from None
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise _Bad("no_time_zone")
        value = (value - _EPOCH) // timedelta(milliseconds=1)
    if not isinstance(value, int) or not INSTANT_MIN <= value <= INSTANT_MAX:
        raise _Bad("not_an_instant")
    return value


def _decimal(value: object) -> str:
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        value = format(value, "f")
    if not isinstance(value, str) or not _DECIMAL.match(value):
        raise _Bad("not_a_decimal")
    try:
        number = Decimal(value)
    except InvalidOperation:  # pragma: no cover - the pattern admits no such text
        raise _Bad("not_a_decimal") from None
    text = format(number.normalize(), "f")
    return "0" if text in ("-0", "0") else text


def _refs(value: object) -> list[str]:
    if not isinstance(value, Sequence) or isinstance(value, str) or not all(is_id(entry) for entry in value):
        raise _Bad("not_ids")
    if len(value) > REFS_MAX:
        raise _Bad("too_many")
    return sorted(set(value))


def _any(value: object) -> Plain:
    if isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, list) and all(isinstance(entry, str) for entry in value):
        return value
    raise _Bad("not_a_value")


_FLAG, _AS_JSON = Kind.FLAG, (Kind.REFS, Kind.VALUE)  # by name they cost more than all else: millions of times a sync
ODD = (_FLAG, *_AS_JSON)  # kinds whose columns hold something else than the plain value


def encode(field: Field, value: Plain) -> Column:
    """What the column holds for a plain value."""
    if value is None:
        return None
    kind = field.kind
    if kind is _FLAG:
        return int(bool(value))
    if kind in _AS_JSON:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    assert not isinstance(value, list)
    return value


def decode(field: Field, value: Any) -> Plain:
    """The plain value of what a column holds."""
    if value is None:
        return None
    kind = field.kind
    if kind is _FLAG:
        return bool(value)
    plain: Plain = json.loads(value) if kind in _AS_JSON else value
    return plain


def instant_text(value: int) -> str:
    """ISO text of an instant, in UTC to the millisecond."""
    return (_EPOCH + timedelta(milliseconds=value)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def dumped(field: Field, value: Plain) -> Plain:
    """The plain value as dumps and exports show it: instants become ISO text."""
    if field.kind is Kind.INSTANT and isinstance(value, int):
        return instant_text(value)
    return value
