"""Databases in every state of drift, before and after `up`."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from uuid import uuid4

import asyncpg
import pytest

from migrations import command
from tests.databases import create_database, fresh_database, on_database, run_sql
from tests.drift import DRIFT, LIVE


@dataclass(frozen=True, slots=True)
class Templates:
    """The names of two databases: one as it was found, and one after `up`."""

    live: str
    migrated: str


async def _make(server_url: str, templates: Templates, script: str) -> None:
    await create_database(server_url, templates.live)
    await run_sql(on_database(server_url, templates.live), script)
    await create_database(server_url, templates.migrated, templates.live)
    await command.upgrade(on_database(server_url, templates.migrated))


async def _drop(server_url: str, templates: Templates, role: str) -> None:
    await run_sql(server_url, f"DROP DATABASE {templates.live}")
    await run_sql(server_url, f"DROP DATABASE {templates.migrated}")
    connection = await asyncpg.connect(server_url)
    for (name,) in await connection.fetch(
        "SELECT rolname FROM pg_roles WHERE rolname LIKE $1", f"{role}%"
    ):
        await connection.execute(f'DROP ROLE "{name}"')
    await connection.close()


@pytest.fixture(scope="session", params=DRIFT)
def drifted(request: pytest.FixtureRequest, server_url: str) -> Iterator[Templates]:
    """A live BotZilla database, one after the other in each state of drift."""
    role = f"r{uuid4().hex[:8]}"
    templates = Templates(f"{role}_live", f"{role}_migrated")
    script = LIVE + DRIFT[request.param].replace("{role}", role)
    asyncio.run(_make(server_url, templates, script))
    yield templates
    asyncio.run(_drop(server_url, templates, role))


@pytest.fixture
async def live_url(server_url: str, drifted: Templates) -> AsyncIterator[str]:
    """A live BotZilla database of the test's own."""
    async for url in fresh_database(server_url, drifted.live):
        yield url


@pytest.fixture
async def migrated_url(server_url: str, drifted: Templates) -> AsyncIterator[str]:
    """The same after `up`."""
    async for url in fresh_database(server_url, drifted.migrated):
        yield url
