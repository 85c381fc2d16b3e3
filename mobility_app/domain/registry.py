"""ENTITIES: every kind of record, in an order where parents come first. Checked when imported.

What is read from the descriptions often is kept by `derived`; `install` puts another version's descriptions in their
place and forgets what was derived.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any, TypeVar, cast

from mobility_app.domain import access, versions
from mobility_app.domain.entities import activity, address, conflict, contact, customer, document, file, people, ticket
from mobility_app.domain.entities import product as products
from mobility_app.domain.fields import Entity, Kind, Merge, Scope
from mobility_app.errors import InvalidValue

ENTITIES: tuple[Entity, ...] = (
    people.COMPANY,
    people.TERRITORY,
    people.USER,
    customer.CUSTOMER,
    customer.CUSTOMER_EMAIL,
    customer.CUSTOMER_PHONE,
    address.ADDRESS,
    contact.CONTACT,
    contact.CONTACT_EMAIL,
    contact.CONTACT_PHONE,
    contact.LABEL,
    contact.CONTACT_LABEL,
    contact.MAILING_LIST,
    contact.MAILING_LIST_MEMBER,
    contact.MESSAGE,
    activity.ACTIVITY,
    activity.ACTIVITY_PARTICIPANT,
    ticket.TICKET,
    ticket.TICKET_ENTRY,
    products.PRODUCT,
    products.CUSTOMER_PRICE,
    document.DOCUMENT,
    document.DOCUMENT_LINE,
    document.DOCUMENT_TAX,
    document.PAYMENT,
    file.FILE,
    conflict.CONFLICT,
)

BY_NAME: Mapping[str, Entity] = MappingProxyType({entity.name: entity for entity in ENTITIES})

DEPTH_MAX = 3  # records between a leaf and its customer
DERIVED_MAX = 4096  # answers that each derived function keeps

F = TypeVar("F", bound=Callable[..., Any])
_forget: list[Callable[[], None]] = []


@dataclass(frozen=True, slots=True)
class Descriptions:
    """All that a version of the program knows of records: what `registry` and `versions` hold."""

    version: int
    entities: tuple[Entity, ...]
    since: versions.Since
    upcasts: Mapping[int, versions.Upcast]


def described() -> Descriptions:
    """The descriptions in force."""
    return Descriptions(versions.VERSION, ENTITIES, versions.SINCE, versions.UPCASTS)


def install(other: Descriptions) -> None:
    """Puts the descriptions of another version in force, for this whole process. No store may be at work meanwhile."""
    global ENTITIES, BY_NAME
    ENTITIES, BY_NAME = other.entities, MappingProxyType({entity.name: entity for entity in other.entities})
    versions.VERSION, versions.SINCE, versions.UPCASTS = other.version, other.since, other.upcasts
    for forget in _forget:
        forget()
    _verify()


def derived(function: F) -> F:
    """Keeps answers that follow from the descriptions alone."""
    kept = lru_cache(maxsize=DERIVED_MAX)(function)
    _forget.append(kept.cache_clear)
    return cast("F", kept)


def entity(name: str) -> Entity:
    """The entity of that name, or InvalidValue `unknown_entity`."""
    found = BY_NAME.get(name)
    if found is None:
        raise InvalidValue(name, "", "unknown_entity")
    return found


def children(name: str) -> tuple[Entity, ...]:
    """Entities whose records hang directly on records of that name."""
    return tuple(other for other in ENTITIES if other.parent and other.field(other.parent).refers == name)


def _verify() -> None:
    for name, field_name in versions.SINCE:
        assert field_name == versions.RECORD or BY_NAME[name].field(field_name), "a version of nothing"
    assert len(BY_NAME) == len(ENTITIES), "two entities share a name"
    for one in ENTITIES:
        assert len(set(one.names)) == len(one.names), f"{one.name}: a field twice"
        assert one.right in access.MATRIX, f"{one.name}: unknown right {one.right}"
        for field in one.fields:
            where = f"{one.name}.{field.name}"
            assert not field.right or field.right in access.MATRIX, f"{where}: unknown right {field.right}"
            assert (field.kind is Kind.CHOICE) == bool(field.choices), f"{where}: choices"
            assert (field.merge is Merge.GROUP) <= bool(field.group), f"{where}: group"
            grouped = field.merge in (Merge.GROUP, Merge.PROGRESS)
            assert grouped or not field.group, f"{where}: that rule has no groups"
            assert field.merge is not Merge.SET or field.kind is Kind.REFS, f"{where}: a set of what?"
            assert field.merge is not Merge.TEXT3 or field.kind is Kind.NOTE, f"{where}: only notes merge by lines"
            assert not field.refers or field.refers in BY_NAME, f"{where}: refers to nothing"
        assert all(one.field(name).merge in (Merge.IMMUTABLE, Merge.HQ) for name in one.unique), f"{one.name}: unique"
        _depth(one)


def _depth(one: Entity) -> None:
    steps, current = 0, one
    while current.parent:
        current = BY_NAME[current.field(current.parent).refers]
        steps += 1
        assert steps <= DEPTH_MAX, f"{one.name}: its root is too far"
    assert one.scope is not Scope.ROOT or current.name == "customer", f"{one.name}: hangs on no customer"


_verify()
