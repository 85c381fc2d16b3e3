"""The sentences of mails: English message ids, looked up in the catalogues by `hq/wording.py`.

Nothing is translated or formatted here. A sentence for each effect that a receiver can be told of.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

ADDED, CHANGED, CLOSED, CANCELLED, REOPENED = "added", "changed", "closed", "cancelled", "reopened"
DELETED, REMOVED = "deleted", "removed"  # it is gone; it stands, without the receiver
CONTEXT = "\x04"  # gettext's own separator between context and message


def N_(text: str) -> str:  # noqa: N802 - the name that gettext's tools know
    """Marks a text for the catalogue."""
    return text


def P_(context: str, text: str) -> str:  # noqa: N802
    """Marks a text with a context."""
    return f"{context}{CONTEXT}{text}"


NEW: Mapping[str, str] = MappingProxyType(
    {
        "task": N_("New task: {title}"),
        "call": N_("New call: {title}"),
        "appointment": N_("New appointment: {title}"),
    }
)
SUBJECT: Mapping[str, str] = MappingProxyType(
    {
        CHANGED: N_("Changed: {title}"),
        CLOSED: N_("Closed: {title}"),
        CANCELLED: N_("Cancelled: {title}"),
        REOPENED: N_("Open again: {title}"),
        DELETED: N_("Deleted: {title}"),
        REMOVED: N_("Without you now: {title}"),
    }
)
SAID: Mapping[str, str] = MappingProxyType(
    {
        ADDED: N_("{name} added this activity."),
        CHANGED: N_("{name} changed this activity."),
        CLOSED: N_("{name} closed this activity."),
        CANCELLED: N_("{name} cancelled this activity."),
        REOPENED: N_("{name} reopened this activity."),
        DELETED: N_("{name} deleted this activity."),
        REMOVED: N_("{name} took you off this activity."),
    }
)
KIND: Mapping[str, str] = MappingProxyType({"task": N_("Task"), "call": N_("Call"), "appointment": N_("Appointment")})
STATUS: Mapping[str, str] = MappingProxyType(
    {
        "open": P_("activity", "Open"),
        "closed": P_("activity", "Closed"),
        "cancelled": P_("activity", "Cancelled"),
    }
)
DIRECTION: Mapping[str, str] = MappingProxyType({"made": P_("call", "Made"), "received": P_("call", "Received")})
OFFICE = N_("The office")
CHANGES = N_("What changed")
PARTICIPANTS = N_("Participants")
WHEN = N_("When")
NONE = N_("none")
WHY_COLLEAGUE = N_("You receive this e-mail because you take part in this activity or look after this customer.")
WHY_CONTACT = N_("You receive this e-mail because you take part in this activity.")
