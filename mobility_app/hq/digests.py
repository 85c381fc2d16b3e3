"""The sums of what each scope holds, and of each record: kept by the ledger's every transaction, from the entries alone.

A customer in two scopes that one device holds (its territory, and shared between companies) counts twice there: the
scope `b:<territory>` sums what both hold, and is taken off. The sums never look at the tables but for a customer that
changes its scopes; so they stay what the log says when a table is changed around the ledger, and the scrub finds that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from mobility_app.domain import digests, registry, versions
from mobility_app.domain.change import Entry
from mobility_app.domain.digests import Sums
from mobility_app.domain.fields import Entity
from mobility_app.hq import scopes
from mobility_app.store.records import Records

MARK = "digests"
PIECE_ROWS = 2_000

Members = Mapping[str, set[str]]  # root -> scopes


class Tally:
    """What one transaction changes of the sums."""

    def __init__(self, session: Records) -> None:
        self._session = session
        self._sums: dict[tuple[str | None, str], Sums] = {}  # (root, stream) -> part -> number
        self._veils: dict[str, tuple[str, str]] = {}

    def entry(self, entry: Entry) -> int:
        """Counts an entry. Returns what the record's own digest changes by."""
        sums = digests.of_patch(entry.entity, entry.record_id, entry.kind, entry.patch, self._veil(entry))
        found = self._sums.setdefault((entry.root_id, entry.stream), {})
        for part, number in sums.items():
            found[part] = found.get(part, 0) + number
        return sum(sums.values())

    def _veil(self, entry: Entry) -> tuple[str, str] | None:
        if entry.entity != "conflict":
            return None
        if entry.record_id not in self._veils:
            row = {name: after if after is not None else before for name, (before, after) in entry.patch.items()}
            row = row if {"entity", "field"} <= set(row) else self._session.get("conflict", entry.record_id) or {}
            veil = digests.veil_of("conflict", row)
            assert veil is not None
            self._veils[entry.record_id] = veil
        return self._veils[entry.record_id]

    def keep(self, before: Members, now: Members) -> None:
        """Adds to the kept sums. `before`, `now`: the scopes of each customer that has entries or moved. Call when the
        records of the transaction are written."""
        added: dict[str, Sums] = {}
        for (root, stream), sums in self._sums.items():
            if root is None:
                scope = scopes.GLOBAL if stream == scopes.GLOBAL else scopes.of_company(stream)
                _add(added, scope, sums)
                continue
            was, is_now = places(before.get(root, set())), places(now.get(root, set()))
            for scope in was & is_now:
                _add(added, scope, carried(scope, sums))
            if was == is_now:
                continue
            whole = of_root(self._session, root) if was else sums  # what was made just now stands in its entries
            for scope in is_now - was:
                _add(added, scope, carried(scope, whole))
            for scope in was - is_now:
                _add(added, scope, carried(scope, digests.minus(sums, whole)))
        _keep(self._session, added)


def _add(added: dict[str, Sums], scope: str, sums: Sums) -> None:
    found = added.setdefault(scope, {})
    for part, number in sums.items():
        found[part] = found.get(part, 0) + number


def _keep(session: Records, added: Mapping[str, Sums]) -> None:
    changed = {
        (scope, part): number
        for scope, sums in added.items() for part, number in sums.items() if number % digests.MODULUS
    }  # fmt: skip
    if not changed:
        return
    kept = {(row[0], row[1]): int(row[2], 16) for row in _rows(session, {scope for scope, _ in changed})}
    session.many(
        "INSERT INTO digest (scope, part, sum) VALUES (?, ?, ?) ON CONFLICT (scope, part) DO UPDATE SET sum=excluded.sum",
        [(*key, digests.text(kept.get(key, 0) + number)) for key, number in changed.items()],
    )


def _rows(session: Records, names: Iterable[str]) -> list[tuple[Any, ...]]:
    return session.among("SELECT scope, part, sum FROM digest WHERE scope IN ({marks})", sorted(names))


def scopes_of(session: Records, roots: Iterable[str]) -> dict[str, set[str]]:
    """root -> its scopes as they are kept now."""
    found: dict[str, set[str]] = {}
    for root, scope in session.among("SELECT root_id, scope FROM member WHERE root_id IN ({marks})", sorted(roots)):
        found.setdefault(root, set()).add(scope)
    return found


def places(held: set[str]) -> set[str]:
    """The scopes under which a customer with these scopes is summed."""
    territories = [scope for scope in held if scope.startswith("t:")]
    shared = any(scope.startswith("s:") for scope in held)
    return held | {_both(scope) for scope in territories if shared}


def _both(territory: str) -> str:
    return f"b:{territory.removeprefix('t:')}"


def carried(scope: str, sums: Sums) -> Sums:
    """The parts that the scope hands out."""
    if not scope.startswith(("s:", "b:")):
        return sums
    return {part: n for part, n in sums.items() if registry.entity(digests.entity_of(part)).shared}


def of_root(session: Records, root: str) -> Sums:
    """The sums of a customer and all that hangs on it, from the tables."""
    found: Sums = {}
    for one in registry.ENTITIES:
        names = ",".join(f"t.{name}" for name in one.names)
        rows = session.rows(
            f'SELECT t.id, {names} FROM record r JOIN "{one.name}" t ON t.id = r.id WHERE r.root_id=? AND r.entity=?',
            root, one.name,
        )  # fmt: skip
        for row in rows:
            found = digests.plus(found, digests.of_columns(one.name, row[0], row[1:]))
    return found


def held_sums(session: Records, held: Iterable[str]) -> Sums:
    """The sums of all that a device with these scopes holds, every right included."""
    wanted = set(held)
    both = {_both(scope) for scope in wanted if scope.startswith("t:")}
    found: Sums = {}
    for scope, part, number in _rows(session, wanted | both):
        found[part] = found.get(part, 0) + (-int(number, 16) if scope in both else int(number, 16))
    return {part: number % digests.MODULUS for part, number in found.items()}


def visible(
    session: Records, one: Entity, held: Iterable[str], role: str
) -> Iterator[tuple[str, str | None, tuple[Any, ...], Sums, str]]:
    """The records of an entity that a role with these scopes may see: (id, root, columns, sums of what it may see, the
    record's digest as the log has it). Read from the tables, in one read transaction of the caller's."""
    if not scopes.readable(role, one.right):
        return
    names = ",".join(f"t.{name}" for name in one.names)
    carrying = sorted(scope for scope in held if scopes.carries(scope, one))
    streams = [scope.removeprefix("c:") for scope in carrying if scope == scopes.GLOBAL or scope.startswith("c:")]
    rooted = [scope for scope in carrying if scope.startswith(("t:", "s:"))]
    marks = tuple(",".join("?" * len(each)) or "NULL" for each in (rooted, streams))
    rows = session.run(
        f'SELECT r.digest, r.root_id, t.id, {names} FROM "{one.name}" t JOIN record r ON r.id = t.id WHERE CASE'
        f" WHEN r.root_id IS NULL THEN r.stream IN ({marks[1]})"
        f" ELSE r.root_id IN (SELECT root_id FROM member WHERE scope IN ({marks[0]})) END",
        *streams, *rooted,
    )  # fmt: skip
    for kept, root, record_id, *columns in rows:
        sums = digests.of_columns(one.name, record_id, columns)
        if one.name == "conflict" and not any(digests.seen(part, role, versions.VERSION) for part in sums):
            continue
        yield record_id, root, tuple(columns), sums, kept


def complete(session: Records) -> None:
    """Makes all sums anew, from the tables, where an earlier program kept them otherwise, or none. Inside a transaction
    in which the guards are open."""
    if session.value("SELECT v FROM hq_meta WHERE k=?", MARK) == digests.fingerprint():
        return
    for one in registry.ENTITIES:
        for piece in pieces(session, one):
            session.many(
                "UPDATE record SET digest=? WHERE id=?",
                [(digests.text(sum(sums.values())), record_id) for record_id, _, sums, _ in piece],
            )
    renew(session)
    session.run(
        "INSERT INTO hq_meta (k, v) VALUES (?, ?) ON CONFLICT (k) DO UPDATE SET v=excluded.v",
        MARK,
        digests.fingerprint(),
    )


Piece = list[tuple[str, str | None, Sums, str | None]]


def piece(session: Records, one: Entity, after: str) -> tuple[Piece, str]:
    """The records of an entity that follow an id: (id, place, sums from the table, digest as the log has it), and the id
    after which the next piece begins, "" at the end. `place`: the customer, else the scope of a company's or everybody's
    lists. Place and digest are None where the ledger knows no such record."""
    names = ",".join(f"t.{name}" for name in one.names)
    rows = session.rows(
        f'SELECT t.id, r.root_id, r.stream, r.digest, {names} FROM "{one.name}" t LEFT JOIN record r'
        " ON r.id = t.id AND r.deleted = 0 WHERE t.id > ? ORDER BY t.id LIMIT ?",
        after, PIECE_ROWS,
    )  # fmt: skip
    found: Piece = [
        (row[0], row[1] or _listed(row[2]), digests.of_columns(one.name, row[0], row[4:]), row[3]) for row in rows
    ]
    return found, rows[-1][0] if len(rows) == PIECE_ROWS else ""


def pieces(session: Records, one: Entity) -> Iterator[Piece]:
    """All records of an entity, piece by piece."""
    after, last = "", False
    while not last:
        found, after = piece(session, one, after)
        last = not after
        yield found


def scope_total(session: Records, scope: str) -> int:
    """The kept sum of a scope, all parts together."""
    return sum(int(row[2], 16) for row in _rows(session, [scope])) % digests.MODULUS


def scope_records(session: Records, scope: str) -> int:
    """The sum of the digests of the records that a scope holds."""
    if scope == scopes.GLOBAL or scope.startswith("c:"):
        rows = session.rows(
            "SELECT digest FROM record WHERE root_id IS NULL AND deleted=0 AND stream=?", scope.removeprefix("c:")
        )
        return sum(int(row[0], 16) for row in rows) % digests.MODULUS
    names = [one.name for one in registry.ENTITIES if one.shared or scope.startswith("t:")]
    of, more = scope, ""
    if scope.startswith("b:"):
        of = scopes.of_territory(scope.removeprefix("b:"))
        more = " AND root_id IN (SELECT root_id FROM member WHERE scope LIKE 's:%')"
    rows = session.rows(
        f"SELECT digest FROM record WHERE deleted=0 AND entity IN ({','.join('?' * len(names))})"
        f" AND root_id IN (SELECT root_id FROM member WHERE scope=?){more}",
        *names, of,
    )  # fmt: skip
    return sum(int(row[0], 16) for row in rows) % digests.MODULUS


def _listed(stream: str | None) -> str | None:
    if stream is None:
        return None
    return scopes.GLOBAL if stream == scopes.GLOBAL else scopes.of_company(stream)


def renew(session: Records) -> None:
    """The sums of all scopes, made anew from the tables."""
    members: dict[str, set[str]] = {}
    for root, scope in session.rows("SELECT root_id, scope FROM member"):
        members.setdefault(root, set()).add(scope)
    added: dict[str, Sums] = {}
    for one in registry.ENTITIES:
        for piece in pieces(session, one):
            for _, place, sums, _ in piece:
                if place is None:
                    continue
                lists = place == scopes.GLOBAL or place.startswith("c:")
                for scope in {place} if lists else places(members.get(place, set())):
                    _add(added, scope, carried(scope, sums))
    session.run("DELETE FROM digest")
    _keep(session, added)
