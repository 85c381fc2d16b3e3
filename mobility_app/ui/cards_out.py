"""Contacts handed out as a vCard file, for other programs. Used by the contacts tab, a contact's page and a mailing list.

The file is made in memory and goes to the browser as it is: the device keeps no plain copy of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from nicegui import ui

from mobility_app.domain.change import Row
from mobility_app.domain.rules import vcards
from mobility_app.domain.rules.vcards import Card, Reach
from mobility_app.store.file_names import disk_name
from mobility_app.store.queries import contacts as queries
from mobility_app.store.queries.contacts import Person
from mobility_app.ui.window import Window

_TEXTS = ("first_name", "last_name", "employer", "job_title", "notes")
MEDIA_TYPE = "text/vcard; charset=utf-8"


async def hand_out(window: Window, contact_ids: Sequence[str], title: str) -> None:
    """Downloads the cards of those contacts, at most as many as can be read back, as "<title>.vcf"."""
    persons = await window.app.read(queries.several, tuple(contact_ids)[: vcards.CARDS_MAX])
    text = await window.app.db_call(lambda: vcards.written(card_of(person) for person in persons))
    ui.download.content(text, disk_name(f"{title.replace('/', '-')}.vcf"), MEDIA_TYPE)
    window.toast(window.words.n("{n} vCard exported", "{n} vCards exported", len(persons)))
    if len(contact_ids) > len(persons):
        most = window.words.number(vcards.CARDS_MAX)
        window.fail(window.words("One file takes {most} contacts. Choose the others and export them too.", most=most))


def card_of(person: Person) -> Card:
    """The contact as a card. Telephones go as every network dials them, where that is known."""
    row = person.row
    first, last, employer, job_title, notes = (str(row[name] or "") for name in _TEXTS)
    labels = tuple(label.name for label in person.labels)
    return Card(first, last, employer, job_title, notes, _reaches(person.emails), _reaches(person.phones), labels)


def _reaches(rows: Iterable[Row]) -> tuple[Reach, ...]:
    return tuple(
        Reach(str(row.get("e164") or row["value"]), str(row["label"] or ""), "", bool(row["is_main"])) for row in rows
    )
