"""Companies, territories and users: HQ's own records, read by devices.

A user's companies and territories are sets: two administrators may each add one without losing the other's.
"""

from __future__ import annotations

from mobility_app.domain.fields import Entity, Field, Kind, Merge, Scope

ROLES = ("rep", "manager", "accountant", "support", "admin", "erp")

COMPANY = Entity(
    "company",
    (
        Field("name", required=True),
        Field("country", required=True, most=2),
        Field("currency", required=True, most=3),
        Field("fiscal_year_start_month", Kind.INTEGER, required=True, default=1, most=12),
        Field("default_territory_id", Kind.REF, refers="territory"),
        Field("ledger_account_pattern", default=r"[0-9]{3,12}"),
    ),
    Scope.GLOBAL,
    right="installation",
)

TERRITORY = Entity(
    "territory",
    (
        Field("company_id", Kind.REF, Merge.IMMUTABLE, required=True, refers="company"),
        Field("name", required=True),
    ),
    Scope.COMPANY,
    right="installation",
)

USER = Entity(
    "user",
    (
        Field("name", required=True),
        Field("email"),
        Field("role", Kind.CHOICE, required=True, choices=ROLES),
        Field("company_ids", Kind.REFS, Merge.SET, refers="company"),
        Field("territory_ids", Kind.REFS, Merge.SET, refers="territory"),
        Field("language", required=True, default="pt", most=35),
    ),
    Scope.GLOBAL,
    right="people",
)
