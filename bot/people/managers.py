"""The operation managers, whether a message reaches them, and the branches left without."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.people.leaving import who_left
from sync.model.alerts import Reason, reason_of
from sync.postgres.pool import Connection
from sync.postgres.queries import Queries

_SQL = Queries("bot.people", "managers.sql")


@dataclass(frozen=True, slots=True)
class Manager:
    """A manager; `reason` is why no message reaches him, None where one does.

    `employee` is the name of the only employee whose Telegram id he has, if there is one.
    """

    user_id: int
    email: str | None
    branches: tuple[int, ...]
    reason: Reason | None
    employee: str | None = None

    @property
    def name(self) -> str:
        """What to call him."""
        return self.employee or self.email or f"user {self.user_id}"


async def read_managers(connection: Connection) -> tuple[Manager, ...]:
    """All managers as the database says it now."""
    rows = await connection.fetch(_SQL["managers"])
    left = await who_left(connection, [row["address"] for row in rows if row["address"]])
    return tuple(
        Manager(
            row["id"],
            row["email"],
            tuple(row["branches"]),
            left.get(row["address"]) or reason_of(row["reason"]),
            row["employee"],
        )
        for row in rows
    )


async def orphan_branches(connection: Connection) -> tuple[int, ...]:
    """The branches of which no manager can be reached: their jobs fall to the operators."""
    managers = await read_managers(connection)
    branches = [row["id"] for row in await connection.fetch(_SQL["branches"])]
    return without_manager(branches, managers)


def without_manager(branches: Sequence[int], managers: Sequence[Manager]) -> tuple[int, ...]:
    """Those of the branches that none of the managers who can be reached has."""
    held = {branch for manager in managers if not manager.reason for branch in manager.branches}
    return tuple(branch for branch in branches if branch not in held)
