"""Customers from CSV: what each line would do, and doing it. Both are the same verbs of the write door: the preview takes
its transaction back. So rights, reach and rules are those of a form, and what the preview says is what happens.

A line is told by its number, else by its identifier; without either it makes a customer, unless one of that name is there.
An empty cell leaves a field as it is. A batch of BATCH lines is one transaction; a line that is refused takes only itself
back. `ui/imports` runs it on a worker thread and may stop it between batches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from mobility_app.domain.change import Row
from mobility_app.domain.fields import Plain
from mobility_app.domain.rules import phones, tax_ids
from mobility_app.domain.rules.customer_columns import OF_ADDRESS, OF_CUSTOMER, STATUS_WORDS, plain
from mobility_app.domain.rules.folding import fold
from mobility_app.domain.rules.places import country_of
from mobility_app.errors import InvalidValue, MobilityError
from mobility_app.store.queries.customer_cards import Card, cards
from mobility_app.store.store import Store
from mobility_app.store.writing import Writing

BATCH = 100
SHOWN_MAX = 50  # of each outcome
MADE, CHANGED, SAME, WRONG = "made", "changed", "same", "wrong"
OUTCOMES = (MADE, CHANGED, SAME, WRONG)
REACH = {"phone": "customer_phone", "email": "customer_email"}
_KIND_OF = {"PT": "nipc", "ES": "nif", "BR": "cnpj"}

Line = tuple[int, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a line does. `changes` are (column, before, after); `error` is set where it is wrong."""

    line: int
    state: str
    name: str = ""
    number: str = ""
    changes: tuple[tuple[str, str, str], ...] = ()
    error: MobilityError | None = None


@dataclass(slots=True)
class Tally:
    """How far a run is: lines done, counts, the first few of each outcome, and why each wrong line is wrong."""

    done: int = 0
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(OUTCOMES, 0))
    shown: dict[str, list[Outcome]] = field(default_factory=lambda: {state: [] for state in OUTCOMES})
    wrong: dict[int, MobilityError] = field(default_factory=dict)
    stopped: bool = False

    def add(self, outcomes: Iterable[Outcome]) -> None:
        """Counts the outcomes of a batch."""
        for one in outcomes:
            self.done += 1
            self.counts[one.state] += 1
            if len(self.shown[one.state]) < SHOWN_MAX:
                self.shown[one.state].append(one)
            if one.error is not None:
                self.wrong[one.line] = one.error


class _Preview(Exception):
    """Takes the transaction of a preview back."""


def run(
    store: Store, lines: Iterator[Line], mapping: Sequence[str], tally: Tally, *, write: bool,
    stop: Callable[[], bool] = lambda: False,
) -> None:  # fmt: skip
    """Goes through all lines. `write` False changes nothing. Between batches `stop()` may end it; what was written by then
    stays. Raises DiskFull and what reading the lines raises."""
    seen: dict[str, int] = {}
    while batch := list(islice(lines, BATCH)):  # ends with the lines
        if stop():
            tally.stopped = True
            return
        outcomes: list[Outcome] = []
        try:
            with store.writing() as tx:
                outcomes = _Batch(tx, mapping, seen).done(batch)
                if not write:
                    raise _Preview
        except _Preview:
            pass
        tally.add(outcomes)


class _Batch:
    """One batch of lines inside a transaction."""

    def __init__(self, tx: Writing, mapping: Sequence[str], seen: dict[str, int]) -> None:
        self._tx, self._mapping, self._seen = tx, mapping, seen
        company = tx.get("company", tx.actor.company_ids[0] if tx.actor.company_ids else "") or {}
        self._country = str(company.get("country") or "")
        self._territories = {
            fold(str(name or "")): one for one, name in tx.rows("SELECT id, name FROM territory ORDER BY id DESC")
        }
        self._by: dict[str, dict[str, str]] = {}
        self._cards: dict[str, Card] = {}

    def done(self, batch: Sequence[Line]) -> list[Outcome]:
        """What each line did."""
        rows = [(number, self._row(cells)) for number, cells in batch]
        self._look([row for _, row in rows])
        return [self._line(number, row) for number, row in rows]

    def _row(self, cells: Sequence[str]) -> dict[str, str]:
        return {name: cell for name, cell in zip(self._mapping, cells, strict=True) if name and cell}

    def _look(self, rows: Sequence[dict[str, str]]) -> None:
        """Finds the customers of a whole batch at once."""
        tx, numbers = self._tx, [row["number"] for row in rows if "number" in row]
        identifiers = [text for row in rows if "identifier" in row for text in self._spellings(row)]
        names = [fold(row["name"]) for row in rows if "name" in row and "number" not in row and "identifier" not in row]
        self._by = {
            "number": {
                **dict(
                    tx.among(
                        "SELECT provisional_number, id FROM customer WHERE provisional_number IN ({marks})", numbers
                    )
                ),
                **dict(tx.among("SELECT number, id FROM customer WHERE number IN ({marks})", numbers)),
            },
            "identifier": dict(
                tx.among("SELECT identifier, id FROM customer WHERE identifier IN ({marks})", identifiers)
            ),
            "name": dict(tx.among("SELECT sort_key, customer_id FROM search_row WHERE sort_key IN ({marks})", names)),
        }
        found = {one for known in self._by.values() for one in known.values()}
        self._cards = cards(tx, sorted(found))

    def _kind(self, row: dict[str, str], known: str = "") -> str:
        """The kind of the line's identifier: as said, as it is, or that of the company's country."""
        said = plain(row.get("identifier_kind", "")).replace(" ", "")
        if said:
            return {"euvatnumber": "vat", "outro": "other", "otro": "other", "autre": "other"}.get(said, said)
        if known or self._country != "FR":
            return known or _KIND_OF.get(self._country, "other")
        return "siret" if sum(letter.isdigit() for letter in row.get("identifier", "")) > 9 else "siren"

    def _spellings(self, row: dict[str, str]) -> list[str]:
        text = row["identifier"]
        found = [text]
        for kind in dict.fromkeys((self._kind(row), "vat")):
            try:
                found.append(tax_ids.normalised(kind, text))
            except InvalidValue:
                continue
        return found

    def _line(self, number: int, row: dict[str, str]) -> Outcome:
        try:
            known = self._known(number, row)
            with self._tx.savepoint():
                changes = self._changed(known, row) if known else self._made(row)
        except MobilityError as error:
            return Outcome(number, WRONG, row.get("name", ""), row.get("number", ""), error=error)
        state = (CHANGED if changes else SAME) if known else MADE
        name = row.get("name") or (known.values["name"] if known else "")
        return Outcome(number, state, name, known.values["number"] if known else "", tuple(changes))

    def _known(self, number: int, row: dict[str, str]) -> Card | None:
        """The customer of a line. Raises InvalidValue where it can't be told, or an earlier line was about it."""
        one = ""
        if "number" in row:
            one = self._by["number"].get(row["number"], "")
            if not one:
                raise InvalidValue("customer", "number", "number_unknown")
        elif "identifier" in row:
            one = next(
                (self._by["identifier"][text] for text in self._spellings(row) if text in self._by["identifier"]), ""
            )
        elif self._by["name"].get(fold(row.get("name", ""))):
            raise InvalidValue("customer", "name", "name_there")
        key = one or (self._spellings(row)[-1] if "identifier" in row else fold(row.get("name", "")))
        before = self._seen.setdefault(key, number)
        if before != number:
            raise InvalidValue("customer", "name", "line_twice", line=before)
        return self._cards.get(one) if one else None

    # -- writing

    def _made(self, row: dict[str, str]) -> list[tuple[str, str, str]]:
        tx, values = self._tx, self._values(row)
        one = tx.create("customer", values)
        address = self._address(row)
        if address:
            country = {"country": self._country or None}
            tx.create("address", {"customer_id": one, "kind": "billing", **country, **address})
        for column, entity in REACH.items():
            if column in row:
                tx.create(entity, {"customer_id": one, "value": row[column], "is_main": True})
        return [(name, "", text) for name, text in row.items()]

    def _changed(self, known: Card, row: dict[str, str]) -> list[tuple[str, str, str]]:
        tx, changes = self._tx, list[tuple[str, str, str]]()
        values = self._values(row, known)
        before = tx.get("customer", known.id) or {}
        moved = {name: value for name, value in values.items() if before.get(name) != value}
        if moved:
            tx.update("customer", known.id, moved)
            after = tx.get("customer", known.id) or {}
            for name in moved:
                if after.get(name) != before.get(name):
                    column = "territory" if name == "territory_id" else name
                    changes.append(
                        (column, known.values.get(column, ""), str(row.get(column) or after.get(name) or ""))
                    )
        changes += self._reach(known, row)
        address = self._address(row)
        moved = {name: value for name, value in address.items() if known.values.get(name, "") != value}
        if moved and "address" in known.records:
            places = {"latitude_e7": None, "longitude_e7": None}
            tx.update("address", known.records["address"], {**moved, **places})
        elif moved:
            tx.create("address", {"customer_id": known.id, "kind": "billing", **address})
        return changes + [(name, known.values.get(name, ""), str(value)) for name, value in moved.items()]

    def _reach(self, known: Card, row: dict[str, str]) -> list[tuple[str, str, str]]:
        changes = []
        region = known.values.get("country") or known.values["company_country"] or None
        for column, entity in REACH.items():
            before, after = known.values.get(column, ""), row.get(column, "")
            same = phones.e164(after, region) if column == "phone" and after else None
            if not after or before.casefold() == after.casefold() or (same and same == phones.e164(before, region)):
                continue
            if entity in known.records:
                self._tx.update(entity, known.records[entity], {"value": after})
            else:
                self._tx.create(entity, {"customer_id": known.id, "value": after, "is_main": True})
            changes.append((column, before, after))
        return changes

    def _values(self, row: dict[str, str], known: Card | None = None) -> Row:
        """The customer's own fields as plain values; what does not belong together is left to the write door."""
        values: dict[str, Plain] = {name: row[name] for name in OF_CUSTOMER if name in row}
        if "identifier" in row:
            kind = self._kind(row, known.values["identifier_kind"] if known else "")
            values |= {"identifier_kind": kind}
            if known and known.values["identifier"] in self._spellings(row) and known.values["identifier_kind"] == kind:
                values["identifier"] = known.values["identifier"]  # spelt otherwise
        elif "identifier_kind" in row:
            values["identifier_kind"] = self._kind(row)
        if "status" in row:
            values["status"] = STATUS_WORDS.get(plain(row["status"]), row["status"])
        if "territory" in row:
            if fold(row["territory"]) not in self._territories:
                raise InvalidValue("customer", "territory_id", "not_a_choice")
            values["territory_id"] = self._territories[fold(row["territory"])]
        return values

    def _address(self, row: dict[str, str]) -> Row:
        address: dict[str, Plain] = {name: row[name] for name in OF_ADDRESS if name in row}
        if "country" in row:
            address["country"] = country_of(row["country"]) or row["country"]
        return address
