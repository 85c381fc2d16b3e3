"""The form of a new customer: every field with its wrong values, all or nothing, and those that look alike in words."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from mobility_app.store.queries import starting
from mobility_app.store.queries.alike import Typed, alike
from mobility_app.ui import alike_rows, new_customer
from mobility_app.ui.inputs import Raw
from mobility_app.ui.sheet.editing import EditSession
from mobility_app.ui.words import LANGUAGES, Words
from tests.support.desk import Desk, desk
from tests.support.sheets import text

GOOD: dict[tuple[str, str], Raw] = {
    ("customer", "name"): "Café Novo", ("customer", "identifier_kind"): "nipc", ("customer", "identifier"): "509 442 013",
    ("customer", "website"): "https://cafe.example", ("customer_phone", "value"): "22 340 18 77",
    ("customer_email", "value"): "geral@cafe.example", ("address", "kind"): "billing", ("address", "line1"): "Rua 1",
    ("address", "postcode"): "4000-001", ("address", "city"): "Porto", ("address", "country"): "pt",
}  # fmt: skip

WRONG: list[tuple[str, str, Raw]] = [
    ("customer", "name", ""), ("customer", "name", "  "), ("customer", "name", "x" * 501), ("customer", "name", "a\x00b"),
    ("customer", "identifier_kind", "passaporte"), ("customer", "identifier", "509 442 014"),
    ("customer", "identifier", "12"), ("customer", "identifier", "50944201X"), ("customer", "identifier", "9" * 61),
    ("customer", "website", "cafe"), ("customer", "website", "javascript:alert(1)"), ("customer", "website", "https://a@b.example"),
    ("customer_phone", "value", "9" * 81), ("customer_phone", "value", "22\x07"), ("customer_email", "value", "geral"),
    ("customer_email", "value", "a b@c.example"), ("customer_email", "value", "x" * 330 + "@c.example"),
    ("address", "country", "Portugal"), ("address", "country", "XX"), ("address", "line1", "x" * 501),
    ("address", "postcode", "4000\x00"), ("address", "city", "Po\x1brto"), ("address", "kind", "casa"),
]  # fmt: skip


def begun(at: Desk) -> tuple[EditSession, dict[str, str]]:
    session, ids = EditSession(at.app, new_customer.PLACE, "EUR", "e", 0, bars_files=False), dict[str, str]()
    for entity in new_customer.OFFERED:
        values = {} if entity == "customer" else {"customer_id": ids["customer"]}
        ids[entity] = session.create(entity, values)  # type: ignore[arg-type]
    return session, ids


def everything(at: Desk) -> list[tuple[object, ...]]:
    with at.store.reading() as db:
        return [*db.rows("SELECT id FROM customer ORDER BY id"), *db.rows("SELECT dseq FROM change")]


@pytest.mark.parametrize(("entity", "name", "raw"), WRONG)
def test_a_wrong_value_is_refused_at_its_field_and_nothing_is_made(
    tmp_path: Path, entity: str, name: str, raw: Raw
) -> None:
    at = desk(tmp_path, role="rep")
    before = everything(at)

    async def save() -> tuple[bool, str]:
        session, ids = begun(at)
        for slot, value in {**GOOD, (entity, name): raw}.items():
            session.set((slot[0], ids[slot[0]], slot[1]), value)
        return await session.save(), session.error((entity, ids[entity], name))

    done, said = asyncio.run(save())
    assert not done
    assert said
    assert everything(at) == before


def test_a_whole_customer_is_made_in_one_go(tmp_path: Path) -> None:
    at = desk(tmp_path, role="rep")

    async def save() -> str:
        session, ids = begun(at)
        for slot, value in GOOD.items():
            session.set((slot[0], ids[slot[0]], slot[1]), value)
        assert await session.save()
        return ids["customer"]

    made = asyncio.run(save())
    row = at.store.read("customer", made) or {}
    assert (row["name"], row["identifier"], row["owner_id"]) == ("Café Novo", "509442013", at.user)
    assert str(row["number"]).startswith("T-3-")
    with at.store.reading() as db:
        assert [one["e164"] for one in db.find("customer_phone", customer_id=made)] == ["+351223401877"]
        assert [(one["city"], one["country"]) for one in db.find("address", customer_id=made)] == [("Porto", "PT")]
        assert len(db.find("customer_email", customer_id=made)) == 1
        assert db.value("SELECT COUNT(*) FROM draft") == 0


def test_what_was_typed_is_found_by_the_next_opening_and_by_no_other(tmp_path: Path) -> None:
    at = desk(tmp_path)

    async def typed() -> None:
        session = EditSession(at.app, new_customer.PLACE, "EUR", new_customer.FORM.editor("one"), 0, bars_files=False)
        one = session.create("customer", {})
        assert new_customer.left(at.store, at.app) is None
        session.set(("customer", one, "name"), "Padaria Nova")
        await session.pause()

    asyncio.run(typed())
    found = new_customer.left(at.store, at.app)
    assert found is not None
    assert "Padaria Nova" in "".join(str(draft.value) for draft in found.drafts)
    assert "Continuar" in text(new_customer.offer(at.app.words, found, at.app.now()))


def test_the_ground_is_the_persons_company_and_territories(tmp_path: Path) -> None:
    at = desk(tmp_path)
    found = starting.ground(at.store)
    assert (found.country, found.currency, found.territories) == ("PT", "EUR", ((at.territory, "Porto"),))


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_that_looks_alike_says_why_and_opens_beside_the_form(tmp_path: Path, language: str) -> None:
    at = desk(tmp_path)
    at.from_hq("customer", at.customer, identifier="509442013")
    found = alike(at.store, Typed("Óptica Lusitânia & Filhos, Lda", "nipc", "509 442 013"))
    shown = alike_rows.render(Words(language), found)
    assert f'href="/customers/{at.customer}" target="_blank"' in shown
    for reason in ("same identifier", "same name"):
        assert Words(language)(reason) in text(shown)
    assert alike_rows.render(Words(language), ()) == ""
