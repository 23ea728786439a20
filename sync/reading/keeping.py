"""What one reading is given, and how an answer is kept: committed with its marks and its cursor."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

from sync.attic_tech.documents import SetAside, lacked_by_all
from sync.attic_tech.pages import hidden
from sync.database.pool import Connection
from sync.reading import store
from sync.reading.singly import ask_ids
from sync.reading.source import Source
from sync.reading.walk import Cursor

#: Documents that are asked for again before a field is called hidden.
_OTHERS = 10


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

    `done`: how many documents of the collection were read so far, for whoever watches. Raises
    `AtticTechRefused` for a field that is hidden from us.
    """
    await _insist_on_fields(reading, collection, answered)
    reading.nameless.extend(one for one in answered if isinstance(one, SetAside) and one.id is None)
    note = partial(reading.note, collection, done)
    return await store.store(reading.connection, collection, answered, note, cursor)


async def _insist_on_fields(reading: Reading, collection: str, answered: store.Answered) -> None:
    """Raise that a field is hidden if it comes with nothing, never because of one document.

    Where all of an answer lack it, others that had it when they were read are asked for again.
    """
    if lacked_by_all(answered) is None:
        return
    known = await store.load_present(reading.connection, collection, len(answered) + _OTHERS)
    answered_ids = {one.id for one in answered}
    ids = [id for id in known if id not in answered_ids][:_OTHERS]
    others = await ask_ids(reading.source, collection, ids) if ids else []
    field = lacked_by_all([*answered, *others])
    if field is not None and len(answered) + len(others) > 1:
        raise hidden(collection, field)
