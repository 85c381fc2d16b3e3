"""Activities: each stands in exactly one list, what is late stands out, and meetings fall on the preferred day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobility_app.domain.entities.activity import KINDS, STATUSES
from mobility_app.domain.fields import Plain
from mobility_app.domain.rules import activities

NOW = 1_764_000_000_000
HOUR = 3_600_000


@pytest.mark.parametrize(
    ("activity", "group", "late"),
    [
        ({"status": "closed", "due_at": NOW - HOUR}, "closed", False),
        ({"status": "cancelled", "starts_at": NOW + HOUR}, "closed", False),
        ({"status": "open", "due_at": NOW + HOUR}, "planned", False),
        ({"status": "open", "due_at": NOW}, "open", False),
        ({"status": "open", "due_at": NOW - 1}, "open", True),
        ({"status": "open"}, "open", False),
        ({"status": "open", "starts_at": NOW + 1, "ends_at": NOW + HOUR}, "planned", False),
        ({"status": "open", "starts_at": NOW - HOUR, "ends_at": NOW + HOUR}, "open", False),  # under way
        ({"status": "open", "starts_at": NOW - 2 * HOUR, "ends_at": NOW - HOUR}, "open", True),
        ({"status": "open", "starts_at": NOW - HOUR}, "open", True),
        ({"status": "open", "starts_at": 0}, "open", True),  # 1 January 1970 is a moment like any other
        ({"status": "open", "starts_at": 0, "due_at": NOW + HOUR}, "open", True),
    ],
)
def test_where_an_activity_stands(activity: dict[str, Plain], group: str, late: bool) -> None:
    assert activities.group_of(activity, NOW) == group
    assert activities.overdue(activity, NOW) is late


MOMENT = st.one_of(st.none(), st.integers(NOW - 5, NOW + 5), st.integers(0, 2 * NOW))
ACTIVITY = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(KINDS),
        "status": st.sampled_from(STATUSES),
        "starts_at": MOMENT,
        "ends_at": MOMENT,
        "due_at": MOMENT,
    }
)


@given(st.lists(ACTIVITY, max_size=20))
def test_the_three_counts_add_up_to_all_and_only_what_is_open_is_late(found: list[dict[str, Plain]]) -> None:
    counts = activities.counts(found, NOW)
    assert set(counts) == {"closed", "planned", "open"}
    assert sum(counts.values()) == len(found)
    assert sum(activities.overdue(one, NOW) for one in found) <= counts["open"]
    assert counts["closed"] == sum(one["status"] != "open" for one in found)


@pytest.mark.parametrize(
    ("preferred", "day"),
    [(None, "2026-11-25"), (0, "2026-11-30"), (1, "2026-12-01"), (2, "2026-11-25"), (6, "2026-11-29")],
)
def test_from_a_tuesday_on(preferred: int | None, day: str) -> None:
    assert activities.next_weekday(preferred, date(2026, 11, 24)).isoformat() == day


@given(st.integers(0, 6), st.dates(max_value=date(9990, 1, 1)))
def test_the_proposed_day_is_the_first_such_day_within_a_week(preferred: int, today: date) -> None:
    proposed = activities.next_weekday(preferred, today)
    assert proposed.weekday() == preferred
    assert timedelta(0) < proposed - today <= timedelta(days=7)
