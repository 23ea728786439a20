"""Edits of messages that say what is not so any more: the job has left its reader, or what is held
because of a mass change is another number now.

What is to be edited was decided where it stopped being so, and stands in the rows (`edits.sql`); an
edit may be repeated without harm, so it needs no lease. Alerts to a chat go between its edits. What
Telegram never confirmed (`unknown`) has no number and cannot be edited.
"""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import cast

import structlog
from aiogram import Bot
from aiogram.exceptions import AiogramError
from aiogram.types import Message as Sent
from asyncpg import Record

from bot.delivery.pacing import Pacing
from bot.delivery.verdict import Again, Held, Resend, Undeliverable, decipher_edit
from bot.people.chat import has_blocked
from bot.telegram.client import CALL_TIMEOUT
from bot.views.alerts import alert_message, struck_message
from bot.views.language import Words
from bot.views.message import Html, plain
from sync.model.alerts import AlertKind, RecipientType
from sync.model.facts import JobFacts
from sync.model.kinds import read_facts
from sync.postgres.pool import DATABASE_AWAY, Connection, Pool
from sync.postgres.queries import Queries

_SQL = Queries("bot.delivery", "edits.sql")
_LOG = structlog.get_logger()
#: Edits looked for at once.
_AT_ONCE = 50


@dataclass(slots=True)
class Edits:
    """Edits messages through `bot`, at the pace of `pacing`; `words` for whose language is not
    known.
    """

    bot: Bot
    pool: Pool
    pacing: Pacing
    words: Words
    _in_hand: set[int] = field(default_factory=set)  # chats

    async def due(self, connection: Connection) -> list[list[Record]]:
        """What is to be edited now, chat by chat; `carry_out` must follow for each."""
        chats: dict[int, list[Record]] = defaultdict(list)
        for row in await connection.fetch(_SQL["due"], list(self._in_hand), _AT_ONCE):
            chats[row["chat_id"]].append(row)
        self._in_hand |= chats.keys()
        return list(chats.values())

    async def carry_out(self, edits: Sequence[Record], stop: asyncio.Event) -> None:
        """Edit the messages of one chat, one after the other, until one fails or `stop`."""
        chat_id = edits[0]["chat_id"]
        try:
            for row in edits:
                if stop.is_set() or not await self._carry_out(row):
                    break
        except DATABASE_AWAY as error:
            # It is edited again, and Telegram then says that nothing changes.
            _LOG.warning("edit_not_written", error=type(error).__name__)
        except Exception:
            # The last resort of a task whose group must live on; the chat stays in hand, so that
            # a mistake of ours is not made again and again.
            _LOG.exception("editing_failed", alerts=[row["id"] for row in edits])
            return
        self._in_hand.discard(chat_id)

    async def _carry_out(self, row: Record) -> bool:
        """Whether the next message of the chat may follow."""
        verdict = await self._edit(row)
        outcome = type(verdict).__name__.lower() if verdict else "done"
        _LOG.info("message_edited", alert=row["id"], outcome=outcome)
        match verdict:
            case None:
                await self.pool.execute(_SQL["done"], row["id"], row["edit_at"])
                return True
            case Undeliverable():
                async with self.pool.acquire() as connection:
                    await has_blocked(connection, row["chat_id"])
            case Again(after):
                await self._put_off(after, row["chat_id"])
            case Held(_, after):
                await self._put_off(after, None)
        return False

    async def _put_off(self, after: timedelta, chat_id: int | None) -> None:
        await self.pool.execute(_SQL["put_off"], after, chat_id)

    async def _edit(self, row: Record) -> Again | Held | Undeliverable | None:
        """Call Telegram; once again in plain text if it does not take the marked one."""
        for as_plain in (False, True):
            await self.pacing.turn(row["chat_id"])
            answer = await self._call(row, as_plain=as_plain)
            verdict = decipher_edit(answer, attempts=row["attempts"], plain=as_plain)
            if not isinstance(verdict, Resend):
                return verdict
        return None

    async def _call(self, row: Record, *, as_plain: bool) -> Sent | bool | BaseException:
        try:
            text = self._text(row)
            return await self.bot.edit_message_text(
                plain(text) if as_plain else text,
                chat_id=row["chat_id"],
                message_id=row["message_id"],
                request_timeout=CALL_TIMEOUT,
                **({"parse_mode": None} if as_plain else {}),
            )
        except Exception as error:
            if not isinstance(
                error, AiogramError
            ):  # a view of ours: it is put off, and stops nobody
                _LOG.exception("edit_failed", alert=row["id"])
            return error

    def _text(self, row: Record) -> Html:
        words = replace(self.words, language=row["language"] or self.words.language)
        job = cast("JobFacts", row["job_facts"] or row["facts"].get("job") or {})
        if row["struck"]:
            return struck_message(job, words).text
        kind, reader = AlertKind(row["kind"]), RecipientType(row["recipient_type"])
        return alert_message(kind, read_facts(kind, row["facts"]), job, words, reader).text
