"""One claimed alert, carried by hand: a call that cannot begin in time does not begin."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from bot.delivery.carrying import START_WITHIN, Delivery
from bot.delivery.outbox import claim
from sandbox.telegram import TelegramSandbox
from sync.database.pool import open_pool
from sync.deciding.company import load_directory
from tests.mirror import Town
from tests.posting import sender_for

PIP = "Plans In Progress"


@pytest.fixture
async def telegram() -> AsyncIterator[TelegramSandbox]:
    async with TelegramSandbox() as there:
        there.person(102, "Chris", started=True)
        yield there


@pytest.fixture
async def delivery(database_url: str, telegram: TelegramSandbox) -> AsyncIterator[Delivery]:
    pool = await open_pool(database_url)
    delivery = sender_for(database_url, pool, telegram).delivery
    yield delivery
    await delivery.bot.session.close()
    await pool.close()


async def carry(town: Town, delivery: Delivery, waited: float) -> tuple[str, int]:
    """Claim the alert and carry it, so many seconds after the claim; its state and attempts."""
    directory = await load_directory(town.connection, ())
    await town.connection.execute("UPDATE botzilla.alert SET next_attempt_at = now()")
    [alert] = await claim(town.connection, 1, uuid4())
    delivery.take(alert)
    await delivery.deliver(alert, directory, asyncio.get_running_loop().time() - waited)
    row = await town.connection.fetchrow("SELECT state, attempts FROM botzilla.alert")
    return tuple(row)


async def test_a_call_begins_within_10_s_of_the_claim_or_waits_for_the_next_one(
    connection, delivery, telegram
):
    town = await Town.build(connection)
    await connection.execute("DELETE FROM botzilla.alert")  # first contact's
    await town.job(1, PIP, assignedCrew=[7])
    await town.decide()
    assert await carry(town, delivery, START_WITHIN + 0.1) == ("pending", 0)
    assert telegram.calls("sendMessage") == []
    assert await carry(town, delivery, START_WITHIN - 5) == ("delivered", 0)
    assert len(telegram.calls("sendMessage")) == 1
