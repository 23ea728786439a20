"""Connections to PostgreSQL as the whole program uses them: jsonb as Python values, short TCP
keepalives.
"""

import json
from typing import TYPE_CHECKING, Any, TypeAlias

import asyncpg
from asyncpg.connect_utils import SessionAttribute
from asyncpg.pool import PoolConnectionProxy

if TYPE_CHECKING:
    Connection: TypeAlias = (
        "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"
    )
    Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"
else:
    Connection = asyncpg.Connection | PoolConnectionProxy
    Pool = asyncpg.Pool

#: Raised when the database is away, restarting, failing over or overloaded: ask again later.
DATABASE_AWAY = (
    OSError,  # also TimeoutError
    asyncpg.InterfaceError,  # the connection or the pool is closed
    asyncpg.InternalClientError,  # its end arrived while nobody was asking: the next one gets this
    asyncpg.PostgresConnectionError,
    asyncpg.exceptions.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.exceptions.TransactionRollbackError,  # a deadlock, or a serialisation failure
    asyncpg.ReadOnlySQLTransactionError,  # it was demoted to a standby
)

#: A host that died silently loses its session, and with it its locks, within about 15 seconds.
_SESSION = {
    "application_name": "jobsync",
    "TimeZone": "UTC",
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "15000",
    # Each plan is made for the values and the tables of now, not for those of weeks ago; none is
    # compiled, which takes longer than what we ask.
    "plan_cache_mode": "force_custom_plan",
    "jit": "off",
}


async def _prepare(connection: Connection) -> None:
    for kind in ("json", "jsonb"):
        await connection.set_type_codec(
            kind, encoder=json.dumps, decoder=json.loads, schema="pg_catalog"
        )


async def connect(database_url: str, **options: Any) -> "asyncpg.Connection[asyncpg.Record]":
    """One connection of its own (for a lock or LISTEN), to a writable server; the caller closes it.

    `options` are asyncpg's own, for example `timeout` in seconds.
    """
    connection: asyncpg.Connection[asyncpg.Record] = await asyncpg.connect(
        database_url,
        server_settings=_SESSION,
        target_session_attrs=SessionAttribute.read_write,
        **options,
    )
    await _prepare(connection)
    return connection


async def open_pool(database_url: str, *, size: int = 8) -> Pool:
    """A pool of at most `size` connections to a writable server; the caller closes it."""
    return await asyncpg.create_pool(
        database_url,
        min_size=1,
        max_size=size,
        server_settings=_SESSION,
        target_session_attrs=SessionAttribute.read_write,
        init=_prepare,
    )
