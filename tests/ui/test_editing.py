"""What becomes of edits: counted, kept as drafts, merged with news from the office, saved as a whole or not at all."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest

from mobility_app.errors import NotAllowed, SheetInEdit
from mobility_app.store.queries import sheet as queries
from mobility_app.ui.inputs import Raw
from mobility_app.ui.sheet import clashes, kept
from mobility_app.ui.sheet.editing import Clash, EditSession
from mobility_app.ui.sheet.saving import Slot
from tests.support.desk import Desk, desk
from tests.support.sheets import log
from tests.ui.test_markup import Seen


def run(story: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(story, 20))


async def session_of(at: Desk, editor: str = "one") -> EditSession:
    session = EditSession(at.app, at.customer, "EUR", editor, at.store.position(at.customer))
    session.load("customer", queries.records(at.store, at.customer, "customer")["customer"])
    await session.begin()
    return session


def type_in(session: EditSession, field: str, raw: Raw) -> None:
    session.set(("customer", session.customer_id, field), raw)


def saved(at: Desk) -> dict[str, Any]:
    return dict(at.store.read("customer", at.customer) or {})


def test_the_count_is_of_fields_that_differ_not_of_keys_pressed(tmp_path: Path) -> None:
    at = desk(tmp_path)

    async def story() -> None:
        session = await session_of(at)
        for text in ("Ó", "Óp", "Ópt"):
            type_in(session, "name", text)
        type_in(session, "website", "https://exemplo.pt")
        assert session.changed == 2
        type_in(session, "name", "Óptica Lusitânia & Filhos")
        assert session.changed == 1
        type_in(session, "website", "")
        assert session.changed == 0
        await session.drop()

    run(story())


def test_one_save_keeps_edits_of_several_records_in_one_transaction(tmp_path: Path) -> None:
    at = desk(tmp_path)

    async def story() -> None:
        session = await session_of(at)
        type_in(session, "name", "Óptica Nova")
        contact = session.create("contact", {"customer_id": at.customer, "first_name": "Rui"})
        email = session.create("contact_email", {"contact_id": contact})
        session.set(("contact_email", email, "value"), "rui@exemplo.pt")
        assert session.changed == 3
        assert await session.save()
        assert (at.store.read("contact_email", email) or {})["value"] == "rui@exemplo.pt"
        assert saved(at)["name"] == "Óptica Nova"
        with at.store.reading() as db:
            assert db.value("SELECT COUNT(DISTINCT tx) FROM change") == 1
            assert db.value("SELECT COUNT(*) FROM draft") == 0
            assert db.value("SELECT COUNT(*) FROM editing") == 0

    run(story())


def test_nothing_is_saved_when_anything_is_refused_and_each_refusal_stands_at_its_field(tmp_path: Path) -> None:
    at = desk(tmp_path)

    async def story() -> None:
        session = await session_of(at)
        type_in(session, "name", "Óptica Nova")
        type_in(session, "website", "exemplo")
        email = session.create("customer_email", {"customer_id": at.customer, "value": "sem arroba"})
        assert not await session.save()
        assert set(session.errors) == {("customer", at.customer, "website"), ("customer_email", email, "value")}
        assert "e-mail" in session.error(("customer_email", email, "value"))
        assert saved(at)["name"] == "Óptica Lusitânia & Filhos"
        type_in(session, "website", "")
        session.remove("customer_email", email)
        assert await session.save()
        assert saved(at)["name"] == "Óptica Nova"

    run(story())


def test_a_half_typed_amount_is_kept_and_only_refused_when_saved(tmp_path: Path) -> None:
    at = desk(tmp_path, role="accountant")

    async def story() -> None:
        session = await session_of(at)
        slot = ("customer", at.customer, "credit_limit_minor")
        session.set(slot, "3.5oo")
        assert session.text(slot) == "3.5oo"
        assert session.error(slot) == ""
        assert not await session.save()
        assert session.error(slot).startswith("Indique um valor")
        session.set(slot, "3.500,00")
        assert session.error(slot) == ""
        assert await session.save()
        assert saved(at)["credit_limit_minor"] == 350_000

    run(story())


def test_amounts_keep_how_they_read_when_the_currency_is_changed_with_them(tmp_path: Path) -> None:
    at = desk(tmp_path, role="accountant")

    async def story() -> None:
        session = await session_of(at)
        limit = ("customer", at.customer, "credit_limit_minor")
        type_in(session, "currency", "JPY")
        assert session.currency == "JPY"
        assert session.value(*limit) == 3_000  # it read 3.000,00
        type_in(session, "credit_limit_minor", "250000")
        assert session.value(*limit) == 250_000
        type_in(session, "currency", "EUR")
        assert session.value(*limit) == 25_000_000
        type_in(session, "credit_limit_minor", "12,50")
        type_in(session, "currency", "JPY")
        assert not await session.save()
        assert "casas decimais" in session.error(limit)

    run(story())
    assert saved(at)["currency"] == "EUR"


def test_after_a_crash_the_edits_are_found_and_go_on(tmp_path: Path) -> None:
    at = desk(tmp_path)

    async def before() -> None:
        session = await session_of(at, "crashed")
        type_in(session, "name", "Óptica Nova")
        contact = session.create("contact", {"customer_id": at.customer})
        session.set(("contact", contact, "first_name"), "Rui")
        await session._written()

    run(before())
    assert kept.abandoned(at.store, at.customer) == []  # its tab is still said to be alive
    with at.store.transaction() as db:
        db.run("DELETE FROM editing")  # as the store does at its next start
    left = kept.abandoned(at.store, at.customer)
    assert {draft.editor for draft in left} == {"crashed"}

    async def after() -> None:
        session = await session_of(at, "next")
        await session.resume(left)
        assert session.text(("customer", at.customer, "name")) == "Óptica Nova"
        assert [row["first_name"] for row in session.records("contact")] == ["Rui"]
        assert session.changed == 2
        assert await session.save()

    run(after())
    assert saved(at)["name"] == "Óptica Nova"
    assert kept.abandoned(at.store, at.customer) == []


def test_what_comes_between_the_keys_and_the_session_is_no_news_that_the_person_saw(tmp_path: Path) -> None:
    at = desk(tmp_path)

    async def story() -> None:
        session = await session_of(at)
        name = ("customer", at.customer, "name")
        shown = session.sight(name)  # an input keeps it; its text is on the way for a moment
        at.from_hq("customer", at.customer, name="Óptica Deles")
        at.received_up_to(7)
        await session.refresh()
        session.set(name, "Óptica Minha", shown)
        assert session.clash(name) == Clash("Óptica Deles")
        assert not await session.save()
        assert saved(at)["name"] == "Óptica Deles"

    run(story())


def test_news_from_the_office_changes_untouched_fields_and_leaves_touched_ones_to_the_rep(tmp_path: Path) -> None:
    at = desk(tmp_path)

    async def story() -> None:
        session = await session_of(at)
        name, site = ("customer", at.customer, "name"), ("customer", at.customer, "website")
        session.set(name, "Óptica Minha")
        at.from_hq("customer", at.customer, name="Óptica Deles", website="https://deles.pt")
        at.received_up_to(7)
        await session.refresh()
        assert session.text(site) == "https://deles.pt"
        assert session.text(name) == "Óptica Minha"
        assert session.clash(name) == Clash("Óptica Deles")
        session.take_theirs(name)
        assert session.changed == 0
        assert session.text(name) == "Óptica Deles"
        session.set(name, "Óptica Minha")
        at.from_hq("customer", at.customer, name="Óptica Outra")
        await session.refresh()
        session.keep_mine(name)
        assert session.clash(name) is None
        assert await session.save()

    run(story())
    assert saved(at)["name"] == "Óptica Minha"


def test_two_tabs_are_two_editors_and_neither_writes_over_the_other_unseen(tmp_path: Path) -> None:
    at = desk(tmp_path)

    async def story() -> None:
        one, two = await session_of(at, "one"), await session_of(at, "two")
        name, site = ("customer", at.customer, "name"), ("customer", at.customer, "website")
        one.set(name, "Óptica da Primeira")
        two.set(name, "Óptica da Segunda")
        two.set(site, "https://segunda.pt")
        assert await one.save()
        assert not await two.save()
        assert saved(at)["name"] == "Óptica da Primeira"
        assert saved(at)["website"] is None  # all or nothing
        assert two.error(name).startswith("Isto foi alterado nesse meio-tempo")
        assert two.clash(name) == Clash("Óptica da Primeira")
        assert two.text(name) == "Óptica da Segunda"  # what was typed stands
        two.keep_mine(name)
        assert await two.save()

    run(story())
    assert (saved(at)["name"], saved(at)["website"]) == ("Óptica da Segunda", "https://segunda.pt")


def test_two_tabs_that_type_the_same_or_other_fields_are_not_in_each_others_way(tmp_path: Path) -> None:
    at = desk(tmp_path)

    async def story() -> None:
        one, two = await session_of(at, "one"), await session_of(at, "two")
        one.set(("customer", at.customer, "name"), "Óptica Igual")
        one.set(("customer", at.customer, "website"), "https://um.pt")
        two.set(("customer", at.customer, "name"), "Óptica Igual")
        two.set(("customer", at.customer, "notes"), "Antes das 10 h.\nChave na receção.\nGosta de café.")
        assert await one.save()
        assert await two.save()

    run(story())
    assert (saved(at)["name"], saved(at)["website"]) == ("Óptica Igual", "https://um.pt")
    assert saved(at)["notes"].endswith("Gosta de café.")


def test_each_field_carries_the_state_that_was_seen_when_it_was_touched(tmp_path: Path) -> None:
    at = desk(tmp_path)
    at.received_up_to(3)

    async def story() -> None:
        session = await session_of(at)
        type_in(session, "name", "Óptica Minha")
        at.from_hq("customer", at.customer, website="https://deles.pt")
        at.received_up_to(9)
        await session.refresh()
        type_in(session, "website", "https://minha.pt")
        assert await session.save()

    run(story())
    with at.store.reading() as db:
        assert db.rows("SELECT base, patch LIKE '%website%' FROM change ORDER BY dseq") == [(3, 0), (9, 1)]


def test_notes_of_two_people_are_merged_line_by_line(tmp_path: Path) -> None:
    at = desk(tmp_path)

    async def story() -> None:
        session = await session_of(at)
        slot = ("customer", at.customer, "notes")
        session.set(slot, "Antes das 10 h.\nChave na receção.\nGosta de café.")
        at.from_hq("customer", at.customer, notes="Fecha à segunda.\nAntes das 10 h.\nChave na receção.")
        await session.refresh()
        assert session.clash(slot) is None
        assert await session.save()

    run(story())
    assert saved(at)["notes"] == "Fecha à segunda.\nAntes das 10 h.\nChave na receção.\nGosta de café."


def test_a_new_record_that_is_removed_again_leaves_nothing_with_what_hangs_on_it(tmp_path: Path) -> None:
    at = desk(tmp_path)

    async def story() -> None:
        session = await session_of(at)
        contact = session.create("contact", {"customer_id": at.customer})
        session.create("contact_email", {"contact_id": contact, "value": "a@b.pt"})
        session.remove("contact", contact)
        assert session.changed == 0
        assert session.records("contact") == []
        assert session.records("contact_email") == []
        await session._written()
        with at.store.reading() as db:
            assert db.value("SELECT COUNT(*) FROM draft") == 0
        await session.drop()

    run(story())


def test_a_removal_can_be_taken_back_before_saving(tmp_path: Path) -> None:
    at = desk(tmp_path)
    email = at.from_hq("customer_email", customer_id=at.customer, value="geral@exemplo.pt", is_main=True)

    async def story() -> None:
        session = await session_of(at)
        session.load("customer_email", queries.records(at.store, at.customer, "customer_email")["customer_email"])
        session.remove("customer_email", email)
        assert session.records("customer_email") == []
        assert session.changed == 1
        session.bring_back("customer_email", email)
        assert [row["id"] for row in session.records("customer_email")] == [email]
        session.remove("customer_email", email)
        assert await session.save()

    run(story())
    assert at.store.read("customer_email", email) is None


def test_cancel_drops_edits_drafts_and_the_mark(tmp_path: Path) -> None:
    at = desk(tmp_path)

    async def story() -> None:
        session = await session_of(at)
        type_in(session, "name", "Óptica Nova")
        await session.drop()

    run(story())
    assert saved(at)["name"] == "Óptica Lusitânia & Filhos"
    with at.store.reading() as db:
        assert db.value("SELECT (SELECT COUNT(*) FROM draft) + (SELECT COUNT(*) FROM editing)") == 0


def test_files_are_refused_while_a_sheet_is_edited_and_taken_when_its_tab_is_gone(tmp_path: Path) -> None:
    at = desk(tmp_path)
    values = {"customer_id": at.customer, "name": "a.pdf", "size_bytes": 1, "sha256": "0" * 64}

    async def story() -> None:
        session = await session_of(at)
        type_in(session, "name", "Óptica Nova")
        with pytest.raises(SheetInEdit):
            await at.app.write(lambda tx: tx.create("file", dict(values)))
        await session.pause()
        assert await at.app.write(lambda tx: tx.create("file", dict(values)))

    run(story())
    assert kept.abandoned(at.store, at.customer)  # what was typed is not lost with the mark


def test_a_field_beyond_the_reps_right_is_refused_by_name(tmp_path: Path) -> None:
    at = desk(tmp_path, role="rep")

    async def story() -> None:
        session = await session_of(at)
        type_in(session, "credit_limit_minor", "1,00")
        assert not await session.save()
        assert session.error(("customer", at.customer, "credit_limit_minor")) == at.app.words.error(
            NotAllowed("customer", "update", "credit_limit_minor")
        )
        await session.drop()

    run(story())


def block(session: EditSession, slot: Slot) -> Seen:
    clash = session.clash(slot)
    assert clash is not None
    return Seen(clashes.block(session, slot, clash, "Campo", {}))


def test_a_clash_shows_both_values_with_who_wrote_the_other_and_when(tmp_path: Path) -> None:
    at = desk(tmp_path)

    async def story() -> None:
        session = await session_of(at)
        name = ("customer", at.customer, "name")
        session.set(name, "Óptica Minha")
        log(at, 7, "customer", at.customer, "update", {"name": ["Óptica Lusitânia & Filhos", "Óptica Deles"]})
        log(at, 8, "customer", at.customer, "update", {"website": [None, "https://x.pt"]}, user_id=at.user)
        at.from_hq("customer", at.customer, name="Óptica Deles", website="https://x.pt")
        told = asyncio.Event()
        session.listen(lambda: told.set() if session.author(name) else None)
        await session.refresh()
        await told.wait()
        said = block(session, name).text
        assert "Seu · ainda não salvoÓptica MinhaManter o meu" in said
        assert re.search(r"Marta Costa · hoje \d\d:\d\d · vale agoraÓptica DelesUsar o do outro", said)
        at.from_hq("customer", at.customer, name="Óptica do Escritório")  # nothing tells who
        await session.refresh()
        assert "Escritório · vale agoraÓptica do Escritório" in block(session, name).text
        await session.drop()

    run(story())


def test_two_texts_that_clash_are_made_one_which_is_saved_over_what_stands(tmp_path: Path) -> None:
    at = desk(tmp_path)

    async def story() -> None:
        session = await session_of(at)
        name, site = ("customer", at.customer, "name"), ("customer", at.customer, "website")
        session.set(name, "Óptica Lusitânia & Netos")
        session.set(site, "https://minha.pt")
        at.from_hq("customer", at.customer, name="Nova Óptica Lusitânia & Filhos", website="https://deles.pt")
        at.received_up_to(7)
        await session.refresh()
        assert {one["data-act"] for tag, one in block(session, name).tags if tag == "button"} == {
            "mine", "theirs", "combine",
        }  # fmt: skip
        clashes.combine(session, name)
        assert session.text(name) == "Nova Óptica Lusitânia & Netos"
        assert session.clash(name) is None
        session.keep_mine(site)
        assert await session.save()

    run(story())
    assert saved(at)["name"] == "Nova Óptica Lusitânia & Netos"


def test_fields_that_win_together_are_never_made_a_mix(tmp_path: Path) -> None:
    at = desk(tmp_path)

    async def story() -> None:
        session = await session_of(at)
        place = at.from_hq("address", customer_id=at.customer, kind="billing", line1="Rua do Ouro 1", city="Porto")
        session.load("address", queries.records(at.store, at.customer, "address")["address"])
        session.set(("address", place, "line1"), "Rua do Ouro 1, 2.º")
        at.from_hq("address", place, line1="Rua da Prata 4", city="Lisboa")
        await session.refresh()
        acts = {one["data-act"] for tag, one in block(session, ("address", place, "line1")).tags if tag == "button"}
        assert acts == {"mine", "theirs"}
        await session.drop()

    run(story())


def test_of_two_telephones_that_clash_both_can_stay(tmp_path: Path) -> None:
    at = desk(tmp_path)
    phone = at.from_hq(
        "customer_phone", customer_id=at.customer, label="Balcão", value="+351 211 111 111", is_main=True
    )

    async def story() -> None:
        session = await session_of(at)
        session.load("customer_phone", queries.records(at.store, at.customer, "customer_phone")["customer_phone"])
        slot = ("customer_phone", phone, "value")
        session.set(slot, "+351 222 222 222")
        at.from_hq("customer_phone", phone, value="+351 233 333 333")
        at.received_up_to(7)
        await session.refresh()
        assert ("button", "both") in {(tag, one.get("data-act")) for tag, one in block(session, slot).tags}
        clashes.keep_both(session, slot)
        assert session.clash(slot) is None
        assert await session.save()

    run(story())
    rows = queries.records(at.store, at.customer, "customer_phone")["customer_phone"]
    assert sorted((row["value"], row["label"], row["is_main"]) for row in rows) == [
        ("+351 222 222 222", "Balcão", False), ("+351 233 333 333", "Balcão", True),
    ]  # fmt: skip
