"""A sender at work between a database and a pretend Telegram, for tests of what reaches phones.

async with posting(database_url) as post:
    chris = post.phone(102)
    ... alerts appear in the outbox ...
    await post.settled()                   # until every alert has its end
    assert post.texts(102) == [...]
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from bot.delivery.deliver import Delivery
from bot.delivery.pacing import Limits, Pacing
from bot.delivery.sender import Sender, Tempo
from bot.health import Health
from bot.telegram.client import open_bot
from bot.views.language import Words
from sandbox.telegram import Phone, TelegramSandbox
from sync.postgres.pool import Connection, Pool, connect, open_pool

HASTE = Tempo(poll=0.5, retry=0.05, resting=0.01)
WORDS = Words("en", ZoneInfo("America/Los_Angeles"))
NO_LIMITS = Limits(overall=0.001, chat=0.001, group=0.001)
OPEN = ("pending", "held", "sending")


async def until(condition: Callable[[], Awaitable[Any]], seconds: float = 10.0) -> Any:
    """The first true answer of `condition`; what it asks about tells nobody when it changes."""
    async with asyncio.timeout(seconds):
        while not (answer := await condition()):
            await asyncio.sleep(0.01)
    return answer


@dataclass(slots=True)
class Post:
    """The pretend Telegram, the sender, and a connection of the test's own."""

    telegram: TelegramSandbox
    sender: Sender
    connection: Connection
    health: Health
    stop: asyncio.Event

    def phone(self, id: int, *, started: bool = True) -> Phone:
        """Somebody whom the bot may write to."""
        return self.telegram.person(id, f"Person {id}", started=started)

    def texts(self, id: int) -> list[str]:
        """The first lines of what somebody received, oldest first."""
        return [m.text.splitlines()[0] for m in self.telegram.phone(id).received]

    async def states(self) -> list[tuple[Any, ...]]:
        """(kind, address, state, reason) of every alert, oldest first."""
        rows = await self.connection.fetch(
            "SELECT kind, telegram_id, state, reason FROM botzilla.alert ORDER BY id"
        )
        return [tuple(row) for row in rows]

    async def settled(self, seconds: float = 10.0) -> list[tuple[Any, ...]]:
        """The states, once no alert is open any more."""

        async def ended() -> bool:
            return not await self.connection.fetchval(
                "SELECT count(*) FROM botzilla.alert WHERE state = ANY ($1::text[])", OPEN
            )

        await until(ended, seconds)
        return await self.states()

    async def reached(self, state: str, count: int = 1, seconds: float = 10.0) -> None:
        """Wait until so many alerts are in this state."""

        async def there() -> bool:
            found = await self.connection.fetchval(
                "SELECT count(*) FROM botzilla.alert WHERE state = $1", state
            )
            return int(found) >= count

        await until(there, seconds)


def sender_for(
    database_url: str,
    pool: Pool,
    telegram: TelegramSandbox,
    *,
    operators: tuple[int, ...] = (),
    limits: Limits = NO_LIMITS,
    tempo: Tempo = HASTE,
) -> Sender:
    """A sender whose bot talks to the pretend Telegram; the caller closes its session."""
    health = Health()
    bot = open_bot(telegram.token, telegram.url)
    delivery = Delivery(bot, pool, operators, health, WORDS, Pacing(limits))
    return Sender(database_url, delivery, health, tempo)


@asynccontextmanager
async def posting(
    database_url: str, telegram: TelegramSandbox | None = None, **more: Any
) -> AsyncIterator[Post]:
    """A sender at work, until the block ends; then it has finished what was on its way."""
    async with telegram or TelegramSandbox() as there:
        pool, connection = await open_pool(database_url), await connect(database_url)
        sender, stop = sender_for(database_url, pool, there, **more), asyncio.Event()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(sender.run(stop))
                try:
                    yield Post(there, sender, connection, sender.health, stop)
                finally:
                    stop.set()
        finally:
            await sender.delivery.bot.session.close()
            await connection.close()
            await pool.close()
