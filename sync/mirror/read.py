"""The first half of a run: seven collections read to their end.

So no alert is ever decided on half a picture. What was committed before an error stays, with its
marks; the next complete reading has them decided. What documents mean for a job is not known here.
"""

from collections.abc import Mapping
from datetime import datetime

import structlog

from sync.attic_tech.documents import COLLECTIONS
from sync.attic_tech.errors import (
    AtticTechRefused,
    NoSuchCollection,
    absent,
    title,
    unreadable,
    unseen,
)
from sync.attic_tech.names import CANDIDATES, EMBEDDABLE, Look, Names
from sync.attic_tech.protocol import EPOCH
from sync.mirror import fallback, store
from sync.mirror.full_compare import compare_collection, fetch, is_due
from sync.mirror.scan import Cursor, Scan, heard_newest, heard_page, latest
from sync.mirror.store import Compared, Reading, Remembered, keep

_log = structlog.get_logger()
CREW_LEADER = "Crew Leader"


async def read(reading: Reading) -> dict[str, Compared]:
    """What was completely compared in this reading.

    That is for `store.note_comparisons`, once what was found is decided. Raises `AtticTechError`.
    """
    renamed = await find_names(reading)
    try:
        compared = await _read_all(reading, renamed=renamed)
    except NoSuchCollection:  # it had that name before
        compared = await _read_all(reading, renamed=await find_names(reading, anew=True))
    await _close_references(reading)
    # Their marks stay until deciding, so a crash only delays this.
    await store.tell_unreadable(reading, await store.load_newly_set_aside(reading.connection))
    await _check_requirements(reading)
    await _remember_names(reading)
    return compared


async def find_names(reading: Reading, *, anew: bool = False) -> bool:
    """Whether Attic Tech's names differ from those remembered; the source has them now.

    What a setting names is not guessed. What has no collection of its own is looked for again with
    each full run: somebody may have given us the right. `anew`: nothing remembered is believed; nor
    is, ever, what another account saw. Raises `AtticTechError` where a collection without which
    nobody can be told of a job is not to be had.
    """
    source = reading.source
    remembered = await store.load_names(reading.connection)
    known = remembered.names.slugs if remembered and remembered.account == source.account else {}
    found: dict[str, str | None] = {}
    for collection in COLLECTIONS:
        slug, given = known.get(collection), source.given.get(collection)
        still = slug if given is None else given
        if anew or collection not in known or slug != still or (slug is None and reading.full):
            found[collection] = await _find_name(reading, collection, given)
        else:
            found[collection] = slug
    source.names = Names(found)
    return remembered is not None and remembered.names != source.names


async def _find_name(reading: Reading, collection: str, given: str | None) -> str | None:
    candidates = CANDIDATES[collection] if given is None else (given,)
    closed = None
    for slug in candidates:
        look = await reading.source.look(slug)
        if look is Look.OPEN:
            return slug
        closed = closed or (slug if look is Look.CLOSED else None)
    if given is None and collection in EMBEDDABLE:
        return None
    if closed:
        raise unreadable(collection, closed, "our account")
    raise absent(title(candidates[0]), *candidates)


async def _remember_names(reading: Reading) -> None:
    """After a reading that reached its end: the next one asks no more."""
    connection, source = reading.connection, reading.source
    if await store.load_names(connection) != Remembered(source.account, source.names):
        await store.remember_names(connection, source.account, source.names)
        _log.info("attic_tech_collections_found", names=str(source.names))


async def _read_all(reading: Reading, *, renamed: bool) -> dict[str, Compared]:
    """`renamed`: what now shows documents within it may not have done so when it was scanned."""
    cursors = await store.load_cursors(reading.connection)
    newest = await _newest_known(reading, cursors)
    compared: dict[str, Compared] = {}
    names = reading.source.names
    for collection in names.had:
        cursor = cursors.get(collection, Cursor())
        cursor, date = await _scan_collection(reading, collection, Scan(cursor, before=newest))
        newest = latest(newest, cursor.h)
        full = reading.full or (renamed and names.depth(collection) > 0)
        if is_due(collection, cursor.compared_at, date, full=full):
            compared[collection] = Compared(newest, await compare_collection(reading, collection))
    return compared


async def _newest_known(reading: Reading, cursors: Mapping[str, Cursor]) -> datetime | None:
    """The newest stamp that was ever seen.

    The first time everything is asked for it, since an empty collection has none of its own: what
    comes into sight there later may have been there all the time.
    """
    newest = latest(*(cursor.h for cursor in cursors.values()))
    for collection in reading.source.names.had if newest is None else ():
        newest = latest(newest, (await fallback.ask_newest(reading.source, collection)).bound)
    return newest


async def _scan_collection(
    reading: Reading, collection: str, scan: Scan
) -> tuple[Cursor, datetime]:
    """The cursor after everything new is stored, and the `Date` it began."""
    done, date = 0, EPOCH
    while not scan.complete:
        cursor = scan.cursor
        if not cursor.under_way:
            newest = await fallback.ask_newest(reading.source, collection)
            scan, date = heard_newest(scan, newest, reading.overlap), newest.date
            continue
        page = await fallback.ask_page(reading.source, collection, cursor.t, cursor.last_id)
        scan = heard_page(scan, page, reading.overlap)
        done += len(page.documents)
        changed = await keep(reading, collection, page.documents, done, scan.cursor)
        _log.debug("page_read", collection=collection, done=done, changed=changed)
    return scan.cursor, date


async def _close_references(reading: Reading) -> None:
    """Fetch what is pointed at, and what that points at, until nothing is missing.

    What Attic Tech does not give us is remembered as hidden: it is asked for again only when
    something that points at it changed, or something in its own collection.
    """
    asked: set[tuple[str, int]] = set()
    embedded = reading.source.names.embedded  # only what points at them can show them
    while missing := _without(asked, embedded, await store.load_missing(reading.connection)):
        for collection, ids in missing.items():
            given = await fetch(reading, collection, ids)
            hidden = [id for id in ids if id not in given]
            if hidden:
                await store.hide(reading.connection, collection, hidden)
            asked |= {(collection, id) for id in ids}


def _without(
    asked: set[tuple[str, int]], embedded: frozenset[str], missing: dict[str, list[int]]
) -> dict[str, list[int]]:
    """What is missing, can be asked for, and was not in this reading."""
    left = {
        collection: [id for id in ids if (collection, id) not in asked]
        for collection, ids in missing.items()
        if collection not in embedded
    }
    return {collection: ids for collection, ids in left.items() if ids}


async def _check_requirements(reading: Reading) -> None:
    """Raise what somebody must change in Attic Tech before jobs can be decided.

    Incident 14: roles were not in the answers, so nobody was a crew leader and nobody was told.
    That is an error, not silence.
    """
    connection, embedded = reading.connection, sorted(reading.source.names.embedded)
    for collection in await store.load_unseen(connection, embedded):
        raise unseen(collection)
    roles, holders, crews = await store.count_requirements(connection, CREW_LEADER)
    if missing := what_is_missing(roles, holders, crews):
        raise missing


def what_is_missing(roles: int, holders: int, crews: int) -> AtticTechRefused | None:
    """What must be put right in Attic Tech first, or None.

    `roles`: so many are named Crew Leader. `holders`: users with one of them. `crews`: jobs whose
    `assignedCrew` is not empty.
    """
    if not roles:
        return AtticTechRefused(
            f"No role in Attic Tech is named {CREW_LEADER}, so nobody can be told of a job: "
            f"create or rename that role, and give our account's role read access to Roles.",
            "no_crew_leader_role",
        )
    if crews and not holders:
        return AtticTechRefused(
            f"{crews} jobs in Attic Tech have a crew, but no user has the role {CREW_LEADER}: "
            f"give it to the crew leaders, and give our account's role read access to the field "
            f"Roles of Users.",
            "no_crew_leader",
        )
    return None
