"""The database of a command: the one that DATABASE_URL names, or the embedded one.

The embedded one is ours and is migrated by itself; another's is looked at and left as it is.
"""

from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager

import asyncpg
from asyncpg.exceptions import ClientConfigurationError, TargetServerAttributeNotMatched

from bot.failures import CommandFailed, UsageFailed
from bot.settings import Settings
from sync.postgres.elected import session
from sync.postgres.embedded import embedded_database
from sync.postgres.schema import REVISIONS, Schema, SchemaState, schema_of
from sync.postgres.server import STATEMENT_LOST, keeps_sessions, server_of, unfit

_READS_ONLY = (
    "No host of DATABASE_URL is a writable server: each is a standby, or only reads "
    "(default_transaction_read_only)."
)

_UNFIT = "The database is none that this program can work with (see DATABASE_URL)."
_NO_SESSION = (
    "What answers at DATABASE_URL gives us another session of PostgreSQL with each transaction, as "
    "PgBouncer does with pool_mode transaction or statement. Locks would be lost: set pool_mode = "
    "session for this user or database, or give PostgreSQL's own address."
)

_ADVICE = {
    SchemaState.BEHIND: "The database's schema is {found}, this program needs {wanted}. "
    "Bring it up with: jobsync migrate up",
    SchemaState.DAMAGED: "Somebody dropped {gone}, as a migration of BotZilla's own does. "
    "Make them anew with: jobsync migrate up",
    SchemaState.NEWER: "The database's schema is {found}, newer than this program, which knows "
    "{wanted}. Update this program; the database was left as it is.",
}
_TO_BRING_UP = (SchemaState.BEHIND, SchemaState.DAMAGED)


@asynccontextmanager
async def any_database(settings: Settings) -> AsyncIterator[str]:
    """The URL of the database, whatever its schema; the embedded one runs for as long as the block.

    Raises CommandFailed when the embedded one does not start.
    """
    if settings.database_url is not None:
        yield settings.database_url.get_secret_value()
        return
    with ExitStack() as stack:
        try:
            url = stack.enter_context(embedded_database(settings.data_dir))
        except OSError as error:
            raise CommandFailed(
                f"The embedded PostgreSQL does not start in DATA_DIR, {settings.data_dir}:\n{error}"
            ) from error
        yield url


def in_words(error: Exception) -> str:
    """What an error of the database or on the way to it says to whoever typed the command."""
    if isinstance(error, TargetServerAttributeNotMatched):
        return _READS_ONLY
    return str(error) or type(error).__name__


async def _look(url: str) -> Schema:
    """The schema. Raises CommandFailed for a server with which we cannot work."""
    async with session(url) as connection:
        server = await server_of(connection)
        if (words := unfit(server)) is not None:
            raise CommandFailed(f"{_UNFIT} {words}")
        if not server.direct and not await keeps_sessions(url):
            raise CommandFailed(_NO_SESSION)
        return await schema_of(connection)


async def current_schema(url: str) -> Schema:
    """The schema of the database now.

    Raises CommandFailed when there is no answer or none that we can work with, and UsageFailed when
    the URL cannot be used.
    """
    try:
        return await _look(url)
    except ClientConfigurationError as error:
        raise UsageFailed(f"DATABASE_URL is not understood: {error}") from error
    except TargetServerAttributeNotMatched as error:
        raise CommandFailed(in_words(error)) from error
    except STATEMENT_LOST as error:
        raise CommandFailed(_NO_SESSION) from error
    except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise CommandFailed(f"The database refuses us (see DATABASE_URL): {error}") from error
    except OSError as error:
        raise CommandFailed(
            f"The database does not answer (see DATABASE_URL): {in_words(error)}"
        ) from error


def check_schema(found: Schema) -> None:
    """Raise CommandFailed, with what to do, unless the schema is the one this program needs."""
    if (advice := _ADVICE.get(found.state)) is not None:
        raise CommandFailed(
            advice.format(
                found=found.revision or "not there yet",
                wanted=REVISIONS[-1],
                gone=" and ".join(found.gone),
            )
        )


@asynccontextmanager
async def database(settings: Settings) -> AsyncIterator[str]:
    """The URL of a database with the schema that this program needs.

    The embedded one is brought up. Raises CommandFailed, with what to do, when another one is
    behind, damaged or newer, or when there is no answer.
    """
    async with any_database(settings) as url:
        found = await current_schema(url)
        if settings.database_url is None and found.state in _TO_BRING_UP:
            from migrations import command  # a second to import, and seldom needed

            await command.upgrade(url)
            found = await current_schema(url)
        check_schema(found)
        yield url
