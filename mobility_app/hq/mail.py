"""A mail as bytes: of an activity's net change to one receiver, or of a composed message. Reads records, writes nothing.

Plain text and a simple HTML alternative in the receiver's language, for an appointment an iCalendar part, all in one
multipart/alternative as calendars expect it. Whatever people typed goes into headers as one line through the email
package's own encoder, and into HTML escaped. The Message-ID follows from the row's id, so a mail that is sent again after
a crash is the same mail.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from html import escape

from mobility_app.domain import letters
from mobility_app.domain.change import Row
from mobility_app.domain.rules import activities
from mobility_app.domain.rules.links import email
from mobility_app.domain.rules.places import zone_of
from mobility_app.hq import calendar, involved
from mobility_app.hq.calendar import Person
from mobility_app.hq.involved import CONTACT, PLAN, USER
from mobility_app.hq.outbox import Mail
from mobility_app.hq.wording import Wording
from mobility_app.store.records import Records

HEADER_MAX = 200  # characters of a subject or name
TEXT_MAX = 10_000  # characters of a note in a mail; the whole of it is in the app
BODY_MAX = 500_000  # characters of a composed message
ATTENDEES_MAX = 100
PRODUCT = "Mobility"
PAST = "past"
_TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")  # marks that make text read otherwise
_POLICY = SMTP.clone(cte_type="7bit")


@dataclass(frozen=True, slots=True)
class Written:
    """A mail ready to be sent, or `reason` why there is none: no_address, opted_out, past."""

    address: str = ""
    raw: bytes = b""
    international: bool = False  # the address needs a server that speaks SMTPUTF8
    reason: str = ""


def write(session: Records, mail: Mail, sender: str, now: int) -> Written:
    """The mail as it is to leave at that instant (UTC milliseconds), from the installation's address `sender`."""
    address, reason = involved.reached(session, mail.receiver)
    if address is None:
        return Written(reason=reason)
    if mail.entity == "message":
        return _message(session, mail, address, sender, now)
    told = mail.after or mail.before or {}
    end = told.get("ends_at")
    moment = end if isinstance(end, int) else activities.when(told)
    past = moment is not None and moment < now
    if past and mail.receiver.startswith(CONTACT):
        return Written(reason=PAST)  # nobody invites a customer to yesterday
    return _Notice(session, mail, address, sender, now, past=past).written()


def _message(session: Records, mail: Mail, address: str, sender: str, now: int) -> Written:
    row = session.get("message", mail.subject_id)
    if row is None:
        return Written(reason="no_address")
    language = str((session.get("customer", str(row["customer_id"])) or {}).get("language") or "en")
    body = str(row["body"])[:BODY_MAX]
    html = "".join(
        f"<p>{'<br>'.join(map(escape, part.splitlines()))}</p>" for part in body.split("\n\n") if part.strip()
    )
    head = _head(session, mail, address, sender, now, str(row["subject"]))
    head.set_content(body)
    head.add_alternative(_page(language, html), subtype="html")
    return _sealed(head, address, language)


class _Notice:
    """One notice about an activity, while it is being written."""

    def __init__(self, session: Records, mail: Mail, address: str, sender: str, now: int, *, past: bool) -> None:
        self._session, self._mail, self._address, self._sender, self._now = session, mail, address, sender, now
        self._past, self._colleague = past, mail.receiver.startswith(USER)
        customer = session.get("customer", str(mail.customer_id)) or {}
        company = session.get("company", str(customer.get("company_id"))) or {}
        user = session.get("user", mail.receiver.removeprefix(USER)) if self._colleague else customer
        self._company = str(company.get("name") or PRODUCT)
        self._words = Wording(str((user or {}).get("language") or "en"), zone_of(str(company.get("country"))))
        self._record = session.get("activity", mail.subject_id)
        self._told: Row = mail.after or mail.before or {}
        self._effect = _effect(mail, self._record is not None)

    def written(self) -> Written:
        words, title = self._words, one_line(str(self._told.get("title") or ""))
        kind = str(self._told.get("kind"))
        shape = letters.NEW[kind] if self._effect == letters.ADDED else letters.SUBJECT[self._effect]
        subject = words(shape, title=title)
        if self._colleague and self._mail.customer_name:
            subject += f" · {self._mail.customer_name}"
        message = _head(self._session, self._mail, self._address, self._sender, self._now, subject)
        message["Auto-Submitted"] = "auto-generated"
        message["X-Auto-Response-Suppress"] = "All"
        who = involved.name(self._session, f"{USER}{self._mail.doer_id}") if self._mail.doer_id else ""
        said = words(letters.SAID[self._effect], name=who or words(letters.OFFICE))
        facts, changes = self._facts(), self._changes()
        why = words(letters.WHY_COLLEAGUE if self._colleague else letters.WHY_CONTACT)
        message.set_content(_plain(title, said, facts, changes, words(letters.CHANGES), why))
        html = _html(title, said, facts, changes, words(letters.CHANGES), why)
        message.add_alternative(_page(words.language, html), subtype="html")
        self._invite(message)
        return _sealed(message, self._address, words.language)

    def _invite(self, message: EmailMessage) -> None:
        """Adds the calendar part, where the change is one of the receiver's calendar and still lies ahead."""
        shown = (*PLAN, "people", *(("assignee_id", "notes") if self._colleague else ()))
        verb = "" if self._past else calendar.method(self._mail.before, self._mail.after, shown)
        if not verb:
            return
        told = (self._mail.after if verb == calendar.REQUEST else self._mail.before) or {}
        notes = str((self._record or {}).get("notes") or "") if self._colleague else ""
        text = calendar.invitation(
            verb, f"{self._mail.subject_id}@mobility", self._mail.version, told, at=self._now,
            organizer=Person(_ascii(self._sender), self._company), attendees=self._attendees(told), description=notes,
        )  # fmt: skip
        message.add_alternative(text, subtype="calendar", params={"method": verb})

    def _attendees(self, told: Row) -> list[Person]:
        """The receiver first, then all who take part and have an address; a colleague's and a contact's alike."""
        people = told.get("people")
        keys = [self._mail.receiver, *(people if isinstance(people, list) else ())]
        if (self._record or {}).get("assignee_id"):
            keys.append(f"{USER}{(self._record or {})['assignee_id']}")
        found: dict[str, Person] = {}
        for key in dict.fromkeys(keys):
            address = self._address if key == self._mail.receiver else involved.address(self._session, key)
            if address:
                found.setdefault(
                    address.casefold(), Person(_ascii(address), one_line(involved.name(self._session, key)))
                )
        return list(found.values())[:ATTENDEES_MAX]

    def _facts(self) -> list[tuple[str, str]]:
        words, told, record = self._words, self._told, self._record or {}
        start, end, due = told.get("starts_at"), told.get("ends_at"), told.get("due_at")
        lines = [
            (words.field("customer_id"), self._mail.customer_name if self._colleague else ""),
            (words.field("kind"), words(letters.KIND[str(told.get("kind"))])),
            (words(letters.WHEN), words.span(start, end if isinstance(end, int) else None) if isinstance(start, int) else ""),
            *((words.field(name), self._value(name, told)) for name in ("due_at", "place", "direction", "status")),
            (words.field("assignee_id"), self._value("assignee_id", told)),
            (words(letters.PARTICIPANTS), self._value("people", told)),
        ]  # fmt: skip
        left_out = {"due_at"} if due is None or told.get("kind") == "appointment" else set()
        left_out |= {"status"} if told.get("status") == "open" else set()
        lines = [line for line in lines if line[0] not in {words.field(name) for name in left_out}]
        if self._colleague:
            lines += [(words.field(name), _short(str(record.get(name) or ""))) for name in involved.DIGESTED]
        return [(label, value) for label, value in lines if value]

    def _changes(self) -> list[tuple[str, str]]:
        """What is otherwise, field by field; of a note that it is."""
        before, after, words = self._mail.before, self._mail.after, self._words
        if before is None or after is None:
            return []
        moved = [name for name in after if before.get(name) != after[name]]
        if self._effect != letters.CHANGED:
            moved = [name for name in moved if name != "status"]
        lines = []
        for name in moved:
            label = words(letters.PARTICIPANTS) if name == "people" else words.field(name)
            none = words(letters.NONE)
            sides = [self._value(name, side) or none for side in (before, after)]
            lines.append((label, "" if name in involved.DIGESTED else " → ".join(sides)))
        return lines

    def _value(self, name: str, told: Row) -> str:
        """A told value as text, empty where there is none."""
        words, value = self._words, told.get(name)
        match name:
            case "starts_at" | "ends_at" | "due_at":
                return words.moment(value) if isinstance(value, int) else ""
            case "kind" | "status" | "direction":
                table = {"kind": letters.KIND, "status": letters.STATUS, "direction": letters.DIRECTION}[name]
                return words(table[str(value)]) if value else ""
            case "assignee_id":
                return involved.name(self._session, f"{USER}{value}") if value else ""
            case "people":
                names = [involved.name(self._session, key) for key in (value if isinstance(value, list) else ())]
                return words.list([one for one in names if one][:ATTENDEES_MAX])
            case _:
                return str(value or "")


def _effect(mail: Mail, stands: bool) -> str:
    """What the receiver is told has happened."""
    before, after = mail.before, mail.after
    if before is None:
        return letters.ADDED
    if after is None:
        return letters.REMOVED if stands else letters.DELETED
    if before["status"] != after["status"]:
        return {"closed": letters.CLOSED, "cancelled": letters.CANCELLED}.get(str(after["status"]), letters.REOPENED)
    return letters.CHANGED


# -- the shape of a mail


def _head(session: Records, mail: Mail, address: str, sender: str, now: int, subject: str) -> EmailMessage:
    """A message with its headers. It comes from the installation's own address, which its server may send for; answers go
    to the person who did it."""
    doer = session.get("user", mail.doer_id) if mail.doer_id else None
    international = _international(address)
    message = EmailMessage(policy=_POLICY.clone(utf8=international))
    message["From"] = _named(str(doer["name"]) if doer else PRODUCT, sender)
    message["To"] = _named(involved.name(session, mail.receiver), address)
    answer = email(str(doer["email"])) if doer and doer["email"] else None
    if doer and answer and (international or not _international(answer)):
        message["Reply-To"] = _named(str(doer["name"]), answer)
    message["Subject"] = one_line(subject)
    message["Date"] = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=now // 1000)
    domain = _ascii(sender).rpartition("@")[2]
    message["Message-ID"] = f"<{mail.id}@{domain}>"
    if mail.entity == "activity":
        message["References"] = f"<{mail.subject_id}@{domain}>"  # keeps what is about one activity together
    return message


def _sealed(message: EmailMessage, address: str, language: str) -> Written:
    message["Content-Language"] = language  # last: setting the content takes away all headers of this kind
    return Written(_ascii(address), message.as_bytes(), _international(address))


def _international(address: str) -> bool:
    """Whether only a server that speaks SMTPUTF8 can take the address: its domain always has an ASCII form."""
    return not address.rpartition("@")[0].isascii()


def _named(name: str, address: str) -> Address:
    local, _, domain = _ascii(address).rpartition("@")
    return Address(one_line(name), local, domain)


def _ascii(address: str) -> str:
    """The address with its domain as the network writes it."""
    local, _, domain = address.rpartition("@")
    try:
        return f"{local}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        return address


def one_line(text: str) -> str:
    """Text for a header: one line, nothing invisible that would make it another header or another name."""
    kept = (
        " " if unicodedata.category(letter) in ("Cc", "Zl", "Zp") else letter for letter in text if letter not in _TURNS
    )
    line = " ".join("".join(kept).split()).replace("=?", "= ?")  # what looks encoded would be decoded by its reader
    return line if len(line) <= HEADER_MAX else line[: HEADER_MAX - 1] + "…"


def _short(text: str) -> str:
    return text if len(text) <= TEXT_MAX else text[: TEXT_MAX - 1] + "…"


def _plain(
    title: str, said: str, facts: list[tuple[str, str]], changes: list[tuple[str, str]], heading: str, why: str
) -> str:  # fmt: skip
    parts = [f"{title}\n{said}", "\n".join(f"{label}: {value}" for label, value in facts)]
    if changes:
        parts.insert(
            1, "\n".join([heading, *(f"- {label}: {value}" if value else f"- {label}" for label, value in changes)])
        )
    return "\n\n".join([*parts, f"-- \n{why}"]) + "\n"


def _html(
    title: str, said: str, facts: list[tuple[str, str]], changes: list[tuple[str, str]], heading: str, why: str
) -> str:  # fmt: skip
    body = f'<h1 style="font-size:18px;margin:0 0 4px" dir="auto">{escape(title)}</h1><p>{escape(said)}</p>'
    if changes:
        lines = "".join(f"<li>{escape(f'{label}: {value}' if value else label)}</li>" for label, value in changes)
        body += f'<h2 style="font-size:15px;margin:0">{escape(heading)}</h2><ul>{lines}</ul>'
    rows = "".join(
        f'<tr><th scope="row" style="text-align:left;vertical-align:top;padding:4px 16px 4px 0;font-weight:normal;'
        f'color:#595952">{escape(label)}</th><td dir="auto" style="padding:4px 0;white-space:pre-wrap">{escape(value)}</td></tr>'
        for label, value in facts
    )
    return f'{body}<table role="presentation">{rows}</table><p style="font-size:13px;color:#595952">{escape(why)}</p>'


def _page(language: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="{escape(language, quote=True)}"><head><meta charset="utf-8"></head>'
        f'<body style="font:15px/1.5 system-ui,sans-serif;color:#1C1C19"><div dir="auto">{body}</div></body></html>\n'
    )
