"""Company identifiers, checked digit by digit for their kind, offline. The algorithms are python-stdnum's, but for two
rules that are written here: La Poste's SIRETs and the alphanumeric CNPJ of 2026."""

from __future__ import annotations

import re
from types import ModuleType

from mobility_app.errors import InvalidValue

LA_POSTE = "356000000"
_CNPJ = re.compile(r"[0-9A-Z]{12}[0-9]{2}\Z")
_CNPJ_WEIGHTS = (6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)


def normalised(kind: str, text: str) -> str:
    """The identifier as it is stored: without blanks and signs. Raises InvalidValue with wrong_length,
    wrong_characters or wrong_check_digit."""
    if kind == "other":
        return text.strip()
    plain = re.sub(r"[\s.\-/·]", "", text).upper()
    if kind == "cnpj":
        return _cnpj(plain)
    if kind == "siret" and plain.startswith(LA_POSTE) and len(plain) == 14 and plain.isdigit():
        return _la_poste(plain)
    if kind == "nipc" and plain.startswith("PT"):
        plain = plain[2:]
    return _by_library(kind, plain)


def formatted(kind: str, stored: str) -> str:
    """The identifier as people write it."""
    groups = {
        "siret": (3, 3, 3, 5), "siren": (3, 3, 3), "nipc": (3, 3, 3),
    }  # fmt: skip
    if kind in groups:
        pieces, rest = [], stored
        for size in groups[kind]:
            pieces.append(rest[:size])
            rest = rest[size:]
        return " ".join(piece for piece in [*pieces, rest] if piece)
    if kind == "cnpj" and len(stored) == 14:
        return f"{stored[:2]}.{stored[2:5]}.{stored[5:8]}/{stored[8:12]}-{stored[12:]}"
    if kind == "cpf" and len(stored) == 11:
        return f"{stored[:3]}.{stored[3:6]}.{stored[6:9]}-{stored[9:]}"
    return stored


def _by_library(kind: str, plain: str) -> str:
    from stdnum import exceptions

    try:
        return str(_library(kind).validate(plain))
    except exceptions.InvalidLength:
        raise _wrong("wrong_length") from None
    except exceptions.InvalidChecksum:
        raise _wrong("wrong_check_digit") from None
    except exceptions.ValidationError:
        raise _wrong("wrong_characters") from None


def _library(kind: str) -> ModuleType:
    from stdnum.br import cpf
    from stdnum.es import cif, nif
    from stdnum.eu import vat
    from stdnum.fr import siren, siret
    from stdnum.pt import nif as nipc

    modules: dict[str, ModuleType] = {
        "siret": siret, "siren": siren, "nif": nif, "cif": cif, "nipc": nipc, "cpf": cpf, "vat": vat,
    }  # fmt: skip
    if kind not in modules:
        raise InvalidValue("customer", "identifier_kind", "not_a_choice")
    return modules[kind]


def _la_poste(plain: str) -> str:
    """La Poste's establishments: the head office obeys Luhn, for all others the sum of the digits is a multiple of 5.
    Source: INSEE, exception for SIREN 356 000 000."""
    from stdnum import luhn

    if luhn.is_valid(plain) or sum(map(int, plain)) % 5 == 0:
        return plain
    raise _wrong("wrong_check_digit")


def _cnpj(plain: str) -> str:
    """CNPJ, numeric or alphanumeric: a letter counts as its ASCII code less 48, weights 2 to 9, modulo 11.
    Source: Receita Federal, Instrução Normativa RFB 2.229/2024."""
    if len(plain) != 14:
        raise _wrong("wrong_length")
    if not _CNPJ.match(plain) or plain == plain[0] * 14:
        raise _wrong("wrong_characters")
    values = [ord(letter) - 48 for letter in plain]
    for size in (12, 13):
        total = sum(weight * value for weight, value in zip(_CNPJ_WEIGHTS[13 - size :], values, strict=False))
        if values[size] != (0 if total % 11 < 2 else 11 - total % 11):
            raise _wrong("wrong_check_digit")
    return plain


def _wrong(reason: str) -> InvalidValue:
    return InvalidValue("customer", "identifier", reason)
