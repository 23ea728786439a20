"""The composition root: everything that `jobsync run` is made of, put together in one place.

The one place, too, where background tasks start. Every part gets the same event: once it is set
(SIGTERM, Ctrl-C, or another part that failed), a part finishes what is on its way and returns.
"""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from typing import Any

import structlog
from aiogram import Bot

from bot.database import database
from bot.delivery.deliver import Delivery
from bot.delivery.sender import Sender
from bot.failures import CommandFailed
from bot.handlers import dispatcher, keep_current
from bot.handlers.frame import Deps
from bot.handlers.speaking import excuser
from bot.health import Health
from bot.http import application
from bot.listener import listening
from bot.settings import Settings
from bot.source import making, open_source
from bot.telegram.client import open_bot
from bot.telegram.dispatch import Budgets, Handling, feeder
from bot.telegram.poller import Poller
from bot.views.language import Words
from sync.attic_tech.client import AtticTech
from sync.postgres.pool import Pool, open_pool
from sync.reconcile import decide
from sync.runs.runner import Work
from sync.runs.scheduler import Schedule, run_loop

_log = structlog.get_logger()
#: Seconds that the parts have to finish; what is closed after them must fit into 10 as well.
PATIENCE = 8.0
#: Seconds between two cuts at who does not end by the first.
_CUT_AGAIN = 0.2

Part = Callable[[asyncio.Event], Coroutine[Any, Any, None]]


async def serve(
    parts: Mapping[str, Part], stop: asyncio.Event, *, patience: float = PATIENCE
) -> None:
    """Run all parts until `stop`, and return when they have returned.

    A part that fails, or returns before it should, stops the others too; then CommandFailed is
    raised. Who is not done within `patience` seconds is cut off.
    """
    failures: list[CommandFailed] = []

    async def keep(name: str, part: Part) -> None:
        try:
            await part(stop)
            if not stop.is_set():
                failures.append(CommandFailed(f"The part {name!r} ended by itself."))
        except CommandFailed as failure:
            failures.append(failure)
        except Exception as error:
            # Kept from the group, which would cut off the others in the middle of a message.
            _log.exception("part_failed", part=name)
            failures.append(CommandFailed(f"The part {name!r} failed: {error!r}"))
        finally:
            stop.set()

    async with asyncio.TaskGroup() as group:
        tasks = {group.create_task(keep(name, part), name=name) for name, part in parts.items()}
        await stop.wait()
        _log.info("stopping")
        _, late = await asyncio.wait(tasks, timeout=patience)
        await _cut_off(late)
    if failures:
        raise failures[0]


async def _cut_off(late: set[asyncio.Task[None]]) -> None:
    """Cancel these until they are done: who is cancelled may wait again on the way out, to give a
    connection back to a server that does not answer, for one.
    """
    for task in late:
        _log.warning("part_cut_off", part=task.get_name())
    while late:
        for task in late:
            task.cancel()
        _, late = await asyncio.wait(late, timeout=_CUT_AGAIN)


def until_stopped(work: Callable[[], Awaitable[object]]) -> Part:
    """A part of work that knows no end: it is cancelled when the program stops."""

    async def part(stop: asyncio.Event) -> None:
        async with asyncio.TaskGroup() as group:
            working = group.create_task(_forever(work))
            await stop.wait()
            working.cancel()

    return part


async def _forever(work: Callable[[], Awaitable[object]]) -> None:
    await work()
    raise RuntimeError("work without an end has ended")


@asynccontextmanager
async def _opened_pool(url: str) -> AsyncIterator[Pool]:
    pool = await open_pool(url)
    try:
        yield pool
    finally:
        try:
            async with asyncio.timeout(1):
                await pool.close()
        except TimeoutError:
            pool.terminate()


@asynccontextmanager
async def _opened_bot(settings: Settings) -> AsyncIterator[Bot]:
    assert settings.telegram_bot_token is not None  # noqa: S101 - `run` needs it
    bot = open_bot(settings.telegram_bot_token.get_secret_value(), settings.telegram_api_url)
    try:
        yield bot
    finally:
        await bot.session.close()


def _parts(
    settings: Settings, url: str, pool: Pool, bot: Bot, attic_tech: AtticTech
) -> dict[str, Part]:
    health = Health(blind_after=settings.sync_blind_after)
    operators = settings.operation_manager_telegram_ids
    words = Words(settings.default_language, settings.time_zone, settings.attic_tech_web_url)
    delivery = Delivery(bot, pool, operators, health, words)
    work = Work(attic_tech, decide, settings.attic_tech_overlap, operators, making(settings))
    schedule = Schedule(settings.sync_interval, settings.sync_blind_after, settings.time_zone)
    budgets = Budgets()
    handling = Handling(
        feeder(bot, dispatcher(pool, operators, words, budgets)),
        excuser(bot, Deps(pool, operators, words)),
        budgets,
    )
    edge = application(health, pool)
    return {
        "edge": listening(edge, settings.http_host, settings.http_port),
        "sync": until_stopped(lambda: run_loop(url, pool, work, schedule, health.tell)),
        "sender": Sender(url, delivery, health).run,
        "updates": Poller(url, bot, handling, health).run,
        "commands": until_stopped(lambda: keep_current(url, pool, bot, words, health.tell)),
    }


async def run(settings: Settings) -> None:
    """Mirror, alert and answer until SIGTERM or Ctrl-C; raises CommandFailed if that cannot be."""
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    async with (
        database(settings) as url,
        _opened_pool(url) as pool,
        _opened_bot(settings) as bot,
        open_source(settings, pool) as source,
    ):
        _log.info("started", embedded_database=settings.database_url is None)
        await serve(_parts(settings, url, pool, bot, source), stop)
    _log.info("stopped")
