"""What `jobsync migrate`, the embedded database and the tests call: up, down, and the script.

It does not decide whether to migrate, and says nothing: see bot/cli/migrate.py.
"""

import asyncio
import io
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncpg
import structlog
from alembic import command
from alembic.config import Config
from asyncpg.connect_utils import SessionAttribute
from sqlalchemy import Connection, NullPool
from sqlalchemy.ext.asyncio import create_async_engine

from migrations.repair import repair
from migrations.running import LAST_STEP_DOWN, RawConnection, execute, text_of
from sync.postgres.schema import REVISIONS

log = structlog.get_logger()

_FOLDER = Path(__file__).parent
_ATTEMPTS = 10  # each tries for the locks for about five seconds
_SESSION = {"application_name": "jobsync migrate", "TimeZone": "UTC"}
#: A role's own limits are meant for BotZilla's queries. Set afterwards, since a pooler such as
#: PgBouncer refuses a connection that begins with them.
_LIMITS = """
SET lock_timeout = '2s';
SET statement_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
"""
_BUSY = (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError)

Work = Callable[[Config], None]


def _config(**options: Any) -> Config:
    config = Config(**options)
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


async def _with_connection(database_url: str, work: Work) -> None:
    """Do `work` with a configuration whose connection is open, and close that."""

    async def connect() -> RawConnection:
        opened: RawConnection = await asyncpg.connect(
            database_url, target_session_attrs=SessionAttribute.read_write, server_settings=_SESSION
        )
        await opened.execute(_LIMITS)
        return opened

    def run(connection: Connection) -> None:
        work(_config(attributes={"connection": connection}))

    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect, poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(run)


async def _patiently(database_url: str, work: Work, attempts: int) -> None:
    """Do `work`; again when somebody holds a lock that it needs, `attempts` times in all."""
    for left in reversed(range(attempts)):
        try:
            return await _with_connection(database_url, work)
        except _BUSY as busy:
            log.warning("migration_waits", attempts_left=left, error=str(busy))
            if not left:
                raise
        await asyncio.sleep(random.uniform(0.5, 1.5))
    return None


async def upgrade(database_url: str, revision: str = "head", *, attempts: int = _ATTEMPTS) -> None:
    """Bring the schema up to `revision`, and make anew what was dropped of the tables of jobs.

    Raises asyncpg's LockNotAvailableError when BotZilla never lets go of a table. Whatever it
    raises, revisions that were not finished have changed nothing.
    """

    def whole(config: Config) -> None:
        repair(config.attributes["connection"])
        command.upgrade(config, revision)

    await _patiently(database_url, whole, attempts)


async def downgrade(database_url: str, *, attempts: int = _ATTEMPTS) -> None:
    """Remove what `upgrade` created, and change back what it changed; rows of ours go with it."""

    def everything(config: Config) -> None:
        command.downgrade(config, "base")
        execute(config.attributes["connection"], text_of(LAST_STEP_DOWN))

    await _patiently(database_url, everything, attempts)


_FOREWORD = f"""\
-- BotZilla Job Sync {REVISIONS[-1]}: what `jobsync migrate up` does, for BotZilla's database or
-- an empty one that was never migrated.
--
-- Run it with: psql --set=ON_ERROR_STOP=1 -f FILE
-- so that nothing of part 2 is done where part 1 failed.
--
-- Part 1, from BEGIN to the first COMMIT, is one transaction and changes nothing unless all of it
-- succeeds. If BotZilla keeps a table busy it ends with a lock timeout: run it again. Inside a
-- transaction of your own, take its BEGIN and COMMIT out.
-- Part 2, after that COMMIT, builds indexes without holding anybody up; it must not stand inside a
-- transaction.
"""


def _grants(role: str) -> str:
    """The lines with which BotZilla's set-up gives a role what it needs."""
    quoted = '"' + role.replace('"', '""') + '"'
    return f"""
GRANT USAGE ON SCHEMA botzilla TO {quoted};
GRANT ALL PRIVILEGES ON ALL TABLES IN SCHEMA botzilla TO {quoted};
GRANT ALL PRIVILEGES ON ALL SEQUENCES IN SCHEMA botzilla TO {quoted};
"""


def script(grant: str | None = None) -> str:
    """The SQL of all revisions, transactions included, and the rights of the role `grant`."""
    output = io.StringIO(_FOREWORD)
    output.seek(0, io.SEEK_END)
    command.upgrade(_config(output_buffer=output), "head", sql=True)
    return output.getvalue() + (_grants(grant) if grant else "")
