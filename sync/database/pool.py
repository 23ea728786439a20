"""Connections to PostgreSQL as the whole program uses them: jsonb as Python values, short TCP
keepalives.
"""

import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

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

_SESSION = {"application_name": "jobsync", "TimeZone": "UTC"}
#: A host that died silently loses its session, and with it its locks, within about 15 seconds.
_KEEPALIVES = {
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "15000",
}

_T = TypeVar("_T")


async def _with_keepalives(opened: Callable[[dict[str, str]], Awaitable[_T]]) -> _T:
    """What is opened with these settings of a session; without keepalives where a pooler such as
    PgBouncer refuses them: then the host that it talks to is its own.
    """
    try:
        return await opened(_SESSION | _KEEPALIVES)
    except asyncpg.ProtocolViolationError as error:
        if "startup parameter" not in str(error):
            raise
        return await opened(_SESSION)


async def _prepare(connection: Connection) -> None:
    for kind in ("json", "jsonb"):
        await connection.set_type_codec(
            kind, encoder=json.dumps, decoder=json.loads, schema="pg_catalog"
        )


async def connect(database_url: str, **options: Any) -> "asyncpg.Connection[asyncpg.Record]":
    """One connection of its own (for a lock or LISTEN), to a writable server; the caller closes it.

    `options` are asyncpg's own, for example `timeout` in seconds.
    """
    connection: asyncpg.Connection[asyncpg.Record] = await _with_keepalives(
        lambda session: asyncpg.connect(
            database_url,
            server_settings=session,
            target_session_attrs=SessionAttribute.read_write,
            **options,
        )
    )
    await _prepare(connection)
    return connection


async def open_pool(database_url: str, *, size: int = 8) -> Pool:
    """A pool of at most `size` connections to a writable server; the caller closes it."""
    return await _with_keepalives(
        lambda session: asyncpg.create_pool(
            database_url,
            min_size=1,
            max_size=size,
            server_settings=session,
            target_session_attrs=SessionAttribute.read_write,
            init=_prepare,
        )
    )
