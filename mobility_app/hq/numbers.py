"""Customer numbers: HQ gives them, never twice, counted over all companies: a rep may hold shared customers of each."""

from __future__ import annotations

from mobility_app.store.records import Records

KEY = "customer_number"


def next_number(session: Records) -> str:
    """The next customer number, such as `C-000042`. Counts inside the caller's transaction."""
    session.run("INSERT INTO hq_meta (k, v) VALUES (?, '0') ON CONFLICT (k) DO NOTHING", KEY)
    number = int(session.value("SELECT v FROM hq_meta WHERE k=?", KEY)) + 1
    session.run("UPDATE hq_meta SET v=? WHERE k=?", str(number), KEY)
    return f"C-{number:06d}"
