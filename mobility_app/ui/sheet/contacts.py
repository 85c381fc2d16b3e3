"""Tab "Contacts": the people at the customer, filtered by their labels. A contact's own page opens in a new browser tab."""

from __future__ import annotations

from mobility_app.domain.change import Row
from mobility_app.store.queries import contacts as queries
from mobility_app.store.queries.contacts import People, Person
from mobility_app.ui import dialogs, lists, marks
from mobility_app.ui.live import Live
from mobility_app.ui.markup import Html, h
from mobility_app.ui.names import N_
from mobility_app.ui.sheet.frame import Sheet
from mobility_app.ui.sheet.tab import Tab

FIELDS = ("first_name", "last_name", "job_title", "employer", "opted_out", "notes")


async def build(sheet: Sheet) -> None:
    """Draws the list."""
    await _View(sheet).show()


class _View:
    """The tab with its label filter."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet
        self._wanted: tuple[str, ...] = ()
        self._live: Live | None = None

    async def show(self) -> None:
        self._live = await self._sheet.live(queries.of_customer, self._render, self._wanted, on_act=self._act)

    async def _act(self, act: str, arg: str) -> None:
        sheet, words = self._sheet, self._sheet.words
        match act:
            case "label":
                assert self._live is not None
                held = set(self._wanted) ^ {arg} if arg else set()
                self._wanted = tuple(sorted(held))
                await self._live.show(self._wanted)
            case "add":
                await self._add()
            case "delete":
                await sheet.write(
                    lambda tx: tx.delete("contact", arg), done=words("Contact deleted"),
                    undo=lambda tx: tx.restore("contact", arg),
                )  # fmt: skip

    async def _add(self) -> None:
        sheet, words = self._sheet, self._sheet.words
        values: Row = {"customer_id": sheet.customer_id, "employer": sheet.header.name}
        made = await dialogs.record_dialog(
            sheet, "contact", FIELDS, title=words("New contact"), values=values, saved=words("Contact added")
        )
        if made:
            sheet.window.run(f"window.open('/contacts/{made}', '_blank', 'noopener')")

    def _render(self, model: People) -> Html:
        sheet, words = self._sheet, self._sheet.words
        add = (
            lists.button(words("Add contact"), act="add", symbol="plus", kind="ghost")
            if sheet.may("contact", "create")
            else None
        )
        if not model.total:
            text = words("The people you deal with at this customer stand here.")
            return lists.empty("users", words("No contacts"), text, add)
        pressed = [
            h("button", name, h("span", str(count), class_="fb-seg-n"), type="button", class_="fb-seg", data_act="label",
              data_arg=label_id, aria_pressed=str(label_id in self._wanted).lower())
            for label_id, (name, count) in model.labels.items()
        ]  # fmt: skip
        everybody = h("button", words("All contacts"), h("span", str(model.total), class_="fb-seg-n"), type="button",
                      class_="fb-seg", data_act="label", data_arg="", aria_pressed=str(not self._wanted).lower())  # fmt: skip
        filters = h("div", everybody, pressed, class_="fb-segs", role="group", aria_label=words("Labels"))
        rows = [_row(sheet, person) for person in model.persons[: lists.PAGE_ROWS]]
        body = (
            lists.rows(rows)
            if rows
            else h("p", words("Nobody carries all these labels."), class_="fb-card-body fb-meta")
        )
        card = lists.card(words("Contacts"), body, actions=add, count=len(model.persons), flush=True)
        return h("div", filters, card, class_="fb-stack")


def _row(sheet: Sheet, person: Person) -> Html:
    words, row = sheet.words, person.row
    name = person.name or words("Without name")
    parts = [str(row[part]) for part in ("job_title", "employer") if row[part]]
    parts += [person.emails[0].shown] if person.emails else []
    labels = [lists.chip(label, small=True) for _, _, label in person.labels[:2]]
    end: list[Html | None] = [h("span", labels, class_="fb-wide-only fb-tools") if labels else None]
    end.append(marks.chip_for(words, sheet.header.record_mark("contact", person.id)))
    if person.phones:
        call = words("Call {name}", name=name)
        end.append(lists.icon_button("phone", call, href=f"tel:{person.phones[0].dial}"))
    if person.emails and not row["opted_out"]:
        write = words("Write to {name}", name=name)
        end.append(lists.icon_button("mail", write, href=f"mailto:{person.emails[0].dial}"))
    if sheet.may("contact", "delete"):
        gone = lists.icon_button("trash-2", words("Delete {name}", name=name), act="delete", arg=person.id)
        end.append(h("span", gone, class_="fb-wide-only"))
    return lists.row(
        name,
        " · ".join(parts),
        href=f"/contacts/{person.id}",
        lead=lists.avatar(name),
        end=end,
        new_tab=True,
        wrap=True,
    )


TAB = Tab("contacts", N_("Contacts"), build, count=lambda header: header.counts["contacts"])
