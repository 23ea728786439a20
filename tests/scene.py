"""A company in BotZilla's tables, built by what a test needs to say: everything else has a default.

    company = Company(connection)
    orange = await company.branch("Orange")
    ada = await company.manager(branch=orange, telegram_id="101")
    chris = await company.leader("Chris Jordan", telegram_id="102", attic_tech_user_id=7)

Each call returns the new row's id, or the ids of the rows that belong to one person. Names, e-mails
and phones that a test leaves out are invented and unique. A column that only some databases have
(`_SOMETIMES`) is there once a test gives it a value.
"""

from dataclasses import dataclass, field
from itertools import count
from typing import Any

from sync.postgres.pool import Connection

_SOMETIMES = {
    ("branch", "attic_tech_branch_id"): "integer",
    ("employee", "is_deleted"): "boolean NOT NULL DEFAULT false",
}


#: Makes the columns of `employee` what they are where BotZilla's Sequelize models made the tables.
AS_SEQUELIZE = """
CREATE TYPE botzilla.enum_role AS ENUM ('crew_member', 'crew_leader', 'salesperson', 'corporate');
CREATE TYPE botzilla.enum_status AS ENUM ('pending', 'active', 'inactive', 'rejected');
ALTER TABLE botzilla.employee
    DROP CONSTRAINT employee_role_check, DROP CONSTRAINT employee_status_check,
    ALTER COLUMN role TYPE botzilla.enum_role USING role::botzilla.enum_role,
    ALTER COLUMN status DROP DEFAULT,
    ALTER COLUMN status TYPE botzilla.enum_status USING status::botzilla.enum_status;
"""
SCHEMES = {"as ours": "SELECT", "as Sequelize makes it": AS_SEQUELIZE}


@dataclass(frozen=True, slots=True)
class Person:
    """The rows of one person; those that he does not have are None."""

    employee: int | None = None
    crew_member: int | None = None
    sales_person: int | None = None
    user: int | None = None


@dataclass(slots=True)
class Company:
    """Adds rows of BotZilla's through `connection`."""

    connection: Connection
    _numbers: count = field(default_factory=lambda: count(1))

    async def _insert(self, table: str, **values: Any) -> int:
        for name in values:
            if (table, name) in _SOMETIMES:
                await self.connection.execute(
                    f"ALTER TABLE botzilla.{table} "
                    f"ADD COLUMN IF NOT EXISTS {name} {_SOMETIMES[table, name]}"
                )
        names = ", ".join(values)
        marks = ", ".join(f"${place}" for place, _ in enumerate(values, 1))
        return await self.connection.fetchval(
            f"INSERT INTO botzilla.{table} ({names}) VALUES ({marks}) RETURNING id",
            *values.values(),
        )

    async def branch(self, name: str | None = None, **more: Any) -> int:
        """A branch's id."""
        return await self._insert("branch", name=name or f"Branch {next(self._numbers)}", **more)

    async def employee(self, name: str | None = None, **more: Any) -> int:
        """An active crew leader's `employee` row, unless told otherwise."""
        number = next(self._numbers)
        first, _, last = (name or f"Person Number{number}").partition(" ")
        values = {
            "first_name": first,
            "last_name": last,
            "email": f"person{number}@example.com",
            "status": "active",
            "role": "crew_leader",
        }
        return await self._insert("employee", **values | more)

    async def crew_member(
        self, name: str | None = None, *, branch: int | None = None, **more: Any
    ) -> int:
        """A `crew_member` row, a leader's unless told otherwise."""
        values = {"name": name or f"Person Number{next(self._numbers)}", "is_leader": True}
        member = await self._insert("crew_member", **values | more)
        if branch is not None:
            await self.connection.execute(
                "INSERT INTO botzilla.crew_member_branch VALUES ($1, $2)",
                member,
                branch,
            )
        return member

    async def sales_person(
        self, name: str | None = None, *, branch: int | None = None, **more: Any
    ) -> int:
        """A `sales_person` row, active unless told otherwise."""
        values = {"name": name or f"Person Number{next(self._numbers)}"}
        person = await self._insert("sales_person", **values | more)
        if branch is not None:
            await self._insert("sales_person_branch", sales_person_id=person, branch_id=branch)
        return person

    async def role(self, name: str) -> int:
        """The id of the `user_rol` with exactly this name; made when missing."""
        found = await self.connection.fetchval(
            "SELECT id FROM botzilla.user_rol WHERE name = $1", name
        )
        return found or await self._insert("user_rol", name=name)

    async def user(self, *, role: str, branches: tuple[int, ...] = (), **more: Any) -> int:
        """A `"user"` row with his role and branches."""
        values = {
            "rol_id": await self.role(role),
            "email": f"user{next(self._numbers)}@example.com",
            "password": "x",
        }
        user = await self._insert('"user"', **values | more)
        await self.connection.execute(
            "INSERT INTO botzilla.user_branch SELECT $1, unnest($2::integer[])",
            user,
            branches,
        )
        return user

    async def manager(
        self, *, branch: int | None = None, telegram_id: str | None = None, **more: Any
    ) -> int:
        """An operation manager's `"user"` id."""
        branches = () if branch is None else (branch,)
        return await self.user(
            role="operation manager", branches=branches, telegram_id=telegram_id, **more
        )

    async def leader(
        self,
        name: str | None = None,
        *,
        telegram_id: str | None = None,
        branch: int | None = None,
        **employee: Any,
    ) -> Person:
        """A crew leader: an `employee` row with the address, and a joined `crew_member` row."""
        name = name or f"Leader Number{next(self._numbers)}"
        row = await self.employee(name, telegram_id=telegram_id, branch_id=branch, **employee)
        member = await self.crew_member(name, branch=branch, employee_id=row)
        return Person(employee=row, crew_member=member)

    async def salesperson(
        self,
        name: str | None = None,
        *,
        telegram_id: str | None = None,
        branch: int | None = None,
        **employee: Any,
    ) -> Person:
        """A salesperson: an `employee` row with the address, and a joined `sales_person` row."""
        name = name or f"Seller Number{next(self._numbers)}"
        row = await self.employee(
            name, telegram_id=telegram_id, branch_id=branch, **{"role": "salesperson"} | employee
        )
        person = await self.sales_person(name, branch=branch, employee_id=row)
        return Person(employee=row, sales_person=person)
