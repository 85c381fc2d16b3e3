"""Which files of a path are taken up, and what each is. An importer more is one line in `SYNTAXES`.

Called by `run.py`. Symbolic links, hidden files and files of other kinds are passed over; what looks like a document
and is none is told apart by `document`, which raises.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from xml.etree.ElementTree import Element

from mobility_app.hq.intake import cii, facturx, model, northwind, ubl
from mobility_app.hq.intake.model import ParsedDocument, Unfit
from mobility_app.hq.intake.xml_tree import parsed

FILES_MAX = 200_000
LEVELS_MAX = 20
_DOCUMENTS, _TABLES = (".xml", ".pdf"), ".csv"

SYNTAXES: MappingProxyType[str, Callable[[Element], ParsedDocument]] = MappingProxyType(
    {root: syntax.parse for syntax in (ubl, cii) for root in syntax.ROOTS}
)


@dataclass(frozen=True, slots=True)
class Source:
    """One thing to import: a file, or (`csv_folder`) a folder of CSV files that belong together."""

    path: Path
    csv_folder: bool = False


def sources(path: Path, leave_out: Path | None = None) -> list[Source]:
    """What a path holds, in the order of names; `leave_out` is a folder that is not looked into.

    A file that was named itself is taken whatever its name says. Raises FileNotFoundError, and Unfit too_large for
    more than 200,000 files.
    """
    if not path.exists():
        raise FileNotFoundError(str(path))
    if not path.is_dir():
        return [Source(path)]
    found: list[Source] = []
    for source in _walked(path, leave_out.resolve() if leave_out else None):
        found.append(source)
        if len(found) > FILES_MAX:
            raise Unfit(model.TOO_LARGE, f"more than {FILES_MAX} files")
    return found


def document(content: bytes) -> ParsedDocument:
    """The document in the bytes of an XML or PDF file. Raises Unfit."""
    if content[:1024].lstrip().startswith(b"%PDF"):
        content = facturx.embedded(content)
    root = parsed(content)
    parse = SYNTAXES.get(root.tag)
    if parse is None:
        raise Unfit(model.UNKNOWN_FORMAT, root.tag[:200])
    return parse(root)


def _walked(top: Path, leave_out: Path | None) -> Iterator[Source]:
    for folder, folders, names in os.walk(top, followlinks=False):
        here = Path(folder)
        deep = len(here.relative_to(top).parts) >= LEVELS_MAX
        folders[:] = sorted(
            name for name in folders if not deep and not name.startswith(".") and (here / name).resolve() != leave_out
        )
        mapped = northwind.files(here, names)
        if mapped:
            yield Source(here, csv_folder=True)
        for name in sorted(set(names) - set(mapped)):
            path = here / name
            known = name.lower().endswith((*_DOCUMENTS, _TABLES))
            if known and not name.startswith(".") and path.is_file() and not path.is_symlink():
                yield Source(path)
