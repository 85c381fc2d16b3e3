"""A crowd of customers on a device, quickly: for measuring lists, search and memory at 100 and at 100,000.

On an open store: `fill(store, 100_000)`. On a device's folder with its passphrase, an enrolled one or an empty one:

    python -m tests.support.crowd FOLDER --customers 100000 --passphrase WORDS

(`--passphrase` is what opens the folder; a folder without keys gets new ones with it, an identity and a company, so that
`mobility app --folder FOLDER` starts on it; there is no HQ behind it, so it stays offline.) Called again it adds more.

Rows are laid in as a sync lays them, past the write door, with their search rows; the first `deep` customers also have
activities, requests, documents with lines, contacts and lines of history. The same seed gives the same customers, apart
from their ids. 100,000 take about a minute on two cores.
"""

from __future__ import annotations

import argparse
import json
import random
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from mobility_app.domain.change import Row
from mobility_app.domain.fields import encode
from mobility_app.domain.registry import entity
from mobility_app.domain.rules.folding import fold
from mobility_app.store import identity, search, vault
from mobility_app.store.identity import Identity
from mobility_app.store.records import Records
from mobility_app.store.store import Store

CHUNK = 5_000  # customers in one transaction
DEEP = 300
DAY_MS = 86_400_000
Rows = dict[str, list[tuple[str, Row]]]
DOCUMENTS, ACTIVITIES, TICKETS, CHANGES, CONTACTS = 36, 14, 2, 20, 4  # of a deep customer
_FIRST = (
    "Padaria", "Óptica", "Café", "Farmácia", "Talho", "Mercado", "Oficina", "Livraria", "Clínica", "Hotel", "Adega",
    "Serralharia", "Papelaria", "Florista", "Garagem", "Transportes", "Construções", "Móveis", "Têxteis", "Vinhos",
)  # fmt: skip
_OF = (
    "São João", "Lusitânia", "do Porto", "Central", "Nova", "Atlântico", "Ibérica", "da Praça", "Moderna", "Vitória",
    "Douro", "do Mar", "Esperança", "Bela Vista", "Santa Clara", "Camões", "Real", "da Serra", "Minho", "Tejo",
)  # fmt: skip
_FORMS = ("Lda", "SA", "& Filhos", "Unipessoal Lda", "SL", "SARL")
_PEOPLE = ("Ana", "Rui", "Marta", "João", "Inês", "Helène", "Íñigo", "Lúcia", "Bruno", "Sofia", "Nuno", "Zoé")
_NAMES = ("Silva", "Costa", "Nunes", "Pérez", "Muñoz", "Lefèvre", "Gonçalves", "Sá", "Müller", "Araújo", "Conceição")
_TOWNS = (
    ("Porto", "4000-001"), ("Braga", "4700-012"), ("Guimarães", "4800-101"), ("Aveiro", "3800-120"),
    ("Coimbra", "3000-075"), ("Viseu", "3500-033"), ("Évora", "7000-500"), ("Lisboa", "1100-200"), ("Faro", "8000-150"),
    ("Póvoa de Varzim", "4490-400"), ("Setúbal", "2900-010"), ("Leiria", "2400-088"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the crowd stands: a company, its territories and the people who may own a customer."""

    company: str
    territories: tuple[str, ...]
    people: tuple[str, ...]
    products: tuple[str, ...]


def fill(store: Store, customers: int, *, seed: int = 1, deep: int = DEEP) -> list[str]:
    """Adds that many customers to the first company that the store knows, or to one of its own. Returns their ids."""
    chance, made = random.Random(seed), []
    with store.transaction() as session:
        session.run("UPDATE ctx SET applying=1")
        place = _place(store, session)
        begun = int(session.value("SELECT COUNT(*) FROM customer"))
        session.run("UPDATE ctx SET applying=0")
    for start in range(0, customers, CHUNK):
        with store.transaction() as session:
            session.run("UPDATE ctx SET applying=1")
            numbers = range(start, min(start + CHUNK, customers))
            rows: Rows = {}
            ids = [_Customer(store, chance, place, begun + at, at < deep, rows).lay(session) for at in numbers]
            for name, records in rows.items():
                session.insert_many(name, records)
            search.refresh(session, ids)
            session.run("UPDATE ctx SET applying=0")
        made += ids
    return made


def _place(store: Store, session: Records) -> _Place:
    company = session.value("SELECT id FROM company ORDER BY id LIMIT 1") or store.new_id()
    if session.get("company", company) is None:
        session.insert("company", company, {"name": "Lusitânia", "country": "PT", "currency": "EUR"})
    known = identity.read(session)
    held = identity.actor(session).territory_ids if known else ()
    found = session.among("SELECT id FROM territory WHERE company_id=? AND id IN ({marks})", held, company)
    territories = [row[0] for row in found]
    for name in ("Norte", "Centro", "Sul")[: 3 if not territories else 0]:
        territories.append(store.new_id())
        session.insert("territory", territories[-1], {"company_id": company, "name": name})
    people = [row[0] for row in session.rows('SELECT id FROM "user" ORDER BY id')]
    if known is not None and known.user_id not in people:
        people.append(known.user_id)
        session.insert("user", known.user_id, _person("Ana Silva", company, territories))
    for name in ("Rui Costa", "Marta Nunes")[: max(0, 3 - len(people))]:
        people.append(store.new_id())
        session.insert("user", people[-1], _person(name, company, territories))
    products = [store.new_id() for _ in range(6)]
    for at, one in enumerate(products):
        session.insert("product", one, {"company_id": company, "code": f"P-{one[-6:]}", "name": f"Produto {at + 1}"})
    return _Place(company, tuple(territories), tuple(people), tuple(products))


def _person(name: str, company: str, territories: list[str]) -> Row:
    return {
        "name": name, "role": "rep", "language": "pt", "company_ids": [company], "territory_ids": list(territories),
    }  # fmt: skip


class _Customer:
    """One customer and what hangs on it."""

    def __init__(self, store: Store, chance: random.Random, place: _Place, number: int, deep: bool, rows: Rows) -> None:
        self._new, self._now, self._chance, self._place = store.new_id, store.now(), chance, place
        self.id, self._number, self._deep = store.new_id(), number, deep
        self._rows = rows

    def lay(self, session: Records) -> str:
        """Adds the rows, lays the history in and returns the customer's id."""
        chance, number, place = self._chance, self._number, self._place
        name = f"{chance.choice(_FIRST)} {chance.choice(_OF)} {chance.choice(_FORMS)}"
        owner, domain = chance.choice(place.people), f"cliente{number:06d}.example"
        own: Row = {
            "number": f"C-{number:06d}", "provisional_number": f"T-7-{number}" if number % 10 == 0 else None,
            "name": name, "identifier_kind": "other", "identifier": f"PT{500_000_000 + number}", "currency": "EUR",
            "language": "pt", "status": "inactive" if chance.random() < 0.05 else "active", "shared": False,
            "vat_exempt": False, "to_confirm": False, "company_id": place.company, "website": f"https://www.{domain}",
            "territory_id": chance.choice(place.territories), "owner_id": owner, "credit_limit_minor": 500_000,
        }  # fmt: skip
        self._add("customer", self.id, own)
        city, postcode = chance.choice(_TOWNS)
        self._add("address", self._new(), {
            "customer_id": self.id, "kind": "delivery", "line1": f"Rua {number % 97 + 1}", "city": city,
            "postcode": postcode, "country": "PT",
        })  # fmt: skip
        self._add("customer_phone", self._new(), {"customer_id": self.id, "is_main": True, **self._phone("22")})
        self._add("customer_email", self._new(), {"customer_id": self.id, "value": f"geral@{domain}", "is_main": True})
        for _ in range(CONTACTS if self._deep else 1):
            self._contact(domain)
        if chance.random() < (1 if self._deep else 0.3):
            self._activity(owner)
        if self._deep:
            self._work(owner)
            self._history(session, own)
        return self.id

    def _add(self, name: str, record_id: str, row: Row) -> str:
        self._rows.setdefault(name, []).append((record_id, row))
        return record_id

    def _phone(self, start: str) -> Row:
        digits = f"{start}{self._chance.randrange(10**7):07d}"
        return {"value": f"{digits[:2]} {digits[2:5]} {digits[5:]}", "e164": f"+351{digits}"}

    def _contact(self, domain: str) -> None:
        first, last = self._chance.choice(_PEOPLE), self._chance.choice(_NAMES)
        contact = self._add(
            "contact", self._new(),
            {"customer_id": self.id, "first_name": first, "last_name": last, "job_title": "Compras", "opted_out": False},
        )  # fmt: skip
        mail = f"{fold(first)}.{fold(last)}@{domain}"
        self._add("contact_email", self._new(), {"contact_id": contact, "value": mail, "is_main": True})
        self._add("contact_phone", self._new(), {"contact_id": contact, "is_main": True, **self._phone("91")})

    def _activity(self, owner: str) -> None:
        offset = self._chance.randint(-200, 40)
        at = self._now // DAY_MS * DAY_MS + offset * DAY_MS + 10 * 3_600_000
        self._add("activity", self._new(), {
            "customer_id": self.id, "kind": "appointment", "title": "Visita", "starts_at": at, "ends_at": at + 3_600_000,
            "status": "closed" if offset < 0 else "open", "assignee_id": owner,
        })  # fmt: skip

    def _work(self, owner: str) -> None:
        chance, today = self._chance, date(1970, 1, 1) + timedelta(days=self._now // DAY_MS)
        for _ in range(ACTIVITIES - 1):
            self._activity(owner)
        for at in range(TICKETS):
            self._add("ticket", self._new(), {
                "customer_id": self.id, "reference": f"S-7-{self._number}-{at}", "description": "Terminal não liga",
                "progress_percent": 30, "status": "open" if at else "closed", "priority": "normal",
            })  # fmt: skip
        for at in range(DOCUMENTS):
            issued = today - timedelta(days=30 * at + chance.randint(0, 20))
            lines = [chance.randint(1_000, 90_000) for _ in range(3)]
            net = sum(lines)
            gross, paid = net + net * 23 // 100, at > 1 or chance.random() < 0.5
            document = self._add("document", self._new(), {
                "customer_id": self.id, "kind": "invoice", "type_code": "380", "number": f"FT {self._number}-{at}",
                "issued_on": issued.isoformat(), "due_on": (issued + timedelta(days=30)).isoformat(), "currency": "EUR",
                "net_minor": net, "tax_minor": gross - net, "gross_minor": gross, "withheld_minor": 0,
                "payable_minor": gross, "paid_minor": gross if paid else 0,
            })  # fmt: skip
            for place, amount in enumerate(lines):
                self._add("document_line", self._new(), {
                    "document_id": document, "position": place + 1, "description": "Assinatura mensal", "quantity": "1",
                    "category": f"Categoria {place + 1}", "unit_price": str(amount / 100), "net_minor": amount,
                    "tax_rate_bp": 2300, "product_id": chance.choice(self._place.products),
                })  # fmt: skip

    def _history(self, session: Records, own: Row) -> None:
        """Lines of HQ's log: the customer as it was made, and its notes changed over the years."""
        stream, one = f"t:{own['territory_id']}", entity("customer")
        seq = int(session.value("SELECT COALESCE(MAX(seq), 0) FROM entry WHERE stream=?", stream))
        made = {f.name: [None, encode(f, own.get(f.name))] for f in one.fields}
        patches = [{name: sides for name, sides in made.items() if sides[1] is not None}]
        patches += [{"notes": [f"Nota {at}.", f"Nota {at + 1}."]} for at in range(CHANGES - 1)]
        session.many(
            f"INSERT INTO entry VALUES ({','.join('?' * 16)})",
            [
                (
                    stream, seq + at + 1, seq + at + 1, "customer", self.id, self.id, "update" if at else "create",
                    json.dumps(patch, ensure_ascii=False), None, seq + at + 1, self._place.people[0], "e" * 32, at + 1,
                    self._now - (CHANGES - at) * 30 * DAY_MS, "", "",
                )
                for at, patch in enumerate(patches)
            ],
        )  # fmt: skip


def open_folder(folder: Path, passphrase: str) -> Store:
    """The store of a device's folder; an empty folder gets keys, an identity and a company of its own."""
    fresh = not (folder / "store.db").exists()
    if fresh:
        folder.mkdir(parents=True, exist_ok=True)
        vault.create(folder, passphrase)
    store = Store(folder / "store.db", vault.unlock(folder, passphrase).database)
    if fresh:
        company, territories, user = store.new_id(), [store.new_id() for _ in range(3)], store.new_id()
        with store.transaction() as session:
            session.run("UPDATE ctx SET applying=1")
            session.insert("company", company, {"name": "Lusitânia", "country": "PT", "currency": "EUR"})
            for one, name in zip(territories, ("Norte", "Centro", "Sul"), strict=True):
                session.insert("territory", one, {"company_id": company, "name": name})
            identity.keep(session, Identity("d" * 32, 7, user, "http://127.0.0.1:9", "00" * 32, "00" * 32))
            reach = {"role": "rep", "company_ids": [company], "territory_ids": territories}
            identity.set_meta(session, "actor", json.dumps(reach))
            session.run("UPDATE ctx SET applying=0")
    return store


def main() -> None:
    """Fills a device's folder."""
    parser = argparse.ArgumentParser(description=fill.__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--passphrase", required=True)
    given = parser.parse_args()
    store = open_folder(given.folder, given.passphrase)
    fill(store, given.customers)
    store.close()


if __name__ == "__main__":
    main()
