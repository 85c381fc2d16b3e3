"""The office's side, to look at: customers, one customer with what hangs on it, and its history. Nothing can be changed
but what becomes of mail that could not be delivered (`mail_page.py`).

Server-made HTML without scripts, every value escaped. `?key=` opens it once and leaves a strict cookie.
"""

from __future__ import annotations

import hmac
import json
from html import escape

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from mobility_app.domain import registry
from mobility_app.domain.fields import dumped, instant_text, is_id
from mobility_app.hq import mail_page
from mobility_app.hq.office import Office
from mobility_app.store.records import Records, patch_plain

COOKIE = "mobility_office"
ROWS_MAX = 200
_CSP = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
_STYLE = """
:root{color-scheme:light dark;--bg:#F6F6F3;--surface:#fff;--line:#E7E6E1;--ink:#1C1C19;--ink-3:#6B6B64;--accent:#2B50C4}
@media(prefers-color-scheme:dark){:root{--bg:#111214;--surface:#191A1D;--line:#2A2C31;--ink:#ECEDEF;--ink-3:#9297A0;
--accent:#93ABFF}}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 Inter,system-ui,sans-serif}
main{max-width:1080px;margin:0 auto;padding:24px}h1{font-size:21px;margin:0 0 16px}h2{font-size:15px;margin:0 0 8px}
section{background:var(--surface);border:1px solid var(--line);border-radius:14px;padding:16px 18px;margin:0 0 16px;
overflow-x:auto}table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:8px 12px 8px 0;
border-top:1px solid var(--line);vertical-align:top}th{color:var(--ink-3);font-weight:400;font-size:13px}
a{color:var(--accent)}button{font:inherit;min-height:40px;border-radius:10px;border:1px solid #8C8B84;padding:0 14px;
background:var(--surface);color:inherit;cursor:pointer;white-space:nowrap}
input{font:inherit;height:40px;border-radius:10px;border:1px solid #8C8B84;padding:0 12px;
background:var(--surface);color:inherit;max-width:100%}del{color:#AE231C}ins{color:#17693F;text-decoration:none}
@media(prefers-color-scheme:dark){del{color:#FF9A92}ins{color:#63CE94}}
"""


def pages(office: Office, key: str) -> APIRouter:
    """The routes `/office` and `/office/customers/<id>`."""
    router = APIRouter()

    def known(request: Request) -> bool:
        return hmac.compare_digest(request.cookies.get(COOKIE, "").encode(), key.encode())

    @router.get("/office")
    def customers(request: Request, key_given: str = "", q: str = "") -> Response:
        given = request.query_params.get("key", key_given)
        if given and hmac.compare_digest(given.encode(), key.encode()):
            answer = RedirectResponse("/office", 303)
            answer.set_cookie(COOKIE, key, httponly=True, samesite="strict")
            return answer
        if not known(request):
            return Response(status_code=401)
        with office.ledger.reading() as session:
            return _page("Customers", _customers(session, q))

    @router.get("/office/customers/{customer_id}")
    def customer(request: Request, customer_id: str) -> Response:
        if not known(request):
            return Response(status_code=401)
        with office.ledger.reading() as session:
            row = session.get("customer", customer_id) if is_id(customer_id) else None
            if row is None:
                return _page("Not found", "<section>No such customer.</section>", 404)
            return _page(
                f"{row['name']} · {row['number']}", _sheet(session, customer_id) + _history(session, customer_id)
            )

    router.include_router(mail_page.pages(office.ledger, known, _page))
    return router


def _page(title: str, body: str, status: int = 200) -> HTMLResponse:
    html = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head>'
        '<body><main><p><a href="/office">Headquarters</a> · <a href="/office/mail">Mail</a></p>'
        f"<h1>{escape(title)}</h1>{body}</main></body></html>"
    )
    headers = {
        "content-security-policy": _CSP, "x-content-type-options": "nosniff", "referrer-policy": "no-referrer",
        "cache-control": "no-store",
    }  # fmt: skip
    return HTMLResponse(html, status, headers)


def _customers(session: Records, wanted: str) -> str:
    like = f"%{wanted}%"
    rows = session.rows(
        "SELECT c.id, c.number, c.name, o.name, t.name FROM customer c JOIN company o ON o.id=c.company_id"
        " LEFT JOIN territory t ON t.id=c.territory_id WHERE LOWER(c.name) LIKE LOWER(?) OR LOWER(c.number) LIKE LOWER(?)"
        " ORDER BY c.name, c.id LIMIT ?",
        like, like, ROWS_MAX,
    )  # fmt: skip
    lines = "".join(
        f'<tr><td>{escape(str(number or ""))}</td><td><a href="/office/customers/{customer_id}">{escape(str(name))}</a>'
        f"</td><td>{escape(str(company))}</td><td>{escape(str(territory or ''))}</td></tr>"
        for customer_id, number, name, company, territory in rows
    )
    return (
        f'<form><label>Search <input name="q" value="{escape(wanted, quote=True)}"></label></form><section><table>'
        f"<tr><th>Number</th><th>Name</th><th>Company</th><th>Territory</th></tr>{lines}</table></section>"
    )


def _sheet(session: Records, customer_id: str) -> str:
    parts = [_records(session, "customer", [customer_id])]
    found: dict[str, list[str]] = {}
    for entity, record_id in session.under("customer", customer_id):
        found.setdefault(entity, []).append(record_id)
    parts += [_records(session, one.name, found[one.name]) for one in registry.ENTITIES if one.name in found]
    return "".join(parts)


def _records(session: Records, entity: str, ids: list[str]) -> str:
    one = registry.entity(entity)
    lines = []
    for record_id in ids[:ROWS_MAX]:
        row = session.get(entity, record_id) or {}
        pairs = (
            f"<th>{escape(field.name)}</th><td>{escape(str(dumped(field, row.get(field.name))))}</td>"
            for field in one.fields
            if row.get(field.name) is not None and not field.name.endswith("_id")
        )
        lines.append("<table>" + "".join(f"<tr>{pair}</tr>" for pair in pairs) + "</table>")
    return f"<section><h2>{escape(entity)} ({len(ids)})</h2>{''.join(lines)}</section>"


def _history(session: Records, customer_id: str) -> str:
    rows = session.rows(
        "SELECT l.at, u.name, d.name, l.kind, l.entity, l.patch FROM log l"
        ' LEFT JOIN "user" u ON u.id=l.user_id LEFT JOIN device d ON d.id=l.device_id'
        " WHERE l.root_id=? ORDER BY l.seq DESC LIMIT ?",
        customer_id, ROWS_MAX,
    )  # fmt: skip
    lines = []
    for at, user, device, kind, entity, patch in rows:
        changed = "<br>".join(
            f"{escape(name)}: <del>{escape(str(before)[:300])}</del> <ins>{escape(str(after)[:300])}</ins>"
            for name, (before, after) in patch_plain(entity, json.loads(patch)).items()
            if before != after
        )
        who = escape(f"{user or 'HQ'}{' · ' + device if device else ''}")
        lines.append(
            f"<tr><td>{instant_text(at)}</td><td>{who}</td><td>{escape(kind)} {escape(entity)}</td><td>{changed}</td></tr>"
        )
    return f"<section><h2>History</h2><table>{''.join(lines)}</table></section>"
