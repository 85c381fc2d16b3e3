"""Where files wait that could not be taken in: each copied whole, with a JSON beside it that says why.

A copy is named after its content, so the same file again adds nothing, and after its own name made harmless. JSON keys:
reason (a code of `model.py`), detail, at (ISO, UTC), name (as it came), sha256, size_bytes. A file whose content is
taken in later leaves.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mobility_app.domain.fields import instant_text
from mobility_app.hq.intake.model import Unfit
from mobility_app.store.disk import put_in_place, replace_file, staged_at

COPY_MAX_BYTES = 512 * 1024 * 1024  # of a larger one only the JSON is kept
NAME_MAX = 80
_PIECE = 1024 * 1024
_MARK = 16  # hex digits of the content's hash in front of a name


@dataclass(frozen=True, slots=True)
class Quarantine:
    """One quarantine folder."""

    folder: Path

    def keep(self, path: Path, unfit: Unfit, now_ms: int, parts: Sequence[Path] = ()) -> None:
        """Keeps a file, or the `parts` of a folder of CSV files. What can't be read is noted without a copy."""
        files = list(parts) or [path]
        digest, size = digest_of(files)
        name = self._name(digest, path.resolve().name)
        known = self._waiting(digest)
        if known is None and 0 < size <= COPY_MAX_BYTES:
            if parts:
                (self.folder / name).mkdir(parents=True, exist_ok=True)
            for one in files:
                _copy(one, self.folder / name / one.name if parts else self.folder / name)
        self._note(known or name, path.name, unfit, digest, size, now_ms)

    def keep_bytes(self, name: str, content: bytes, unfit: Unfit, now_ms: int) -> None:
        """Keeps what is no file of its own: one order of a CSV folder."""
        digest = hashlib.sha256(content).hexdigest()
        known = self._waiting(digest)
        if known is None:
            replace_file(self.folder / self._name(digest, name), content)
        self._note(known or self._name(digest, name), name, unfit, digest, len(content), now_ms)

    def release(self, digest: str) -> None:
        """Lets go of what has this content: it was taken in."""
        for found in sorted(self.folder.glob(f"{digest[:_MARK]}-*")) if self.folder.is_dir() else []:
            if found.is_dir():
                shutil.rmtree(found)
            else:
                found.unlink(missing_ok=True)

    def _waiting(self, digest: str) -> str | None:
        """The name under which this content waits already."""
        if not self.folder.is_dir():
            return None
        notes = sorted(self.folder.glob(f"{digest[:_MARK]}-*.json"))
        return next((note.name.removesuffix(".json") for note in notes if _read(note).get("sha256") == digest), None)

    def _note(self, name: str, original: str, unfit: Unfit, digest: str, size: int, now_ms: int) -> None:
        note = self.folder / f"{name}.json"
        before = _read(note) if note.exists() else {}
        if (before.get("reason"), before.get("detail")) == (unfit.reason, unfit.detail):
            return
        said = {
            "reason": unfit.reason, "detail": unfit.detail, "at": instant_text(now_ms),
            "name": before.get("name", original), "sha256": digest, "size_bytes": size,
        }  # fmt: skip
        replace_file(note, json.dumps(said, indent=1).encode("ascii"))

    def _name(self, digest: str, name: str) -> str:
        return f"{digest[:_MARK]}-{harmless(name)}"


def harmless(name: str) -> str:
    """A file name of ASCII letters, digits, dot, dash and underscore, at most 80, that hides and leads nowhere."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "_", name).strip("._") or "file"
    stem, dot, ending = plain.rpartition(".")
    if not dot or len(ending) > 10:
        return plain[:NAME_MAX]
    return f"{stem[: NAME_MAX - len(ending) - 1]}.{ending}"


def digest_of(files: Sequence[Path]) -> tuple[str, int]:
    """(SHA-256 over the files' content, size in bytes) without reading a file whole. An unreadable one counts by its
    name, with size 0."""
    whole, size = hashlib.sha256(), 0
    for path in files:
        try:
            with path.open("rb") as file:
                while piece := file.read(_PIECE):
                    whole.update(piece)
                    size += len(piece)
        except OSError:
            whole.update(str(path).encode("utf-8", "surrogateescape"))
    return whole.hexdigest(), size


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = staged_at(target)
    try:
        shutil.copyfile(source, aside)
        aside.chmod(0o600)
        put_in_place(aside, target)
    finally:
        aside.unlink(missing_ok=True)


def _read(note: Path) -> dict[str, object]:
    try:
        found = json.loads(note.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
