"""Web sites and e-mail addresses: what may be kept, and so be clicked.

Called by `checks.settled`, imports and the composer of messages. Only the form is checked, offline; whether somebody
answers there is found out by clicking. Returns the text to keep, or None where it is refused. E-mail addresses are
judged by email-validator, which knows what the registries of names allow in every script; it asks no name server here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote, urlsplit

SCHEMES = ("http", "https")
EMAIL_LENGTH_MAX = 254  # RFC 5321: a path of 256 with its two brackets

MAILTO_MOST = 2_000  # characters; some systems cut an address that they hand to a program at 2,048

_WORD = "A-Za-z0-9\u00a1-\U0010ffff"  # letters of any script: names of hosts and people are not only ASCII
_LABEL = rf"[{_WORD}](?:[{_WORD}_-]{{0,61}}[{_WORD}])?"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})+\.?")

_LATIN = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_SIMPLE = re.compile(rf"https?://{_LATIN}(?:\.{_LATIN})+(?:/[A-Za-z0-9._~/-]*)?")  # most of them: nothing to take apart


def website(text: str) -> str | None:
    """An address that a browser may open: http or https, with a whole host name and without a user's name in it, which
    is only there to mislead ("https://bank.example@evil.example")."""
    address = text.strip()
    if _SIMPLE.fullmatch(address):
        return address
    if not _plain(address) or "\\" in address:
        return None
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:  # brackets or a port that are none
        return None
    if parts.scheme not in SCHEMES or "@" in parts.netloc or port == 0:
        return None
    host = parts.hostname or ""
    return address if _HOST.fullmatch(host) or ":" in host else None


def email(text: str) -> str | None:
    """An address as RFC 5322 writes it without quotes and comments, letters of any script allowed (RFC 6531). The
    domain is kept in lower case, what stands before the @ as it is. Names that lead nowhere outside a house (".local",
    ".invalid") are refused: HQ could never deliver to them."""
    from email_validator import EmailNotValidError, validate_email  # here: most records hold none

    address = text.strip()
    if not _plain(address) or len(address) > EMAIL_LENGTH_MAX:
        return None
    try:
        return str(validate_email(address, check_deliverability=False, strict=True).normalized)
    except EmailNotValidError:
        return None


def mailto(addresses: Iterable[str], subject: str = "", body: str = "") -> str:
    """The address that hands a message to the mail program (RFC 6068). All receivers are blind copies: contacts of
    different people are not to learn each other's addresses. Lines end as the RFC wants them."""
    text = "\r\n".join(body.splitlines())
    parts = [("bcc", ",".join(quote(one, safe="@") for one in addresses))]
    parts += [(name, quote(value, safe="")) for name, value in (("subject", subject), ("body", text)) if value]
    return "mailto:?" + "&".join(f"{name}={value}" for name, value in parts if value)


def _plain(text: str) -> bool:
    """No blanks, nothing invisible: a mark that turns the reading direction makes one address look like another."""
    return text.isprintable() and " " not in text
