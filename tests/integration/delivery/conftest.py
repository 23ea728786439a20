"""A small company whose outbox is empty, and its sender at work."""

from collections.abc import AsyncIterator

import pytest

from sync.postgres.pool import Connection
from tests.mirror import Town
from tests.posting import Post, posting


@pytest.fixture
async def town(connection: Connection) -> Town:
    """First contact is over, and what it told is gone."""
    built = await Town.build(connection)
    await connection.execute("DELETE FROM botzilla.alert")
    return built


@pytest.fixture
async def post(town: Town, database_url: str) -> AsyncIterator[Post]:
    """Everybody has started the bot: the manager 101, the leaders 102 and 103, and two more."""
    async with posting(database_url) as at_work:
        for id in (101, 102, 103, 104, 112):
            at_work.phone(id)
        yield at_work
