"""What was told of a mass change is edited when it changes, and when it is over."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.delivery.amending import keep_amended
from bot.watching import Pace
from sandbox.telegram.faults import Fault, FaultKind
from sync.database.pool import Connection, open_pool
from tests.mirror import LEADER, MEMBER, Town
from tests.posting import WORDS, Post, until

PIP = "Plans In Progress"


@pytest.fixture
async def post(post: Post, database_url: str) -> AsyncIterator[Post]:
    """A post whose messages are kept true."""
    pool = await open_pool(database_url)
    bot, pace = post.sender.carrier.bot, Pace(rest=0.01, look=0.1)
    async with asyncio.TaskGroup() as group:
        keeping = group.create_task(keep_amended(database_url, pool, bot, WORDS, pace))
        yield post
        keeping.cancel()
    await pool.close()


async def held(town: Town, post: Post, jobs: int = 12) -> None:
    """So many jobs lose Chris; the operators were told of nothing else."""
    for number in range(1, jobs + 1):
        await town.job(number, PIP, assignedCrew=[7])
    await town.decide()
    await town.connection.execute("DELETE FROM botzilla.alert")
    await town.put("users", 7, roles=[MEMBER])
    await town.decide()
    await post.settled()


async def shows(post: Post, words: str) -> str:
    """The manager's one message, once it says this."""

    async def said() -> str | None:
        (message,) = post.telegram.phone(101).received
        return message.text if words in message.text else None

    return str(await until(said))


async def no_more(connection: Connection) -> bool:
    """Nothing waits to be edited."""
    return not await connection.fetchval(
        "SELECT count(*) FROM botzilla.alert WHERE facts -> 'edition' <> facts -> 'shown'"
    )


async def test_the_message_shows_how_many_are_held_now(town: Town, post: Post) -> None:
    await held(town, post)
    assert "jobs: 12 of 12" in await shows(post, "🔴 Many jobs lose their crew leader at once")
    await town.job(1, PIP, assignedCrew=[8])
    await town.decide()
    await shows(post, "jobs: 11 of 12")
    await town.put("users", 7, roles=[LEADER])
    await town.decide()
    said = await shows(post, "⚪ Many jobs lost their crew leader at once")
    assert "It was put right in Attic Tech." in said
    assert len(post.texts(101)) == 1


async def test_a_hold_that_ended_while_its_message_was_on_its_way_is_edited_after(
    town: Town, post: Post
) -> None:
    await held(town, post)
    await town.connection.execute("UPDATE botzilla.alert SET state = 'sending'")
    await town.decide(accept=True)
    await town.connection.execute(
        "UPDATE botzilla.alert SET state = 'delivered' WHERE state = 'sending'"
    )

    async def said() -> bool:
        first = post.telegram.phone(101).received[0]
        return "It was accepted as meant" in first.text

    await until(said)


async def test_a_message_that_is_gone_is_not_edited_for_ever(town: Town, post: Post) -> None:
    await held(town, post)
    await town.connection.execute(
        "UPDATE botzilla.alert SET message_id = 999999 WHERE kind = 'mass_change_held'"
    )
    await town.put("users", 7, roles=[LEADER])
    await town.decide()
    await until(lambda: no_more(town.connection))


async def test_a_message_that_cannot_be_edited_keeps_no_other_from_it(
    town: Town, post: Post
) -> None:
    await town.company.manager(telegram_id="104")
    await held(town, post)
    fault = Fault(FaultKind.REFUSE, 502, method="editMessageText", chat_id=101, times=None)
    post.telegram.faults.add(fault)
    await town.put("users", 7, roles=[LEADER])
    await town.decide()

    async def edited() -> bool:
        return "It was put right" in post.telegram.phone(104).received[0].text

    await until(edited)
