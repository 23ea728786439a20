"""What one reading is given, and how an answer is kept: committed with its marks and its cursor."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

from sync.attic_tech.documents import Document, SetAside, lacked_by_all
from sync.attic_tech.pages import hidden
from sync.database.pool import Connection
from sync.reading import store
from sync.reading.singly import ask_ids
from sync.reading.source import Source
from sync.reading.walk import EPOCH, Cursor

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
    return await store.store(reading.connection, collection, with_carried(answered), note, cursor)


def with_carried(answered: store.Answered) -> store.Answered:
    """These and all that came within them, each document once: as it is by its newest stamp."""
    carried: dict[tuple[str, int | None], Document | SetAside] = {}
    for one in _within(answered):
        known = carried.setdefault((one.collection, one.id), one)
        if (one.updated_at or EPOCH) > (known.updated_at or EPOCH):
            carried[one.collection, one.id] = one
    return (*answered, *carried.values())


def _within(answered: store.Answered) -> Iterator[Document | SetAside]:
    for one in answered:
        if isinstance(one, Document):
            yield from one.carried
            yield from _within(one.carried)


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
