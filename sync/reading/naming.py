"""What Attic Tech calls the collections: asked once, remembered with the account that asked.

What a setting names is not guessed. What has no collection of its own is looked for again with each
full run: somebody may have given us the right.
"""

from dataclasses import dataclass

import structlog

from sync.attic_tech import protocol
from sync.attic_tech.asking import title
from sync.attic_tech.documents import COLLECTIONS
from sync.attic_tech.names import CANDIDATES, EMBEDDABLE, Look, Names
from sync.database.pool import Connection
from sync.database.queries import Queries
from sync.reading.keeping import Reading

_SQL = Queries("sync.reading", "naming.sql")
_log = structlog.get_logger()
_ACCOUNT = "our account"


@dataclass(frozen=True, slots=True)
class Remembered:
    """The names that a reading which reached its end has used, and by which account."""

    account: str
    names: Names


async def load_names(connection: Connection) -> Remembered | None:
    """What is remembered, None before the first reading."""
    row = await connection.fetchrow(_SQL["load"])
    return None if row is None else Remembered(row["account"], Names(row["names"]))


async def find_names(reading: Reading, *, anew: bool = False) -> bool:
    """Whether the names differ from those remembered; the source has them now.

    `anew`: nothing remembered is believed; nor is, ever, what another account saw. Raises
    `AtticTechError` where a collection without which nobody can be told of a job is not to be had.
    """
    source = reading.source
    remembered = await load_names(reading.connection)
    known = remembered.names.slugs if remembered and remembered.account == source.account else {}
    found: dict[str, str | None] = {}
    for collection in COLLECTIONS:
        slug, given = known.get(collection), source.given.get(collection)
        still = slug if given is None else given
        if anew or collection not in known or slug != still or (slug is None and reading.full):
            found[collection] = await _find(reading, collection, given)
        else:
            found[collection] = slug
    source.names = Names(found)
    return remembered is not None and remembered.names != source.names


async def remember_names(reading: Reading) -> None:
    """After a reading that reached its end: the next one asks no more."""
    source = reading.source
    if await load_names(reading.connection) == Remembered(source.account, source.names):
        return
    await reading.connection.execute(_SQL["remember"], source.account, dict(source.names.slugs))
    _log.info("attic_tech_collections_found", names=str(source.names))


async def _find(reading: Reading, collection: str, given: str | None) -> str | None:
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
        raise protocol.unreadable(collection, closed, _ACCOUNT)
    raise protocol.absent(title(candidates[0]), *candidates)
