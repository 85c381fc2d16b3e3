"""Labels and mailing lists: named once, filled, emptied. Verbs for one transaction of the write door.

Two people may each make a list of the same name while offline: then there are two. Members that this device does not hold
are out of every verb's reach, so a list that is deleted keeps its links: no device shows them, and a list that is brought
back has all of its members again, those of other territories included.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mobility_app.errors import InvalidValue
from mobility_app.store.queries.mailing_lists import named
from mobility_app.store.writing import Writing


@dataclass(frozen=True, slots=True)
class Added:
    """`links`: the records that were made; `already`: how many contacts were on the list before."""

    list_id: str
    name: str
    links: tuple[str, ...]
    already: int


def new_list(tx: Writing, company_id: str, name: str) -> str:
    """Makes a list. Raises InvalidValue in_use where the company has one of that name."""
    if named(tx, "mailing_list", company_id, name):
        raise InvalidValue("mailing_list", "name", "in_use")
    return tx.create("mailing_list", {"company_id": company_id, "name": name})


def rename(tx: Writing, list_id: str, company_id: str, name: str) -> None:
    """Gives a list another name. Raises InvalidValue in_use."""
    found = named(tx, "mailing_list", company_id, name)
    if found is not None and found["id"] != list_id:
        raise InvalidValue("mailing_list", "name", "in_use")
    tx.update("mailing_list", list_id, {"name": name})


def add_members(tx: Writing, list_id: str, contact_ids: Iterable[str]) -> Added:
    """Puts contacts on a list; who is on it stays there once."""
    held = {one for (one,) in tx.rows("SELECT contact_id FROM mailing_list_member WHERE mailing_list_id=?", list_id)}
    wanted = list(dict.fromkeys(contact_ids))
    links = [
        tx.create("mailing_list_member", {"mailing_list_id": list_id, "contact_id": one})
        for one in wanted
        if one not in held
    ]
    name = str((tx.get("mailing_list", list_id) or {}).get("name") or "")
    return Added(list_id, name, tuple(links), len(wanted) - len(links))


def label(tx: Writing, company_id: str, name: str) -> str:
    """The label of that name, made where the company has none."""
    found = named(tx, "label", company_id, name)
    return str(found["id"]) if found else tx.create("label", {"company_id": company_id, "name": name})


def carry(tx: Writing, contact_id: str, company_id: str, name: str) -> str:
    """Puts the label of that name on a contact; returns the link."""
    return tx.create("contact_label", {"contact_id": contact_id, "label_id": label(tx, company_id, name)})
