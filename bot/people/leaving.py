"""Who has left by rows that nobody joined to an employee: asked with every tap of his.

`sync/people/leaving.py` decides it over everybody's rows; they are read only for the few whom one
statement suspects.
"""

from collections.abc import Mapping, Sequence

from sync.model.alerts import LEFT, Reason
from sync.postgres.pool import Connection
from sync.postgres.queries import Queries
from sync.reconcile.company import load_directory

_SQL = Queries("bot.people", "leaving.sql")


async def who_left(connection: Connection, telegram_ids: Sequence[str]) -> Mapping[str, Reason]:
    """Those of `telegram_ids` who have left by such a row, with the reason."""
    suspects = await connection.fetch(_SQL["suspects"], telegram_ids)
    if not suspects:
        return {}
    people = (await load_directory(connection, ())).people
    standings = {id: people.standing(id) for (id,) in suspects}
    return {id: reason for id, reason in standings.items() if reason in LEFT}
