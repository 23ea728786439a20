"""Advisory locks: PostgreSQL decides who does what, one process at a time. All keys are here.

A lock belongs to the session (the connection) that took it and ends with it, so a process that dies
hands it over by itself. What must not be done without a lock is therefore done on the connection
that holds it.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from enum import IntEnum

from sync.postgres.pool import Connection
from sync.postgres.queries import Queries

_SQL = Queries("sync.postgres", "locks.sql")
#: So that ours are told from BotZilla's own advisory locks in the same database ("jobs" in ASCII).
_NAMESPACE = 0x6A6F6273 << 32
#: Whoever asked for a run that accepts holds this plus the run's id, shared, for as long as they
#: are there ("jobt").
ACCEPTANCES = 0x6A6F6274 << 32


class Lock(IntEnum):
    """What is done by one process at a time; the value is the key."""

    SYNC = _NAMESPACE + 1  # runs: reading Attic Tech and deciding
    SENDER = _NAMESPACE + 2  # sending alerts: Telegram's limits are per token
    POLLER = _NAMESPACE + 3  # long polling: Telegram answers 409 to a second one
    LOGIN = _NAMESPACE + 4  # logins to Attic Tech: two at once destroy each other's session
    MIGRATIONS = _NAMESPACE + 5  # changing the schema
    OUTAGE = _NAMESPACE + 6  # telling that the sync went blind or recovered
    LINKING = _NAMESPACE + 7  # linking people to Telegram ids (held for one transaction)
    PEOPLE = (
        _NAMESPACE + 8
    )  # saying who cannot be reached, and to whom that falls (one transaction)


async def try_lock(connection: Connection, lock: Lock) -> bool:
    """Whether this connection holds the lock from now on, without waiting for it."""
    return bool(await connection.fetchval(_SQL["try_lock"], int(lock)))


async def unlock(connection: Connection, lock: Lock) -> None:
    """Give the lock back; closing the connection does the same."""
    await connection.execute(_SQL["unlock"], int(lock))


async def lock_for_transaction(connection: Connection, lock: Lock) -> None:
    """Wait for the lock and hold it until the current transaction ends."""
    await connection.execute(_SQL["lock_for_transaction"], int(lock))


async def somebody_holds(connection: Connection, lock: Lock) -> bool:
    """Whether any session of this database holds the lock."""
    return bool(await connection.fetchval(_SQL["somebody_holds"], int(lock)))


async def end_when_silent(connection: Connection, seconds: float) -> None:
    """Let the server end this session, and free its locks, when it is silent for so long.

    Keepalives tell a dead host from a living one only where no proxy or balancer answers in its
    place; whoever holds a lock on this connection must therefore ask something more often, and
    keep its transactions shorter. Before PostgreSQL 17 one moment is not covered: a host that dies
    between two messages of the same statement.
    """
    await connection.fetch(_SQL["end_when_silent"], f"{round(seconds * 1000)}ms")


async def wait_for_lock(connection: Connection, lock: Lock, *, every: float = 1.0) -> None:
    """Return when this connection holds the lock.

    It asks every so many seconds instead of waiting inside PostgreSQL: a waiting statement holds a
    snapshot open, which stops VACUUM and `CREATE INDEX CONCURRENTLY` on BotZilla's tables, and
    would not notice that its server has gone.
    """
    while not await try_lock(connection, lock):
        await asyncio.sleep(every)


@asynccontextmanager
async def waiting_at_most(connection: Connection, patience: timedelta) -> AsyncIterator[None]:
    """Within the block, what waits longer for somebody's lock raises
    `asyncpg.LockNotAvailableError`.
    """
    milliseconds = round(patience.total_seconds() * 1000)
    await connection.execute(_SQL["wait_at_most"], f"{milliseconds}ms")
    try:
        yield
    except Exception:  # whoever is cancelled ends his connection, and waits for nothing more
        if not connection.is_closed():
            await connection.execute(_SQL["wait_at_will"])
        raise
    await connection.execute(_SQL["wait_at_will"])
