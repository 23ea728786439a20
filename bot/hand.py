"""The updates in hand: received from Telegram, and not confirmed to it yet.

Each person's go in their order, people beside each other. An offset confirms everything below it,
so the oldest unfinished update says which offset that can be; asking from there gives again what
is in hand, which is passed over. Telegram shows at most 100 at a time: that is also the bound of
what is unconfirmed.
"""

import asyncio
from collections import deque
from dataclasses import dataclass, field

import structlog
from aiogram.types import Update

from bot.handling import Handling, sender
from bot.polling import Batch

_LOG = structlog.get_logger()
#: Telegram's own limit.
WINDOW = 100


@dataclass(slots=True)
class Hand:
    """What one process has in hand; over a lost lock it remembers what it has done."""

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
