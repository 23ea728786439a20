"""Dates as Attic Tech stores and shows them: UTC, three decimals, `Z`, so that they compare as
text.
"""

import re
from datetime import UTC, datetime

_DATE = re.compile(
    r"^(?P<day>\d{4}-\d{2}-\d{2})"
    r"(?:[T ](?P<time>\d{2}:\d{2}(?::\d{2})?)(?P<fraction>\.\d+)?(?P<zone>Z|[+-]\d{2}:?\d{2})?)?$"
)


def shown(moment: datetime) -> str:
    """`moment` in UTC, cut to milliseconds: `2026-11-24T02:08:13.264Z`."""
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


def understood(text: object) -> str | None:
    """The stored form of a date that a client sent; None for one that cannot be parsed.

    With None the real one on PostgreSQL answers 200 and no row. A time without a zone is the
    server's local time; this server runs in UTC.
    """
    match = _DATE.match(text) if isinstance(text, str) else None
    if match is None:
        return None
    zone = (match["zone"] or "Z").replace("Z", "+00:00")
    fraction = (match["fraction"] or ".0")[:7]
    try:
        return shown(
            datetime.fromisoformat(f"{match['day']}T{_seconds(match['time'])}{fraction:0<7}{zone}")
        )
    except ValueError:
        return None


def _seconds(time: str | None) -> str:
    return "00:00:00" if time is None else time if time.count(":") == 2 else f"{time}:00"
