"""Linking: the one place where a person gets his Telegram id, another one, or none.

All of his rows are written together, in one transaction: the employee, his `crew_member` and
`sales_person` rows, what nobody joined but bore his former id under his name, and the "user" with
that id, since a lost phone must not go on managing. Nobody else is unlinked by it, but for former
employees where the caller says so: an id that somebody else holds is refused, with who it is. Who
may link whom is not decided here, and nobody is told.
"""

from dataclasses import dataclass
from enum import StrEnum

import asyncpg
import structlog

from sync.database.locks import Lock, lock_for_transaction
from sync.database.pool import Connection
from sync.database.queries import Queries
from sync.deciding.refusals import revive, strike

_SQL = Queries("bot.people", "linking.sql")
_LOG = structlog.get_logger()
_LINKABLE = frozenset({"active", "pending"})


class Table(StrEnum):
    """Where somebody stands who has no employee; the values are the tables' names."""

    CREW_MEMBER = "crew_member"
    SALES_PERSON = "sales_person"
    USER = "user"  # only to be unlinked: he is linked where BotZilla's accounts are kept


#: By which rows somebody can be linked.
LINKABLE = frozenset({"employee", Table.CREW_MEMBER, Table.SALES_PERSON})


@dataclass(frozen=True, slots=True)
class Unjoined:
    """One row that nobody joined to an employee; joined meanwhile, it stands for its employee."""

    table: Table
    id: int


#: Whose link is written: an employee by his id, or one unjoined row.
Whom = int | Unjoined


class Why(StrEnum):
    """Why a link is refused."""

    NO_SUCH_EMPLOYEE = "no_such_employee"  # or no such unjoined row, or a "user"
    LEFT = "left"  # inactive, rejected, deleted, or blocked in Attic Tech
    TAKEN = "taken"  # somebody else holds the Telegram id


@dataclass(frozen=True, slots=True)
class Linked:
    """The rows that bear the Telegram id now, how many messages that set free, and the Telegram
    ids that were his until now. `employee_id` is None for rows that nobody joined; `leavers` are
    the employees whose the Telegram id was.
    """

    employee_id: int | None
    crew_member_ids: tuple[int, ...]
    sales_person_ids: tuple[int, ...]
    revived: int
    former: tuple[int, ...] = ()
    leavers: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class LinkRefused:
    """Nothing was written. `holders` are the rows that hold the id, like `crew_member 4`."""

    why: Why
    holders: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Target:
    """Whose link is written, as locked: his employee, if any, or the source and id of his row."""

    employee_id: int | None
    source: str
    id: int
    name: str
    status: str


async def link(
    connection: Connection, whom: Whom, telegram_id: int, *, over_leavers: bool = False
) -> Linked | LinkRefused:
    """Links him to the Telegram id, in place of the one that he had. `over_leavers`: somebody
    vouches for him, and former employees do not keep the id from him.
    """
    async with connection.transaction():
        # One link at a time: the unique key does not see spaces, and not across tables.
        await lock_for_transaction(connection, Lock.LINKING)
        target = await _admitted(connection, whom, telegram_id, over_leavers)
        if isinstance(target, LinkRefused):
            _LOG.info("link_refused", whom=str(whom), why=target.why)
            return target
        leavers = await connection.fetch(_SQL["let_go"], str(telegram_id)) if over_leavers else ()
        row = await _write(connection, target, telegram_id)
        await strike(connection, former := _numbers(row["former"]))
        revived = await revive(connection, telegram_id)
    left = tuple(one["employee_id"] for one in leavers)
    _LOG.info("linked", employee=target.employee_id, revived=revived, leavers=left)
    return Linked(
        target.employee_id,
        tuple(row["crew_members"]),
        tuple(row["sales_people"]),
        revived,
        former,
        left,
    )


async def unlink(connection: Connection, whom: Whom) -> tuple[int, ...]:
    """Empties the Telegram id in all of his rows; returns the ids that were his, none if he was
    not linked. What is still queued for him ends `undeliverable` when its turn comes.
    """
    async with connection.transaction():
        await lock_for_transaction(connection, Lock.LINKING)
        target = await _lock(connection, whom)
        if target is None:
            return ()
        row = await _write(connection, target, None)
        await strike(connection, former := _numbers(row["former"]))
    _LOG.info("unlinked", employee=target.employee_id, ids=len(former))
    return former


async def _lock(connection: Connection, whom: Whom) -> _Target | None:
    """His row, locked until the transaction ends."""
    if isinstance(whom, int):
        row = await connection.fetchrow(_SQL["employee"], whom)
        return _Target(whom, "employee", whom, row["name"], row["status"]) if row else None
    row = await connection.fetchrow(_SQL[whom.table], whom.id)
    if row is None:
        return None
    if row["employee_id"] is not None:
        return await _lock(connection, row["employee_id"])
    return _Target(None, whom.table, whom.id, row["name"], row["status"])


async def _admitted(
    connection: Connection, whom: Whom, telegram_id: int, over_leavers: bool
) -> _Target | LinkRefused:
    target = await _lock(connection, whom)
    if target is None or target.source == Table.USER:
        return LinkRefused(Why.NO_SUCH_EMPLOYEE)
    if target.status not in _LINKABLE:
        return LinkRefused(Why.LEFT)
    rows = await connection.fetch(_SQL["holders"], *_arguments(target, telegram_id))
    holders = tuple(
        f"{row['source']} {row['id']}" for row in rows if not (over_leavers and row["has_left"])
    )
    return LinkRefused(Why.TAKEN, holders) if holders else target


async def _write(
    connection: Connection, target: _Target, telegram_id: int | None
) -> asyncpg.Record:
    (row,) = await connection.fetch(_SQL["write"], *_arguments(target, telegram_id))
    return row


def _arguments(
    target: _Target, telegram_id: int | None
) -> tuple[int | None, str | None, str, str, int]:
    text = None if telegram_id is None else str(telegram_id)
    return target.employee_id, text, target.name, target.source, target.id


def _numbers(ids: list[str]) -> tuple[int, ...]:
    return tuple(sorted(int(id) for id in ids))
