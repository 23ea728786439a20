"""Approving: somebody who registered and waits becomes active, on a card that shows who they are.

A registration is what somebody typed: where it says that they are a crew leader of Attic Tech, it
is held against what Attic Tech says, and one that contradicts is not approved here. Who may approve
whom is asked by the callers.
"""

from dataclasses import dataclass
from uuid import uuid4

import structlog

from bot.people.identity import Identity
from bot.people.linking import lock_people, refresh, release
from bot.people.member import Member
from sync.model.states import fold
from sync.people.directory import Directory
from sync.people.people import People
from sync.people.problems import Amiss
from sync.people.rows import AtticUser, Employee, digits, e164
from sync.postgres.pool import Connection
from sync.postgres.queries import Queries
from sync.reconcile.company import load_directory
from sync.reconcile.outbox import store_alerts
from sync.rules.linking import approved

_SQL = Queries("bot.people", "approval.sql")
_LOG = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Registration:
    """What somebody who waits says of themselves: `leader` is what Attic Tech's user is called whom
    they are by this `evidence`, None where that is nobody. `against`: what contradicts it.
    """

    phone: str | None = None
    telegram_id: str | None = None
    leader: str | None = None
    evidence: str | None = None
    against: tuple[str, ...] = ()


def registration(people: People, employee_id: int) -> Registration | None:
    """What is known of the registration of an employee; None where there is no such row."""
    employee = next((e for e in people.employees if e.id == employee_id), None)
    if employee is None:
        return None
    users = [u for u in people.users if people.matches[u.id].employee_id == employee_id]
    against = [what for user in users for what in _against(user, employee, people)]
    return Registration(
        employee.phone,
        digits(employee.telegram_id),
        ", ".join(user.name for user in users) or None,
        next((people.matches[user.id].evidence for user in users), None),
        tuple(dict.fromkeys([*against, *_shared(employee, people)])),
    )


def _against(user: AtticUser, employee: Employee, people: People) -> list[str]:
    """In what they differ from Attic Tech's user, or from a crew leader of that name."""
    emails = {fold(user.email or ""), fold(employee.email or "")} - {""}
    phones = {e164(user.phone), e164(employee.phone)} - {None}
    own = digits(employee.telegram_id)
    leaders = [c for c in people.crew_members if fold(c.name) == fold(user.name)]
    accounts = {digits(c.telegram_id) for c in leaders} - {None}
    differs = {
        "name": fold(user.name) != fold(employee.name),
        "phone": len(phones) > 1,
        "email": len(emails) > 1,
        "telegram_id": bool(own and accounts and own not in accounts),
    }
    return [what for what, is_so in differs.items() if is_so]


def _shared(employee: Employee, people: People) -> list[str]:
    """Whether somebody else has their Telegram id as well."""
    row = ("employee", employee.id)
    shared = any(p.amiss is Amiss.SHARED and row in p.rows for p in people.problems())
    return ["telegram_id"] if shared else []


async def read_registration(
    connection: Connection, member: Member, operators: tuple[int, ...]
) -> Registration | None:
    """What is known of somebody who waits."""
    if member.employee_id is None:
        return None
    people = (await load_directory(connection, operators)).people
    return registration(people, member.employee_id)


async def approve_member(
    connection: Connection, by: Identity, member: Member, operators: tuple[int, ...]
) -> bool:
    """Whether the member waited and nothing contradicts; then they are active from now on, and hear
    it if they are linked.
    """
    if member.employee_id is None:
        return False
    user = min(by.user_ids, default=None)  # an operator has no row
    async with connection.transaction():
        await lock_people(connection)
        known = await read_registration(connection, member, operators)
        if known is None or known.against:
            return False
        if await connection.fetchval(_SQL["approve"], member.employee_id, user) is None:
            return False
        await _tell(connection, member, await refresh(connection, operators))
    _LOG.info("approved", employee=member.employee_id, by=by.telegram_id)
    await release(connection, operators)
    return True


async def _tell(connection: Connection, member: Member, directory: Directory) -> None:
    if member.telegram_id is not None:
        to = directory.chat(member.telegram_id)
        await store_alerts(connection, approved(uuid4().hex, member.name, to))
