"""The one place where a record is settled before it is kept: what is put right, what is refused, and by what name."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobility_app.domain import registry
from mobility_app.domain.fields import Entity, Plain
from mobility_app.domain.rules import checks
from mobility_app.errors import InvalidValue


def refusal(entity: str, **row: Plain) -> tuple[str, str, str]:
    """Entity, field and reason of the refusal of a record."""
    with pytest.raises(InvalidValue) as refused:
        checks.settled(entity, row)
    return refused.value.entity, refused.value.field, refused.value.reason


@pytest.mark.parametrize(
    ("entity", "row", "kept"),
    [
        ("customer", {"identifier_kind": "nipc", "identifier": "PT 500 697 256"}, {"identifier": "500697256"}),
        ("customer", {"currency": "eur", "language": "pt_pt"}, {"currency": "EUR", "language": "pt-PT"}),
        ("customer", {"website": " https://acme.pt "}, {"website": "https://acme.pt"}),
        ("customer", {"credit_limit_minor": 0, "irpf_rate_bp": 0, "preferred_weekday": 0}, {}),
        ("customer", {"ledger_account": "2111"}, {}),
        ("company", {"country": "pt", "currency": "EUR", "fiscal_year_start_month": 12}, {"country": "PT"}),
        ("company", {"ledger_account_pattern": "[0-9]{3,12}"}, {}),
        ("user", {"email": "Ana@ACME.pt", "language": "PT"}, {"email": "Ana@acme.pt", "language": "pt"}),
        ("customer_email", {"value": "ana@ACME.pt"}, {"value": "ana@acme.pt"}),
        ("address", {"country": None, "latitude_e7": 1, "longitude_e7": -1}, {}),
        ("activity", {"kind": "task"}, {}),
        ("activity", {"kind": "appointment", "starts_at": 5, "ends_at": 5}, {}),
        ("activity", {"kind": "appointment", "starts_at": 0}, {}),
        ("activity_participant", {"user_id": "a" * 32}, {}),
        ("product", {"valid_from": "2026-01-01", "valid_to": "2026-01-01", "currency": None}, {}),
        ("contact", {"first_name": "Ana"}, {}),
        ("territory", {"name": "Norte"}, {}),
    ],
)
def test_what_is_right_is_kept_in_its_one_form(entity: str, row: dict[str, Plain], kept: dict[str, Plain]) -> None:
    given_row = dict(row)
    assert checks.settled(entity, row) == {**row, **kept}
    assert row == given_row, "the caller's record is left alone"


@pytest.mark.parametrize(
    ("entity", "row", "field", "reason"),
    [
        ("customer", {"identifier_kind": "nipc", "identifier": "500697257"}, "identifier", "wrong_check_digit"),
        ("customer", {"identifier_kind": "siret", "identifier": "123"}, "identifier", "wrong_length"),
        ("customer", {"identifier_kind": "cpf", "identifier": "abc"}, "identifier", "wrong_characters"),
        ("customer", {"identifier": "500697256"}, "identifier_kind", "required"),
        (
            "customer",
            {"identifier_kind": "nipc", "identifier": "1", "identifier_override": "  "},
            "identifier",
            "wrong_length",
        ),
        ("customer", {"currency": "EURO"}, "currency", "not_a_currency"),
        ("customer", {"language": "português"}, "language", "not_a_language"),
        ("customer", {"website": "javascript:alert(1)"}, "website", "not_a_website"),
        ("customer", {"credit_limit_minor": -1}, "credit_limit_minor", "negative"),
        ("customer", {"payment_term_days": -30}, "payment_term_days", "negative"),
        ("customer", {"irpf_rate_bp": -1}, "irpf_rate_bp", "negative"),
        ("customer", {"preferred_weekday": 7}, "preferred_weekday", "not_a_choice"),
        ("customer", {"preferred_weekday": -1}, "preferred_weekday", "negative"),
        ("company", {"country": "EU"}, "country", "not_a_country"),
        ("company", {"fiscal_year_start_month": 0}, "fiscal_year_start_month", "not_a_month"),
        ("company", {"fiscal_year_start_month": 13}, "fiscal_year_start_month", "not_a_month"),
        ("company", {"fiscal_year_start_month": -1}, "fiscal_year_start_month", "not_a_month"),
        ("company", {"ledger_account_pattern": "(a+)+"}, "ledger_account_pattern", "not_a_pattern"),
        ("user", {"email": "ana"}, "email", "not_an_email"),
        ("customer_email", {"value": "ana@acme"}, "value", "not_an_email"),
        ("contact_email", {"value": "a b@acme.pt"}, "value", "not_an_email"),
        ("address", {"country": "UK"}, "country", "not_a_country"),
        ("address", {"latitude_e7": 1}, "longitude_e7", "both_or_none"),
        ("address", {"longitude_e7": 0, "latitude_e7": None}, "latitude_e7", "both_or_none"),
        ("activity", {"kind": "appointment"}, "starts_at", "required"),
        ("activity", {"kind": "appointment", "starts_at": 5, "ends_at": 4}, "ends_at", "ends_before_start"),
        ("activity_participant", {}, "user_id", "one_of_two"),
        ("activity_participant", {"user_id": "a" * 32, "contact_id": "b" * 32}, "user_id", "one_of_two"),
        ("ticket", {"progress_percent": 101}, "progress_percent", "not_a_percent"),
        ("ticket", {"progress_percent": -1}, "progress_percent", "negative"),
        ("product", {"valid_from": "2026-02-01", "valid_to": "2026-01-31"}, "valid_to", "ends_before_start"),
        ("customer_price", {"currency": "X"}, "currency", "not_a_currency"),
        ("document_line", {"tax_rate_bp": -1}, "tax_rate_bp", "negative"),
        ("document_tax", {"tax_rate_bp": -1}, "tax_rate_bp", "negative"),
        ("file", {"size_bytes": -1}, "size_bytes", "negative"),
    ],
)
def test_what_is_wrong_is_refused_by_its_name_and_reason(
    entity: str, row: dict[str, Plain], field: str, reason: str
) -> None:
    assert refusal(entity, **row) == (entity, field, reason)


def test_a_rep_who_gives_a_reason_keeps_a_wrong_identifier_and_a_right_one_is_still_put_into_its_form() -> None:
    wrong: dict[str, Plain] = {
        "identifier_kind": "nipc",
        "identifier": " 500-697-257 ",
        "identifier_override": "so on their letterhead",
    }
    assert checks.settled("customer", wrong)["identifier"] == "500-697-257"
    right = {**wrong, "identifier": "500-697-256"}
    assert checks.settled("customer", right)["identifier"] == "500697256"


def test_a_ledger_account_is_checked_where_the_companys_pattern_is_known() -> None:
    row: dict[str, Plain] = {"ledger_account": "21x"}
    assert checks.settled("customer", row) == row
    with pytest.raises(InvalidValue, match="not_a_ledger_account"):
        checks.settled("customer", row, ledger_pattern="[0-9]{3,12}")


@pytest.mark.parametrize("entity", ["customer_phone", "contact_phone"])
def test_a_telephone_gets_its_e164_from_the_customers_country(entity: str) -> None:
    assert checks.settled(entity, {"value": "912 345 678"}, region="PT")["e164"] == "+351912345678"
    assert checks.settled(entity, {"value": "912 345 678", "e164": "+34911"}, region="PT")["e164"] == "+351912345678"
    assert checks.settled(entity, {"value": "ask for Ana", "e164": "+351912345678"}, region="PT")["e164"] is None
    assert checks.settled(entity, {"value": "+351 912 345 678"})["e164"] == "+351912345678"
    assert checks.settled(entity, {"value": "912 345 678", "e164": None})["e164"] is None


def test_headquarters_which_knows_no_region_keeps_the_devices_e164_while_it_fits() -> None:
    sent = checks.settled("customer_phone", {"value": "020 7946 0958"}, region="GB")
    assert checks.settled("customer_phone", sent) == sent
    assert checks.settled("customer_phone", {**sent, "value": "020 7946 0959"})["e164"] is None


@pytest.mark.parametrize(
    ("before", "after", "settled"),
    [
        (None, (100, "open"), (100, "closed")),
        (None, (50, "closed"), (100, "closed")),
        (None, (50, "open"), (50, "open")),
        (None, (100, "closed"), (100, "closed")),
        ((50, "open"), (100, "open"), (100, "closed")),  # moved to the end
        ((50, "open"), (50, "closed"), (100, "closed")),  # closed
        ((100, "closed"), (100, "open"), (90, "open")),  # opened again
        ((100, "closed"), (60, "closed"), (60, "open")),  # moved back
        ((100, "closed"), (60, "open"), (60, "open")),
        ((50, "open"), (60, "closed"), (100, "closed")),
    ],
)
def test_a_request_at_a_hundred_percent_is_closed_and_a_closed_one_is_at_a_hundred_percent(
    before: tuple[int, str] | None, after: tuple[int, str], settled: tuple[int, str]
) -> None:
    stood: dict[str, Plain] | None = {"progress_percent": before[0], "status": before[1]} if before else None
    row = checks.settled("ticket", {"progress_percent": after[0], "status": after[1]}, before=stood)
    assert (row["progress_percent"], row["status"]) == settled


@pytest.mark.parametrize("entity", [one.name for one in registry.ENTITIES if one.name != "activity_participant"])
def test_a_record_of_nothing_but_empty_fields_passes_every_rule(entity: str) -> None:
    assert checks.settled(entity, {}) == {}
    empty: dict[str, Plain] = dict.fromkeys(registry.entity(entity).names)
    assert checks.settled(entity, empty) == empty


TEXT = (
    st.none()
    | st.text(max_size=12)
    | st.sampled_from(["eur", "PT", "pt_br", "500 697 256", "+351 912345678", "a@B.pt"])
)
DIGITS = st.text("0123456789 +()-", max_size=14)


PHONES = [registry.entity("customer_phone"), registry.entity("contact_phone")]


@given(st.sampled_from([*registry.ENTITIES, *PHONES * 5]), st.data())
def test_a_record_that_was_settled_once_is_settled(entity: Entity, data: st.DataObject) -> None:
    row: dict[str, Plain] = data.draw(
        st.fixed_dictionaries(
            {
                field.name: st.sampled_from([None, *field.choices]) if field.choices
                else st.none() | st.integers(-1, 101) if field.kind.value in ("integer", "money", "rate", "instant")
                else TEXT | DIGITS
                for field in entity.fields
            }
        )
    )  # fmt: skip
    region = data.draw(st.sampled_from([None, "PT", "GB", "GG", "BR", "US", "IT"]))
    try:
        once = checks.settled(entity.name, row, region=region)
    except InvalidValue as refused:
        named, once = (refused.entity, refused.field), None
    if once is None:
        assert named[0] == entity.name
        assert named[1] in entity.names
        return
    assert checks.settled(entity.name, once, region=region) == once
    assert checks.settled(entity.name, once) == once, "the other side changes nothing"
    assert set(once) == set(row)


def test_starting_the_app_loads_no_library_of_the_rules() -> None:
    script = "import sys, mobility_app.domain.rules.checks; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert not {"phonenumbers", "stdnum", "babel"} & set(loaded.stdout.split())
