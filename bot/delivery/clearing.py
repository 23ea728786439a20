"""Takes customers' phones and addresses out of messages whose reader has lost the job, or has left.

What is to do is read from the rows every time, and a message may be changed twice without harm: so
nothing here needs a lease, and whatever fails is found again. Alerts to a chat go between its
messages. What Telegram never confirmed (`unknown`) has no number and cannot be changed.
"""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

import structlog
from aiogram import Bot
from aiogram.types import Message as Sent

from bot.delivery.pacing import Pacing
from bot.delivery.verdict import LONGEST_REST, Blocked, Cleared, Later, Plain, decipher_edit
from bot.telegram import CALL_TIMEOUT
from bot.views.alerts import cleared_message
from bot.views.facts import JobFacts
from bot.views.language import Words
from bot.views.message import Message, plain
from sync.database.pool import DATABASE_AWAY, Connection, Pool
from sync.database.queries import Queries

_SQL = Queries("bot.delivery", "clearing.sql")
_LOG = structlog.get_logger()
#: Jobs looked at in one go, and messages of one chat changed in one go.
_JOBS, _OF_A_CHAT = 50, 10


@dataclass(frozen=True, slots=True)
class Shown:
    """A message that shows what its reader may not see any more."""

    alert_id: int
    chat_id: int
    message_id: int
    facts: JobFacts
    job_over: bool
    language: str | None


@dataclass(slots=True)
class Clearing:
    """Changes messages through `bot`, at the pace of `pacing`; `words` for whose language is not
    known.
    """

    bot: Bot
    pool: Pool
    pacing: Pacing
    words: Words
    _in_hand: set[int] = field(default_factory=set)  # chats
    _rests: dict[int, float] = field(default_factory=dict)  # chats, until when
    _failures: dict[int, int] = field(default_factory=lambda: defaultdict(int))  # by chat
    _all_rest: float = 0.0

    async def due(self, connection: Connection) -> list[list[Shown]]:
        """What is to be cleared now, chat by chat; `clear` must follow for each."""
        now = asyncio.get_running_loop().time()
        if now < self._all_rest:
            return []
        self._rests = {chat: until for chat, until in self._rests.items() if until > now}
        left_alone = [*self._in_hand, *self._rests]
        rows = await connection.fetch(_SQL["to_clear"], left_alone, _JOBS, _OF_A_CHAT)
        chats: dict[int, list[Shown]] = defaultdict(list)
        for id, chat, message, job_over, facts, language in rows:
            chats[chat].append(Shown(id, chat, message, facts, job_over, language))
        self._in_hand |= chats.keys()
        return [messages[:_OF_A_CHAT] for messages in chats.values()]

    async def clear(self, messages: Sequence[Shown], stop: asyncio.Event) -> None:
        """Clear the messages of one chat, one after the other, until one fails or `stop`."""
        chat = messages[0].chat_id
        try:
            for shown in messages:
                if stop.is_set() or not await self._clear(shown):
                    return
        except Exception:
            # The last resort of a task whose group must live on; the rows say what is left to do.
            _LOG.exception("clearing_failed", alert=messages[0].alert_id)
            self._rest(chat, LONGEST_REST, everywhere=False)
        finally:
            self._in_hand.discard(chat)

    async def _clear(self, shown: Shown) -> bool:
        """Whether the next message of the chat may follow."""
        verdict = await self._edit(shown)
        _LOG.info("message_cleared", alert=shown.alert_id, outcome=type(verdict).__name__.lower())
        match verdict:
            case Cleared():
                self._failures.pop(shown.chat_id, None)
                return await self._write("cleared", shown.alert_id)
            case Blocked():
                await self._write("refused", shown.chat_id)
                return False
            case Later(after, everywhere):
                self._rest(shown.chat_id, after, everywhere=everywhere)
                return False

    def _rest(self, chat: int, after: timedelta, *, everywhere: bool) -> None:
        until = asyncio.get_running_loop().time() + after.total_seconds()
        self._failures[chat] += 1
        self._rests[chat] = until
        if everywhere:
            self._all_rest = until

    async def _edit(self, shown: Shown) -> Cleared | Blocked | Later:
        """Call Telegram; once again in plain text if it does not take the marked one."""
        words = replace(self.words, language=shown.language or self.words.language)
        message = cleared_message(shown.facts, words, job_over=shown.job_over)
        for as_plain in (False, True):
            await self.pacing.turn(shown.chat_id)
            answer = await self._call(shown, message, as_plain=as_plain)
            failures = self._failures.get(shown.chat_id, 0)
            verdict = decipher_edit(answer, attempts=failures, plain=as_plain)
            if not isinstance(verdict, Plain):
                return verdict
        return Cleared()

    async def _call(
        self, shown: Shown, message: Message, *, as_plain: bool
    ) -> Sent | bool | BaseException:
        try:
            return await self.bot.edit_message_text(
                plain(message.text) if as_plain else message.text,
                chat_id=shown.chat_id,
                message_id=shown.message_id,
                request_timeout=CALL_TIMEOUT,
                **({"parse_mode": None} if as_plain else {}),
            )
        except Exception as error:
            return error

    async def _write(self, statement: str, id: int) -> bool:
        """What could not be written is found again, and Telegram then says that it is done."""
        try:
            async with self.pool.acquire() as connection:
                await connection.execute(_SQL[statement], id)
        except DATABASE_AWAY as error:
            _LOG.warning("clearing_not_written", error=type(error).__name__)
            return False
        return True
