"""How a revision runs its SQL text: as it is, through the raw connection, or printed as it is.

asyncpg takes only one statement in a prepared query, and SQLAlchemy would take `:name` in a text
for a parameter.
"""

import asyncio
from collections.abc import Awaitable, Callable
from importlib.resources import files
from typing import Any, TypeAlias

import asyncpg
from alembic import op
from sqlalchemy import Connection

from sync.postgres.locks import Lock, try_lock

VERSION_SCHEMA, VERSION_TABLE = "botzilla", "jobsync_version"
BOOKKEEPING, LAST_STEP_DOWN = "0000_bookkeeping.up.sql", "0000_bookkeeping.down.sql"

RawConnection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


def text_of(file: str) -> str:
    """The text of `migrations/sql/<file>`."""
    return files("migrations").joinpath("sql", file).read_text(encoding="utf-8")


def _raw(connection: Connection, work: Callable[[RawConnection], Awaitable[Any]]) -> None:
    adapted: Any = connection.connection.dbapi_connection
    adapted.run_async(work)


def execute(connection: Connection, text: str) -> None:
    """Run any number of statements."""
    _raw(connection, lambda raw: raw.execute(text))


def fetch(connection: Connection, question: str) -> Any:
    """The first value of the first row."""
    answers: list[Any] = []

    async def ask(raw: RawConnection) -> None:
        answers.append(await raw.fetchval(question))

    _raw(connection, ask)
    return answers[0]


def take_turn(connection: Connection) -> None:
    """Wait until nobody else migrates this database; then nobody does until the connection closes.

    Asks again and again: a statement that waited for the lock would hold a snapshot, and the other
    one's CREATE INDEX CONCURRENTLY waits for snapshots.
    """

    async def ask(raw: RawConnection) -> None:
        while not await try_lock(raw, Lock.MIGRATIONS):
            await asyncio.sleep(0.1)

    _raw(connection, ask)


def run(file: str) -> None:
    """Run all statements of the file in the revision's transaction."""
    context = op.get_context()
    if context.as_sql:
        context.impl.static_output(text_of(file))
        return
    connection = op.get_bind()
    # SQLAlchemy begins the transaction with its own first statement, never with one of ours.
    connection.exec_driver_sql("SET LOCAL lock_timeout = '2s'")
    execute(connection, text_of(file))


def undo(revision: str) -> None:
    """Remove what the revision created, and change back what it changed; one transaction."""
    connection = op.get_bind()
    connection.exec_driver_sql("SET LOCAL lock_timeout = '2s'")
    _raw(connection, lambda raw: raw.execute("SELECT botzilla.jobsync_undo($1)", revision))


def statements(text: str) -> list[str]:
    """The statements of a text in which each is followed by an empty line, or by its end."""
    blocks = text.split(";\n\n")
    return [block.strip().removesuffix(";") for block in blocks if block.strip()]


def run_concurrently(file: str) -> None:
    """Run the statements of the file one after the other, outside of any transaction.

    Printed, they stand where `print_concurrently` puts them.
    """
    context = op.get_context()
    if context.as_sql:
        return
    with context.autocommit_block():
        for statement in statements(text_of(file)):
            execute(op.get_bind(), statement)


def print_concurrently(*files: str) -> None:
    """In a script, end its transaction here and print these after it; else do nothing.

    A script has one part outside of its transaction: the newest revision calls this, with what
    all before it build concurrently.
    """
    context = op.get_context()
    if not context.as_sql:
        return
    context.impl.static_output(text_of("0000_check.sql"))
    with context.autocommit_block():
        for file in files:
            context.impl.static_output(text_of(file))
