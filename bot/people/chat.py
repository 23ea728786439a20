"""A private chat with somebody: his language, and whether Telegram lets us write to him."""

from bot.people.identity import Identity
from bot.views.language import spoken
from sync.model.alerts import Reason
from sync.postgres.pool import Connection
from sync.postgres.queries import Queries
from sync.reconcile.bounces import revive

_SQL = Queries("bot.people", "chat.sql")


async def remember_language(
    connection: Connection, telegram_id: int, language_code: str | None, default: str
) -> str:
    """The language to speak with him from now on: what his Telegram speaks, until he chooses."""
    language = spoken(language_code, "") or None
    return await connection.fetchval(_SQL["remember"], telegram_id, language) or default


async def language_of(connection: Connection, telegram_id: int | None, default: str) -> str:
    """The language to speak with whoever has this Telegram id."""
    return await connection.fetchval(_SQL["language"], telegram_id) or default


async def has_blocked(connection: Connection, telegram_id: int) -> None:
    """He blocked the bot: until he writes again nothing is sent to him."""
    await connection.execute(_SQL["refused"], telegram_id, Reason.BOT_BLOCKED)


async def is_back(connection: Connection, person: Identity) -> int:
    """He can be written to: what waited for that and is still current goes out; returns how many.

    Writes nothing unless there is something to end: called with every private update.
    """
    if not person.refused and not await connection.fetchval(
        _SQL["is_waited_for"],
        person.attic_user_ids,
        person.user_ids,
        person.sales_person_ids,
        person.telegram_id,
    ):
        return 0
    async with connection.transaction():
        await connection.execute(_SQL["welcome"], person.telegram_id)
        return await revive(connection, person.telegram_id)
