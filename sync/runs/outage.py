"""Going blind and recovering, each told once.

Blind is counted from the later of the last successful run and the start of the process that looks;
every replica does. A run that goes on committing pages is not blind. Before first contact has ended
only the operators hear, as of a source that cannot be read. All times are the database's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from sync.attic_tech.errors import AtticTechError, AtticTechRefused
from sync.model.alerts import AlertKind
from sync.model.facts import SourceUnreadable, SyncBlind, SyncRecovered
from sync.postgres.locks import Lock, lock_for_transaction
from sync.postgres.pool import Connection
from sync.postgres.queries import Queries
from sync.reconcile.outbox import Fact, tell

_SQL = Queries("sync.runs", "outage.sql")
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class RunHistory:
    """How runs have fared. `last_run`: the last that succeeded, 0 before there was one.

    `cause` and `sentence` are the last failure's, null when the last run did not fail. `moved_at`
    is when the run under way last committed something.
    """

    now: datetime
    last_run: int
    succeeded_at: datetime | None
    moved_at: datetime | None
    cause: str | None
    sentence: str | None
    first_contact: bool


def blind_since(history: RunHistory, up: timedelta, after: timedelta) -> datetime | None:
    """Since when we are blind, None while that is not long.

    `up`: how long the process that looks has been there.
    """
    started = history.now - up
    since = max(history.succeeded_at or started, started)
    if history.now - since < after:
        return None
    if history.moved_at is not None and history.now - history.moved_at < after:
        return None
    return since


def blind(history: RunHistory, since: datetime) -> Fact:
    """What is told of going blind."""
    if history.first_contact:
        sentence = history.sentence or "Attic Tech was not read to its end yet."
        return unreadable(history.last_run, history.cause or "unavailable", sentence)
    facts = SyncBlind(since, history.sentence)
    return Fact(AlertKind.SYNC_BLIND, str(history.last_run), facts)


def unreadable(last_run: int, cause: str, sentence: str) -> Fact:
    """What is told when Attic Tech cannot be read, once per cause."""
    subject = f"{last_run}:{cause}"
    return Fact(AlertKind.SOURCE_UNREADABLE, subject, SourceUnreadable(sentence))


def recovered(last_run: int, since: datetime, now: datetime, changes: int) -> Fact:
    """What is told after an outage; `last_run`: the last before it."""
    length = round((now - since).total_seconds())
    facts = SyncRecovered(since, length, changes)
    return Fact(AlertKind.SYNC_RECOVERED, str(last_run), facts)


async def load_history(connection: Connection) -> RunHistory:
    """How runs have fared until now."""
    row = await connection.fetchrow(_SQL["history"])
    assert row is not None  # noqa: S101  # a SELECT without FROM has one row
    return RunHistory(*row)


async def tell_if_blind(
    connection: Connection, operators: Sequence[int], up: timedelta, after: timedelta
) -> bool:
    """Whether we are blind; those whom it concerns are told once per outage."""
    if blind_since(await load_history(connection), up, after) is None:
        return False
    async with connection.transaction():
        await lock_for_transaction(connection, Lock.OUTAGE)  # a run may succeed at this moment
        history = await load_history(connection)
        since = blind_since(history, up, after)
        if since is None:
            return False
        fact = blind(history, since)
        if await tell(connection, operators, [fact]):
            _log.warning("sync_blind", since=since.isoformat(), cause=history.cause)
        if fact.kind is AlertKind.SYNC_BLIND:
            await connection.execute(_SQL["begin"], history.last_run, since)
    return True


async def end_outage(connection: Connection, operators: Sequence[int], changes: int) -> int:
    """How many alerts told that a run succeeds again.

    Within the transaction that notes the success, and before it does.
    """
    await lock_for_transaction(connection, Lock.OUTAGE)
    ended = await connection.fetchrow(_SQL["end"])
    if ended is None:
        return 0
    _log.info("sync_recovered", since=ended["since"].isoformat(), changes=changes)
    fact = recovered(ended["last_run"], ended["since"], ended["now"], changes)
    return await tell(connection, operators, [fact])


async def tell_unreadable(
    connection: Connection, operators: Sequence[int], error: AtticTechError
) -> int:
    """How many alerts told the operators what they must change."""
    if not isinstance(error, AtticTechRefused):
        return 0  # it passes by itself, or we go blind
    history = await load_history(connection)
    fact = unreadable(history.last_run, error.cause, error.sentence)
    return await tell(connection, operators, [fact])
