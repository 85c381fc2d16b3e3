"""What two JSON parsers may read differently is refused before anything else looks at a body. Called by `protocol.unpack`."""

from __future__ import annotations

import json
import re
from typing import Any

import orjson

from mobility_app.errors import Refused

DEPTH_MAX = 12
NUMBER_DIGITS_MAX = 19


def scan(text: bytes) -> None:
    """Refuses what two JSON parsers may read differently: duplicate keys, NUL, lone surrogates, floats, numbers past
    63 bits, a byte order mark, depth. Raises Refused 400."""
    try:
        outside = _outside(text)
        _depth(outside)
        if not _plainly_right(text, outside):
            _look_closely(text)
    except (ValueError, RecursionError):
        raise Refused("malformed", 400) from None


def _plainly_right(text: bytes, outside: bytes) -> bool:
    """Whether a quick look is enough: nothing is escaped by number, every number is a short whole one, and there are as
    many keys as colons. It takes a third of the time; whatever it is not sure of is looked at closely."""
    if b"\\u" in text or _UNSURE.search(outside):
        return False
    return _keys(orjson.loads(text)) == outside.count(b":")


def _keys(value: Any) -> int:
    found, waiting = 0, [value]
    while waiting:  # bounded by the size of the text
        one = waiting.pop()
        if type(one) is dict:
            found += len(one)
            one = one.values()
        elif type(one) is not list:
            continue
        waiting += [each for each in one if type(each) is list or type(each) is dict]
    return found


def _look_closely(text: bytes) -> None:
    value = json.loads(
        text.decode("utf-8"),
        object_pairs_hook=_no_twins,
        parse_float=_refuse,
        parse_int=_whole,
        parse_constant=_refuse,
    )
    if b"\\u" in text:  # UTF-8 holds no surrogate and JSON no bare NUL: they come in as escapes alone
        _letters(value)


_NO_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")


_UNSURE = re.compile(rb"[0-9]{18}|[.E]|[0-9]e|[^\x20-\x7e\t\n\r]")  # long numbers, fractions, what is no JSON at all


def _outside(text: bytes) -> bytes:
    """What stands outside of texts: what lies between every other quote."""
    return b" ".join(text.replace(b"\\\\", b"").replace(b'\\"', b"").split(b'"')[::2])


def _depth(outside: bytes) -> None:
    """Raises ValueError past DEPTH_MAX."""
    depth = 0
    for byte in outside.translate(None, _NO_BRACKETS):
        depth += 1 if byte in b"[{" else -1
        if depth > DEPTH_MAX:
            raise ValueError("depth")


def _no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("duplicate key")
    return found


def _refuse(text: str) -> None:
    raise ValueError(f"number {text[:20]}")


def _whole(text: str) -> int:
    if len(text) > NUMBER_DIGITS_MAX + 1 or abs(int(text)) > 2**63 - 1:
        raise ValueError("number")
    return int(text)


def _letters(value: Any) -> None:
    waiting = [value]
    while waiting:  # bounded by the size of the text
        one = waiting.pop()
        if isinstance(one, str):
            if "\x00" in one:
                raise ValueError("NUL")
            one.encode("utf-8")  # a lone surrogate raises UnicodeEncodeError, a ValueError
        elif isinstance(one, dict):
            waiting += [*one.keys(), *one.values()]
        elif isinstance(one, list):
            waiting += one
