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

from bot.delivery.carrying import Carrier
from bot.delivery.clearing import Clearing
from bot.delivery.outbox import claim, seconds_to_next, sweep, take_back
from bot.health import Health, Part
from sync.database.elected import elected
from sync.database.locks import Lock
from sync.database.pool import Connection
from sync.deciding.company import load_directory
from sync.directory import Directory
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
    doubt: float = (
        60.0  # for which somebody must have lost his rights before anything is taken back
    )
    resting: float = 0.2  # while a chat that rests for its limit may have more to get


@dataclass(slots=True)
class Sender:
    """Sends while it holds the lock. `run` it once; it stands by until it is elected."""

    database_url: str
    carrier: Carrier
    health: Health
    tempo: Tempo = field(default_factory=Tempo)
    _stop: asyncio.Event = field(default_factory=asyncio.Event)
    _clearing: Clearing = field(init=False)
    _directory: Directory = field(default_factory=Directory)
    _next_clearing: float = 0.0

    def __post_init__(self) -> None:
        carrier = self.carrier
        self._clearing = Clearing(
            carrier.bot,
            carrier.pool,
            carrier.pacing,
            carrier.words,
            carrier.operators,
            self.tempo.doubt,
        )

    async def run(self, stop: asyncio.Event) -> None:
        """Send until `stop`; then finish what is on its way and return."""
        self._stop = stop
        async with asyncio.TaskGroup() as carrying:
            carrying.create_task(self._wake_at_stop())
            # Kept going inside the group: whatever fails, messages on their way are finished.
            supervisor = Supervisor(self.health.tell, self.tempo.retry)
            await supervisor.keep("sender", partial(self._serve, carrying), stop)

    async def _wake_at_stop(self) -> None:
        await self._stop.wait()
        self.carrier.wake.set()

    async def _serve(self, carrying: asyncio.TaskGroup) -> None:
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
                    await self._send(connection, carrying)
        finally:
            self.health.forget(Part.SENDER)

    async def _send(self, connection: Connection, carrying: asyncio.TaskGroup) -> None:
        _LOG.info("sender_elected")
        await take_back(connection)
        await connection.add_listener(CHANNEL, lambda *_: self.carrier.wake.set())
        connection.add_termination_listener(lambda *_: self.carrier.wake.set())
        while not self._stop.is_set():
            self.carrier.wake.clear()
            await pause(self.carrier.wake, await self._round(connection, carrying))

    async def _round(self, connection: Connection, carrying: asyncio.TaskGroup) -> float:
        """Claim what may go now and set it on its way; returns the seconds until more is due."""
        if in_doubt := await sweep(connection, {id for id, _ in self.carrier.in_hand}):
            _LOG.warning("sends_without_verdict", alerts=in_doubt)
        resting = self.carrier.pacing.resting()
        if room := self.carrier.room():
            await self._claim(connection, room, resting, carrying)
        await self._clear(connection, carrying)
        pause = await seconds_to_next(connection)
        longest = self.tempo.resting if resting else self.tempo.poll
        return longest if pause is None else min(pause, longest)

    async def _clear(self, connection: Connection, carrying: asyncio.TaskGroup) -> None:
        """At most once per poll: alerts come first, and the question costs more than theirs."""
        now = asyncio.get_running_loop().time()
        if now < self._next_clearing:
            return
        self._next_clearing = now + self.tempo.poll
        for messages in await self._clearing.due(connection):
            carrying.create_task(self._clearing.clear(messages, self._stop))

    async def _claim(
        self, connection: Connection, room: int, resting: list[str], carrying: asyncio.TaskGroup
    ) -> None:
        # Whatever fails here ends this term: the next one takes back what was not begun.
        began = asyncio.get_running_loop().time()
        claimed = await claim(connection, room, uuid4(), resting)
        if claimed:
            directory = await load_directory(connection, self.carrier.operators)
            if directory != self._directory:  # else the old one has judged everybody already
                self._directory = directory
        for alert in claimed:
            self.carrier.take(alert)
            carrying.create_task(self.carrier.carry(alert, self._directory, began))
