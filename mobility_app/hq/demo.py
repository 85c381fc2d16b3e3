"""Believable data for trying the product: two companies, their people, customers of three countries with years of billing.

Deterministic: the same seed, size and day give the same records. Written through the ledger like everything else.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from faker import Faker

from mobility_app.domain.change import Row
from mobility_app.domain.rules import irpf, phones, tax_ids
from mobility_app.errors import InvalidValue
from mobility_app.hq.ledger import Transaction
from mobility_app.hq.numbers import next_number
from mobility_app.hq.office import Office

COUNTRIES = (("PT", "pt_PT", "pt"), ("ES", "es_ES", "es"), ("FR", "fr_FR", "fr"))
COMPANIES = {
    "Lusitânia Serviços": ("PT", ("Norte", "Centro", "Sul")),
    "Ibérica Soluciones": ("ES", ("Galicia", "Cataluña")),
}
PEOPLE = (
    ("Ana Silva", "rep", "Lusitânia Serviços", ("Norte", "Centro")),
    ("Rui Costa", "rep", "Lusitânia Serviços", ("Norte", "Centro", "Sul")),
    ("Eva Matos", "rep", "Lusitânia Serviços", ("Sul",)),
    ("Marta Nunes", "manager", "Lusitânia Serviços", ("Norte", "Centro", "Sul")),
    ("Olga Pires", "accountant", "Lusitânia Serviços", ()),
    ("Iker Rey", "rep", "Ibérica Soluciones", ("Galicia", "Cataluña")),
    ("Vera Admin", "admin", "Lusitânia Serviços", ()),
)
LABELS = ("Diretor", "Responsável de Marketing", "Compras", "Contabilidade", "Técnico")
CATEGORIES = (
    ("Assinaturas", "Assinatura mensal", 4900, 0.9),
    ("Formação", "Dia de formação", 65_000, 0.35),
    ("Instalação", "Instalação no local", 32_000, 0.25),
    ("Consumíveis", "Caixa de consumíveis", 1_250, 0.7),
    ("Suporte", "Contrato de suporte", 12_000, 0.4),
    ("Serviços adicionais", "Hora de consultoria", 8_500, 0.3),
)
SEASON = (0.8, 0.85, 1.0, 1.1, 1.15, 1.05, 0.8, 0.5, 1.15, 1.2, 1.25, 1.4)
YEARS = 3
RATE_BP = {"PT": 2300, "ES": 2100, "FR": 2000}
IRPF_BP = 1500
DAY_MS = 86_400_000
ROOM = 4_000  # records in one transaction


@dataclass(slots=True)
class _Hand:
    """What the making of customers needs at hand."""

    chance: random.Random
    fakers: dict[str, Faker]
    today: date
    now: int
    companies: dict[str, str]
    territories: dict[tuple[str, str], str]
    reps: dict[str, list[str]]
    labels: dict[str, list[str]]
    lists: dict[str, str]
    products: dict[str, list[tuple[str, str, str, int, float]]]


def make(office: Office, *, customers: int = 500, seed: int = 1) -> int:
    """Fills an empty HQ. Returns how many customers were made. Raises InvalidValue where it holds a company already."""
    with office.ledger.reading() as session:
        if session.find("company"):
            raise InvalidValue("company", "name", "not_empty")
    hand = _people(office, seed)
    made = 0
    while made < customers:  # ends: every turn makes at least one
        with office.ledger.transaction(silent=True) as tx:
            records = 0
            while made < customers and records < ROOM:
                records += _customer(tx, hand, made)
                made += 1
    office.headquarters.snapshots.keep_fresh()
    return made


def _people(office: Office, seed: int) -> _Hand:
    chance = random.Random(seed)
    fakers = {}
    for country, locale, _ in COUNTRIES:
        fakers[country] = Faker(locale)
        fakers[country].seed_instance(chance.randrange(2**31))
    hand = _Hand(
        chance, fakers, datetime.fromtimestamp(office.now() / 1000, UTC).date(), office.now(), {}, {}, {}, {}, {}, {}
    )
    for name, (country, territories) in COMPANIES.items():
        hand.companies[name] = office.add_company(name, country)
        for territory in territories:
            hand.territories[(name, territory)] = office.add_territory(name, territory)
    for name, role, company, held in PEOPLE:
        email = f"{name.split()[0].lower()}@{'lusitania' if 'Lus' in company else 'iberica'}.example"
        user = office.add_user(name, role, company, list(held), email, "pt" if "Lus" in company else "es")
        for territory in held if role == "rep" else ():
            hand.reps.setdefault(hand.territories[(company, territory)], []).append(user)
    with office.ledger.transaction(silent=True) as tx:
        for name, company_id in hand.companies.items():
            hand.labels[name] = [tx.create("label", {"company_id": company_id, "name": label}) for label in LABELS]
            hand.lists[name] = tx.create("mailing_list", {"company_id": company_id, "name": "Novidades"})
            hand.products[name] = [
                (_product(tx, company_id, number, *line[:3]), *line) for number, line in enumerate(CATEGORIES, 1)
            ]
    return hand


def _product(tx: Transaction, company_id: str, number: int, category: str, name: str, price: int) -> str:
    return tx.create("product", {
        "company_id": company_id, "code": f"P-{number:03d}", "name": name, "category": category, "unit": "un",
        "price_minor": price, "currency": "EUR",
    })  # fmt: skip


def _customer(tx: Transaction, hand: _Hand, number: int) -> int:
    chance = hand.chance
    company = "Lusitânia Serviços" if number == 0 or chance.random() < 0.7 else "Ibérica Soluciones"
    seller = COMPANIES[company][0]
    country, _, language = chance.choices(COUNTRIES, (6, 2, 2) if seller == "PT" else (1, 7, 2))[0]
    fake = hand.fakers[country]
    # the first customer is the first rep's, however few are made
    territory = hand.territories[(company, "Norte" if number == 0 else chance.choice(COMPANIES[company][1]))]
    kind, identifier = _identifier(chance, country)
    name = fake.company()
    customer = tx.create("customer", {
        "number": next_number(tx), "name": name, "identifier_kind": kind,
        "identifier": identifier, "credit_limit_minor": chance.choice([None, 0, 300_000, 500_000, 1_000_000]),
        "status": "inactive" if chance.random() < 0.06 else "active", "shared": chance.random() < 0.1,
        "currency": "EUR", "payment_method": chance.choice(["transfer", "direct_debit", "card"]),
        "payment_term_days": chance.choice([0, 30, 60]),
        "irpf_rate_bp": IRPF_BP if seller == "ES" and chance.random() < 0.3 else None,
        "ledger_account": f"2111{number:07d}", "language": language,
        "preferred_weekday": chance.choice([None, 0, 1, 2, 3, 4]), "website": f"https://www.{_domain(name)}",
        "notes": fake.sentence(nb_words=14) if chance.random() < 0.6 else None,
        "company_id": hand.companies[company], "territory_id": territory, "owner_id": chance.choice(hand.reps[territory]),
    })  # fmt: skip
    made = 1 + _reach(tx, hand, customer, country, name)
    made += _contacts(tx, hand, customer, country, company, name)
    made += _activities(tx, hand, customer, territory)
    made += _tickets(tx, hand, customer, territory, number)
    made += _own_products(tx, hand, customer, company, number)
    return made + _documents(tx, hand, customer, company, seller, number)


def _identifier(chance: random.Random, country: str) -> tuple[str, str]:
    """A valid identifier: digits are tried until the check digit fits (one in ten or so)."""
    kind, start = {"PT": ("nipc", "5"), "ES": ("cif", "B"), "FR": ("siren", "4")}[country]
    candidate = ""
    for _ in range(1_000):
        candidate = f"{start}{chance.randrange(10**8):08d}"
        try:
            return kind, tax_ids.normalised(kind, candidate)
        except InvalidValue:
            continue
    return "other", candidate


def _domain(name: str) -> str:
    letters = "".join(letter for letter in name.lower() if letter.isascii() and letter.isalnum())
    return f"{letters or 'cliente'}.example"


def _phone(chance: random.Random, country: str) -> dict[str, Any]:
    digits = chance.randrange(10**6)
    typed = {
        "PT": f"22 {chance.randrange(200, 999)} {digits // 100 % 100:02d} {digits % 100:02d}",
        "ES": f"91 {chance.randrange(100, 999)} {digits // 100 % 100:02d} {digits % 100:02d}",
        "FR": f"01 {chance.randrange(40, 59)} {digits // 10_000:02d} {digits // 100 % 100:02d} {digits % 100:02d}",
    }[country]
    return {"value": typed, "e164": phones.e164(typed, country)}


def _reach(tx: Transaction, hand: _Hand, customer: str, country: str, name: str) -> int:
    chance, fake = hand.chance, hand.fakers[country]
    kinds = ["billing"] if chance.random() < 0.4 else ["delivery", "billing"]
    for kind in kinds:
        tx.create("address", {
            "customer_id": customer, "kind": kind, "line1": fake.street_address().replace("\n", ", "),
            "postcode": fake.postcode(), "city": fake.city(), "country": country,
            "fax": _phone(chance, country)["value"] if chance.random() < 0.1 else None,
        })  # fmt: skip
    tx.create("customer_phone", {"customer_id": customer, "label": "Geral", "is_main": True, **_phone(chance, country)})
    if chance.random() < 0.4:
        tx.create("customer_phone", {"customer_id": customer, "label": "Armazém", **_phone(chance, country)})
    tx.create("customer_email", {"customer_id": customer, "value": f"geral@{_domain(name)}", "is_main": True})
    return len(kinds) + 3


def _contacts(tx: Transaction, hand: _Hand, customer: str, country: str, company: str, name: str) -> int:
    chance, fake, made = hand.chance, hand.fakers[country], 0
    for _ in range(chance.randint(1, 4)):
        first, last = fake.first_name(), fake.last_name()
        contact = tx.create("contact", {
            "customer_id": customer, "first_name": first, "last_name": last, "employer": name,
            "job_title": chance.choice(["Diretor", "Compras", "Contabilidade", "Técnico", "Marketing"]),
        })  # fmt: skip
        local = "".join(letter for letter in f"{first}.{last}".lower() if letter.isascii() and letter not in " '")
        tx.create(
            "contact_email",
            {"contact_id": contact, "value": f"{local.strip('.') or 'c'}@{_domain(name)}", "is_main": True},
        )
        tx.create(
            "contact_phone", {"contact_id": contact, "label": "Telemóvel", "is_main": True, **_phone(chance, country)}
        )
        tx.create("contact_label", {"contact_id": contact, "label_id": chance.choice(hand.labels[company])})
        if chance.random() < 0.4:
            tx.create("mailing_list_member", {"mailing_list_id": hand.lists[company], "contact_id": contact})
        made += 5
    return made


def _activities(tx: Transaction, hand: _Hand, customer: str, territory: str) -> int:
    chance = hand.chance
    titles = {
        "task": ("Enviar proposta", "Rever contrato", "Preparar amostras"),
        "call": ("Chamada de seguimento", "Confirmar encomenda", "Dúvidas da fatura"),
        "appointment": ("Visita trimestral", "Apresentação do catálogo", "Formação no local"),
    }
    count = chance.randint(2, 7)
    for _ in range(count):
        kind, offset = chance.choice(list(titles)), chance.randint(-120, 40)
        start = hand.now // DAY_MS * DAY_MS + offset * DAY_MS + chance.randint(9, 17) * 3_600_000
        values: Row = {
            "customer_id": customer, "kind": kind, "title": chance.choice(titles[kind]),
            "assignee_id": chance.choice(hand.reps[territory]),
            "status": "closed" if offset < -10 and chance.random() < 0.9 else "open",
        }  # fmt: skip
        if kind == "appointment":
            values |= {"starts_at": start, "ends_at": start + 3_600_000, "place": "No cliente"}
        else:
            values |= {"due_at": start, "direction": chance.choice(["made", "received"]) if kind == "call" else None}
        tx.create("activity", values)
    return count


def _tickets(tx: Transaction, hand: _Hand, customer: str, territory: str, number: int) -> int:
    chance, made = hand.chance, 0
    for index in range(chance.choice([0, 0, 1, 1, 2])):
        percent = chance.choice([0, 30, 60, 100])
        author = chance.choice(hand.reps[territory])
        ticket = tx.create("ticket", {
            "customer_id": customer, "reference": f"S-0-{number * 3 + index + 1}", "progress_percent": percent,
            "description": chance.choice(["Terminal não liga", "Fatura com morada errada", "Pedido de nova licença"]),
            "priority": chance.choice(["low", "normal", "high"]),
        })  # fmt: skip
        tx.create("ticket_entry", {
            "ticket_id": ticket, "text": "Cliente contactado por telefone.", "author_id": author,
            "written_at": hand.now - chance.randint(1, 60) * DAY_MS,
        })  # fmt: skip
        made += 2
    return made


def _own_products(tx: Transaction, hand: _Hand, customer: str, company: str, number: int) -> int:
    chance = hand.chance
    if chance.random() < 0.3:
        product = chance.choice(hand.products[company])
        tx.create("customer_price", {
            "customer_id": customer, "product_id": product[0], "price_minor": product[3] * 85 // 100, "currency": "EUR",
        })  # fmt: skip
    if chance.random() < 0.3:
        tx.create("product", {
            "company_id": hand.companies[company], "code": f"X-{number:05d}", "name": "Assinatura à medida",
            "description": "Plano acordado só com este cliente.", "category": "Assinaturas", "unit": "mês",
            "price_minor": chance.randint(20, 200) * 100, "currency": "EUR", "exclusive_customer_id": customer,
            "valid_from": f"{hand.today.year}-01-01",
        })  # fmt: skip
    return 2


def _documents(tx: Transaction, hand: _Hand, customer: str, company: str, seller: str, number: int) -> int:
    """Invoices of the last years, some credited, most paid; a season and a customer's own size decide how much."""
    chance, made = hand.chance, 0
    size, busy = chance.uniform(0.3, 2.5), chance.uniform(0.15, 0.8)
    month = hand.today.year * 12 + hand.today.month - 1 - YEARS * 12
    withholds = irpf.applies(seller) and chance.random() < 0.3
    for offset in range(YEARS * 12 + 1):
        year, index = divmod(month + offset, 12)
        day = date(year, index + 1, chance.randint(1, 28))
        if day > hand.today or chance.random() > busy:
            continue
        lines = [
            (product, chance.randint(1, max(1, round(4 * size * SEASON[index]))))
            for product in hand.products[company]
            if chance.random() < product[4] * SEASON[index]
        ]
        if lines:
            made += _invoice(tx, hand, customer, seller, f"{number:05d}-{offset:02d}", day, lines, withholds)
    return made


def _invoice(
    tx: Transaction, hand: _Hand, customer: str, seller: str, reference: str, day: date,
    lines: list[tuple[tuple[str, str, str, int, float], int]], withholds: bool,
) -> int:  # fmt: skip
    chance = hand.chance
    net = sum(product[3] * quantity for product, quantity in lines)
    due = day + timedelta(days=30)
    paid = chance.random() < 0.95 if due < hand.today - timedelta(days=60) else chance.random() < 0.4
    invoice = _document(tx, customer, seller, "invoice", "380", f"FT {reference}", day, due, net, withholds, paid, None)
    _lines(tx, invoice, seller, lines)
    if paid:
        payable = (tx.get("document", invoice) or {})["payable_minor"]
        tx.create("payment", {
            "document_id": invoice, "paid_on": (due - timedelta(days=chance.randint(0, 20))).isoformat(),
            "amount_minor": payable, "method": "transfer",
        })  # fmt: skip
    if chance.random() > 0.06:
        return 3 + len(lines)
    back = lines[:1]
    net = sum(product[3] * quantity for product, quantity in back)
    later = min(day + timedelta(days=12), hand.today)
    note = _document(
        tx, customer, seller, "credit_note", "381", f"NC {reference}", later, None, net, withholds, True, invoice
    )
    _lines(tx, note, seller, back)
    return 6 + len(lines)


def _document(
    tx: Transaction, customer: str, seller: str, kind: str, code: str, number: str, day: date, due: date | None,
    net: int, withholds: bool, paid: bool, corrects: str | None,
) -> str:  # fmt: skip
    tax = net * RATE_BP[seller] // 10_000
    withheld = irpf.withheld(net, IRPF_BP) if withholds else 0
    payable = net + tax - withheld
    document = tx.create("document", {
        "customer_id": customer, "kind": kind, "type_code": code, "number": number, "issued_on": day.isoformat(),
        "due_on": due.isoformat() if due else None, "currency": "EUR", "net_minor": net, "tax_minor": tax,
        "gross_minor": net + tax, "withheld_minor": withheld, "payable_minor": payable,
        "paid_minor": payable if paid else 0, "corrects_id": corrects,
    })  # fmt: skip
    tx.create("document_tax", {
        "document_id": document, "category_code": "S", "tax_rate_bp": RATE_BP[seller], "base_minor": net, "tax_minor": tax,
    })  # fmt: skip
    return document


def _lines(
    tx: Transaction, document: str, seller: str, lines: list[tuple[tuple[str, str, str, int, float], int]]
) -> None:
    for position, ((product, category, name, price, _), quantity) in enumerate(lines, 1):
        tx.create("document_line", {
            "document_id": document, "position": position, "product_id": product, "description": name,
            "category": category, "quantity": str(quantity), "unit_price": f"{price // 100}.{price % 100:02d}",
            "net_minor": price * quantity, "tax_rate_bp": RATE_BP[seller],
        })  # fmt: skip
