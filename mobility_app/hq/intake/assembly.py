"""From the decimals of a file to one checked document: totals proved, amounts in minor units, credit notes positive.

`ubl.py` and `cii.py` fill a `Draft` with what stands in the file, in its own decimals; `settled` proves it and gives the
`ParsedDocument`. Source of the sums: EN 16931-1, business rules BR-CO-10 to BR-CO-17 and BR-S-08.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from mobility_app.domain.rules import money
from mobility_app.domain.rules.revenue import ALLOWANCES
from mobility_app.hq.intake import model
from mobility_app.hq.intake.model import CREDIT_NOTE, INVOICE, Line, Paid, ParsedDocument, Party, Reference, Tax, Unfit
from mobility_app.hq.intake.reading import basis_points, decimal_text, minor_of

LINES_MAX = 4_900  # a document is stored in one transaction, and one transaction holds 5,000 records
ZERO, HALF = Decimal(0), Decimal("0.5")


@dataclass(frozen=True, slots=True)
class DraftLine:
    """A billed line as the file writes it. `price` is for one unit."""

    name: str
    net: Decimal
    code: str | None = None
    description: str | None = None
    quantity: Decimal | None = None
    price: Decimal | None = None
    rate: Decimal | None = None


@dataclass(frozen=True, slots=True)
class DraftCharge:
    """An allowance (`adds` False) or a charge of the whole document."""

    adds: bool
    amount: Decimal
    reason: str
    rate: Decimal | None = None


@dataclass(frozen=True, slots=True)
class DraftTax:
    """One line of the tax breakdown."""

    category: str | None
    rate: Decimal | None
    base: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class DraftTotals:
    """The totals as the file states them; None where it says nothing."""

    net: Decimal
    gross: Decimal
    payable: Decimal
    lines: Decimal | None = None
    allowances: Decimal | None = None
    charges: Decimal | None = None
    tax: Decimal | None = None
    prepaid: Decimal | None = None
    rounding: Decimal | None = None
    withheld: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """A document as the file writes it. `whole` is False for profiles that leave out lines (MINIMUM, BASIC WL);
    `paid` are advance payments (amount, day)."""

    seller: Party
    buyer: Party
    type_code: str
    number: str
    issued_on: str
    due_on: str | None
    currency: str
    totals: DraftTotals
    lines: Sequence[DraftLine]
    charges: Sequence[DraftCharge]
    taxes: Sequence[DraftTax]
    whole: bool = True
    paid: Sequence[tuple[Decimal, str | None]] = ()
    preceding: tuple[Reference, ...] = ()
    note: str | None = None


def kind_of(type_code: str) -> str:
    """invoice or credit_note, or Unfit unknown_type_code."""
    if type_code in model.CREDIT_CODES:
        return CREDIT_NOTE
    if type_code in model.INVOICE_CODES:
        return INVOICE
    raise Unfit(model.UNKNOWN_TYPE, type_code[:20])


def settled(draft: Draft) -> ParsedDocument:
    """The document with its totals proved. Raises Unfit wrong_totals, unknown_type_code, too_many_lines, bad_value."""
    if len(draft.lines) + len(draft.charges) + len(draft.taxes) > LINES_MAX:
        raise Unfit(model.TOO_MANY_LINES, f"more than {LINES_MAX}")
    _Proof(draft).run()
    kind = kind_of(draft.type_code)
    totals = draft.totals
    # 381 is positive by the standard; some programs write it negative all the same, and mean the same.
    turned = kind == CREDIT_NOTE and (totals.gross, totals.net) < (ZERO, ZERO)
    sign = Decimal(-1 if turned else 1)

    def minor(amount: Decimal, name: str) -> int:
        return minor_of(sign * amount, draft.currency, name)

    tax = totals.gross - totals.net if totals.tax is None else totals.tax
    prepaid = _prepaid(totals)
    return ParsedDocument(
        seller=draft.seller, buyer=draft.buyer, kind=kind, type_code=draft.type_code, number=draft.number,
        issued_on=draft.issued_on, due_on=draft.due_on, currency=draft.currency,
        net_minor=minor(totals.net, "net"), tax_minor=minor(tax, "tax"), gross_minor=minor(totals.gross, "gross"),
        withheld_minor=minor(totals.withheld or ZERO, "withheld"), payable_minor=minor(totals.payable, "payable"),
        prepaid_minor=minor(prepaid, "prepaid"),
        lines=(
            *(_line(line, minor(line.net, "line"), turned) for line in draft.lines),
            *(_charge(charge, minor(charge.amount, "charge")) for charge in draft.charges),
        ),
        taxes=tuple(
            Tax(one.category, basis_points(one.rate), minor(one.base, "tax base"), minor(one.amount, "tax"))
            for one in draft.taxes
        ),
        payments=tuple(Paid(minor(amount, "payment"), day) for amount, day in _payments(draft.paid, prepaid)),
        preceding=draft.preceding, note=draft.note,
    )  # fmt: skip


def _line(line: DraftLine, net_minor: int, turned: bool) -> Line:
    quantity = -line.quantity if turned and line.quantity is not None else line.quantity
    return Line(
        line.name, net_minor, line.code, line.description, None, decimal_text(quantity), decimal_text(line.price),
        basis_points(line.rate),
    )  # fmt: skip


def _charge(charge: DraftCharge, amount_minor: int) -> Line:
    net = amount_minor if charge.adds else -amount_minor
    return Line(charge.reason, net, category=ALLOWANCES, tax_rate_bp=basis_points(charge.rate))


def _prepaid(totals: DraftTotals) -> Decimal:
    """What was paid before. MINIMUM says only what is left to pay: the difference was paid."""
    if totals.prepaid is not None:
        return totals.prepaid
    if totals.lines is None and abs(totals.payable) < abs(totals.gross):
        return totals.gross - (totals.withheld or ZERO) - totals.payable
    return ZERO


def _payments(paid: Sequence[tuple[Decimal, str | None]], prepaid: Decimal) -> Iterable[tuple[Decimal, str | None]]:
    """The advance payments where they add up to what was paid before, else that sum as one."""
    if paid and sum((amount for amount, _ in paid), ZERO) == prepaid:
        return paid
    return [(prepaid, None)] if prepaid else []


class _Proof:
    """The sums of one document. Amounts with more digits than the currency may each be off by half a minor unit."""

    def __init__(self, draft: Draft) -> None:
        self._draft, self._totals = draft, draft.totals
        self._unit = Decimal(1).scaleb(-money.digits(draft.currency))

    def run(self) -> None:
        draft, totals = self._draft, self._totals
        if draft.lines or draft.whole or totals.lines is not None:
            self._proved_lines()
        tax = [] if totals.tax is None else [totals.tax]
        self._equal("net and tax make the gross amount", [totals.net, *tax], totals.gross)
        if draft.taxes:
            self._equal("tax bases make the net amount", [one.base for one in draft.taxes], totals.net)
            self._equal("taxes make the tax total", [one.amount for one in draft.taxes], sum(tax, ZERO))
        for one in draft.taxes:
            self._plausible(one)
        if totals.prepaid is not None or totals.lines is not None:
            parts = [totals.gross, -(totals.prepaid or ZERO), totals.rounding or ZERO, -(totals.withheld or ZERO)]
            self._equal("gross less what was paid makes the payable amount", parts, totals.payable)

    def _proved_lines(self) -> None:
        draft, totals = self._draft, self._totals
        nets = [line.net for line in draft.lines]
        if not nets and not draft.whole and totals.lines is not None:
            nets = [totals.lines]  # BASIC WL: the sum of lines that stay at home
        elif totals.lines is not None:
            self._equal("lines make the line total", nets, totals.lines)
        less = [charge.amount for charge in draft.charges if not charge.adds]
        more = [charge.amount for charge in draft.charges if charge.adds]
        if totals.allowances is not None:
            self._equal("allowances make their total", less, totals.allowances)
        if totals.charges is not None:
            self._equal("charges make their total", more, totals.charges)
        self._equal(
            "lines, allowances and charges make the net amount", [*nets, *more, *(-a for a in less)], totals.net
        )

    def _equal(self, what: str, parts: Sequence[Decimal], whole: Decimal) -> None:
        found = sum(parts, ZERO)
        odd = sum(amount != amount.quantize(self._unit) for amount in (*parts, whole))
        if abs(found - whole) > odd * self._unit / 2:
            raise Unfit(model.WRONG_TOTALS, f"{what}: {found} is not {whole}")

    def _plausible(self, tax: DraftTax) -> None:
        """Base x rate, where a program may have rounded the tax of each line for itself, or the whole to full units."""
        if tax.rate is None:
            return
        slack = self._unit * (1 + len(self._draft.lines) + len(self._draft.charges))
        if tax.amount == tax.amount.to_integral_value():  # Hungary rounds to whole forints, whose minor unit exists
            slack = max(slack, HALF)
        expected = tax.base * tax.rate / 100
        if abs(expected - tax.amount) > slack:
            raise Unfit(model.WRONG_TOTALS, f"tax of {tax.base} at {tax.rate} %: {tax.amount}")
