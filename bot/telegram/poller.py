"""Long polling of our own: an update is confirmed to Telegram only after its handler has returned.

aiogram's polling confirms a batch before its handlers are done, and swallows 401 and 409 for ever.
Here polling goes on while handlers work, from the oldest update that is not finished (see `Hand`);
a kill brings what is not confirmed again, which handlers must bear. Only who holds the poller's
lock polls, one call at a time. What handlers do is not known here.
"""

import asyncio
from collections import deque
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import structlog
from aiogram import Bot
from aiogram.exceptions import ClientDecodeError, TelegramAPIError
from aiogram.types import Update

from bot.health import Health, Part
from bot.telegram.client import Batch, batch, salvage, setback
from bot.telegram.dispatch import Handling, sender
from sync.postgres.elected import elected
from sync.postgres.locks import Lock, somebody_holds
from sync.postgres.pool import DATABASE_AWAY, Connection
from sync.supervisor import Supervisor, pause

_LOG = structlog.get_logger()
#: `my_chat_member` tells that somebody blocked or unblocked the bot; it comes only when asked for.
ALLOWED = ("message", "callback_query", "my_chat_member")


@dataclass(frozen=True, slots=True)
class Tempo:
    """How fast the poller goes: in seconds. Tests hurry it."""

    long_poll: int = 25  # how long Telegram may keep a call open
    margin: int = 10  # how much longer we wait for its answer
    retry: float = 1.0  # between attempts to be elected or to reach the database
    lock: float = 5.0  # how often we make sure that the lock is still ours
    silence: float = 15.0  # after which the server gives our lock to somebody else
    confirm: int = 3  # the longest that the last confirmation may take at a stop
    again: float = 0.3  # between polls while something is in hand: Telegram answers those at once


#: Telegram's own limit.
WINDOW = 100


@dataclass(slots=True)
class Hand:
    """What one process has in hand: received from Telegram, and not confirmed to it yet. Over a
    lost lock it remembers what it has done.

    Each person's updates go in their order, people beside each other. An offset confirms everything
    below it, so the oldest unfinished update says which offset that can be; asking from there gives
    again what is in hand, which is passed over. Telegram shows at most WINDOW at a time: that is
    also the bound of what is unconfirmed.
    """

    handling: Handling
    idle: asyncio.Event = field(default_factory=asyncio.Event)  # nothing is unfinished
    _open: set[int] = field(default_factory=set)
    _done: set[int] = field(default_factory=set)  # and not confirmed
    _lanes: dict[int, deque[Update]] = field(default_factory=dict)
    _next: int | None = None  # confirms all that was received

    @property
    def offset(self) -> int | None:
        """What to ask for next; asking confirms what is below. None where nothing is known."""
        return min(self._open, default=self._next)

    @property
    def is_full(self) -> bool:
        """Whether Telegram shows nothing new before the oldest update is finished."""
        return len(self._open) + len(self._done) >= WINDOW

    def begin(self) -> None:
        """Another may have polled meanwhile: where to go on is known to Telegram alone."""
        self._next = None
        self._open.clear()
        self._see()

    def take(self, batch: Batch, halt: asyncio.Event, group: asyncio.TaskGroup) -> None:
        """Set on its way, in `group`, what is new in the batch. At `halt` nothing is waited for."""
        if batch.next is not None:
            self._next = batch.next
        self._done &= {*(update.update_id for update in batch.updates), *batch.unreadable}
        for update_id in set(batch.unreadable) - self._done:
            _LOG.error("update_not_understood", update=update_id)
            self._done.add(update_id)
        for update in batch.updates:
            if update.update_id not in self._open | self._done:
                self._begin(update, halt, group)
        self._see()

    def _begin(self, update: Update, halt: asyncio.Event, group: asyncio.TaskGroup) -> None:
        self._open.add(update.update_id)
        person = sender(update)
        if person in self._lanes:
            self._lanes[person].append(update)
        else:
            self._lanes[person] = deque([update])
            group.create_task(self._in_order(person, halt))

    async def _in_order(self, person: int, halt: asyncio.Event) -> None:
        lane = self._lanes[person]
        try:
            while lane and await self.handling.handle(lane[0], halt, lambda: self.is_full):
                done = lane.popleft().update_id
                self._open.discard(done)
                self._done.add(done)
        finally:
            del self._lanes[person]
            self._see()

    def _see(self) -> None:
        if self._open:
            self.idle.clear()
        else:
            self.idle.set()


@dataclass(slots=True)
class Poller:
    """Polls while it holds the lock. `run` it once; it stands by until it is elected."""

    database_url: str
    bot: Bot
    handling: Handling
    health: Health
    tempo: Tempo = field(default_factory=Tempo)
    _hand: Hand = field(init=False)
    _failures: int = 0

    def __post_init__(self) -> None:
        self._hand = Hand(self.handling)

    async def run(self, stop: asyncio.Event) -> None:
        """Poll until `stop`; what is in hand is finished and confirmed first."""
        supervisor = Supervisor(self.health.tell, self.tempo.retry)
        await supervisor.keep("poller", partial(self._serve, stop), stop)

    async def _serve(self, stop: asyncio.Event) -> None:
        """Be elected, then poll until stopped or until the lock is lost."""
        tempo = self.tempo
        try:
            async with elected(
                self.database_url,
                Lock.POLLER,
                answers=tempo.lock,
                silence=tempo.silence,
                every=tempo.retry,
                stop=stop,
            ) as connection:
                if connection is not None:
                    _LOG.info("poller_elected")
                    self._hand.begin()
                    await self._poll_while_locked(connection, stop)
        finally:
            self.health.forget(Part.POLLER)

    async def _poll_while_locked(self, connection: Connection, stop: asyncio.Event) -> None:
        halt = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            guard = group.create_task(self._guard(connection, stop, halt))
            while not halt.is_set():
                answer = await _unless(halt, self._ask())
                if isinstance(answer, Batch):
                    self._hand.take(answer, halt, group)
                    await self._go_on(halt)
                elif answer is not None:
                    await self._set_back(answer, halt)
            guard.cancel()
        if stop.is_set():
            await self._confirm()

    async def _guard(
        self, connection: Connection, stop: asyncio.Event, halt: asyncio.Event
    ) -> None:
        """Set `halt` when we are to stop, or when the lock is not ours any more."""
        while not await pause(stop, self.tempo.lock):
            try:
                if not await somebody_holds(connection, Lock.POLLER):
                    break
            except DATABASE_AWAY as error:
                _LOG.warning("poller_lost_lock", error=type(error).__name__)
                break
        halt.set()

    async def _ask(self) -> Batch | Exception:
        """The next updates; asking confirms those before them. An error is returned."""
        try:
            updates = await self.bot.get_updates(
                offset=self._hand.offset,
                limit=WINDOW,
                timeout=self.tempo.long_poll,
                allowed_updates=list(ALLOWED),
                request_timeout=self.tempo.long_poll + self.tempo.margin,
            )
        except ClientDecodeError as error:
            return salvage(error, self.bot) or error
        except Exception as error:
            return error
        return batch(updates)

    async def _go_on(self, halt: asyncio.Event) -> None:
        """A poll went well; while something is in hand, the next one rests for a moment."""
        self._failures = 0
        self.health.say(Part.POLLER, ok=True)
        await _any(halt, self._hand.idle, self.tempo.again)

    async def _set_back(self, error: Exception, halt: asyncio.Event) -> None:
        """Tell of a poll that failed, and rest before the next."""
        back = setback(error, self._failures)
        self._failures += 1
        _LOG.warning("poll_failed", why=back.detail, rest_s=back.rest)
        self.health.say(Part.POLLER, ok=False, detail=back.detail, refused=back.refused)
        await pause(halt, back.rest)

    async def _confirm(self) -> None:
        """Confirm what was handled before we go, so that it is not handled again at the start."""
        if self._hand.offset is None:
            return
        with suppress(TelegramAPIError, ClientDecodeError):
            await self.bot.get_updates(
                offset=self._hand.offset, limit=1, timeout=0, request_timeout=self.tempo.confirm
            )


async def _unless(
    halt: asyncio.Event, call: Coroutine[Any, Any, Batch | Exception]
) -> Batch | Exception | None:
    """What `call` returns, or None when `halt` came first."""
    async with asyncio.TaskGroup() as group:
        asking, halted = group.create_task(call), group.create_task(halt.wait())
        await asyncio.wait((asking, halted), return_when=asyncio.FIRST_COMPLETED)
        asking.cancel()
        halted.cancel()
    return None if asking.cancelled() else asking.result()


async def _any(one: asyncio.Event, other: asyncio.Event, seconds: float) -> None:
    """Wait so long, or until one of them is set."""
    async with asyncio.TaskGroup() as group:
        waiting = [group.create_task(event.wait()) for event in (one, other)]
        await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for task in waiting:
            task.cancel()
