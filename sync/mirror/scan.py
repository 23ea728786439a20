"""The scan, the one kind of walk over a collection. Pure.

Newest stamp H first, then everything with `updatedAt >= T and id > LAST` by id. Ids never move, so
no row is skipped; stamps only grow, so no row leaves the window. Stamps are older than their
visibility by up to OVERLAP, so the next scan starts that much before H. Every time here is Attic
Tech's own: a stamp, or an answer's `Date`. First contact is the same scan with T = 1970.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sync.attic_tech.errors import AtticTechBroken
from sync.attic_tech.pages import DocumentPage, Newest
from sync.attic_tech.protocol import EPOCH


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a collection is read: a row of `botzilla.sync_cursor`, named alike.

    Between `began_at` and `finished_at` a scan is under way: it goes on after `last_id` with the
    `t` and `h` it began with. `compared_from`: the newest stamp that Attic Tech had written when
    the last complete comparison began; `compared_at`: its `Date` then.
    """

    t: datetime = EPOCH
    h: datetime | None = None
    h_seen_at: datetime | None = None
    last_id: int = 0
    began_at: datetime | None = None
    finished_at: datetime | None = None
    compared_from: datetime | None = None
    compared_at: datetime | None = None

    @property
    def under_way(self) -> bool:
        """Whether a scan was begun and has not reached its end."""
        return self.began_at is not None and self.finished_at is None


@dataclass(frozen=True, slots=True)
class Scan:
    """A collection in one run: next comes a page, or the newest stamp.

    `fresh`: it began here; `complete`: nothing is left to ask. `before`: the newest stamp that
    Attic Tech had written anywhere before it.
    """

    cursor: Cursor
    fresh: bool = False
    complete: bool = False
    before: datetime | None = None


def latest(*moments: datetime | None) -> datetime | None:
    """The latest of those that are known."""
    return max((moment for moment in moments if moment is not None), default=None)


def heard_newest(scan: Scan, newest: Newest, overlap: timedelta) -> Scan:
    """The scan after the newest stamp: begun, or complete since nothing can be new."""
    cursor = scan.cursor
    if _nothing_new(cursor, newest, overlap):
        return replace(scan, complete=True)
    known = cursor.h_seen_at is not None and cursor.h == newest.bound
    # Older than where we would begin: a clock had jumped ahead, or a backup was restored.
    since = cursor.t if newest.bound is None else min(cursor.t, _less(newest.bound, overlap))
    begun = replace(
        cursor,
        t=since,
        h=newest.bound,
        h_seen_at=cursor.h_seen_at if known else newest.date,
        last_id=0,
        began_at=newest.date,
        finished_at=None,
    )
    return replace(scan, cursor=begun, fresh=True)


def heard_page(scan: Scan, page: DocumentPage, overlap: timedelta) -> Scan:
    """The scan after a page, with which its cursor is committed.

    One that an earlier run left unfinished is finished, and then followed by a second one: only
    that has seen what changed before this run began. Raises `AtticTechBroken` where a page does not
    move the scan: asked again it would never end.
    """
    cursor = scan.cursor
    if page.has_next and page.documents:
        if page.last_id is None or page.last_id <= cursor.last_id:
            raise AtticTechBroken("Attic Tech answers the same page again and again.", "stuck")
        return replace(scan, cursor=replace(cursor, last_id=page.last_id))
    finished = replace(
        cursor,
        t=EPOCH if cursor.h is None else _less(cursor.h, overlap),
        last_id=0,
        finished_at=page.date,
    )
    if cursor.t == EPOCH:  # it saw everything, so it counts as a comparison
        finished = replace(
            finished,
            compared_from=cursor.compared_from or latest(cursor.h, scan.before),
            compared_at=cursor.compared_at or cursor.began_at,
        )
    return replace(scan, cursor=finished, complete=scan.fresh)


def _less(moment: datetime, overlap: timedelta) -> datetime:
    return max(EPOCH, moment - overlap)


def _nothing_new(cursor: Cursor, newest: Newest, overlap: timedelta) -> bool:
    """Whether the last scan has seen whatever bears a stamp up to `newest`.

    A stamp is at most OVERLAP older than its commit, so once a scan began more than OVERLAP after H
    was first seen, everything up to H was visible to it; and what is newer than H would have made H
    grow. A scan that began later than now was timed by a clock that had jumped.
    """
    if cursor.began_at is None or cursor.finished_at is None or cursor.h_seen_at is None:
        return False
    long_ago = cursor.h_seen_at + overlap < cursor.began_at <= newest.date
    return long_ago and cursor.h == newest.bound
