"""Who may do what, as data: role x right x verb, and how far each role sees.

One matrix feeds the device's kind message (`Store`) and HQ's authority (`hq/judge.py`). Letters: C create, R read,
U update, D delete, O update and delete of one's own only. A missing letter means no. Source: the project's table of
roles; `erp` is the machine that brings billing. Territories bound reps and managers, companies everybody else.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

COMPANY_WIDE = ("accountant", "support", "admin", "erp")

_COLUMNS = ("rep", "manager", "accountant", "support", "admin", "erp")

_ROWS: dict[str, tuple[str, str, str, str, str, str]] = {
    # right             rep     manager acct   support admin  erp
    "installation": ("R", "R", "R", "R", "CRU", "R"),
    "people": ("R", "R", "R", "R", "CRUD", "R"),
    "customer": ("CRU", "CRUD", "R", "R", "R", "CR"),
    "customer_number": ("R", "R", "R", "R", "R", "R"),
    "customer_identity": ("CR", "CRU", "RU", "R", "R", "CRU"),
    "credit": ("R", "R", "RU", "", "R", "CRU"),
    "customer_currency": ("R", "R", "RU", "R", "R", "CRU"),
    "tax": ("R", "R", "RU", "", "R", "CRU"),
    "payment_terms": ("CRU", "CRU", "RU", "", "R", "R"),
    "customer_status": ("R", "RU", "RU", "R", "R", "CR"),
    "customer_shared": ("R", "R", "R", "R", "RU", "R"),
    "ownership": ("CR", "CRU", "R", "R", "RU", "CR"),
    "card": ("CRUD", "CRUD", "R", "R", "R", "CR"),
    "reach": ("CRUD", "CRUD", "R", "RU", "R", "CR"),
    "lists": ("CRUD", "CRUD", "R", "R", "R", ""),
    "activity": ("CRO", "CRUD", "R", "R", "R", ""),
    "participant": ("CRUD", "CRUD", "R", "R", "R", ""),
    "ticket": ("CRU", "CRU", "R", "CRU", "R", ""),
    "billing": ("R", "R", "R", "", "", "CRU"),
    "price": ("R", "RU", "RU", "", "", "CRU"),
    "file": ("CRUD", "CRUD", "CR", "CR", "RD", "C"),
    "conflict": ("RU", "RU", "R", "R", "R", ""),
}

MATRIX = MappingProxyType({right: dict(zip(_COLUMNS, row, strict=True)) for right, row in _ROWS.items()})


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: taken from the device's key or the office's log-in, never from a payload."""

    user_id: str
    role: str
    company_ids: tuple[str, ...] = ()
    territory_ids: tuple[str, ...] = ()

    def holds(self, company_id: str, territory_id: str) -> bool:
        """Whether a customer of that company and territory is in the actor's reach to write."""
        if self.role in COMPANY_WIDE:
            return company_id in self.company_ids
        return territory_id in self.territory_ids


def may(role: str, right: str, verb: str, *, own: bool = False) -> bool:
    """Whether `role` may `verb` (create, read, update, delete) what `right` covers."""
    letters = MATRIX[right].get(role, "")
    if verb in ("update", "delete") and "O" in letters:
        return own
    return verb[0].upper() in letters
