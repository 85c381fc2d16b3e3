"""Who is involved in an activity, what each of them is told about it, and at which address. `outbox.py` and `mail.py` ask.

Involved: the assignee, participants, the account owner. A receiver is a key: "u:<user>" or "c:<contact>". One address
is one person, a colleague before a contact. A contact is told the plan alone: never notes, outcome, or that a visit was
closed, which are the company's own business. Nothing is written here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mobility_app.domain.change import CREATE, DELETE, RESTORE, Entry, Row
from mobility_app.domain.fields import Plain
from mobility_app.domain.rules.links import email
from mobility_app.store.records import Records

USER, CONTACT = "u:", "c:"
PLAN = ("kind", "title", "status", "starts_at", "ends_at", "due_at", "place")
WORK = ("direction", "assignee_id", "notes", "outcome")  # for colleagues alone
DIGESTED = ("notes", "outcome")  # of any length: that they changed is enough to know


@dataclass(frozen=True, slots=True)
class Picture:
    """An activity with who takes part (receiver keys), at one moment."""

    row: Row
    taking: frozenset[str]

    def keys(self, owner: str | None) -> list[str]:
        """The receiver keys of all who are involved, colleagues first."""
        users = [self.row.get("assignee_id"), owner]
        found = [f"{USER}{one}" for one in users if one] + sorted(self.taking, reverse=True)
        return list(dict.fromkeys(sorted(found, key=lambda key: not key.startswith(USER))))

    def told(self, key: str) -> Row:
        """What that receiver is told, in plain values."""
        colleague = key.startswith(USER)
        row: Row = {name: self.row.get(name) for name in (*PLAN, *(WORK if colleague else ()))}
        for name in DIGESTED if colleague else ():
            text = str(row[name] or "")
            row[name] = hashlib.sha256(text.encode()).hexdigest()[:32] if text else None
        if not colleague and row["status"] == "closed":
            row["status"] = "open"
        return {**row, "people": sorted(self.taking)}


def pictures(session: Records, activity_id: str, entries: Iterable[Entry]) -> tuple[Picture | None, Picture | None]:
    """(before, now) of an activity: as it stood before these entries of the open transaction, and as it stands."""
    mine = list(entries)
    now = session.get("activity", activity_id)
    before = _undone(now, [entry for entry in mine if entry.record_id == activity_id])
    takes = {str(row["id"]): row for row in session.find("activity_participant", activity_id=activity_id)}
    took: dict[str, Row | None] = {**takes}
    for record_id in {entry.record_id for entry in mine if activity_of(entry) == activity_id} - {activity_id}:
        changes = [entry for entry in mine if entry.record_id == record_id]
        took[record_id] = _undone(takes.get(record_id), changes)
    return _picture(before, took.values()), _picture(now, takes.values())


def activity_of(entry: Entry) -> str | None:
    """The activity that an entry is about, None where it is about none."""
    if entry.entity == "activity":
        return entry.record_id if set(entry.patch) != {"mail_state"} else None
    if entry.entity == "activity_participant" and "activity_id" in entry.patch:
        before, after = entry.patch["activity_id"]
        return str(after or before)
    return None


def _undone(row: Row | None, entries: Sequence[Entry]) -> Row | None:
    """The record before these entries."""
    for entry in reversed(entries):
        befores = {name: sides[0] for name, sides in entry.patch.items()}
        if entry.kind in (CREATE, RESTORE):
            row = None
        elif entry.kind == DELETE:
            row = befores
        elif row is not None:
            row = {**row, **befores}
    return row


def _picture(row: Row | None, takes: Iterable[Row | None]) -> Picture | None:
    if row is None:
        return None
    keys = [_key(take) for take in takes if take is not None]
    return Picture(row, frozenset(key for key in keys if key))


def _key(take: Row) -> str | None:
    if take.get("user_id"):
        return f"{USER}{take['user_id']}"
    return f"{CONTACT}{take['contact_id']}" if take.get("contact_id") else None


# -- addresses


def address(session: Records, key: str) -> str | None:
    """Where that receiver reads mail: a user's e-mail, a contact's main one. None: none is known, or none is wanted."""
    found, _ = reached(session, key)
    return found


def reached(session: Records, key: str) -> tuple[str | None, str]:
    """(address, why there is none): no_address, opted_out."""
    if key.startswith(USER):
        user = session.get("user", key.removeprefix(USER))
        return _reached([user.get("email")] if user else [])
    contact_id = key.removeprefix(CONTACT)
    contact = session.get("contact", contact_id)
    if contact is not None and contact["opted_out"]:
        return None, "opted_out"
    rows = session.find("contact_email", order="is_main DESC, id", contact_id=contact_id) if contact else []
    return _reached([row["value"] for row in rows])


def _reached(values: Iterable[Plain]) -> tuple[str | None, str]:
    found = next((good for value in values if value and (good := email(str(value)))), None)
    return found, "" if found else "no_address"


def name(session: Records, key: str) -> str:
    """What that person is called, empty where nobody knows."""
    if key.startswith(USER):
        user = session.get("user", key.removeprefix(USER))
        return str(user["name"]) if user else ""
    contact = session.get("contact", key.removeprefix(CONTACT)) or {}
    return " ".join(str(contact[part]) for part in ("first_name", "last_name") if contact.get(part))


def persons(session: Records, keys: Iterable[str]) -> dict[str, str]:
    """key -> the key under which that person is told: whoever shares an address with one before is the same person."""
    found, by_address = dict[str, str](), dict[str, str]()
    for key in sorted(dict.fromkeys(keys), key=lambda one: not one.startswith(USER)):
        mail = address(session, key)
        found[key] = by_address.setdefault(mail.casefold(), key) if mail else key
    return found
