"""The full comparison of a collection with a complete listing of it: what walks let slip.

Differences are fetched. A document is gone when it is absent from the complete listing and 404 by
its id; when too many are gone at once nothing is marked and the operators are asked, and nothing is
until that was put right or accepted (`sync/deciding/holds.py`). Old rows of `job_sync` without a
document are no matter of this.
"""

from collections.abc import Sequence
from datetime import datetime

import structlog

from sync.attic_tech.documents import Document, SetAside
from sync.attic_tech.fields import LARGEST_ID
from sync.deciding.holds import Ended, end_hold, keep_hold, load_hold
from sync.reading import singly, store
from sync.reading.comparison import compare, gone_at_most
from sync.reading.keeping import Reading, keep

_log = structlog.get_logger()
#: Documents asked for and stored at once.
AT_ONCE = 500


async def compare_collection(reading: Reading, collection: str) -> datetime:
    """Attic Tech's `Date` at the first answer of a listing with which the mirror now agrees."""
    after, dates, absent = 0, list[datetime](), list[int]()
    carries = reading.source.names.depth(collection) > 0
    async for listing in singly.list_all(reading.source, collection):
        up_to = (listing.has_next and listing.last_id) or LARGEST_ID
        known = await store.load_mirrored(reading.connection, collection, after, up_to)
        difference = compare(dict(listing.stamps), known, carries=carries)
        await fetch(reading, collection, difference.fetch)
        absent += difference.absent
        dates.append(listing.date)
        after = up_to
    await _settle_absent(reading, collection, absent)
    return dates[0]


async def fetch(reading: Reading, collection: str, ids: Sequence[int]) -> set[int]:
    """Those of these ids that Attic Tech gave; they are stored."""
    given: set[int] = set()
    for start in range(0, len(ids), AT_ONCE):
        answered = await singly.ask_ids(reading.source, collection, ids[start : start + AT_ONCE])
        await keep(reading, collection, answered, start + AT_ONCE)
        given |= {one.id for one in answered if one.id is not None}
    return given


async def _settle_absent(reading: Reading, collection: str, absent: Sequence[int]) -> None:
    hold = await load_hold(reading.connection, "gone", collection)
    if not absent and not hold.open:
        return
    known = await store.count_known(reading.connection, collection)
    accepted = reading.full and reading.accept
    limit = len(absent) if accepted else gone_at_most(known)
    found, gone = await _ask_each(reading, collection, absent, limit)
    if found:
        await keep(reading, collection, found)
    if accepted or not (hold.open or len(gone) > limit):
        async with reading.connection.transaction():
            await _mark_gone(reading, collection, gone)
            await end_hold(reading.connection, hold, Ended.ACCEPTED)
        return
    suspects = set(absent) - {one.id for one in found}
    await keep_hold(
        reading.connection, reading.operators, hold, suspects, total=known, too_many=True
    )


async def _ask_each(
    reading: Reading, collection: str, absent: Sequence[int], limit: int
) -> tuple[list[Document | SetAside], list[int]]:
    """What the listing lacked and is there all the same, and what is 404; no more than it takes."""
    found: list[Document | SetAside] = []
    gone: list[int] = []
    for id in absent:
        one = await singly.ask_id(reading.source, collection, id)
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
