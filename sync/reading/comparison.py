"""The full comparison: what a complete listing and the mirror do not agree about. Pure.

Any difference, newer or older, is a reason to fetch: what Attic Tech answered last is the truth. An
absence is only a suspicion here; see `sync/reading/comparing.py` for what confirms it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

#: A page each, and full of consequences: compared by any run, this long after the last time.
SMALL = frozenset({"users", "roles", "branches"})
SMALL_EVERY = timedelta(minutes=10)
#: So many may always be gone at once, or one in so many.
_FEW, _PART = 3, 50


@dataclass(frozen=True, slots=True)
class Mirrored:
    """A document in the mirror; `doubtful`: to be fetched even if its stamp is the same."""

    state: str
    updated_at: datetime | None
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class Compared:
    """When a complete comparison began: the newest stamp known by then, and Attic Tech's `Date`.

    What is news is measured by the stamp: both are written by one clock. The `Date` only says when
    the next is due.
    """

    stamp: datetime | None
    date: datetime


@dataclass(frozen=True, slots=True)
class Difference:
    """Ids to fetch, and ids that the mirror has and the listing lacks; both ascending."""

    fetch: tuple[int, ...]
    absent: tuple[int, ...]


def compare(
    listed: Mapping[int, datetime | None],
    mirrored: Mapping[int, Mirrored],
    *,
    carries: bool = False,
) -> Difference:
    """The difference over one stretch of ids, of which both sides are complete.

    `carries`: other documents come within these, and move without their stamps.
    """
    fetch = (id for id, stamp in listed.items() if carries or not _same(stamp, mirrored.get(id)))
    absent = (id for id, known in mirrored.items() if _there(known) and id not in listed)
    return Difference(tuple(sorted(fetch)), tuple(sorted(absent)))


def _same(stamp: datetime | None, known: Mirrored | None) -> bool:
    return (
        known is not None
        and known.state == "present"
        and not known.doubtful
        and known.updated_at == stamp
    )


def _there(known: Mirrored) -> bool:
    return known.state in ("present", "set_aside")


def gone_at_most(known: int) -> int:
    """How many of so many known documents may be gone at once without somebody's consent."""
    return max(_FEW, known // _PART)


def is_due(collection: str, last: datetime | None, now: datetime, *, full: bool) -> bool:
    """Whether the collection is compared in this run; both times are Attic Tech's `Date`, which may
    jump ahead and back.
    """
    if full:
        return True
    return collection in SMALL and not (last and timedelta(0) <= now - last < SMALL_EVERY)
