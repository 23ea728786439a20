"""One claimed alert from the outbox to Telegram and back: decide, render, wait one's turn, call,
write down what became of it.

A verdict is kept and written again for as long as the database does not take it.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import assert_never
from uuid import UUID

import structlog
from aiogram import Bot
from aiogram.exceptions import TelegramAPIError, TelegramNetworkError, TelegramServerError
from aiogram.types import Message as Sent

from bot.delivery.outbox import Claimed, Outcome, begin, record
from bot.delivery.pacing import Pacing
from bot.delivery.relevance import NOT_HIS, Drop, Intent, Move, Refuse, Send, intend
from bot.delivery.verdict import (
    Again,
    Aside,
    Delivered,
    Held,
    NotTaken,
    Resend,
    Undeliverable,
    Unknown,
    decipher,
    failed_for_long,
    not_written,
    pause,
)
from bot.health import Health, Part
from bot.telegram.client import CALL_TIMEOUT
from bot.views.alerts import alert_message, bare_message
from bot.views.language import Words
from bot.views.message import Message, clip, plain
from sync.model.alerts import AlertKind
from sync.model.kinds import KINDS, Sound
from sync.people.directory import Directory
from sync.postgres.pool import DATABASE_AWAY, Connection, Pool
from sync.reconcile.bounces import let_go, record_not_taken, record_refusal

_LOG = structlog.get_logger()
#: A call that has not begun by then does not begin: its timeout must end well within the lease.
START_WITHIN = 10.0
#: The longest that one attempt to write a verdict may take, and the rest before the next.
_WRITING, _REST = 10.0, 0.5
#: Alerts on their way together; a Telegram that answers slowly does not hold up the others.
AT_ONCE = 50
#: Alerts claimed before their turn: few, since each counts as told until its turn comes.
AHEAD = 16
#: For so long after Telegram took a message, what it does not take is no trouble of Telegram's.
_TAKES_OTHERS = 120.0
#: Room for a text that Telegram refused in its full form.
_PLAIN_LIMIT = 1000


#: How a claim ends.
_Ending = Outcome | Undeliverable | NotTaken


@dataclass(slots=True)
class Delivery:
    """Delivers alerts. `words`: how those are spoken to whose language is not known.

    `in_hand` are the claims that it has not finished with; `wake` is set when it has room again.
    """

    bot: Bot
    pool: Pool
    operators: Sequence[int]
    health: Health
    words: Words
    pacing: Pacing = field(default_factory=Pacing)
    in_hand: set[tuple[int, UUID]] = field(default_factory=set)
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    _waiting: set[tuple[int, UUID]] = field(default_factory=set)
    _refused: bool = False
    _taken_at: float = float("-inf")

    def room(self) -> int:
        """How many more it takes now: one at a time while Telegram refuses our token."""
        if self._refused:
            return 0 if self.in_hand else 1
        return max(min(AT_ONCE - len(self.in_hand), AHEAD - len(self._waiting)), 0)

    def take(self, alert: Claimed) -> None:
        """Count the alert as ours from now on; `deliver` must follow."""
        self.in_hand.add(alert.claim)
        self._waiting.add(alert.claim)

    async def deliver(self, alert: Claimed, directory: Directory, began: float) -> None:
        """Bring one alert to its verdict. `began`: the loop's time when it was claimed."""
        outcome = None
        try:
            if (outcome := await self._outcome(alert, directory, began)) is not None:
                await self._record(alert, outcome)
        except Exception:
            # The last resort of a task whose group must live on; the lease ends what is left.
            _LOG.exception("delivery_failed", alert=alert.id)
            if isinstance(outcome, Undeliverable | NotTaken | Drop | Move):
                await self._record(alert, not_written(alert.attempts))
        finally:
            self.in_hand.discard(alert.claim)
            self._begun(alert)

    def _begun(self, alert: Claimed) -> None:
        """One waits less; a look at the outbox pays only for several."""
        self._waiting.discard(alert.claim)
        if len(self._waiting) <= AHEAD // 2:
            self.wake.set()

    async def _outcome(self, alert: Claimed, directory: Directory, began: float) -> _Ending | None:
        """What becomes of it; None when it is not ours any more."""
        try:
            intent = intend(alert.said, alert.lane, alert.now, alert.newer, directory)
        except Exception:
            _LOG.exception("alert_not_understood", alert=alert.id)
            outcome: _Ending | None = Again(pause(alert.attempts), detail="not understood")
        else:
            outcome = await self._act(alert, intent, began)
        if isinstance(outcome, Again) and failed_for_long(outcome, alert.attempts):
            return await self._at_length(outcome)
        return outcome

    async def _at_length(self, again: Again) -> Again | Aside | NotTaken:
        """What becomes of what failed for so long: whose trouble it is decides."""
        if asyncio.get_running_loop().time() - self._taken_at < _TAKES_OTHERS:
            return NotTaken(again.detail)
        return Aside(again.after, again.detail) if await self._answers() else again

    async def _answers(self) -> bool:
        """Whether Telegram answers at all."""
        try:
            await self.bot.get_me(request_timeout=CALL_TIMEOUT)
        except (TelegramNetworkError, TelegramServerError):
            return False
        except TelegramAPIError:
            return True
        return True

    async def _act(self, alert: Claimed, intent: Intent, began: float) -> _Ending | None:
        match intent:
            case Send(chat_id):
                return await self._send(alert, chat_id, began)
            case Drop() | Move():
                return intent
            case Refuse(reason):
                return Undeliverable(reason, "no address")
            case _:
                assert_never(intent)

    async def _send(self, alert: Claimed, chat_id: int, began: float) -> _Ending | None:
        """Call Telegram, at most three times within one claim; only refusals are followed up."""
        message, as_plain = self._message(alert), False
        for _ in range(3):
            await self.pacing.turn(chat_id)
            if (begun := await self._begin(alert, began)) is None:
                break
            if not begun:
                return None
            answer = await self._call(alert, chat_id, message, as_plain=as_plain)
            verdict = decipher(answer, attempts=alert.attempts, plain=as_plain)
            if not isinstance(verdict, Resend):
                return verdict
            _LOG.warning("message_refused_as_it_stood", alert=alert.id, why=verdict.detail)
            as_plain, chat_id = as_plain or verdict.plain, verdict.chat_id or chat_id
        return Again(pause(alert.attempts), failure=as_plain, detail="not begun")

    async def _begin(self, alert: Claimed, claimed: float) -> bool | None:
        """Whether the call may begin; False if the alert is not ours any more, None if it is late.

        The clock is read once more afterwards: a process that slept meanwhile must not call.
        """
        if self._too_late(claimed):
            return None
        try:
            async with asyncio.timeout(_WRITING), self.pool.acquire() as connection:
                ours = await begin(connection, alert.id, alert.lease_token)
        except DATABASE_AWAY as error:
            _LOG.warning("beginning_not_written", alert=alert.id, error=type(error).__name__)
            return None
        self._begun(alert)
        if not ours:
            _LOG.warning("claim_lost", alert=alert.id)
        return False if not ours else None if self._too_late(claimed) else True

    def _too_late(self, claimed: float) -> bool:
        return asyncio.get_running_loop().time() - claimed > START_WITHIN

    def _message(self, alert: Claimed) -> Message:
        words = replace(self.words, language=alert.language or self.words.language)
        said = alert.said
        try:
            return alert_message(said.kind, said.facts, alert.job_facts, words, said.recipient_type)
        except Exception:
            # Facts that a view cannot show must not keep the fact itself from its reader.
            _LOG.exception("alert_not_rendered", alert=alert.id, kind=alert.kind)
            return bare_message(said.kind, said.facts, alert.job_facts)

    async def _call(
        self, alert: Claimed, chat_id: int, message: Message, *, as_plain: bool
    ) -> Sent | BaseException:
        text = clip(plain(message.text), _PLAIN_LIMIT) if as_plain else message.text
        try:
            return await self.bot.send_message(
                chat_id,
                text,
                reply_markup=None if as_plain else message.keyboard,
                disable_notification=KINDS[AlertKind(alert.kind)].sound is Sound.SILENT,
                request_timeout=CALL_TIMEOUT,
                **({"parse_mode": None} if as_plain else {}),
            )
        except Exception as error:
            return error

    async def _record(self, alert: Claimed, outcome: _Ending) -> None:
        """Write the outcome down, however long the database is away, slow or locked."""
        self._report(alert, outcome)
        while True:
            try:
                async with asyncio.timeout(_WRITING), self.pool.acquire() as connection:
                    written = await self._write(connection, alert, outcome)
                if not written:
                    _LOG.warning("verdict_came_late", alert=alert.id)
                return
            except DATABASE_AWAY as error:
                if isinstance(error, ValueError):
                    raise  # a value that PostgreSQL cannot hold: it never will
                _LOG.warning("verdict_not_written", alert=alert.id, error=type(error).__name__)
                await asyncio.sleep(_REST)

    async def _write(self, connection: Connection, alert: Claimed, outcome: _Ending) -> bool:
        id, lease = alert.claim
        match outcome:
            case NotTaken():
                return await record_not_taken(connection, id, lease, self.operators)
            case Undeliverable(reason):
                return await record_refusal(connection, id, lease, reason, self.operators)
            case Drop(why) if why == NOT_HIS:
                return await let_go(connection, id, lease, why, self.operators)
            case _:
                return await record(connection, id, lease, outcome)

    def _report(self, alert: Claimed, outcome: _Ending) -> None:
        """Log the outcome; tell health what it says about Telegram."""
        name, detail = type(outcome).__name__.lower(), getattr(outcome, "detail", "")
        _LOG.info("alert_ended", alert=alert.id, kind=alert.kind, outcome=name, why=detail)
        match outcome:
            case Delivered():
                self._refused = False
                self._taken_at = asyncio.get_running_loop().time()
                self.health.say(Part.SENDER, ok=True)
            case Held():
                self._refused = True
                self.health.say(Part.SENDER, ok=False, detail=detail, refused=True)
            case Again(lane=False, failure=True) | Aside() | Unknown():
                self.health.say(Part.SENDER, ok=False, detail=detail)
            case _:
                pass
