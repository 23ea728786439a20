"""Approving: somebody who waits becomes active. Who may approve whom is asked by the callers."""

from bot.people.identity import Identity
from bot.people.requests import user_of
from sync.database.pool import Connection
from sync.database.queries import Queries
from sync.deciding.company import load_directory, refresh_people
from sync.deciding.refusals import revive
from sync.directory import Directory
from sync.run import request_run

_SQL = Queries("bot.people", "approving.sql")


async def approve(connection: Connection, employee_id: int, by: Identity) -> bool:
    """Whether he waited; then he is active from now on."""
    found = await connection.fetchval(_SQL["approve"], employee_id, user_of(by))
    return found is not None


async def settle(connection: Connection, operators: tuple[int, ...]) -> Directory:
    """Everybody as the rows say it now: who is behind each user of Attic Tech is found anew, what
    waited for somebody who can be reached goes out, and a run decides on what is left.

    Part of the transaction that changed the rows.
    """
    directory = await load_directory(connection, operators)
    await refresh_people(connection, directory.people)
    await revive(connection)
    await request_run(connection, "incremental")
    return directory
