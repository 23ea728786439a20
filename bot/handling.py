"""Hands a batch of updates to their handlers and says which were not done.

Chats go beside each other, each in its order. Trouble that passes (the database is away, Telegram
is busy) is waited for; an error of ours is logged and does not hold up anybody else.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import structlog
from aiogram import Bot, Dispatcher
from aiogram.exceptions import TelegramAPIError
from aiogram.methods import TelegramMethod
from aiogram.types import Update
from aiogram.types.update import UpdateTypeLookupError

from bot.delivery.verdict import Again, decipher
from sync.database.pool import DATABASE_AWAY

_LOG = structlog.get_logger()
Feed = Callable[[Update], Awaitable[None]]


def feeder(bot: Bot, dispatcher: Dispatcher) -> Feed:
    """What hands an update to the dispatcher, and makes the call that its handler may return."""

    async def feed(update: Update) -> None:
        answer = await dispatcher.feed_update(bot, update)
        if isinstance(answer, TelegramMethod):
            await bot(answer)

    return feed


@dataclass(frozen=True, slots=True)
class Handling:
    """Handles updates by `feed`. Seconds; tests hurry them."""

    feed: Feed
    longest: float = 60.0  # for one handler
    rest: float = 1.0  # while the database is away
    attempts: int = 3  # of a handler that failed for a reason that may pass
    patience: float = 10.0  # the longest wait before another attempt

    async def handle(self, updates: Sequence[Update], halt: asyncio.Event) -> list[int]:
        """Handle all; returns the ids of those not done when `halt` was set, else none."""
        lanes: dict[Any, list[Update]] = defaultdict(list)
        for update in updates:
            lanes[_lane(update)].append(update)
        async with asyncio.TaskGroup() as group:
            done = [group.create_task(self._in_order(lane, halt)) for lane in lanes.values()]
        return [id for task in done for id in task.result()]

    async def _in_order(self, lane: list[Update], halt: asyncio.Event) -> list[int]:
        for place, update in enumerate(lane):
            if not await self._one(update, halt):
                return [later.update_id for later in lane[place:]]
        return []

    async def _one(self, update: Update, halt: asyncio.Event) -> bool:
        """Whether the update needs no more of us: handled, or beyond help."""
        attempt = 0
        while True:
            attempt += 1
            rest = await self._try(update, attempt)
            if rest is None:
                return True
            if halt.is_set():
                return False
            with suppress(TimeoutError):
                await asyncio.wait_for(halt.wait(), rest)

    async def _try(self, update: Update, attempt: int) -> float | None:
        """None when it is done with, else the seconds until another attempt makes sense."""
        limit = asyncio.timeout(self.longest)
        try:
            async with limit:
                await self.feed(update)
        except DATABASE_AWAY as error:
            if limit.expired():
                _LOG.error("handler_took_too_long", update=update.update_id, attempt=attempt)
                return self.rest if attempt < self.attempts else None
            _LOG.warning("handler_without_database", error=type(error).__name__)
            return self.rest
        except TelegramAPIError as error:
            _LOG.warning("answer_refused", update=update.update_id, why=type(error).__name__)
            return self._until_answer(error, attempt)
        except Exception:
            _LOG.exception("handler_failed", update=update.update_id)
        return None

    def _until_answer(self, error: TelegramAPIError, attempt: int) -> float | None:
        """Seconds to wait with an answer that Telegram did not take, or None to let it be.

        What may have arrived is not repeated, and for a long time nobody waits: others do, too.
        """
        verdict = decipher(error, attempts=attempt - 1)
        if not isinstance(verdict, Again) or attempt >= self.attempts:
            return None
        seconds = verdict.after.total_seconds()
        return seconds if seconds <= self.patience else None


def _lane(update: Update) -> int:
    """Who wrote or tapped; what nobody did goes by itself."""
    with suppress(UpdateTypeLookupError):
        person = getattr(update.event, "from_user", None)
        if person is not None:
            return int(person.id)
    return -update.update_id
