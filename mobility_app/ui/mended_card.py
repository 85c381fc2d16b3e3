"""The sync centre's card of what was found wrong on this device and put right. Pure markup; `sync_centre.py` shows it."""

from __future__ import annotations

from collections.abc import Sequence

from mobility_app.store import faults
from mobility_app.store.queries.mended import Mended
from mobility_app.ui import lists
from mobility_app.ui.markup import Html, h
from mobility_app.ui.words import Words

FIELDS_MAX = 4  # fields that one line names


def card(words: Words, found: Sequence[Mended], count: int, now: int) -> Html | None:
    """The newest of them, or nothing where nothing ever was wrong."""
    if not found:
        return None
    about = words(
        "Here something was other than at the office. It was compared and put right, and the office was told."
    )
    rest = count - len(found)
    more = h("p", words.n("{n} more was put right.", "{n} more were put right.", rest), class_="fb-card-body fb-meta")
    return lists.card(
        words("Put right"), h("p", about, class_="fb-card-body fb-meta"),
        lists.rows(*(_row(words, one, now) for one in found)), more if rest > 0 else None,
        count=words.number(count), flush=True,
    )  # fmt: skip


def _row(words: Words, one: Mended, now: int) -> Html:
    title = " ".join(
        part for part in (words.entity(one.entity) if one.entity else words("This device"), one.title) if part
    )
    said = "; ".join(_said(words, one))
    meta = " · ".join(part for part in (said, one.customer_name, words.when(one.at, now)) if part)
    href = f"/customers/{one.customer_id}/details" if one.customer_id else ""
    return lists.row(title, meta, href=href, lead=lists.tile("circle-check"), wrap=True)


def _said(words: Words, one: Mended) -> list[str]:
    match one.kind:
        case faults.REPAIRED:
            return [
                words(
                    "{field}: “{before}” became “{after}”", field=words.field(one.entity, field),
                    before=words.value(one.entity, field, before, names=one.names),
                    after=words.value(one.entity, field, after, names=one.names),
                )
                for field, before, after in one.moved[:FIELDS_MAX]
            ]  # fmt: skip
        case faults.MISSING:
            return [words("Was missing here")]
        case faults.DROPPED:
            return [words("Is not known at the office")]
        case faults.SUMS:
            return [words("A check sum was made anew")]
        case faults.PAGES:
            return [words("The database on this device is damaged")]
        case faults.SEARCH:
            return [words("The search had lost customers")]
    return []
