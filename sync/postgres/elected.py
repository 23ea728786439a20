"""Connections of their own: one for the length of a block, and one that leads.

A lock belongs to the session that took it and ends with it. So what only one process may do is done
on the connection that was elected, and whoever loses that connection has lost the lock as well.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sync.postgres.locks import Lock, end_when_silent, try_lock
from sync.postgres.pool import Connection, connect
from sync.supervisor import pause

_CONNECTS_WITHIN = 10.0  # seconds


@asynccontextmanager
async def session(
    database_url: str, *, answers: float | None = None, silence: float | None = None
) -> AsyncIterator[Connection]:
    """A connection of its own; its end, whatever the reason, gives its locks back at once.

    Seconds: `answers` that a statement may take, `silence` after which the server ends it (see
    `end_when_silent`).
    """
    patience = min(_CONNECTS_WITHIN, answers or _CONNECTS_WITHIN)
    connection = await connect(database_url, timeout=patience, command_timeout=answers)
    try:
        if silence is not None:
            await end_when_silent(connection, silence)
        yield connection
    finally:
        connection.terminate()


@asynccontextmanager
async def elected(
    database_url: str,
    lock: Lock,
    *,
    answers: float,
    silence: float,
    every: float = 1.0,
    stop: asyncio.Event | None = None,
) -> AsyncIterator[Connection | None]:
    """A session that holds the lock, once nobody else does; None if `stop` came before.

    It asks every so many seconds, and is silenced before it has the lock, so that there is no
    moment in which a dead host could keep it.
    """
    stop = stop or asyncio.Event()
    async with session(database_url, answers=answers, silence=silence) as connection:
        while not (leads := await try_lock(connection, lock)) and not await pause(stop, every):
            pass
        yield connection if leads else None
