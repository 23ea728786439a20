"""`jobsync sync [--full] [--accept]`: one run now, with its progress, and what it found.

Whoever holds the sync lock carries it out: this process, or the one that holds it already. Nothing
is sent from here; alerts wait for `jobsync run`. Who leaves before the run begins accepts nothing.
"""

import argparse
import asyncio
from collections.abc import Callable, Iterator
from contextlib import aclosing, contextmanager
from functools import partial

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bot import logs, settings
from bot.cli import DONE, show
from bot.database import database, in_words
from bot.failures import CommandFailed
from bot.settings import Settings
from bot.source import making, open_source
from sync.mirror.store import Remembered, load_names
from sync.postgres.elected import session
from sync.postgres.pool import DATABASE_AWAY, Connection, open_pool
from sync.reconcile import decide
from sync.runs.runner import SILENCE, Kind, RunState, Work, carry_out, follow_run, request_run

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
        failed, *others = _causes(error)
        if isinstance(failed, CommandFailed):
            raise failed from error
        if not all(isinstance(each, DATABASE_AWAY) for each in (failed, *others)):
            raise
        raise CommandFailed(
            f"The database went away; whoever syncs next goes on with the run"
            f"{_WITHDRAWN * arguments.accept}: {in_words(failed)}"
        ) from error
    except KeyboardInterrupt:
        raise CommandFailed(
            f"Stopped. The next run goes on from here{_WITHDRAWN * arguments.accept}."
        ) from None
    return _result(state, names)


def _causes(error: Exception) -> list[Exception]:
    if not isinstance(error, ExceptionGroup):
        return [error]
    return [cause for each in error.exceptions for cause in _causes(each)]


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
        # Also who is stopped (Ctrl-Z) loses the locks of these after a while.
        own = partial(session, url, silence=SILENCE.total_seconds())
        async with own() as asking, own() as working:
            run_id = await request_run(asking, kind, accept=accept)
            async with asyncio.TaskGroup() as group:
                group.create_task(carry_out(working, work, run_id))
                shown = group.create_task(_show(asking, run_id, console))
            return shown.result(), await load_names(asking)


async def _show(connection: Connection, run_id: int, console: Console) -> RunState:
    """The run once it is over; until then its steps are shown."""
    show = _bar if console.is_terminal else _lines
    async with aclosing(follow_run(connection, run_id)) as states:
        with show(console) as tell:
            async for state in states:
                tell(state)
    return state


@contextmanager
def _bar(console: Console) -> Iterator[Callable[[RunState], None]]:
    with Progress(*_COLUMNS, console=console, transient=True) as bar:
        task = bar.add_task("", total=None)

        def tell(state: RunState) -> None:
            done, total = state.progress.get("done", 0), state.progress.get("total")
            bar.update(task, description=step(state), completed=done, total=total)

        yield tell


@contextmanager
def _lines(_: Console) -> Iterator[Callable[[RunState], None]]:
    said = None

    def tell(state: RunState) -> None:
        nonlocal said
        if not state.over and (words := step(state)) != said:
            said = words
            show(f"{words}\n")

    yield tell


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
        show(f"Attic Tech's collections: {names.names}.\n")
    show(f"{found(state)}\n")
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
