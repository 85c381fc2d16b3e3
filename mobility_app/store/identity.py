"""Who this device is: what enrolment gave it, kept in the encrypted store."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from mobility_app.domain.access import Actor
from mobility_app.errors import NotEnrolled
from mobility_app.store.records import Records

LEADS = "leads:"  # begins the note that a record was merged into another one


@dataclass(frozen=True, slots=True)
class Identity:
    """A device of one user. `private_key` is the raw Ed25519 key in hex: a locked device can't even sign."""

    device_id: str
    device_number: int
    user_id: str
    hq_url: str
    hq_key: str
    private_key: str


def keep(session: Records, identity: Identity) -> None:
    """Keeps the identity."""
    set_meta(session, "identity", json.dumps(asdict(identity)))


def read(session: Records) -> Identity | None:
    """The identity, or None before enrolment."""
    found = meta(session, "identity")
    return Identity(**json.loads(found)) if found else None


def actor(session: Records) -> Actor:
    """The enrolled user with the role and reach that HQ last told. Raises NotEnrolled."""
    identity = read(session)
    if identity is None:
        raise NotEnrolled("this device is not enrolled")
    known = json.loads(meta(session, "actor") or "{}")
    return Actor(
        identity.user_id,
        known.get("role", "rep"),
        tuple(known.get("company_ids", ())),
        tuple(known.get("territory_ids", ())),
    )


def led(session: Records, record_id: str) -> str | None:
    """The record that this one goes on as since HQ merged both, or None."""
    to = meta(session, f"{LEADS}{record_id}")
    return (led(session, to) or to) if to else None


def meta(session: Records, key: str) -> str | None:
    """One of the device's own notes."""
    found: str | None = session.value("SELECT v FROM meta WHERE k=?", key)
    return found


def set_meta(session: Records, key: str, value: str) -> None:
    """Keeps one of the device's own notes."""
    session.run("INSERT INTO meta (k, v) VALUES (?, ?) ON CONFLICT (k) DO UPDATE SET v=excluded.v", key, value)
