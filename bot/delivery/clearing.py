"""Takes customers' phones and addresses out of messages whose reader has lost the job, or has left:
by what the job says of its leader now, and by what the reader could ask for now.

What is to do is read from the rows every time, and a message may be changed twice without harm: so
nothing here needs a lease, and whatever fails is found again. Alerts to a chat go between its
messages. What Telegram never confirmed (`unknown`) has no number and cannot be changed.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

import asyncpg
import structlog
from aiogram import Bot
from aiogram.types import Message as Sent

from bot.delivery.pacing import Pacing
from bot.delivery.verdict import LONGEST_REST, Blocked, Cleared, Later, Plain, decipher_edit
from bot.jobs.answers import Overdue, chats_after, overdue
from bot.telegram import CALL_TIMEOUT
from bot.views.alerts import cleared_message, taken_back
from bot.views.language import Words
from bot.views.message import Message, plain
from sync.database.pool import DATABASE_AWAY, Connection, Pool
from sync.database.queries import Queries

_SQL = Queries("bot.delivery", "clearing.sql")
_LOG = structlog.get_logger()
#: Jobs and chats looked at in one go, and messages of one chat changed in one go.
_JOBS, _CHATS, _OF_A_CHAT = 50, 10, 10
#: Messages of one chat that are doubted together: else each ten would wait for the ten before.
_DOUBTED = 1000
#: Messages looked at in one go for whether their job is still their reader's.
_STRETCH = 10_000
#: No job has a larger id.
_LAST = 2**31 - 1
#: Before every chat, also of groups, whose ids are negative.
_FIRST = -(2**63)


@dataclass(frozen=True, slots=True)
class Shown:
    """A message that shows what its reader may not see any more, and what takes its place."""

    chat_id: int
    message_id: int
    instead: Message
    alert_id: int | None


@dataclass(slots=True)
class Clearing:
    """Changes messages through `bot`, at the pace of `pacing`; `words` for whose language is not
    known. `doubt`: seconds for which somebody whom we know must have lost a right, since rows of
    people are changed beside us one by one, and what was taken back cannot be given again.
    """

    bot: Bot
    pool: Pool
    pacing: Pacing
    words: Words
    operators: Sequence[int] = ()
    doubt: float = 60.0
    _in_hand: set[int] = field(default_factory=set)  # chats
    _rests: dict[int, float] = field(default_factory=dict)  # chats, until when
    _failures: dict[int, int] = field(default_factory=lambda: defaultdict(int))  # by chat
    _all_rest: float = 0.0
    _done_up_to: int = 0  # the last job of the stretches before
    _looked_at: int = _FIRST  # the last chat
    _doubted: dict[tuple[int, int], float] = field(default_factory=dict)  # messages, since when

    async def due(self, connection: Connection) -> list[list[Shown]]:
        """What is to be cleared now, chat by chat; `clear` must follow for each."""
        now = asyncio.get_running_loop().time()
        if now < self._all_rest:
            return []
        self._rests = {chat: until for chat, until in self._rests.items() if until > now}
        left_alone = [*self._in_hand, *self._rests]
        rows = await self._of_others(connection, left_alone)
        chats: dict[int, list[Shown]] = defaultdict(list)
        for id, chat, message, facts, language in rows:
            instead = cleared_message(facts, self._speaking(language))
            chats[chat].append(Shown(chat, message, instead, id))
        known = {shown.alert_id for messages in chats.values() for shown in messages}
        for found in await self._overdue(connection, left_alone, now):
            if found.alert_id is None or found.alert_id not in known:
                instead = taken_back(self._speaking(found.language))
                shown = Shown(found.chat_id, found.message_id, instead, found.alert_id)
                chats[found.chat_id].append(shown)
        self._in_hand |= chats.keys()
        return [messages[:_OF_A_CHAT] for messages in chats.values()]

    async def _of_others(
        self, connection: Connection, left_alone: Sequence[int]
    ) -> list[asyncpg.Record]:
        """Messages about jobs that somebody else leads, in the next stretch of all messages that
        stand; most companies have no more than one.
        """
        after = self._done_up_to
        up_to = await connection.fetchval(_SQL["stretch"], after, _STRETCH)
        rows = await connection.fetch(
            _SQL["to_clear"], left_alone, _JOBS, _OF_A_CHAT, after, up_to or _LAST
        )
        if len(rows) < _JOBS:  # else there may be more in it
            self._done_up_to = up_to or 0
        return rows

    async def _overdue(
        self, connection: Connection, left_alone: Sequence[int], now: float
    ) -> list[Overdue]:
        """What is to be taken back in the next few chats; their turn comes round and round."""
        chats = await chats_after(connection, self._looked_at, left_alone, _CHATS)
        self._looked_at = chats[-1] if len(chats) == _CHATS else _FIRST
        found: list[Overdue] = []
        for chat in chats:
            there = await overdue(connection, chat, self.operators, self.words.language, _DOUBTED)
            found += self._believed(chat, there, now)
        return found

    def _believed(self, chat: int, there: Sequence[Overdue], now: float) -> Iterator[Overdue]:
        """Those that were found long enough ago, or whose reader is nobody to us any more."""
        since = {(chat, each.message_id): now for each in there}
        for message in [known for known in self._doubted if known[0] == chat]:
            first = self._doubted.pop(message)
            if message in since:
                since[message] = first
        self._doubted |= since
        limit = now - self.doubt
        return (each for each in there if each.of_nobody or since[chat, each.message_id] <= limit)

    def _speaking(self, language: str | None) -> Words:
        return replace(self.words, language=language or self.words.language)

    async def clear(self, messages: Sequence[Shown], stop: asyncio.Event) -> None:
        """Clear the messages of one chat, one after the other, until one fails or `stop`."""
        chat = messages[0].chat_id
        try:
            for shown in messages:
                if stop.is_set() or not await self._clear(shown):
                    return
        except Exception:
            # The last resort of a task whose group must live on; the rows say what is left to do.
            _LOG.exception("clearing_failed", message=messages[0].message_id)
            self._rest(chat, LONGEST_REST, everywhere=False)
        finally:
            self._in_hand.discard(chat)

    async def _clear(self, shown: Shown) -> bool:
        """Whether the next message of the chat may follow."""
        verdict = await self._edit(shown)
        outcome = type(verdict).__name__.lower()
        _LOG.info(
            "message_cleared", message=shown.message_id, alert=shown.alert_id, outcome=outcome
        )
        match verdict:
            case Cleared():
                self._failures.pop(shown.chat_id, None)
                self._doubted.pop((shown.chat_id, shown.message_id), None)
                return await self._write_down(shown)
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
        for as_plain in (False, True):
            await self.pacing.turn(shown.chat_id)
            answer = await self._call(shown, as_plain=as_plain)
            failures = self._failures.get(shown.chat_id, 0)
            verdict = decipher_edit(answer, attempts=failures, plain=as_plain)
            if not isinstance(verdict, Plain):
                return verdict
        return Cleared()

    async def _call(self, shown: Shown, *, as_plain: bool) -> Sent | bool | BaseException:
        text = shown.instead.text
        try:
            return await self.bot.edit_message_text(
                plain(text) if as_plain else text,
                chat_id=shown.chat_id,
                message_id=shown.message_id,
                request_timeout=CALL_TIMEOUT,
                **({"parse_mode": None} if as_plain else {}),
            )
        except Exception as error:
            return error

    async def _write_down(self, shown: Shown) -> bool:
        """What could not be written is found again, and Telegram then says that it is done."""
        if shown.alert_id is not None:
            return await self._write("cleared", shown.alert_id)
        return await self._write("forget", shown.chat_id, shown.message_id)

    async def _write(self, statement: str, *values: int) -> bool:
        try:
            async with self.pool.acquire() as connection:
                await connection.execute(_SQL[statement], *values)
        except DATABASE_AWAY as error:
            _LOG.warning("clearing_not_written", error=type(error).__name__)
            return False
        return True
