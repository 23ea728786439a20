"""Approving: somebody who waits becomes active. Who may approve whom is asked by the callers."""

from uuid import uuid4

import structlog

from bot.people.identity import Identity
from bot.people.member import Member
from bot.people.requests import actor, user_of
from sync.database.locks import Lock, lock_for_transaction
from sync.database.pool import Connection
from sync.database.queries import Queries
from sync.deciding.company import load_company, refresh_people
from sync.deciding.refusals import revive
from sync.deciding.store import store_alerts
from sync.directory import Directory
from sync.rules.linking import link_decided
from sync.run import request_run

_SQL = Queries("bot.people", "approving.sql")
_LOG = structlog.get_logger()


async def approve(connection: Connection, employee_id: int, by: Identity) -> bool:
    """Whether he waited; then he is active from now on."""
    found = await connection.fetchval(_SQL["approve"], employee_id, user_of(by))
    return found is not None


async def approve_member(
    connection: Connection, by: Identity, member: Member, operators: tuple[int, ...]
) -> bool:
    """Whether the member waited; then he is active from now on, and hears it if he is linked."""
    if member.employee_id is None:
        return False
    async with connection.transaction():
        await lock_people(connection)
        if not await approve(connection, member.employee_id, by):
            return False
        directory = await settle(connection, operators)
        await tell_approved(connection, member.employee_id, directory)
    _LOG.info("approved", employee=member.employee_id, by=actor(by))
    return True


async def tell_approved(connection: Connection, employee_id: int, directory: Directory) -> None:
    """Lets the employee hear that he was approved, where he has a Telegram id."""
    people = directory.people
    employee = next((e for e in people.employees if e.id == employee_id), None)
    address = people.reach(employee)[0] if employee else None
    if employee and address:
        facts = {"approved": True, "name": employee.name}
        alerts = link_decided(uuid4().hex, facts, directory.chat(int(address)))
        await store_alerts(connection, alerts)


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
