"""When two customers are alike, and why."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobility_app.domain.rules.likeness import Facts, core, domain, likeness


@pytest.mark.parametrize(
    ("name", "wanted"),
    [("Óptica Lusitânia, Lda.", "optica lusitania"), ("Padaria São João S.A.", "padaria sao joao"),
     ("PADARIA SAO JOAO SA", "padaria sao joao"), ("Vinhos & Cia", "vinhos"), ("Muebles Pérez, S. L.", "muebles perez"),
     ("Café de Flore SARL", "cafe de flore"), ("Comércio Silva Ltda", "comercio silva"), ("SA", "sa"), ("", ""),
     ("Lda. SA", "lda sa"), ("A.B.C. Transportes", "abc transportes"), ("!!!", "")],
)  # fmt: skip
def test_a_name_is_compared_without_its_legal_form(name: str, wanted: str) -> None:
    assert core(name) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("https://www.optica.example/loja", "optica.example"), ("optica.example", "optica.example"),
     ("geral@Optica.example", "optica.example"), ("ana@gmail.com", ""), ("http://[", ""), ("localhost", ""), ("", "")],
)  # fmt: skip
def test_a_domain_is_that_of_the_company_alone(text: str, wanted: str) -> None:
    assert domain(text) == wanted


@pytest.mark.parametrize(
    ("typed", "known", "reasons", "strong"),
    [("Óptica Lusitânia", "OPTICA LUSITANIA, LDA", ("same_name",), True),
     ("Optica Luzitania", "Óptica Lusitânia Lda", ("name",), False),
     ("Lusitânia Óptica", "Óptica Lusitânia", ("same_name",), True), ("Padaria Central", "Óptica Lusitânia", (), False),
     ("Soluções Norte", "SolucoesNorte", ("same_name",), True), ("AB", "AC", (), False), ("AB", "AB Lda", ("same_name",), True)],
)  # fmt: skip
def test_names_are_alike_by_what_they_have_in_common(
    typed: str, known: str, reasons: tuple[str, ...], strong: bool
) -> None:
    found = likeness(Facts(typed), Facts(known))
    assert (found.reasons if found else ()) == reasons
    assert (found.strong if found else False) is strong


def test_every_fact_that_agrees_is_named_strongest_first() -> None:
    one = Facts(
        "Padaria", "509442013", frozenset({"+351913123456"}), frozenset({"a@b.example"}), frozenset({"b.example"})
    )
    found = likeness(one, one)
    assert found is not None
    assert found.reasons == ("identifier", "phone", "email", "site", "same_name")
    site = likeness(Facts(domains=frozenset({"b.example"})), one)
    assert site is not None
    assert not site.strong


def test_nothing_is_alike_to_nothing() -> None:
    assert likeness(Facts(), Facts()) is None


@given(st.text(max_size=60), st.text(max_size=60))
def test_likeness_is_mutual_and_never_fails(one: str, other: str) -> None:
    there, back = likeness(Facts(one), Facts(other)), likeness(Facts(other), Facts(one))
    assert (there and there.reasons) == (back and back.reasons)
    domain(one)
