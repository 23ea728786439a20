"""`/sync` and `/sync full`: asks for a run and answers at once; the answer is then edited with the
run's progress and its result (`follow_runs`), also over a restart. Who asks meanwhile joins.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial

import structlog
from aiogram import Bot, Router
from aiogram.exceptions import AiogramError, TelegramBadRequest
from aiogram.filters import CommandObject
from aiogram.types import Message as Received
from aiogram.types import Message as Sent

from bot.delivery.verdict import Again, Held, decipher_edit
from bot.handlers.frame import Deps, Named, UserError
from bot.handlers.speaking import reply
from bot.people.identity import Identity
from bot.views.language import N_, Words
from bot.views.sync import RunSeen, run_message
from sync.postgres.pool import Pool, connect
from sync.postgres.queries import Queries
from sync.runs.runner import PROGRESS_CHANNEL, Kind, request_run
from sync.supervisor import Supervisor, Tell, nobody, pause

USAGE = N_("Send /sync, or /sync full to compare everything.")
_KINDS: dict[str, Kind] = {"": "incremental", "full": "full"}
_SQL = Queries("bot.handlers", "sync.sql")
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
class Pace:
    """Seconds that pass at least from one edit to the next, at most where nobody tells of anything,
    and before another attempt when it failed. Tests hurry it.
    """

    rest: float = 1.5
    look: float = 5.0
    retry: float = 1.0


Shown = dict[tuple[int, int], RunSeen]


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
    pace = pace or Pace()
    edit_all = partial(_edit_all, pool, bot, words, Shown())
    follow = partial(_follow, database_url, edit_all, pace)
    await Supervisor(tell, pace.retry).keep(PROGRESS_CHANNEL, follow)


async def _follow(database_url: str, edit_all: Callable[[], Awaitable[None]], pace: Pace) -> None:
    """At once and with every notice of progress, until the connection ends."""
    connection = await connect(database_url, timeout=10)
    told = asyncio.Event()
    try:
        await connection.add_listener(PROGRESS_CHANNEL, lambda *_: told.set())
        connection.add_termination_listener(lambda *_: told.set())
        while not connection.is_closed():
            told.clear()
            await edit_all()
            await asyncio.sleep(pace.rest)
            await pause(told, pace.look)
    finally:
        connection.terminate()


async def _edit_all(pool: Pool, bot: Bot, words: Words, shown: Shown) -> None:
    """Brings every message up to date; those that show a result, or are gone, are forgotten."""
    async with pool.acquire() as connection:
        rows = await connection.fetch(_SQL["followed"])
    for chat_id, message_id, language, *columns in rows:
        key, run = (chat_id, message_id), RunSeen(*columns)
        if shown.get(key) == run:
            continue
        text = run_message(run, replace(words, language=language)).text
        answer = await _edit(bot, *key, text)
        verdict = decipher_edit(answer, attempts=0)
        if isinstance(verdict, Again | Held):
            _LOG.warning("run_message_not_edited", why=verdict.detail)
            continue
        shown[key] = run
        gone = isinstance(answer, TelegramBadRequest) and "not modified" not in answer.message
        if verdict or gone or run.state in ("succeeded", "failed"):
            await pool.execute(_SQL["forget"], *key)
            shown.pop(key, None)


async def _edit(bot: Bot, chat_id: int, message_id: int, text: str) -> Sent | bool | AiogramError:
    try:
        return await bot.edit_message_text(text, chat_id=chat_id, message_id=message_id)
    except AiogramError as error:  # also an answer that is none: a proxy's page
        return error
