"""A real mail server on the loopback that keeps what it receives, and can be told to have bad days.

Runs in a thread of this process; the port stays the same when it is stopped and started. `days` says what befalls the next
mails, one each: "mail" (cut after MAIL), "rcpt" (cut after RCPT), "data" (cut when the mail has come, which is not kept),
"taken" (kept, and cut before the answer), or a reply such as "451 later" to RCPT.
"""

from __future__ import annotations

import email
import email.policy
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.support.ports import free_port

SENDER = "office@mobility.example"


@dataclass(slots=True)
class Sink:
    """Opens at the first question for its settings."""

    port: int = field(default_factory=free_port)
    days: list[str] = field(default_factory=list)
    envelopes: list[tuple[str, tuple[str, ...], bytes]] = field(default_factory=list)
    _controller: Controller | None = None

    def settings(self) -> Mapping[str, str]:
        """The environment of an HQ that sends here, quick to send and to try again."""
        if self._controller is None:
            self.start()
        return {
            "MOBILITY_SMTP": f"127.0.0.1:{self.port}", "MOBILITY_SMTP_FROM": SENDER, "MOBILITY_MAIL_SETTLE_SECONDS": "1",
            "MOBILITY_MAIL_RETRY_SECONDS": "0.2",
        }  # fmt: skip

    def start(self) -> None:
        """Opens the door."""
        self._controller = Controller(_Handler(self), hostname="127.0.0.1", port=self.port, enable_SMTPUTF8=True)
        self._controller.start()

    def stop(self) -> None:
        """Shuts the door; nobody can connect."""
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    def received(self) -> list[EmailMessage]:
        """What was taken, in order."""
        found = []
        for sender, to, raw in list(self.envelopes):
            message = email.message_from_bytes(raw, policy=email.policy.default)
            assert isinstance(message, EmailMessage)
            message["X-MailFrom"], message["X-RcptTo"] = sender, ", ".join(to)
            found.append(message)
        return found

    def day(self, *kinds: str) -> str:
        """The day's misfortune where it is one of these; it is used up."""
        if self.days and (self.days[0] in kinds or (self.days[0][:1].isdigit() and "reply" in kinds)):
            return self.days.pop(0)
        return ""


class _Handler:
    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self._sink.day("mail"):
            return _cut(server)
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self._sink.day("rcpt"):
            return _cut(server)
        if reply := self._sink.day("reply"):
            return reply
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        day = self._sink.day("data", "taken")
        if day != "data":
            raw: Any = envelope.original_content
            self._sink.envelopes.append((str(envelope.mail_from), tuple(envelope.rcpt_tos), bytes(raw)))
        return _cut(server) if day else "250 taken"


def _cut(server: SMTP) -> str:
    """The connection ends here, without a word."""
    assert server.transport is not None
    server.transport.abort()
    return "421 gone"
