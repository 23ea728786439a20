"""One claimed alert, delivered by hand: a call that cannot begin in time does not begin."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from bot.delivery.deliver import START_WITHIN, Delivery
from bot.delivery.outbox import claim, sweep
from sandbox.telegram import TelegramSandbox
from sync.postgres.pool import open_pool
from sync.reconcile.company import load_directory
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


async def deliver(town: Town, delivery: Delivery, waited: float) -> tuple[str, int]:
    """Claim the alert and deliver it, so many seconds after the claim; its state and attempts."""
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
    assert await deliver(town, delivery, START_WITHIN + 0.1) == ("pending", 0)
    assert telegram.calls("sendMessage") == []
    assert await deliver(town, delivery, START_WITHIN - 5) == ("delivered", 0)
    assert len(telegram.calls("sendMessage")) == 1


async def test_a_verdict_that_the_database_can_never_hold_keeps_no_lane_for_ever(
    connection, delivery, telegram, monkeypatch
):
    """It is no database that is away: the lease ends it, and it may have arrived."""
    town = await Town.build(connection)
    await connection.execute("DELETE FROM botzilla.alert")  # first contact's
    await town.job(1, PIP, assignedCrew=[7])
    await town.decide()
    monkeypatch.setattr(type(telegram.world), "next_message_id", lambda _: 2**70)
    async with asyncio.timeout(5):
        assert await deliver(town, delivery, 0) == ("sending", 0)
    assert not delivery.in_hand
    await connection.execute("UPDATE botzilla.alert SET lease_until = now() - interval '1 s'")
    (lost,) = await sweep(connection)
    assert await connection.fetchval("SELECT state FROM botzilla.alert WHERE id = $1", lost) == (
        "unknown"
    )
