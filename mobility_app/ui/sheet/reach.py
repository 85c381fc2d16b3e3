"""E-mails and telephones as rows that write and dial, for the customer and for a contact. Pure.

Telephones are written as people of the customer's country write them and dialled in E.164; what was not understood is
shown and dialled as it was typed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from urllib.parse import quote

from mobility_app.domain.change import Row
from mobility_app.domain.fields import Plain
from mobility_app.domain.rules import phones
from mobility_app.ui import lists
from mobility_app.ui.markup import Html, h
from mobility_app.ui.names import N_
from mobility_app.ui.sheet.facts import Facts

TITLES = {
    "customer_email": N_("E-mails"), "customer_phone": N_("Telephones"),
    "contact_email": N_("E-mails"), "contact_phone": N_("Telephones"),
}  # fmt: skip
MORE = {
    "customer_email": N_("Add e-mail"), "customer_phone": N_("Add telephone"),
    "contact_email": N_("Add e-mail"), "contact_phone": N_("Add telephone"),
}  # fmt: skip
FIELDS = ("value", "label", "is_main")

Acts = Callable[[Row, str], "list[Html | None]"]


def is_mail(entity: str) -> bool:
    """Whether records of that kind are e-mails; else they are telephones."""
    return entity.endswith("_email")


def shown(entity: str, row: Mapping[str, Plain], region: str | None) -> str:
    """The address or number as people write it. `region`: country of the customer's address."""
    if is_mail(entity):
        return str(row["value"] or "")
    return phones.shown(str(row["e164"] or row["value"] or ""), region)


def href(entity: str, row: Mapping[str, Plain]) -> str:
    """What a click opens: a new message, or the telephone."""
    if is_mail(entity):
        return f"mailto:{quote(str(row['value'] or ''), safe='@+')}"
    return f"tel:{quote(str(row['e164'] or row['value'] or ''), safe='+')}"


def rows(facts: Facts, entity: str, found: Iterable[Row], region: str | None, acts: Acts | None = None) -> list[Html]:
    """A list entry for each, what is to be decided right under it. `acts(row, shown)`: more buttons at the end."""
    return [_row(facts, entity, row, region, acts) for row in found]


def _row(facts: Facts, entity: str, row: Row, region: str | None, acts: Acts | None) -> Html:
    words, record_id = facts.words, str(row["id"])
    text = shown(entity, row, region)
    main = words.field(entity, "is_main") if row["is_main"] else ""
    end = [
        facts.chip(entity, record_id),
        lists.icon_button("copy", words("Copy {value}", value=text), copy=text),
        *(acts(row, text) if acts else ()),
    ]
    line = lists.row(
        h("span", text, data_f=f"{record_id}.value"), " · ".join(part for part in (str(row["label"] or ""), main) if part),
        href=href(entity, row), lead=lists.tile("mail" if is_mail(entity) else "phone"), end=end, wrap=True,
    )  # fmt: skip
    undecided = facts.open_fields(entity, row)
    return h("li", line, h("div", undecided, class_="fb-card-body") if undecided else None)
