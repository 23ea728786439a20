"""How much of the past came into sight after first contact (a wider right, a restore) and was
adopted silently: the operators are told the number, and of which documents nothing.

It is counted within the batches, which commit one by one, and told after the last of them: a crash
between the two only delays the telling.
"""

from uuid import uuid4

from sync.alerts import AlertKind
from sync.database.pool import Connection
from sync.database.queries import Queries
from sync.deciding.store import store_alerts
from sync.directory import Directory
from sync.model.facts import Adopted
from sync.rules.system import system_alerts

_SQL = Queries("sync.deciding", "adopted.sql")


async def count_adopted(connection: Connection, count: int) -> None:
    """Remember so many more, within the caller's transaction."""
    if count:
        await connection.execute(_SQL["count"], count)


async def tell_adopted(connection: Connection, directory: Directory) -> int:
    """Tell the operators what was counted since they were last told; returns how many alerts that
    made.
    """
    async with connection.transaction():
        count = await connection.fetchval(_SQL["take"])
        if count is None:
            return 0
        facts = Adopted("jobs", count)
        # Taking the count is what makes it told once: a run that is resumed may count anew.
        subject = f"adopted-{uuid4().hex}"
        return await store_alerts(
            connection, system_alerts(AlertKind.FIRST_CONTACT, subject, facts, directory)
        )
