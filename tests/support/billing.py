"""Billing of a desk's customer, generated: documents with lines in one transaction, as a pull would lay them in."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, timedelta

from mobility_app.domain.change import Row
from mobility_app.domain.rules.revenue import ALLOWANCES
from tests.support.desk import Desk

CATEGORIES = ("Vinho", "Azeite", "Queijo", "Pão", "Fruta", "Peixe", "Sal", None, "", ALLOWANCES)


@dataclass(slots=True)
class Billing:
    """Records that are to be laid in: (id, row) by entity."""

    at: Desk
    records: dict[str, list[tuple[str, Row]]] = field(default_factory=dict)

    def add(self, entity: str, **values: object) -> str:
        """Notes a record and returns its id."""
        record_id = self.at.store.new_id()
        self.records.setdefault(entity, []).append((record_id, dict(values)))  # type: ignore[arg-type]
        return record_id

    def document(self, day: str, net: int, *lines: tuple[str | None, int], **more: object) -> str:
        """Notes a document of that net with lines (category, net); `more` are fields."""
        values = {
            "customer_id": self.at.customer, "kind": "invoice", "type_code": "380", "number": f"F{len(self.documents) + 1}",
            "issued_on": day, "currency": "EUR", "net_minor": net, "tax_minor": 0, "gross_minor": net, "withheld_minor": 0,
            "payable_minor": net, "paid_minor": 0, **more,
        }  # fmt: skip
        document_id = self.add("document", **values)
        for position, (category, amount) in enumerate(lines, 1):
            self.add("document_line", document_id=document_id, position=position, category=category, net_minor=amount,
                     description=f"L{position}")  # fmt: skip
        return document_id

    @property
    def documents(self) -> list[tuple[str, Row]]:
        return self.records.get("document", [])

    def lay(self) -> None:
        """Lays everything in, in one transaction."""
        with self.at.store.transaction() as session:
            session.run("UPDATE ctx SET applying=1")
            for entity, rows in self.records.items():
                session.insert_many(entity, rows)
            session.run("UPDATE ctx SET applying=0")


def generated(at: Desk, seed: int, count: int, today: date, *, lines: int = 5) -> Billing:
    """Documents of three years in two currencies: corrections below zero, credit notes, totals without lines, lines that
    do not add up, categories with blanks around them. Already laid in."""
    chance, billing = random.Random(seed), Billing(at)
    for _ in range(count):
        parts = [(chance.choice(CATEGORIES), chance.randint(-20_000, 90_000)) for _ in range(chance.randint(0, lines))]
        off = chance.choice([0, 0, 0, chance.randint(-500, 500)])
        net = sum(amount for _, amount in parts) + off if parts else chance.randint(1, 50_000)
        day = today - timedelta(days=chance.randint(0, 1_100))
        paid = chance.choice([0, net, net // 2])
        due = (day + timedelta(days=30)).isoformat() if chance.random() < 0.8 else None
        billing.document(
            day.isoformat(), net, *parts, kind=chance.choice(["invoice", "invoice", "invoice", "credit_note"]),
            currency=chance.choice(["EUR", "EUR", "USD"]), paid_minor=paid, due_on=due,
        )  # fmt: skip
    billing.lay()
    return billing
