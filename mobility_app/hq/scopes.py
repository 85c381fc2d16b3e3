"""What each scope may receive, and which scopes a user holds.

A scope is a text: `hq` (companies and people, for everybody), `c:<company>` (its territories, labels, mailing lists,
general products), `t:<territory>` (its customers and all that hangs on them), `s:<company>` (master data of the
company's shared customers, for everybody). Each scope lies in one stream.
"""

from __future__ import annotations

import hashlib

from mobility_app.domain import versions
from mobility_app.domain.access import COMPANY_WIDE, MATRIX, Actor
from mobility_app.domain.change import Row
from mobility_app.domain.fields import Entity
from mobility_app.store.records import Records

GLOBAL = "hq"


def of_company(company_id: str) -> str:
    """The scope of a company's own lists."""
    return f"c:{company_id}"


def of_territory(territory_id: str) -> str:
    """The scope of a territory's customers."""
    return f"t:{territory_id}"


def of_shared(company_id: str) -> str:
    """The scope of a company's shared customers."""
    return f"s:{company_id}"


def of_customer(row: Row) -> set[str]:
    """The scopes that a customer with these values belongs to."""
    scopes = {of_territory(str(row["territory_id"]))}
    if row.get("shared"):
        scopes.add(of_shared(str(row["company_id"])))
    return scopes


def carries(scope: str, entity: Entity) -> bool:
    """Whether a scope hands out that entity's records: the shared one only master data, never billing."""
    return entity.shared or not scope.startswith("s:")


def held(session: Records, actor: Actor) -> dict[str, str]:
    """Scope -> stream for everything that the user may receive now."""
    scopes = {GLOBAL: GLOBAL}
    companies = {str(row[0]) for row in session.rows("SELECT id FROM company")}
    scopes.update({of_shared(company_id): company_id for company_id in companies})
    scopes.update({of_company(company_id): company_id for company_id in actor.company_ids if company_id in companies})
    for territory_id, company_id in session.rows("SELECT id, company_id FROM territory"):
        wide = actor.role in COMPANY_WIDE and company_id in actor.company_ids
        if wide or territory_id in actor.territory_ids:
            scopes[of_territory(territory_id)] = company_id
    return scopes


def readable(role: str, right: str) -> bool:
    """Whether the role may see what `right` covers."""
    return "R" in MATRIX[right].get(role, "")


def profile(role: str) -> str:
    """Names what the role may see of this version's records: equal for roles that see the same, so that they share what was
    made for one."""
    seen = f"{versions.VERSION}," + ",".join(right for right in sorted(MATRIX) if readable(role, right))
    return hashlib.sha256(seen.encode()).hexdigest()[:16]
