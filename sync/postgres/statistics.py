"""What PostgreSQL knows of our tables, kept up by us after a mass change.

PostgreSQL's own autovacuum comes a minute later, or not at all where it is off: until then plans of
all who ask (people, BotZilla's views) are guesses. Our own statements do not depend on it.
"""

import structlog

from sync.postgres.pool import Connection
from sync.postgres.queries import Queries

_SQL = Queries("sync.postgres", "statistics.sql")
_log = structlog.get_logger()


async def analyze_what_changed(connection: Connection) -> list[str]:
    """The tables, by name, that were analysed: those of which much is new since somebody last did.

    Who does not own the tables may not, and leaves it to autovacuum. Outside of any transaction.
    """
    tables = [row["relname"] for row in await connection.fetch(_SQL["changed"])]
    for table in tables:
        await connection.execute(_SQL[table])
    if tables:
        _log.info("tables_analyzed", tables=tables)
    return tables
