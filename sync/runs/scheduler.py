"""A run every so often, by one process of the installation.

Every replica runs it; the one whose connection holds the sync lock carries out the runs, the others
wait to take over, and all of them watch whether runs succeed. A lost connection loses the lock, and
the loop begins again with a new one. Who asks for a run wakes it early. `/readyz` reads who leads
and how runs fare from the database.
"""

import asyncio
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import NoReturn
from zoneinfo import ZoneInfo

import structlog

from sync.postgres.elected import elected
from sync.postgres.locks import Lock
from sync.postgres.pool import Connection, Pool
from sync.postgres.queries import Queries
from sync.runs.outage import tell_if_blind
from sync.runs.runner import ASKED_CHANNEL, SILENCE, Kind, Work, request_run, resume, run_next
from sync.supervisor import Supervisor, Tell, nobody, pause

_SQL = Queries("sync.runs", "queue.sql")
_log = structlog.get_logger()
#: Nobody works at this local hour.
QUIET_HOUR = 3
#: A statement of ours takes seconds at most; a database that is silent for so long is lost.
_STATEMENT_TIMEOUT = 120.0
_RECONNECT = 1.0


@dataclass(frozen=True, slots=True)
class Schedule:
    """How often, when it is night, and after how long we call ourselves blind."""

    interval: timedelta
    blind_after: timedelta
    time_zone: ZoneInfo
    silence: timedelta = SILENCE

    @property
    def speak_every(self) -> float:
        """Seconds after which the leader speaks, or is taken for dead."""
        return self.silence.total_seconds() / 4

    @property
    def look_every(self) -> float:
        """Seconds between two looks whether we are blind."""
        return max(0.2, min(30.0, self.blind_after.total_seconds() / 10))


async def run_loop(
    database_url: str, pool: Pool, work: Work, schedule: Schedule, tell: Tell = nobody
) -> None:
    """Carry out runs while this process leads; ends by cancellation only."""
    up_since = time.monotonic()

    async def term() -> None:
        async with elected(
            database_url,
            Lock.SYNC,
            answers=_STATEMENT_TIMEOUT,
            silence=schedule.silence.total_seconds(),
            every=min(1.0, schedule.speak_every),
        ) as connection:
            if connection is not None:
                await _lead(connection, work, schedule)

    async with asyncio.TaskGroup() as group:
        look = partial(_look, pool, work, schedule, up_since)
        group.create_task(Supervisor(tell, rest=schedule.look_every).keep("outage", look))
        group.create_task(Supervisor(tell, rest=_RECONNECT).keep("sync", term))


async def _lead(connection: Connection, work: Work, schedule: Schedule) -> NoReturn:
    _log.info("sync_leads")
    await resume(connection)
    # A run every interval, from beginning to beginning, and whatever is asked for meanwhile.
    asked = asyncio.Event()
    await connection.add_listener(ASKED_CHANNEL, lambda *_: asked.set())
    connection.add_termination_listener(lambda *_: asked.set())
    due = 0.0
    while True:
        asked.clear()
        if time.monotonic() >= due:
            due = time.monotonic() + schedule.interval.total_seconds()
            await request_run(connection, await _kind_due(connection, schedule.time_zone))
        while await run_next(connection, work):
            pass
        # Looking for requests is also the sign of life that keeps the lock.
        await pause(asked, min(due - time.monotonic(), schedule.speak_every))


async def _look(pool: Pool, work: Work, schedule: Schedule, up_since: float) -> None:
    """Tell if we are blind, whoever leads: the leader may hang, too."""
    async with pool.acquire() as connection:
        up = timedelta(seconds=time.monotonic() - up_since)
        await tell_if_blind(connection, work.operators, up, schedule.blind_after)


async def _kind_due(connection: Connection, zone: ZoneInfo) -> Kind:
    row = await connection.fetchrow(_SQL["last_full"])
    if row is None:  # first contact goes on, and reads everything
        return "incremental"
    return "full" if full_is_due(row["compared_at"], row["now"], zone) else "incremental"


def full_is_due(compared_at: datetime, now: datetime, zone: ZoneInfo) -> bool:
    """Whether the quiet hour of this place began since everything was last compared."""
    local = now.astimezone(zone)
    quiet = local.replace(hour=QUIET_HOUR, minute=0, second=0, microsecond=0)
    if local < quiet:  # by the calendar, not by 24 hours: a day may have 23
        yesterday = local.date() - timedelta(days=1)
        quiet = datetime(yesterday.year, yesterday.month, yesterday.day, QUIET_HOUR, tzinfo=zone)
    return compared_at < quiet
