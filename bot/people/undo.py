"""Undoing a change of somebody's link, by "Not them" in the news of it.

The Telegram ids go back to how they stood in every row, also of a manager, as long as they stand as
the change wrote them. Undoing is a change of its own, which is told and cannot be undone.
"""

from collections.abc import Iterable
from enum import StrEnum

import asyncpg
import structlog

from bot.people.identity import Identity
from bot.people.linking import (
    Change,
    Ids,
    Linked,
    Staff,
    Via,
    accounts,
    holders,
    lock_people,
    parts_of,
    read_staff,
    record,
    refresh,
    release,
    tell,
    write,
)
from bot.people.member import Member
from bot.people.roster import looks_after
from sync.model.facts import Account, LinkChanged
from sync.postgres.pool import Connection
from sync.postgres.queries import Queries
from sync.reconcile.bounces import strike
from sync.rules.linking import link_changed

_SQL = Queries("bot.people", "linking.sql")
_LOG = structlog.get_logger()


class Undoing(StrEnum):
    """What came of "Not them"."""

    DONE = "done"
    BEFORE = "before"  # somebody did it before
    LATE = "late"
    CHANGED = "changed"  # the link was changed since, or somebody else has the account
    NOT_YOURS = "not_yours"


async def undo(
    connection: Connection, person: Identity, change: int, operators: tuple[int, ...]
) -> Undoing:
    """Puts the Telegram ids back as they stood before the change, if that is `person`'s business,
    nothing was changed since, and it is not a day ago.
    """
    async with connection.transaction():
        await lock_people(connection)
        row = await connection.fetchrow(_SQL["change"], change)
        staff = await read_staff(connection, operators)
        member = _whose(staff, row["after"]) if row else None
        if not row or not member or not looks_after(person, member, operators=operators):
            return Undoing.NOT_YOURS
        if row["undone"] or not row["recent"]:
            return Undoing.BEFORE if row["undone"] else Undoing.LATE
        if not await _put_back(connection, row["before"], row["after"]):
            return Undoing.CHANGED
        await connection.execute(_SQL["mark_undone"], change)
        await _tell(connection, staff, member, row, person.telegram_id, operators)
    _LOG.info("link_undone", change=change, by=person.telegram_id)
    await release(connection, operators)
    return Undoing.DONE


async def _put_back(connection: Connection, before: Ids, after: Ids) -> bool:
    """Whether the ids stand as they did before; False, and nothing written, where that is not what
    the change left, or an account would be taken from somebody else.
    """
    if await _is_anothers(connection, before, after):
        return False
    now = await write(connection, before)
    if now != after:
        await write(connection, now)
    return now == after


async def _tell(
    connection: Connection,
    staff: Staff,
    member: Member,
    row: asyncpg.Record,
    by: int,
    operators: tuple[int, ...],
) -> None:
    """Writes it down as a change of its own. Who made the other one hears of it, and whoever lost
    an account by it or got one back.
    """
    before, after = row["after"], row["before"]
    account = Account(**(row["account"] or {"id": row["telegram_id"]}))
    made = await record(
        connection, account, Via.TAP, Change.UNDONE, member, by=by, before=before, after=after
    )
    done = Linked(Change.UNDONE, made, tuple(sorted(accounts(before) - accounts(after))))
    await strike(connection, done.former)
    directory = await refresh(connection, operators)
    back = tuple(sorted(accounts(after) - accounts(before)))
    restored = link_changed(f"{made}:back", LinkChanged("restored"), back, (), directory)
    await tell(
        connection,
        staff,
        member,
        done,
        account,
        by,
        directory,
        also=row["acted_by"],
        apart=back,
        more=restored,
    )


async def _is_anothers(connection: Connection, before: Ids, after: Ids) -> bool:
    """Whether an account that would come back is that of somebody else by now."""
    for id in accounts(before) - accounts(after):
        if any(str(row) not in before for row in await holders(connection, id)):
            return True
    return False


def _whose(staff: Staff, rows: Iterable[str]) -> Member | None:
    return next(filter(None, (staff.of(parts_of(row)) for row in rows)), None)
