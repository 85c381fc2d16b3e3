"""UN/CEFACT Cross Industry Invoice (D16B, the syntax inside Factur-X and ZUGFeRD 2) to a document.

Called by `sources.py` with a root element that `xml_tree.py` let through. ZUGFeRD 1 has another vocabulary and is not
read. Lines that only group or inform (EXTENDED profile) are passed over: they are not in the totals.
"""

from __future__ import annotations

from decimal import Decimal
from xml.etree.ElementTree import Element

from mobility_app.hq.intake.assembly import Draft, DraftCharge, DraftLine, DraftTax, DraftTotals, settled
from mobility_app.hq.intake.model import Identifier, ParsedDocument, Party, Place, Reference
from mobility_app.hq.intake.parties import vat_text
from mobility_app.hq.intake.reading import Reader, currency_of, wanted

_UNECE = "urn:un:unece:uncefact:data:standard:"
_NAMES = {
    "s": f"{_UNECE}CrossIndustryInvoice:100",
    "a": f"{_UNECE}ReusableAggregateBusinessInformationEntity:100",
    "u": f"{_UNECE}UnqualifiedDataType:100",
    "q": f"{_UNECE}QualifiedDataType:100",
}
ROOTS = frozenset({f"{{{_NAMES['s']}}}CrossIndustryInvoice"})
PRECEDING_MAX = 100
NOTE_MAX = 20_000
_LINES = "s:SupplyChainTradeTransaction/a:IncludedSupplyChainTradeLineItem"
_STATUS = "a:AssociatedDocumentLineDocument/a:LineStatusReasonCode"


def parse(root: Element) -> ParsedDocument:
    """The document. Raises Unfit."""
    top = Reader(root, _NAMES)
    head = top.one("s:ExchangedDocument")
    trade = top.one("s:SupplyChainTradeTransaction")
    agreement, settlement = (
        trade.one("a:ApplicableHeaderTradeAgreement"),
        trade.one("a:ApplicableHeaderTradeSettlement"),
    )
    currency = currency_of(wanted(settlement.text("a:InvoiceCurrencyCode"), "currency"))
    profile = top.text("s:ExchangedDocumentContext/a:GuidelineSpecifiedDocumentContextParameter/a:ID") or ""
    due = [day for at in settlement.all("a:SpecifiedTradePaymentTerms") if (day := _day(at, "a:DueDateDateTime"))]
    return settled(Draft(
        seller=_party(agreement.one("a:SellerTradeParty"), "seller"),
        buyer=_party(agreement.one("a:BuyerTradeParty"), "buyer"),
        type_code=wanted(head.text("a:TypeCode"), "type code"),
        number=wanted(head.text("a:ID"), "number"),
        issued_on=wanted(_day(head, "a:IssueDateTime"), "issue date"),
        due_on=due[0] if due else None,
        currency=currency,
        totals=_totals(settlement, currency),
        lines=[_line(at) for at in top.all(_LINES) if at.text(_STATUS) not in ("GROUP", "INFORMATION")],
        charges=[
            *(_charge(at) for at in settlement.all("a:SpecifiedTradeAllowanceCharge")),
            *(_service(at) for at in settlement.all("a:SpecifiedLogisticsServiceCharge")),
        ],
        taxes=[_tax(at) for at in settlement.all("a:ApplicableTradeTax")],
        whole=not profile.lower().endswith(("minimum", "basicwl")),
        paid=[
            (amount, _day(at, "a:FormattedReceivedDateTime"))
            for at in settlement.all("a:SpecifiedAdvancePayment")
            if (amount := at.number("a:PaidAmount")) is not None
        ],
        preceding=tuple(
            Reference(number, _day(at, "a:FormattedIssueDateTime"))
            for at in settlement.all("a:InvoiceReferencedDocument")[:PRECEDING_MAX]
            if (number := at.text("a:IssuerAssignedID"))
        ),
        note="\n".join(text for at in head.all("a:IncludedNote") if (text := at.note("a:Content")))[:NOTE_MAX] or None,
    ))  # fmt: skip


def _day(at: Reader, path: str) -> str | None:
    """A day in either of the two spellings of the schema."""
    return at.day(f"{path}/u:DateTimeString") or at.day(f"{path}/q:DateTimeString") or at.day(f"{path}/u:DateTime")


def _totals(settlement: Reader, currency: str) -> DraftTotals:
    at = settlement.one("a:SpecifiedTradeSettlementHeaderMonetarySummation")
    taxes = [  # a second tax total may be in the tax office's currency (BT-111)
        amount
        for total in at.all("a:TaxTotalAmount")
        if total.attribute("currencyID") in ("", currency) and (amount := total.number()) is not None
    ]
    return DraftTotals(
        net=wanted(at.number("a:TaxBasisTotalAmount"), "net amount"),
        gross=wanted(at.number("a:GrandTotalAmount"), "gross amount"),
        payable=wanted(at.number("a:DuePayableAmount"), "payable amount"),
        lines=at.number("a:LineTotalAmount"),
        allowances=at.number("a:AllowanceTotalAmount"),
        charges=at.number("a:ChargeTotalAmount"),
        tax=taxes[0] if taxes else None,
        prepaid=at.number("a:TotalPrepaidAmount"),
        rounding=at.number("a:RoundingAmount"),
    )


def _line(at: Reader) -> DraftLine:
    product, terms = at.one("a:SpecifiedTradeProduct"), at.one("a:SpecifiedLineTradeSettlement")
    priced = at.one("a:SpecifiedLineTradeAgreement/a:NetPriceProductTradePrice")
    price, per = priced.number("a:ChargeAmount"), priced.number("a:BasisQuantity") or Decimal(1)
    total = terms.number("a:SpecifiedTradeSettlementLineMonetarySummation/a:LineTotalAmount")
    return DraftLine(
        name=product.text("a:Name") or product.text("a:Description") or "",
        net=wanted(total, "net amount of a line"),
        code=product.text("a:SellerAssignedID"),
        description=product.note("a:Description"),
        quantity=at.number("a:SpecifiedLineTradeDelivery/a:BilledQuantity"),
        price=None if price is None else price / per,
        rate=terms.number("a:ApplicableTradeTax/a:RateApplicablePercent"),
    )


def _charge(at: Reader) -> DraftCharge:
    return DraftCharge(
        adds=(at.text("a:ChargeIndicator/u:Indicator") or "").lower() in ("true", "1"),
        amount=wanted(at.number("a:ActualAmount"), "amount of an allowance or charge"),
        reason=at.text("a:Reason") or at.text("a:ReasonCode") or "",
        rate=at.number("a:CategoryTradeTax/a:RateApplicablePercent"),
    )


def _service(at: Reader) -> DraftCharge:
    return DraftCharge(
        adds=True,
        amount=wanted(at.number("a:AppliedAmount"), "amount of a service charge"),
        reason=at.text("a:Description") or "",
        rate=at.number("a:AppliedTradeTax/a:RateApplicablePercent"),
    )


def _tax(at: Reader) -> DraftTax:
    return DraftTax(
        category=at.text("a:CategoryCode"),
        rate=at.number("a:RateApplicablePercent"),
        base=wanted(at.number("a:BasisAmount"), "base of a tax"),
        amount=wanted(at.number("a:CalculatedAmount"), "amount of a tax"),
    )


def _party(at: Reader, role: str) -> Party:
    registered = at.all("a:SpecifiedTaxRegistration/a:ID")
    numbers = {one.attribute("schemeID").upper(): one.text() for one in registered}
    contact, trading = at.one("a:DefinedTradeContact"), at.text("a:SpecifiedLegalOrganization/a:TradingBusinessName")
    address = at.text("a:URIUniversalCommunication/a:URIID")
    mail = address if at.attribute("schemeID", "a:URIUniversalCommunication/a:URIID") == "EM" else None
    name = wanted(at.text("a:Name") or trading, f"name of the {role}")
    return Party(
        name=name,
        trading_name=trading if trading != name else None,
        vat=vat_text(numbers.get("VA")),
        tax_number=numbers.get("FC"),
        legal=_identifier(at.one("a:SpecifiedLegalOrganization/a:ID")),
        own=tuple(
            found for path in ("a:GlobalID", "a:ID") for one in at.all(path) if (found := _identifier(one))
        ),
        place=_place(at.one("a:PostalTradeAddress")),
        contact_name=contact.text("a:PersonName") or contact.text("a:DepartmentName"),
        phone=contact.text("a:TelephoneUniversalCommunication/a:CompleteNumber"),
        email=contact.text("a:EmailURIUniversalCommunication/a:URIID") or mail,
    )  # fmt: skip


def _identifier(at: Reader) -> Identifier | None:
    value = at.text()
    return Identifier(value, at.attribute("schemeID")) if value else None


def _place(at: Reader) -> Place:
    return Place(
        line1=at.text("a:LineOne"), line2=at.text("a:LineTwo"), line3=at.text("a:LineThree"),
        postcode=at.text("a:PostcodeCode"), city=at.text("a:CityName"), region=at.text("a:CountrySubDivisionName"),
        country=at.country("a:CountryID"),
    )  # fmt: skip
