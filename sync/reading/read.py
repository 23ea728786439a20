"""The first half of a run: all seven collections read to their end, or an error.

So no alert is ever decided on half a picture. What was committed before an error stays, with its
marks; the next complete reading settles them. What documents mean for a job is not known here.
"""

from collections.abc import Mapping
from datetime import datetime

from sync.alerts import AlertKind
from sync.attic_tech import protocol
from sync.attic_tech.documents import SetAside
from sync.attic_tech.errors import NoSuchCollection
from sync.attic_tech.requirements import crew_leader_roles, what_is_missing
from sync.model.facts import DocumentUnreadable
from sync.reading import store
from sync.reading.comparing import compare_collection
from sync.reading.comparison import Compared, is_due
from sync.reading.keeping import Reading
from sync.reading.naming import find_names, remember_names
from sync.reading.references import close_references
from sync.reading.singly import ask_newest
from sync.reading.walk import Cursor, latest
from sync.reading.walking import walk_collection
from sync.telling import Fact, tell


async def read(reading: Reading) -> dict[str, Compared]:
    """What was completely compared in this reading.

    That is for `store.settle_comparisons`, once what was found is decided. Raises `AtticTechError`.
    """
    renamed = await find_names(reading)
    try:
        compared = await _read_all(reading, renamed=renamed)
    except NoSuchCollection:  # it had that name before
        compared = await _read_all(reading, renamed=await find_names(reading, anew=True))
    await close_references(reading)
    await _tell_of_set_aside(reading)
    await _check_requirements(reading)
    await remember_names(reading)
    return compared


async def _read_all(reading: Reading, *, renamed: bool) -> dict[str, Compared]:
    """`renamed`: what now shows documents within it may not have done so when it was walked."""
    cursors = await store.load_cursors(reading.connection)
    newest = await _newest_known(reading, cursors)
    compared: dict[str, Compared] = {}
    names = reading.source.names
    for collection in names.had:
        cursor = cursors.get(collection, Cursor())
        cursor, date = await walk_collection(reading, collection, cursor, newest)
        newest = latest(newest, cursor.h)
        full = reading.full or (renamed and names.depth(collection) > 0)
        if is_due(collection, cursor.compared_at, date, full=full):
            compared[collection] = Compared(newest, await compare_collection(reading, collection))
    return compared


async def _newest_known(reading: Reading, cursors: Mapping[str, Cursor]) -> datetime | None:
    """The newest stamp that Attic Tech has written, as far as it was ever seen.

    The first time everything is asked for it, since an empty collection has none of its own: what
    comes into sight there later may have been there all the time.
    """
    newest = latest(*(cursor.h for cursor in cursors.values()))
    for collection in reading.source.names.had if newest is None else ():
        newest = latest(newest, (await ask_newest(reading.source, collection)).bound)
    return newest


async def _tell_of_set_aside(reading: Reading) -> None:
    """Tell what could not be read; its marks stay until deciding, so a crash only delays it."""
    found = await store.load_newly_set_aside(reading.connection)
    facts = [_unreadable(one) for one in [*found, *reading.nameless]]
    await tell(reading.connection, reading.operators, facts)


def _unreadable(one: SetAside) -> Fact:
    return Fact(
        AlertKind.DOCUMENT_UNREADABLE,
        f"{one.collection}:{one.id}:{one.digest}",
        DocumentUnreadable(one.collection, one.id, one.reason),
    )


async def _check_requirements(reading: Reading) -> None:
    """Raise what somebody must change in Attic Tech before jobs can be decided (incident 14)."""
    connection, embedded = reading.connection, sorted(reading.source.names.embedded)
    for collection in await store.load_unseen(connection, embedded):
        raise protocol.unseen(collection)
    roles = crew_leader_roles(await store.load_roles(connection))
    crews, holders = await store.count_crews_and_holders(connection, roles)
    if missing := what_is_missing(roles, holders=holders, crews=crews):
        raise missing
