"""Work that has to go on: whatever ends it, it is told of, and begun again after a rest.

The one place where a loop survives: a loop says what it does until it is stopped, and nothing of
what becomes of it when that fails.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

import structlog

from sync.postgres.pool import is_away

_LOG = structlog.get_logger()


#: Hears by its name what of a loop fails, and "" once it goes well again.
Tell = Callable[[str, str], None]


def nobody(_name: str, _trouble: str) -> None:
    """Tells nobody."""


@dataclass(frozen=True, slots=True)
class Supervisor:
    """Keeps work going, and tells how it fares.

    Seconds: the rest after a first failure and after many in a row, and how long work must go on
    to count as well. Tests hurry them.
    """

    tell: Tell = nobody
    rest: float = 1.0
    longest_rest: float = 30.0
    well_after: float = 60.0

    async def keep(
        self, name: str, work: Callable[[], Awaitable[object]], stop: asyncio.Event | None = None
    ) -> None:
        """Does `work` again and again, until `stop` or until cancelled."""
        stop, failures = stop or asyncio.Event(), 0
        while not stop.is_set():
            failures = await self._once(name, work, failures)
            await pause(stop, min(self.rest * 2.0 ** max(failures - 1, 0), self.longest_rest))

    async def _once(self, name: str, work: Callable[[], Awaitable[object]], failures: int) -> int:
        """How many failures stand in a row after it; a database that is away is none of its."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        well = loop.call_later(self.well_after, self.tell, name, "")
        try:
            await work()
        except Exception as error:
            if is_away(error):
                _LOG.warning("loop_lost_database", loop=name, error=_kind(error))
                return failures
            _LOG.exception("loop_failed", loop=name)
            self.tell(name, _kind(error))
            return 1 if loop.time() - began >= self.well_after else failures + 1
        finally:
            well.cancel()
        self.tell(name, "")
        return 0


def _kind(error: BaseException) -> str:
    """Its class alone: its words may hold what is nobody's business."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return type(error).__name__


async def pause(event: asyncio.Event, seconds: float) -> bool:
    """Wait so long, or until `event` is set; whether it is."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
    return event.is_set()
