"""Ledger accounts: a text checked against the pattern that HQ sets for a company.

Called by `checks.settled`. The pattern runs on every device at every save, so it is taken only in a form that can't
run away: no repeated groups and few open repetitions. Whether the account exists is the ERP's to know.
"""

from __future__ import annotations

import re
from functools import lru_cache

from mobility_app.errors import InvalidValue

PATTERN_LENGTH_MAX = 200
REPETITIONS_MAX = 4  # open ones and groups; on 40 characters some 100,000 steps at the very most

_TOKEN = re.compile(
    r"(?P<group>\((?:\?:)?)|(?P<end>\)\??)(?![*+{])|(?P<choice>\|)"
    r"|(?:\\[dDwW.\-/\\]|\[\^?[^\[\]\\^]*(?:\\[dDwW.\-/\\][^\[\]\\^]*)*\]|[^\\()\[\]{}*+?|^$])"
    r"(?P<repeat>[*+?]|\{[0-9]{1,2}(?P<open>,[0-9]{0,2})?\})?(?![*+?{])"
)


def check(account: str, pattern: str | None) -> str:
    """The account without blanks around it. Raises InvalidValue of customer.ledger_account, `not_a_ledger_account`.
    Without a pattern, or with one that can't be used (the office's slip, which must stop no rep), all is taken."""
    account = account.strip()
    compiled = _compiled(pattern) if pattern else None
    if compiled is not None and not compiled.fullmatch(account):
        raise InvalidValue("customer", "ledger_account", "not_a_ledger_account")
    return account


def check_pattern(pattern: str) -> str:
    """The pattern, as the office sets it. Raises InvalidValue of company.ledger_account_pattern, `not_a_pattern`:
    literals, classes, `\\d`, `\\w`, repetitions of one character, choices and groups that are not repeated."""
    if _compiled(pattern) is None:
        raise InvalidValue("company", "ledger_account_pattern", "not_a_pattern")
    return pattern


@lru_cache(maxsize=32)
def _compiled(pattern: str) -> re.Pattern[str] | None:
    if len(pattern) > PATTERN_LENGTH_MAX:
        return None
    bare = pattern.removeprefix("^").removesuffix("$")  # the whole account is matched in any case
    place, repetitions = 0, 0
    while place < len(bare):
        token = _TOKEN.match(bare, place)
        if token is None:
            return None
        repetitions += token["repeat"] in ("*", "+", "?") or token["open"] is not None or token["group"] is not None
        place = token.end()
    try:
        return re.compile(bare) if repetitions <= REPETITIONS_MAX else None
    except (re.error, OverflowError):
        return None
