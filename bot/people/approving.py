"""Approving: somebody who waits becomes active. Who may approve whom is asked by the callers."""

from bot.people.identity import Identity
from bot.people.requests import user_of
from sync.database.locks import Lock, lock_for_transaction
from sync.database.pool import Connection
from sync.database.queries import Queries
from sync.deciding.company import load_company, refresh_people
from sync.deciding.refusals import revive
from sync.deciding.store import store_alerts
from sync.directory import Directory
from sync.run import request_run

_SQL = Queries("bot.people", "approving.sql")


async def approve(connection: Connection, employee_id: int, by: Identity) -> bool:
    """Whether he waited; then he is active from now on."""
    found = await connection.fetchval(_SQL["approve"], employee_id, user_of(by))
    return found is not None


async def lock_people(connection: Connection) -> None:
    """Nobody else links, and no run finds out who is who, until the transaction ends.

    Before anything else in a transaction that changes people: the locks have one order.
    """
    await lock_for_transaction(connection, Lock.LINKING)
    await lock_for_transaction(connection, Lock.PEOPLE)


async def settle(connection: Connection, operators: tuple[int, ...]) -> Directory:
    """Everybody as the rows say it now: who is behind each user of Attic Tech is found anew, what
    waited for somebody who can be reached goes out, and a run decides on what is left.

    Part of the transaction that changed the rows, which holds the locks of `lock_people`.
    """
    company = await load_company(connection, operators)
    await store_alerts(connection, await refresh_people(connection, company))
    await revive(connection, directory=company.directory)
    await request_run(connection, "incremental")
    return company.directory
