"""Labels: everything that can change has a name, and every change makes a sentence."""

from __future__ import annotations

from string import Formatter

import pytest

from mobility_app.domain import labels, registry
from mobility_app.domain.change import ENTRY_KINDS
from mobility_app.domain.fields import Entity
from mobility_app.errors import InvalidValue


@pytest.mark.parametrize("entity", registry.ENTITIES, ids=lambda entity: entity.name)
def test_every_entity_and_every_field_has_a_label(entity: Entity) -> None:
    assert labels.ENTITY_LABELS[entity.name].strip()
    assert list(labels.FIELD_LABELS[entity.name]) == list(entity.names)
    assert all(label.strip() for label in labels.FIELD_LABELS[entity.name].values())


def test_a_field_has_its_own_label_where_the_common_one_would_say_too_little() -> None:
    assert labels.FIELD_LABELS["customer"]["name"] == "Account name"
    assert labels.FIELD_LABELS["company"]["name"] == "Name"
    assert labels.FIELD_LABELS["contact_phone"]["value"] == "Telephone"


def test_no_label_is_left_over_from_an_entity_that_is_gone() -> None:
    assert set(labels.ENTITY_LABELS) == set(registry.BY_NAME)
    assert set(labels.FIELD_LABELS) == set(registry.BY_NAME)


@pytest.mark.parametrize("kind", ENTRY_KINDS)
@pytest.mark.parametrize("entity", registry.ENTITIES, ids=lambda entity: entity.name)
def test_every_change_makes_a_sentence_whose_places_are_all_filled(kind: str, entity: Entity) -> None:
    for field in (None, *entity.names):
        message, places = labels.sentence(kind, entity.name, field)
        assert {name for _, name, _, _ in Formatter().parse(message) if name} == set(places)
        assert message.format(**places)


def test_a_change_reads_as_people_say_it() -> None:
    message, places = labels.sentence("update", "customer", "credit_limit_minor")
    assert message == "{entity} changed: {field}"
    assert message.format(**places) == "Customer changed: Credit limit"
    message, places = labels.sentence("delete", "contact_phone")
    assert message.format(**places) == "Contact's telephone deleted"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("rename", "customer", None), "unknown_kind"),
        (("update", "spaceship", None), "unknown_entity"),
        (("update", "customer", "warp"), "unknown_field"),
    ],
)
def test_a_newer_versions_change_is_refused_by_a_reason(change: tuple[str, str, str | None], reason: str) -> None:
    with pytest.raises(InvalidValue, match=reason):
        labels.sentence(*change)
