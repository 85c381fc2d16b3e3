"""The quick look at a body refuses and takes exactly what the close one does."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobility_app.errors import Refused
from mobility_app.sync import strict

LEAVES = (
    st.none() | st.booleans() | st.integers(-(2**66), 2**66) | st.text(max_size=6) | st.floats()
    | st.sampled_from(['a"b', "\\", '\\"', "{:", "1.5", "e", "\u2028", "\x7f", "é"])
)  # fmt: skip
TREES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=12,
)
PIECES = st.sampled_from(
    ['"a":1,', '"a"', ":", "{", "}", "[", "]", ",", "1e5", "-0", "01", "1.0", "9" * 17, "9" * 18, "9" * 19, "NaN", "true",
     "Infinity", '"\\u0000"', '"\\ud800"', '"\\u00e9"', '"\\n"', '"\n"', "\ufeff", " ", "\x00", "\\", '"', "é"]
)  # fmt: skip


def closely(text: bytes) -> bool:
    """The answer of the close look alone."""
    try:
        strict._depth(strict._outside(text))
        strict._look_closely(text)
    except (ValueError, RecursionError):
        return False
    return True


def taken(text: bytes) -> bool:
    try:
        strict.scan(text)
    except Refused:
        return False
    return True


@settings(max_examples=400, deadline=None)
@given(TREES, st.booleans())
def test_whatever_json_says_both_looks_agree(tree: Any, ascii_only: bool) -> None:
    text = json.dumps(tree, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    assert taken(text) == closely(text)


@settings(max_examples=600, deadline=None)
@given(st.lists(PIECES, max_size=12), TREES, st.integers(0, 60))
def test_whatever_is_done_to_json_both_looks_agree(pieces: list[str], tree: Any, at: int) -> None:
    text = json.dumps(tree, ensure_ascii=False)
    for broken in ("".join(pieces), text[:at] + "".join(pieces) + text[at:]):
        data = broken.encode("utf-8", "surrogatepass")
        assert taken(data) == closely(data), data


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=30), TREES, st.integers(0, 60))
def test_bytes_that_are_no_text_are_refused_alike(noise: bytes, tree: Any, at: int) -> None:
    text = json.dumps(tree).encode()
    data = text[:at] + noise + text[at:]
    assert taken(data) == closely(data), data


@pytest.mark.parametrize(
    "text",
    [b'{"a":1,"a":1}', b'[{"a":{"b":1,"b":2}}]', b'{"a":1,"\\u0061":2}', b"[1.5]", b"[1e3]", b"[1E3]", b"[NaN]", b"[Infinity]",
     b"[9223372036854775808]", b"[-9223372036854775808]", b'["\\ud800"]', b'["\\u0000"]', b"\xef\xbb\xbf[]", b'["\xff"]',
     b"[" * 13 + b"]" * 13, b"[1,]", b'{"a"}', b"", b'["a\nb"]', b"[01]", b"[-]"],
)  # fmt: skip
def test_what_parsers_disagree_about_is_refused(text: bytes) -> None:
    assert not taken(text)


def test_a_message_is_taken_by_the_quick_look() -> None:
    text = '{"changes":{"dseq":[12],"patch":[{"website":[null,"https://a.example/é:{}"]},{"opted_out":[false,true]}]}}'.encode()
    assert strict._plainly_right(text, strict._outside(text))
