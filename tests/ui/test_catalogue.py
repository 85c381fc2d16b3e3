"""The catalogues: whole in every language, nothing unused, forms and places right, and no text past them."""

from __future__ import annotations

import ast
import importlib.util
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from zoneinfo import ZoneInfo

import pytest
from babel import Locale
from babel.messages.catalog import Catalog

from mobility_app.domain import registry
from mobility_app.ui import lists, names
from mobility_app.ui.names import CONTEXT
from mobility_app.ui.words import LANGUAGES, Words

ROOT = Path(__file__).resolve().parent.parent.parent
NOON = 1_795_694_400_000  # 26 Nov 2026, 12:00 UTC
LETTERS = re.compile(r"[^\W\d_]{2,}")


def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("catalogue", ROOT / "scripts" / "catalogue.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


CATALOGUE = script()
TEMPLATE: Catalog = CATALOGUE.extracted()
TRANSLATED = [language for language in LANGUAGES if language != "en"]


def test_every_language_of_the_screen_is_kept_complete() -> None:
    assert sorted(CATALOGUE.COMPLETE) == sorted(CATALOGUE.LANGUAGES) == sorted(TRANSLATED)
    assert len(TEMPLATE) > 700


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_catalogue_is_whole_merged_and_compiled(language: str) -> None:
    catalog, path = CATALOGUE.merged(language, TEMPLATE), CATALOGUE.path_of(language)
    assert CATALOGUE.missing(catalog) == [], "fill these in, then run scripts/catalogue.py"
    assert CATALOGUE.unused(language, TEMPLATE) == [], "run scripts/catalogue.py"
    text = CATALOGUE.po_text(catalog)
    assert path.read_bytes() == text, "run scripts/catalogue.py"
    assert path.with_suffix(".mo").read_bytes() == CATALOGUE.compiled(text, language), "run scripts/catalogue.py"


@pytest.mark.parametrize("language", TRANSLATED)
def test_forms_places_ends_and_tone_fit_the_english_sentence(language: str) -> None:
    assert CATALOGUE.faults(CATALOGUE.merged(language, TEMPLATE)) == []


@pytest.mark.parametrize(
    ("text", "said", "fault"),
    [
        ("{name} was deleted", "Eliminado", "other {places}"),
        ("Save", "Guardar ", "begins or ends otherwise"),
        ("Fill in this field.", "Rellene este campo", "begins or ends otherwise"),
        ("Saved", "¡Guardado!", "pleads or shouts"),
        ("Choose one.", "Elija uno, por favor.", "pleads or shouts"),
        ("Save", "Save", "still English"),
        ("Save", "", "missing"),
        (("{n} day", "{n} days"), ("{n} día", ""), "missing, or not 2 forms"),
        (("{n} day", "{n} days"), ("{n} día",), "missing, or not 2 forms"),
        (("{n} day", "{n} days"), ("un día", "{n} días"), "other {places}"),
    ],
)
def test_each_fault_of_a_translation_is_named(text: str | tuple[str, ...], said: str, fault: str) -> None:
    catalog = Catalog(locale="es")
    catalog.add(text, said)
    assert any(found.startswith(fault) for found in CATALOGUE.faults(catalog))


def test_right_texts_have_no_fault() -> None:
    catalog = Catalog(locale="es")
    catalog.add("{name} was deleted", "{name} se eliminó")
    catalog.add("Leave without saving?", "¿Salir sin guardar?")
    catalog.add(("{n} day", "{n} days"), ("{n} día", "{n} días"))
    catalog.add("SIRET", "SIRET")
    catalog.add("Total", "Total")
    assert CATALOGUE.faults(catalog) == []


def test_a_text_that_the_code_has_no_more_is_named() -> None:
    assert "Save" in CATALOGUE.unused("es", Catalog())


def test_french_gets_its_typography() -> None:
    assert CATALOGUE.french("C'est l'{name}") == "C’est l’{name}"
    assert CATALOGUE.french("Documents : « a » ; quoi ?") == "Documents\u00a0: «\u00a0a\u00a0»\u00a0; quoi\u00a0?"


@pytest.mark.parametrize(
    ("language", "counted"),
    [
        ("pt", ["0 clientes", "1 cliente", "2 clientes", "1.000.000 clientes"]),
        ("es", ["0 clientes", "1 cliente", "2 clientes", "1.000.000 clientes"]),
        ("fr", ["0 client", "1 client", "2 clients", "1 000 000 clients"]),
        ("en", ["0 customers", "1 customer", "2 customers", "1,000,000 customers"]),
    ],
)
def test_counts_have_the_plural_of_their_language(language: str, counted: list[str]) -> None:
    """CLDR's `many` (whole millions) is no form of gettext's: it takes the plural in all three languages."""
    words = Words(language)
    said = [words.n("{n} customer", "{n} customers", n) for n in (0, 1, 2, 1_000_000)]
    assert [plain(one) for one in said] == counted
    assert (Locale.parse(language).plural_form(1_000_000) == "many") == (language != "en")
    assert language == "en" or Catalog(locale=language).num_plurals == 2


def labels() -> Iterator[str]:
    for one in registry.ENTITIES:
        yield names.entity_name(one.name)
        for field in one.fields:
            yield names.field_name(one.name, field.name)
            yield from (names.choice_name(one.name, field.name, value) for value in field.choices)


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_record_field_and_choice_is_called_something_in_every_language(language: str) -> None:
    catalog = CATALOGUE.merged(language, TEMPLATE)
    for label in labels():
        context, _, text = label.rpartition(CONTEXT)
        message = catalog.get(text, context=context or None)
        assert message is not None, text
        assert message.string, text


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")


@pytest.mark.parametrize(
    ("language", "number", "money", "size", "month", "weekday", "listed", "said"),
    [
        ("pt", "1.234,5", "-R$ 1.234,56", "1,2 MB", "nov. 2026", "sexta-feira", "a, b e c", "ontem 12:00"),
        ("en", "1,234.5", "-R$1,234.56", "1.2 MB", "Nov 2026", "Friday", "a, b, and c", "yesterday 12:00"),
        ("es", "1.234,5", "-1.234,56 BRL", "1,2 MB", "nov 2026", "viernes", "a, b y c", "ayer 12:00"),
        ("fr", "1 234,5", "-1 234,56 R$", "1,2 Mo", "nov. 2026", "vendredi", "a, b et c", "hier 12:00"),
    ],
)
def test_figures_and_days_are_written_as_the_language_does(
    language: str, number: str, money: str, size: str, month: str, weekday: str, listed: str, said: str
) -> None:
    words = Words(language, ZoneInfo("Europe/Lisbon"))
    assert plain(words.number("1234.5")) == number
    assert plain(words.money(-123_456, "BRL")) == money
    assert plain(words.bytes(1_234_567)) == size
    assert words.month("2026-11-26") == month
    assert words.weekday(4) == weekday
    assert words.list(["a", "b", "c"]) == listed
    assert words.when(NOON, NOON + 86_400_000) == said


READ = {"title", "label", "placeholder", "aria_label", "alt"}  # attributes and arguments that people get to read
TEXTS = READ | {"meta", "text", "name", "note", "sentence", "caption"}
SHOWN = {
    "label",
    "button",
    "checkbox",
    "input",
    "textarea",
    "select",
    "notify",
    "page_title",
    "toggle",
    "radio",
    "tooltip",
}
UNMARKED = frozenset({"Mobility", "PDF", "CSV", "vCard"})  # the product, and names of formats


def shown_values(call: ast.Call) -> Iterator[ast.expr]:
    """The arguments of a call that people get to read: markup, the shapes of `lists`, NiceGUI's own elements."""
    called = ast.unparse(call.func)
    place, _, name = called.rpartition(".")
    yield from (one.value for one in call.keywords if one.arg in READ)
    if called == "h":
        yield from call.args[1:]
    elif place == "lists" and hasattr(lists, name) and name != "tile":  # a tile is named after its icon
        yield from (one.value for one in call.keywords if one.arg in TEXTS - READ)
        parameters = list(inspect.signature(getattr(lists, name)).parameters)
        yield from (value for parameter, value in zip(parameters, call.args, strict=False) if parameter in TEXTS)
    elif place == "ui" and name in SHOWN:
        yield from call.args[:1]


def literals(value: ast.expr) -> Iterator[str]:
    """The texts that stand in an expression itself, in its branches, or between the places of an f-string."""
    match value:
        case ast.Constant(value=str() as text):
            yield text
        case ast.JoinedStr(values=parts):
            yield from (text for part in parts if isinstance(part, ast.Constant) for text in literals(part))
        case ast.IfExp(body=body, orelse=other):
            yield from (*literals(body), *literals(other))
        case ast.BinOp(left=left, right=right):
            yield from (*literals(left), *literals(right))
        case ast.BoolOp(values=values) | ast.List(elts=values) | ast.Tuple(elts=values):
            for one in values:
                yield from literals(one)


def unmarked(source: str) -> list[str]:
    return [
        text
        for call in ast.walk(ast.parse(source))
        if isinstance(call, ast.Call)
        for value in shown_values(call)
        for text in literals(value)
        if LETTERS.search(text) and text.strip() not in UNMARKED
    ]


def test_no_text_of_the_screen_is_written_past_the_catalogue() -> None:
    wrong = {
        path.relative_to(ROOT).as_posix(): found
        for path in (ROOT / "mobility_app" / "ui").rglob("*.py")
        if (found := unmarked(path.read_text("utf-8")))
    }
    assert wrong == {}


def test_a_text_past_the_catalogue_is_seen_wherever_it_stands() -> None:
    assert unmarked('h("p", "Olá", h("b", f"{n} dias"), class_="fb-meta", aria_label="Fechar")') == [
        "Fechar",
        "Olá",
        " dias",
    ]
    assert unmarked('lists.button("Salvar", act="save", kind="primary")') == ["Salvar"]
    assert unmarked('lists.icon_button("trash", "Excluir", act="drop")') == ["Excluir"]
    assert unmarked('lists.chip("Ativo" if on else "Inativo", "ok")') == ["Ativo", "Inativo"]
    assert unmarked('ui.input(label="Nome", placeholder="Ana")') == ["Nome", "Ana"]
    assert unmarked('h("p", words("Save"), icon("pin"), class_="fb-meta")') == []


OTHERS = {  # words for an idea that has another one in docs/words.md
    "pt": r"ficheiros?|utilizador|registad[ao]s?|palavra-passe|frase-passe|moradas?|telem[oó]vel|aguarda\w*|vigiad[ao]s?",
    "es": r"e-?mails?|ordenador|computadora|celular|contraseña de acceso|listas? de env[ií]o",
    "fr": r"bureaux?|emails?|courriels?|libellés?|périphériques?|listes? d’envoi",
}


@pytest.mark.parametrize("language", TRANSLATED)
def test_one_idea_has_one_word(language: str) -> None:
    others = re.compile(rf"(?<![\w-])({OTHERS[language]})(?![\w-])", re.IGNORECASE)
    found = [
        f"{text} = {translated}"
        for message in CATALOGUE.merged(language, TEMPLATE)
        if message.id
        for text, translated in zip(*CATALOGUE.texts_of(message), strict=True)
        if others.search(translated)
    ]
    assert found == [], "docs/words.md has the word"
