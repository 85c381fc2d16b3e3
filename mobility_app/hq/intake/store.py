"""Puts parsed documents into the ledger, inside the caller's transaction: finds or makes company, customer and
products, refuses a number that is taken, links credit notes to what they correct.

It decides nothing about files (`run.py`) and nothing about totals (`assembly.py`). Everything is written as HQ itself.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable

from mobility_app.domain import registry
from mobility_app.domain.change import Row
from mobility_app.domain.fields import check
from mobility_app.domain.rules import checks, phones, places
from mobility_app.domain.rules.exclusivity import may_bill
from mobility_app.errors import InvalidValue
from mobility_app.hq.intake import known, model, northwind, parties
from mobility_app.hq.intake.known import Books, Known, Product
from mobility_app.hq.intake.model import CREDIT_NOTE, INVOICE, Line, ParsedDocument, Party, Unfit
from mobility_app.hq.ledger import Transaction
from mobility_app.hq.numbers import next_number

PREPAID = "prepaid"
"""The method of a payment that the document itself tells of: the payable amount is already less by it, so it is shown
with the payments and never counted in `paid_minor`, which is what was paid of the payable amount."""
_CORRECTS = "corrects:"  # in hq_meta: a correction whose invoice has not come yet


class Keeper:
    """Stores documents in one transaction. `made` counts the records that were made, by entity; `noted` says whether
    `known` holds something that only this transaction's end makes true."""

    def __init__(self, tx: Transaction, known_: Known, *, create_parties: bool) -> None:
        self.tx, self.known, self.create_parties = tx, known_, create_parties
        self.made: Counter[str] = Counter()
        self.noted = False

    def company_of(self, seller: Party) -> str:
        """The seller's company. Raises Unfit unknown_seller, or missing_field where a new one has no country."""
        found = self.known.company(self.tx, seller)
        if found is not None:
            return found
        if not self.create_parties:
            raise Unfit(model.UNKNOWN_SELLER, seller.name)
        country = seller.place.country or places.country_of((seller.vat or "")[:2])
        if country is None:
            raise Unfit(model.MISSING_FIELD, "country of the seller")
        return self.add_company(seller.name, country)

    def add_company(self, name: str, country: str, currency: str | None = None) -> str:
        """A new company with its default territory. Returns its id."""
        if self.tx.find("company", name=name):
            name = known.named_apart(name, country)
        company_id = self._create(
            "company", {"name": name, "country": country, "currency": currency or places.currency_of(country)}
        )
        self._default_territory(company_id)
        self.noted = True
        self.known.add_company(company_id, name, country)
        return company_id

    def document(self, company_id: str, document: ParsedDocument, mark: str, customer_id: str | None = None) -> bool:
        """Stores a document with this fingerprint; False when it is there already.

        `customer_id`: the buyer where the caller knows it. Raises Unfit number_taken, exclusive_product, bad_value.
        """
        books = self.known.books(self.tx, company_id)
        if mark in books.by_fingerprint:
            return False
        taken = books.by_number.get((document.kind, document.number))
        if taken is not None:
            raise Unfit(model.NUMBER_TAKEN, f"{document.number} is document {taken[0]}")
        buyer = customer_id or books.customer_for(document.buyer)
        products = _products(books, document.lines, buyer)
        try:
            owner = buyer or self.customer(company_id, document.buyer, document.currency)
            document_id = self._document(document, owner, mark, products)
            self._correct(books, company_id, document, document_id, owner)
        except InvalidValue as error:
            raise Unfit(model.BAD_VALUE, f"{error.entity}.{error.field}: {error.reason}") from error
        self.noted = True
        books.add_document(document_id, owner, document.kind, document.number, mark)
        return True

    def customer(self, company_id: str, party: Party, currency: str) -> str:
        """A new customer from a buyer, to be confirmed by somebody. Returns its id."""
        company = self.tx.get("company", company_id) or {}
        one = parties.kept(party)
        customer_id = self._create("customer", {
            "number": next_number(self.tx), "name": party.name, "company_id": company_id,
            "identifier_kind": one.kind if one else None, "identifier": one.value if one else None,
            "identifier_override": one.override if one else None, "currency": currency,
            "language": places.language_of(str(company.get("country"))),
            "territory_id": company.get("default_territory_id") or self._default_territory(company_id),
            "to_confirm": True,
        })  # fmt: skip
        self._card(customer_id, party)
        self.noted = True
        self.known.books(self.tx, company_id).add_customer(known.customer_of(customer_id, party))
        return customer_id

    def product(self, company_id: str, product: northwind.Product) -> None:
        """A general product, unless the company has one of that code."""
        books = self.known.books(self.tx, company_id)
        if product.code in books.products:
            return
        product_id = self._create("product", {
            "company_id": company_id, "code": product.code, "name": product.name, "category": product.category,
            "unit": product.unit, "price_minor": product.price_minor, "currency": northwind.CURRENCY,
        })  # fmt: skip
        self.noted = True
        books.products[product.code] = Product(product_id, product.category, None)

    def _default_territory(self, company_id: str) -> str:
        """The company's default territory, made where it has none: named like the company."""
        company = self.tx.get("company", company_id) or {}
        territory_id = company.get("default_territory_id")
        if not territory_id:
            territory_id = self._create("territory", {"company_id": company_id, "name": company.get("name")})
            self.tx.update("company", company_id, {"default_territory_id": territory_id})
        return str(territory_id)

    def _card(self, customer_id: str, party: Party) -> None:
        """Address, e-mail, telephone and contact, as far as they were given and are sound."""
        place, country = party.place, party.place.country
        address = {name: getattr(place, name) for name in place.__slots__}
        if any(address.values()) or party.fax:
            self._sound("address", {"customer_id": customer_id, "kind": "billing", **address, "fax": party.fax})
        owners = [("customer", customer_id)]
        if party.contact_name:
            first, _, last = party.contact_name.rpartition(" ")
            contact_id = self._sound("contact", {
                "customer_id": customer_id, "first_name": first or None, "last_name": last,
                "employer": party.name, "job_title": party.job_title,
            })  # fmt: skip
            owners += [("contact", contact_id)] if contact_id else []
        for owner, owner_id in owners:
            mine: Row = {f"{owner}_id": owner_id, "is_main": True}
            if party.email:
                self._sound(f"{owner}_email", {**mine, "value": party.email})
            if party.phone:
                e164 = phones.e164(party.phone, country)
                self._sound(f"{owner}_phone", {**mine, "value": party.phone, "e164": e164})

    def _document(self, document: ParsedDocument, customer_id: str, mark: str, products: dict[str, Product]) -> str:
        document_id = self._create("document", {
            "customer_id": customer_id, "kind": document.kind, "type_code": document.type_code,
            "number": document.number, "issued_on": document.issued_on, "due_on": document.due_on,
            "currency": document.currency, "net_minor": document.net_minor, "tax_minor": document.tax_minor,
            "gross_minor": document.gross_minor, "withheld_minor": document.withheld_minor,
            "payable_minor": document.payable_minor,
            "fingerprint": mark, "note": document.note,
        })  # fmt: skip
        for position, line in enumerate(document.lines, 1):
            product = products.get(line.code or "")
            self._create("document_line", {
                "document_id": document_id, "position": position, "product_id": product.id if product else None,
                "description": _description(line), "quantity": line.quantity, "unit_price": line.unit_price,
                "category": line.category or (product.category if product else None),
                "net_minor": line.net_minor, "tax_rate_bp": line.tax_rate_bp,
            })  # fmt: skip
        for tax in document.taxes:
            self._create("document_tax", {
                "document_id": document_id, "category_code": tax.category_code, "tax_rate_bp": tax.rate_bp,
                "base_minor": tax.base_minor, "tax_minor": tax.tax_minor,
            })  # fmt: skip
        for paid in document.payments:
            self._create("payment", {
                "document_id": document_id, "paid_on": paid.paid_on or document.issued_on,
                "amount_minor": paid.amount_minor, "method": PREPAID,
            })  # fmt: skip
        return document_id

    def _correct(
        self, books: Books, company_id: str, document: ParsedDocument, document_id: str, customer_id: str
    ) -> None:
        """Links a correction to the invoice it names, or an invoice to the corrections that came before it."""
        if document.kind == CREDIT_NOTE or document.type_code == model.CORRECTED_INVOICE:
            for reference in document.preceding:
                target = books.by_number.get((INVOICE, reference.number))
                if target is not None and target[1] == customer_id:
                    self.tx.update("document", document_id, {"corrects_id": target[0]})
                    return
            for reference in document.preceding[:1]:
                self._await(document_id, company_id, customer_id, reference.number)
        if document.kind == INVOICE:
            for waiting_id in self._awaiting(company_id, customer_id, document.number):
                self.tx.update("document", waiting_id, {"corrects_id": document_id})

    def _await(self, document_id: str, company_id: str, customer_id: str, number: str) -> None:
        wanted = json.dumps([company_id, customer_id, number])
        self.tx.run("INSERT INTO hq_meta (k, v) VALUES (?, ?)", f"{_CORRECTS}{document_id}", wanted)

    def _awaiting(self, company_id: str, customer_id: str, number: str) -> list[str]:
        """Documents that named this one before it came; they wait no longer."""
        wanted = json.dumps([company_id, customer_id, number])
        found = self.tx.rows("SELECT k FROM hq_meta WHERE k LIKE ? AND v=? ORDER BY k", f"{_CORRECTS}%", wanted)
        for (key,) in found:
            self.tx.run("DELETE FROM hq_meta WHERE k=?", key)
        ids = [str(key).removeprefix(_CORRECTS) for (key,) in found]
        return [document_id for document_id in ids if self.tx.get("document", document_id)]

    def _sound(self, entity: str, values: Row) -> str | None:
        """A record of what a buyer's card says, without the values that its fields don't take: a wrong telephone is
        no reason to refuse an invoice. Returns its id, None where nothing sound was left."""
        one, sound = registry.entity(entity), {}
        for name, value in values.items():
            try:
                sound[name] = check(entity, one.field(name), value)
            except InvalidValue:
                continue
        try:
            checks.settled(entity, {**{field.name: field.default for field in one.fields}, **sound})
            return self._create(entity, sound)
        except InvalidValue:
            return None

    def _create(self, entity: str, values: Row) -> str:
        record_id = self.tx.create(entity, values)
        self.made[entity] += 1
        return record_id


def _products(books: Books, lines: Iterable[Line], customer_id: str | None) -> dict[str, Product]:
    """Products by code, as far as the company has them. Raises Unfit exclusive_product."""
    found = {}
    for line in lines:
        product = books.products.get(line.code or "")
        if product is None:
            continue
        if not may_bill(product.exclusive_customer_id, customer_id or ""):
            raise Unfit(model.EXCLUSIVE_PRODUCT, str(line.code))
        found[str(line.code)] = product
    return found


def _description(line: Line) -> str | None:
    """The line's name, and its longer text below where that says more."""
    if not line.description or line.description.startswith(line.name):
        return line.description or line.name or None
    return f"{line.name}\n{line.description}".strip()
