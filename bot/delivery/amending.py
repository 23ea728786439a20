"""Keeps messages about a mass change true: edited when what is held changes, or is over.

What is to be edited is read from the rows every time, and an edit may be repeated without harm: so
nothing here needs a lock or a lease. What is held is decided in `sync/deciding/holds.py`.
"""

import asyncio
from dataclasses import replace
from functools import partial

import structlog
from aiogram import Bot
from aiogram.types import Message as Sent
from asyncpg import Record

from bot.delivery.verdict import Blocked, Cleared, Later, Plain, decipher_edit
from bot.telegram import CALL_TIMEOUT
from bot.views.alerts import alert_message
from bot.views.language import Words
from bot.views.message import plain
from bot.watching import Pace, whenever
from sync.alerts import AlertKind, RecipientType
from sync.database.pool import Pool
from sync.database.queries import Queries
from sync.model.kinds import read_facts
from sync.supervisor import Tell, nobody

_SQL = Queries("bot.delivery", "amending.sql")
_LOG = structlog.get_logger()
#: Told by `sync/deciding/holds.sql`.
CHANNEL = "jobsync_hold"
_PACE = Pace(rest=1.5, look=30.0)


async def keep_amended(
    database_url: str,
    pool: Pool,
    bot: Bot,
    words: Words,
    pace: Pace = _PACE,
    tell: Tell = nobody,
) -> None:
    """Edits what changed, until cancelled; `words` for whose language is not known."""
    await whenever(database_url, CHANNEL, partial(_amend_all, pool, bot, words), pace, tell)


async def _amend_all(pool: Pool, bot: Bot, words: Words) -> None:
    """One that cannot be edited now keeps no other from it."""
    rest = 0.0
    for row in await pool.fetch(_SQL["to_amend"]):
        verdict = await _edit(bot, row, words)
        _LOG.info("message_amended", alert=row["id"], outcome=type(verdict).__name__.lower())
        if not isinstance(verdict, Later):
            await pool.execute(_SQL["amended"], row["id"], row["edition"])
            continue
        rest = max(rest, verdict.after.total_seconds())
        if verdict.everywhere:
            break
    await asyncio.sleep(rest)


async def _edit(bot: Bot, row: Record, words: Words) -> Cleared | Blocked | Later | Plain:
    """Call Telegram; once again in plain text if it does not take the marked one."""
    speaking = replace(words, language=row["language"] or words.language)
    kind, reader = AlertKind.MASS_CHANGE_HELD, RecipientType(row["recipient_type"])
    text = alert_message(kind, read_facts(kind, row["facts"]), None, speaking, reader).text
    verdict = decipher_edit(await _call(bot, row, text), attempts=0)
    if isinstance(verdict, Plain):
        answer = await _call(bot, row, plain(text), parse_mode=None)
        return decipher_edit(answer, attempts=0, plain=True)
    return verdict


async def _call(bot: Bot, row: Record, text: str, **more: None) -> Sent | bool | BaseException:
    try:
        return await bot.edit_message_text(
            text,
            chat_id=row["chat_id"],
            message_id=row["message_id"],
            request_timeout=CALL_TIMEOUT,
            **more,
        )
    except Exception as error:  # whatever it is, the verdict knows what comes next
        return error
