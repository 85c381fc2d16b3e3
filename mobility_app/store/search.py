"""The full-text index of customers: every spelling by which a rep may look one up, folded, with prefixes.

Kept in the same transaction as the data by the write door and by the apply of pulled pages. Ranking by relevance is
left aside on purpose: it visits every hit (p95 42 ms instead of 4 at 100,000 customers, measured before the project).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from mobility_app.domain.change import Row
from mobility_app.domain.rules import phones
from mobility_app.store.records import Records

CANDIDATES_MAX = 300
_LETTERS = str.maketrans(
    {"ß": "ss", "ł": "l", "ø": "o", "đ": "d", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "ı": "i", "ħ": "h"}
)
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
_WORD = re.compile(r"\w+")


def fold(text: str) -> str:
    """Lower case without accents: "Łódź" and "lodz" meet."""
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    return "".join(letter for letter in plain if not unicodedata.combining(letter)).translate(_LETTERS)


def _spellings(text: str) -> str:
    folded, german = fold(text), fold(unicodedata.normalize("NFC", text).casefold().translate(_UMLAUTS))
    return folded if german == folded else f"{folded} {german}"


def refresh(session: Records, customer_ids: Iterable[str]) -> None:
    """Makes the index true for these customers; those that are gone leave it."""
    for customer_id in customer_ids:
        rid = session.value("SELECT rid FROM search_row WHERE customer_id=?", customer_id)
        customer = session.get("customer", customer_id)
        if customer is None:
            if rid is not None:
                session.run("DELETE FROM search WHERE rowid=?", rid)
                session.run("DELETE FROM search_row WHERE rid=?", rid)
            continue
        text, key = _text(session, customer_id, customer), fold(str(customer["name"] or ""))
        if rid is None:
            session.run("INSERT INTO search_row (customer_id, sort_key) VALUES (?, ?)", customer_id, key)
            rid = session.value("SELECT rid FROM search_row WHERE customer_id=?", customer_id)
            session.run("INSERT INTO search (rowid, text) VALUES (?, ?)", rid, text)
        elif (old := session.value("SELECT text FROM search WHERE rowid=?", rid)) != text:
            session.run("UPDATE search_row SET sort_key=? WHERE rid=?", key, rid)
            session.run("UPDATE search SET text=? WHERE rowid=?", text, rid)
            assert old is not None


def _text(session: Records, customer_id: str, customer: Row) -> str:
    words = [str(customer[name] or "") for name in ("name", "number", "provisional_number", "identifier")]
    region = None
    for place in session.find("address", customer_id=customer_id):
        words += [str(place["city"] or ""), str(place["postcode"] or "")]
        region = region or place["country"]
    numbers = [(row["e164"], row["value"]) for row in session.find("customer_phone", customer_id=customer_id)]
    words += [str(row["value"] or "") for row in session.find("customer_email", customer_id=customer_id)]
    for contact in session.find("contact", customer_id=customer_id):
        contact_id = str(contact["id"])
        words += [str(contact["first_name"] or ""), str(contact["last_name"] or "")]
        words += [str(row["value"] or "") for row in session.find("contact_email", contact_id=contact_id)]
        numbers += [(row["e164"], row["value"]) for row in session.find("contact_phone", contact_id=contact_id)]
    for e164, typed in numbers:
        words += phones.search_forms(str(e164 or typed or ""), str(region) if region else None)
    return _spellings(" ".join(word for word in words if word))


def find(session: Records, text: str, limit: int = CANDIDATES_MAX) -> list[str]:
    """Ids of customers for what was typed so far: every word is the start of a word of theirs. Names that start with
    the text come first, then names with a word that does, then the rest by name."""
    wanted = fold(text)
    words = _WORD.findall(wanted)
    digits = "".join(re.findall(r"\d", wanted))
    if not words:
        return []
    query = " ".join(f'"{word}"*' for word in words)
    if len(digits) >= 3 and not re.search(r"[^\W\d]", wanted):
        query = f'({query}) OR "{digits}"*'  # a telephone typed with its blanks
    found = session.rows(
        "SELECT r.customer_id, r.sort_key FROM search JOIN search_row r ON r.rid = search.rowid"
        " WHERE search MATCH ? LIMIT ?",
        query,
        max(limit, CANDIDATES_MAX),
    )

    def rank(row: tuple[str, str]) -> tuple[int, str, str]:
        name = row[1]
        if name.startswith(wanted):
            return 0, name, row[0]
        return (1 if any(part.startswith(words[0]) for part in name.split()) else 2), name, row[0]

    return [row[0] for row in sorted(found, key=rank)[:limit]]
