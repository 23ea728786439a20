"""Links made and ended as the program does it, for tests whose business is something else."""

from typing import Any

from bot.people.linking import (
    Account,
    Linked,
    Via,
    link,
    lock_people,
    read_staff,
    refresh,
    release,
    unlink_member,
)
from sync.postgres.pool import Connection


async def linked(
    connection: Connection, row: tuple[str, int], telegram_id: int, **how: Any
) -> Linked | None:
    """Whoever has this row gets the account, and what waits for them goes out."""
    async with connection.transaction():
        await lock_people(connection)
        staff = await read_staff(connection, ())
        member = staff.of(row)
        assert member
        account = Account(telegram_id, "Somebody")
        done = await link(connection, staff, member, account, Via.CONTACT, by=None, **how)
        await refresh(connection, ())
    await release(connection, ())
    return done


async def unlinked(connection: Connection, row: tuple[str, int], by: int = 0) -> None:
    """Whoever has this row loses their account."""
    member = (await read_staff(connection, ())).of(row)
    assert member
    if member.telegram_id is not None:
        await unlink_member(connection, row, member.telegram_id, by, ())
