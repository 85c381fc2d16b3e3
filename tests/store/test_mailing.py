"""Writing to contacts: who gets it and who does not, one message for each customer; lists named once, filled, brought back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mobility_app.errors import InvalidValue, NotAllowed
from mobility_app.store.actions import mailing, messages
from mobility_app.store.queries import contacts as contact_queries
from mobility_app.store.queries import mailing_lists as lists
from mobility_app.store.queries.receivers import LeftOut, Receiver, Receivers, receivers
from mobility_app.store.writing import Writing
from tests.support.desk import Desk, desk


def person(at: Desk, name: str, mail: str = "", *, customer: str = "", opted_out: bool = False) -> str:
    contact = at.from_hq("contact", customer_id=customer or at.customer, first_name=name, opted_out=opted_out)
    if mail:
        at.from_hq("contact_email", contact_id=contact, value=mail, is_main=False)
    return contact


def customer(at: Desk, name: str, territory: str = "") -> str:
    return at.from_hq(
        "customer", name=name, number=name, status="active", shared=False, currency="EUR", vat_exempt=False, to_confirm=False,
        company_id=at.company, territory_id=territory or at.territory, owner_id=at.user,
    )  # fmt: skip


def queue(at: Desk, found: Receivers, subject: str = "Feira", body: str = "Bom dia") -> list[str]:
    with at.store.writing() as tx:
        return messages.queue(tx, found.ready, subject, body)


def statements(at: Desk, act: Callable[[], object]) -> int:
    said: list[str] = []
    at.store.database.watch = said.append
    act()
    at.store.database.watch = None
    return len([one for one in said if not one.startswith(("PRAGMA", "BEGIN", "COMMIT"))])


def test_who_gets_a_message_is_told_with_the_reason_of_the_others(tmp_path: Path) -> None:
    at = desk(tmp_path)
    elsewhere = customer(at, "Longe", at.from_hq("territory", company_id=at.company, name="Sul"))
    main = person(at, "Ana", "b@x.example")
    at.from_hq("contact_email", contact_id=main, value="a@x.example", is_main=True)
    ids = [main, person(at, "Rui"), person(at, "Zé", "z@x.example", opted_out=True),
           person(at, "Eva", "e@x.example", customer=elsewhere), "0" * 32, main]  # fmt: skip
    found = receivers(at.store, ids)
    assert found.ready == (Receiver(main, at.customer, "Ana", "a@x.example"),)
    assert found.left_out == (LeftOut("Rui", "no_address"), LeftOut("Zé", "opted_out"), LeftOut("Eva", "out_of_reach"))
    many = [person(at, f"P{n}", f"p{n}@x.example") for n in range(60)]
    assert statements(at, lambda: receivers(at.store, many)) == statements(at, lambda: receivers(at.store, many[:2]))


def test_a_message_to_several_customers_becomes_one_for_each(tmp_path: Path) -> None:
    at = desk(tmp_path)
    other = customer(at, "Outra")
    ids = [
        person(at, "Ana", "a@x.example"),
        person(at, "Rui", "r@x.example"),
        person(at, "Eva", "e@x.example", customer=other),
    ]
    made = queue(at, receivers(at.store, ids), body="Bom dia\nAté já")
    rows = [at.store.read("message", one) for one in made]
    assert [(row["customer_id"], row["contact_ids"]) for row in rows if row] == [
        (at.customer, sorted(ids[:2])), (other, ids[2:]),
    ]  # fmt: skip
    assert {(row["subject"], row["body"], row["sender_id"], row["state"]) for row in rows if row} == {
        ("Feira", "Bom dia\nAté já", at.user, "waiting")
    }


@pytest.mark.parametrize(
    ("subject", "body", "field", "reason"),
    [(" ", "x", "subject", "required"), ("x", " \n", "body", "required"), ("x", "y" * 20_001, "body", "too_long")],
)
def test_a_message_without_words_or_with_too_many_is_refused(
    tmp_path: Path, subject: str, body: str, field: str, reason: str
) -> None:
    at = desk(tmp_path)
    found = receivers(at.store, [person(at, "Ana", "a@x.example")])
    with pytest.raises(InvalidValue) as refused:
        queue(at, found, subject, body)
    assert (refused.value.field, refused.value.reason) == (field, reason)


def test_a_message_goes_to_somebody_and_to_no_more_than_the_bound(tmp_path: Path) -> None:
    at = desk(tmp_path)
    with pytest.raises(InvalidValue, match="required"):
        queue(at, Receivers((), ()))
    crowd = tuple(Receiver(f"{n:032x}", f"{n:032x}", "", "") for n in range(messages.CUSTOMERS_MAX + 1))
    with pytest.raises(InvalidValue, match="too_many"):
        queue(at, Receivers(crowd, ()))
    assert at.store.read("message", crowd[0].contact_id) is None


def test_more_contacts_of_one_customer_than_a_record_takes_make_a_second_record(tmp_path: Path) -> None:
    at = desk(tmp_path)
    crowd = tuple(Receiver(f"{n:032x}", at.customer, "", "") for n in range(501))
    made = queue(at, Receivers(crowd, ()))
    sizes = [len(row["contact_ids"]) for one in made if (row := at.store.read("message", one))]  # type: ignore[arg-type]
    assert sizes == [500, 1]


def test_a_list_is_filled_once_with_each_and_tells_who_was_there(tmp_path: Path) -> None:
    at = desk(tmp_path)
    ana, rui = person(at, "Ana"), person(at, "Rui")
    with at.store.writing() as tx:
        made = mailing.new_list(tx, at.company, "Novidades")
        first = mailing.add_members(tx, made, [ana])
    with at.store.writing() as tx:
        second = mailing.add_members(tx, made, [ana, rui, rui])
    assert (len(first.links), first.already, first.name) == (1, 0, "Novidades")
    assert (len(second.links), second.already) == (1, 1)
    page = lists.one(at.store, made)
    assert page is not None
    assert ([one.name for one in page.members], page.row.members) == (["Ana", "Rui"], 2)


def test_no_two_lists_and_no_two_labels_are_called_alike(tmp_path: Path) -> None:
    at = desk(tmp_path)
    with at.store.writing() as tx:
        made, other = mailing.new_list(tx, at.company, "Novidades"), mailing.new_list(tx, at.company, "Feira")
        mailing.rename(tx, made, at.company, "NOVIDADES")
        assert mailing.label(tx, at.company, "Diretor") == mailing.label(tx, at.company, " diretor ")
    for act in (
        lambda tx: mailing.new_list(tx, at.company, "novidades"),
        lambda tx: mailing.rename(tx, other, at.company, "Novidádes"),
    ):
        with pytest.raises(InvalidValue, match="in_use"), at.store.writing() as tx:
            act(tx)
    assert [row.name for row in lists.page(at.store).rows] == ["Feira", "NOVIDADES"]


def test_a_deleted_list_is_gone_everywhere_and_comes_back_with_all_of_its_members(tmp_path: Path) -> None:
    at = desk(tmp_path)
    ana = person(at, "Ana")
    with at.store.writing() as tx:
        made = mailing.new_list(tx, at.company, "Novidades")
        mailing.add_members(tx, made, [ana])
    with at.store.writing() as tx:
        tx.delete("mailing_list", made)
    page = contact_queries.one(at.store, ana)
    assert page is not None
    assert (lists.one(at.store, made), page.beside.lists) == (None, ())
    with at.store.writing() as tx:
        tx.restore("mailing_list", made)
    back, page = lists.one(at.store, made), contact_queries.one(at.store, ana)
    assert back is not None
    assert page is not None
    assert back.ids == (ana,)
    assert [name for _, _, name in page.beside.lists] == ["Novidades"]


def test_a_list_of_any_size_is_shown_by_pages_of_fifty_at_the_same_cost(tmp_path: Path) -> None:
    at = desk(tmp_path)
    made = at.from_hq("mailing_list", company_id=at.company, name="Todos")
    for n in range(lists.PAGE_ROWS + 3):
        at.from_hq("mailing_list_member", mailing_list_id=made, contact_id=person(at, f"P{n:03d}"))
    first, second = lists.one(at.store, made), lists.one(at.store, made, lists.PAGE_ROWS)
    assert first is not None
    assert second is not None
    assert ([len(first.members), len(second.members)], len(first.ids)) == ([lists.PAGE_ROWS, 3], lists.PAGE_ROWS + 3)
    assert second.members[0].name == f"P{lists.PAGE_ROWS:03d}"
    assert lists.one(at.store, made, 10_000) == first
    assert statements(at, lambda: lists.one(at.store, made)) == 2
    assert statements(at, lambda: lists.page(at.store)) == 2


@pytest.mark.parametrize("role", ["accountant", "support"])
def test_who_may_not_fill_lists_or_write_is_told_so_and_nothing_stands(tmp_path: Path, role: str) -> None:
    at = desk(tmp_path, role=role)
    ana = person(at, "Ana", "a@x.example")
    made = at.from_hq("mailing_list", company_id=at.company, name="Novidades")
    verbs: tuple[Callable[[Writing], object], ...] = (
        lambda tx: mailing.new_list(tx, at.company, "Minha"),
        lambda tx: mailing.add_members(tx, made, [ana]),
        lambda tx: mailing.carry(tx, ana, at.company, "Diretor"),
        lambda tx: messages.queue(tx, receivers(at.store, [ana]).ready, "a", "b"),
    )
    for verb in verbs:
        with pytest.raises(NotAllowed), at.store.writing() as tx:
            verb(tx)
    assert (len(lists.page(at.store).rows), lists.page(at.store).rows[0].members) == (1, 0)


def test_lists_offered_for_contacts_are_those_of_their_company(tmp_path: Path) -> None:
    at = desk(tmp_path)
    other = at.from_hq("company", name="Outra", country="ES", currency="EUR")
    mine = at.from_hq("mailing_list", company_id=at.company, name="Minha")
    at.from_hq("mailing_list", company_id=other, name="Deles")
    assert [row.id for row in lists.of_company(at.store, at.company)] == [mine]
    assert lists.page(at.store).companies == 2
