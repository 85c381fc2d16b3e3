"""Watched folders: which customers have one on this device, and where it lies. What is dropped there is attached.

A folder is made when somebody turns it on; turning it off leaves the folder and what is in it. Its name is written on the
disk in plain, and so are files until the person deletes them: whoever turns it on is told. What looks into the folders
is `folder_look.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mobility_app.errors import FileRefused, NotFound
from mobility_app.store import identity
from mobility_app.store.database import Session
from mobility_app.store.file_names import disk_name
from mobility_app.store.records import Records
from mobility_app.store.store import Store

TAKEN = "Anexados"  # where taken files go: the person's files are never deleted
FOLDERS_MOST = 200
NAME_LETTERS = 80

_ROOT = "watched_root"


@dataclass(frozen=True, slots=True)
class Watched:
    """A customer's folder."""

    customer_id: str
    folder: Path


def all_watched(session: Session) -> list[Watched]:
    """The folders of customers that this device holds, oldest first."""
    rows = session.rows(
        "SELECT w.customer_id, w.folder FROM watched w JOIN customer c ON c.id=w.customer_id"
        " ORDER BY w.since, w.customer_id LIMIT ?",
        FOLDERS_MOST,
    )
    return [Watched(customer_id, Path(folder)) for customer_id, folder in rows]


def folder_of(session: Session, customer_id: str) -> str:
    """Where the customer's folder lies, "" for none."""
    return str(session.value("SELECT folder FROM watched WHERE customer_id=?", customer_id) or "")


def root(session: Records, usual: Path) -> Path:
    """The folder in which new ones are made: what the person chose, else the usual one."""
    return Path(identity.meta(session, _ROOT) or usual)


def set_root(store: Store, text: str) -> Path:
    """Chooses the folder in which new ones are made; those that are there stay where they are. "" is the usual one.

    Raises FileRefused no_folder where it can't be made or written.
    """
    chosen = Path(text.strip()).expanduser() if text.strip() else None
    if chosen is not None:
        if not chosen.is_absolute() or "\0" in text:
            raise FileRefused("no_folder")
        _make(chosen)
    with store.transaction() as session:
        identity.set_meta(session, _ROOT, str(chosen or ""))
    return chosen or Path()


def turn_on(store: Store, customer_id: str, usual: Path) -> Path:
    """Makes the customer's folder and watches it. Raises NotFound, FileRefused (no_folder, too_many_folders)."""
    with store.reading() as session:
        customer = session.get("customer", customer_id)
        if customer is None:
            raise NotFound("customer", customer_id)
        if known := folder_of(session, customer_id):
            return Path(known)
        count, base = int(session.value("SELECT count(*) FROM watched")), root(session, usual)
        others = {row[0] for row in session.rows("SELECT folder FROM watched")}
    if count >= FOLDERS_MOST:
        raise FileRefused("too_many_folders", most=FOLDERS_MOST)
    folder = base / disk_name(f"{customer['number'] or ''} {customer['name']}"[:NAME_LETTERS])
    if str(folder) in others:
        folder = folder.with_name(f"{folder.name} {customer_id[-6:]}")
    _make(folder / TAKEN)
    with store.transaction() as session:
        session.run(
            "INSERT INTO watched (customer_id, folder, since) VALUES (?, ?, ?) ON CONFLICT (customer_id) DO NOTHING",
            customer_id, str(folder), store.now(),
        )  # fmt: skip
    return folder


def turn_off(store: Store, customer_id: str) -> None:
    """Watches the folder no more. It stays, with what is in it."""
    with store.transaction() as session:
        session.run("DELETE FROM watched WHERE customer_id=?", customer_id)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".mobility"
        probe.touch()
        probe.unlink()
    except (OSError, ValueError) as error:
        raise FileRefused("no_folder") from error
