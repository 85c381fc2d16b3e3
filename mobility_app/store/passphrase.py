"""Passphrases: which may be chosen, how they become bytes, and a strong one to suggest.

Suggested words are built, not picked from a list: two syllables of 20 onsets and 5 vowels, 10,000 words less a few that
nobody wants to read aloud. Five of them hold 66.4 bits: at a million guesses a second, half of them take 1.5 million
years. They are plain letters without accents, so that any keyboard types them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

from mobility_app.errors import InvalidValue

LEAST, MOST = 8, 1024  # characters, after normalisation
WORDS = 5

_ONSETS = ("b", "c", "d", "f", "g", "j", "l", "m", "n", "p", "r", "s", "t", "v", "x", "z", "br", "cl", "fl", "tr")
_VOWELS = "aeiou"
_SYLLABLES = tuple(onset + vowel for onset in _ONSETS for vowel in _VOWELS)
_NOT_ALOUD = (
    "bite boba bobo broxa bruxa caca caga cago cagu coca coco cona coni cono cuca cucu foda fode fodi fodo "
    "fuca fuco gaja gozo lixo loca loco mama mata mate mato meca meda mija mijo nana nazi pene pica pila pipa "
    "pipi piro pito poba puta pute puti puto rabo rata teta tete tito tola tolo tota trola xata xixi xoxa "
    "xoxo zizi"
)
_UNWANTED = frozenset(_NOT_ALOUD.split())


def suggest_passphrase(random: Callable[[int], bytes]) -> str:
    """Five made-up words joined by hyphens. `random(n)` gives n unpredictable bytes."""
    return "-".join(_word(random) for _ in range(WORDS))


def _word(random: Callable[[int], bytes]) -> str:
    for _ in range(64):  # an unwanted word comes up less than once in a hundred draws
        place = int.from_bytes(random(16)) % len(_SYLLABLES) ** 2
        word = _SYLLABLES[place // len(_SYLLABLES)] + _SYLLABLES[place % len(_SYLLABLES)]
        if word not in _UNWANTED:
            return word
    raise AssertionError("the source of randomness repeats itself")


def chosen(passphrase: str) -> bytes:
    """A passphrase that may be set, as bytes. Raises InvalidValue too_short, too_long, bad_characters."""
    letters = unicodedata.normalize("NFC", passphrase) if len(passphrase) <= MOST * 4 else ""
    if len(passphrase) > MOST * 4 or len(letters) > MOST:
        raise InvalidValue("vault", "passphrase", "too_long", most=MOST)
    if len(letters) < LEAST:
        raise InvalidValue("vault", "passphrase", "too_short", least=LEAST)
    encoded = normalised(passphrase)
    if encoded is None:
        raise InvalidValue("vault", "passphrase", "bad_characters")
    return encoded


def normalised(passphrase: str) -> bytes | None:
    """UTF-8 of the composed form: `é` is the same from any keyboard. None for what was never a passphrase."""
    if len(passphrase) > MOST * 4:
        return None
    letters = unicodedata.normalize("NFC", passphrase)
    try:
        return letters.encode() if len(letters) <= MOST else None
    except UnicodeEncodeError:  # half a surrogate pair
        return None
