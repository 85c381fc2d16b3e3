"""The visit brief: what it holds, whose it is, since when, and how many statements it costs."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from mobility_app.domain.fields import Plain
from mobility_app.store.queries import brief as queries
from mobility_app.store.queries.brief import Brief
from mobility_app.store.store import Store
from tests.support.desk import NOW, Desk, desk
from tests.support.sheets import log

HOUR, DAY = 3_600_000, 86_400_000
TODAY = date(2026, 11, 25)
STATEMENTS = 21


def of(at: Desk) -> Brief:
    found = queries.brief(at.store, at.customer, NOW, TODAY)
    assert found is not None
    return found


def activity(at: Desk, title: str, **values: Plain) -> str:
    given: dict[str, Plain] = {"customer_id": at.customer, "kind": "appointment", "status": "open", "title": title,
                               "assignee_id": at.user}  # fmt: skip
    return at.from_hq("activity", **{**given, **values})


def billed(at: Desk, number: str, day: str, net: int, *, product: str = "", category: str = "Café", paid: bool = True,
           kind: str = "invoice") -> None:  # fmt: skip
    document = at.from_hq(
        "document", customer_id=at.customer, kind=kind, type_code="380", number=number, issued_on=day, due_on=day,
        currency="EUR", net_minor=net, tax_minor=0, gross_minor=net, withheld_minor=0, payable_minor=net,
        paid_minor=net if paid else 0,
    )  # fmt: skip
    at.from_hq("document_line", document_id=document, position=1, category=category, net_minor=net, quantity="1",
               unit_price="1", tax_rate_bp=0, product_id=product or None)  # fmt: skip


def test_a_customer_that_this_device_does_not_hold_has_no_brief(tmp_path: Path) -> None:
    assert queries.brief(desk(tmp_path).store, "0" * 32, NOW, TODAY) is None


def test_visits_what_is_due_and_the_next_appointment(tmp_path: Path) -> None:
    at = desk(tmp_path, role="rep")
    activity(at, "Primavera", status="closed", starts_at=NOW - 60 * DAY, outcome="Quer amostras")
    activity(at, "Outono", status="closed", kind="call", due_at=NOW - 9 * DAY, notes="Ligou de volta")
    activity(at, "Proposta", status="closed", kind="task", due_at=NOW - DAY)
    activity(at, "Atrasada", kind="call", due_at=NOW - DAY)
    activity(at, "Sem data", kind="task")
    activity(at, "Natal", starts_at=NOW + 20 * DAY)
    activity(at, "Em curso", starts_at=NOW - HOUR, ends_at=NOW + HOUR, place="Loja")
    found = of(at)
    assert [(one.title, one.said) for one in found.visits] == [
        ("Outono", "Ligou de volta"),
        ("Primavera", "Quer amostras"),
    ]
    assert [one.title for one in found.due] == ["Atrasada", "Sem data"]
    assert found.next is not None
    assert (found.next.title, found.next.place, found.next.who) == ("Em curso", "Loja", "Ana Silva")


def test_whoever_took_part_most_stands_first(tmp_path: Path) -> None:
    at = desk(tmp_path, role="rep")
    ids = [at.from_hq("contact", customer_id=at.customer, first_name=name, job_title="Compras") for name in "ABCD"]
    for title in ("um", "dois"):
        at.from_hq("activity_participant", activity_id=activity(at, title, starts_at=NOW), contact_id=ids[2])
    at.from_hq("contact_phone", contact_id=ids[2], value="91 234 56 78", e164="+351912345678", is_main=True)
    assert [(one.first_name, one.phone) for one in of(at).people] == [("C", "+351912345678"), ("A", ""), ("B", "")]


def test_unpaid_documents_what_is_overdue_and_what_is_not_bought_any_more(tmp_path: Path) -> None:
    at = desk(tmp_path, role="rep")
    soap = at.from_hq("product", company_id=at.company, code="S", name="Sabão", category="Limpeza")
    mop = at.from_hq("product", company_id=at.company, code="E", name="Esfregona", category="Limpeza")
    for month in range(1, 8):
        billed(at, f"C{month}", f"2026-{month:02d}-10", 1_000, category="Café")
        billed(at, f"S{month}", f"2026-{month:02d}-11", 2_000, category="Limpeza", product=soap)
        billed(at, f"E{month}", f"2026-{month:02d}-12", 500, category="Limpeza", product=mop)
    billed(at, "E9", "2026-11-10", 500, category="Limpeza", product=mop)
    billed(at, "FT 8", "2026-11-20", 40_000, category="Chá", paid=False)
    billed(at, "NC 1", "2026-11-30", 10_000, category="Chá", paid=False, kind="credit_note")
    billing = of(at).billing
    assert billing is not None
    assert [(one.thing, one.usual_minor, one.months) for one in billing.stopped] == [
        ("Café", 1_000, 7),
        ("Sabão", 2_000, 7),
    ]
    assert [(one.number, one.owed_minor, one.state) for one in billing.unpaid] == [
        ("FT 8", 40_000, "overdue"), ("NC 1", -10_000, "open")
    ]  # fmt: skip
    assert (billing.owed, billing.overdue) == ((("EUR", 30_000),), (("EUR", 40_000),))


def test_who_sees_no_billing_gets_none(tmp_path: Path) -> None:
    at = desk(tmp_path, role="support")
    billed(at, "FT 8", "2026-11-20", 40_000, paid=False)
    assert of(at).billing is None


def test_what_others_changed_since_the_readers_last_visit(tmp_path: Path) -> None:
    at = desk(tmp_path, role="rep")
    log(at, 1, "customer", at.customer, "update", {"website": [None, "https://a.example"]}, at=NOW - 9 * DAY)
    log(at, 2, "customer", at.customer, "update", {"website": ["https://a.example", "https://b.example"]}, at=NOW - DAY)
    log(
        at, 3, "contact", "c" * 32, "create", {"first_name": [None, "Rita"], "last_name": [None, "Lima"]}, at=NOW - HOUR
    )
    log(at, 4, "customer", at.customer, "update", {"notes": [None, "meu"]}, at=NOW - HOUR, user_id=at.user)
    log(at, 5, "document_line", "e" * 32, "create", {"description": [None, "x"]}, at=NOW - HOUR, user_id=None)
    activity(at, "Visita", status="closed", starts_at=NOW - 5 * DAY)
    found = of(at)
    assert found.since == NOW - 5 * DAY
    assert [(line.entity, line.field, line.after) for line in found.changes] == [
        ("contact", "first_name", "Rita"), ("customer", "website", "https://b.example"),
    ]  # fmt: skip


def test_without_a_visit_it_counts_from_when_the_reader_last_wrote_and_without_that_not_at_all(tmp_path: Path) -> None:
    at = desk(tmp_path, role="rep")
    assert (of(at).since, of(at).changes) == (None, ())
    log(at, 1, "customer", at.customer, "update", {"notes": [None, "meu"]}, at=NOW - 3 * DAY, user_id=at.user)
    assert of(at).since == NOW - 3 * DAY
    with at.store.writing() as tx:
        tx.update("customer", at.customer, {"notes": "agora"})
    assert (of(at).since or 0) >= NOW


def test_it_costs_the_same_number_of_statements_whatever_there_is(tmp_path: Path) -> None:
    at = desk(tmp_path, role="rep")
    counts = []
    said: list[str] = []
    counted = Store(at.store.path, None, now=lambda: NOW, watch=said.append)
    for turn in range(2):
        activity(at, f"Visita {turn}", status="closed", starts_at=NOW - DAY)  # from the first turn on changes are read
        said.clear()
        queries.brief(counted, at.customer, NOW, TODAY)
        counts.append(len(said))
        for number in range(20):
            at.from_hq("contact", customer_id=at.customer, first_name=f"C{number}")
            at.from_hq("ticket", customer_id=at.customer, reference=f"S-{number}", priority="low", status="open")
            billed(at, f"FT {number}", "2026-10-01", 100, paid=False)
            log(at, 100 * turn + number + 1, "customer", at.customer, "update", {"notes": [None, str(number)]})
    assert counts == [STATEMENTS, STATEMENTS]
