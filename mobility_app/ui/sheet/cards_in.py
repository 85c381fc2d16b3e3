"""vCards come in, at `/customers/<id>/contacts/import`: a file or pasted text, a preview, and only then contacts.

Those who seem to be there already come first and are not chosen. Broken cards are named. The file is read in memory, in
pieces over the open connection: nothing plain touches the disk. `cards_view.py` draws the preview.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import replace

from nicegui import events, ui

from mobility_app.domain.rules import vcards
from mobility_app.domain.rules.vcards import BYTES_MAX, Card, Cards, Reach
from mobility_app.errors import MobilityError
from mobility_app.store.actions import cards as actions
from mobility_app.store.queries import card_twins
from mobility_app.store.queries.card_twins import Proposal
from mobility_app.store.store import Store
from mobility_app.store.writing import Writing
from mobility_app.ui import dialogs, lists
from mobility_app.ui.live import markup
from mobility_app.ui.markup import NOTHING, h
from mobility_app.ui.names import P_
from mobility_app.ui.sheet import cards_view
from mobility_app.ui.sheet.frame import Sheet
from mobility_app.ui.words import Words

SLUG = "import"
PIECE_BYTES = 240_000  # of a file at once: a message of the page may hold 1 MB, and base64 adds a third
PASTED_MOST = 200_000  # characters
KINDS = {
    "work": P_("telephone", "Work"), "home": P_("telephone", "Home"), "cell": P_("telephone", "Mobile"),
    "fax": P_("telephone", "Fax"), "pager": P_("telephone", "Pager"),
}  # fmt: skip
_READ = """async (event) => {
  const file = event.target.files[0];
  event.target.value = "";
  if (!file) return;
  if (file.size > %MOST%) { emit(0, 0, ""); return; }
  const bytes = new Uint8Array(await file.arrayBuffer()), parts = Math.max(1, Math.ceil(bytes.length / %PIECE%));
  for (let n = 0; n < parts; n++) {
    let text = "";
    for (const byte of bytes.subarray(n * %PIECE%, (n + 1) * %PIECE%)) text += String.fromCharCode(byte);
    emit(n, parts, btoa(text));
  }
}"""


async def build(sheet: Sheet) -> None:
    """Draws both steps in the tab."""
    _View(sheet).draw()


class _View:
    """The page with the file that was read and the cards that are chosen."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet
        self._parts: list[bytes] = []
        self._found = Cards()
        self._proposals: tuple[Proposal, ...] = ()
        self._chosen: frozenset[int] = frozenset()
        self._first = 0
        self._busy = False

    def draw(self) -> None:
        words = self._sheet.words
        script = _READ.replace("%MOST%", str(BYTES_MAX)).replace("%PIECE%", str(PIECE_BYTES))
        with ui.element("div").classes("fb-stack"):
            markup(cards_view.head(words, self._sheet.href("contacts")))
            with ui.element("section").classes("fb-card"), ui.element("div").classes("fb-card-body fb-stack"):
                ui.html(h("p", words("Contacts from another program or a telephone, as a .vcf file of up to 1 MB."),
                          class_="fb-meta"), sanitize=False)  # fmt: skip
                chooser = ui.element("input").props("type=file accept=.vcf,.vcard,text/vcard id=fb-cards hidden")
                chooser.props("aria-hidden=true tabindex=-1")
                chooser.on("change", self._piece, js_handler=script)
                with ui.element("div").classes("fb-tools"):
                    dialogs.press(words("Choose a vCard file"), self._choose, "fb-btn-primary")
                self._draw_paste()
            self._preview = markup(NOTHING, self._act)

    def _draw_paste(self) -> None:
        words = self._sheet.words
        with ui.element("div").classes("fb-input"):
            ui.html(h("label", words("Or paste the text of vCards"), for_="fb-paste"), sanitize=False).classes(
                "fb-input-l"
            )
            field = ui.textarea().props(f"outlined dense for=fb-paste hide-bottom-space rows=3 maxlength={PASTED_MOST}")

        async def show() -> None:
            await self._take(str(field.value or ""))

        with ui.element("div").classes("fb-tools"):
            dialogs.press(words("Show the pasted cards"), show, props="id=fb-paste-show")

    def _choose(self) -> None:
        self._sheet.window.run("document.getElementById('fb-cards')?.click()")

    async def _piece(self, event: events.GenericEventArguments) -> None:
        """A piece of the file: its place, how many there are, base64. None at all where the file is too large."""
        args = event.args if isinstance(event.args, list) and len(event.args) == 3 else [0, 0, ""]
        place, count, text = args
        if place == 0:
            self._parts = []
        try:
            self._parts.append(base64.b64decode(str(text), validate=True))
        except (binascii.Error, ValueError):
            count = 0
        if not count or sum(map(len, self._parts)) > BYTES_MAX:
            self._parts = []
            self._sheet.fail(self._sheet.words("This file is larger than 1 MB. Choose a smaller one."))
        elif len(self._parts) == count:
            data, self._parts = b"".join(self._parts), []
            await self._take(data)

    async def _take(self, data: bytes | str) -> None:
        sheet, words = self._sheet, self._sheet.words
        self._found, self._proposals = await sheet.read(_read, sheet.customer_id, data, words)
        self._chosen = frozenset(n for n, one in enumerate(self._proposals) if one.twin is None)
        self._first = 0
        sheet.fail("")
        self._draw_preview()
        count = len(self._proposals)
        sheet.announce(words.n("{n} card found", "{n} cards found", count))

    def _draw_preview(self) -> None:
        shown = cards_view.preview(self._sheet.words, self._found, self._proposals, self._chosen, self._first)
        if self._preview.content != shown:
            self._preview.set_content(shown)

    async def _act(self, act: str, arg: str) -> None:
        match act:
            case "pick" if arg.isdecimal():
                self._chosen ^= {int(arg)} & set(range(len(self._proposals)))
            case "all":
                self._chosen = frozenset(range(len(self._proposals)))
            case "none":
                self._chosen = frozenset()
            case "page" if arg.isdecimal():
                self._first = int(arg)
            case "bring":
                await self._bring()
                return
        self._draw_preview()

    async def _bring(self) -> None:
        if self._busy or not self._chosen:
            return
        sheet, words = self._sheet, self._sheet.words
        cards = [one.card for n, one in enumerate(self._proposals) if n in self._chosen]
        self._busy = True
        try:
            made = await sheet.app.write(lambda tx: actions.bring_in(tx, sheet.customer_id, cards))
        except MobilityError as error:
            sheet.fail(error)
            return
        finally:
            self._busy = False

        def take_back(tx: Writing) -> None:
            for one in made.contacts:
                tx.delete("contact", one)

        async def undo() -> None:
            await sheet.write(take_back)

        sheet.go(sheet.href("contacts"))
        sheet.toast(words.n("{n} contact added", "{n} contacts added", len(made.contacts)), undo)
        if made.refused:
            sheet.window.fail(words("Not added: {names}", names=words.list(made.refused[: lists.PAGE_ROWS])))


def _read(store: Store, customer_id: str, data: bytes | str, words: Words) -> tuple[Cards, tuple[Proposal, ...]]:
    found = vcards.read(data)
    return found, card_twins.proposals(store, customer_id, [_labelled(words, card) for card in found.cards])


def _labelled(words: Words, card: Card) -> Card:
    """Kinds of addresses and telephones become labels in the person's language, where the card has none of its own."""

    def named(one: Reach) -> Reach:
        return replace(one, label=words(KINDS[one.kind])) if one.kind in KINDS and not one.label else one

    return replace(card, emails=tuple(map(named, card.emails)), phones=tuple(map(named, card.phones)))
