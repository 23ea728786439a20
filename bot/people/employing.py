"""Somebody becomes an employee of BotZilla, because a manager says so: a user of Attic Tech, or who
works or sells here without an employee's row.
"""

from dataclasses import dataclass

import structlog

from bot.people.approving import lock_people, settle
from bot.people.identity import Identity, Role
from bot.people.linking import Table
from bot.people.member import Member
from bot.people.requests import user_of
from sync.database.pool import Connection
from sync.database.queries import Queries
from sync.deciding.company import load_directory
from sync.newcomers import LONGEST_EMAIL, LONGEST_NAME, split_name
from sync.people import People
from sync.person import AtticUser, CrewMember, SalesPerson, e164

_SQL = Queries("bot.people", "employing.sql")
_LOG = structlog.get_logger()
_JOIN = {Table.CREW_MEMBER: "join_crew_member", Table.SALES_PERSON: "join_sales_person"}
#: An employee has one role; of somebody's, the first of these.
_ROLES = (Role.CREW_LEADER, Role.CREW_MEMBER, Role.SALESPERSON)


@dataclass(frozen=True, slots=True)
class Hire:
    """Who is to be an employee, with what is known of him."""

    name: str
    role: Role
    email: str | None = None
    phone: str | None = None
    attic_tech_user_id: int | None = None


def leading(user: AtticUser) -> Hire:
    """The crew leader who is this user of Attic Tech."""
    return Hire(user.name, Role.CREW_LEADER, user.email, user.phone, user.id)


async def employ(connection: Connection, hire: Hire, branch_id: int | None, by: int | None) -> int:
    """The id of a new employee, active; `by` is the "user" row of who adds him.

    Raises IntegrityConstraintViolationError where BotZilla does not take it: somebody has the
    e-mail, or the table insists on one.
    """
    email = (hire.email or "").strip()
    first, last = split_name(hire.name) or (hire.name[: LONGEST_NAME // 2], "")
    id = await connection.fetchval(
        _SQL["employ"],
        hire.attic_tech_user_id,
        first,
        last,
        email if 0 < len(email) <= LONGEST_EMAIL else None,
        e164(hire.phone),
        hire.role,
        branch_id,
        by,
    )
    return int(id)


async def lead(
    connection: Connection, employee_id: int, user: AtticUser, branch_id: int | None
) -> None:
    """The employee leads a crew in the branch."""
    name = " ".join(user.name.split())[:LONGEST_NAME]
    await connection.execute(_SQL["lead"], employee_id, name, e164(user.phone), branch_id)


async def join(connection: Connection, employee_id: int, source: str, id: int) -> None:
    """The row (source, id), which nobody joined, is the employee's."""
    await connection.execute(_SQL[_JOIN[Table(source)]], employee_id, id)


async def employ_member(
    connection: Connection, person: Identity, member: Member, operators: tuple[int, ...]
) -> int:
    """The id of the employee that `member`, whom nobody joined to one, is from now on: active, with
    what his row says, and Attic Tech of the one user that he is there.

    Who was employed meanwhile stays who he is. Raises as `employ`.
    """
    async with connection.transaction():
        await lock_people(connection)
        people = (await load_directory(connection, operators)).people
        row = _row(people, member)
        if row.employee_id is not None:
            return row.employee_id
        branch = next(iter(member.branch_ids), None)
        employee = await employ(connection, _hired(member, row, people), branch, user_of(person))
        await join(connection, employee, member.source, member.id)
        await settle(connection, operators)
    _LOG.info("employed", employee=employee, source=member.source, row=member.id)
    return employee


def _row(people: People, member: Member) -> CrewMember | SalesPerson:
    rows: tuple[CrewMember | SalesPerson, ...] = (
        people.sales_people if member.source == "sales_person" else people.crew_members
    )
    return next(row for row in rows if row.id == member.id)


def _hired(member: Member, row: CrewMember | SalesPerson, people: People) -> Hire:
    users = [user for user in people.users if user.id in member.attic_user_ids]
    user = users[0] if len(users) == 1 else None
    role = next(role for role in _ROLES if role in member.roles)
    if user is None:
        return Hire(row.name, role, row.email, row.phone)
    return Hire(row.name, role, user.email, row.phone or user.phone, user.id)
