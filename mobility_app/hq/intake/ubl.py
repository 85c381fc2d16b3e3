"""UBL 2.1 Invoice and CreditNote to a document. Numbers in comments are the business terms of EN 16931.

Called by `sources.py` with a root element that `xml_tree.py` let through. No rule of a country is checked here.
"""

from __future__ import annotations

from decimal import Decimal
from xml.etree.ElementTree import Element

from mobility_app.hq.intake import model
from mobility_app.hq.intake.assembly import Draft, DraftCharge, DraftLine, DraftTax, DraftTotals, settled
from mobility_app.hq.intake.model import Identifier, ParsedDocument, Party, Place, Reference, Unfit
from mobility_app.hq.intake.parties import vat_text
from mobility_app.hq.intake.reading import Reader, currency_of, wanted

_CAC = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
_CBC = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
_NAMES = {"a": _CAC, "b": _CBC}
_ROOT = "{{urn:oasis:names:specification:ubl:schema:xsd:{0}-2}}{0}"
ROOTS = frozenset(_ROOT.format(name) for name in ("Invoice", "CreditNote"))
PRECEDING_MAX = 100
NOTE_MAX = 20_000


def parse(root: Element) -> ParsedDocument:
    """The document. Raises Unfit."""
    credit = root.tag.endswith("}CreditNote")
    top = Reader(root, _NAMES)
    currency = currency_of(wanted(top.text("b:DocumentCurrencyCode"), "currency"))
    type_code = top.text("b:CreditNoteTypeCode" if credit else "b:InvoiceTypeCode") or ("381" if credit else "380")
    if credit and type_code in model.INVOICE_CODES:
        raise Unfit(model.UNKNOWN_TYPE, f"{type_code} is no credit note")
    return settled(Draft(
        seller=_party(top.one("a:AccountingSupplierParty/a:Party"), "seller"),
        buyer=_party(top.one("a:AccountingCustomerParty/a:Party"), "buyer"),
        type_code=type_code,
        number=wanted(top.text("b:ID"), "number"),
        issued_on=wanted(top.day("b:IssueDate"), "issue date"),
        due_on=top.day("b:DueDate") or top.day("a:PaymentMeans/b:PaymentDueDate"),
        currency=currency,
        totals=_totals(top, currency),
        lines=[_line(line, credit, currency) for line in top.all(f"a:{'CreditNote' if credit else 'Invoice'}Line")],
        charges=[_charge(found, currency) for found in top.all("a:AllowanceCharge")],
        taxes=[
            _tax(found, currency)
            for total in top.all("a:TaxTotal")
            if _spoken(total, "b:TaxAmount", currency)
            for found in total.all("a:TaxSubtotal")
        ],
        paid=[
            (amount, one.day("b:PaidDate") or one.day("b:ReceivedDate"))
            for one in top.all("a:PrepaidPayment")
            if (amount := one.number("b:PaidAmount")) is not None
        ],
        preceding=_preceding(top),
        note=_note(top),
    ))  # fmt: skip


def _amount(at: Reader, path: str, currency: str) -> Decimal | None:
    """An amount in the document's currency."""
    found = at.number(path)
    if found is not None and at.attribute("currencyID", path) not in ("", currency):
        raise Unfit(model.MIXED_CURRENCIES, path)
    return found


def _spoken(at: Reader, path: str, currency: str) -> bool:
    """Whether a tax total is the one in the document's currency; a second one may be in the tax office's (BT-111)."""
    return at.attribute("currencyID", path) in ("", currency)


def _totals(top: Reader, currency: str) -> DraftTotals:
    at = top.one("a:LegalMonetaryTotal")
    taxes = [
        amount
        for total in top.all("a:TaxTotal")
        if _spoken(total, "b:TaxAmount", currency) and (amount := total.number("b:TaxAmount")) is not None
    ]
    withheld = [
        amount
        for total in top.all("a:WithholdingTaxTotal")
        if (amount := _amount(total, "b:TaxAmount", currency)) is not None
    ]
    return DraftTotals(
        net=wanted(_amount(at, "b:TaxExclusiveAmount", currency), "net amount"),
        gross=wanted(_amount(at, "b:TaxInclusiveAmount", currency), "gross amount"),
        payable=wanted(_amount(at, "b:PayableAmount", currency), "payable amount"),
        lines=wanted(_amount(at, "b:LineExtensionAmount", currency), "line total"),
        allowances=_amount(at, "b:AllowanceTotalAmount", currency),
        charges=_amount(at, "b:ChargeTotalAmount", currency),
        tax=sum(taxes, Decimal(0)) if taxes else None,
        prepaid=_amount(at, "b:PrepaidAmount", currency),
        rounding=_amount(at, "b:PayableRoundingAmount", currency),
        withheld=sum(withheld, Decimal(0)) if withheld else None,
    )


def _line(at: Reader, credit: bool, currency: str) -> DraftLine:
    item, price = at.one("a:Item"), _amount(at, "a:Price/b:PriceAmount", currency)
    per = at.number("a:Price/b:BaseQuantity") or Decimal(1)
    return DraftLine(
        name=item.text("b:Name") or item.text("b:Description") or "",
        net=wanted(_amount(at, "b:LineExtensionAmount", currency), "net amount of a line"),
        code=item.text("a:SellersItemIdentification/b:ID"),
        description=item.note("b:Description"),
        quantity=at.number(f"b:{'Credited' if credit else 'Invoiced'}Quantity"),
        price=None if price is None else price / per,
        rate=item.number("a:ClassifiedTaxCategory/b:Percent"),
    )


def _charge(at: Reader, currency: str) -> DraftCharge:
    return DraftCharge(
        adds=(at.text("b:ChargeIndicator") or "").lower() in ("true", "1"),
        amount=wanted(_amount(at, "b:Amount", currency), "amount of an allowance or charge"),
        reason=at.text("b:AllowanceChargeReason") or at.text("b:AllowanceChargeReasonCode") or "",
        rate=at.number("a:TaxCategory/b:Percent"),
    )


def _tax(at: Reader, currency: str) -> DraftTax:
    return DraftTax(
        category=at.text("a:TaxCategory/b:ID"),
        rate=at.number("a:TaxCategory/b:Percent"),
        base=wanted(_amount(at, "b:TaxableAmount", currency), "base of a tax"),
        amount=wanted(_amount(at, "b:TaxAmount", currency), "amount of a tax"),
    )


def _party(at: Reader, role: str) -> Party:
    trading, legal = at.text("a:PartyName/b:Name"), at.text("a:PartyLegalEntity/b:RegistrationName")
    numbers = {
        (scheme.text("a:TaxScheme/b:ID") or "").upper(): scheme.text("b:CompanyID")
        for scheme in at.all("a:PartyTaxScheme")
    }
    vat = numbers.pop("VAT", None) or numbers.pop("VA", None)
    endpoint = at.text("b:EndpointID") if at.attribute("schemeID", "b:EndpointID") == "EM" else None
    return Party(
        name=wanted(legal or trading, f"name of the {role}"),
        trading_name=trading if legal and trading != legal else None,
        vat=vat_text(vat),
        tax_number=next((number for number in numbers.values() if number), None),
        legal=_identifier(at.one("a:PartyLegalEntity/b:CompanyID")),
        own=tuple(found for one in at.all("a:PartyIdentification/b:ID") if (found := _identifier(one))),
        place=_place(at.one("a:PostalAddress")),
        contact_name=at.text("a:Contact/b:Name"),
        phone=at.text("a:Contact/b:Telephone"),
        email=at.text("a:Contact/b:ElectronicMail") or endpoint,
    )


def _identifier(at: Reader) -> Identifier | None:
    value = at.text()
    return Identifier(value, at.attribute("schemeID")) if value else None


def _place(at: Reader) -> Place:
    return Place(
        line1=at.text("b:StreetName"), line2=at.text("b:AdditionalStreetName"), line3=at.text("a:AddressLine/b:Line"),
        postcode=at.text("b:PostalZone"), city=at.text("b:CityName"), region=at.text("b:CountrySubentity"),
        country=at.country("a:Country/b:IdentificationCode"),
    )  # fmt: skip


def _preceding(top: Reader) -> tuple[Reference, ...]:
    found = [one for at in top.all("a:BillingReference")[:PRECEDING_MAX] for one in _references(at)]
    return tuple(Reference(number, at.day("b:IssueDate")) for at in found if (number := at.text("b:ID")))


def _references(at: Reader) -> list[Reader]:
    return [*at.all("a:InvoiceDocumentReference"), *at.all("a:CreditNoteDocumentReference")]


def _note(top: Reader) -> str | None:
    """The notes, without the subject codes that EN 16931 writes before them in UBL (#AAK#)."""
    notes = []
    for at in top.all("b:Note"):
        text = at.note() or ""
        if text.startswith("#") and text.find("#", 1) == 4:
            text = text[5:].lstrip("\n")
        notes.append(text)
    return "\n".join(note for note in notes if note)[:NOTE_MAX] or None
