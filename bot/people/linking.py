"""Linking: the one place where a person gets his Telegram id.

The employee and his `crew_member` and `sales_person` rows are written together, in one transaction.
Nobody is unlinked by it: an id that somebody else holds is refused, with who it is. Who may link
whom is not decided here.
"""

from dataclasses import dataclass
from enum import StrEnum

import structlog

from sync.database.locks import Lock, lock_for_transaction
from sync.database.pool import Connection
from sync.database.queries import Queries
from sync.deciding.refusals import revive

_SQL = Queries("bot.people", "linking.sql")
_LOG = structlog.get_logger()
_LINKABLE = frozenset({"active", "pending"})


class Why(StrEnum):
    """Why a link is refused."""

    NO_SUCH_EMPLOYEE = "no_such_employee"
    LEFT = "left"  # inactive, rejected, deleted, or blocked in Attic Tech
    TAKEN = "taken"  # somebody else holds the Telegram id


@dataclass(frozen=True, slots=True)
class Linked:
    """The rows that bear the Telegram id now, and how many messages that set free."""

    employee_id: int
    crew_member_ids: tuple[int, ...]
    sales_person_ids: tuple[int, ...]
    revived: int


@dataclass(frozen=True, slots=True)
class LinkRefused:
    """Nothing was written. `holders` are the rows that hold the id, like `crew_member 4`."""

    why: Why
    holders: tuple[str, ...] = ()


async def link(connection: Connection, employee_id: int, telegram_id: int) -> Linked | LinkRefused:
    """Links the employee to the Telegram id, in place of the one that he had."""
    async with connection.transaction():
        # One link at a time: the unique key does not see spaces, and not across tables.
        await lock_for_transaction(connection, Lock.LINKING)
        refused = await _refusal(connection, employee_id, telegram_id)
        if refused:
            _LOG.info("link_refused", employee=employee_id, why=refused.why)
            return refused
        (row,) = await connection.fetch(_SQL["write"], employee_id, str(telegram_id))
        revived = await revive(connection, telegram_id)
    _LOG.info("linked", employee=employee_id, revived=revived)
    return Linked(employee_id, tuple(row["crew_members"]), tuple(row["sales_people"]), revived)


async def _refusal(
    connection: Connection, employee_id: int, telegram_id: int
) -> LinkRefused | None:
    employee = await connection.fetchrow(_SQL["employee"], employee_id)
    if employee is None:
        return LinkRefused(Why.NO_SUCH_EMPLOYEE)
    if employee["status"] not in _LINKABLE:
        return LinkRefused(Why.LEFT)
    rows = await connection.fetch(_SQL["holders"], employee_id, str(telegram_id), employee["name"])
    holders = tuple(f"{row['source']} {row['id']}" for row in rows)
    return LinkRefused(Why.TAKEN, holders) if holders else None
