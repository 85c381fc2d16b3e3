"""HQ with people who have addresses, one customer, and the post over a real mail server on the loopback.

Ana (a rep who does things), Rui (assignee, Portuguese), Eva (account owner, French), Iva (a colleague, English), Marta and
Nuno (contacts; the customer's language is Spanish), Olga (a contact who wants no mail).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path

from icalendar import Calendar

from mobility_app.domain.change import Row
from mobility_app.domain.fields import Plain
from mobility_app.hq.ledger import Author, Transaction
from mobility_app.hq.mail_settings import MailSettings
from mobility_app.hq.outbox import Mail, read
from mobility_app.hq.post import Post
from tests.support.fleet import Fleet
from tests.support.sink import SENDER, Sink

HOUR = 3_600_000
DAY = 24 * HOUR
USERS = (("Ana", "rep", "pt"), ("Rui", "rep", "pt"), ("Eva", "manager", "fr"), ("Iva", "rep", "en"))
CONTACTS = (("Marta", False), ("Nuno", False), ("Olga", True))


@dataclass(slots=True)
class Mailroom:
    """`ids` by first name, and "customer"."""

    folder: Path
    fleet: Fleet = field(init=False)
    ids: dict[str, str] = field(default_factory=dict)
    sink: Sink = field(default_factory=Sink)
    post: Post = field(init=False)

    def __post_init__(self) -> None:
        self.fleet = Fleet(self.folder)
        office = self.fleet.office
        for name, role, language in USERS:
            self.ids[name] = office.add_user(name, role, "Lusa", ["Norte"], f"{name.lower()}@lusa.example", language)
        with office.ledger.transaction() as tx:
            company, territory = office.named(tx, "company", "Lusa"), office.named(tx, "territory", "Norte")
            customer = tx.create("customer", {
                "name": "Óptica", "company_id": company, "territory_id": territory, "currency": "EUR", "language": "es",
                "owner_id": self.ids["Eva"],
            })  # fmt: skip
            for name, out in CONTACTS:
                one = tx.create("contact", {"customer_id": customer, "first_name": name, "opted_out": out})
                tx.create("contact_email", {"contact_id": one, "value": f"old-{name.lower()}@optica.example"})
                tx.create(
                    "contact_email", {"contact_id": one, "value": f"{name.lower()}@optica.example", "is_main": True}
                )
                self.ids[name] = one
            self.ids["customer"] = customer
        self.post = Post(
            office.ledger, MailSettings("127.0.0.1", self.sink.port, SENDER, "none", settle_seconds=0, retry_seconds=60)
        )

    @contextmanager
    def by(self, name: str = "Ana") -> Iterator[Transaction]:
        """One accepted save of that person."""
        with self.fleet.office.ledger.transaction(Author(user_id=self.ids[name])) as tx:
            yield tx

    def appointment(self, name: str = "Ana", **more: Plain) -> str:
        """An appointment of tomorrow, given to Rui by that person."""
        start = self.fleet.clock.at + DAY
        values: Row = {
            "customer_id": self.ids["customer"], "kind": "appointment", "title": "Visita", "starts_at": start,
            "ends_at": start + HOUR, "place": "Porto", "assignee_id": self.ids["Rui"], **more,
        }  # fmt: skip
        with self.by(name) as tx:
            return tx.create("activity", values)

    def set(self, activity: str, name: str = "Ana", **values: Plain) -> None:
        with self.by(name) as tx:
            tx.update("activity", activity, values)

    def take_in(self, activity: str, who: str, name: str = "Ana") -> str:
        field_name = "contact_id" if who in {one for one, _ in CONTACTS} else "user_id"
        with self.by(name) as tx:
            return tx.create("activity_participant", {"activity_id": activity, field_name: self.ids[who]})

    def delete(self, entity: str, record_id: str, name: str = "Ana") -> None:
        with self.by(name) as tx:
            for child, child_id in tx.under(entity, record_id):
                tx.delete(child, child_id)
            tx.delete(entity, record_id)

    def waiting(self) -> dict[str, Mail]:
        """Name -> the one mail that waits for them."""
        names = {record_id: name for name, record_id in self.ids.items()}
        with self.fleet.office.ledger.reading() as session:
            mails = read(session, "state='waiting' AND handed=0")
        found = {names[mail.receiver[2:]]: mail for mail in mails}
        assert len(found) == len(mails), "somebody is told twice"
        return found

    def all(self) -> list[Mail]:
        with self.fleet.office.ledger.reading() as session:
            return read(session, "1=1 ORDER BY version, receiver")

    def record(self, entity: str, record_id: str) -> Row:
        with self.fleet.office.ledger.reading() as session:
            return session.get(entity, record_id) or {}

    def send(self) -> list[EmailMessage]:
        """One batch goes out. What the server has received by then, the earlier ones included."""
        self.sink.settings()
        self.post.tick()
        return self.sink.received()


def to(message: EmailMessage) -> str:
    """The first name in the address of who got it."""
    return str(message["X-RcptTo"]).partition("@")[0].capitalize()


def text(message: EmailMessage, subtype: str = "plain") -> str:
    """The text part, or another alternative; empty where there is none."""
    for part in message.walk():
        if part.get_content_subtype() == subtype:
            assert isinstance(part, EmailMessage)
            return str(part.get_content()).replace("\r\n", "\n")
    return ""


def event(message: EmailMessage) -> tuple[str, dict[str, object]] | None:
    """(method, properties of the event) of its calendar part."""
    for part in message.walk():
        if part.get_content_type() == "text/calendar":
            assert isinstance(part, EmailMessage)
            calendar = Calendar.from_ical(str(part.get_content()))
            assert isinstance(calendar, Calendar)
            assert part.get_param("method") == calendar["METHOD"]
            return str(calendar["METHOD"]), dict(calendar.walk("VEVENT")[0])
    return None
