"""The sync centre's card of files on the way: each with its state and, while it moves, how far it is. Pure markup."""

from __future__ import annotations

from mobility_app.store.queries.travels import OnTheWay, Travelling
from mobility_app.store.transfers import UP
from mobility_app.ui import lists, reasons
from mobility_app.ui.markup import Html, h
from mobility_app.ui.words import Words


def card(words: Words, files: OnTheWay) -> Html | None:
    """The card, None where no file is to travel."""
    total = files.up + files.down
    if not total:
        return None
    rest = total - len(files.rows)
    more = (
        h("p", words.n("{n} more file.", "{n} more files.", rest), class_="fb-card-body fb-meta") if rest > 0 else None
    )
    rows = [_row(words, one) for one in files.rows]
    return lists.card(words("Files on the way"), lists.rows(*rows), more, count=words.number(total), flush=True)


def _row(words: Words, one: Travelling) -> Html:
    going = one.travel
    up = going.way == UP
    if going.problem:
        why = words(reasons.TRAVEL.get(going.problem, reasons.TRAVEL["failed"]))
        state = words("Not sent: {cause}", cause=why) if up else words("Not fetched: {cause}", cause=why)
    elif going.moving and up:
        state = words("Sending, {percent} %", percent=going.percent)
    elif going.moving:
        state = words("Fetching, {percent} %", percent=going.percent)
    else:
        state = words("Waits to be sent") if up else words("Comes when the office can be reached")
    meta = " · ".join(part for part in (state, words.bytes(one.size_bytes), one.customer_name) if part)
    bar = lists.progress(going.percent, one.name) if going.moving else None
    href = f"/customers/{one.customer_id}/files" if one.customer_id else ""
    return lists.row(
        one.name, [meta, bar], href=href, lead=lists.tile("cloud-upload" if up else "arrow-down"), wrap=True
    )
