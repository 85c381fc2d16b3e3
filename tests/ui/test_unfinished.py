"""Short forms that were begun and left: found by their form, never taken from one that is open, forgotten when given up."""

from __future__ import annotations

import asyncio
from pathlib import Path

from mobility_app.ui import unfinished
from mobility_app.ui.sheet import head, kept
from mobility_app.ui.sheet.editing import EditSession
from mobility_app.ui.unfinished import NEW, Form
from tests.support.desk import Desk, desk
from tests.ui.test_markup import Seen


def form_session(at: Desk, form: Form, token: str) -> EditSession:
    position = at.store.position(at.customer)
    return EditSession(at.app, at.customer, "EUR", form.editor(token), position, bars_files=False)


def test_a_form_is_known_by_what_it_makes_or_changes_and_of_what() -> None:
    call = Form.of("activity", "", {"customer_id": "c1", "kind": "call"})
    assert call == Form("activity", NEW, "c1", "call")
    assert Form.of("ticket_entry", "", {"ticket_id": "t 1"}) != Form.of("ticket_entry", "", {"ticket_id": "t2"})
    assert Form.of("activity", "a1", {}) == Form("activity", "a1")
    for form in (call, Form("ticket_entry", NEW, 'odd "name"', "x y"), Form("address", "a1")):
        assert Form.read(form.editor("token")) == form


def test_what_was_typed_in_a_form_is_found_again_and_goes_on_as_the_same_record(tmp_path: Path) -> None:
    at = desk(tmp_path)
    form = Form.of("activity", "", {"customer_id": at.customer, "kind": "call"})

    async def story() -> None:
        first = form_session(at, form, "one")
        record_id = first.create("activity", {"customer_id": at.customer, "kind": "call"})
        first.set(("activity", record_id, "title"), "Ligar à Marta")
        await first.pause()  # as when the browser tab dies
        assert kept.abandoned(at.store, at.customer) == []  # no edit of the sheet
        editor = form.editor("one")
        assert unfinished.left_of(at.store, at.customer, form, {editor}) is None  # still open elsewhere
        rest = unfinished.left_of(at.store, at.customer, form, ())
        assert rest is not None
        assert unfinished.left_of(at.store, at.customer, Form("activity", NEW, at.customer, "task"), ()) is None
        again = form_session(at, form, "two")
        await again.resume(rest.drafts)
        assert [row["id"] for row in again.records("activity")] == [record_id]
        assert [one.drafts[0].editor for one in unfinished.left(at.store, at.customer)] == [form.editor("two")]
        assert await again.save()
        assert unfinished.left(at.store, at.customer) == []
        assert (at.store.read("activity", record_id) or {})["title"] == "Ligar à Marta"

    asyncio.run(asyncio.wait_for(story(), 20))


def test_a_form_in_which_nothing_was_typed_leaves_nothing_to_go_on_with(tmp_path: Path) -> None:
    at = desk(tmp_path)
    form = Form.of("ticket", "", {"customer_id": at.customer})

    async def story() -> None:
        session = form_session(at, form, "one")
        session.create("ticket", {"customer_id": at.customer})
        await session.pause()

    asyncio.run(asyncio.wait_for(story(), 20))
    assert unfinished.left(at.store, at.customer) == []


def test_a_form_does_not_bar_files_from_the_customer(tmp_path: Path) -> None:
    at = desk(tmp_path)

    async def story() -> None:
        session = form_session(at, Form.of("ticket", "", {"customer_id": at.customer}), "one")
        await session.begin()
        with at.store.writing() as tx:
            tx.create("file", {"customer_id": at.customer, "name": "a.txt", "size_bytes": 1, "sha256": "0" * 64})

    asyncio.run(asyncio.wait_for(story(), 20))


def test_a_text_that_was_being_made_of_two_is_found_by_its_conflict_and_opens_its_editor_again(tmp_path: Path) -> None:
    at = desk(tmp_path)
    form = Form("customer", at.customer, "c" * 32)

    async def story() -> None:
        session = form_session(at, form, "one")
        session.load("customer", [at.store.read("customer", at.customer) or {}])
        session.set(("customer", at.customer, "name"), "Óptica dos Dois")
        await session.pause()

    asyncio.run(asyncio.wait_for(story(), 20))
    rest = unfinished.left_combining(at.store, at.customer, "c" * 32, ())
    assert rest is not None
    assert rest.slot == ("customer", at.customer, "name")
    assert unfinished.left_combining(at.store, at.customer, "d" * 32, ()) is None
    assert unfinished.left_of(at.store, at.customer, Form("customer", at.customer), ()) is None
    offer = Seen(head.form_offer(at.app.words, rest, "/here", rest.at))
    assert ("combine", "c" * 32) in {(one.get("data-act"), one.get("data-arg")) for _, one in offer.tags}
