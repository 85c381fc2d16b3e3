"""Customer numbers: HQ gives them, counted by company, never twice and never again."""

from __future__ import annotations

from mobility_app.store.records import Records


def next_number(session: Records, company_id: str) -> str:
    """The next customer number of the company, such as `C-000042`. Counts inside the caller's transaction."""
    session.run(
        "INSERT INTO customer_count (company_id, number) VALUES (?, 0) ON CONFLICT (company_id) DO NOTHING", company_id
    )
    number = session.value("UPDATE customer_count SET number=number+1 WHERE company_id=? RETURNING number", company_id)
    return f"C-{number:06d}"
