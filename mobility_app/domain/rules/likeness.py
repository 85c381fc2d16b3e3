"""Whether a customer that somebody is about to make is there already: which facts agree, and how much that says.

Names are compared without accents, signs and legal forms, word order aside (rapidfuzz); identifiers, telephones,
e-mail addresses and web sites must be the same. An equal identifier, telephone, e-mail or name is strong: saving then
asks once. Pure: `store/queries/alike.py` finds the candidates.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from mobility_app.domain.rules.folding import fold

NAME_LEAST = 84  # of 100: what two names must have in common to be called alike
NAME_SAME = 97
SHORT_NAME = 3  # letters below which only the same name is alike

IDENTIFIER, PHONE, EMAIL, SITE, SAME_NAME, NAME = "identifier", "phone", "email", "site", "same_name", "name"
STRONG = frozenset({IDENTIFIER, PHONE, EMAIL, SAME_NAME})

_FORMS = frozenset(
    (
        "lda", "limitada", "ltda", "sa", "sarl", "sas", "sasu", "sasp", "eurl", "sl", "slu", "slp", "slne",
        "sc", "scp", "sca", "snc", "sci", "scop", "eireli", "epp", "me", "mei", "unipessoal", "cia", "sociedad",
        "anonima", "sociedade", "gmbh", "ag", "kg", "ltd", "llc", "inc", "plc", "bv", "nv", "srl", "spa",
    )
)  # fmt: skip
_DOTTED = re.compile(r"\b(?:[a-z]\.\s?){2,5}")  # S.A., S. L., L.d.a.
_SIGNS = re.compile(r"[\W_]+")
_EVERYBODYS = frozenset(
    (
        "gmail.com", "googlemail.com", "hotmail.com", "hotmail.fr", "hotmail.es", "outlook.com", "outlook.pt",
        "live.com", "live.com.pt", "yahoo.com", "yahoo.fr", "yahoo.es", "icloud.com", "me.com", "sapo.pt",
        "clix.pt", "iol.pt", "mail.telepac.pt", "netcabo.pt", "orange.fr", "wanadoo.fr", "free.fr",
        "laposte.net", "sfr.fr", "telefonica.net", "terra.es", "uol.com.br", "bol.com.br", "terra.com.br",
        "gmx.de", "web.de", "proton.me",
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a customer, or typed so far: its identifier bare, telephones in E.164, domains by `domain`."""

    name: str = ""
    identifier: str = ""
    phones: frozenset[str] = frozenset()
    emails: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Likeness:
    """Why two are alike, the strongest reason first; `score` orders several."""

    reasons: tuple[str, ...]
    score: float

    @property
    def strong(self) -> bool:
        """Whether it is hard to believe that they are two."""
        return not STRONG.isdisjoint(self.reasons)


def core(name: str) -> str:
    """The words that tell a company from others: folded, without signs and legal forms (unless there is nothing else)."""
    folded = _DOTTED.sub(lambda found: re.sub(r"[.\s]", "", found[0]) + " ", fold(name))
    words = _SIGNS.sub(" ", folded).split()
    return " ".join([word for word in words if word not in _FORMS] or words)


def domain(text: str) -> str:
    """The host of a web site or of an e-mail address, without "www."; "" for one that everybody may have."""
    text = fold(text.strip())
    if "@" in text:
        host = text.rpartition("@")[2]
    else:
        try:
            host = urlsplit(text if "//" in text else f"//{text}").hostname or ""
        except ValueError:
            return ""
    host = host.removeprefix("www.").strip(".")
    return "" if host in _EVERYBODYS or "." not in host else host


def likeness(typed: Facts, known: Facts) -> Likeness | None:
    """How alike the two are, or None."""
    reasons, score = [], 0.0
    for reason, alike, weight in (
        (IDENTIFIER, bool(typed.identifier) and typed.identifier == known.identifier, 400),
        (PHONE, not typed.phones.isdisjoint(known.phones), 300),
        (EMAIL, not typed.emails.isdisjoint(known.emails), 300),
        (SITE, not typed.domains.isdisjoint(known.domains), 150),
    ):
        if alike:
            reasons.append(reason)
            score += weight
    share = _names(core(typed.name), core(known.name))
    if share >= NAME_LEAST:
        reasons.append(SAME_NAME if share >= NAME_SAME else NAME)
        score += share
    return Likeness(tuple(reasons), score) if reasons else None


def _names(one: str, other: str) -> float:
    """0 to 100: how much of two cores is the same, in whatever order, written together or apart."""
    if not one or not other:
        return 0.0
    if one.replace(" ", "") == other.replace(" ", ""):
        return 100.0
    if min(len(one), len(other)) <= SHORT_NAME:
        return 0.0
    from rapidfuzz import fuzz  # here: nobody makes a customer while the app starts

    return float(fuzz.token_sort_ratio(one, other, score_cutoff=NAME_LEAST))


def best(found: Sequence[tuple[str, Likeness]], most: int) -> list[tuple[str, Likeness]]:
    """The most alike, strongest first."""
    return sorted(found, key=lambda pair: (not pair[1].strong, -pair[1].score, pair[0]))[:most]
