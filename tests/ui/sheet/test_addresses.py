"""Addresses: a card for delivery and one for billing, copied as the country writes them, and a map that says when it can't."""

from __future__ import annotations

import asyncio
import html
import re
from pathlib import Path

import pytest

from mobility_app.domain.change import Row
from mobility_app.store.queries import addresses as queries
from mobility_app.store.queries import sheet as headers
from mobility_app.sync.status import ONLINE
from mobility_app.ui.markup import Html
from mobility_app.ui.sheet import addresses
from mobility_app.ui.sheet.editing import EditSession
from mobility_app.ui.sheet.facts import Facts
from tests.support.desk import NOW, Desk, desk
from tests.support.sheets import acts, refuse, text

PORTO: Row = {"kind": "delivery", "line1": "Rua das Flores, 5", "line2": "2.º andar", "postcode": "4050-262", "city": "Porto",
              "country": "PT", "fax": "+351 22 340 18 99"}  # fmt: skip
LYON: Row = {"kind": "billing", "line1": "12, rue Neuve", "postcode": "69001", "city": "Lyon", "country": "FR"}


def put(at: Desk, row: Row, **more: object) -> str:
    return at.from_hq("address", **{"customer_id": at.customer, **row, **more})  # type: ignore[arg-type]


def shown(at: Desk, *, online: bool = True) -> Html:
    if online:
        at.app.backend.board.update(state=ONLINE)
    found = headers.header(at.store, at.customer)
    assert found is not None
    return addresses.render(Facts.of(at.app, found), queries.addresses(at.store, at.customer))


def titles(markup: str) -> list[str]:
    return [html.unescape(one) for one in re.findall(r"<h2>([^<]*)</h2>", markup)]


def copied(markup: str) -> list[str]:
    return [html.unescape(one) for one in re.findall(r'data-copy="([^"]*)"', markup)]


def test_delivery_comes_first_then_billing_and_secondary_ones_are_counted_from_two(tmp_path: Path) -> None:
    at = desk(tmp_path)
    put(at, LYON, kind="other")
    put(at, LYON)
    put(at, PORTO)
    put(at, LYON, kind="other", line1="Outra")
    assert titles(shown(at)) == ["Endereço de entrega", "Endereço de faturamento", "Endereço 2", "Endereço 3"]


@pytest.mark.parametrize(
    ("kind", "said", "missing"),
    [("delivery", "O mesmo que o endereço de entrega.", "billing"),
     ("billing", "O mesmo que o endereço de faturamento.", "delivery")],
)  # fmt: skip
def test_one_place_may_be_both(tmp_path: Path, kind: str, said: str, missing: str) -> None:
    at = desk(tmp_path)
    put(at, PORTO, kind=kind)
    markup = shown(at)
    assert titles(markup) == ["Endereço de entrega", "Endereço de faturamento"]
    assert said in text(markup)
    assert ("add", missing) in acts(markup)


def test_an_address_is_copied_as_its_country_writes_it(tmp_path: Path) -> None:
    at = desk(tmp_path)
    put(at, PORTO)
    put(at, LYON)
    assert copied(shown(at)) == ["Rua das Flores, 5\n2.º andar\n4050-262 Porto", "12, rue Neuve\n69001 Lyon\nFrança"]


def test_a_click_on_it_offers_to_copy_and_to_change(tmp_path: Path) -> None:
    at = desk(tmp_path)
    record_id = put(at, PORTO)
    offer = re.search(r"<details.*?</details>", shown(at), re.DOTALL)
    assert offer is not None
    assert "Rua das Flores, 5" in offer.group().split("</summary>")[0]
    assert text(offer.group().split("</summary>")[1]) == "Copiar Modificar"
    assert ("change", record_id) in acts(offer.group())


def test_fax_is_shown_as_its_country_writes_numbers(tmp_path: Path) -> None:
    at = desk(tmp_path)
    put(at, PORTO)
    assert "Fax: 22 340 1899" in text(shown(at))


@pytest.mark.parametrize(
    ("more", "query"),
    [({}, "Rua%20das%20Flores%2C%205%2C%202.%C2%BA%20andar%2C%204050-262%20Porto%2C%20PT"),
     ({"latitude_e7": 411_450_000, "longitude_e7": -86_100_000}, "41.1450000%2C-8.6100000")],
)  # fmt: skip
def test_the_map_opens_in_a_new_tab_by_coordinates_where_known(tmp_path: Path, more: Row, query: str) -> None:
    at = desk(tmp_path)
    put(at, PORTO, **more)
    markup = shown(at)
    link = re.search(r'<a [^>]*href="https://www\.google\.com/maps[^>]*>', markup)
    assert link is not None
    assert f'query={query}"' in link.group()
    assert 'target="_blank"' in link.group()
    assert 'rel="noopener noreferrer"' in link.group()
    assert "O mapa precisa de rede" not in markup
    assert "geo:" not in markup


def test_offline_the_map_says_so_and_copying_and_the_devices_own_map_stay(tmp_path: Path) -> None:
    at = desk(tmp_path)
    record_id = put(at, PORTO, latitude_e7=411_450_000, longitude_e7=-86_100_000)
    markup = shown(at, online=False)
    assert f'aria-describedby="fb-map-{record_id}"' in markup
    note = re.search(rf'<p id="fb-map-{record_id}"[^>]*>([^<]*)', markup)
    assert note is not None
    assert note.group(1).startswith("O mapa precisa de rede")
    assert 'href="geo:41.1450000,-8.6100000"' in markup
    assert len(copied(markup)) == 2


def test_where_nothing_is_known_there_is_no_map(tmp_path: Path) -> None:
    at = desk(tmp_path)
    put(at, {"kind": "delivery"})
    markup = shown(at)
    assert "Não definido" in text(markup)
    assert "maps" not in markup
    assert copied(markup) == []


def test_a_role_that_may_only_read_is_offered_nothing_to_change(tmp_path: Path) -> None:
    at = desk(tmp_path, role="accountant")
    put(at, PORTO)
    assert acts(shown(at)) == []
    assert len(copied(shown(at))) == 1


def test_the_place_is_marked_while_it_waits_and_the_fax_by_itself(tmp_path: Path) -> None:
    at = desk(tmp_path)
    record_id = put(at, PORTO)
    with at.store.writing() as tx:
        tx.update("address", record_id, {"fax": "+351 22 340 18 00"})
    markup = shown(at)
    assert re.search(rf'fb-field-waiting" data-f="{record_id}\.fax"', markup)
    assert not re.search(r"<details[^>]*fb-field-waiting", markup)
    with at.store.writing() as tx:
        tx.update("address", record_id, {"city": "Braga"})
    assert re.search(r"<details[^>]*fb-field-waiting", shown(at))


def test_a_conflict_and_a_refusal_stand_in_their_card(tmp_path: Path) -> None:
    at = desk(tmp_path)
    record_id = put(at, PORTO)
    with at.store.writing() as tx:
        tx.update("address", record_id, {"fax": "+351 22 340 18 00"})
    dseq = refuse(at, "forbidden")
    found = at.from_hq(
        "conflict", customer_id=at.customer, entity="address", record_id=record_id, field="line1", base=None,
        winner="Rua A", loser="Rua B", winner_user_id=at.user, loser_user_id=at.colleague, winner_at=NOW, loser_at=NOW,
        rule="lww", state="open",
    )  # fmt: skip
    markup = shown(at)
    assert {("settle", f"{found}:winner"), ("settle", f"{found}:loser"), ("dismiss", str(dseq))} <= set(acts(markup))
    assert "Endereço: alterado aqui e no escritório" in text(markup)


def test_without_addresses_the_tab_says_what_it_is_for(tmp_path: Path) -> None:
    at = desk(tmp_path)
    assert "Adicionar endereço" in text(shown(at))
    assert titles(shown(at)) == ["Sem endereços"]


def test_coordinates_go_with_a_place_that_is_changed_and_come_back_with_it(tmp_path: Path) -> None:
    at = desk(tmp_path)
    record_id = put(at, PORTO, latitude_e7=411_450_000, longitude_e7=-86_100_000)
    row = at.store.read("address", record_id)
    assert row is not None

    async def story() -> None:
        session = EditSession(at.app, at.customer, "EUR", "one", 0, kept=False)
        session.load("address", [row])

        def typed(name: str, raw: str) -> tuple[object, object]:
            session.set(("address", record_id, name), raw)
            addresses.place_changed(session, record_id)
            return session.value("address", record_id, "latitude_e7"), session.value(
                "address", record_id, "longitude_e7"
            )

        known = (411_450_000, -86_100_000)
        assert typed("line2", "Traseiras") == known
        assert typed("line1", "Rua Nova, 1") == (None, None)
        assert typed("line1", "Rua das Flores, 5") == known
        assert session.changed == 1
        assert typed("city", "Braga") == (None, None)
        assert await session.save()

    asyncio.run(asyncio.wait_for(story(), 20))
    saved = at.store.read("address", record_id) or {}
    assert (saved["city"], saved["line2"], saved["latitude_e7"]) == ("Braga", "Traseiras", None)
