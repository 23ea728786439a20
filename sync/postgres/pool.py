"""Connections to PostgreSQL as the whole program uses them: jsonb as Python values, short TCP
keepalives.
"""

import json
from typing import TYPE_CHECKING, Any, TypeAlias, cast

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


class NoConnection(OSError):
    """No connection to the database is to be had."""


#: What a database that is away, restarting, failing over or overloaded is raised as. Some of it has
#: other causes as well (a full disk, a wrong argument, a slow statement): `is_away` tells.
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
_LOST = (
    NoConnection,
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.exceptions.IdleSessionTimeoutError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.ReadOnlySQLTransactionError,
)
#: How asyncpg says that a connection is gone: by the class that it has for wrong arguments, too.
_CLOSED = ("is closed", "is closing", "released back to the pool")
#: Seconds that one statement, or waiting for a connection, may take in a pool: somebody waits for
#: an answer. What takes longer by its nature has a connection of its own.
ANSWERS_WITHIN = 10.0


def is_away(error: BaseException) -> bool:
    """Whether the connection is lost or none is to be had: the same may work when it is back.

    Everything else may fail for ever: a statement that is too slow, a full disk, a file.
    """
    if isinstance(error, BaseExceptionGroup):
        return all(is_away(each) for each in error.exceptions)
    if isinstance(error, asyncpg.InterfaceError):
        # A ValueError quotes an argument, which may hold any words.
        return not isinstance(error, ValueError) and any(words in str(error) for words in _CLOSED)
    return isinstance(error, _LOST)


_SESSION = {"application_name": "jobsync", "TimeZone": "UTC"}
#: A host that died silently loses its session, and with it its locks, within about 15 seconds.
_KEEPALIVES = {
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "15000",
}
#: Each plan is made for the values and the tables of now, not for those of weeks ago; none is
#: compiled, which takes longer than what we ask.
_PLANS = {"plan_cache_mode": "force_custom_plan", "jit": "off"}


async def _with_keepalives(
    database_url: str, options: dict[str, Any]
) -> "asyncpg.Connection[asyncpg.Record]":
    """A connection with keepalives; without them where a pooler such as PgBouncer refuses them:
    then the host that it talks to is its own.
    """

    async def opened(session: dict[str, str]) -> "asyncpg.Connection[asyncpg.Record]":
        connection: asyncpg.Connection[asyncpg.Record] = await asyncpg.connect(
            database_url,
            server_settings=session,
            target_session_attrs=SessionAttribute.read_write,
            **options,
        )
        return connection

    try:
        return await opened(_SESSION | _KEEPALIVES | _PLANS)
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

    `options` are asyncpg's own, for example `timeout` in seconds. Raises NoConnection.
    """
    try:
        connection = await _with_keepalives(database_url, options)
    except OSError as error:  # also TimeoutError
        raise NoConnection(*(error.args or ("no answer",))) from error
    try:
        await _prepare(connection)
    except BaseException:
        connection.terminate()
        raise
    return connection


class _Pool(asyncpg.Pool):
    """asyncpg's, but nobody waits for ever: neither for a connection nor for one to be given back.

    Without a limit, a server that fell silent would keep each connection that waits for its answer.
    """

    def acquire(self, *, timeout: float | None = None) -> Any:
        """A connection, as asyncpg's."""
        return super().acquire(timeout=ANSWERS_WITHIN if timeout is None else timeout)


async def open_pool(database_url: str, *, size: int = 8) -> Pool:
    """A pool of at most `size` connections to a writable server; the caller closes it."""
    pool = _Pool(
        database_url,
        connect=cast("Any", connect),  # asyncpg hands it the rest of what stands here
        min_size=1,
        max_size=size,
        max_queries=50_000,
        max_inactive_connection_lifetime=300.0,
        loop=None,
        connection_class=asyncpg.Connection,
        record_class=asyncpg.Record,
        timeout=ANSWERS_WITHIN,
        command_timeout=ANSWERS_WITHIN,
    )
    await pool
    return pool
