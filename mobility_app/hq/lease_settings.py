"""For how many days devices work without contact before they lock themselves (`store/lease.py`): `days` of the folder's
`lease.toml`, or MOBILITY_LEASE_DAYS."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from mobility_app.errors import InvalidValue
from mobility_app.hq import settings
from mobility_app.store import lease

FILE, VARIABLE = "lease.toml", "MOBILITY_LEASE_DAYS"


def read(folder: Path, environ: Mapping[str, str]) -> int:
    """Days from LEAST_DAYS to MOST_DAYS. Raises InvalidValue naming the key."""
    text = settings.given(folder / FILE, {"days": VARIABLE}, environ, None, "lease_settings").get("days", "")
    if not text:
        return lease.DAYS
    if not text.isdecimal() or not lease.LEAST_DAYS <= int(text) <= lease.MOST_DAYS:
        raise InvalidValue("lease", "days", "lease_settings")
    return int(text)
