"""Whether a server, or what stands before it, is one that the program can work with.

Advisory locks, LISTEN and prepared statements belong to a session. A pooler that gives a connection
another session with each transaction takes them away without a word, so it is tried, and not read
from a version or a name.
"""

from dataclasses import dataclass
from secrets import randbits

import asyncpg

from sync.postgres.pool import Connection

OLDEST_VERSION = 14
_ENCODING = "UTF8"
_TRIALS = 8
_TRIED_WITHIN = 5.0  # seconds: a pooler without a session to spare lets us wait

#: What asyncpg meets where its statements go to several sessions.
STATEMENT_LOST = (
    asyncpg.InvalidSQLStatementNameError,
    asyncpg.DuplicatePreparedStatementError,
)


@dataclass(frozen=True, slots=True)
class Server:
    """What a connection says of its server. `direct`: nothing stands between."""

    version: int
    encoding: str
    direct: bool


def unfit(server: Server) -> str | None:
    """Why the program cannot work with this server, in a sentence; None where it can."""
    if server.version < OLDEST_VERSION:
        return f"It is PostgreSQL {server.version}: {OLDEST_VERSION} or newer is needed."
    if server.encoding != _ENCODING:
        return f"It holds text as {server.encoding}: names need a database with the encoding UTF8."
    return None


async def server_of(connection: Connection) -> Server:
    """The server behind the connection."""
    session = await connection.fetchval("SELECT pg_backend_pid()")
    return Server(
        connection.get_server_version().major,
        connection.get_settings().server_encoding,
        direct=session == connection.get_server_pid(),
    )


async def keeps_sessions(database_url: str) -> bool:
    """Whether a lock of a connection is still held by it two statements later, with another
    connection beside it.
    """
    one = await asyncpg.connect(database_url, timeout=10)
    try:
        other = await asyncpg.connect(database_url, timeout=10)
        try:
            return await _keeps_its_lock(one, other)
        finally:
            other.terminate()
    except (asyncpg.PostgresError, TimeoutError):  # no transaction, or no session to spare
        return False
    finally:
        one.terminate()


async def _keeps_its_lock(
    one: "asyncpg.Connection[asyncpg.Record]", other: "asyncpg.Connection[asyncpg.Record]"
) -> bool:
    key = randbits(31)  # of a lock of nobody's; the statements are simple ones: nothing is prepared
    held = (
        "SELECT FROM pg_catalog.pg_locks WHERE locktype = 'advisory' AND granted"
        f" AND pid = pg_backend_pid() AND classid = 0 AND objid = {key}"
    )
    # The other one holds a session while we get ours, and gives it back: a pooler hands out the one
    # that came back last, or the one that waits for longest. Again and again, since whoever works
    # beside us may leave us ours by chance.
    await other.execute("BEGIN", timeout=_TRIED_WITHIN)
    await one.execute(f"SELECT pg_advisory_lock({key})", timeout=_TRIED_WITHIN)
    found = []
    for step in ("COMMIT", "BEGIN") * _TRIALS:
        await other.execute(step, timeout=_TRIED_WITHIN)
        found += [await one.execute(held, timeout=_TRIED_WITHIN) for _ in range(2)]
    await one.execute(f"SELECT pg_advisory_unlock({key})", timeout=_TRIED_WITHIN)
    return set(found) == {"SELECT 1"}
