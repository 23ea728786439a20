"""Brings one update to its end: handled, or given up with a word to its sender.

A lost database is waited for. Other trouble that may pass (Telegram is busy, a deadlock, a
statement that took too long) is tried again a few times, and then the sender is told; what may have
arrived is never repeated. An error of ours ends the update at once.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

import structlog
from aiogram import Bot, Dispatcher
from aiogram.exceptions import AiogramError
from aiogram.methods import TelegramMethod
from aiogram.types import Update
from aiogram.types.update import UpdateTypeLookupError

from bot.budget import Budgets, Worth
from bot.delivery.verdict import Again, decipher
from bot.views.excuses import TOO_FAST, WENT_WRONG
from sync.database.pool import DATABASE_AWAY, is_away
from sync.supervisor import pause

_LOG = structlog.get_logger()
Feed = Callable[[Update], Awaitable[None]]
#: Says one sentence of the catalogue to who sent the update.
Excuse = Callable[[Update, str], Awaitable[None]]


def feeder(bot: Bot, dispatcher: Dispatcher) -> Feed:
    """What hands an update to the dispatcher, and makes the call that its handler may return."""

    async def feed(update: Update) -> None:
        answer = await dispatcher.feed_update(bot, update)
        if isinstance(answer, TelegramMethod):
            await bot(answer)

    return feed


async def no_excuse(_update: Update, _sentence: str) -> None:
    """Nothing is said."""


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class _Next:
    """What follows a failed attempt: another in `rest` seconds, counted or as often as need be."""

    rest: float
    counts: bool = True
    excuse: bool = True  # after the last one; not where Telegram does not take what we say


@dataclass(frozen=True, slots=True)
class Handling:
    """Handles updates by `feed`. Seconds; tests hurry them."""

    feed: Feed
    excuse: Excuse = no_excuse
    budgets: Budgets = field(default_factory=Budgets)
    longest: float = 60.0  # for one handler
    rest: float = 1.0  # while the database is away, and before another attempt
    attempts: int = 3  # of a handler that failed for a reason that may pass
    patience: float = 10.0  # the longest wait before another attempt, and for an excuse

    async def handle(
        self, update: Update, halt: asyncio.Event, pressed: Callable[[], bool] = _never
    ) -> bool:
        """Whether the update needs no more of us; False only at `halt`, while the database is away.

        `pressed`: others wait for the end of this one, and so nothing is tried again.
        """
        person = sender(update)
        worth = self.budgets.spend(person) if person > 0 else Worth.WORK
        if worth is not Worth.WORK:
            await self._over_budget(update, worth)
            return True
        failed = 0
        while following := await self._try(update):
            failed += following.counts
            if following.counts and (failed >= self.attempts or not self._again(update, pressed)):
                if following.excuse:
                    await self._excuse(update, WENT_WRONG)
                return True
            if await pause(halt, following.rest):
                return False
        return True

    def _again(self, update: Update, pressed: Callable[[], bool]) -> bool:
        """Whether to try again what failed: not for strangers, and not while others wait for it."""
        return not self.budgets.is_stranger(sender(update)) and not pressed()

    async def _over_budget(self, update: Update, worth: Worth) -> None:
        if worth is Worth.A_WORD:
            _LOG.warning("updates_over_budget", sender=sender(update), update=update.update_id)
            await self._excuse(update, TOO_FAST)

    async def _try(self, update: Update) -> _Next | None:
        """None when it is done with, else what is to follow."""
        limit = asyncio.timeout(self.longest)
        try:
            async with limit:
                await self.feed(update)
        except DATABASE_AWAY as error:
            if is_away(error):
                _LOG.warning("handler_without_database", error=type(error).__name__)
                return _Next(self.rest, counts=False)
            took_too_long = limit.expired()
            _LOG.error(
                "handler_took_too_long" if took_too_long else "handler_failed",
                update=update.update_id,
                exc_info=not took_too_long,
            )
            return _Next(self.rest)
        except AiogramError as error:
            # Its class alone: an answer that aiogram cannot read is quoted in its words.
            _LOG.warning("answer_refused", update=update.update_id, why=type(error).__name__)
            return self._until_answer(error)
        except Exception:
            _LOG.exception("handler_failed", update=update.update_id)
            await self._excuse(update, WENT_WRONG)
        return None

    def _until_answer(self, error: AiogramError) -> _Next | None:
        """When to try an answer again that Telegram did not take, or None to let it be.

        What may have arrived is not repeated, and for a long time nobody waits: others do, too.
        """
        verdict = decipher(error, attempts=0)
        if not isinstance(verdict, Again) or verdict.after.total_seconds() > self.patience:
            return None
        return _Next(verdict.after.total_seconds(), excuse=False)

    async def _excuse(self, update: Update, sentence: str) -> None:
        """Says it if that can be; whatever comes of it, the update is over."""
        try:
            async with asyncio.timeout(self.patience):
                await self.excuse(update, sentence)
        except Exception as error:
            _LOG.warning("excuse_not_said", update=update.update_id, error=type(error).__name__)


def sender(update: Update) -> int:
    """Who wrote or tapped; what nobody did goes by itself, under a number below zero."""
    with suppress(UpdateTypeLookupError):
        person = getattr(update.event, "from_user", None)
        if person is not None:
            return int(person.id)
    return -update.update_id
