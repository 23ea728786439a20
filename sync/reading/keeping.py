"""What one reading is given, and how an answer is kept: committed with its marks and its cursor."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

from sync.attic_tech.documents import SetAside
from sync.database.pool import Connection
from sync.reading import store
from sync.reading.source import Source
from sync.reading.walk import Cursor


@dataclass(frozen=True, slots=True)
class Reading:
    """What one reading is given, and what it meets on its way.

    `connection` holds the sync lock, so that a lost lock ends the reading. `note(collection, done,
    changed)` is called in the transaction of each answer and costs one statement at most.
    `nameless`: documents without an id that can be stored; the mirror cannot remember them.
    """

    connection: Connection
    source: Source
    note: Callable[[str, int, int], Awaitable[None]]
    overlap: timedelta
    operators: tuple[int, ...] = ()
    full: bool = False
    accept: bool = False
    nameless: list[SetAside] = field(default_factory=list)


async def keep(
    reading: Reading,
    collection: str,
    answered: store.Answered,
    done: int = 0,
    cursor: Cursor | None = None,
) -> int:
    """How many of these documents changed; all that one answer held is committed then.

    `done`: how many documents of the collection were read so far, for whoever watches.
    """
    reading.nameless.extend(one for one in answered if isinstance(one, SetAside) and one.id is None)
    note = partial(reading.note, collection, done)
    return await store.store(reading.connection, collection, answered, note, cursor)
