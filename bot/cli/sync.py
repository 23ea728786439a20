"""`jobsync sync [--full] [--accept]`: one run now, with its progress, and what it found.

Whoever holds the sync lock carries it out: this process, or the one that holds it already. Nothing
is sent from here; alerts wait for `jobsync run`. Who leaves before the run begins accepts nothing.
"""

import argparse
import asyncio
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bot import logs, settings
from bot.database import database, in_words
from bot.failures import CommandFailed
from bot.settings import Settings
from bot.source import making, open_source
from sync.database.locks import end_when_silent
from sync.database.pool import DATABASE_AWAY, Connection, connect, open_pool
from sync.deciding import decide
from sync.reading.store import Remembered, load_names
from sync.run import SILENCE, Kind, RunState, Work, carry_out, follow_run, request_run

DONE = 0
_WITHDRAWN = ", and accepts nothing unless it had begun"
#: Where Attic Tech's collections are read one after the other, nobody knows how many there will be.
_COLUMNS = (
    TextColumn("{task.description}"),
    BarColumn(),
    MofNCompleteColumn(),
    TimeElapsedColumn(),
)


def run(arguments: argparse.Namespace) -> int:
    """0 when the run succeeded, also one that another process carried out; else CommandFailed."""
    given = settings.load("attic_tech")
    console = Console(highlight=False)
    # Our own lines would tear the bar; on a terminal only trouble is worth that.
    quiet = console.is_terminal and given.log_level == "info"
    logs.configure(given.log_format, "warning" if quiet else given.log_level, given.secrets())
    kind: Kind = "full" if arguments.full else "incremental"
    try:
        state, names = asyncio.run(_sync(given, kind, accept=arguments.accept, console=console))
    except (ExceptionGroup, *DATABASE_AWAY) as error:
        if not _is_away(error):
            raise
        raise CommandFailed(
            f"The database went away; whoever syncs next goes on with the run"
            f"{_WITHDRAWN * arguments.accept}: {_in_words(error)}"
        ) from error
    except KeyboardInterrupt:
        raise CommandFailed(
            f"Stopped. The next run goes on from here{_WITHDRAWN * arguments.accept}."
        ) from None
    return _result(state, names)


def _is_away(error: Exception) -> bool:
    if isinstance(error, ExceptionGroup):
        return error.split(DATABASE_AWAY)[1] is None
    return isinstance(error, DATABASE_AWAY)


def _in_words(error: Exception) -> str:
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return in_words(error)


async def _sync(
    given: Settings, kind: Kind, *, accept: bool, console: Console
) -> tuple[RunState, Remembered | None]:
    """The run once it is over, and the names by which Attic Tech was read."""
    async with (
        database(given) as url,
        await open_pool(url) as pool,
        open_source(given, pool) as source,
    ):
        operators = given.operation_manager_telegram_ids
        work = Work(source, decide, given.attic_tech_overlap, operators, making(given))
        async with _own_session(url) as asking, _own_session(url) as working:
            run_id = await request_run(asking, kind, accept=accept)
            async with asyncio.TaskGroup() as group:
                group.create_task(carry_out(working, work, run_id))
                shown = group.create_task(_show(asking, run_id, console))
            return shown.result(), await load_names(asking)


@asynccontextmanager
async def _own_session(url: str) -> AsyncIterator[Connection]:
    """A connection that holds locks; also who is stopped (Ctrl-Z) loses them after a while."""
    connection = await connect(url)
    try:
        await end_when_silent(connection, SILENCE.total_seconds())
        yield connection
    finally:
        connection.terminate()


async def _show(connection: Connection, run_id: int, console: Console) -> RunState:
    """The run once it is over; until then its steps are shown."""
    async with aclosing(follow_run(connection, run_id)) as states:
        if console.is_terminal:
            return await _as_bar(states, console)
        return await _as_lines(states)


async def _as_bar(states: AsyncGenerator[RunState, None], console: Console) -> RunState:
    with Progress(*_COLUMNS, console=console, transient=True) as bar:
        task = bar.add_task("", total=None)

        def show(state: RunState) -> None:
            progress = state.progress
            bar.update(
                task,
                description=step(state),
                completed=progress.get("done", 0),
                total=progress.get("total"),
            )

        return await _until_over(states, show)


async def _as_lines(states: AsyncGenerator[RunState, None]) -> RunState:
    said = None

    def show(state: RunState) -> None:
        nonlocal said
        if not state.over and (words := step(state)) != said:
            said = words
            sys.stdout.write(f"{words}\n")
            sys.stdout.flush()

    return await _until_over(states, show)


async def _until_over(
    states: AsyncGenerator[RunState, None], show: Callable[[RunState], None]
) -> RunState:
    while True:
        state = await anext(states)
        show(state)
        if state.over:
            return state


def step(state: RunState) -> str:
    """What the run is doing, in a few words."""
    if state.state == "requested":
        return f"run {state.id}: waiting for its turn"
    if state.progress.get("phase") == "deciding":
        return "deciding"
    return f"reading {state.progress.get('collection', 'Attic Tech')}"


def _result(state: RunState, names: Remembered | None) -> int:
    if state.state == "failed":
        raise CommandFailed(f"Run {state.id} failed: {state.error}")
    if names:
        sys.stdout.write(f"Attic Tech's collections: {names.names}.\n")
    sys.stdout.write(f"{found(state)}\n")
    return DONE


def found(state: RunState) -> str:
    """What a run that succeeded has found."""
    numbers = (
        _count(state.documents, "document new or changed", "documents new or changed"),
        _count(state.changes, "job changed", "jobs changed"),
        _count(state.alerts, "alert", "alerts"),
    )
    return f"Run {state.id} ({state.kind}): {', '.join(numbers)}; {state.seconds or 0:.1f} s."


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"
