"""One import of customers: the file in the vault, how it is written, what its columns mean, what a run found.

The file lies encrypted in the vault of attachments and is read anew for each run, so memory holds no more than a batch of
lines and the first few of each outcome. Runs go on a worker thread; the page looks at `tally`. What is left when the
program dies is removed by the vault's sweep, for no record knows it.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from mobility_app.domain.rules import csv_lines, csv_text
from mobility_app.domain.rules.csv_lines import Shape
from mobility_app.errors import MobilityError
from mobility_app.store.actions.import_customers import Tally, run
from mobility_app.store.files import FileVault, Stored
from mobility_app.store.store import Store
from mobility_app.ui.imports.texts import why
from mobility_app.ui.words import Words

KEPT_MAX = 4  # files that were sent and not yet imported; the oldest goes first


CHOOSING, TRYING, TRIED, WRITING, DONE = "choosing", "trying", "tried", "writing", "done"


@dataclass(slots=True)
class Import:
    """A file that was sent, and how far it is: its columns are chosen, it is tried, tried, written, done. `mapping` has
    one column of `rules/customer_columns.py` for each heading, "" for none; `sample` is the first line."""

    id: str
    name: str
    shape: Shape
    vault: FileVault
    stored: Stored
    sample: tuple[str, ...] = ()
    mapping: tuple[str, ...] = ()
    phase: str = CHOOSING
    trouble: MobilityError | None = None
    tally: Tally = field(default_factory=Tally)
    _stop: threading.Event = field(default_factory=threading.Event)

    def begin(self, *, write: bool) -> None:
        """Says that a run is about to begin: for those who look before its thread has."""
        self.phase, self.tally, self.trouble = (WRITING if write else TRYING), Tally(), None
        self._stop.clear()

    def run(self, store: Store) -> None:
        """Goes through the file on the calling thread, as `begin` said. What went wrong is kept as `trouble`."""
        write, lines = self.phase == WRITING, self._lines()
        next(lines, None)  # the heading
        try:
            run(store, lines, self.mapping, self.tally, write=write, stop=self._stop.is_set)
        except MobilityError as error:
            self.trouble = error
        if write:
            self.phase = DONE
        else:
            self.phase = CHOOSING if self.tally.stopped or self.trouble else TRIED

    def stop(self) -> None:
        """Ends the run after the batch that is under way."""
        self._stop.set()

    def wrong(self, words: Words) -> Iterator[bytes]:
        """The lines that were not taken, as a CSV file with why, in pieces."""
        language, known, piece = words.language, self.tally.wrong, list[Sequence[str]]()
        lines = self._lines()
        _, heading = next(lines)
        yield csv_text.written([[words("Line"), words("Why"), *heading]], language)
        for number, cells in lines:
            if number in known:
                piece.append([str(number), why(words, known[number]), *cells])
            if len(piece) >= 500:
                yield _more(piece, language)
                piece = []
        if piece:
            yield _more(piece, language)

    def forget(self) -> None:
        """The file goes."""
        self.stop()
        self.vault.drop(self.stored.token)

    def _lines(self) -> Iterator[tuple[int, list[str]]]:
        pieces = self.vault.read(self.stored.token, self.stored.sha256)
        return csv_lines.lines(pieces, self.shape.encoding, self.shape.separator)


def _more(rows: Iterable[Sequence[str]], language: str) -> bytes:
    return csv_text.written(rows, language).removeprefix(csv_text.BOM.encode())


class Imports:
    """The files that were sent and are not done with, by id."""

    def __init__(self) -> None:
        self._kept: dict[str, Import] = {}
        self.working: asyncio.Future[None] | None = None  # the newest run: a reference keeps it alive

    def get(self, import_id: str) -> Import | None:
        """The import of that id, while it is kept."""
        return self._kept.get(import_id)

    def take(self, vault: FileVault, name: str, chunks: Iterable[bytes]) -> Import:
        """Keeps what is sent and looks how it is written. Raises csv_lines.Broken, FileRefused, DiskFull; then nothing
        stays."""
        stored = vault.add(chunks, most_bytes=csv_lines.BYTES_MAX)
        try:
            written_in = csv_lines.encoding(vault.read(stored.token, stored.sha256))
            found = csv_lines.shape(vault.read(stored.token, stored.sha256), written_in)
            begun = csv_lines.lines(vault.read(stored.token, stored.sha256), found.encoding, found.separator)
            sample = next(tuple(cells) for _, cells in islice(begun, 1, None))
        except BaseException:
            vault.drop(stored.token)
            raise
        one = Import(stored.token, name, found, vault, stored, sample)
        while len(self._kept) >= KEPT_MAX:
            self.drop(next(iter(self._kept)))
        self._kept[one.id] = one
        return one

    def clear(self) -> None:
        """Forgets all: the store is being locked."""
        for import_id in list(self._kept):
            self.drop(import_id)

    def drop(self, import_id: str) -> None:
        """Forgets one, and its file."""
        one = self._kept.pop(import_id, None)
        if one is not None:
            one.forget()
