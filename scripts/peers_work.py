"""The workload that peers were measured with, read from their files or made here, and our sheet's words for it.

A folder holds one JSON object a line in `customers`, `addresses` (2 for each customer), `contacts` (3), `activities` (5),
`edits_1000` and `edits_10000` (`type`, `id`, `field`, `value`; distinct records of all four kinds) and `conflict` (`id`, and
what `a` and `b` set). What our sheet has no field for stands in the record's notes, a line each, so that the same letters
travel and the same 11 records stand for a customer. An edited field that our rules hold to a form (telephone, status,
e-mail) becomes the nearest one of free text.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from mobility_app.domain.change import Row
from mobility_app.hq.office import Office

KINDS = {"customers": "customer", "addresses": "address", "contacts": "contact", "activities": "activity"}
SIZES = (1_000, 10_000)  # edits
ROOM = 200  # customers in a transaction of HQ
SEED = 20_260_101
FIELDS = {
    ("customers", "phone"): "name", ("customers", "status"): "name", ("customers", "website"): "website",
    ("customers", "notes"): "notes", ("addresses", "street"): "line1", ("addresses", "city"): "city",
    ("contacts", "title"): "job_title", ("contacts", "email"): "employer", ("contacts", "mobile"): "employer",
    ("activities", "subject"): "title", ("activities", "outcome"): "outcome", ("activities", "body"): "notes",
}  # fmt: skip
WORDS = (
    "visit",
    "order",
    "price",
    "list",
    "call",
    "back",
    "samples",
    "offer",
    "contract",
    "training",
    "fair",
    "summer",
)

Object = dict[str, str | int | float]
Edit = tuple[str, str, str, str]  # entity, id, field, value


@dataclass(frozen=True, slots=True)
class Work:
    """Objects by kind, edits by how many, and pairs of edits of the same customers."""

    objects: dict[str, list[Object]]
    edits: dict[int, list[Object]]
    conflict: list[tuple[Object, Object]]

    @property
    def customers(self) -> int:
        return len(self.objects["customers"])

    @property
    def records(self) -> int:
        return sum(map(len, self.objects.values()))


def read(folder: Path) -> Work:
    """The workload of a folder."""
    both = [
        ({"type": "customers", "id": one["id"], **one["a"]}, {"type": "customers", "id": one["id"], **one["b"]})
        for one in _lines(folder / "conflict.jsonl")
    ]
    edits = {size: path for size in SIZES if (path := folder / f"edits_{size}.jsonl").exists()}
    return Work(
        {kind: _lines(folder / f"{kind}.jsonl") for kind in KINDS},
        {size: _lines(path) for size, path in edits.items()},
        both,
    )


def _lines(path: Path) -> list[dict[str, object]]:  # type: ignore[misc]
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def made(customers: int) -> Work:
    """A workload of the same shape, for whoever has no such folder."""
    chance = random.Random(SEED)

    def text(words: int) -> str:
        return " ".join(chance.choice(WORDS) for _ in range(words))

    objects: dict[str, list[Object]] = {kind: [] for kind in KINDS}
    for number in range(customers):
        one = f"c{number}"
        objects["customers"].append({
            "id": one, "name": f"{text(2)} {number}", "customer_no": f"K{number:07}", "currency": "EUR", "language": "de",
            "phone": f"+41 44 {number:07}", "website": f"https://www.{number}.example", "status": "active", "notes": text(20),
            "industry": text(1), "email": f"info@{number}.example", "region": text(1), "source": text(1), "tags": text(3),
        })  # fmt: skip
        for kind, count, values in (
            (
                "addresses",
                2,
                {"kind": "billing", "street": text(2), "postcode": "4000", "city": "Porto", "country": "PT"},
            ),
            (
                "contacts",
                3,
                {
                    "first_name": text(1),
                    "last_name": text(1),
                    "title": "buyer",
                    "email": "a@b.example",
                    "mobile": "+41 79",
                },
            ),
            ("activities", 5, {"kind": "task", "subject": text(5), "body": text(20), "outcome": "open", "done": 0}),
        ):
            objects[kind] += [{"id": f"{kind}{number}-{at}", "customer_id": one, **values} for at in range(count)]
    every = [(kind, one["id"]) for kind, found in objects.items() for one in found]
    fields = {kind: [name for of, name in FIELDS if of == kind] for kind in KINDS}
    edits: dict[int, list[Object]] = {}
    for size in SIZES:
        if size <= len(every):
            picked = [(kind, key, chance.choice(fields[kind])) for kind, key in chance.sample(every, size)]
            edits[size] = [
                {"type": kind, "id": key, "field": field, "value": f"{field} edit {at}/{size} {text(4)}."}
                for at, (kind, key, field) in enumerate(picked)
            ]
    both: list[tuple[Object, Object]] = [
        (
            {"type": "customers", "id": one["id"], "field": "phone", "value": f"A {text(2)}"},
            {"type": "customers", "id": one["id"], "field": "notes", "value": f"B {text(6)}"},
        )
        for one in chance.sample(objects["customers"], min(1_000, customers))
    ]
    return Work(objects, edits, both)


def fill(office: Office, work: Work) -> dict[str, str]:
    """A company, its manager and all records at HQ. Returns our ids by theirs."""
    office.add_company("Peers", "PT")
    territory = office.add_territory("Peers", "One")
    office.add_user("Rep", "manager", "Peers", ["One"], "rep@peers.example")
    with office.ledger.reading() as session:
        company = str(session.find("company", name="Peers")[0]["id"])
    below: dict[object, list[tuple[str, Object]]] = {}
    for kind in ("addresses", "contacts", "activities"):
        for one in work.objects[kind]:
            below.setdefault(one["customer_id"], []).append((kind, one))
    ids: dict[str, str] = {}
    customers = work.objects["customers"]
    for start in range(0, len(customers), ROOM):
        with office.ledger.transaction(silent=True) as tx:
            for one in customers[start : start + ROOM]:
                key = ids[str(one["id"])] = tx.create(
                    "customer", {**_customer(one), "company_id": company, "territory_id": territory}
                )
                for kind, child in below.get(one["id"], ()):
                    ids[str(child["id"])] = tx.create(KINDS[kind], {"customer_id": key, **_OURS[kind](child)})
    return ids


def edits(found: list[Object], ids: dict[str, str], before: str = "") -> list[Edit]:
    """The edits in our words, `before` put before each value."""
    return [_edit(one, ids, before) for one in found]


def _edit(one: Object, ids: dict[str, str], before: str) -> Edit:
    kind, field, value = str(one["type"]), str(one["field"]), f"{before}{one['value']}"
    if field == "website":
        value = f"https://{re.sub(r'[^a-z0-9]+', '-', value.lower()).strip('-')}.example"
    return KINDS[kind], ids[str(one["id"])], FIELDS[kind, field], value


def _rest(one: Object, taken: tuple[str, ...]) -> Iterator[str]:
    for name, value in one.items():
        if name not in ("id", "customer_id", *taken):
            yield f"{name}: {value}"


def _notes(first: object, one: Object, *taken: str) -> str:
    return "\n".join([str(first), *_rest(one, taken)])


def _customer(one: Object) -> Row:
    taken = ("name", "customer_no", "status", "currency", "language", "website", "notes", "credit_limit")
    return {
        "name": str(one["name"]), "number": str(one["customer_no"]), "currency": str(one["currency"]),
        "status": "active" if one["status"] == "active" else "inactive", "language": str(one["language"]),
        "website": str(one["website"]), "credit_limit_minor": int(one.get("credit_limit", 0)) * 100,
        "notes": _notes(one["notes"], one, *taken),
    }  # fmt: skip


def _address(one: Object) -> Row:
    return {
        "kind": "billing" if one["kind"] == "billing" else "delivery", "postcode": str(one["postcode"]),
        "line1": f"{one['street']} {one.get('house_no', '')}".strip(), "city": str(one["city"]),
        "country": str(one["country"]), "latitude_e7": int(float(one.get("lat", 0)) * 10**7),
        "longitude_e7": int(float(one.get("lon", 0)) * 10**7), "line2": str(one.get("updated_at", "")),
    }  # fmt: skip


def _contact(one: Object) -> Row:
    return {
        "first_name": str(one["first_name"]), "last_name": str(one["last_name"]), "job_title": str(one["title"]),
        "notes": _notes("", one, "first_name", "last_name", "title"),
    }  # fmt: skip


def _activity(one: Object) -> Row:
    due = str(one.get("due_at", "2026-01-01T00:00:00Z"))
    return {
        "kind": "task", "title": str(one["subject"]), "status": "closed" if one["done"] else "open",
        "due_at": int(datetime.fromisoformat(due).timestamp() * 1000), "outcome": str(one["outcome"]),
        "notes": _notes(one["body"], one, "subject", "body", "done", "due_at", "outcome"),
    }  # fmt: skip


_OURS = {"addresses": _address, "contacts": _contact, "activities": _activity}
