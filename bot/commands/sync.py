"""`/sync` and `/sync full`: asks for a run and answers at once; the answer is then edited with the
run's progress and its result (`follow_runs`), also over a restart. Who asks meanwhile joins.
"""

from dataclasses import dataclass, replace
from functools import partial

import structlog
from aiogram import Bot, Router
from aiogram.exceptions import AiogramError, TelegramBadRequest, TelegramForbiddenError
from aiogram.filters import CommandObject
from aiogram.types import Message as Received
from asyncpg import Record

from bot.commands.frame import Deps, Named, UserError
from bot.commands.speaking import reply
from bot.people.identity import Identity
from bot.views.language import N_, Words
from bot.views.message import Message
from bot.views.sync import RunSeen, run_message
from bot.watching import Pace, whenever
from sync.database.pool import Pool
from sync.database.queries import Queries
from sync.run import PROGRESS_CHANNEL, Kind, request_run
from sync.supervisor import Tell, nobody

USAGE = N_("Send /sync, or /sync full to compare everything.")
_KINDS: dict[str, Kind] = {"": "incremental", "full": "full"}
_SQL = Queries("bot.commands", "sync.sql")
_LOG = structlog.get_logger()


def router() -> Router:
    """Handles `/sync`."""
    routes = Router(name="sync")
    routes.message.register(sync, Named("sync"))
    return routes


async def sync(
    message: Received, command: CommandObject, person: Identity, words: Words, deps: Deps
) -> None:
    """Asks for the run, says so, and lets that message follow it."""
    kind = _KINDS.get((command.args or "").strip().lower())
    if kind is None:
        raise UserError(USAGE)
    async with deps.pool.acquire() as connection:
        run = await request_run(connection, kind)
        _LOG.info("run_asked_for", run=run, kind=kind, by=person.telegram_id)
    said = await reply(message, run_message(RunSeen(kind, "requested"), words))
    async with deps.pool.acquire() as connection:
        await connection.execute(_SQL["follow"], run, said.chat.id, said.message_id, words.language)


@dataclass(frozen=True, slots=True)
class Following:
    """A message that follows a run, and what it should show now."""

    chat_id: int
    message_id: int
    language: str
    run: RunSeen

    @property
    def is_over(self) -> bool:
        """Nothing more will happen to the run."""
        return self.run.state in ("succeeded", "failed")


async def follow_runs(
    database_url: str,
    pool: Pool,
    bot: Bot,
    words: Words,
    pace: Pace | None = None,
    tell: Tell = nobody,
) -> None:
    """Edits the messages that follow a run, until cancelled. What they are to show is in the
    database, so that it goes on after a restart where it stopped.
    """
    pace, shown = pace or Pace(rest=1.5, look=5.0), dict[tuple[int, int], RunSeen]()
    work = partial(_edit_all, pool, bot, words, shown)
    await whenever(database_url, PROGRESS_CHANNEL, work, pace, tell)


Shown = dict[tuple[int, int], RunSeen]


async def _edit_all(pool: Pool, bot: Bot, words: Words, shown: Shown) -> None:
    """Brings every message up to date; those that show a result, or are gone, are forgotten."""
    async with pool.acquire() as connection:
        messages = [_following(row) for row in await connection.fetch(_SQL["followed"])]
    for message in messages:
        key = (message.chat_id, message.message_id)
        if shown.get(key) == message.run:
            continue
        text = run_message(message.run, replace(words, language=message.language))
        stays = await _edit(bot, message, text)
        if stays:
            shown[key] = message.run
        if stays is False or (stays and message.is_over):
            await pool.execute(_SQL["forget"], *key)
            shown.pop(key, None)


def _following(row: Record) -> Following:
    chat_id, message_id, language, *run = row
    return Following(chat_id, message_id, language, RunSeen(*run))


async def _edit(bot: Bot, message: Following, said: Message) -> bool | None:
    """Whether the message shows it now; False if it never can, None if one should try again."""
    try:
        await bot.edit_message_text(
            said.text, chat_id=message.chat_id, message_id=message.message_id
        )
    except TelegramBadRequest as error:
        return "message is not modified" in error.message
    except TelegramForbiddenError:
        return False
    except AiogramError as error:  # also an answer that is none: a proxy's page
        _LOG.warning("run_message_not_edited", error=type(error).__name__)
        return None
    return True
