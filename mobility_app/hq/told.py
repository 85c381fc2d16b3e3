"""Which mails have left HQ, kept outside its database too: a database put back to an old state sends none of them twice.

`told.log` lies beside the database: a line for each mail that the mail server took, on the disk before the database says
"sent". A restore reads it into the table `told`; `post.py` asks `settled` before it writes a mail. A mail that tells what
was told already is done; one that tells something else gets a later version, so that a calendar takes it. Without the
file (the whole folder was lost) mail stays paused until a person looks.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

from mobility_app.domain.change import canonical
from mobility_app.hq.outbox import Mail, mail_id
from mobility_app.store.records import Records

NAME = "told.log"


def note(folder: Path, mail: Mail) -> None:
    """The mail server took it. On the disk when this returns."""
    line = json.dumps([mail.subject_id, mail.receiver, mail.version, _digest(mail)]) + "\n"
    descriptor = os.open(folder / NAME, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(descriptor, line.encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def load(session: Records, folder: Path) -> int:
    """Reads the file into a restored database. Returns how many mails it names; half a last line is passed over."""
    path, rows = folder / NAME, []
    for line in path.read_text("utf-8").splitlines() if path.exists() else ():
        try:
            subject, receiver, version, digest = json.loads(line)
            rows.append((str(subject), str(receiver), int(version), str(digest)))
        except ValueError:
            continue
    session.many("INSERT INTO told VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", rows)
    return len(rows)


def settled(session: Records, mail: Mail) -> tuple[bool, int]:
    """(whether its receiver was told just that by the last mail of the lost time, the version it may have)."""
    found = session.one(
        "SELECT version, digest FROM told WHERE subject_id=? AND receiver=? ORDER BY version DESC LIMIT 1",
        mail.subject_id, mail.receiver,
    )  # fmt: skip
    if found is None:
        return False, mail.version
    return found[1] == _digest(mail), max(mail.version, found[0] + 1)


def moved(session: Records, mail: Mail, version: int) -> str:
    """Gives the mail that version. Returns its id, which follows from it."""
    new_id = mail_id(mail.subject_id, version, mail.receiver)
    session.run("UPDATE outbox SET id=?, version=? WHERE id=?", new_id, version, mail.id)
    return new_id


def _digest(mail: Mail) -> str:
    return hashlib.sha256(canonical(mail.after)).hexdigest()[:32]
