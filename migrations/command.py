"""What `jobsync migrate` and the embedded database call: bring a database's schema up, down, tell it, print it."""

import asyncio
import io
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, NullPool
from sqlalchemy.ext.asyncio import create_async_engine

_LOCK = 0x6A6F6273  # "jobs": one migration at a time in the whole installation
_FOLDER = Path(__file__).parent


def _config(connection: Connection | None = None, output: io.StringIO | None = None) -> Config:
    config = Config(output_buffer=output)
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


@asynccontextmanager
async def _only_one(connection: asyncpg.Connection) -> AsyncIterator[None]:
    """Hold the lock of migrations. Asked for again and again, since a statement that waits would hold a snapshot, for
    which the other one's CREATE INDEX CONCURRENTLY waits in turn."""
    while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", _LOCK):
        await asyncio.sleep(0.1)
    try:
        yield
    finally:
        await connection.execute("SELECT pg_advisory_unlock($1)", _LOCK)


async def _run(database_url: str, work: Callable[[Config], None]) -> None:
    async def connect() -> asyncpg.Connection:
        return await asyncpg.connect(database_url, target_session_attrs="read-write")

    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect, poolclass=NullPool)
    lock = await connect()
    try:
        async with _only_one(lock), engine.connect() as connection:
            await connection.exec_driver_sql("CREATE SCHEMA IF NOT EXISTS botzilla")
            await connection.commit()
            await connection.run_sync(lambda sync: work(_config(sync)))
    finally:
        await lock.close()
        await engine.dispose()


async def upgrade(database_url: str, revision: str = "head", attempts: int = 30) -> None:
    """Bring the schema to `revision`. A lock that somebody holds is waited for briefly and asked for again."""
    for left in reversed(range(attempts)):
        try:
            await _run(database_url, lambda config: command.upgrade(config, revision))
        except asyncpg.LockNotAvailableError:
            if not left:
                raise
            await asyncio.sleep(random.uniform(0.5, 1.5))  # noqa: S311: no secret
        else:
            return


async def downgrade(database_url: str, revision: str = "base") -> None:
    """Remove what `upgrade` created."""
    await _run(database_url, lambda config: command.downgrade(config, revision))


def head() -> str:
    """The newest revision that this program knows."""
    newest = ScriptDirectory.from_config(_config()).get_current_head()
    assert newest is not None
    return newest


def script() -> str:
    """The SQL of all revisions, for a DBA."""
    output = io.StringIO()
    command.upgrade(_config(output=output), "head", sql=True)
    return output.getvalue()
