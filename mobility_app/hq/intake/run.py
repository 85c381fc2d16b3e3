"""One import: a file or a folder into the ledger, what is unfit into quarantine, a report at the end.

`mobility hq import`, the demo and the test bench call `import_path`. A bad file never stops the others; each file is
one transaction, a CSV folder several of whole documents. The same path again changes nothing.
"""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from mobility_app.domain.fields import is_id
from mobility_app.errors import InvalidValue, NotFound
from mobility_app.hq.intake import model, northwind
from mobility_app.hq.intake.fingerprint import fingerprint
from mobility_app.hq.intake.known import Known
from mobility_app.hq.intake.model import ParsedDocument, Unfit
from mobility_app.hq.intake.quarantine import Quarantine, digest_of
from mobility_app.hq.intake.sources import Source, document, sources
from mobility_app.hq.intake.store import Keeper
from mobility_app.hq.intake.xml_tree import SIZE_MAX_BYTES
from mobility_app.hq.ledger import Author, Ledger

logger = logging.getLogger("mobility.intake")

STORED, UNCHANGED, QUARANTINED = "stored", "unchanged", "quarantined"
RECORDS_MAX = 4_500  # in one transaction of a CSV folder; the next document may bring it to 5,000
CARD_RECORDS = 8  # the most that one customer's card makes

Progress = Callable[[int, int, str], None]
"""progress(done, total, name): documents done, in all (which grows when a CSV folder is opened), and what is next."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file, one CSV folder, or one refused order of it. `reason` is a code of `model.py`."""

    path: Path
    state: str  # stored | unchanged | quarantined
    reason: str = ""
    detail: str = ""
    documents: int = 0  # that were stored


@dataclass(frozen=True, slots=True)
class Report:
    """Outcomes in the order of files. `counts`: files, stored, unchanged, quarantined, and the records made by entity."""

    outcomes: tuple[Outcome, ...]
    counts: Mapping[str, int]


def import_path(
    ledger: Ledger,
    path: Path,
    *,
    company: str | None = None,
    create_parties: bool = False,
    quarantine: Path,
    progress: Progress | None = None,
) -> Report:
    """Imports a file or folder. `company`: name or id of who sells what is in CSV files.

    Raises FileNotFoundError; NotFound for a company that is not there; InvalidValue company.name `ambiguous`, or
    `needed_for_csv` where a CSV folder names no seller and nobody said one. Then nothing was changed.
    """
    found = sources(path, leave_out=quarantine)
    run = _Run(ledger, create_parties, Quarantine(quarantine), progress or (lambda done, total, name: None), len(found))
    seller = run.company_named(company) if company else None
    if any(source.csv_folder for source in found) and not company and not create_parties:
        raise InvalidValue("company", "name", "needed_for_csv")
    for source in found:
        if source.csv_folder:
            run.csv_folder(source.path, seller, company or source.path.resolve().name)
        else:
            run.file(source)
    return run.report()


class _Run:
    """The state of one import."""

    def __init__(
        self, ledger: Ledger, create_parties: bool, quarantine: Quarantine, progress: Progress, total: int
    ) -> None:
        self._ledger, self._create_parties, self._quarantine = ledger, create_parties, quarantine
        self._progress, self._done, self._total = progress, 0, total
        self._known, self._made, self._outcomes = Known(), Counter[str](), list[Outcome]()

    def report(self) -> Report:
        states = Counter(outcome.state for outcome in self._outcomes)
        counts = {"files": len(self._outcomes), **{state: states[state] for state in (STORED, UNCHANGED, QUARANTINED)}}
        return Report(tuple(self._outcomes), {**counts, **self._made})

    def company_named(self, named: str) -> str | None:
        """The company of that id or name; None where it is to be made. Raises NotFound, InvalidValue ambiguous."""
        with self._ledger.reading() as session:
            if is_id(named) and session.get("company", named):
                return named
            found = session.find("company", name=named.strip())
        if len(found) > 1:
            raise InvalidValue("company", "name", "ambiguous")
        if not found and not self._create_parties:
            raise NotFound("company", named)
        return str(found[0]["id"]) if found else None

    def file(self, source: Source) -> None:
        """One XML or PDF file."""
        path = source.path
        self._progress(self._done, self._total, path.name)
        try:
            one = _document(path)
            with self._transaction() as keeper:
                stored = keeper.document(keeper.company_of(one.seller), one, fingerprint(one))
        except Unfit as unfit:
            self._quarantine.keep(path, unfit, self._ledger.now())
            self._outcomes.append(Outcome(path, QUARANTINED, unfit.reason, unfit.detail))
        else:
            self._quarantine.release(digest_of([path])[0])
            self._outcomes.append(Outcome(path, STORED if stored else UNCHANGED, documents=int(stored)))
        self._step()

    def csv_folder(self, folder: Path, company_id: str | None, name: str) -> None:
        """One CSV folder: read and checked whole, then its catalogue, its customers and its orders."""
        self._progress(self._done, self._total, folder.name)
        parts = [folder / part for part in northwind.files(folder, [entry.name for entry in folder.iterdir()])]
        before = self._made.total()
        try:
            catalogue = northwind.parse(folder)
            self._total += len(catalogue.documents)
            seller = self._catalogue(catalogue, company_id, name)
            stored, refused = self._orders(folder, catalogue, seller)
        except (Unfit, OSError) as error:
            unfit = error if isinstance(error, Unfit) else Unfit(model.UNREADABLE, type(error).__name__)
            self._quarantine.keep(folder, unfit, self._ledger.now(), parts)
            self._outcomes.append(Outcome(folder, QUARANTINED, unfit.reason, unfit.detail))
        else:
            self._quarantine.release(digest_of(parts)[0])
            state = STORED if self._made.total() > before else UNCHANGED
            self._outcomes += [Outcome(folder, state, documents=stored), *refused]
        self._step()

    def _catalogue(self, catalogue: northwind.Catalogue, company_id: str | None, name: str) -> str:
        """The company, made where it is new, and the products. Returns the company's id."""
        waiting = list(catalogue.products)
        with self._transaction() as keeper:
            seller = company_id or keeper.known.company(keeper.tx, model.Party(name))
            seller = seller or keeper.add_company(name, northwind.COUNTRY, northwind.CURRENCY)
            for product in waiting[:RECORDS_MAX]:
                keeper.product(seller, product)
        for start in range(RECORDS_MAX, len(waiting), RECORDS_MAX):
            with self._transaction() as keeper:
                for product in waiting[start : start + RECORDS_MAX]:
                    keeper.product(seller, product)
        return seller

    def _orders(self, folder: Path, catalogue: northwind.Catalogue, seller: str) -> tuple[int, list[Outcome]]:
        """(documents stored, outcomes of orders whose number is taken)."""
        marks = {one.number: fingerprint(one) for one in catalogue.documents}
        buyers = self._buyers(catalogue, marks, seller)
        stored, refused = 0, list[Outcome]()
        for chunk in _chunks(catalogue.documents):
            with self._transaction() as keeper:
                for one in chunk:
                    try:
                        stored += keeper.document(seller, one, marks[one.number], buyers[northwind.code_of(one.buyer)])
                    except Unfit as unfit:
                        if unfit.reason not in (model.NUMBER_TAKEN, model.EXCLUSIVE_PRODUCT):
                            raise  # found out while writing: the transaction must not keep half of it
                        refused.append(self._refused(folder, one, unfit))
                    self._step()
                    self._progress(self._done, self._total, one.number)
        return stored, refused

    def _buyers(self, catalogue: northwind.Catalogue, marks: Mapping[str, str], seller: str) -> dict[str, str]:
        """Customer ids by CustomerID. A buyer whose orders are here already is who they were billed to, whatever has
        been written over its name since."""
        found: dict[str, str] = {}
        with self._ledger.reading() as session:
            self._known.refresh(session)
            books = self._known.books(session, seller)
            for one in catalogue.documents:
                if marks[one.number] in books.by_fingerprint:
                    found.setdefault(northwind.code_of(one.buyer), books.by_fingerprint[marks[one.number]][1])
        waiting = [(code, party) for code, party in catalogue.buyers.items() if code not in found]
        for start in range(0, len(waiting), RECORDS_MAX // CARD_RECORDS):
            with self._transaction() as keeper:
                books = keeper.known.books(keeper.tx, seller)
                for code, party in waiting[start : start + RECORDS_MAX // CARD_RECORDS]:
                    found[code] = books.customer_for(party) or keeper.customer(seller, party, northwind.CURRENCY)
        return found

    def _refused(self, folder: Path, one: ParsedDocument, unfit: Unfit) -> Outcome:
        content = json.dumps(asdict(one), sort_keys=True, indent=1).encode()
        self._quarantine.keep_bytes(f"order-{one.number}.txt", content, unfit, self._ledger.now())
        return Outcome(folder, QUARANTINED, unfit.reason, unfit.detail)

    @contextmanager
    def _transaction(self) -> Iterator[Keeper]:
        """One transaction of the ledger. What was noted of one that is taken back is forgotten."""
        keeper: Keeper | None = None
        try:
            with self._ledger.transaction(Author()) as tx:
                self._known.refresh(tx)
                keeper = Keeper(tx, self._known, create_parties=self._create_parties)
                yield keeper
                self._known.settle(tx)
        except BaseException:
            if keeper is not None and keeper.noted:
                self._known.forget()
            raise
        self._made += keeper.made

    def _step(self) -> None:
        self._done += 1
        self._progress(self._done, self._total, "")


def _document(path: Path) -> ParsedDocument:
    """The document in a file. Raises Unfit, whatever the file holds."""
    try:
        if not path.is_file():
            raise Unfit(model.UNREADABLE, "no regular file")
        size = path.stat().st_size
        if size > SIZE_MAX_BYTES:
            raise Unfit(model.TOO_LARGE, f"{size} bytes, at most {SIZE_MAX_BYTES}")
        if path.suffix.lower() == ".csv":
            raise Unfit(model.UNKNOWN_FORMAT, "CSV is taken as a folder of customers, products, orders, order_lines")
        with path.open("rb") as file:
            content = file.read(SIZE_MAX_BYTES + 1)
        return document(content)
    except OSError as error:
        raise Unfit(model.UNREADABLE, type(error).__name__) from None
    except (ArithmeticError, ValueError, TypeError, LookupError, RecursionError) as error:
        logger.error("a parser stumbled over %s", path.name, exc_info=error)
        raise Unfit(model.BAD_VALUE, type(error).__name__) from error


def _chunks(documents: tuple[ParsedDocument, ...]) -> Iterator[list[ParsedDocument]]:
    """Documents in lots that one transaction takes."""
    lot, records = list[ParsedDocument](), 0
    for one in documents:
        if lot and records + 1 + len(one.lines) > RECORDS_MAX:
            yield lot
            lot, records = [], 0
        lot.append(one)
        records += 1 + len(one.lines)
    if lot:
        yield lot
