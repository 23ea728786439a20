"""The sender: one per installation; it claims due alerts and sets them on their way.

It claims on the connection that holds the sender's lock, so that who lost the lock claims nothing;
beginnings and verdicts are written through the pool and are fenced by their lease. Many chats go at
once, one message at a time in each.
"""

import asyncio
from dataclasses import dataclass, field
from functools import partial
from uuid import uuid4

import structlog

from bot.delivery.deliver import Delivery
from bot.delivery.edits import Edits
from bot.delivery.outbox import claim, seconds_to_next, sweep, take_back
from bot.health import Health, Part
from sync.people.directory import Directory
from sync.postgres.elected import elected
from sync.postgres.locks import Lock
from sync.postgres.pool import Connection
from sync.reconcile.company import load_directory
from sync.supervisor import Supervisor, pause

_LOG = structlog.get_logger()
CHANNEL = "jobsync_alert"


@dataclass(frozen=True, slots=True)
class Tempo:
    """How fast the sender goes: in seconds. Tests hurry it."""

    poll: float = 5.0  # the slow poll behind NOTIFY; it also notices a lost lock
    retry: float = 1.0  # between attempts to be elected or to reach the database
    statement: float = 10.0  # the longest that one look at the outbox may take
    silence: float = 15.0  # after which the server gives our lock to somebody else
    resting: float = 0.2  # while a chat that rests for its limit may have more to get


@dataclass(slots=True)
class Sender:
    """Sends while it holds the lock. `run` it once; it stands by until it is elected."""

    database_url: str
    delivery: Delivery
    health: Health
    tempo: Tempo = field(default_factory=Tempo)
    _stop: asyncio.Event = field(default_factory=asyncio.Event)
    _edits: Edits = field(init=False)
    _directory: Directory = field(default_factory=Directory)

    def __post_init__(self) -> None:
        own = self.delivery
        self._edits = Edits(own.bot, own.pool, own.pacing, own.words)

    async def run(self, stop: asyncio.Event) -> None:
        """Send until `stop`; then finish what is on its way and return."""
        self._stop = stop
        async with asyncio.TaskGroup() as sending:
            sending.create_task(self._wake_at_stop())
            # Kept going inside the group: whatever fails, messages on their way are finished.
            supervisor = Supervisor(self.health.tell, self.tempo.retry)
            await supervisor.keep("sender", partial(self._serve, sending), stop)

    async def _wake_at_stop(self) -> None:
        await self._stop.wait()
        self.delivery.wake.set()

    async def _serve(self, sending: asyncio.TaskGroup) -> None:
        """Be elected, then send until stopped; raises when the connection breaks."""
        tempo = self.tempo
        try:
            async with elected(
                self.database_url,
                Lock.SENDER,
                answers=tempo.statement,
                silence=tempo.silence,
                every=tempo.retry,
                stop=self._stop,
            ) as connection:
                if connection is not None:
                    await self._send(connection, sending)
        finally:
            self.health.forget(Part.SENDER)

    async def _send(self, connection: Connection, sending: asyncio.TaskGroup) -> None:
        _LOG.info("sender_elected")
        await take_back(connection)
        await connection.add_listener(CHANNEL, lambda *_: self.delivery.wake.set())
        connection.add_termination_listener(lambda *_: self.delivery.wake.set())
        while not self._stop.is_set():
            self.delivery.wake.clear()
            await pause(self.delivery.wake, await self._round(connection, sending))

    async def _round(self, connection: Connection, sending: asyncio.TaskGroup) -> float:
        """Claim what may go now and set it on its way; returns the seconds until more is due."""
        if in_doubt := await sweep(connection, {id for id, _ in self.delivery.in_hand}):
            _LOG.warning("sends_without_verdict", alerts=in_doubt)
        resting = self.delivery.pacing.resting()
        if room := self.delivery.room():
            await self._claim(connection, room, resting, sending)
        for edits in await self._edits.due(connection):
            sending.create_task(self._edits.carry_out(edits, self._stop))
        pause = await seconds_to_next(connection)
        longest = self.tempo.resting if resting else self.tempo.poll
        return longest if pause is None else min(pause, longest)

    async def _claim(
        self, connection: Connection, room: int, resting: list[str], sending: asyncio.TaskGroup
    ) -> None:
        # Whatever fails here ends this term: the next one takes back what was not begun.
        began = asyncio.get_running_loop().time()
        claimed = await claim(connection, room, uuid4(), resting)
        if claimed:
            directory = await load_directory(connection, self.delivery.operators)
            if directory != self._directory:  # else the old one has judged everybody already
                self._directory = directory
        for alert in claimed:
            self.delivery.take(alert)
            sending.create_task(self.delivery.deliver(alert, self._directory, began))
