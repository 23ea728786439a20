"""The full comparison with a complete listing: what scans let slip.

Any difference, newer or older, is a reason to fetch: what Attic Tech answered last is the truth. A
document is gone when it is absent from the complete listing and 404 by its id; when too many are
gone at once nothing is marked and the operators are asked, and nothing is until that was put right
or accepted (`sync/reconcile/holds.py`). Old rows of `job_sync` without a document are no matter of
this.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from sync.attic_tech.documents import LARGEST_ID, Document, SetAside
from sync.mirror import fallback, store
from sync.mirror.store import Mirrored, Reading, keep
from sync.reconcile.company import load_directory
from sync.reconcile.holds import Ended, end_hold, keep_hold, load_hold

_log = structlog.get_logger()
#: Documents asked for and stored at once.
_AT_ONCE = 500
#: A page each, and full of consequences: compared by any run, this long after the last time.
SMALL = frozenset({"users", "roles", "branches"})
SMALL_EVERY = timedelta(minutes=10)
#: So many may always be gone at once, or one in so many.
_FEW, _PART = 3, 50


@dataclass(frozen=True, slots=True)
class Difference:
    """Ids to fetch, and ids that the listing lacks; both ascending."""

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
    absent = (id for id, known in mirrored.items() if known.is_there and id not in listed)
    return Difference(tuple(sorted(fetch)), tuple(sorted(absent)))


def _same(stamp: datetime | None, known: Mirrored | None) -> bool:
    return known is not None and known == Mirrored("present", stamp)


def gone_at_most(known: int) -> int:
    """How many of so many may be gone at once without consent."""
    return max(_FEW, known // _PART)


def is_due(collection: str, last: datetime | None, now: datetime, *, full: bool) -> bool:
    """Whether the collection is compared in this run.

    Both times are Attic Tech's `Date`, which may jump ahead and back.
    """
    if full:
        return True
    return collection in SMALL and not (last and timedelta(0) <= now - last < SMALL_EVERY)


async def compare_collection(reading: Reading, collection: str) -> datetime:
    """The `Date` of a listing's first answer, once the mirror agrees with it."""
    after, dates, absent = 0, list[datetime](), list[int]()
    carries = reading.source.names.depth(collection) > 0
    async for listing in fallback.list_all(reading.source, collection):
        up_to = (listing.has_next and listing.last_id) or LARGEST_ID
        known = await store.load_mirrored(reading.connection, collection, after, up_to)
        difference = compare(dict(listing.stamps), known, carries=carries)
        await fetch(reading, collection, difference.fetch)
        absent += difference.absent
        dates.append(listing.date)
        after = up_to
    await _judge_absent(reading, collection, absent)
    return dates[0]


async def fetch(reading: Reading, collection: str, ids: Sequence[int]) -> set[int]:
    """Those of these ids that Attic Tech gave; they are stored."""
    given: set[int] = set()
    for start in range(0, len(ids), _AT_ONCE):
        answered = await fallback.ask_ids(reading.source, collection, ids[start : start + _AT_ONCE])
        await keep(reading, collection, answered, start + _AT_ONCE)
        given |= {one.id for one in answered if one.id is not None}
    return given


async def _judge_absent(reading: Reading, collection: str, absent: Sequence[int]) -> None:
    connection = reading.connection
    hold = await load_hold(connection, "gone", collection)
    if not absent and not hold.open:
        return
    known = await store.count_known(connection, collection)
    accepted = reading.full and reading.accept
    limit = len(absent) if accepted else gone_at_most(known)
    found, gone = await _ask_each(reading, collection, absent, limit)
    if found:
        await keep(reading, collection, found)
    if accepted or not (hold.open or len(gone) > limit):
        async with connection.transaction():
            await _mark_gone(reading, collection, gone)
            await end_hold(connection, hold, Ended.ACCEPTED)
        return
    suspects = set(absent) - {one.id for one in found}
    directory = await load_directory(connection, reading.operators)
    await keep_hold(connection, directory, hold, suspects, total=known, too_many=True)


async def _ask_each(
    reading: Reading, collection: str, absent: Sequence[int], limit: int
) -> tuple[list[Document | SetAside], list[int]]:
    """What is there all the same, and what is 404, as far as it matters."""
    found: list[Document | SetAside] = []
    gone: list[int] = []
    for id in absent:
        one = await fallback.ask_id(reading.source, collection, id)
        if one is not None:
            found.append(one)
        else:
            gone.append(id)
        if len(gone) > limit:
            break
    return found, gone


async def _mark_gone(reading: Reading, collection: str, gone: Sequence[int]) -> None:
    marked = await store.mark_gone(reading.connection, collection, gone)
    await reading.note(collection, 0, marked)
    if marked:
        _log.info("documents_gone", collection=collection, count=marked)
