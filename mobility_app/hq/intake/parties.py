"""Who a party is: the keys by which it is found again whatever the syntax, and the identifier that a customer keeps.

Keys are texts such as `siret:78787878400035`, `tax:DE136695976`, `own:GE2020211`, strongest first. A French VAT id
holds the SIREN, a Spanish or Portuguese one the national number: each is one key in all its spellings.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from mobility_app.domain.rules import tax_ids
from mobility_app.errors import InvalidValue
from mobility_app.hq.intake.model import Identifier, Party

EU_VAT = frozenset(
    "AT BE BG CY CZ DE DK EE EL ES FI FR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK XI".split()  # noqa: SIM905
)
OVERRIDE = "e-invoice"  # why a customer keeps an identifier whose check digit is wrong: the invoice says so
IDENTIFIER_MAX = 60
_SIREN, _SIRET = "0002", "0009"  # ISO 6523 codes
_NATIONAL = {"FR": ("siret", "siren"), "ES": ("nif", "cif"), "PT": ("nipc",), "BR": ("cnpj", "cpf")}


@dataclass(frozen=True, slots=True)
class Kept:
    """An identifier as a customer keeps it. `override` says why it stands although its check fails."""

    kind: str
    value: str
    override: str | None = None


def plain_name(name: str) -> str:
    """The name for comparing: case, accents' spelling, signs and blanks do not count."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return " ".join(re.sub(r"[^\w]+", " ", folded).split())


def plain_number(text: str) -> str:
    """Letters and digits alone, in capitals."""
    return "".join(letter for letter in text.upper() if letter.isalnum())


def vat_text(text: str | None) -> str | None:
    """A VAT id without blanks and signs, or None."""
    return plain_number(text or "")[:IDENTIFIER_MAX] or None


def same_postcode(one: str | None, other: str | None) -> bool:
    """Whether two postcodes may be the same place: a missing one may be any."""
    return not one or not other or plain_number(one) == plain_number(other)


def keys(party: Party) -> tuple[str, ...]:
    """All keys of a party, strongest first."""
    found = [key for one in _all_kept(party) for key in keys_of(one.kind, one.value)]
    return tuple(sorted(dict.fromkeys(found), key=lambda key: _STRENGTH.index(key.split(":")[0])))


_STRENGTH = ["siret", "tax", "own"]


def keys_of(kind: str, value: str) -> tuple[str, ...]:
    """The keys of a customer's identifier."""
    plain = plain_number(value)
    if not plain:
        return ()
    if kind == "siret":  # an establishment, and the firm that it is of
        return (f"siret:{plain}", f"tax:FR{plain[:9]}")
    if kind == "siren":
        return (f"tax:FR{plain}",)
    if kind == "vat" and plain.startswith("FR"):
        return (f"tax:FR{plain[4:]}",)
    if kind in ("nif", "cif"):
        return (f"tax:ES{plain.removeprefix('ES')}",)
    if kind == "nipc":
        return (f"tax:PT{plain.removeprefix('PT')}",)
    if kind in ("cnpj", "cpf"):
        return (f"tax:BR{plain}",)
    if kind == "vat":
        return (f"tax:{plain}",)
    return (f"own:{plain}",)


def contradict(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether both carry a tax number (or both a SIRET) and none is the same: two firms, or two establishments."""
    for kind in ("siret:", "tax:"):
        left, right = ({key for key in side if key.startswith(kind)} for side in (one, other))
        if left and right:
            return not left & right
    return False


def kept(party: Party) -> Kept | None:
    """The identifier that a customer made from this party keeps: VAT id, register number, what partners call it."""
    return next(iter(_all_kept(party)), None)


def canonical(party: Party) -> list[str]:
    """Who the party is, for the fingerprint: its VAT id, else its register number, else its name and country."""
    if party.vat:
        return ["vat", party.vat]
    if party.legal:
        return ["legal", plain_number(party.legal.value)]
    return ["name", plain_name(party.name), party.place.country or ""]


def _all_kept(party: Party) -> list[Kept]:
    found = []
    if party.vat:
        found.append(_vat(party.vat))
    if party.legal:
        found.append(_register(party.legal, party.place.country))
    if party.tax_number:
        found.append(_national(party.tax_number, party.place.country))
    found += [Kept("other", one.value[:IDENTIFIER_MAX]) for one in party.own]
    return found


def _vat(vat: str) -> Kept:
    if vat[:2] not in EU_VAT:
        return Kept("other", vat)
    return _judged("vat", vat)


def _register(legal: Identifier, country: str | None) -> Kept:
    digits = plain_number(legal.value)
    if legal.scheme in (_SIREN, _SIRET) and digits.isdigit() and len(digits) in (9, 14):
        return _judged("siren" if len(digits) == 9 else "siret", digits)
    return _national(legal.value, country)


def _national(text: str, country: str | None) -> Kept:
    """The kind of the country whose check the number passes, else "other"."""
    for kind in _NATIONAL.get(country or "", ()):
        try:
            return Kept(kind, tax_ids.normalised(kind, text))
        except InvalidValue:
            continue
    return Kept("other", text[:IDENTIFIER_MAX])


def _judged(kind: str, value: str) -> Kept:
    try:
        return Kept(kind, tax_ids.normalised(kind, value))
    except InvalidValue:
        return Kept(kind, value, OVERRIDE)
