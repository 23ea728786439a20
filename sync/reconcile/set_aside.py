"""A document that cannot be decided on is set aside until it changes.

What fails together is halved until the bad one stands alone. Its mark goes, its reason stays, and
the operators are told once. What says nothing of documents (the database is away, somebody holds a
lock) ends the run instead, and all marks wait for the next one.
"""

import hashlib
import traceback
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import structlog

from sync.model.alerts import AlertKind
from sync.model.facts import DocumentUnreadable
from sync.people.directory import Directory
from sync.postgres.pool import Connection, is_away
from sync.postgres.queries import Queries
from sync.reconcile.outbox import store_alerts
from sync.rules.system import system_alerts

_SQL = Queries("sync.reconcile", "set_aside.sql")
_LOG = structlog.get_logger()
#: More with the same reason are told in one message.
_NAMED = 10
#: Ended by its own length: that may well be one document's doing.
_TOO_LONG = (TimeoutError, asyncpg.QueryCanceledError)
#: Beside a database that is away: what would meet any other document as well.
_ELSEWHERE = (
    OSError,
    asyncpg.InsufficientResourcesError,
    asyncpg.exceptions.TransactionRollbackError,
    asyncpg.LockNotAvailableError,
    asyncpg.SyntaxOrAccessError,  # a table or a right that is missing is missing for all
)
_Part = TypeVar("_Part")


@dataclass(frozen=True, slots=True)
class Mark:
    """A document that must be decided on; `fresh`: it is new to the mirror."""

    collection: str
    id: int
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class Bad:
    """A mark that cannot be decided on, and the sort of error."""

    mark: Mark
    sort: str


async def apart(
    connection: Connection,
    marks: Sequence[Mark],
    whole: Callable[[Sequence[Mark]], Awaitable[_Part]],
    *,
    again: bool = True,
) -> tuple[list[_Part], list[Bad]]:
    """What came of these marks, in few parts, and the bad ones.

    `whole` is one transaction. A mark that stands alone is tried once more: what was wrong may
    have passed, like a row that BotZilla was about to insert as well.
    """
    try:
        return [await whole(marks)], []
    except Exception as error:  # a document may be wrong in any way, and we as well
        if connection.is_closed() or is_elsewhere(error):
            raise
        if len(marks) == 1 and not again:
            return [], [_bad(marks[0], error)]
    if len(marks) == 1:
        return await apart(connection, marks, whole, again=False)
    middle = len(marks) // 2
    done, bad = await apart(connection, marks[:middle], whole)
    more_done, more_bad = await apart(connection, marks[middle:], whole)
    return done + more_done, bad + more_bad


def is_elsewhere(error: Exception) -> bool:
    """Whether the error says nothing of what was to be written."""
    everywhere = isinstance(error, _ELSEWHERE) and not isinstance(error, _TOO_LONG)
    return everywhere or is_away(error)


def sort_of(error: BaseException) -> str:
    """The sort of error: its type, and what it broke or where. Its own words may quote data."""
    broken = getattr(error, "constraint_name", None) or getattr(error, "column_name", None)
    if broken:
        return f"{type(error).__name__}, {broken}"
    ours = [
        f"{frame.f_globals.get('__name__')}.{frame.f_code.co_name}"
        for frame, _ in traceback.walk_tb(error.__traceback__)
        if str(frame.f_globals.get("__name__")).startswith("sync.")
    ]
    return ", ".join([type(error).__name__, *ours[-1:]])


def _bad(mark: Mark, error: Exception) -> Bad:
    last = traceback.extract_tb(error.__traceback__)[-1]
    _LOG.error(
        "document_not_decided",
        collection=mark.collection,
        id=mark.id,
        error=sort_of(error),
        at=f"{Path(last.filename).name}:{last.lineno}",
    )
    return Bad(mark, sort_of(error))


async def set_aside(connection: Connection, bad: Sequence[Bad]) -> None:
    """Let nothing wait for these any more."""
    if bad:
        columns = [
            (b.mark.collection, b.mark.id, f"It cannot be decided on ({b.sort}).", _digest(b.sort))
            for b in bad
        ]
        await connection.execute(_SQL["set_aside"], *zip(*columns, strict=True))


async def try_again(connection: Connection) -> None:
    """Mark all that is set aside."""
    await connection.execute(_SQL["try_again"])


async def tell_set_aside(connection: Connection, directory: Directory) -> int:
    """How many alerts told the operators of what is newly set aside.

    Each by itself, or many with the same reason in one message.
    """
    async with connection.transaction():
        rows = [dict(row) for row in await connection.fetch(_SQL["take_untold"])]
        alerts = (
            alert
            for subject, facts in told_of(rows)
            for alert in system_alerts(AlertKind.DOCUMENT_UNREADABLE, subject, facts, directory)
        )
        return await store_alerts(connection, list(alerts))


def told_of(rows: Iterable[dict[str, Any]]) -> Iterator[tuple[str, DocumentUnreadable]]:
    """Subject and facts of each message about these."""
    groups: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        groups[row["collection"], row["digest"]].append(row)
    for (collection, digest), group in groups.items():
        facts = DocumentUnreadable(collection, reason=group[0]["reason"], undecided=True)
        ids = [row["id"] for row in group]
        if len(ids) > _NAMED:
            yield f"{collection}:{_digest(repr(ids))}:{digest}", replace(facts, count=len(ids))
            continue
        for id in ids:
            yield f"{collection}:{id}:{digest}", replace(facts, id=id)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
