"""Facts: what the read views of a customer need beside their own query: texts, header with marks, rights, the moment.

Pure. Used by the tabs Details, Addresses, Contacts and by a contact's own page, which is no sheet but shows the same
marks. It draws fields with what is not settled about them; it reads and writes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from mobility_app.domain import access, registry
from mobility_app.domain.access import Actor
from mobility_app.domain.fields import Plain
from mobility_app.store.queries.sheet import REFUSED, WAITING, Mark, SheetHeader
from mobility_app.sync.status import OFFLINE
from mobility_app.ui import lists, marks
from mobility_app.ui.markup import Html, h
from mobility_app.ui.words import Words

if TYPE_CHECKING:
    from mobility_app.ui.context import App


# Fields by which a record that is gone is called, best first.
TITLES = MappingProxyType(
    {
        "customer_email": ("value",), "customer_phone": ("value",), "contact_email": ("value",), "contact_phone": ("value",),
        "address": ("line1", "city"), "contact": ("first_name", "last_name"),
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Facts:
    """`now` in UTC milliseconds; `offline`: the device last failed to reach the office."""

    words: Words
    header: SheetHeader
    actor: Actor | None
    now: int
    offline: bool = False

    @classmethod
    def of(cls, app: App, header: SheetHeader) -> Facts:
        """The facts of this moment."""
        return cls(app.words, header, app.actor, app.now(), app.status.state == OFFLINE)

    def href(self, slug: str) -> str:
        """The address of a tab of this customer."""
        return f"/customers/{self.header.id}/{slug}"

    # -- rights

    def may(self, entity: str, verb: str, field: str = "") -> bool:
        """Whether the person may do this on this customer."""
        customer = self.header.customer
        if self.actor is None or not self.actor.holds(str(customer["company_id"]), str(customer["territory_id"])):
            return False
        return access.may(self.actor.role, _right(entity, field), verb, own=True)

    def reads(self, entity: str, field: str) -> bool:
        """Whether the person's role knows this field at all."""
        return self.actor is not None and access.may(self.actor.role, _right(entity, field), "read")

    # -- what is not settled

    def field(
        self, entity: str, record_id: str, name: str, value: Plain, *, text: Html | str | None = None, label: str = "",
        href: str = "", wide: bool = False, names: Mapping[str, str] | None = None,
    ) -> Html:  # fmt: skip
        """A field with its mark. `text` replaces the value's own look, `href` makes it a link."""
        return marks.field(
            self.words, entity, record_id, name, value, self.header.mark(entity, record_id, name), now=self.now,
            currency=self.header.currency, text=text, label=label, href=href, wide=wide,
            may=self.may("conflict", "update"), names=names,
        )  # fmt: skip

    def chip(self, entity: str, record_id: str) -> Html | None:
        """The gravest mark of a record, as a chip for its row or card."""
        return marks.chip_for(self.words, self.header.record_mark(entity, record_id))

    def open_fields(self, entity: str, row: Mapping[str, Plain]) -> Html | None:
        """What somebody must decide about a record, field by field: refused values with their reason, conflicts with
        both sides; a refused deletion once. None where nothing is to be decided."""
        record_id, views = str(row["id"]), []
        if deletion := self.refused_deletion(entity, record_id):
            return deletion
        for name in registry.entity(entity).names:
            mark = self.header.mark(entity, record_id, name)
            if mark is not None and mark.state != WAITING:
                views.append(self.field(entity, record_id, name, row.get(name), wide=True))
        return lists.fields(*views) if views else None

    def refused_deletion(self, entity: str, record_id: str) -> Html | None:
        """A refused deletion of a record that stands. It wanted nothing in place even of what a record must have."""
        for field in registry.entity(entity).fields:
            mark = self.header.mark(entity, record_id, field.name) if field.required else None
            if mark is not None and mark.state == REFUSED and mark.wanted is None:
                return self._refused(self.words("The office refused to delete this."), mark)
        return None

    def _refused(self, text: str, mark: Mark) -> Html:
        away = lists.button(self.words("Dismiss"), act="dismiss", arg=str(mark.dseq), kind="ghost")
        reason = self.words.reason(mark.reason) if mark.reason else ""
        return lists.notice("bad", h("span", text, " ", reason), away, symbol="circle-x")

    def waits(self, entity: str, record_id: str, name: str) -> bool:
        """Whether a field, or the new record that it belongs to, has not reached the office."""
        found = self.header.mark(entity, record_id, name) or self.header.mark(entity, record_id)
        return found is not None and found.state == WAITING

    def refused_records(self, entities: Collection[str], standing: Iterable[str]) -> Html | None:
        """New records that the office refused: they are gone, so their reason stands by itself, with a way to put it
        away. `standing`: ids of the records that the view shows."""
        there = set(standing)
        gone = [
            self._refused(self.words("The office refused “{value}”.", value=self._wanted(entity, record_id)), mark)
            for (entity, record_id, name), mark in self.header.marks.items()
            if entity in entities and not name and mark.state == REFUSED and record_id not in there
        ]
        return h("div", gone, class_="fb-stack") if gone else None

    def _wanted(self, entity: str, record_id: str) -> str:
        """What a refused record was to be called."""
        for name in TITLES.get(entity, ()):
            mark = self.header.mark(entity, record_id, name)
            if mark is not None and mark.wanted:
                return str(mark.wanted)
        return self.words.entity(entity)


def _right(entity: str, field: str) -> str:
    one = registry.entity(entity)
    return (one.field(field).right if field else "") or one.right
