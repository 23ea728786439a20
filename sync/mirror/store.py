"""The mirror in PostgreSQL: one answer, one transaction, six statements at most.

What PostgreSQL refuses as data is halved until the bad document stands alone, and set aside. What a
document means is not known here.
"""

import json
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import starmap

import asyncpg

from sync.attic_tech.client import AtticTech
from sync.attic_tech.documents import Document, SetAside, lacked_by_all
from sync.attic_tech.errors import hidden
from sync.attic_tech.names import Names
from sync.attic_tech.protocol import EPOCH
from sync.mirror.fallback import ask_ids
from sync.mirror.scan import Cursor
from sync.model.alerts import AlertKind
from sync.model.facts import DocumentUnreadable
from sync.model.states import fold
from sync.postgres.pool import Connection
from sync.postgres.queries import Queries
from sync.reconcile.outbox import Fact, tell

_SQL = Queries("sync.mirror", "store.sql")
_REFUSED = (asyncpg.DataError, asyncpg.ProgramLimitExceededError, UnicodeEncodeError)
#: Documents that are asked for again before a field is called hidden.
_OTHERS = 10

Answered = Sequence[Document | SetAside]
#: Called inside the transaction with the number of changed documents; one statement at most.
Note = Callable[[int], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Reading:
    """What one reading is given.

    `connection` holds the sync lock, so that a lost lock ends the reading. `note(collection, done,
    changed)` is called in the transaction of each answer and costs one statement at most.
    """

    connection: Connection
    source: AtticTech
    note: Callable[[str, int, int], Awaitable[None]]
    overlap: timedelta
    operators: tuple[int, ...] = ()
    full: bool = False
    accept: bool = False


@dataclass(frozen=True, slots=True)
class Mirrored:
    """A document in the mirror; `doubtful`: fetched whatever its stamp."""

    state: str
    updated_at: datetime | None
    doubtful: bool = False

    @property
    def is_there(self) -> bool:
        """Whether Attic Tech has it, as far as we know."""
        return self.state in ("present", "set_aside")


@dataclass(frozen=True, slots=True)
class Compared:
    """When a complete comparison began: the newest stamp, and the `Date`.

    What is news is measured by the stamp: both are written by one clock. The `Date` only says when
    the next is due.
    """

    stamp: datetime | None
    date: datetime


@dataclass(frozen=True, slots=True)
class Remembered:
    """The names of the last complete reading, and its account."""

    account: str
    names: Names


async def keep(
    reading: Reading,
    collection: str,
    answered: Answered,
    done: int = 0,
    cursor: Cursor | None = None,
) -> int:
    """How many of these documents changed; all that one answer held is committed then.

    `done`: how many documents of the collection were read so far, for whoever watches. Raises
    `AtticTechRefused` for a field that is hidden from us.
    """
    await _insist_on_fields(reading, collection, answered)
    # First, since the mirror cannot remember what has no id that can be stored: once the cursor is
    # past it, nobody would know of it any more.
    nameless = [one for one in answered if isinstance(one, SetAside) and one.id is None]
    await tell_unreadable(reading, nameless)
    note = partial(reading.note, collection, done)
    return await store(reading.connection, collection, with_carried(answered), note, cursor)


async def tell_unreadable(reading: Reading, documents: Sequence[SetAside]) -> None:
    """Tell the operators of documents that could not be read, each once."""
    facts = [
        Fact(
            AlertKind.DOCUMENT_UNREADABLE,
            f"{one.collection}:{one.id}:{one.digest}",
            DocumentUnreadable(one.collection, one.id, one.reason),
        )
        for one in documents
    ]
    await tell(reading.connection, reading.operators, facts)


def with_carried(answered: Answered) -> Answered:
    """These and all within them, each once, as by its newest stamp."""
    carried: dict[tuple[str, int | None], Document | SetAside] = {}
    for one in _within(answered):
        known = carried.setdefault((one.collection, one.id), one)
        if (one.updated_at or EPOCH) > (known.updated_at or EPOCH):
            carried[one.collection, one.id] = one
    return (*answered, *carried.values())


def _within(answered: Answered) -> Iterator[Document | SetAside]:
    for one in answered:
        if isinstance(one, Document):
            yield from one.carried
            yield from _within(one.carried)


async def _insist_on_fields(reading: Reading, collection: str, answered: Answered) -> None:
    """Raise for a field that comes with nothing, never for one document.

    Where all of an answer lack it, others that had it when they were read are asked for again.
    """
    if lacked_by_all(answered) is None:
        return
    known = await load_present(reading.connection, collection, len(answered) + _OTHERS)
    answered_ids = {one.id for one in answered}
    ids = [id for id in known if id not in answered_ids][:_OTHERS]
    others = await ask_ids(reading.source, collection, ids) if ids else ()
    field = lacked_by_all([*answered, *others])
    if field is not None and len(answered) + len(others) > 1:
        raise hidden(collection, field)


async def load_cursors(connection: Connection) -> dict[str, Cursor]:
    """The cursor of each collection that was ever read."""
    rows = await connection.fetch(_SQL["load_cursors"])
    return {collection: Cursor(*rest) for collection, *rest in rows}


async def store(
    connection: Connection,
    collection: str,
    answered: Answered,
    note: Note,
    cursor: Cursor | None = None,
) -> int:
    """How many of an answer's documents changed; everything is committed.

    The cursor is that of `collection`; the answer may hold documents of others, too.
    """
    try:
        return await _store_whole(connection, collection, answered, note, cursor)
    except _REFUSED as refusal:
        halves = _halves(answered, refusal)
    first = await store(connection, collection, halves[0], note) if len(halves) > 1 else 0
    return first + await store(connection, collection, halves[-1], note, cursor)


def _halves(answered: Answered, refusal: Exception) -> tuple[Answered, ...]:
    """The same in two parts; a document that stands alone, set aside. Raises what cannot help."""
    if len(answered) > 1:
        middle = len(answered) // 2
        return answered[:middle], answered[middle:]
    alone = answered[0] if answered else None
    if not isinstance(alone, Document):
        raise refusal
    word = type(refusal).__name__
    reason = f"PostgreSQL cannot store it ({word})"
    return ([SetAside(alone.collection, alone.id, alone.updated_at, reason, word)],)


async def _store_whole(
    connection: Connection,
    collection: str,
    answered: Answered,
    note: Note,
    cursor: Cursor | None,
) -> int:
    # Of a document that one answer holds twice the last counts.
    kept = {(one.collection, one.id): one for one in answered if one.id is not None}
    columns = list(zip(*map(_row, kept.values()), strict=True))
    changed = 0
    async with connection.transaction():
        if columns:
            changed = await connection.fetchval(_SQL["store_documents"], *columns)
        if cursor is not None:
            await connection.execute(_SQL["move_cursor"], collection, *astuple(cursor))
        await note(changed)
    return changed


def _row(one: Document | SetAside) -> tuple[object, ...]:
    """As `store_documents` takes it."""
    key = one.collection, one.id
    if isinstance(one, SetAside):
        return *key, "set_aside", one.reason, one.digest, "{}", "", None, one.updated_at
    fields, refs = json.dumps(one.fields), " ".join(one.refs)
    return *key, "present", None, None, fields, refs, one.created_at, one.updated_at


async def load_mirrored(
    connection: Connection, collection: str, after: int, up_to: int
) -> dict[int, Mirrored]:
    """What the mirror holds of the ids after `after` up to `up_to`."""
    rows = await connection.fetch(_SQL["mirrored"], collection, after, up_to)
    return {id: Mirrored(state, updated_at, doubtful) for id, state, updated_at, doubtful in rows}


async def load_present(connection: Connection, collection: str, limit: int) -> list[int]:
    """The ids of so many documents that were read well, the newest first."""
    return [row["id"] for row in await connection.fetch(_SQL["present"], collection, limit)]


async def count_known(connection: Connection, collection: str) -> int:
    """How many documents of the collection are there, as far as we know."""
    return int(await connection.fetchval(_SQL["count_known"], collection))


async def mark_gone(connection: Connection, collection: str, ids: Sequence[int]) -> int:
    """How many of these were there and are marked gone now."""
    return int(await connection.fetchval(_SQL["mark_gone"], collection, ids))


async def load_missing(connection: Connection) -> dict[str, list[int]]:
    """Ids by collection that are pointed at and lacking."""
    missing: dict[str, list[int]] = {}
    for collection, id in await connection.fetch(_SQL["missing"]):
        missing.setdefault(collection, []).append(id)
    return missing


async def hide(connection: Connection, collection: str, ids: Sequence[int]) -> None:
    """Remember that Attic Tech did not show us these."""
    await connection.execute(_SQL["hide"], collection, ids)


async def load_newly_set_aside(connection: Connection) -> list[SetAside]:
    """What was set aside since it was last decided."""
    return list(starmap(SetAside, await connection.fetch(_SQL["newly_set_aside"])))


async def load_unseen(connection: Connection, collections: Sequence[str]) -> list[str]:
    """Those of these that documents point at, while the mirror has none of theirs."""
    rows = await connection.fetch(_SQL["unseen"], collections)
    return [row["collection"] for row in rows]


async def count_requirements(connection: Connection, leader_role: str) -> tuple[int, int, int]:
    """Roles of that name, users who have one, jobs with a crew."""
    roles, holders, crews = await connection.fetchrow(_SQL["requirements"], fold(leader_role))  # type: ignore[misc]
    return roles, holders, crews


async def note_comparisons(connection: Connection, compared: Mapping[str, Compared]) -> None:
    """Note since when each of these collections was completely compared."""
    stamps = [one.stamp for one in compared.values()]
    dates = [one.date for one in compared.values()]
    await connection.execute(_SQL["note_comparisons"], list(compared), stamps, dates)


async def load_names(connection: Connection) -> Remembered | None:
    """What is remembered, None before the first reading."""
    row = await connection.fetchrow(_SQL["load_names"])
    return None if row is None else Remembered(row["account"], Names(row["names"]))


async def remember_names(connection: Connection, account: str, names: Names) -> None:
    """Remember what this account calls the collections."""
    await connection.execute(_SQL["remember_names"], account, dict(names.slugs))
