"""PgBouncer before PostgreSQL: a session of our own is all that we need, and what is no session is
refused in our words.
"""

import asyncio
import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

import asyncpg
import pytest

from bot.database import database
from bot.failures import CommandFailed
from bot.settings import Settings
from migrations import command
from sync.postgres.locks import Lock, try_lock
from sync.postgres.pool import connect, open_pool
from sync.postgres.schema import REVISIONS, revision_of
from tests.databases import on_database

_PGBOUNCER = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
pytestmark = pytest.mark.skipif(_PGBOUNCER is None, reason="pgbouncer is not installed")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _pgbouncer(folder: Path, server_url: str, **options: str) -> Iterator[str]:
    """The URL of a PgBouncer before the server."""
    server, port = urlsplit(server_url), _free_port()
    password = f"password={unquote(server.password)}" if server.password else ""
    given = {
        "listen_addr": "127.0.0.1",
        "listen_port": str(port),
        "unix_socket_dir": "",
        "auth_type": "any",
        "default_pool_size": "20",
        **options,
    }
    config = folder / "pgbouncer.ini"
    config.write_text(
        f"[databases]\n* = host={server.hostname} port={server.port} user={server.username}"
        f" {password}\n[pgbouncer]\n"
        + "".join(f"{name} = {value}\n" for name, value in given.items())
    )
    config.chmod(0o644)
    as_whom = ["-u", "nobody"] if os.geteuid() == 0 else []
    with subprocess.Popen([_PGBOUNCER, "-q", *as_whom, config]) as pooler:
        try:
            yield f"postgresql://anybody@127.0.0.1:{port}/"
        finally:
            pooler.terminate()


@pytest.fixture
def pooled(cluster_folder: Path, server_url: str) -> Callable:
    """Starts a PgBouncer with these options."""
    return lambda **options: _pgbouncer(cluster_folder, server_url, **options)


async def _answers(url: str) -> str:
    """The URL, once somebody listens there."""
    address = urlsplit(url)
    async with asyncio.timeout(10):
        while True:
            try:
                _, writer = await asyncio.open_connection(address.hostname, address.port)
            except OSError:
                await asyncio.sleep(0.01)
                continue
            writer.close()
            return url


def _database_of(url: str) -> str:
    return urlsplit(url).path.removeprefix("/")


async def _open(url: str) -> None:
    async with database(Settings(_env_file=None, database_url=url)):
        pass


async def test_a_session_of_pgbouncer_is_enough(database_url: str, pooled: Callable) -> None:
    with pooled(pool_mode="session") as pooler:
        url = await _answers(on_database(pooler, _database_of(database_url)))
        await _open(url)
        async with await open_pool(url, size=2) as pool:
            assert await pool.fetchval("SELECT '{\"a\": 1}'::jsonb") == {"a": 1}
            listening, telling = await connect(url), await connect(url)
            heard: asyncio.Queue[object] = asyncio.Queue()
            await listening.add_listener("news", lambda *told: heard.put_nowait(told[-1]))
            await telling.execute("NOTIFY news, 'here'")
            assert await heard.get() == "here"
            assert await try_lock(telling, Lock.SYNC)
            assert not await try_lock(listening, Lock.SYNC)
            await telling.close()
            async with asyncio.timeout(10):
                while not await try_lock(listening, Lock.SYNC):
                    await asyncio.sleep(0.01)
            await listening.close()


async def test_it_can_be_migrated_through(empty_database_url: str, pooled: Callable) -> None:
    with pooled(pool_mode="session") as pooler:
        url = await _answers(on_database(pooler, _database_of(empty_database_url)))
        await command.upgrade(url)
        connection = await connect(url)
        assert await revision_of(connection) == REVISIONS[-1]
        await connection.close()


@pytest.mark.parametrize("mode", ["transaction", "statement"])
@pytest.mark.parametrize("hands_out", ["the last one back", "one after the other"])
@pytest.mark.parametrize("beside", [0, 3])
async def test_what_is_no_session_is_refused_in_our_words(
    database_url: str, pooled: Callable, mode: str, hands_out: str, beside: int
) -> None:
    """Also where others work beside us, and the statements happen to find each other."""
    in_turn = str(int(hands_out == "one after the other"))
    with pooled(pool_mode=mode, server_round_robin=in_turn) as pooler:
        url = await _answers(on_database(pooler, _database_of(database_url)))
        async with asyncio.TaskGroup() as group:
            others = [group.create_task(_work(url)) for _ in range(beside)]
            with pytest.raises(CommandFailed, match="another session of PostgreSQL"):
                await _open(url)
            for other in others:
                other.cancel()


async def _work(url: str) -> None:
    """Somebody else's statements, without an end."""
    connection = await asyncpg.connect(url)
    try:
        while True:
            await connection.execute("SELECT pg_sleep(0.001)")
    finally:
        connection.terminate()


async def test_one_session_for_all_is_none_of_our_own(database_url: str, pooled: Callable) -> None:
    with pooled(pool_mode="transaction", default_pool_size="1") as pooler:
        url = await _answers(on_database(pooler, _database_of(database_url)))
        with pytest.raises(CommandFailed, match="another session of PostgreSQL"):
            await _open(url)
