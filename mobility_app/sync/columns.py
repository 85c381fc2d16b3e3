"""Entries and changes as columns: all streams, then all numbers, then all patches. Shared with HQ.

What resembles each other lies together, so that zstd sees it, and names are said once. A column in which all values are
equal holds that value once. HQ makes the columns of entries from rows of its log as they are: a patch is the very text
that the log keeps, its sides as columns of tables hold them, and nothing is read but what a reader may not see whole.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import msgspec
import orjson

from mobility_app.domain.change import UPDATE, Entry
from mobility_app.domain.fields import Column
from mobility_app.errors import Unreachable
from mobility_app.store import entries
from mobility_app.store.records import patch_plain

LOG = "stream, seq, txn, entity, record_id, root_id, kind, patch, stamp, user_id, device_id, dseq, at, salt, chain"

T = TypeVar("T")
Line = tuple[Any, ...]  # of the log, in the order of `LOG`
Lines = tuple[Sequence[Line], Mapping[int, dict[str, str]], str]  # rows of the log, commitments by place, the check
LEAN_SINCE = 3  # the version of the program (`domain/versions.py`) that understands lean lines
CHECK_LETTERS = 32  # of the hash over the chains that were left out


class Entries(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Lines of the log (`domain.change.Entry`), as far as the reader may see them; as many as there are numbers in `seq`.
    `patch`: of each line `{field: [before, after]}`. `sealed`: place of a line -> commitments of all its fields, where
    some are not for this reader; its salt is then empty."""

    seq: list[int] = []
    stream: list[str] = []
    txn: list[int] = []
    entity: list[str] = []
    id: list[str] = []
    root: list[str | None] = []
    kind: list[str] = []
    patch: list[dict[str, tuple[Column, Column]]] = []
    stamp: list[int] = []
    user: list[str | None] = []
    device: list[str | None] = []
    dseq: list[int | None] = []
    at: list[int] = []
    salt: list[str] = []
    chain: list[str] = []
    sealed: dict[str, dict[str, str]] = {}


class KeptEntries(Entries, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The same lines for who keeps them and reads none: a patch is left as the text that HQ's log and the store keep."""

    patch: list[msgspec.Raw] = []  # type: ignore[assignment]


class LeanEntries(Entries, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The same, some of them lean (`lean.py`): those whose `chain` is empty. The patch of a lean `update` is
    `{field: after}`. `check`: the beginning of SHA-256 over the chains that are left out, in order, as hex."""

    patch: list[dict[str, tuple[Column, Column] | Column]] = []  # type: ignore[assignment]
    check: str = ""


def of_rows(rows: Sequence[Line], sealed: Mapping[int, dict[str, str]], check: str = "") -> LeanEntries:
    """Columns of rows of the log in the order of `LOG`. `sealed`: place -> commitments. `check`: as in LeanEntries."""
    if not rows:
        return LeanEntries()
    columns: list[Any] = list(zip(*rows, strict=True))
    stream, _, txn, entity, record, root, kind, _, stamp, user, device, dseq, at, salt, chain = map(folded, columns)
    seals = {str(place): fields for place, fields in sealed.items()}
    patches: Any = msgspec.Raw(f"[{','.join(columns[7])}]".encode())
    return LeanEntries(
        seq=columns[1], stream=stream, txn=txn, entity=entity, id=record, root=root, kind=kind, patch=patches, stamp=stamp,
        user=user, device=device, dseq=dseq, at=at, salt=salt, chain=chain, sealed=seals, check=check,
    )  # fmt: skip


def thinned(
    rows: Sequence[Line], sealed: Mapping[int, dict[str, str]], leave_out: Callable[[Line], bool],
    own: Collection[int] = (),
) -> Lines:  # fmt: skip
    """What `of_rows` takes, without what the reader works out. Of a line that is sealed nothing is left out, nor of
    one that `leave_out` says no of. `own`: places of edits that stand as the reader sent them."""
    found, chains = list[Line](), list[str]()
    for place, line in enumerate(rows):
        if place in sealed or not leave_out(line):
            found.append(line)
            continue
        chains.append(line[14])
        if place in own:
            found.append((*line[:3], "", "", None, UPDATE, "{}", 0, *line[9:12], 0, line[13], ""))
            continue
        patch = line[7]
        if line[6] == UPDATE:
            patch = orjson.dumps({name: sides[1] for name, sides in orjson.loads(patch).items()}).decode()
        found.append((*line[:7], patch, *line[8:14], ""))
    return found, sealed, check(chains) if chains else ""


def check(chains: Iterable[str]) -> str:
    """What a page says of the chains that it leaves out."""
    return hashlib.sha256("".join(chains).encode()).hexdigest()[:CHECK_LETTERS]


def to_entries(columns: Entries) -> Iterator[tuple[Entry, dict[str, str]]]:
    """The entries with the commitments of what is sealed. Raises Unreachable where the columns do not fit together."""
    every = lines(columns, columns.patch)
    for place, (stream, seq, txn, entity, record, root, kind, patch, *rest) in enumerate(every):
        plain = patch_plain(entity, patch)
        yield Entry(stream, seq, txn, entity, record, root, kind, plain, *rest), columns.sealed.get(str(place), {})


def to_kept(columns: KeptEntries) -> list[entries.Kept]:
    """Rows as the store keeps them. Raises Unreachable where the columns do not fit together."""
    seals = {place: orjson.dumps(fields).decode() for place, fields in columns.sealed.items()}
    return [
        (*line[:8], seals.get(str(place)) if seals else None, *line[8:])
        for place, line in enumerate(lines(columns, [bytes(patch).decode() for patch in columns.patch]))
    ]


def lines(columns: Entries, patches: list[Any]) -> Iterator[Line]:
    """Lines in the order of `LOG`. Raises Unreachable where the columns do not fit together."""
    count = len(columns.seq)
    every: tuple[list[Any], ...] = (
        columns.stream, columns.seq, columns.txn, columns.entity, columns.id, columns.root, columns.kind, patches,
        columns.stamp, columns.user, columns.device, columns.dseq, columns.at, columns.salt, columns.chain,
    )  # fmt: skip
    try:
        return zip(*(spread(column, count) for column in every), strict=True)
    except ValueError as wrong:
        raise Unreachable("failed", f"HQ sent {wrong}") from None


def folded(column: Any) -> Any:
    """One value for a column of equal ones."""
    first = column[0]
    return [first] if first == column[-1] and column.count(first) == len(column) else column


def spread(column: list[T], count: int) -> list[T]:
    """A value for each of so many lines. Raises ValueError where the column is of another length."""
    if len(column) == 1:
        return column * count
    if len(column) != count:
        raise ValueError("columns of different lengths")
    return column
