"""Work that is done again whenever PostgreSQL tells of something, and now and then in case a notice
was lost.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from sync.database.elected import session
from sync.supervisor import Supervisor, Tell, nobody, pause


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds that pass at least from one time to the next, at most where nobody tells of anything,
    and before another attempt when it failed. Tests hurry it.
    """

    rest: float
    look: float
    retry: float = 1.0


async def whenever(
    database_url: str,
    channel: str,
    work: Callable[[], Awaitable[object]],
    pace: Pace,
    tell: Tell = nobody,
) -> None:
    """Does `work` at once and with every notice on `channel`, until cancelled."""
    watch = partial(_watch, database_url, channel, work, pace)
    await Supervisor(tell, pace.retry).keep(channel, watch)


async def _watch(
    database_url: str, channel: str, work: Callable[[], Awaitable[object]], pace: Pace
) -> None:
    """Until the connection ends."""
    told = asyncio.Event()
    async with session(database_url) as connection:
        await connection.add_listener(channel, lambda *_: told.set())
        connection.add_termination_listener(lambda *_: told.set())
        while not connection.is_closed():
            told.clear()
            await work()
            await asyncio.sleep(pace.rest)
            await pause(told, pace.look)
