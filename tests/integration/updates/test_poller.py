"""Updates from a real socket: confirmed after their handlers, by one poller, through trouble."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from aiogram.types import Update

from bot.health import Health, Part
from bot.telegram.client import open_bot
from bot.telegram.dispatch import Feed, Handling
from bot.telegram.poller import Poller, Tempo
from sandbox.telegram import Fault, FaultKind, TelegramSandbox
from sync.postgres.pool import NoConnection
from tests.posting import until

HASTE = Tempo(long_poll=1, retry=0.05, lock=0.2)


@dataclass(slots=True)
class Desk:
    """What was handled, and the event that stops its poller."""

    telegram: TelegramSandbox
    health: Health = field(default_factory=Health)
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    handled: list[str] = field(default_factory=list)

    async def note(self, update: Update) -> None:
        self.handled.append(update.message.text if update.message else update.event_type)

    async def has(self, count: int) -> bool:
        return len(self.handled) >= count


@asynccontextmanager
async def polling(
    database_url: str, desk: Desk, feed: Feed | None = None
) -> AsyncIterator[asyncio.Event]:
    """A poller at work until the block ends or `stop` is set."""
    bot, stop = open_bot(desk.telegram.token, desk.telegram.url), asyncio.Event()
    handling = Handling(feed or desk.note, rest=0.01)
    poller = Poller(database_url, bot, handling, desk.health, HASTE)
    try:
        async with asyncio.TaskGroup() as group:
            running = group.create_task(poller.run(stop))
            try:
                yield stop
            finally:
                stop.set()
                await asyncio.wait([running], timeout=5)
                running.cancel()
    finally:
        await bot.session.close()


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with TelegramSandbox() as telegram:
        telegram.person(7, "Chris", started=True)
        yield Desk(telegram)


async def say(desk: Desk, *texts: str, person: int = 7) -> None:
    for text in texts:
        await desk.telegram.phone(person).send(text)


async def test_what_people_write_is_handled_in_order(desk, database_url):
    async with polling(database_url, desk):
        await say(desk, "one", "two", "three")
        await until(lambda: desk.has(3))
    assert desk.handled == ["one", "two", "three"]


async def test_whoever_blocks_and_unblocks_the_bot_is_heard(desk, database_url):
    async with polling(database_url, desk):
        await desk.telegram.phone(7).block()
        await desk.telegram.phone(7).unblock()
        await until(lambda: desk.has(2))
    assert desk.handled == ["my_chat_member", "my_chat_member"]


async def test_an_update_is_confirmed_only_after_its_handler(desk, database_url):
    entered, leave = asyncio.Event(), asyncio.Event()

    async def feed(update: Update) -> None:
        entered.set()
        await leave.wait()
        await desk.note(update)

    await say(desk, "one")
    async with polling(database_url, desk, feed):
        await entered.wait()
        polls = desk.telegram.calls("getUpdates")
        assert all(not call.params.get("offset") for call in polls)
        leave.set()
        await until(lambda: desk.has(1))


async def test_a_stop_confirms_what_was_handled(desk, database_url):
    await say(desk, "one")
    async with polling(database_url, desk):
        await until(lambda: desk.has(1))
    await say(desk, "two")
    async with polling(database_url, desk):
        await until(lambda: desk.has(2))
    assert desk.handled == ["one", "two"]


async def test_what_a_kill_cut_off_comes_again(desk, database_url):
    hanging = asyncio.Event()

    async def feed(update: Update) -> None:
        hanging.set()
        await asyncio.Event().wait()

    await say(desk, "one")
    bot = open_bot(desk.telegram.token, desk.telegram.url)
    killed = Poller(database_url, bot, Handling(feed), Health(), HASTE)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(killed.run(asyncio.Event()))
        await hanging.wait()
        running.cancel()
    await bot.session.close()
    async with polling(database_url, desk):
        await until(lambda: desk.has(1))
    assert desk.handled == ["one"]


async def test_an_update_waits_for_the_database_and_its_neighbours_do_not(desk, database_url):
    desk.telegram.person(8, "Ana", started=True)
    away = True

    async def feed(update: Update) -> None:
        if away and update.message.from_user.id == 7:
            raise NoConnection
        await desk.note(update)

    async with polling(database_url, desk, feed):
        await say(desk, "one")
        await say(desk, "other", person=8)
        await until(lambda: desk.has(1))
        assert desk.handled == ["other"]
        away = False
        await until(lambda: desk.has(2))
    assert desk.handled == ["other", "one"]


@pytest.mark.parametrize(
    ("fault", "refused"),
    [
        (Fault(code=401, method="getUpdates"), True),
        (Fault(code=409, method="getUpdates"), False),
        (Fault(code=429, retry_after=1, method="getUpdates"), False),
        (Fault(code=502, method="getUpdates"), False),
        (Fault(FaultKind.GARBAGE, method="getUpdates"), False),
        (Fault(FaultKind.CUT, method="getUpdates"), False),
        (Fault(FaultKind.LOSE, method="getUpdates"), False),
    ],
    ids=lambda value: f"{value.kind}-{value.code}" if isinstance(value, Fault) else "",
)
async def test_trouble_is_seen_in_health_and_loses_nothing(
    desk, database_url, monkeypatch, fault, refused
):
    monkeypatch.setattr("bot.telegram.client._REFUSED_REST", 0.1)
    monkeypatch.setattr("bot.telegram.client._CONFLICT_REST", 0.1)
    words = []
    say_as_before = desk.health.say

    def overhear(part: Part, **word) -> None:
        words.append((part, word["ok"], word.get("refused", False)))
        say_as_before(part, **word)

    monkeypatch.setattr(Health, "say", lambda _, part, **word: overhear(part, **word))
    desk.telegram.faults.add(fault)
    await say(desk, "one")
    async with polling(database_url, desk):
        await until(lambda: desk.has(1))
        assert desk.health.words[Part.POLLER].ok
    assert words[0] == (Part.POLLER, False, refused)
    assert desk.handled == ["one"]


async def test_two_polls_never_overlap_and_a_second_poller_takes_over(desk, database_url):
    async with polling(database_url, desk) as stop_first, polling(database_url, desk):
        for number in range(5):
            await say(desk, f"{number}")
        await until(lambda: desk.has(5))
        assert {call.status for call in desk.telegram.calls("getUpdates")} <= {200}
        stop_first.set()
        await say(desk, "after")
        await until(lambda: desk.has(6))
    assert desk.handled == ["0", "1", "2", "3", "4", "after"]


async def test_a_poller_that_lost_its_lock_stops_polling_and_is_elected_again(
    desk, database_url, connection
):
    async with polling(database_url, desk):
        await say(desk, "one")
        await until(lambda: desk.has(1))
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        await say(desk, "two")
        await until(lambda: desk.has(2))
    assert desk.handled[-1] == "two"


async def test_polling_goes_on_past_a_slow_lane_and_confirms_nothing_of_it(desk, database_url):
    desk.telegram.person(8, "Ana", started=True)
    leave, entered = asyncio.Event(), asyncio.Event()

    async def feed(update: Update) -> None:
        if update.message.from_user.id == 7:
            entered.set()
            await leave.wait()
        await desk.note(update)

    async with polling(database_url, desk, feed):
        await say(desk, "slow", "after it")
        await entered.wait()
        (slow, _) = desk.telegram.queue.unconfirmed
        for text in ("one", "two", "three"):
            await say(desk, text, person=8)
            await until(lambda text=text: handled(desk, text))
        assert desk.telegram.queue.unconfirmed[0] == slow
        assert len(desk.telegram.queue.unconfirmed) == 5
        leave.set()
        await until(lambda: desk.has(5))
    assert desk.handled == ["one", "two", "three", "slow", "after it"]
    assert desk.telegram.queue.unconfirmed == ()


async def handled(desk: Desk, text: str) -> bool:
    return text in desk.handled
