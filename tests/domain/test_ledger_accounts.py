"""Ledger accounts: as the company's pattern wants them, with a pattern that can't make a save run away."""

from __future__ import annotations

import pytest

from mobility_app.domain.entities.people import COMPANY
from mobility_app.domain.rules import ledger_accounts
from mobility_app.errors import InvalidValue

DEFAULT = str(COMPANY.field("ledger_account_pattern").default)


@pytest.mark.parametrize(
    ("account", "pattern", "fits"),
    [
        ("2111001", DEFAULT, True),
        (" 2111001 ", DEFAULT, True),
        ("21", DEFAULT, False),
        ("2111001x", DEFAULT, False),
        ("2111001\n2", DEFAULT, False),
        ("430.0001", r"430\.\d{4}", True),
        ("430x0001", r"430\.\d{4}", False),
        ("411ACME", r"^411[A-Z]{1,8}$", True),
        ("411ACME5", r"^411[A-Z]{1,8}$", False),
        ("21-1", r"(?:21|22)-\d+", True),
        ("23-1", r"(?:21|22)-\d+", False),
        ("anything at all", None, True),
        ("anything at all", "", True),
        ("anything at all", "([", True),  # the office's slip stops no rep
    ],
)
def test_an_account_is_checked_whole_against_the_pattern(account: str, pattern: str | None, fits: bool) -> None:
    if fits:
        assert ledger_accounts.check(account, pattern) == account.strip()
    else:
        with pytest.raises(InvalidValue) as refused:
            ledger_accounts.check(account, pattern)
        assert (refused.value.field, refused.value.reason) == ("ledger_account", "not_a_ledger_account")


@pytest.mark.parametrize("pattern", [DEFAULT, r"\d{3,12}", r"^21[0-9]*$", r"(21|22)?\d{4}", r"[A-Z\-]{2}/\w+", "4111"])
def test_patterns_that_people_write_are_taken(pattern: str) -> None:
    assert ledger_accounts.check_pattern(pattern) == pattern


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+",
        "(a|aa)*",
        "(?:a*){2,9}",
        "((a?)+)?",
        r"a*a*a*a*a*b",
        "(a)?" * 5,  # each may match or not: 2 to the power of their number
        "(a|a)" * 5,
        "a++",
        "a+?",
        "(",
        ")",
        "[",
        "[z-a]",
        "*a",
        "{3}",
        r"(?=a)",
        r"(?P<x>a)",
        r"\1",
        "a" * 201,
    ],
)
def test_a_pattern_that_is_none_or_could_run_away_is_refused(pattern: str) -> None:
    with pytest.raises(InvalidValue, match="not_a_pattern"):
        ledger_accounts.check_pattern(pattern)
    assert ledger_accounts.check("a" * 40, pattern) == "a" * 40
