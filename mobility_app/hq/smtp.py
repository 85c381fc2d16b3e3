"""One connection to a mail server, with the three outcomes that a mail can have told apart: it was taken, it surely was
not, nobody can know. Only RFC 5321 over smtplib; what to do about it is `post.py`'s business.
"""

from __future__ import annotations

import re
import smtplib
import ssl
from types import TracebackType

from mobility_app.hq.mail_settings import MailSettings

TIMEOUT_SECONDS = 30
SAID_MAX = 300  # characters of the server's words that are kept


class Down(Exception):
    """The server can't be used now: nobody answers, it won't have us, or it turned our sender away."""


class Refused(Exception):
    """This mail was surely not taken. `permanent`: trying again would not help."""

    def __init__(self, said: str, *, permanent: bool) -> None:
        super().__init__(said)
        self.said, self.permanent = said, permanent


class Unsure(Exception):
    """The connection broke after the mail was handed over and before the answer came."""


class Line:
    """An open connection: `with Line(settings) as line`. Raises Down where there is none to be had."""

    def __init__(self, settings: MailSettings) -> None:
        self._settings = settings

    def __enter__(self) -> Line:
        one = self._settings
        domain = one.sender.rpartition("@")[2]
        try:
            context = ssl.create_default_context() if one.security != "none" else None
            if one.security == "tls":
                self._smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                    one.host, one.port, domain, timeout=TIMEOUT_SECONDS, context=context
                )
            else:
                self._smtp = smtplib.SMTP(one.host, one.port, domain, timeout=TIMEOUT_SECONDS)
        except (OSError, smtplib.SMTPException) as failed:
            raise Down(_words(failed)) from failed
        try:
            if one.security == "starttls":
                self._smtp.starttls(context=context)
            self._smtp.ehlo_or_helo_if_needed()
            if one.user:
                self._smtp.login(one.user, one.password)
        except (OSError, smtplib.SMTPException) as failed:
            self._smtp.close()
            raise Down(_words(failed)) from failed
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._smtp.quit()
        except (OSError, smtplib.SMTPException):
            self._smtp.close()

    def send(self, address: str, raw: bytes, *, international: bool = False) -> str:
        """Hands one mail over; returns what the server said. Raises Refused, Unsure, Down. `international`: the address
        itself is not ASCII."""
        smtp = self._smtp
        if international and not smtp.has_extn("smtputf8"):
            raise Refused("the server does not take addresses beyond ASCII (SMTPUTF8)", permanent=True)
        smtp.command_encoding = "utf-8" if international else "ascii"
        try:
            code, said = smtp.mail(self._settings.sender, ["SMTPUTF8"] if international else [])
            if code != 250:
                raise Down(_text(code, said))  # our sender or our session is at fault, not this mail
            self._expect(*smtp.rcpt(address), wanted=(250, 251))
            self._expect(*smtp.docmd("DATA"), wanted=(354,))
        except (OSError, smtplib.SMTPException) as failed:
            raise Down(_words(failed)) from failed
        try:
            smtp.send(_dotted(raw))
            code, said = smtp.getreply()
        except (OSError, smtplib.SMTPException) as failed:
            raise Unsure(_words(failed)) from failed
        self._expect(code, said, wanted=(250,))
        return _text(code, said)

    def _expect(self, code: int, said: bytes, *, wanted: tuple[int, ...]) -> None:
        if code in wanted:
            return
        if code == 421:
            raise Down(_text(code, said))
        try:
            self._smtp.rset()
        except (OSError, smtplib.SMTPException):
            self._smtp.close()
        raise Refused(_text(code, said), permanent=500 <= code < 600)


def _dotted(raw: bytes) -> bytes:
    """The mail as DATA carries it: CRLF line ends, leading dots doubled, the end marked."""
    body = re.sub(rb"(?m)^\.", b"..", re.sub(rb"\r\n|\r|\n", b"\r\n", raw))
    return body + (b"" if body.endswith(b"\r\n") else b"\r\n") + b".\r\n"


def _text(code: int, said: bytes) -> str:
    return f"{code} {said.decode('utf-8', 'replace')}"[:SAID_MAX]


def _words(failed: Exception) -> str:
    return f"{type(failed).__name__}: {failed}"[:SAID_MAX]
