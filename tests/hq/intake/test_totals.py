"""Totals are proved: every document whose sums are right passes, and one cent off anywhere does not."""

from __future__ import annotations

from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobility_app.hq.intake.assembly import Draft, DraftCharge, DraftLine, DraftTax, DraftTotals, settled
from mobility_app.hq.intake.model import Party, Unfit

CENT = Decimal("0.01")
amounts = st.integers(-1_000_000, 1_000_000).map(lambda cents: Decimal(cents) * CENT)


def balanced(nets: list[Decimal], charges: list[tuple[bool, Decimal]], rate: Decimal, prepaid: Decimal) -> Draft:
    lines = sum(nets, Decimal(0))
    more = sum((amount for adds, amount in charges if adds), Decimal(0))
    less = sum((amount for adds, amount in charges if not adds), Decimal(0))
    net = lines + more - less
    tax = (net * rate / 100).quantize(CENT, ROUND_HALF_UP)
    return Draft(
        Party("seller"), Party("buyer"), "380", "1", "2026-01-01", None, "EUR",
        DraftTotals(net, net + tax, net + tax - prepaid, lines, less, more, tax, prepaid),
        [DraftLine("line", amount) for amount in nets], [DraftCharge(adds, amount, "") for adds, amount in charges],
        [DraftTax("S", rate, net, tax)],
    )  # fmt: skip


drafts = st.builds(
    balanced,
    st.lists(amounts, min_size=1, max_size=6),
    st.lists(st.tuples(st.booleans(), amounts), max_size=3),
    st.sampled_from([Decimal(0), Decimal(6), Decimal("5.5"), Decimal(23)]),
    amounts,
)


@given(drafts)
def test_right_sums_pass_and_stay_right_in_minor_units(draft: Draft) -> None:
    one = settled(draft)
    assert sum(line.net_minor for line in one.lines) == one.net_minor
    assert one.net_minor + one.tax_minor == one.gross_minor
    assert one.gross_minor - one.prepaid_minor == one.payable_minor
    assert sum(tax.base_minor for tax in one.taxes) == one.net_minor


@given(drafts, st.sampled_from(["net", "gross", "payable", "lines", "allowances", "charges", "tax", "prepaid"]))
def test_one_cent_off_in_any_total_is_refused(draft: Draft, name: str) -> None:
    totals = replace(draft.totals, **{name: getattr(draft.totals, name) + CENT})
    with pytest.raises(Unfit) as unfit:
        settled(replace(draft, totals=totals))
    assert unfit.value.reason == "wrong_totals"


def test_a_line_or_a_tax_that_is_missing_is_noticed() -> None:
    draft = balanced([Decimal("10.00"), Decimal("5.00")], [], Decimal(23), Decimal(0))
    for broken in (replace(draft, lines=draft.lines[:1]), replace(draft, taxes=[*draft.taxes, *draft.taxes])):
        with pytest.raises(Unfit):
            settled(broken)


def test_a_tax_that_its_rate_does_not_explain_is_refused() -> None:
    draft = balanced([Decimal("100.00")], [], Decimal(23), Decimal(0))
    totals = replace(draft.totals, tax=Decimal("32.00"), gross=Decimal("132.00"), payable=Decimal("132.00"))
    with pytest.raises(Unfit, match="tax of"):
        settled(replace(draft, totals=totals, taxes=[DraftTax("S", Decimal(23), Decimal("100.00"), Decimal("32.00"))]))


def test_tax_rounded_line_by_line_is_plausible() -> None:
    nets = [Decimal("0.02")] * 10  # 23 % of each is 0.0046, rounded 0.00; of the sum 0.05
    draft = balanced(nets, [], Decimal(23), Decimal(0))
    totals = replace(draft.totals, tax=Decimal(0), gross=Decimal("0.20"), payable=Decimal("0.20"))
    assert settled(replace(draft, totals=totals, taxes=[DraftTax("S", Decimal(23), Decimal("0.20"), Decimal(0))]))


def test_lines_finer_than_the_currency_may_be_off_by_their_rounding_and_no_more() -> None:
    draft = balanced([Decimal("0.01")], [], Decimal(0), Decimal(0))
    fine = [DraftLine("line", Decimal("0.004")), DraftLine("line", Decimal("0.004"))]
    assert settled(replace(draft, lines=fine)).net_minor == 1
    with pytest.raises(Unfit):
        settled(replace(draft, lines=[*fine, DraftLine("line", Decimal("0.02"))]))


def test_a_document_larger_than_a_transaction_is_refused() -> None:
    draft = balanced([Decimal("1.00")] * 4_901, [], Decimal(0), Decimal(0))
    with pytest.raises(Unfit) as unfit:
        settled(draft)
    assert unfit.value.reason == "too_many_lines"
