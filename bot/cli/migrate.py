"""`jobsync migrate [up|down|status|sql]`: the database's schema, brought up, down, told or printed.

What is done is written in `migrations`; here are the words and the exit codes. `down` asks nothing:
it removes what `up` created, with the rows that are in it.
"""

import argparse
import asyncio

import asyncpg

from bot import logs, settings
from bot.cli import DONE, FAILED, show
from bot.database import any_database, check_schema, current_schema
from bot.failures import CommandFailed, UsageFailed
from sync.postgres.schema import REVISIONS, Schema, SchemaState


async def _up(url: str) -> int:
    found = await current_schema(url)
    if found.state is SchemaState.NEWER:
        check_schema(found)
    from migrations import command

    await command.upgrade(url)
    show(f"{_came_from(found)}\n")
    return DONE


def _came_from(found: Schema) -> str:
    if found.state is SchemaState.DAMAGED:
        return f"What was dropped is there again: {' and '.join(found.gone)}."
    if found.state is SchemaState.CURRENT:
        return f"The schema is at {REVISIONS[-1]}."
    return f"The schema was brought from {found.revision or 'nothing'} to {REVISIONS[-1]}."


async def _down(url: str) -> int:
    found = await current_schema(url)
    if found.revision is None:
        show("Nothing of this program is in the database.\n")
        return DONE
    if found.state is SchemaState.NEWER:
        check_schema(found)
    from migrations import command

    await command.downgrade(url)
    show("What jobsync had created was removed, and what it had changed was changed back.\n")
    return DONE


async def _status(url: str) -> int:
    found = await current_schema(url)
    gone = f" Somebody dropped {' and '.join(found.gone)}." if found.gone else ""
    show(
        f"Schema: {found.revision or 'never migrated'}. Program: {REVISIONS[-1]}. "
        f"It is {found.state}.{gone}\n"
    )
    return DONE if found.state is SchemaState.CURRENT else FAILED


_ACTIONS = {"up": _up, "down": _down, "status": _status}


async def _on_database(action: str, given: settings.Settings) -> int:
    async with any_database(given) as url:
        try:
            return await _ACTIONS[action](url)
        except asyncpg.LockNotAvailableError as error:
            raise CommandFailed(
                f"Somebody keeps a table busy, and was not to be held up: {error}. "
                "What was not finished has changed nothing; try again later."
            ) from error
        except asyncpg.PostgresError as error:
            raise CommandFailed(f"PostgreSQL says: {error}") from error


def run(arguments: argparse.Namespace) -> int:
    """Exit code 0; 1 when `status` finds the schema behind or newer, or something failed."""
    if arguments.grant is not None and arguments.action != "sql":
        raise UsageFailed("--grant goes with sql: jobsync migrate sql --grant ROLE")
    if arguments.grant is not None and not arguments.grant.strip():
        raise UsageFailed("--grant needs the name of a role, and was given an empty one.")
    if arguments.action == "sql":
        from migrations import command

        show(command.script(arguments.grant))
        return DONE
    given = settings.load()
    logs.configure(given.log_format, given.log_level, given.secrets())
    try:
        return asyncio.run(_on_database(arguments.action, given))
    except KeyboardInterrupt:
        raise CommandFailed("Stopped. What was not finished has changed nothing.") from None
