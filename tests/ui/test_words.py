"""Texts and formats: labels are the promised ones, every refusal has a sentence. The catalogues: test_catalogue.py."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobility_app import errors
from mobility_app.domain import registry
from mobility_app.domain.fields import Kind
from mobility_app.errors import InvalidValue, NotAllowed
from mobility_app.ui import names, reasons
from mobility_app.ui.imports import texts as imports
from mobility_app.ui.words import LANGUAGES, Words

ROOT = Path(__file__).resolve().parent.parent.parent
LISBON = ZoneInfo("Europe/Lisbon")
NOON = 1_795_694_400_000  # 26 Nov 2026, 12:00 UTC


PROMISED = {
    ("customer", "number"): "Número do cliente",
    ("customer", "name"): "Nome da conta",
    ("customer", "identifier"): "Identificação da empresa",
    ("customer", "credit_limit_minor"): "Limite de crédito",
    ("customer", "status"): "Status",
    ("customer", "shared"): "Dados compartilhados entre empresas",
    ("customer", "currency"): "Moeda",
    ("customer", "payment_method"): "Pagamento",
    ("customer", "irpf_rate_bp"): "Retenção IRPF",
    ("customer", "ledger_account"): "Conta contábil",
    ("customer", "language"): "Idioma de comunicação",
    ("customer", "preferred_weekday"): "Dia preferido para compromissos",
    ("customer", "website"): "Site",
    ("customer", "notes"): "Notas rápidas",
    ("address", "line2"): "Endereço 2",
    ("address", "line3"): "Endereço 3",
    ("address", "fax"): "Fax",
}


@pytest.mark.parametrize(("place", "label"), PROMISED.items())
def test_portuguese_labels_are_the_promised_ones(place: tuple[str, str], label: str) -> None:
    assert Words("pt").field(*place) == label


def test_portuguese_choices_are_the_promised_ones() -> None:
    words = Words("pt")
    assert [words.choice("customer", "status", one) for one in ("active", "inactive")] == ["Ativo", "Inativo"]
    assert words.choices("address", "kind")["delivery"] == "Endereço de entrega"
    assert words.choices("address", "kind")["billing"] == "Endereço de faturamento"
    assert list(words.choices("activity", "kind").values()) == ["Tarefa", "Chamada", "Compromisso"]
    assert list(words.choices("document", "kind").values()) == ["Fatura", "Nota de crédito"]
    assert [words(text) for text in ("Edit", "Save", "Cancel", "Sync now", "Map")] == [
        "Editar", "Salvar", "Cancelar", "Sincronizar agora", "Mapa",
    ]  # fmt: skip


def test_the_ten_tabs_are_called_as_promised_and_stand_in_order() -> None:
    from mobility_app.ui.sheet import TABS

    words = Words("pt")
    assert [(tab.slug, words(tab.label)) for tab in TABS] == [
        ("details", "Detalhes"),
        ("addresses", "Endereços"),
        ("contacts", "Contatos"),
        ("activities", "Atividades"),
        ("support", "Suporte ao cliente"),
        ("revenue", "Faturamento"),
        ("documents", "Documentos de faturamento"),
        ("products", "Produtos exclusivos para esta conta"),
        ("files", "Arquivos"),
        ("history", "Histórico"),
    ]


def test_every_entity_field_and_choice_has_a_name() -> None:
    words = Words("pt")
    for one in registry.ENTITIES:
        assert words.entity(one.name) != one.name
        for field in one.fields:
            assert words.field(one.name, field.name)
            for value in field.choices:
                assert names.choice_name(one.name, field.name, value) != value, (one.name, field.name, value)


def test_every_error_class_has_a_sentence_of_its_own() -> None:
    with_reason = {"invalid_value", "not_allowed", "file_refused", "unreachable", "refused", "error"}
    for _, one in inspect.getmembers(errors, inspect.isclass):
        if issubclass(one, errors.MobilityError) and one.code not in with_reason:
            assert one.code in reasons.CODE, one.code


def reason_codes(pattern: str, *rooms: str) -> set[str]:
    found: set[str] = set()
    for room in rooms:
        for path in (ROOT / "mobility_app" / room).rglob("*.py"):
            found |= set(re.findall(pattern, path.read_text()))
    return found


def test_every_reason_a_rule_gives_has_a_sentence() -> None:
    codes = reason_codes(r'InvalidValue\(\s*[^()]*?,\s*[^()]*?,\s*"([a-z_]+)"', "domain", "store")
    codes |= reason_codes(r'_Bad\("([a-z_]+)"\)', "domain") | reason_codes(r'"((?:not|wrong|too)_[a-z_]+)"', "domain")
    assert "not_an_email" in codes
    assert codes - set(reasons.VALUE) - set(reasons.ACT) - set(imports.BROKEN) == set()


def test_every_reason_of_rights_and_of_hq_has_a_sentence() -> None:
    said = reason_codes(r'Rejection\("([a-z_]+)"', "hq") | reason_codes(r'reason="([a-z_]+)"', "store")
    assert "row_deleted" in said
    assert said - set(reasons.ACT) - set(reasons.VALUE) == set()
    assert reason_codes(r'FileRefused\("([a-z_]+)"', "store", "ui") - set(reasons.FILE) == set()
    assert reason_codes(r'Unreachable\("([a-z_]+)"', "sync") - set(reasons.NETWORK) == set()
    assert reason_codes(r'Refused\("([a-z_]+)"', "hq") - set(reasons.NETWORK) - set(reasons.FILE) == set()


def test_an_unknown_reason_still_gives_a_sentence() -> None:
    assert Words("pt").reason("something_new") == "O escritório não aceitou isto (something_new)."
    assert Words("pt").error(InvalidValue("customer", "website", "not_a_website")).startswith("Isto não é um endereço")
    assert Words("en").error(NotAllowed("customer", "update")) == "Your role may not do this. Ask the office."


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")


@pytest.mark.parametrize(
    ("language", "money", "day", "percent"),
    [
        ("pt", "€ 48.620,12", "26 nov. 2026", "15,5 %"),
        ("en", "€48,620.12", "26 Nov 2026", "15.5 %"),
        ("es", "48.620,12 €", "26 nov 2026", "15,5 %"),
        ("fr", "48 620,12 €", "26 nov. 2026", "15,5 %"),
    ],
)
def test_money_dates_and_rates_are_written_as_the_language_does(
    language: str, money: str, day: str, percent: str
) -> None:
    words = Words(language, LISBON)
    assert plain(words.money(4_862_012, "EUR")) == money
    assert words.date("2026-11-26") == day
    assert words.date(NOON) == day
    assert plain(words.rate(1550)) == percent
    assert words.time(NOON) == "12:00"


def test_money_keeps_the_digits_of_its_currency() -> None:
    words = Words("en")
    assert words.money(1234, "JPY") == "¥1,234"
    assert words.number("1234.5") == "1,234.5"
    assert plain(words.bytes(1_234_567)) == "1.2 MB"
    assert words.money(300_000, "EUR", whole=True) == "€3,000"


def test_instants_near_now_are_said_by_their_day() -> None:
    words = Words("pt", LISBON)
    hour = 3_600_000
    assert words.when(NOON, NOON + hour) == "hoje 12:00"
    assert words.when(NOON, NOON + 24 * hour) == "ontem 12:00"
    assert words.when(NOON, NOON + 72 * hour) == "26 nov. 2026 12:00"


def test_counts_have_their_plural() -> None:
    words = Words("pt")
    assert [words.n("{n} change", "{n} changes", n) for n in (0, 1, 2)] == [
        "0 alterações",
        "1 alteração",
        "2 alterações",
    ]


@given(st.data())
def test_any_value_of_any_field_can_be_written(data: st.DataObject) -> None:
    one = data.draw(st.sampled_from(registry.ENTITIES))
    field = data.draw(st.sampled_from(one.fields))
    values: dict[Kind, st.SearchStrategy[object]] = {
        Kind.FLAG: st.booleans(),
        Kind.DAY: st.dates().map(lambda day: day.isoformat()),
        Kind.INSTANT: st.integers(0, 4_000_000_000_000),
        Kind.CHOICE: st.sampled_from(field.choices or ("x",)),
        Kind.REF: st.just("0" * 32),
        Kind.REFS: st.lists(st.just("0" * 32)),
        Kind.DECIMAL: st.decimals(-(10**9), 10**9, places=3).map(lambda number: format(number, "f")),
    }
    number = st.integers(0, 6) if field.name == "preferred_weekday" else st.integers(0, 10**6)
    numeric = field.kind in (Kind.INTEGER, Kind.MONEY, Kind.RATE)
    value = data.draw(st.none() | values.get(field.kind, number if numeric else st.text(max_size=20)))
    for language in LANGUAGES:
        text = Words(language, LISBON).value(one.name, field.name, value, currency="EUR")  # type: ignore[arg-type]
        assert isinstance(text, str)
