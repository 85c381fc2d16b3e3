"""The visit brief as markup: what it says, what it leaves away, and that its fullest page stays bounded."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

from mobility_app.store.queries import brief as queries
from mobility_app.ui import brief
from mobility_app.ui.brief import Moment
from tests.support.desk import NOW, Desk, desk
from tests.support.sheets import log, text

DAY = 86_400_000
MOMENT = Moment(NOW, date(2026, 11, 25), "Ana Silva")


def drawn(at: Desk) -> str:
    return brief.render(at.app.words, queries.brief(at.store, at.customer, NOW, MOMENT.day), MOMENT)


def test_an_unknown_customer_is_missing(tmp_path: Path) -> None:
    at = desk(tmp_path)
    assert "Este cliente não está neste dispositivo" in text(brief.render(at.app.words, None, MOMENT))


def test_a_bare_customer_says_what_there_is_not(tmp_path: Path) -> None:
    said = text(drawn(desk(tmp_path, role="rep")))
    assert "Óptica Lusitânia & Filhos C-000005" in said
    assert "Ainda sem telefone, contato ou endereço." in said
    assert "Nenhum compromisso marcado." in said
    assert "Ainda ninguém visitou este cliente." in said
    assert "Está tudo pago." in said
    assert "Antes das 10 h." in said
    assert "Alterado desde" not in said
    assert "Resumo da visita · Ana Silva · 25 nov. 2026 09:46" in said


def test_support_reads_no_billing(tmp_path: Path) -> None:
    said = text(drawn(desk(tmp_path, role="support")))
    assert "Documentos" not in said
    assert "Crédito" not in said


def test_changes_name_field_before_after_and_who(tmp_path: Path) -> None:
    at = desk(tmp_path, role="rep")
    at.from_hq("activity", customer_id=at.customer, kind="appointment", status="closed", title="Visita", assignee_id=at.user,
               starts_at=NOW - 2 * DAY)  # fmt: skip
    log(at, 1, "customer", at.customer, "update", {"payment_term_days": [30, 45]}, at=NOW - DAY)
    log(at, 2, "contact", "c" * 32, "create", {"first_name": [None, "<Rita>"]}, at=NOW - DAY, user_id=None)
    log(at, 3, "customer", at.customer, "update", {"website": ["https://a.example", None]}, at=NOW - DAY)
    page = drawn(at)
    said = text(page)
    assert "Alterado desde a sua última visita, 23 nov. 2026 3" in said
    assert "Prazo de pagamento: 30 dias → 45 dias Marta Costa, ontem 09:46" in said
    assert "Contato: <Rita> Novo · Escritório" in said
    assert "&lt;Rita&gt;" in page
    assert "Site: https://a.example → vazio" in said


def test_the_fullest_page_is_bounded(tmp_path: Path) -> None:
    at = desk(tmp_path, role="rep")
    for number in range(30):
        at.from_hq("contact", customer_id=at.customer, first_name=f"C{number}", last_name="Silva")
        for status in ("open", "closed"):
            at.from_hq("activity", customer_id=at.customer, kind="call", status=status, title=f"A{number}", notes="n" * 500,
                       due_at=NOW - DAY - number, assignee_id=at.user)  # fmt: skip
        at.from_hq("ticket", customer_id=at.customer, reference=f"S-{number}", priority="low", status="open")
        log(at, number + 1, "customer", at.customer, "update", {"notes": [str(number), "n" * 300]}, at=NOW)
    page = drawn(at)
    assert len(re.findall(r"<[a-z]", page)) <= 330  # with the frame around it, below four hundred
    assert "Mais 25 atividades" in text(page)
    assert "Mais 26 solicitações" in text(page)
    assert "Mais 24 alterações" in text(page)
