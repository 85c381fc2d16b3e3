"""Details: each field with its mark, what a country or a role does not have is absent, and the cards at the side."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from mobility_app.domain.change import Row
from mobility_app.store.queries import details as queries
from mobility_app.store.queries import revenue
from mobility_app.store.queries import sheet as headers
from mobility_app.store.queries.details import Details
from mobility_app.store.queries.revenue import Asked
from mobility_app.sync.status import ONLINE
from mobility_app.ui.markup import Html
from mobility_app.ui.sheet import details, details_view
from mobility_app.ui.sheet.facts import Facts
from mobility_app.ui.words import Words
from tests.support.billing import Billing, generated
from tests.support.desk import NOW, Desk, desk
from tests.support.sheets import acts, refuse, text

HOUR = 3_600_000
TODAY = date(2026, 11, 25)


def facts(at: Desk) -> Facts:
    found = headers.header(at.store, at.customer)
    assert found is not None
    return Facts.of(at.app, found)


def model(at: Desk) -> Details:
    return queries.details(at.store, at.customer, lambda: NOW, lambda: TODAY)


def shown(at: Desk) -> Html:
    return details_view.render(facts(at), model(at))


def field(markup: str, name: str) -> str:
    """The markup of one field, by the mark that lets it light up."""
    found = re.search(rf'<div[^>]*data-f="[0-9a-f]{{32}}\.{name}">.*?(?=<div[^>]*data-f=|</section>)', markup)
    return found.group() if found else ""


def test_the_card_holds_the_fields_of_the_sheet_under_their_labels(tmp_path: Path) -> None:
    at = desk(tmp_path)
    at.from_hq("customer", at.customer, identifier_kind="nipc", identifier="503504564", preferred_weekday=2,
               website="https://lusitania.example", payment_method="transfer", payment_term_days=30)  # fmt: skip
    said = text(shown(at))
    for label in (
        "Número do cliente C-000005", "Nome da conta Óptica Lusitânia & Filhos",
        "Identificação da empresa 503 504 564 · NIPC", "Limite de crédito € 3.000,00", "Status Ativo", "Moeda EUR – Euro",
        "Pagamento Transferência", "Prazo de pagamento 30 dias", "Conta contábil Não definido",
        "Idioma de comunicação português", "Dia preferido para compromissos S T Q Q S quarta-feira",
        "E-mails Não definido", "Telefones Não definido", "Site https://lusitania.example",
        "Notas rápidas Antes das 10 h. Chave na receção.",
    ):  # fmt: skip
        assert label in said.replace("\u00a0", " "), label
    assert '<a class="fb-link" href="https://lusitania.example" target="_blank" rel="noopener noreferrer">' in shown(at)


def test_read_mode_holds_no_input_and_a_name_is_only_text(tmp_path: Path) -> None:
    at = desk(tmp_path)
    at.from_hq("customer", at.customer, name='<script>alert(1)</script>" onload="x', notes="<b>não</b>")
    markup = shown(at)
    assert not re.search(r"<(input|textarea|select|script|b>não)", markup)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&quot; onload=&quot;x" in markup


def test_no_limit_is_not_a_limit_of_nothing(tmp_path: Path) -> None:
    at = desk(tmp_path)
    Billing(at).lay()
    at.from_hq("customer", at.customer, credit_limit_minor=None)
    assert "Nenhum limite de crédito definido" in text(shown(at))
    assert "Não definido" in text(field(shown(at), "credit_limit_minor"))
    at.from_hq("customer", at.customer, credit_limit_minor=0)
    assert "€ 0,00 livres de € 0,00" in text(shown(at)).replace("\u00a0", " ")
    assert "€ 0,00" in text(field(shown(at), "credit_limit_minor")).replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("owed", "said", "percent"),
    [(120_000, "€ 1.800,00 livres de € 3.000,00", 40), (345_000, "€ 450,00 acima do limite de € 3.000,00", 100)],
)
def test_credit_used_and_free_add_up_to_the_limit(tmp_path: Path, owed: int, said: str, percent: int) -> None:
    at = desk(tmp_path)
    billing = Billing(at)
    billing.document("2026-11-01", owed + 500)
    billing.document("2026-11-02", 500, kind="credit_note")
    billing.lay()
    markup = shown(at)
    assert said in text(markup).replace("\u00a0", " ")
    assert f'aria-valuenow="{percent}"' in markup


@pytest.mark.parametrize(("country", "there"), [("PT", False), ("ES", True)])
def test_irpf_is_there_only_where_the_selling_company_is_spanish(tmp_path: Path, country: str, there: bool) -> None:
    at = desk(tmp_path)
    at.from_hq("company", at.company, country=country)
    at.from_hq("customer", at.customer, irpf_rate_bp=1500)
    assert ("Retenção IRPF" in text(shown(at))) is there
    assert ("irpf_rate_bp" in details_view.field_names(facts(at).header)) is there


def test_sharing_between_companies_is_absent_while_there_is_one(tmp_path: Path) -> None:
    at = desk(tmp_path)
    assert "Dados compartilhados entre empresas" not in text(shown(at))
    at.from_hq("company", name="Hispania", country="ES", currency="EUR")
    assert "Dados compartilhados entre empresas Não" in text(shown(at))


def test_a_role_that_knows_no_credit_sees_neither_limit_nor_card(tmp_path: Path) -> None:
    at = desk(tmp_path, role="support")
    said = text(shown(at))
    for absent in ("Limite de crédito", "Crédito usado", "Conta contábil"):
        assert absent not in said
    assert "Nome da conta" in said


def phone(at: Desk, value: str, e164: str | None, **more: object) -> str:
    row: Row = {"customer_id": at.customer, "value": value, "e164": e164, "is_main": False, **more}  # type: ignore[dict-item]
    return at.from_hq("customer_phone", **row)


def test_telephones_are_read_from_the_customers_address_and_dialled_in_full(tmp_path: Path) -> None:
    at = desk(tmp_path)
    phone(at, "22 340 18 77", "+351223401877", label="Loja")
    phone(at, "+33 1 57 14 91 45", "+33157149145", is_main=True)
    phone(at, "ramal 12", None)
    abroad = shown(at)
    assert "+351 22 340 1877" in abroad, "no address, no guess"
    at.from_hq("address", customer_id=at.customer, kind="delivery", line1="Rua A", country="PT")
    markup = shown(at)
    assert "22 340 1877" in text(markup)
    assert "+351 22" not in text(markup)
    assert re.findall(r'href="(tel:[^"]*)"', markup) == ["tel:+33157149145", "tel:+351223401877", "tel:ramal%2012"]
    assert "Telefone principal" in text(markup).split("+33 1 57 14 91 45")[1].split("22 340 1877")[0]


def test_an_e_mail_opens_a_new_message_and_carries_nothing_else(tmp_path: Path) -> None:
    at = desk(tmp_path)
    at.from_hq("customer_email", customer_id=at.customer, value="ana+b@lusitania.example?bcc=x", is_main=True)
    assert 'href="mailto:ana+b@lusitania.example%3Fbcc%3Dx"' in shown(at)


def test_only_the_field_that_waits_is_marked(tmp_path: Path) -> None:
    at = desk(tmp_path)
    with at.store.writing() as tx:
        tx.update("customer", at.customer, {"website": "https://nova.example"})
    markup = shown(at)
    assert "Não sincronizado" in field(markup, "website")
    assert markup.count("Não sincronizado") == 1
    with at.store.writing() as tx:
        tx.update("customer", at.customer, {"notes": "Outra nota"})
    assert "fb-field-waiting" in field(shown(at), "notes")


def test_a_refused_value_says_why_and_can_be_put_away(tmp_path: Path) -> None:
    at = desk(tmp_path)
    with at.store.writing() as tx:
        tx.update("customer", at.customer, {"payment_term_days": 90})
    dseq = refuse(at, "not_allowed")
    markup = field(shown(at), "payment_term_days")
    assert "O escritório recusou “90 dias”." in text(markup)
    assert ("dismiss", str(dseq)) in acts(markup)


def clash(at: Desk, entity: str, record_id: str, name: str, winner: str, loser: str) -> str:
    return at.from_hq(
        "conflict", customer_id=at.customer, entity=entity, record_id=record_id, field=name, base=None, winner=winner,
        loser=loser, winner_user_id=at.colleague, loser_user_id=at.user, winner_at=NOW - HOUR, loser_at=NOW - 2 * HOUR,
        rule="lww", state="open",
    )  # fmt: skip


def test_a_conflict_shows_both_values_who_wrote_them_and_when_and_takes_either(tmp_path: Path) -> None:
    at = desk(tmp_path)
    record_id = phone(at, "+351 22 340 18 88", "+351223401888")
    found = clash(at, "customer_phone", record_id, "value", "+351 22 340 18 88", "+351 22 340 18 99")
    markup = shown(at)
    said = text(markup)
    assert "Marta Costa · hoje 08:46 · vale agora +351 22 340 18 88" in said
    assert "Seu · hoje 07:46 +351 22 340 18 99" in said
    assert {("settle", f"{found}:winner"), ("settle", f"{found}:loser")} <= set(acts(markup))


def test_a_new_e_mail_that_was_refused_is_gone_but_its_reason_stands(tmp_path: Path) -> None:
    at = desk(tmp_path)
    with at.store.writing() as tx:
        record_id = tx.create("customer_email", {"customer_id": at.customer, "value": "x@lusitania.example"})
    dseq = refuse(at, "forbidden")
    with at.store.transaction() as session:  # as the answer of the office takes it off
        session.run("UPDATE ctx SET applying=1")
        session.remove("customer_email", record_id)
        session.run("UPDATE ctx SET applying=0")
    markup = shown(at)
    assert "O escritório recusou “x@lusitania.example”." in text(markup)
    assert ("dismiss", str(dseq)) in acts(markup)


def test_a_refused_deletion_is_said_once(tmp_path: Path) -> None:
    at = desk(tmp_path)
    record_id = phone(at, "+351 22 340 18 88", "+351223401888")
    with at.store.writing() as tx:
        tx.delete("customer_phone", record_id)
    refuse(at, "forbidden")
    at.from_hq("customer_phone", customer_id=at.customer, value="+351 22 340 18 88", is_main=False)
    with at.store.transaction() as session:
        session.run("UPDATE ctx SET applying=1")
        session.insert("customer_phone", record_id, {"customer_id": at.customer, "value": "+351 1", "is_main": False})
        session.run("UPDATE ctx SET applying=0")
    assert text(shown(at)).count("O escritório recusou excluir isto.") == 1


@pytest.mark.parametrize("number", [None, "P-3-0001"])
def test_a_number_that_headquarters_has_not_given_yet_is_called_provisional(tmp_path: Path, number: str | None) -> None:
    at = desk(tmp_path)
    at.from_hq("customer", at.customer, number=number, provisional_number="P-3-0001")
    assert "Número do cliente P-3-0001 Provisório" in text(shown(at))


def test_an_overridden_identifier_shows_its_reason(tmp_path: Path) -> None:
    at = desk(tmp_path)
    assert "Motivo para manter" not in text(shown(at))
    at.from_hq(
        "customer", at.customer, identifier_kind="nipc", identifier="503504565", identifier_override="Certidão vista"
    )
    assert "Certidão vista" in text(shown(at))


def test_what_is_next_is_planned_nearest_first_and_can_be_closed(tmp_path: Path) -> None:
    at = desk(tmp_path)
    base = {"customer_id": at.customer, "kind": "task", "status": "open"}
    for title, hours, more in (
        ("longe", 50, {}), ("logo", 1, {}), ("tarde", -1, {}), ("feita", 2, {"status": "closed"}), ("depois", 5, {}),
        ("mais longe", 90, {}),
    ):  # fmt: skip
        at.from_hq("activity", **{**base, "title": title, "due_at": NOW + hours * HOUR, **more})  # type: ignore[arg-type]
    visit = at.from_hq("activity", **{**base, "kind": "appointment", "title": "visita", "starts_at": NOW + 2 * HOUR,
                                      "place": "Na loja"})  # type: ignore[arg-type] # fmt: skip
    found = model(at).coming
    assert [one.title for one in found] == ["logo", "visita", "depois"]
    markup = shown(at)
    assert ("done", visit) in acts(markup)
    assert "visita 25 nov. 2026 11:46 · Na loja" in text(markup)


@pytest.mark.parametrize("seed", range(3))
def test_the_last_12_months_are_those_of_the_revenue_tab_to_the_cent(tmp_path: Path, seed: int) -> None:
    at = desk(tmp_path)
    assert model(at).year is None
    assert "Últimos 12 meses" not in text(shown(at))
    generated(at, seed, 120, TODAY)
    year, view = model(at).year, revenue.revenue(at.store, at.customer, Asked(), TODAY)
    assert year is not None
    assert (year.total_minor, year.currency, year.change_percent) == (
        view.now.total_minor, view.currency, view.change_percent,
    )  # fmt: skip
    assert sum(amount for _, amount in year.months) == year.total_minor
    assert len(year.months) == 12
    assert text(Html(Words("pt").money(year.total_minor, "EUR"))) in text(shown(at))


def test_the_screen_stays_the_same_online_and_offline(tmp_path: Path) -> None:
    at = desk(tmp_path)
    offline = shown(at)
    at.app.backend.board.update(state=ONLINE)
    assert shown(at) == offline


def test_a_customer_that_left_this_device_is_drawn_as_nothing(tmp_path: Path) -> None:
    at = desk(tmp_path)
    known = facts(at)
    with at.store.transaction() as session:
        session.run("UPDATE ctx SET applying=1")
        session.remove("customer", at.customer)
        session.run("UPDATE ctx SET applying=0")
    assert details_view.render(known, model(at)) == ""


def test_currencies_and_languages_are_offered_by_name(tmp_path: Path) -> None:
    words = Words("pt")
    assert details.currencies(words)["EUR"] == "EUR – Euro"
    assert "BRL" in details.currencies(words)
    assert details.languages(words)["fr"] == "francês"
    assert list(details.languages(words).values()) == sorted(details.languages(words).values(), key=str.casefold)
