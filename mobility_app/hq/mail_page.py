"""The office's page of the mail queue: what waits, was sent, could not be delivered and why; "try again" for the last.

Part of the office's pages (`office_pages.py` hands in its door and its frame). No contents are shown: to whom, about what,
when and how it went.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from mobility_app.domain.fields import instant_text, is_id
from mobility_app.hq import involved, outbox, post
from mobility_app.hq.ledger import Ledger
from mobility_app.hq.outbox import DEAD, REPLACED, SENDING, SENT, SKIPPED, WAITING, Mail
from mobility_app.store.records import Records

ROWS_MAX = 100
GROUPS = (
    ("Not delivered", (DEAD,)), ("Waiting", (WAITING, SENDING)), ("Sent", (SENT,)), ("Not sent", (SKIPPED, REPLACED)),
)  # fmt: skip
REASONS = {
    "refused": "refused by the mail server", "unreachable": "no mail server answered for a day",
    "unwritable": "this mail could not be written", "past": "it was over before it could be sent",
    "old": "it waited for more than a week; look at it before it goes",
    "no_address": "no e-mail address", "opted_out": "wants no mailings",
}  # fmt: skip


def pages(ledger: Ledger, known: Callable[[Request], bool], frame: Callable[[str, str], HTMLResponse]) -> APIRouter:
    """The routes `/office/mail` and `/office/mail/<id>/again`. `known` says who may, `frame` makes a page of a title and
    its body."""
    router = APIRouter()

    @router.get("/office/mail")
    def queue(request: Request) -> Response:
        if not known(request):
            return Response(status_code=401)
        with ledger.reading() as session:
            return frame("Mail", _queue(session))

    @router.post("/office/mail/{mail_id}/again")
    def again(request: Request, mail_id: str) -> Response:
        # The cookie is strict: no other site's form comes with it.
        if not known(request):
            return Response(status_code=401)
        if is_id(mail_id):
            post.again(ledger, mail_id)
        return RedirectResponse("/office/mail", 303)

    return router


def _queue(session: Records) -> str:
    counts = post.counts(session)
    body = (
        "<section><b>Mail is held back.</b> Let it go: mobility hq mail resume</section>"
        if post.paused(session)
        else ""
    )
    for title, states in GROUPS:
        marks = ",".join("?" * len(states))
        rows = outbox.read(session, f"state IN ({marks}) ORDER BY changed_at DESC, id LIMIT {ROWS_MAX}", *states)
        total = sum(counts[state] for state in states)
        lines = "".join(_line(session, mail) for mail in rows) or '<tr><td colspan="6">None.</td></tr>'
        body += (
            f"<section><h2>{title} ({total})</h2><table><tr><th>Noted</th><th>To</th><th>About</th><th>Customer</th>"
            f"<th>How it went</th><th></th></tr>{lines}</table></section>"
        )
    return body


def _line(session: Records, mail: Mail) -> str:
    to = involved.name(session, mail.receiver)
    address = mail.address or involved.address(session, mail.receiver) or ""
    told = mail.after or mail.before or session.get(mail.entity, mail.subject_id) or {}
    about = str(told.get("title") or told.get("subject") or mail.entity)
    cells = [_minute(mail.changed_at), f"{to} {address}".strip(), about, mail.customer_name, _fate(mail)]
    button = (
        f'<form method="post" action="/office/mail/{mail.id}/again"><button>Try again</button></form>'
        if mail.state == DEAD else ""
    )  # fmt: skip
    return f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}<td>{button}</td></tr>"


def _fate(mail: Mail) -> str:
    """How it went, in words."""
    parts = [REASONS.get(mail.reason or "", mail.reason or "")]
    if mail.state == REPLACED:
        parts = ["a later mail tells it"]
    if mail.tries:
        parts.append(f"{mail.tries} {'try' if mail.tries == 1 else 'tries'}")
    if mail.state == WAITING and mail.tries:
        parts.append(f"next at {_minute(mail.retry_at)}")
    return ", ".join([*filter(None, parts), *([mail.said] if mail.said else [])])


def _minute(instant: int) -> str:
    return instant_text(instant)[:16].replace("T", " ")
