"""What HQ knows already, as the intake asks for it: companies by name, customers by identifier and name, documents by
number and fingerprint, products by code.

Read once for each company and kept beside the ledger while an import runs: a scan of 100,000 customers for each file
would cost more than everything else. At the start of each transaction `refresh` looks at the heads of the streams and
drops what somebody else touched meanwhile, so that no decision is made on old news.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from mobility_app.hq import scopes
from mobility_app.hq.intake import parties
from mobility_app.hq.intake.model import Party
from mobility_app.hq.ledger import Transaction
from mobility_app.store.records import Records

_WATCHED = frozenset({"company", "customer", "address", "document", "product"})


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer as far as matching needs it. `places` are (postcode, country) of its addresses."""

    id: str
    name: str
    keys: tuple[str, ...]
    places: tuple[tuple[str | None, str | None], ...] = ()

    def may_be_at(self, party: Party) -> bool:
        """Whether one of the addresses may be the party's; a customer without any may be anywhere."""
        place = party.place
        return not self.places or any(
            parties.same_postcode(postcode, place.postcode) and (not country or country == (place.country or country))
            for postcode, country in self.places
        )


@dataclass(frozen=True, slots=True)
class Product:
    """A product as far as billing needs it."""

    id: str
    category: str | None
    exclusive_customer_id: str | None


@dataclass(slots=True)
class Books:
    """One company's customers, documents and products."""

    by_key: dict[str, list[Customer]] = field(default_factory=dict)
    by_name: dict[str, list[Customer]] = field(default_factory=dict)
    by_fingerprint: dict[str, tuple[str, str]] = field(default_factory=dict)  # -> (document, customer)
    by_number: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)  # (kind, number) -> same
    products: dict[str, Product] = field(default_factory=dict)

    def customer_for(self, party: Party) -> str | None:
        """The customer that a buyer is: by identifier, then by name at the same place. Of several the one at the
        buyer's place, and of those the oldest.

        What partners call a buyer is trusted only with the same name or postcode: "1" may be anybody's number.
        """
        wanted, name = parties.keys(party), parties.plain_name(party.name)
        for key in wanted:
            for customer in sorted(self.by_key.get(key, ()), key=lambda one: not one.may_be_at(party)):
                sure = not key.startswith("own:") or customer.name == name or _same_town(customer, party)
                if sure and not parties.contradict(customer.keys, wanted):
                    return customer.id
        for customer in self.by_name.get(name, ()):
            if customer.may_be_at(party) and not parties.contradict(customer.keys, wanted):
                return customer.id
        return None

    def add_customer(self, customer: Customer) -> None:
        """Notes a customer."""
        for key in customer.keys:
            self.by_key.setdefault(key, []).append(customer)
        self.by_name.setdefault(customer.name, []).append(customer)

    def add_document(self, document_id: str, customer_id: str, kind: str, number: str, fingerprint: str | None) -> None:
        """Notes a document."""
        self.by_number.setdefault((kind, number), (document_id, customer_id))
        if fingerprint:
            self.by_fingerprint.setdefault(fingerprint, (document_id, customer_id))


class Known:
    """All companies' books, read when first asked for."""

    def __init__(self) -> None:
        self._heads: dict[str, int] | None = None
        self._companies: dict[str, list[tuple[str, str]]] | None = None  # plain name -> [(id, country)]
        self._books: dict[str, Books] = {}

    def refresh(self, session: Records) -> None:
        """Drops what others touched since `settle`. The first thing in a transaction."""
        heads = {str(stream): int(head) for stream, head in session.rows("SELECT id, head FROM stream")}
        before = heads if self._heads is None else self._heads
        for stream, head in heads.items():
            if before.get(stream, 0) != head and self._touched(session, stream, before.get(stream, 0)):
                self._books.pop(stream, None)
                if stream == scopes.GLOBAL:
                    self._companies = None
        self._heads = heads

    def settle(self, tx: Transaction) -> None:
        """Notes where the streams will stand. The last thing in a transaction that wrote."""
        self._heads = {str(stream): tx.head(str(stream)) for (stream,) in tx.rows("SELECT id FROM stream")}

    def forget(self) -> None:
        """Drops everything: a transaction was taken back after something of it had been noted."""
        self._heads, self._companies = None, None
        self._books.clear()

    def company(self, session: Records, party: Party) -> str | None:
        """The company that a seller is: by its name or trading name, in its country where the file says one."""
        for name in filter(None, (party.name, named_apart(party.name, party.place.country), party.trading_name)):
            for company_id, country in self._by_name(session).get(parties.plain_name(name), ()):
                if country == (party.place.country or country):
                    return company_id
        return None

    def add_company(self, company_id: str, name: str, country: str) -> None:
        """Notes a company."""
        if self._companies is not None:
            self._companies.setdefault(parties.plain_name(name), []).append((company_id, country))

    def books(self, session: Records, company_id: str) -> Books:
        """The books of a company."""
        if company_id not in self._books:
            self._books[company_id] = _read_books(session, company_id)
        return self._books[company_id]

    def _by_name(self, session: Records) -> dict[str, list[tuple[str, str]]]:
        if self._companies is None:
            self._companies = {}
            for company_id, name, country in session.rows("SELECT id, name, country FROM company ORDER BY id"):
                self._companies.setdefault(parties.plain_name(name), []).append((company_id, country))
        return self._companies

    def _touched(self, session: Records, stream: str, since: int) -> bool:
        rows = session.rows("SELECT DISTINCT entity FROM log WHERE stream=? AND seq>?", stream, since)
        return not _WATCHED.isdisjoint(row[0] for row in rows)


def named_apart(name: str, country: str | None) -> str:
    """A company's name where another country has a company of that name: names are what people call companies by."""
    return f"{name} ({country})" if country else name


def customer_of(customer_id: str, party: Party) -> Customer:
    """A customer that was just made from a party."""
    one = parties.kept(party)
    keys = parties.keys_of(one.kind, one.value) if one else ()
    place = (party.place.postcode, party.place.country)
    return Customer(customer_id, parties.plain_name(party.name), keys, (place,) if any(place) else ())


def _same_town(customer: Customer, party: Party) -> bool:
    wanted = parties.plain_number(party.place.postcode or "")
    return bool(wanted) and any(parties.plain_number(postcode or "") == wanted for postcode, _ in customer.places)


def _read_books(session: Records, company_id: str) -> Books:
    books = Books()
    places: dict[str, list[tuple[str | None, str | None]]] = {}
    of_company = "JOIN customer c ON c.id=x.customer_id WHERE c.company_id=?"
    for customer_id, postcode, country in session.rows(
        f"SELECT x.customer_id, x.postcode, x.country FROM address x {of_company} ORDER BY x.id", company_id
    ):
        places.setdefault(customer_id, []).append((postcode, country))
    for customer_id, name, kind, identifier in session.rows(
        "SELECT id, name, identifier_kind, identifier FROM customer WHERE company_id=? ORDER BY id", company_id
    ):
        keys = parties.keys_of(kind, identifier) if kind and identifier else ()
        at = tuple(places.get(customer_id, ()))
        books.add_customer(Customer(customer_id, parties.plain_name(name), keys, at))
    for row in session.rows(
        f"SELECT x.id, x.customer_id, x.kind, x.number, x.fingerprint FROM document x {of_company} ORDER BY x.id",
        company_id,
    ):
        books.add_document(*row)
    for product_id, code, category, exclusive in session.rows(
        "SELECT id, code, category, exclusive_customer_id FROM product WHERE company_id=? ORDER BY id", company_id
    ):
        books.products.setdefault(code, Product(product_id, category, exclusive))
    return books
