"""What a person decides about what is not settled, wherever it is shown: a sheet, a contact's page, the sync centre.

The buttons are drawn by `marks.py`; the verbs are `store/actions/settle.py`'s. "Combine" opens an editor that begins
with both values, keeps what is typed as every form does, and saves an ordinary edit by somebody who saw both, which settles
the conflict with it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nicegui import ui

from mobility_app.domain import merge, registry
from mobility_app.errors import InvalidValue, NotFound
from mobility_app.store.actions import reopen, settle, twins
from mobility_app.store.actions.twins import Pair
from mobility_app.store.queries import conflicts, sync_centre
from mobility_app.store.queries.conflicts import Found
from mobility_app.store.queries.sheet import CONFLICT, Mark
from mobility_app.ui import dialogs, forms, naming, unfinished
from mobility_app.ui.context import App
from mobility_app.ui.markup import Html, h
from mobility_app.ui.sheet.editing import EditSession
from mobility_app.ui.unfinished import Form
from mobility_app.ui.words import NOT_SET, Words

if TYPE_CHECKING:
    from mobility_app.ui.sheet.frame import Sheet

LINES = 6  # of the editor of a long text


@dataclass(slots=True)
class Desk:
    """Where a decision is made that belongs to no open sheet (`dialogs.Desk`)."""

    app: App
    toast: Callable[[str], None]
    customer_id: str = ""
    currency: str = ""

    @property
    def words(self) -> Words:
        """Texts and formats."""
        return self.app.words


async def act(desk: dialogs.Desk, name: str, arg: str) -> bool:
    """Answers an act. False for those that are not about decisions. Raises MobilityError."""
    app = desk.app
    match name:
        case "settle":
            conflict_id, _, side = arg.partition(":")
            await app.act(settle.settle, conflict_id, side)
            desk.toast(desk.words("Settled"))
        case "both":
            await app.act(settle.keep_both, arg)
            desk.toast(desk.words("Settled"))
        case "combine":
            await _combine(desk, arg)
        case "dismiss" if arg.lstrip("-").isdecimal():
            await app.act(settle.dismiss, int(arg))
        case "resend" if arg.lstrip("-").isdecimal():
            if await _with_reason(desk, settle.send_again, int(arg)):
                desk.toast(desk.words("Waits to be sent again"))
        case "accept":
            number, _, field = arg.partition(":")
            await app.act(settle.accept, int(number), field)
        case "insist":
            number, _, field = arg.partition(":")
            await _with_reason(desk, settle.insist, int(number), field)
        case "ask-merge":
            if await app.act(twins.ask_merge, int(arg.partition(":")[0]), lambda pair: _merge_title(desk.words, pair)):
                desk.toast(desk.words("Task made"))
        case _:
            return False
    return True


async def _with_reason(desk: dialogs.Desk, action: Callable[..., None], *args: object) -> bool:
    """Does it, with a reason where it would open a closed request again. False where none was given."""
    app, words = desk.app, desk.words
    try:
        await app.act(action, *args)
    except InvalidValue as bad:
        if bad.reason != "reason_missing":
            raise
        return await naming.ask(
            desk, words("Reopen the request"), lambda reason: app.act(action, *args, reason), most=reopen.REASON_MOST,
            label=words("Reason"),
        )  # fmt: skip
    return True


def _merge_title(words: Words, pair: Pair) -> str:
    if pair.other:
        return words("Make one customer of {number} and {other}", number=pair.number, other=pair.other)
    return words("Make one customer of {number} and the other with {value}", number=pair.number, value=pair.identifier)


async def take_up(sheet: Sheet, dseq: int) -> None:
    """Turns the sheet to edit mode with the values of a refused change typed in; the note of the refusal goes."""
    found = await sheet.read(sync_centre.refusal, dseq)
    place = found.change.place if found else None
    if found is None or place is None or not place.here:
        return
    row = await sheet.read(lambda store: store.read(place.entity, place.record_id))
    slots = {(place.entity, place.record_id, name): value for name, value in found.change.wanted}
    await sheet.edit(next(iter(slots), None))
    if sheet.session is not None and row is not None:
        sheet.session.load(place.entity, [row])
        for slot, value in slots.items():
            sheet.session.put(slot, value)
        await sheet.app.act(settle.dismiss, dseq)


async def _combine(desk: dialogs.Desk, conflict_id: str) -> None:
    for _ in range(dialogs.OPENINGS_MAX):
        if await _combining(desk, conflict_id) != dialogs.ANEW:
            break


async def _combining(desk: dialogs.Desk, conflict_id: str) -> object:
    """One opening of the editor. What was typed in it and left goes on here, also where the conflict is settled by now."""
    app = desk.app
    found = await app.read(conflicts.one, conflict_id)
    customer_id = found.customer_id if found else desk.customer_id
    rest = await app.read(unfinished.left_combining, customer_id, conflict_id, app.open_forms())
    if found is not None:
        slot = (found.entity, found.record_id, found.field)
    elif rest is not None:
        slot = rest.slot
    else:
        return None  # settled by somebody else meanwhile: the view follows
    row = await app.read(lambda store: store.read(*slot[:2]))
    if row is None:
        raise NotFound(*slot[:2])
    position = await app.read(lambda store: store.position(customer_id))
    editor = Form(slot[0], slot[1], conflict_id).editor(app.store.new_id())
    session = EditSession(app, customer_id, desk.currency, editor, position, kept=False)
    session.load(slot[0], [row])
    if found is not None:
        session.marks = {slot: Mark(CONFLICT, conflict=found.conflict)}
    if found is not None and rest is None:
        one, told = registry.entity(slot[0]).field(slot[2]), found.conflict
        session.put(slot, merge.combined(one, told.base, told.loser, told.winner))
    start = session.text(slot)
    session.kept = True  # what it begins with is nobody's typing
    if rest is not None:
        await session.resume(rest.drafts)
    with dialogs.framed(desk.words("Combine: {field}", field=desk.words.field(slot[0], slot[2]))) as dialog:
        if rest is not None:
            dialogs.goes_on(desk, dialog, rest)
        if found is not None:
            ui.html(_both(desk.words, found), sanitize=False)
        forms.field_input(session, *slot, wide=True, lines=LINES)
        dialogs.foot(desk, dialog, session)
    with app.form_open(editor, dialog):
        answer = await dialogs.answered(dialog)
    await dialogs.left(session, answer, typed=session.text(slot) != start)
    if answer == dialogs.SAVED:
        if found is not None:
            await app.act(settle.settle, conflict_id, settle.WINNER)  # nothing was typed beyond what stands
        desk.toast(desk.words("Settled"))
    return answer


def _both(words: Words, found: Found) -> Html:
    told = found.conflict
    sides = [
        (told.winner_name, told.winner, told.mine == "winner"), (told.loser_name, told.loser, told.mine == "loser"),
    ]  # fmt: skip
    lines = [
        (words("Yours") if mine else name or words("The office"), words.value(found.entity, found.field, value))
        for name, value, mine in sides
    ]
    return h("dl", [h("div", h("dt", who), h("dd", text or words(NOT_SET))) for who, text in lines], class_="fb-sides")
