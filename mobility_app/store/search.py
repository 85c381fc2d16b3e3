"""The full-text index of customers: every spelling by which a rep may look one up, folded, with prefixes.

A customer that comes or goes does so here in the same transaction. Of those that stay it is only noted whose words may have
changed (`search_due`): reading them anew would cost a third of a pulled page. A round of sync does so a few at a time, and
whoever searches goes in by `Store.searching`, which does so first.

Words that are out of date lie in the index, found by nobody, until SQLite merges its parts. Taking them out at once
('secure-delete') cost seven times as much as the rest (804 of 920 ms for 840 customers, measured 2026-11-25). Where a
customer leaves nothing of it may be left: then all parts are merged into one (`WORN`, `scour`).
Beside it lies what the list sorts and filters by (`list_rows.py`). Ranking by relevance is left aside on purpose: it
visits every hit (p95 42 ms instead of 4 at 100,000 customers, measured before the project).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from mobility_app.domain.rules import phones
from mobility_app.domain.rules.folding import fold, spellings
from mobility_app.store import identity, list_rows
from mobility_app.store.records import Records

HITS_MAX = 200  # nobody turns more pages of what they typed two letters for
HALF_LEAST = 4  # digits from which on a telephone is found by its middle or its end
DIGITS_MOST = 25  # of a telephone, looked at from its end
VERSION = "2"  # of what the index holds: another one makes it anew when the store is opened
BATCH = 500  # customers indexed at once
WORN = "search_worn"  # the note that words of a customer that is gone may lie in the index
MERGED_PAGES = 500  # of the index, written in one step of merging it: about 20 ms
MERGES_MAX = 100_000  # steps: an index of 200 GB. What were left then, the next customer that leaves takes along
NOTE_MAX = 50  # customers of one save whose words may wait
_WORD = re.compile(r"\w+")
_ABOVE = chr(0x10FFFF)
_PLAIN = (
    "SELECT customer_id, value FROM customer_email WHERE customer_id IN ({marks})",
    "SELECT customer_id, COALESCE(first_name, '') || ' ' || COALESCE(last_name, '') FROM contact"
    " WHERE customer_id IN ({marks})",
    "SELECT c.customer_id, e.value FROM contact c JOIN contact_email e ON e.contact_id = c.id"
    " WHERE c.customer_id IN ({marks})",
)
_PHONES = (
    "SELECT customer_id, COALESCE(e164, value) FROM customer_phone WHERE customer_id IN ({marks})",
    "SELECT c.customer_id, COALESCE(p.e164, p.value) FROM contact c JOIN contact_phone p ON p.contact_id = c.id"
    " WHERE c.customer_id IN ({marks})",
)


# What the words and the list are made of (`_texts`, `list_rows.rows`); a test sees that nothing is missing.
_READ: Mapping[str, frozenset[str]] = {
    "customer": frozenset(
        ("number", "provisional_number", "name", "identifier", "status", "territory_id", "owner_id")
    ),
    "customer_email": frozenset(("customer_id", "value")),
    "customer_phone": frozenset(("customer_id", "value", "e164")),
    "address": frozenset(("customer_id", "kind", "city", "postcode", "country")),
    "contact": frozenset(("customer_id", "first_name", "last_name")),
    "contact_email": frozenset(("contact_id", "value")),
    "contact_phone": frozenset(("contact_id", "value", "e164")),
    "activity": frozenset(("customer_id", "kind", "status", "starts_at", "due_at")),
    "ticket": frozenset(("customer_id", "status")),
    "document": frozenset(("customer_id", "kind", "due_on", "payable_minor", "paid_minor")),
}  # fmt: skip


# -- upkeep


def reads(entity: str, names: Iterable[str]) -> bool:
    """Whether a customer's words or its row in the list are made of any of these fields."""
    return not _READ.get(entity, frozenset()).isdisjoint(names)


def refresh(session: Records, customer_ids: Iterable[str]) -> None:
    """Makes the index true for these customers; those that are gone leave it."""
    wanted = list(dict.fromkeys(customer_ids))
    for start in range(0, len(wanted), BATCH):
        _refresh(session, wanted[start : start + BATCH])


def note(session: Records, customer_ids: Iterable[str]) -> None:
    """Customers that a save touched: their row in the list is true at once, their words before the next search. Those
    that came or went are seen to at once."""
    wanted = list(dict.fromkeys(customer_ids))
    if len(wanted) > NOTE_MAX:  # an import: nobody waits for a single one of them
        refresh(session, wanted)
    else:
        postpone(session, wanted)


def postpone(session: Records, wanted: list[str]) -> None:
    """`note` for any number of customers, for who sees to their words next (`settle`)."""
    known = dict(session.among("SELECT customer_id, rid FROM search_row WHERE customer_id IN ({marks})", wanted))
    rows = list_rows.rows(session, [one for one in wanted if one in known])
    refresh(session, [one for one in wanted if one not in rows])
    if rows:
        session.many(list_rows.UPDATE, [(*rows[one], known[one]) for one in rows])
        session.many("INSERT INTO search_due VALUES (?) ON CONFLICT DO NOTHING", [(one,) for one in rows])


def due(session: Records) -> bool:
    """Whether words of any customer are to be read anew."""
    return bool(session.value("SELECT EXISTS (SELECT 1 FROM search_due)"))


def settle(session: Records, most: int = BATCH) -> None:
    """Reads anew the words of those that are due, at most so many. Call inside a transaction, until none is `due`."""
    wanted = [row[0] for row in session.rows("SELECT customer_id FROM search_due LIMIT ?", most)]
    refresh(session, wanted)
    session.many("DELETE FROM search_due WHERE customer_id=?", [(one,) for one in wanted])


def worn(session: Records) -> bool:
    """Whether words of a customer that is gone may lie in the index."""
    return identity.meta(session, WORN) is not None


def scour(session: Records) -> bool:
    """A step of merging the index into one part, which leaves out what nobody finds any more. Whether others follow. Call
    inside a transaction of its own, while the index is `worn`."""
    begun = identity.meta(session, WORN) == "merging"
    identity.set_meta(session, WORN, "merging")
    before = session.value("SELECT total_changes()")
    session.run("INSERT INTO search (search, rank) VALUES ('merge', ?)", MERGED_PAGES if begun else -MERGED_PAGES)
    if session.value("SELECT total_changes()") - before > 1:  # FTS5's own way to say that it did something
        return True
    session.run("DELETE FROM meta WHERE k=?", WORN)
    return False


def complete(session: Records) -> None:
    """Makes the whole index anew where an earlier program made it. Call inside a transaction, when a store is opened."""
    if identity.meta(session, "search") == VERSION:
        return
    refresh(session, [row[0] for row in session.rows("SELECT id FROM customer")])
    identity.set_meta(session, "search", VERSION)


def _refresh(session: Records, wanted: list[str]) -> None:
    known = {
        row[0]: (row[1], tuple(row[2:4]), tuple(row[4:]))
        for row in session.among(
            f"SELECT r.customer_id, r.rid, s.text, s.digits, {list_rows.NAMES} FROM search_row r"
            " JOIN search s ON s.rowid = r.rid WHERE r.customer_id IN ({marks})",
            wanted,
        )
    }
    rows, texts = list_rows.rows(session, wanted), _texts(session, wanted)
    gone = [(known[one][0],) for one in wanted if one in known and one not in rows]
    if gone:
        session.many("DELETE FROM search WHERE rowid=?", gone)
        session.many("DELETE FROM search_row WHERE rid=?", gone)
        identity.set_meta(session, WORN, "1")
    fresh = [one for one in rows if one not in known]
    if fresh:
        session.many(list_rows.INSERT, [(one, *rows[one]) for one in fresh])
        found = session.among("SELECT customer_id, rid FROM search_row WHERE customer_id IN ({marks})", fresh)
        new = [(rid, *texts[one]) for one, rid in found]
        session.many("INSERT INTO search (rowid, text, digits) VALUES (?, ?, ?)", new)
    moved = [(*rows[one], known[one][0]) for one in rows if one in known and known[one][2] != rows[one]]
    if moved:
        session.many(list_rows.UPDATE, moved)
    reworded = [(*texts[one], known[one][0]) for one in rows if one in known and known[one][1] != texts[one]]
    if reworded:
        session.many("UPDATE search SET text=?, digits=? WHERE rowid=?", reworded)


def _texts(session: Records, wanted: list[str]) -> dict[str, tuple[str, str]]:
    """(words, ends of telephone numbers) of each customer."""
    words: dict[str, list[str]] = {}
    regions: dict[str, str] = {}
    for one, *own in session.among(
        "SELECT id, name, number, provisional_number, identifier FROM customer WHERE id IN ({marks})", wanted
    ):
        words[one] = [str(value) for value in own if value]
    for one, city, postcode, country in session.among(
        "SELECT customer_id, city, postcode, country FROM address WHERE customer_id IN ({marks}) ORDER BY id", wanted
    ):
        words.setdefault(one, []).extend(str(value) for value in (city, postcode) if value)
        if country:
            regions.setdefault(one, country)
    for sql in _PLAIN:
        for one, text in session.among(sql, wanted):
            words.setdefault(one, []).append(str(text or ""))
    digits: dict[str, set[str]] = {}
    for sql in _PHONES:
        for one, number in session.among(sql, wanted):
            forms = phones.search_forms(str(number or ""), regions.get(one))
            words.setdefault(one, []).extend(forms)
            digits.setdefault(one, set()).update(end for form in forms for end in _ends(form))
    return {one: (spellings(" ".join(found)), " ".join(sorted(digits.get(one, ())))) for one, found in words.items()}


def _ends(digits: str) -> Iterator[str]:
    """What follows each digit but the last few: a number is then found by any half of it."""
    for length in range(HALF_LEAST, min(len(digits), DIGITS_MOST + 1)):
        yield digits[-length:]


# -- finding


@dataclass(frozen=True, slots=True)
class Narrow:
    """A condition on `r`, a row of search_row, that hits must meet as well. `index` where it lets few through: then that
    index gathers them first."""

    where: str = ""
    params: tuple[str | int, ...] = ()
    index: str = ""


EVERYWHERE = Narrow()


def find(session: Records, text: str) -> list[str]:
    """Ids of the customers that `hits` finds, in its order."""
    rids = hits(session, text)
    found = dict(session.among("SELECT rid, customer_id FROM search_row WHERE rid IN ({marks})", rids))
    return [found[rid] for rid in rids]


def hits(session: Records, text: str, narrow: Narrow = EVERYWHERE) -> list[int]:
    """Numbers of rows for what was typed so far: every word is the start of a word of theirs, or some digits in a row
    stand anywhere in a telephone number. One whose number it is comes first, then names that start with the text, in
    order however many there are, then names with a word that does, then the rest by name. At most HITS_MAX."""
    wanted, query = fold(text).strip(), match(text)
    if not query:
        return []
    condition, by, hint = (f" AND {narrow.where}" if narrow.where else ""), "r.sort_key", "INDEXED BY search_row_name"
    if narrow.index:
        few = f"IN (SELECT r.rid FROM search_row r INDEXED BY {narrow.index} WHERE {narrow.where})"
        condition, by, hint = f" AND r.rid {few}", "+r.sort_key", ""
    numbered = session.rows(
        f"SELECT r.rid FROM search_row r WHERE r.number_key = ?{condition} LIMIT ?",
        list_rows.natural(wanted), *narrow.params, HITS_MAX,
    )  # fmt: skip
    named = session.rows(
        f"SELECT r.rid FROM search_row r {hint} WHERE {by} >= ? AND {by} < ?{condition} ORDER BY {by}, r.rid LIMIT ?",
        wanted, wanted + _ABOVE, *narrow.params, HITS_MAX,
    )  # fmt: skip
    best = list(dict.fromkeys(row[0] for row in (*numbered, *named)))
    if len(best) >= HITS_MAX:
        return best[:HITS_MAX]
    if narrow.index:
        condition = f" AND +search.rowid {few}"
    others = session.rows(
        "SELECT r.rid, r.sort_key FROM search CROSS JOIN search_row r ON r.rid = search.rowid"
        f" WHERE search MATCH ?{condition} LIMIT ?",
        query, *narrow.params, HITS_MAX,
    )  # fmt: skip
    first = _WORD.findall(wanted)[0]
    others.sort(key=lambda row: (not any(part.startswith(first) for part in row[1].split()), row[1], row[0]))
    return list(dict.fromkeys((*best, *(row[0] for row in others))))[:HITS_MAX]


def match(text: str) -> str:
    """What was typed as a query of the index; "" where nothing in it can be looked for."""
    wanted = fold(text)
    words = _WORD.findall(wanted)
    if not words:
        return ""
    query = " ".join(f'"{word}"*' for word in words)
    digits = "".join(re.findall(r"[0-9]", wanted))
    if len(digits) >= 3 and not re.search(r"[^\W\d]", wanted):
        query = f'text : ({query}) OR text : "{digits}"*'  # a telephone typed with its blanks
        return f'{query} OR digits : "{digits}"*' if len(digits) >= HALF_LEAST else query
    return f"text : ({query})"
