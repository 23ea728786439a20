"""`jobsync people link [--apply]`: who would be joined to whom, as tables; `--apply` writes it.

Only what is certain is written, in one transaction, and nothing that is filled already. It asks
nothing of Attic Tech: its users are those that the last run mirrored.
"""

import argparse
import asyncio
from collections.abc import Sequence

import asyncpg
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot import logs, settings
from bot.cli import DONE, show
from bot.database import database, in_words
from bot.failures import CommandFailed
from bot.settings import Settings
from bot.views.joining import Section, sections, written
from sync.people.linkage import Joins, plan_joins
from sync.postgres.elected import session
from sync.postgres.pool import DATABASE_AWAY, Connection
from sync.reconcile.company import load_directory
from sync.reconcile.people import write_joins
from sync.texts import one_line

_PLAIN_WIDTH = 100
#: What PostgreSQL says when the rows are not any more what they were when the plan was made.
_OVERTAKEN = (
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
)


def run(arguments: argparse.Namespace) -> int:
    """0 when it was shown, or written; CommandFailed when somebody changed the rows meanwhile."""
    given = settings.load()
    logs.configure(given.log_format, given.log_level, given.secrets())
    try:
        joins = asyncio.run(_link(given, apply=arguments.apply))
    except DATABASE_AWAY as error:
        raise CommandFailed(
            f"The database went away, nothing was written: {in_words(error)}"
        ) from error
    except asyncpg.PostgresError as error:
        raise CommandFailed(f"Nothing was written. PostgreSQL says: {error}") from error
    except KeyboardInterrupt:
        raise CommandFailed("Stopped; nothing was written.") from None
    console = Console(highlight=False)
    console.width = console.width if console.is_terminal else _PLAIN_WIDTH
    with console.capture() as shown:
        for section in written(joins) if arguments.apply else sections(joins):
            _show(console, section)
        console.print(_result(len(joins.certain), apply=arguments.apply), soft_wrap=True)
    show(shown.get())
    return DONE


async def _link(given: Settings, *, apply: bool) -> Joins:
    async with database(given) as url, session(url) as connection:
        return await link_people(connection, apply=apply)


async def link_people(connection: Connection, *, apply: bool) -> Joins:
    """The plan, carried out where `apply` says so: all that is certain in it, or nothing.

    Raises CommandFailed when somebody else wrote to these rows meanwhile.
    """
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=not apply):
            joins = plan_joins((await load_directory(connection, ())).people)
            if apply:
                await write_joins(connection, joins.certain)
    except _OVERTAKEN as error:
        raise CommandFailed(
            "Somebody changed these people meanwhile; nothing was written, try again: "
            f"{error.args[0]}."
        ) from error
    return joins


def _show(console: Console, section: Section) -> None:
    console.print(section.title, style="bold", soft_wrap=True)
    if not section.rows:
        return
    table = Table(box=box.SIMPLE, pad_edge=False, show_edge=False)
    for heading in section.headings:
        table.add_column(heading, overflow="fold")
    for row in section.rows:
        table.add_row(*_cells(row))
    console.print(table)
    console.print()


def _cells(row: Sequence[str]) -> list[Text]:
    return [Text(one_line(cell)) for cell in row]


def _result(certain: int, *, apply: bool) -> str:
    if not certain:
        return "Nothing that is certain remains to be written."
    if apply:
        return f"Written: {certain}."
    return f"Nothing was written. To write what is certain ({certain}): jobsync people link --apply"
