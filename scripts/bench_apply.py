"""Figures of a pulled page on one device: a page from its entries to the committed rows, beside raw upserts of the same.

A device holds customers as HQ confirmed them. A page of `PAGE` entries changes one field of as many customers each, and
another brings as many new ones. The yardstick upserts the same rows, whole, into the same table with its indexes,
encrypted, in one transaction. The page keeps its entries as history, folds them, moves the sums and reads the words of
the customers anew; both commit with the same pragmas. Processor time: neither waits for anything but the disk.

Then a person saves every 50 ms while a round brings the edits of another device, HQ a process of its own, and afterwards.
"""

from __future__ import annotations

import hashlib
import os
import statistics
import threading
import time
from collections.abc import Callable
from pathlib import Path

import peers_work
from bench import COMPANY, KEY, REPEATS, TERRITORY, USER, device, worked

from mobility_app.domain import registry
from mobility_app.domain.change import CREATE, UPDATE, Entry, Row, fold
from mobility_app.domain.fields import encode
from mobility_app.store import apply
from mobility_app.store.cursor import Cursor
from mobility_app.store.database import Database, sqlcipher
from mobility_app.store.store import Store
from mobility_app.sync.engine import Engine
from mobility_app.sync.enrolment import enrol
from mobility_app.sync.transport import HttpTransport
from tests.support.bench import Hq, start_hq

PAGE = 2_000
PULLED = 1_000  # customers whose records another device edits
TYPED = 50  # edits in one of its saves
QUIET = 100  # saves at least, afterwards
SAVE_EVERY_SECONDS = 0.05
STREAM = "s" * 32


def bench_apply(folder: Path, customers: int, row: Callable[[str, float, str, str, float], None]) -> None:
    """Pages that create and pages that change, REPEATS of each in turn with their yardstick."""
    store, plain = device(folder), sqlcipher(folder / "plain.db", KEY)
    _twin(store, plain)
    rows: dict[str, Row | None] = {}
    at = 0
    figures: dict[str, list[float]] = {}
    for number in range(max(1, customers // PAGE)):
        entries = [_made(at + place, number * PAGE + place) for place in range(1, PAGE + 1)]
        _both(store, plain, entries, rows, figures, "new")
        at += PAGE
    ids = list(rows)[:PAGE]
    for number in range(REPEATS):
        entries = [_moved(at + place + 1, key, rows[key] or {}, number) for place, key in enumerate(ids)]
        _both(store, plain, entries, rows, figures, "moved")
        at += PAGE
    for name, what in (("new", "a pulled page of new records"), ("moved", "a pulled page of edits")):
        ours, raw = (statistics.median(figures[f"{name} {side}"]) for side in ("page", "raw"))
        row(what, PAGE / ours, "entries/s", "raw upsert of the same rows", PAGE / raw)
    store.close()
    plain.close()
    _saves(folder, row)


def _saves(folder: Path, row: Callable[[str, float, str, str, float], None]) -> None:
    """What a person waits for a save while a pull of many pages is applied, beside the same afterwards."""
    work = peers_work.made(PULLED)
    hq = start_hq(folder / "hq")
    try:
        ids = peers_work.fill(hq.office, work)
        hq.office.headquarters.snapshots.keep_fresh()
        stores = [_enrolled(folder / f"{name}.db", hq) for name in ("one", "two")]
        engines = [Engine(store, HttpTransport(hq.url)) for store in stores]
        for engine in engines:
            engine.round()
        edits = peers_work.edits(max(work.edits.values(), key=len), ids)
        for start in range(0, len(edits), TYPED):
            with stores[0].writing() as tx:
                for entity, key, name, value in edits[start : start + TYPED]:
                    tx.update(entity, key, {name: value})
        engines[0].round(fetch=False)
        customer = ids[str(work.objects["customers"][0]["id"])]
        thread = threading.Thread(target=engines[1].round)
        thread.start()
        during = _saved(stores[1], customer, lambda at: thread.is_alive())
        thread.join()
        quiet = _saved(stores[1], customer, lambda at: at < max(len(during), QUIET))
    finally:
        hq.stop()
    for share in (0.5, 0.99):
        spent, usual = (sorted(found)[int(len(found) * share)] for found in (during, quiet))
        row(
            f"a save during a pull, p{share * 100:.0f} of {len(during)}",
            spent * 1e3,
            "ms",
            "the same afterwards",
            usual * 1e3,
        )


def _saved(store: Store, customer: str, going: Callable[[int], bool]) -> list[float]:
    spent: list[float] = []
    while going(len(spent)):
        began = time.perf_counter()
        with store.writing() as tx:
            tx.update("customer", customer, {"language": ("pt", "es")[len(spent) % 2]})
        spent.append(time.perf_counter() - began)
        time.sleep(SAVE_EVERY_SECONDS)
    return spent


def _enrolled(path: Path, hq: Hq) -> Store:
    store = Store(path, KEY)
    enrol(store, HttpTransport(hq.url), hq.url, hq.office.invite("Rep"), path.stem, os.urandom)
    return store


def _twin(store: Store, plain: Database) -> None:
    with store.reading() as session:
        made = session.rows(
            "SELECT sql FROM sqlite_master WHERE tbl_name='customer' AND type IN ('table', 'index') AND sql IS NOT NULL"
            " ORDER BY type DESC"
        )
    with plain.transaction() as session:
        for (sql,) in made:
            session.run(sql)


def _both(
    store: Store, plain: Database, entries: list[Entry], rows: dict[str, Row | None], figures: dict[str, list[float]],
    name: str,
) -> None:  # fmt: skip
    cursor = Cursor("e" * 32, "rep", {f"t:{TERRITORY}": (entries[-1].seq, 0)}, {STREAM: entries[-1].seq})
    actor: dict[str, object] = {"role": "rep", "company_ids": [COMPANY], "territory_ids": [TERRITORY]}
    page = apply.Page(cursor, actor, [("entry", entry, {}) for entry in entries])
    for entry in entries:
        rows[entry.record_id] = fold(rows.get(entry.record_id), entry.kind, entry.patch)
    one = registry.entity("customer")
    values = [
        (entry.record_id, *(encode(field, (rows[entry.record_id] or {}).get(field.name)) for field in one.fields))
        for entry in entries
    ]
    sets = ",".join(f"{field}=excluded.{field}" for field in one.names)
    sql = (
        f"INSERT INTO customer (id,{','.join(one.names)}) VALUES ({','.join('?' * len(values[0]))})"
        f" ON CONFLICT (id) DO UPDATE SET {sets}"
    )

    def raw() -> None:
        with plain.transaction() as session:
            session.many(sql, values)

    figures.setdefault(f"{name} page", []).append(worked(lambda: apply.page(store, page)))
    figures.setdefault(f"{name} raw", []).append(worked(raw))


def _made(seq: int, number: int) -> Entry:
    values: Row = {
        "name": f"Customer {number} Óptica", "number": f"C-{number}", "status": "active", "shared": False,
        "currency": "EUR", "language": "pt", "notes": "x" * 80, "company_id": COMPANY, "territory_id": TERRITORY,
        "website": f"https://{number}.example", "vat_exempt": False, "to_confirm": False,
    }  # fmt: skip
    return _entry(seq, f"{number:032x}", CREATE, {name: (None, value) for name, value in values.items()})


def _moved(seq: int, key: str, row: Row, number: int) -> Entry:
    return _entry(seq, key, UPDATE, {"website": (row["website"], f"https://{number}-{key[-6:]}.example")})


def _entry(seq: int, key: str, kind: str, patch: dict[str, tuple[object, object]]) -> Entry:
    digest = hashlib.sha256(str(seq).encode()).hexdigest()
    return Entry(
        STREAM, seq, seq, "customer", key, key, kind, patch, seq, USER, "f" * 32, seq, seq, digest[:32], digest  # type: ignore[arg-type]
    )  # fmt: skip
