"""What entities, fields and choices are called: English message ids, looked up through `Words`.

`N_` marks a text for the catalogue where no `Words` is at hand; `P_` marks one with a context, for words that need
different translations ("Open" of an activity and of a request).
"""

from __future__ import annotations

from types import MappingProxyType

from mobility_app.errors import InvalidValue

CONTEXT = "\x04"  # gettext's own separator between context and message


def N_(text: str) -> str:  # noqa: N802 - the name that gettext's tools know
    """Marks a text for the catalogue."""
    return text


def P_(context: str, text: str) -> str:  # noqa: N802
    """Marks a text with a context; `Words` understands what comes back."""
    return f"{context}{CONTEXT}{text}"


ENTITY = MappingProxyType(
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
COMMON = MappingProxyType(
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

FIELD = MappingProxyType(
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
        "activity": {
            "direction": N_("Direction"),
            "starts_at": N_("Start"),
            "ends_at": N_("End"),
            "due_at": N_("Due"),
            "place": N_("Place"),
            "outcome": N_("Outcome"),
        },
        "ticket": {
            "reference": N_("Reference"),
            "progress_percent": N_("Progress"),
            "priority": N_("Priority"),
        },
    }
)

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


def field_name(entity: str, name: str) -> str:
    """The message id of a field's name. Raises InvalidValue for a field without one."""
    found = FIELD.get(entity, {}).get(name) or COMMON.get(name)
    if found is None:
        raise InvalidValue(entity, name, "unknown_field")
    return found


def choice_name(entity: str, name: str, value: str) -> str:
    """The message id of a choice; the choice itself where it has none."""
    return CHOICE.get((entity, name), {}).get(value, value)
