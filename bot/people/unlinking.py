"""Unlinking a person as a whole: every row that made his Telegram account somebody here.

He is a stranger at his next tap. Nobody is told: that managers hear of a leader whom no message
reaches any more is row 8's business.
"""

from collections.abc import Iterable

from bot.people.linking import Table, Unjoined, Whom, unlink
from sync.database.pool import Connection

#: A row of BotZilla's, by table and id.
Row = tuple[str, int]


async def unlink_person(connection: Connection, rows: Iterable[Row]) -> tuple[int, ...]:
    """Empties the Telegram ids of the person whose `rows` these are; returns those ids, none where
    he was not linked.
    """
    async with connection.transaction():
        former = {id for row in rows for id in await unlink(connection, _whom(*row))}
    return tuple(sorted(former))


def _whom(source: str, id: int) -> Whom:
    return id if source == "employee" else Unjoined(Table(source), id)
