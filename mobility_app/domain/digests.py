"""The algebra of digests: one number for any set of records, the sum of a 64-bit hash of each of their values.

A value counts as `XXH3-64(entity NUL id NUL field NUL text)`, text being what its column holds; the record itself as its
field "id" with an empty text. Empty values count nothing, so a column that is added later changes no sum until it is
filled. Sums are taken modulo 2^64: adding, changing and removing one value is an addition, in any order.

Sums are kept apart by *part*: what a role may see, or an older version (a *generation*) knows, is the sum of whole
parts. Not against forgers: HQ's answers are signed. docs/protocol.md holds vectors. Nothing here reads or writes a database.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from xxhash import xxh3_64_intdigest

from mobility_app.domain import registry, versions
from mobility_app.domain.access import MATRIX
from mobility_app.domain.change import CREATE, DELETE, LOST, RESTORE, Patch, Row
from mobility_app.domain.fields import Entity, encode
from mobility_app.errors import InvalidValue

Sums: TypeAlias = dict[str, int]  # part -> sum

MODULUS = 2**64
BUCKETS = 256
NOBODY = "nobody"  # a right that no role has
RECORD = versions.RECORD

# A right that every role may read needs no part of its own.
_CLOSED = frozenset(right for right, by in MATRIX.items() if not all("R" in letters for letters in by.values()))


def cell(entity: str, record_id: str, field: str, text: object) -> int:
    """What one value counts. `text`: what the column holds."""
    return xxh3_64_intdigest(f"{entity}\0{record_id}\0{field}\0{text}".encode())


def bucket(record_id: str) -> int:
    """In which of the BUCKETS a record is compared."""
    return xxh3_64_intdigest(record_id.encode()) % BUCKETS


@registry.derived
def part_of(entity: str, field: str, veil: tuple[str, str] | None = None) -> str:
    """The part that a field is summed in: `entity[:right+right][@version]`, the version that brought it. `veil`: of a
    conflict, the entity and field whose values it holds; whoever may not see those never sees the conflict."""
    one = registry.entity(entity)
    rights = {one.right}
    if field != RECORD:
        rights.add(one.field(field).right or one.right)
    if veil is not None:
        rights |= _veiled(*veil)
    closed = "+".join(sorted(rights & _CLOSED | rights & {NOBODY}))
    since = max(versions.since(entity, field), versions.since(*veil) if veil is not None else versions.FIRST)
    return entity + (f":{closed}" if closed else "") + (f"@{since}" if since > 1 else "")


def _veiled(entity: str, field: str) -> set[str]:
    try:
        other = registry.entity(entity)
        return {other.right, other.field(field).right or other.right}
    except InvalidValue:  # of a kind that this version does not know: nobody's
        return {NOBODY}


@registry.derived
def seen(part: str, role: str, generation: int) -> bool:
    """Whether a role on a device of that generation holds what the part sums."""
    closed = part.partition("@")[0].partition(":")[2]
    readable = (r != NOBODY and "R" in MATRIX[r].get(role, "") for r in closed.split("+") if r)
    return since_of(part) <= generation and all(readable)


def entity_of(part: str) -> str:
    """The entity whose values the part sums."""
    return part.partition("@")[0].partition(":")[0]


@registry.derived
def _plan(entity: str, veil: tuple[str, str] | None) -> tuple[str, tuple[str, ...], tuple[tuple[int, str], ...]]:
    """(main part, names of the fields, (place, part) of those fields that are summed in another part)."""
    names, main = registry.entity(entity).names, part_of(entity, RECORD, veil)
    parts = [part_of(entity, name, veil) for name in names]
    return main, names, tuple((place, part) for place, part in enumerate(parts) if part != main)


def veil_of(entity: str, row: Mapping[str, object]) -> tuple[str, str] | None:
    """What a conflict is about; None for every other entity."""
    return (str(row.get("entity")), str(row.get("field"))) if entity == "conflict" else None


def of_columns(entity: str, record_id: str, columns: Sequence[object]) -> Sums:
    """The sums of a record, from what its columns hold in the order of the description's fields."""
    return of_many(entity, [(record_id, *columns)])


def of_many(entity: str, rows: Iterable[Sequence[Any]]) -> Sums:
    """The sums of many records (id, columns ...) together. The loop is written for speed: a scrub is little else."""
    if entity == "conflict":
        return _of_conflicts(rows)
    digest = xxh3_64_intdigest
    main, names, others = _plan(entity, None)
    fields = [f"{name}\0" for name in names]
    found = dict.fromkeys((main, *(part for _, part in others)), 0)
    total = 0
    for row in rows:
        head = f"{entity}\0{row[0]}\0"
        values = row[1:]
        total += digest(f"{head}{RECORD}\0".encode()) + sum(
            [
                digest(f"{head}{name}{value}".encode())
                for name, value in zip(fields, values, strict=True)
                if value is not None
            ]
        )
        for place, part in others:
            if (value := values[place]) is not None:
                number = digest(f"{head}{fields[place]}{value}".encode())
                total -= number
                found[part] += number
    found[main] += total
    return {part: number % MODULUS for part, number in found.items()}


def _of_conflicts(rows: Iterable[Sequence[Any]]) -> Sums:
    """Conflicts: each in the parts of what it is about."""
    names, found = registry.entity("conflict").names, Sums()
    about = names.index("entity"), names.index("field")
    for record_id, *columns in rows:
        main, _, others = _plan("conflict", (str(columns[about[0]]), str(columns[about[1]])))
        apart = dict(others)
        found[main] = found.get(main, 0) + cell("conflict", record_id, RECORD, "")
        for place, (name, value) in enumerate(zip(names, columns, strict=True)):
            if value is not None:
                part = apart.get(place, main)
                found[part] = found.get(part, 0) + cell("conflict", record_id, name, value)
    return {part: number % MODULUS for part, number in found.items()}


def of_row(entity: str, record_id: str, row: Row | None) -> Sums:
    """The sums of a record in plain values; nothing where there is none."""
    if row is None:
        return {}
    one = registry.entity(entity)
    return of_columns(entity, record_id, [encode(field, row.get(field.name)) for field in one.fields])


def moved(entity: str, record_id: str, before: Row | None, after: Row | None) -> Sums:
    """What the sums change by when a record becomes another: only differing values are hashed."""
    if before is None or after is None:
        return minus(of_row(entity, record_id, after), of_row(entity, record_id, before))
    one = registry.entity(entity)
    patch = {name: (before.get(name), after.get(name)) for name in one.names if before.get(name) != after.get(name)}
    return _patched(one, record_id, patch, veil_of(entity, after))


def of_patch(entity: str, record_id: str, kind: str, patch: Patch, veil: tuple[str, str] | None) -> Sums:
    """What the sums change by with one entry of the log."""
    if kind == LOST:
        return {}
    found = _patched(registry.entity(entity), record_id, patch, veil)
    if kind in (CREATE, RESTORE, DELETE):
        part, own = part_of(entity, RECORD, veil), cell(entity, record_id, RECORD, "")
        found[part] = found.get(part, 0) + (-own if kind == DELETE else own)
    return found


def _patched(one: Entity, record_id: str, patch: Patch, veil: tuple[str, str] | None) -> Sums:
    cells = (
        (name, encode(one.field(name), before), encode(one.field(name), after))
        for name, (before, after) in patch.items()
    )
    return of_cells(one.name, record_id, cells, veil)


def of_cells(
    entity: str, record_id: str, cells: Iterable[tuple[str, object, object]], veil: tuple[str, str] | None = None
) -> Sums:
    """What the sums change by with fields of a record: (name, column before, column after)."""
    found = Sums()
    for name, before, after in cells:
        part = part_of(entity, name, veil)
        was = 0 if before is None else cell(entity, record_id, name, before)
        found[part] = found.get(part, 0) - was + (0 if after is None else cell(entity, record_id, name, after))
    return found


def plus(one: Mapping[str, int], other: Mapping[str, int]) -> Sums:
    """Both sums as one."""
    found = dict(one)
    for part, number in other.items():
        found[part] = (found.get(part, 0) + number) % MODULUS
    return found


def minus(one: Mapping[str, int], other: Mapping[str, int]) -> Sums:
    """The first without the second."""
    return plus(one, {part: -number for part, number in other.items()})


def total(sums: Mapping[str, int], role: str | None = None, generation: int = 0) -> int:
    """One number for all parts that a role of that generation (0: this program's) holds; without a role for all of it."""
    generation = generation or versions.VERSION
    return sum(number for part, number in sums.items() if _counts(part, role, generation)) % MODULUS


def _counts(part: str, role: str | None, generation: int) -> bool:
    return seen(part, role, generation) if role is not None else since_of(part) <= generation


def since_of(part: str) -> int:
    """The version that brought what the part sums."""
    return int(part.partition("@")[2] or versions.FIRST)


def by_entity(sums: Mapping[str, int], role: str | None = None, generation: int = 0) -> Sums:
    """entity -> `total` of its parts; entities whose sum is nothing are left out."""
    found = Sums()
    for part, number in sums.items():
        entity = entity_of(part)
        found[entity] = (found.get(entity, 0) + total({part: number}, role, generation)) % MODULUS
    return {entity: number for entity, number in found.items() if number}


def text(number: int) -> str:
    """A sum as it is kept and sent: 16 hex digits."""
    return f"{number % MODULUS:016x}"


def buckets(digests: Iterable[tuple[str, int]]) -> list[int]:
    """The sums of BUCKETS buckets of (id, digest)."""
    found = [0] * BUCKETS
    for record_id, number in digests:
        found[bucket(record_id)] += number
    return [number % MODULUS for number in found]


@registry.derived
def fingerprint() -> str:
    """Names what is summed in which part: another one, and kept sums are made anew."""
    every = (part_of(one.name, name) + name for one in registry.ENTITIES for name in (RECORD, *one.names))
    rights = (f"{right}{sorted(by.items())}" for right, by in sorted(MATRIX.items()))
    return text(xxh3_64_intdigest("\n".join([*every, *rights]).encode()))
