"""The nightly comparison: once after each quiet hour, also on days of 23 and 25 hours."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from sync.runs.scheduler import full_is_due

LOS_ANGELES = ZoneInfo("America/Los_Angeles")


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LOS_ANGELES)


@pytest.mark.parametrize(
    ("compared", "now", "due"),
    [
        ("2026-11-23 03:00", "2026-11-24 02:59", False),
        ("2026-11-23 03:00", "2026-11-24 03:00", True),
        ("2026-11-24 03:01", "2026-11-24 23:00", False),
        ("2026-11-24 02:59", "2026-11-24 12:00", True),  # asked for by hand before the quiet hour
        ("2026-11-20 12:00", "2026-11-24 01:00", True),  # down for days: not only at night
        ("2026-03-07 03:01", "2026-03-08 03:00", True),  # the clocks went forward
        ("2026-03-08 03:00", "2026-03-09 02:59", False),
        ("2026-11-01 03:00", "2026-11-02 02:30", False),  # the clocks went back
        ("2026-11-01 02:00", "2026-11-01 03:00", True),
    ],
)
def test_a_comparison_is_due_once_the_quiet_hour_has_begun_since_the_last(compared, now, due):
    assert full_is_due(local(compared), local(now), LOS_ANGELES) is due
