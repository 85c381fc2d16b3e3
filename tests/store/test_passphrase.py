"""Suggested passphrases: five built words, drawn evenly, without those that nobody wants to read aloud."""

from __future__ import annotations

import random
import re
from collections import Counter
from itertools import count
from math import log2

import pytest

from mobility_app.store import passphrase
from mobility_app.store.vault import suggest_passphrase


def test_a_suggestion_is_five_plain_words_that_may_be_chosen() -> None:
    numbers = count()
    phrase = suggest_passphrase(lambda size: bytes(next(numbers) % 256 for _ in range(size)))
    assert phrase == "ditra-rere-flaci-joto-vifu"
    source = random.Random(1)
    for _ in range(500):
        phrase = suggest_passphrase(source.randbytes)
        assert re.fullmatch(r"[a-z]{4,6}(-[a-z]{4,6}){4}", phrase)
        assert passphrase.chosen(phrase) == phrase.encode()


def test_the_words_are_as_many_as_the_promise_says() -> None:
    words = {one + two for one in passphrase._SYLLABLES for two in passphrase._SYLLABLES}
    assert len(words) == 10_000  # no two pairs of syllables read the same
    assert words >= passphrase._UNWANTED
    assert round(log2(len(words - passphrase._UNWANTED)) * passphrase.WORDS, 1) == 66.4


def test_words_are_drawn_evenly_and_unwanted_ones_never() -> None:
    source = random.Random(7)
    drawn = Counter(word for _ in range(4_000) for word in suggest_passphrase(source.randbytes).split("-"))
    assert not drawn.keys() & passphrase._UNWANTED
    first = Counter(word[0] for word in drawn.elements())
    expected = Counter(onset[0] for onset in passphrase._ONSETS)
    for letter, share in expected.items():
        assert first[letter] / 20_000 == pytest.approx(share / len(passphrase._ONSETS), rel=0.15)


def test_a_source_that_repeats_itself_is_noticed() -> None:
    place = passphrase._SYLLABLES.index("pu") * 100 + passphrase._SYLLABLES.index("ta")
    with pytest.raises(AssertionError):
        suggest_passphrase(lambda size: place.to_bytes(size))
