"""Company identifiers: checked digit by digit for their kind, offline; stored bare, shown as people write them.

Called by `checks.settled` (device and HQ) and by whoever shows or imports one. The algorithms are python-stdnum's (2.2
or later: La Poste's SIRETs and the alphanumeric CNPJ of July 2026 are in it); what is added here is one reason for each
way of being wrong. Nobody is asked whether the number was ever given out.

Kinds: `nif` is Spain's (DNI, NIE and companies), `cif` Spain's companies alone, `nipc` Portugal's NIF and NIPC,
`vat` an EU VAT number with its VIES prefix (EL for Greece, XI for Northern Ireland), `other` anything.
"""

from __future__ import annotations

import re
import unicodedata
from importlib import import_module
from types import MappingProxyType
from typing import Protocol, cast

from mobility_app.errors import InvalidValue

WRONG_LENGTH, WRONG_CHARACTERS, WRONG_CHECK_DIGIT = "wrong_length", "wrong_characters", "wrong_check_digit"

_SIGNS = re.compile(r"[\s.,\-/·'‐-―]")
_VAT_LENGTHS = range(8, 16)  # prefix and 6 to 13 more


class _Kind(Protocol):
    """The part of a python-stdnum module that is used."""

    def validate(self, number: str) -> str:
        """The number, or an exception that says what is wrong."""


# kind -> (python-stdnum module, bare form, lengths). A text outside the alphabet is told from one of a wrong length.
_KINDS = MappingProxyType(
    {
        "siret": ("stdnum.fr.siret", re.compile(r"[0-9]+"), range(14, 15)),
        "siren": ("stdnum.fr.siren", re.compile(r"[0-9]+"), range(9, 10)),
        "nif": ("stdnum.es.nif", re.compile(r"[0-9A-Z]?[0-9]*[0-9A-Z]?"), range(9, 10)),
        "cif": ("stdnum.es.cif", re.compile(r"[A-Z][0-9]*[0-9A-J]?"), range(9, 10)),
        "nipc": ("stdnum.pt.nif", re.compile(r"[0-9]+"), range(9, 10)),
        "cnpj": ("stdnum.br.cnpj", re.compile(r"[0-9A-Z]{0,12}[0-9]*"), range(14, 15)),
        "cpf": ("stdnum.br.cpf", re.compile(r"[0-9]+"), range(11, 12)),
        "vat": ("stdnum.eu.vat", re.compile(r"[A-Z]{2}[0-9A-Z+*]*"), _VAT_LENGTHS),
    }
)
_COUNTRY = MappingProxyType({"nif": "ES", "cif": "ES", "nipc": "PT"})  # a prefix that people write and that is dropped
_GROUPS = MappingProxyType({"siret": (3, 3, 3, 5), "siren": (3, 3, 3), "nipc": (3, 3, 3)})


def normalised(kind: str, text: str) -> str:
    """The identifier as it is stored: upper case, without blanks and signs. `other` is only trimmed.

    Raises InvalidValue: of customer.identifier with `wrong_characters`, `wrong_length` or `wrong_check_digit` (looked
    for in this order), of customer.identifier_kind with `not_a_choice`.
    """
    if kind == "other":
        return text.strip()
    if kind not in _KINDS:
        raise InvalidValue("customer", "identifier_kind", "not_a_choice")
    module, alphabet, lengths = _KINDS[kind]
    bare = _bare(kind, text)
    if not alphabet.fullmatch(bare):
        raise _wrong(WRONG_CHARACTERS)
    if len(bare) not in lengths:
        raise _wrong(WRONG_LENGTH)
    if kind in ("cnpj", "cpf") and len(set(bare)) == 1:  # 111.111.111-11 adds up, and nobody has it
        raise _wrong(WRONG_CHECK_DIGIT)
    return _validated(module, bare)


def formatted(kind: str, stored: str) -> str:
    """The identifier as people of its country write it. What is not of the right length (kept by override) stays."""
    if kind in _GROUPS and len(stored) == sum(_GROUPS[kind]) and stored.isalnum():
        pieces, start = [], 0
        for size in _GROUPS[kind]:
            pieces.append(stored[start : start + size])
            start += size
        return " ".join(pieces)
    if kind == "cnpj" and len(stored) == 14 and stored.isalnum():
        return f"{stored[:2]}.{stored[2:5]}.{stored[5:8]}/{stored[8:12]}-{stored[12:]}"
    if kind == "cpf" and len(stored) == 11 and stored.isalnum():
        return f"{stored[:3]}.{stored[3:6]}.{stored[6:9]}-{stored[9:]}"
    return stored


def _bare(kind: str, text: str) -> str:
    bare = _SIGNS.sub("", unicodedata.normalize("NFKC", text)).upper()
    if kind == "vat" and bare.startswith("GR"):
        return f"EL{bare[2:]}"
    return bare.removeprefix(_COUNTRY.get(kind, ""))


def _validated(module: str, bare: str) -> str:
    from stdnum import exceptions

    try:
        return cast(_Kind, import_module(module)).validate(bare)
    except exceptions.InvalidLength:
        raise _wrong(WRONG_LENGTH) from None
    except exceptions.InvalidChecksum:
        raise _wrong(WRONG_CHECK_DIGIT) from None
    except (exceptions.ValidationError, ValueError, IndexError):  # a national module may stumble over odd letters
        raise _wrong(WRONG_CHARACTERS) from None


def _wrong(reason: str) -> InvalidValue:
    return InvalidValue("customer", "identifier", reason)
