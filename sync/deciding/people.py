"""What the program writes about who is who into BotZilla's tables of people.

What is to be written is found by pure functions over the whole (`sync/joining.py`); here it is
carried out, in sets. Nothing that somebody has filled is ever written over.
"""

from collections.abc import Iterable

from sync.database.pool import Connection
from sync.database.queries import Queries
from sync.joining import Join

_SQL = Queries("sync.deciding", "people.sql")


async def write_joins(connection: Connection, certain: Iterable[Join]) -> set[tuple[str, int]]:
    """Join what is certain; returns the rows (source, id) that were written.

    Raises asyncpg's errors of unique and foreign keys when somebody was quicker.
    """
    rows = [
        {"source": join.row.source, "id": join.row.id, "to": join.candidates[0].id}
        for join in certain
    ]
    if not rows:
        return set()
    return {(row["source"], row["id"]) for row in await connection.fetch(_SQL["join"], rows)}
