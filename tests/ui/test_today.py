"""Today as markup: what is late, the agenda, invoices, requests and news, nothing to do, and never too many elements."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

from mobility_app.store.queries import news, today
from mobility_app.store.queries.news import Found, News
from mobility_app.store.queries.today import Due, Overdue, Owed, Request, Today
from mobility_app.ui import today as view
from mobility_app.ui.today import Picture
from mobility_app.ui.words import Words
from tests.support.desk import NOW, desk
from tests.support.sheets import text

HOUR, DAY = 3_600_000, 86_400_000
PT = Words("pt")
DAY_OF = date(2026, 11, 25)
NOTHING = Today((), 0, (), 0, None, (), (), 0)
NO_NEWS = Found((), 0, None)


def due(number: int, kind: str = "appointment", at: int = NOW + HOUR) -> Due:
    return Due(f"{number:032x}", "c" * 32, "Óptica Lusitânia & Filhos", kind, f"Visita {number}", at, at + HOUR,
               "Loja da Rua <do> Carmo", "+351223401877")  # fmt: skip


def drawn(found: Today, told: Found = NO_NEWS) -> str:
    return view.render(PT, Picture(found, told, NOW, DAY_OF))


def test_nothing_to_do_says_so_and_leads_to_the_customers(tmp_path: Path) -> None:
    page = drawn(NOTHING)
    assert "Nada" in text(page)
    assert 'href="/customers"' in page
    assert "quarta-feira, 25 nov. 2026" in text(page)
    assert "Faturas vencidas" not in text(page)
    at = desk(tmp_path)
    assert today.today(at.store, NOW, "2026-11-25").overdue == ()


def test_the_agenda_names_day_time_customer_and_place_and_is_escaped() -> None:
    found = Today((due(1, "call", NOW - DAY),), 1, (due(2), due(3, at=NOW + 2 * DAY)), 2, None, (), (), 0)
    page, said = drawn(found), text(drawn(found))
    assert "Atrasadas 1" in said
    assert re.search(r"ter\. 24 nov\. \d\d:\d\d Visita 1 Óptica Lusitânia & Filhos · Chamada", said)
    assert "Rua &lt;do&gt; Carmo" in page
    assert "Os próximos 7 dias" in said
    assert page.index("Visita 1") < page.index("Visita 2") < page.index("Visita 3")


def test_a_row_opens_calls_closes_and_briefs() -> None:
    page = drawn(Today((), 0, (due(2), due(4, "call")), 2, None, (), (), 0))
    assert f'href="/customers/{"c" * 32}/activities/{2:032x}"' in page
    assert 'href="tel:+351223401877"' in page
    assert f'data-act="close" data-arg="{2:032x}"' in page
    assert f'href="/customers/{"c" * 32}/brief"' in page
    assert 'aria-label="Ligar para Óptica Lusitânia &amp; Filhos"' in page


def test_invoices_requests_and_news() -> None:
    found = Today(
        (), 0, (), 0, (Overdue("d" * 32, "c" * 32, "Óptica", "FT 7", "2026-11-13", "EUR", 123_456),),
        (Owed("EUR", 7, 999_900), Owed("USD", 1, 100)),
        (Request("e" * 32, "c" * 32, "Óptica", "S-3-1", "Balança parada\nlinha", 30, "high", NOW - DAY),), 4,
    )  # fmt: skip
    told = Found(
        (News("c" * 32, "Óptica", "", NOW - HOUR, ("website", "name", "notes", "language"), (("document", 2),)),),
        3,
        NOW - DAY,
    )
    said = text(drawn(found, told))
    assert "Faturas vencidas 8" in said
    assert "FT 7 · 12 dias de atraso" in said
    assert "9.999,00" in said
    assert "1,00" in said
    assert "Balança parada Óptica · S-3-1 · 24 nov. 2026 Alta 30" in said
    assert "Mais 3 solicitações" in said
    assert "Desde ontem" in said
    assert "Site, Nome da conta, Notas rápidas" in said
    assert "(2) · Escritório, hoje 08:46" in said
    assert "Mais 2 clientes" in said


def test_the_fullest_day_stays_within_four_hundred_elements() -> None:
    late = tuple(due(n, at=NOW - DAY) for n in range(today.LATE_MAX))
    soon = tuple(due(20 + n, at=NOW + n * 4 * HOUR) for n in range(today.SOON_MAX))
    invoices = (Overdue("d" * 32, "c" * 32, "Óptica", "FT", "2026-11-13", "EUR", 1),) * today.SIDE_MAX
    requests = (Request("e" * 32, "c" * 32, "Óptica", "S", "x", 30, "high", NOW),) * today.SIDE_MAX
    owed = (Owed("EUR", 7, 1), Owed("USD", 7, 1))
    found = Today(late, 2_000, soon, 2_000, invoices, owed, requests, 900)
    told = Found(tuple(News("c" * 32, "Ó", "M", NOW, ("name",), ()) for _ in range(news.ROWS_MAX)), 99, NOW)
    page = drawn(found, told)
    assert len(re.findall(r"<[a-z]", page)) <= 400
    assert "1.000+" in page
