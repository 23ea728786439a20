"""A host that died holds the sender's lock for seconds; another takes over, and nobody hears twice.

The host is played by a sender behind a TCP proxy that stops forwarding.
"""

import asyncio

import pytest

from bot.delivery.sender import Tempo
from sandbox.telegram import TelegramSandbox
from sync.postgres.locks import Lock, somebody_holds
from tests.mirror import Town
from tests.posting import posting, until
from tests.proxy import proxy

PIP = "Plans In Progress"
#: As in the program, but several times as fast; with room for a machine that is busy.
HASTE = Tempo(poll=1.0, retry=0.1, statement=3.0, resting=0.01, silence=4.0)


@pytest.fixture
async def town(connection) -> Town:
    built = await Town.build(connection)
    await connection.execute("DELETE FROM botzilla.alert")  # first contact's
    return built


async def test_another_host_takes_over_and_what_was_on_its_way_is_unknown(town, database_url):
    async with (
        TelegramSandbox() as telegram,
        proxy(database_url) as line,
        posting(line.url, telegram, tempo=HASTE) as dead,
    ):
        dead.phone(102), dead.phone(103)
        await until(lambda: somebody_holds(town.connection, Lock.SENDER))
        telegram.answer_late(2, method="sendMessage", chat_id=102)
        await town.job(1, PIP, assignedCrew=[7])
        await town.news()
        await telegram.phone(102).wait_for("new job")
        # Not in the middle of a statement: before PostgreSQL 17 no limit covers that moment.
        await until(lambda: at_rest(town))
        line.fall_silent()
        await town.job(2, PIP, assignedCrew=[8])
        await town.news()
        async with posting(database_url, telegram, tempo=HASTE) as alive:
            await telegram.phone(103).wait_for("new job", 20)
            await town.connection.execute(
                "UPDATE botzilla.alert SET lease_until = now() WHERE state = 'sending'"
            )
            assert [state for *_, state, _ in await alive.settled()] == ["unknown", "delivered"]
            # The dead comes back with its verdict, and is too late.
            line.forwarding.set()
            await until(lambda: nothing_in_hand(dead))
            assert [state for *_, state, _ in await alive.states()] == ["unknown", "delivered"]
        assert [len(telegram.phone(id).received) for id in (102, 103)] == [1, 1]


async def at_rest(town: Town) -> bool:
    """The sender has just looked how long nothing will be due, and says nothing for a while."""
    return await town.connection.fetchval(
        "SELECT count(*) = 1 FROM pg_stat_activity WHERE pid = $1 AND state = 'idle'"
        " AND query LIKE '%min(lease_until)%'"
        " AND clock_timestamp() - state_change < '0.2 s'",
        await pid(town),
    )


async def nothing_in_hand(post) -> bool:
    return not post.sender.delivery.in_hand


async def test_a_lock_is_not_lost_by_having_nothing_to_do(town, database_url):
    async with posting(database_url, tempo=HASTE) as post:
        await until(lambda: somebody_holds(town.connection, Lock.SENDER))
        holder = await pid(town)
        await asyncio.sleep(2 * HASTE.silence)  # the time itself is what is tested
        assert await pid(town) == holder
        assert post.sender.delivery.in_hand == set()


async def pid(town: Town) -> int:
    return await town.connection.fetchval(
        "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = $1",
        int(Lock.SENDER) & 0xFFFFFFFF,
    )
