"""One person's flood or slow chat delays nobody else's answer: real dispatcher, real sockets."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bot.handlers import dispatcher
from bot.handlers.frame import Deps
from bot.handlers.speaking import excuser
from bot.health import Health
from bot.telegram.client import open_bot
from bot.telegram.dispatch import KNOWN, STRANGER, Budgets, Handling, feeder
from bot.telegram.poller import Poller, Tempo
from sandbox.telegram import Fault, TelegramSandbox
from sync.postgres.pool import Pool
from tests.integration.handlers.conftest import WORDS
from tests.posting import until

STRANGERS, LEADER, OTHER = 66, 101, 102
HASTE = Tempo(long_poll=1, retry=0.05, lock=0.2, again=0.05)


@pytest.fixture
async def telegram(company) -> AsyncIterator[TelegramSandbox]:
    await company.leader("Chris Jordan", telegram_id=str(LEADER))
    await company.leader("Ana Ruiz", telegram_id=str(OTHER))
    async with TelegramSandbox() as there:
        for id in (STRANGERS, LEADER, OTHER):
            there.person(id, f"Person {id}", started=True)
        yield there


@asynccontextmanager
async def answering(database_url: str, pool: Pool, telegram: TelegramSandbox) -> AsyncIterator:
    """The program, as far as it answers people."""
    bot, stop, budgets = (
        open_bot(telegram.token, telegram.url),
        asyncio.Event(),
        Budgets(clock=lambda: 0.0),
    )
    handling = Handling(
        feeder(bot, dispatcher(pool, (), WORDS, budgets)),
        excuser(bot, Deps(pool, (), WORDS)),
        budgets,
    )
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(Poller(database_url, bot, handling, Health(), HASTE).run(stop))
            yield
            stop.set()
    finally:
        await bot.session.close()


def tries(telegram: TelegramSandbox, chat: int) -> int:
    """How often a message to this chat was tried."""
    return sum(
        call.params.get("chat_id") in (chat, str(chat)) for call in telegram.calls("sendMessage")
    )


async def everything_confirmed(telegram: TelegramSandbox) -> None:
    async def nothing_left() -> bool:
        return not telegram.queue.unconfirmed

    await until(nothing_left)


async def test_a_hundred_texts_of_a_stranger_whose_chat_is_full_delay_no_leader(
    database_url, pool, telegram
):
    """60 to 100 texts made a leader's /myjobs take 60 to 100 s."""
    telegram.faults.add(Fault(code=429, retry_after=9, chat_id=STRANGERS, times=None))
    for number in range(100):
        await telegram.phone(STRANGERS).send(f"text {number}")
    await telegram.phone(LEADER).send("/myjobs")
    async with answering(database_url, pool, telegram):
        await telegram.phone(LEADER).wait_for("job", 5)
        await everything_confirmed(telegram)
    assert tries(telegram, STRANGERS) == STRANGER.at_once + 1


async def test_two_texts_of_a_stranger_whose_chat_rests_are_tried_once_each(
    database_url, pool, telegram
):
    """A 429 of 9 s on the stranger's chat cost 36 s."""
    telegram.faults.add(Fault(code=429, retry_after=9, chat_id=STRANGERS, times=None))
    async with answering(database_url, pool, telegram):
        await telegram.phone(STRANGERS).send("one")
        await telegram.phone(STRANGERS).send("two")
        await telegram.phone(LEADER).send("/myjobs")
        await telegram.phone(LEADER).wait_for("job", 5)
        await everything_confirmed(telegram)
    assert tries(telegram, STRANGERS) == 2


async def test_a_leaders_own_flood_is_bounded_and_delays_no_other(database_url, pool, telegram):
    for _ in range(100):
        await telegram.phone(OTHER).send("/myjobs")
    await telegram.phone(LEADER).send("/myjobs")
    async with answering(database_url, pool, telegram):
        await telegram.phone(LEADER).wait_for("job", 5)
        await telegram.phone(OTHER).wait_for("That was a lot at once", 10)
        await everything_confirmed(telegram)
    assert len(telegram.phone(OTHER).received) == KNOWN.at_once + 1


async def test_a_leader_whose_chat_rests_is_answered_after_it_and_delays_no_other(
    database_url, pool, telegram
):
    telegram.faults.add(Fault(code=429, retry_after=1, chat_id=OTHER, times=1))
    async with answering(database_url, pool, telegram):
        await telegram.phone(OTHER).send("/myjobs")
        await telegram.phone(LEADER).send("/myjobs")
        await telegram.phone(LEADER).wait_for("job", 5)
        await telegram.phone(OTHER).wait_for("job", 5)
        await everything_confirmed(telegram)
    assert tries(telegram, OTHER) == 2
