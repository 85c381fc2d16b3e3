"""How HQ sends mail: one frozen MailSettings, from the folder's `mail.toml`, the environment and the command line
(`settings.py`).

The password is never taken from the command line, where every process of the machine can read it. Without a mail server
named anywhere HQ sends nothing, and mails wait.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mobility_app.domain.rules.links import email
from mobility_app.errors import InvalidValue
from mobility_app.hq import settings

FILE = "mail.toml"
SECURITIES = ("starttls", "tls", "none")
PORTS = {"starttls": 587, "tls": 465, "none": 25}
SETTLE_SECONDS, RETRY_SECONDS = 5.0, 60.0
_VARIABLES = {
    "smtp": "MOBILITY_SMTP", "from": "MOBILITY_SMTP_FROM", "security": "MOBILITY_SMTP_SECURITY",
    "user": "MOBILITY_SMTP_USER", "password": "MOBILITY_SMTP_PASSWORD",
    "settle_seconds": "MOBILITY_MAIL_SETTLE_SECONDS", "retry_seconds": "MOBILITY_MAIL_RETRY_SECONDS",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class MailSettings:
    """`settle_seconds`: how long a mail waits for more of the same sync to fold in. `retry_seconds`: the first pause after
    a failure, doubled each time."""

    host: str
    port: int
    sender: str
    security: str = "starttls"
    user: str = ""
    password: str = ""
    settle_seconds: float = SETTLE_SECONDS
    retry_seconds: float = RETRY_SECONDS


def read(folder: Path, environ: Mapping[str, str], options: Mapping[str, str] | None = None) -> MailSettings | None:
    """The settings, None where no server is named. Raises InvalidValue naming the key."""
    given = settings.given(folder / FILE, _VARIABLES, environ, options, "mail_settings")
    if not given.get("smtp"):
        return None
    host, port = _server(given["smtp"])
    security = given.get("security") or ("none" if _loopback(host) else "starttls")
    if security not in SECURITIES:
        raise InvalidValue("mail", "security", "mail_settings")
    sender = email(given.get("from", ""))
    if sender is None or not sender.isascii():
        raise InvalidValue("mail", "from", "mail_sender")
    return MailSettings(
        host, port or PORTS[security], sender, security, given.get("user", ""), given.get("password", ""),
        _seconds(given, "settle_seconds", SETTLE_SECONDS), _seconds(given, "retry_seconds", RETRY_SECONDS),
    )  # fmt: skip


def _server(text: str) -> tuple[str, int]:
    """(host, port) of "host:port", "[::1]:25" or a host alone, whose port is then 0."""
    host, colon, port = text.strip().rpartition(":") if not text.strip().endswith("]") else (text.strip(), "", "")
    if not colon:
        host, port = host or port, "0"
    host = host.removeprefix("[").removesuffix("]")
    if not host or not port.isascii() or not port.isdigit() or int(port) > 65_535 or any(c.isspace() for c in host):
        raise InvalidValue("mail", "smtp", "mail_settings")
    return host, int(port)


def _loopback(host: str) -> bool:
    return host in ("localhost", "::1") or host.startswith("127.")


def _seconds(given: Mapping[str, str], name: str, usual: float) -> float:
    try:
        seconds = float(given.get(name, usual))
    except ValueError:
        raise InvalidValue("mail", name, "mail_settings") from None
    if not 0 <= seconds <= 3600:
        raise InvalidValue("mail", name, "mail_settings")
    return seconds
