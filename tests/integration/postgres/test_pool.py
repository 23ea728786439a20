"""What counts as a database that is away, and that nobody waits for one for ever."""

import asyncio
import socket

import asyncpg
import pytest

from sync.postgres import pool as pools
from sync.postgres.pool import NoConnection, connect, is_away, open_pool
from tests.proxy import proxy

LOST = [
    NoConnection(),
    asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation"),
    asyncpg.InterfaceError("connection is closed"),
    asyncpg.InterfaceError("pool is closing"),
    asyncpg.InterfaceError("cannot call x(): connection has been released back to the pool"),
    asyncpg.AdminShutdownError("terminating connection due to administrator command"),
    asyncpg.CrashShutdownError("terminating connection because of crash"),
    asyncpg.CannotConnectNowError("the database system is starting up"),
    asyncpg.TooManyConnectionsError("sorry, too many clients already"),
    asyncpg.ReadOnlySQLTransactionError("cannot execute INSERT in a read-only transaction"),
    ExceptionGroup("", [asyncpg.InterfaceError("connection is closed")]),
]
OTHER = [
    OSError(28, "No space left on device"),
    FileNotFoundError("a file of ours"),
    ConnectionResetError("Telegram's socket"),
    TimeoutError(),
    asyncpg.QueryCanceledError("canceling statement due to statement timeout"),
    asyncpg.DeadlockDetectedError("deadlock detected"),
    asyncpg.DiskFullError("could not extend file"),
    asyncpg.InterfaceError("the server expects 1 argument for this query, 2 were passed"),
    asyncpg.exceptions._base.DataError("invalid input for query argument $1: 'it is closed'"),
    asyncpg.UniqueViolationError("duplicate key"),
    ExceptionGroup("", [asyncpg.InterfaceError("connection is closed"), KeyError("a bug")]),
]


@pytest.mark.parametrize("error", LOST, ids=str)
def test_a_lost_connection_is_a_database_that_is_away(error):
    assert is_away(error)


@pytest.mark.parametrize("error", OTHER, ids=repr)
def test_everything_else_is_not_away(error):
    assert not is_away(error)


async def test_asyncpgs_own_words_for_wrong_arguments_and_a_closed_connection(database_url):
    connection = await connect(database_url)
    for arguments in ((1,), ("x", "is closed"), (object(),)):
        with pytest.raises(Exception) as failed:  # noqa: PT011 - whatever asyncpg has for it
            await connection.fetchval("SELECT $1::integer + $2::integer", *arguments)
        assert not is_away(failed.value)
    await connection.close()
    with pytest.raises(asyncpg.InterfaceError) as failed:
        await connection.fetchval("SELECT 1")
    assert is_away(failed.value)


async def test_a_connection_ended_in_the_middle_of_a_transaction_is_away(pool, connection):
    async def cut_off() -> None:
        async with pool.acquire() as mine, mine.transaction():
            pid = await mine.fetchval("SELECT pg_backend_pid()")
            await connection.execute("SELECT pg_terminate_backend($1)", pid)
            while not mine.is_closed():
                await asyncio.sleep(0)
            await mine.fetchval("SELECT 1")

    with pytest.raises(asyncpg.InterfaceError) as failed:
        await cut_off()
    assert is_away(failed.value)


async def test_where_nobody_listens_there_is_no_connection():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(NoConnection, match="Connect call failed"):
            await connect(f"postgresql://x@127.0.0.1:{taken.getsockname()[1]}/x")


async def test_a_statement_of_the_pool_has_a_limit_and_is_cancelled(database_url, monkeypatch):
    monkeypatch.setattr(pools, "ANSWERS_WITHIN", 0.2)
    async with await open_pool(database_url, size=1) as pool:
        async with pool.acquire() as connection:
            with pytest.raises(TimeoutError):
                await connection.execute("SELECT pg_sleep(3600)")
        assert await pool.fetchval("SELECT 1") == 1


async def test_a_server_that_falls_silent_keeps_no_connection_of_the_pool(
    database_url, monkeypatch
):
    monkeypatch.setattr(pools, "ANSWERS_WITHIN", 0.5)
    async with proxy(database_url) as line, await open_pool(line.url, size=1) as pool:
        await pool.fetchval("SELECT 1")
        line.fall_silent()
        async with asyncio.timeout(10):
            with pytest.raises(TimeoutError):
                async with pool.acquire() as connection:
                    await connection.fetchval("SELECT 1")
        line.forwarding.set()
        assert await pool.fetchval("SELECT 1") == 1
