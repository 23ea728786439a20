"""Whose a Telegram account may become because a manager says so, by an invite or by approving: a
user of BotZilla is himself, and nobody else here.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sync.database.pool import Connection
from sync.database.queries import Queries
from sync.person import e164
from sync.states import fold

_SQL = Queries("bot.people", "accounts.sql")


@dataclass(frozen=True, slots=True)
class Traits:
    """By what a row shows whose it is."""

    email: str | None = None
    phone: str | None = None


def are_another(users: Iterable[Traits], person: Collection[Traits]) -> bool:
    """Whether one of the "user" rows of an account is not seen to be the person with these rows."""
    return not all(any(_is_same(user, row) for row in person) for user in users)


def _is_same(user: Traits, row: Traits) -> bool:
    email, phone = fold(row.email or ""), e164(row.phone)
    return bool(
        (email and email == fold(user.email or "")) or (phone and phone == e164(user.phone))
    )


async def users_of(connection: Connection, telegram_id: int) -> tuple[Traits, ...]:
    """The "user" rows of the account."""
    return tuple(Traits(**row) for row in await connection.fetch(_SQL["users"], telegram_id))


async def is_anothers(
    connection: Connection, telegram_id: int, rows: Iterable[tuple[str, int]]
) -> bool:
    """Whether the account is that of a user who is not the person with these rows (table, id)."""
    users = await users_of(connection, telegram_id)
    named = [f"{table} {id}" for table, id in rows]
    person = [Traits(**row) for row in await connection.fetch(_SQL["rows"], named)]
    return are_another(users, person)
