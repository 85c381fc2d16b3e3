"""Preferences: what the person chose for this device, kept as notes of the store. `App` holds and changes them."""

from __future__ import annotations

from dataclasses import dataclass

from mobility_app.store import identity
from mobility_app.store.records import Records
from mobility_app.sync.status import METERED_SWITCH
from mobility_app.ui.words import DEFAULT_LANGUAGE

LOCK_MINUTES, LOCK_AFTER_MINUTES = (1, 5, 15, 30, 60), 15


@dataclass(frozen=True, slots=True)
class Preferences:
    """What the person chose for this device; kept in the store."""

    language: str = DEFAULT_LANGUAGE
    theme: str = "auto"
    lock_minutes: int = LOCK_AFTER_MINUTES
    single_keys: bool = True
    metered: bool = False


def kept(session: Records, given: Preferences) -> Preferences:
    """What was chosen on this device; what was not, or can't be, is as given."""
    minutes, keys = identity.meta(session, "ui_lock_minutes") or "", identity.meta(session, "ui_single_keys")
    return Preferences(
        identity.meta(session, "ui_language") or given.language,
        identity.meta(session, "ui_theme") or given.theme,
        int(minutes) if minutes in map(str, LOCK_MINUTES) else given.lock_minutes,
        given.single_keys if keys is None else keys != "off",
        bool(identity.meta(session, METERED_SWITCH)),
    )
