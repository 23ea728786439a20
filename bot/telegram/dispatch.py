"""Brings one update to its end: handled, or given up with a word to its sender.

A lost database is waited for. Other trouble that may pass (Telegram is busy, a deadlock, a
statement that took too long) is tried again a few times, and then the sender is told; what may have
arrived is never repeated. An error of ours ends the update at once.

So much of what one person writes is worked on, and then so much a minute. What is over it costs
nothing: it is confirmed without work, and answered once. A stranger has less of it, and nothing
that fails for them is tried again.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum, auto

import structlog
from aiogram import Bot, Dispatcher
from aiogram.exceptions import AiogramError
from aiogram.methods import TelegramMethod
from aiogram.types import Update
from aiogram.types.update import UpdateTypeLookupError

from bot.delivery.verdict import Again, decipher
from bot.views.excuses import TOO_FAST, WENT_WRONG
from sync.postgres.pool import DATABASE_AWAY, is_away
from sync.supervisor import pause

_LOG = structlog.get_logger()
Feed = Callable[[Update], Awaitable[None]]
#: Says one sentence of the catalogue to who sent the update.
Excuse = Callable[[Update, str], Awaitable[None]]
#: Accounts that are remembered; who has not written for the longest is forgotten first.
_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Allowance:
    """Updates at once, and how many more come to it each second."""

    at_once: int
    a_second: float


KNOWN = Allowance(at_once=40, a_second=1.0)
STRANGER = Allowance(at_once=10, a_second=1 / 6)


class Worth(StrEnum):
    """What an update is worth to us."""

    WORK = auto()
    A_WORD = auto()  # it is too much, and they are told so
    NOTHING = auto()  # they have been told


@dataclass(slots=True)
class _Account:
    left: float
    at: float
    known: bool | None = None  # None: nobody has looked yet
    told: bool = False

    @property
    def allowance(self) -> Allowance:
        return KNOWN if self.known else STRANGER


@dataclass(slots=True)
class Budgets:
    """Everybody's budget, by who writes. `clock` counts seconds."""

    clock: Callable[[], float] = time.monotonic
    _accounts: dict[int, _Account] = field(default_factory=dict)

    def spend(self, person: int) -> Worth:
        """What the next update of this person is worth."""
        account = self._account(person)
        if account.left >= 1:
            account.left -= 1
            return Worth.WORK
        if account.told:
            return Worth.NOTHING
        account.told = True
        return Worth.A_WORD

    def met(self, person: int, *, known: bool) -> None:
        """We have seen who it is: somebody of the company, or a stranger."""
        account = self._account(person)
        before = account.allowance.at_once
        account.known = known
        more = account.allowance.at_once - before
        account.left = max(account.left + more, 0.0)

    def is_stranger(self, person: int) -> bool:
        """Whether it is somebody whom we have met, and who is nobody to us."""
        account = self._accounts.get(person)
        return account is not None and account.known is False

    def _account(self, person: int) -> _Account:
        now = self.clock()
        account = self._accounts.pop(person, None) or _Account(STRANGER.at_once, now)
        if len(self._accounts) >= _REMEMBERED:
            del self._accounts[next(iter(self._accounts))]
        self._accounts[person] = account  # the latest stands last
        full = account.allowance.at_once
        account.left = min(account.left + (now - account.at) * account.allowance.a_second, full)
        account.at = now
        account.told = account.told and account.left < full
        return account


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
