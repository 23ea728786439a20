"""A user of Attic Tech becomes an employee of BotZilla, because a manager says so."""

from bot.people.identity import Role
from bot.people.linking import Table
from sync.database.pool import Connection
from sync.database.queries import Queries
from sync.newcomers import LONGEST_EMAIL, LONGEST_NAME, split_name
from sync.person import AtticUser, e164

_SQL = Queries("bot.people", "employing.sql")
_JOIN = {Table.CREW_MEMBER: "join_crew_member", Table.SALES_PERSON: "join_sales_person"}


async def employ(
    connection: Connection, user: AtticUser, branch_id: int | None, by: int | None
) -> int:
    """The id of a new employee who is this user, active, with what Attic Tech has of him; `by` is
    the "user" row of who adds him.

    Raises IntegrityConstraintViolationError where BotZilla does not take it: somebody has the
    e-mail, or the table insists on one.
    """
    email = (user.email or "").strip()
    first, last = split_name(user.name) or (user.name[: LONGEST_NAME // 2], "")
    id = await connection.fetchval(
        _SQL["employ"],
        user.id,
        first,
        last,
        email if 0 < len(email) <= LONGEST_EMAIL else None,
        e164(user.phone),
        Role.CREW_LEADER,
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
