"""What entities and fields are called, and a change as a sentence for the history tab: English message ids.

The screen looks them up in its catalogues (`N_` marks a text for `scripts/catalogue.py`); nothing is translated or
formatted here. Every field of every entity has a label: one without stops the import, not a reader of the history.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from mobility_app.domain import change, registry
from mobility_app.errors import InvalidValue


def N_(text: str) -> str:  # noqa: N802 - the name that gettext's tools know
    """Marks a text for the catalogue."""
    return text


ENTITY_LABELS: Mapping[str, str] = MappingProxyType(
    {
        "company": N_("Company"),
        "territory": N_("Territory"),
        "user": N_("User"),
        "customer": N_("Customer"),
        "customer_email": N_("E-mail"),
        "customer_phone": N_("Telephone"),
        "address": N_("Address"),
        "contact": N_("Contact"),
        "contact_email": N_("Contact's e-mail"),
        "contact_phone": N_("Contact's telephone"),
        "label": N_("Label"),
        "contact_label": N_("Contact's label"),
        "mailing_list": N_("Mailing list"),
        "mailing_list_member": N_("Mailing list member"),
        "message": N_("Message"),
        "activity": N_("Activity"),
        "activity_participant": N_("Participant"),
        "ticket": N_("Support request"),
        "ticket_entry": N_("Support note"),
        "product": N_("Product"),
        "customer_price": N_("Customer's price"),
        "document": N_("Billing document"),
        "document_line": N_("Document line"),
        "document_tax": N_("Document tax"),
        "payment": N_("Payment record"),
        "file": N_("File"),
        "conflict": N_("Conflict"),
    }
)

# Fields that mean the same wherever they stand.
_COMMON = MappingProxyType(
    {
        "name": N_("Name"),
        "kind": N_("Kind"),
        "label": N_("Label"),
        "value": N_("Value"),
        "e164": N_("International number"),
        "is_main": N_("Main"),
        "notes": N_("Notes"),
        "status": N_("Status"),
        "state": N_("State"),
        "country": N_("Country"),
        "currency": N_("Currency"),
        "language": N_("Language"),
        "email": N_("E-mail"),
        "role": N_("Role"),
        "title": N_("Title"),
        "description": N_("Description"),
        "category": N_("Category"),
        "text": N_("Text"),
        "number": N_("Number"),
        "code": N_("Code"),
        "unit": N_("Unit"),
        "price_minor": N_("Price"),
        "valid_from": N_("Valid from"),
        "valid_to": N_("Valid to"),
        "customer_id": N_("Customer"),
        "company_id": N_("Company"),
        "company_ids": N_("Companies"),
        "territory_id": N_("Territory"),
        "territory_ids": N_("Territories"),
        "contact_id": N_("Contact"),
        "contact_ids": N_("Recipients"),
        "user_id": N_("User"),
        "owner_id": N_("Account owner"),
        "sender_id": N_("Sender"),
        "assignee_id": N_("Assigned to"),
        "author_id": N_("Author"),
        "label_id": N_("Label"),
        "mailing_list_id": N_("Mailing list"),
        "activity_id": N_("Activity"),
        "ticket_id": N_("Support request"),
        "product_id": N_("Product"),
        "document_id": N_("Billing document"),
        "corrects_id": N_("Corrects"),
        "exclusive_customer_id": N_("Exclusive to"),
        "default_territory_id": N_("Default territory"),
        "net_minor": N_("Net amount"),
        "tax_minor": N_("VAT"),
        "gross_minor": N_("Total"),
        "withheld_minor": N_("IRPF withheld"),
        "payable_minor": N_("Net to pay"),
        "paid_minor": N_("Amount paid"),
        "amount_minor": N_("Amount"),
        "base_minor": N_("Taxable amount"),
        "tax_rate_bp": N_("VAT rate"),
        "category_code": N_("Tax category"),
        "issued_on": N_("Date"),
        "due_on": N_("Due date"),
        "paid_on": N_("Payment date"),
        "method": N_("Method"),
        "type_code": N_("Type code"),
        "fingerprint": N_("Fingerprint"),
        "note": N_("Note"),
        "position": N_("Position"),
        "quantity": N_("Quantity"),
        "unit_price": N_("Unit price"),
        "media_type": N_("File type"),
        "size_bytes": N_("Size"),
        "sha256": N_("Checksum"),
        "expires_on": N_("Expires on"),
        "subject": N_("Subject"),
        "body": N_("Message text"),
        "written_at": N_("Written at"),
        "fiscal_year_start_month": N_("First month of the fiscal year"),
        "ledger_account_pattern": N_("Pattern of ledger accounts"),
        "entity": N_("Record"),
        "record_id": N_("Record number"),
        "field": N_("Field"),
        "base": N_("Value before"),
        "winner": N_("Value kept"),
        "loser": N_("Other value"),
        "winner_user_id": N_("Kept value by"),
        "loser_user_id": N_("Other value by"),
        "winner_at": N_("Kept value at"),
        "loser_at": N_("Other value at"),
        "rule": N_("Rule"),
    }
)

_OWN: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "customer": {
            "number": N_("Customer number"),
            "provisional_number": N_("Provisional number"),
            "name": N_("Account name"),
            "identifier": N_("Company identifier"),
            "identifier_kind": N_("Kind of identifier"),
            "identifier_override": N_("Reason for keeping this identifier"),
            "credit_limit_minor": N_("Credit limit"),
            "shared": N_("Data shared between companies"),
            "payment_method": N_("Payment"),
            "payment_term_days": N_("Payment term"),
            "irpf_rate_bp": N_("IRPF withholding"),
            "ledger_account": N_("Ledger account"),
            "language": N_("Language of communication"),
            "preferred_weekday": N_("Preferred day for appointments"),
            "website": N_("Web site"),
            "notes": N_("Quick notes"),
            "vat_exempt": N_("Exempt from VAT"),
            "to_confirm": N_("To be confirmed"),
        },
        "customer_email": {"value": N_("E-mail"), "is_main": N_("Main e-mail")},
        "customer_phone": {"value": N_("Telephone"), "is_main": N_("Main telephone")},
        "contact_email": {"value": N_("E-mail"), "is_main": N_("Main e-mail")},
        "contact_phone": {"value": N_("Telephone"), "is_main": N_("Main telephone")},
        "address": {
            "line1": N_("Address"),
            "line2": N_("Address 2"),
            "line3": N_("Address 3"),
            "postcode": N_("Postcode"),
            "city": N_("Town"),
            "region": N_("Region"),
            "fax": N_("Fax"),
            "latitude_e7": N_("Latitude"),
            "longitude_e7": N_("Longitude"),
        },
        "contact": {
            "first_name": N_("First name"),
            "last_name": N_("Last name"),
            "employer": N_("Company"),
            "job_title": N_("Job title"),
            "opted_out": N_("Wants no mailings"),
        },
        "message": {"reason": N_("Reason"), "undelivered_ids": N_("Not delivered to")},
        "activity": {
            "direction": N_("Direction"),
            "starts_at": N_("Start"),
            "ends_at": N_("End"),
            "due_at": N_("Due"),
            "place": N_("Place"),
            "outcome": N_("Outcome"),
            "mail_state": N_("Mail"),
        },
        "ticket": {
            "reference": N_("Reference"),
            "progress_percent": N_("Progress"),
            "priority": N_("Priority"),
        },
    }
)

FIELD_LABELS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        one.name: MappingProxyType({name: _OWN.get(one.name, {}).get(name) or _COMMON[name] for name in one.names})
        for one in registry.ENTITIES
    }
)

# kind of change -> the sentence about a record as a whole, and the one about a field of it.
_SENTENCES = MappingProxyType(
    {
        change.CREATE: (N_("{entity} added"), N_("{entity} added: {field}")),
        change.UPDATE: (N_("{entity} changed"), N_("{entity} changed: {field}")),
        change.DELETE: (N_("{entity} deleted"), N_("{entity} deleted: {field}")),
        change.RESTORE: (N_("{entity} brought back"), N_("{entity} brought back: {field}")),
        change.LOST: (N_("{entity}: another value was kept"), N_("{entity}: another value was kept for {field}")),
    }
)


def sentence(kind: str, entity: str, field: str | None = None) -> tuple[str, dict[str, str]]:
    """A change as (message id, what fills its places). The fillings are message ids, too: translate them first.

    `kind` is one of `change.ENTRY_KINDS`; without a `field` the record as a whole is meant. Raises InvalidValue
    `unknown_kind`, `unknown_entity` or `unknown_field`, which is what a newer version's change looks like here.
    """
    if kind not in _SENTENCES:
        raise InvalidValue(entity, "", "unknown_kind")
    places = {"entity": ENTITY_LABELS[registry.entity(entity).name]}
    if field:
        places["field"] = FIELD_LABELS[entity][registry.entity(entity).field(field).name]
    return _SENTENCES[kind][1 if field else 0], places
