"""Counting the SQL statements of ours that a connection sends, BEGIN and COMMIT counted."""

from collections.abc import Iterator
from contextlib import contextmanager

from asyncpg.connection import LoggedQuery

from sync.postgres.pool import Connection

#: asyncpg looks up each type once per connection, and turns the compiler off for that.
_DRIVERS_OWN = ("typeinfo_tree", "current_setting('jit')", "set_config('jit'")


@contextmanager
def recorded(connection: Connection) -> Iterator[list[str]]:
    """The statements sent within the block, in order."""
    said: list[str] = []

    def hear(record: LoggedQuery) -> None:
        if not any(words in record.query for words in _DRIVERS_OWN):
            said.append(record.query)

    with connection.query_logger(hear):
        yield said


def transactions(said: list[str]) -> list[list[str]]:
    """The statements by transaction; those outside of any are left out."""
    found: list[list[str]] = []
    within = False
    for statement in said:
        if statement.startswith("BEGIN"):
            within = True
            found.append([])
        if within:
            found[-1].append(statement)
        if statement.startswith(("COMMIT", "ROLLBACK")):
            within = False
    return found
