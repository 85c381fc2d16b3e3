"""What entities, fields and choices are called: English message ids, looked up through `Words`.

Entities and fields have their names in `domain/labels.py`, choices here. `N_` marks a text for the catalogue where no
`Words` is at hand; `P_` marks one with a context, for words that need different translations ("Open" of an activity and
of a request).
"""

from __future__ import annotations

from types import MappingProxyType

from mobility_app.domain.labels import ENTITY_LABELS, FIELD_LABELS
from mobility_app.errors import InvalidValue

LANGUAGE_NAMES = MappingProxyType({"pt": "Português", "en": "English", "es": "Español", "fr": "Français"})
CONTEXT = "\x04"  # gettext's own separator between context and message


def N_(text: str) -> str:  # noqa: N802 - the name that gettext's tools know
    """Marks a text for the catalogue."""
    return text


def P_(context: str, text: str) -> str:  # noqa: N802
    """Marks a text with a context; `Words` understands what comes back."""
    return f"{context}{CONTEXT}{text}"


CHOICE = MappingProxyType(
    {
        ("customer", "status"): {"active": P_("customer", "Active"), "inactive": P_("customer", "Inactive")},
        ("customer", "identifier_kind"): {
            "siret": N_("SIRET"),
            "siren": N_("SIREN"),
            "nif": N_("NIF"),
            "cif": N_("CIF"),
            "nipc": N_("NIPC"),
            "cnpj": N_("CNPJ"),
            "cpf": N_("CPF"),
            "vat": N_("EU VAT number"),
            "other": P_("identifier", "Other"),
        },
        ("customer", "payment_method"): {
            "transfer": N_("Bank transfer"),
            "direct_debit": N_("Direct debit"),
            "card": N_("Card"),
            "cash": N_("Cash"),
            "cheque": N_("Cheque"),
            "bill": N_("Bill of exchange"),
        },
        ("address", "kind"): {
            "delivery": N_("Delivery address"),
            "billing": N_("Billing address"),
            "other": N_("Other address"),
        },
        ("activity", "kind"): {"task": N_("Task"), "call": N_("Call"), "appointment": N_("Appointment")},
        ("activity", "status"): {
            "open": P_("activity", "Open"),
            "closed": P_("activity", "Closed"),
            "cancelled": P_("activity", "Cancelled"),
        },
        ("activity", "mail_state"): {
            "waiting": P_("message", "Waiting"),
            "sent": P_("message", "Sent"),
            "failed": P_("message", "Failed"),
        },
        ("activity", "direction"): {"made": P_("call", "Made"), "received": P_("call", "Received")},
        ("ticket", "status"): {"open": P_("ticket", "Open"), "closed": P_("ticket", "Closed")},
        ("ticket", "priority"): {
            "low": P_("priority", "Low"),
            "normal": P_("priority", "Normal"),
            "high": P_("priority", "High"),
        },
        ("document", "kind"): {"invoice": N_("Invoice"), "credit_note": N_("Credit note")},
        ("message", "state"): {
            "waiting": P_("message", "Waiting"),
            "sent": P_("message", "Sent"),
            "failed": P_("message", "Failed"),
        },
        ("message", "reason"): {
            "no_address": N_("No e-mail address is known."),
            "opted_out": N_("Mailings are not wanted there."),
            "refused": N_("The mail server there refused it."),
            "unreachable": N_("The mail server did not answer for a day."),
        },
        ("conflict", "state"): {"open": P_("conflict", "Open"), "settled": P_("conflict", "Settled")},
        ("user", "role"): {
            "rep": N_("Sales representative"),
            "manager": N_("Manager"),
            "accountant": N_("Accountant"),
            "support": N_("Support"),
            "admin": N_("Administrator"),
            "erp": N_("Accounting system"),
        },
    }
)


def entity_name(entity: str) -> str:
    """The message id of what a kind of record is called; the kind itself where it is not known."""
    return ENTITY_LABELS.get(entity, entity)


def field_name(entity: str, name: str) -> str:
    """The message id of a field's name. Raises InvalidValue for a field that is not there."""
    found = FIELD_LABELS.get(entity, {}).get(name)
    if found is None:
        raise InvalidValue(entity, name, "unknown_field")
    return found


def choice_name(entity: str, name: str, value: str) -> str:
    """The message id of a choice; the choice itself where it has none."""
    return CHOICE.get((entity, name), {}).get(value, value)
