"""The gate of logins and the memory of refused credentials, in PostgreSQL: one for all."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress

from sync.attic_tech.errors import AtticTechUnavailable
from sync.attic_tech.login import Refusals
from sync.database.locks import Lock, end_when_silent, unlock, wait_for_lock
from sync.database.pool import DATABASE_AWAY, Connection, Pool
from sync.database.queries import Queries

_SQL = Queries("sync.attic_tech", "refusals.sql")


class DatabaseGate:
    """Holds `Lock.LOGIN` on one connection of the pool while somebody is inside.

    `silence`: seconds after which whoever says nothing there, stopped or dead, is outside again; a
    login takes less.
    """

    def __init__(self, pool: Pool, *, patience: float = 60, silence: float = 120) -> None:
        self._pool, self._patience, self._silence = pool, patience, silence

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[Refusals]:
        """What is remembered inside is committed at once.

        Raises `AtticTechUnavailable` when another process does not come out.
        """
        async with AsyncExitStack() as stack:
            try:
                async with asyncio.timeout(self._patience):
                    connection = await stack.enter_async_context(self._pool.acquire())
                    await end_when_silent(connection, self._silence)
                    await wait_for_lock(connection, Lock.LOGIN, every=0.2)
            except TimeoutError as error:
                raise AtticTechUnavailable(
                    "Another process has been logging in to Attic Tech for too long.",
                    "login_busy",
                    again=False,
                ) from error
            stack.push_async_callback(_give_back, connection)
            yield _StoredRefusals(connection)


async def _give_back(connection: Connection) -> None:
    with suppress(*DATABASE_AWAY):  # whose connection is gone holds nothing
        await unlock(connection, Lock.LOGIN)


class _StoredRefusals:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def cause(self, fingerprint: str) -> str | None:
        found = await self._connection.fetchval(_SQL["refusal"], _key(fingerprint))
        return None if found is None else str(found)

    async def remember(self, fingerprint: str, cause: str) -> None:
        await self._connection.execute(_SQL["remember"], _key(fingerprint), cause)

    async def forget(self, fingerprint: str) -> None:
        await self._connection.execute(_SQL["forget"], _key(fingerprint))


def _key(fingerprint: str) -> str:
    return f"attic_tech_refused:{fingerprint}"
