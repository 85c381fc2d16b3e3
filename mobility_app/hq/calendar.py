"""An appointment as an iCalendar object (RFC 5545, 5546): REQUEST to come or to move, CANCEL to go. Pure.

One UID for each activity, whatever happens to it, and a SEQUENCE that only rises, so that a calendar updates or removes
the entry that it has. Times are in UTC. The organizer is the installation's own address and never changes: a calendar
that sees another organizer takes the update for a forgery. Answers are not asked for (RSVP=FALSE).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from icalendar import Calendar, Event, vCalAddress, vText

from mobility_app.domain.fields import Plain

REQUEST, CANCEL = "REQUEST", "CANCEL"
PRODUCT = "-//Mobility//Headquarters//EN"
TEXT_MAX = 10_000  # characters of a description


@dataclass(frozen=True, slots=True)
class Person:
    """Who takes part, or organizes. `name` may be empty."""

    address: str
    name: str


def method(before: Mapping[str, Plain] | None, after: Mapping[str, Plain] | None, fields: Iterable[str]) -> str:
    """What a net change of an appointment does to its receiver's calendar: REQUEST, CANCEL or nothing. `fields`: those
    that a calendar shows."""
    had, has = _on(before), _on(after)
    if has:
        assert after is not None
        same = had and before is not None and all(before.get(name) == after.get(name) for name in fields)
        return "" if same else REQUEST
    closed = after is not None and after.get("status") == "closed"
    return CANCEL if had and not closed else ""


def _on(told: Mapping[str, Plain] | None) -> bool:
    """Whether it stands in a calendar: an open appointment that begins at a known time."""
    return (
        told is not None and told.get("kind") == "appointment" and told.get("status") == "open"
        and isinstance(told.get("starts_at"), int)
    )  # fmt: skip


def invitation(
    verb: str, uid: str, sequence: int, told: Mapping[str, Plain], *, at: int, organizer: Person, attendees: Iterable[Person],
    description: str = "",
) -> str:  # fmt: skip
    """The text of the object. `told` is the appointment as it stands (REQUEST) or stood (CANCEL), `at` the instant of
    writing; instants in UTC milliseconds."""
    event = Event()
    event.add("uid", uid)
    event.add("sequence", sequence)
    event.add("dtstamp", _utc(at))
    event.add("dtstart", _utc(told["starts_at"]))
    if isinstance(told.get("ends_at"), int) and told["ends_at"] != told["starts_at"]:
        event.add("dtend", _utc(told["ends_at"]))
    event.add("summary", _text(told.get("title")))
    if told.get("place"):
        event.add("location", _text(told["place"]))
    if description and verb == REQUEST:
        event.add("description", _text(description[:TEXT_MAX]))
    event.add("status", "CANCELLED" if verb == CANCEL else "CONFIRMED")
    event.add("transp", "OPAQUE")
    event.add("organizer", _address(organizer), encode=False)
    for person in attendees:
        one = _address(person)
        one.params["ROLE"], one.params["PARTSTAT"] = vText("REQ-PARTICIPANT"), vText("NEEDS-ACTION")
        one.params["RSVP"] = vText("FALSE")
        event.add("attendee", one, encode=False)
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", verb)
    calendar.add_component(event)
    return str(calendar.to_ical(), "utf-8")


def _address(person: Person) -> vCalAddress:
    found = vCalAddress(f"mailto:{person.address}")
    if person.name:
        # A parameter takes no quotes and no lines; icalendar would refuse the whole object.
        found.params["CN"] = vText(" ".join(person.name.replace('"', "'").split()))
    return found


def _text(value: Plain) -> str:
    """Text without what no text of a calendar may hold: control characters but the line end."""
    lines = str(value or "").replace("\r\n", "\n").replace("\r", "\n")
    return "".join(
        letter for letter in lines if letter == "\n" or letter.isprintable() or letter in "\u200d\u200e\u200f"
    )


def _utc(instant: Plain) -> datetime:
    assert isinstance(instant, int)
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=instant)).replace(microsecond=0)
