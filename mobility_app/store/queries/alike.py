"""Customers that may be the one somebody is about to make: candidates from indexes, judged by `rules/likeness.py`.

Each index gives at most CANDIDATES, so looking takes as long at 100,000 customers as at 100. Inactive customers count:
whoever makes one anew should know. Called by the form of a new customer at every pause in typing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mobility_app.domain.rules import likeness, phones, tax_ids
from mobility_app.domain.rules.likeness import Facts, Likeness
from mobility_app.errors import InvalidValue
from mobility_app.store.records import Records
from mobility_app.store.store import Store

CANDIDATES = 100  # from each way of looking
SHOWN_MAX = 5
LETTERS = 4  # of each word, so that a slip further on does not hide a customer
WORDS_MAX = 4  # longest words that are looked for alone: one of them is misspelt
LEAST = 3  # letters of a name from which on one looks

_NAMED = "SELECT r.customer_id FROM search s JOIN search_row r ON r.rid = s.rowid WHERE search MATCH ? LIMIT ?"


@dataclass(frozen=True, slots=True)
class Typed:
    """What stands in the form. Texts as typed; `country` is that of the address, or ""."""

    name: str = ""
    identifier_kind: str = ""
    identifier: str = ""
    phone: str = ""
    email: str = ""
    website: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True)
class Alike:
    """A customer that is there already."""

    id: str
    name: str
    number: str
    town: str
    status: str
    likeness: Likeness


def alike(store: Store, typed: Typed) -> tuple[Alike, ...]:
    """At most SHOWN_MAX customers that are alike, the most alike first."""
    with store.reading() as session:
        facts = _facts(session, typed)
        ids = list(dict.fromkeys(_candidates(session, facts)))
        known = _known(session, ids)
        rows = {
            row[0]: row
            for row in session.among(
                "SELECT c.id, c.name, c.number, r.town, c.status FROM customer c"
                " JOIN search_row r ON r.customer_id = c.id WHERE c.id IN ({marks})",
                ids,
            )
        }
    judged = [(one, likeness.likeness(facts, known[one])) for one in rows]
    found = likeness.best([(one, how) for one, how in judged if how is not None], SHOWN_MAX)
    return tuple(_alike(rows[one], how) for one, how in found)


def _alike(row: tuple[object, ...], how: Likeness) -> Alike:
    record_id, name, number, town, status = (str(value or "") for value in row)
    return Alike(record_id, name, number, town, status, how)


def _facts(session: Records, typed: Typed) -> Facts:
    country = typed.country or str(session.value("SELECT country FROM company ORDER BY id LIMIT 1") or "")
    identifier = typed.identifier.strip()
    try:
        identifier = tax_ids.normalised(typed.identifier_kind or "other", identifier)
    except InvalidValue:
        identifier = ""  # half typed
    number = phones.e164(typed.phone, country or None) if typed.phone.strip() else None
    email = typed.email.strip().lower()
    domains = {likeness.domain(typed.website) if typed.website.strip() else "", likeness.domain(email)}
    return Facts(
        typed.name.strip(), identifier, frozenset(filter(None, [number])), frozenset({email} if "@" in email else ()),
        frozenset(domains - {""}),
    )  # fmt: skip


def _candidates(session: Records, facts: Facts) -> Iterator[str]:
    def ask(sql: str, *params: object) -> Iterator[str]:
        for (found,) in session.rows(f"{sql} LIMIT ?", *params, CANDIDATES):
            yield found

    if facts.identifier:
        yield from ask("SELECT id FROM customer WHERE identifier = ?", facts.identifier)
    for host in facts.domains:
        for site in (
            f"{scheme}://{www}{host}{end}" for scheme in ("https", "http") for www in ("", "www.") for end in ("", "/")
        ):
            yield from ask("SELECT id FROM customer WHERE website = ?", site)
    queries = [f'text : "{phone[1:]}"' for phone in facts.phones]
    queries += [f'text : "{text}"' for text in (*facts.emails, *facts.domains) if '"' not in text]
    words = [word for word in likeness.core(facts.name).split() if word]
    if len("".join(words)) >= LEAST:
        queries.append("text : (" + " ".join(f'"{word}"*' for word in words) + ")")
        queries.append("text : (" + " ".join(f'"{word[:LETTERS]}"*' for word in words) + ")")
        queries += [f'text : "{word}"' for word in sorted(words, key=len, reverse=True)[:WORDS_MAX]]
    for query in queries:
        for (found,) in session.rows(_NAMED, query, CANDIDATES):
            yield found


def _known(session: Records, ids: list[str]) -> dict[str, Facts]:
    """The facts of each candidate, in six statements."""
    names, identifiers, domains = dict[str, str](), dict[str, str](), dict[str, set[str]]()
    for one, name, identifier, website in session.among(
        "SELECT id, name, identifier, website FROM customer WHERE id IN ({marks})", ids
    ):
        names[one], identifiers[one] = str(name or ""), str(identifier or "")
        domains[one] = {likeness.domain(str(website))} if website else set()
    emails, numbers = dict[str, set[str]](), dict[str, set[str]]()
    for found, column in ((emails, "value"), (numbers, "e164")):
        kind = "email" if column == "value" else "phone"
        for sql in (
            f"SELECT customer_id, {column} FROM customer_{kind} WHERE customer_id IN ({{marks}})",
            f"SELECT c.customer_id, x.{column} FROM contact c JOIN contact_{kind} x ON x.contact_id = c.id"
            " WHERE c.customer_id IN ({marks})",
        ):
            for one, value in session.among(sql, ids):
                if value:
                    found.setdefault(one, set()).add(str(value).lower())
    return {
        one: Facts(
            names[one], identifiers[one], frozenset(numbers.get(one, ())), frozenset(emails.get(one, ())),
            frozenset((domains[one] | {likeness.domain(email) for email in emails.get(one, ())}) - {""}),
        )
        for one in names
    }  # fmt: skip
