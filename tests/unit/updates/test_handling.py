"""A batch is handled chat by chat; what passes is waited for, what does not holds up nobody."""

import asyncio
from collections import defaultdict

import asyncpg
import pytest
from aiogram.exceptions import TelegramBadRequest, TelegramRetryAfter, TelegramServerError
from aiogram.methods import SendMessage
from aiogram.types import Update, User

from bot.handling import Handling

METHOD = SendMessage(chat_id=1, text="x")


def update(id: int, person: int = 7) -> Update:
    user = User(id=person, is_bot=False, first_name="x")
    query = {"id": str(id), "from": user.model_dump(), "chat_instance": "1", "data": "x"}
    return Update.model_validate({"update_id": id, "callback_query": query})


class Handlers:
    """Handlers that fail as told: `troubles[update id]` is raised, one after the other."""

    def __init__(self, **troubles: list[BaseException]) -> None:
        self.troubles = {int(key[1:]): list(errors) for key, errors in troubles.items()}
        self.handled: list[int] = []
        self.tries: defaultdict[int, int] = defaultdict(int)

    async def __call__(self, update: Update) -> None:
        self.tries[update.update_id] += 1
        if errors := self.troubles.get(update.update_id):
            raise errors.pop(0)
        self.handled.append(update.update_id)


async def handle(feed, *updates: Update, halt: asyncio.Event | None = None, **more) -> list[int]:
    handling = Handling(feed, **{"rest": 0.0, "longest": 5.0} | more)
    return await handling.handle(updates, halt or asyncio.Event())


async def test_one_chat_is_handled_in_order():
    handlers = Handlers()
    assert await handle(handlers, update(1), update(2), update(3)) == []
    assert handlers.handled == [1, 2, 3]


async def test_chats_go_beside_each_other():
    both = asyncio.Barrier(2)

    async def feed(_: Update) -> None:
        await both.wait()

    assert await handle(feed, update(1, person=7), update(2, person=8)) == []


@pytest.mark.parametrize(
    "error",
    [
        ConnectionRefusedError(),
        asyncpg.InterfaceError("connection is closed"),
        asyncpg.CannotConnectNowError("the database system is starting up"),
        asyncpg.DeadlockDetectedError("deadlock detected"),
        asyncpg.ReadOnlySQLTransactionError("standby"),
    ],
)
async def test_an_update_waits_until_the_database_is_back(error):
    handlers = Handlers(_1=[error] * 9)
    assert await handle(handlers, update(1), update(2)) == []
    assert (handlers.handled, handlers.tries[1]) == ([1, 2], 10)


async def test_an_update_that_waits_for_the_database_at_a_stop_is_not_done_nor_those_after_it():
    halt = asyncio.Event()

    async def feed(update: Update) -> None:
        if update.update_id == 2:
            halt.set()
            raise ConnectionRefusedError

    undone = await handle(feed, update(1), update(2), update(3), update(4, person=8), halt=halt)
    assert undone == [2, 3]


async def test_an_error_of_ours_is_passed_over_once_and_the_next_is_handled():
    handlers = Handlers(_1=[KeyError("a bug")])
    assert await handle(handlers, update(1), update(2)) == []
    assert (handlers.handled, handlers.tries[1]) == ([2], 1)


async def test_a_handler_that_hangs_is_given_up_after_a_few_attempts():
    tries = 0

    async def feed(update: Update) -> None:
        nonlocal tries
        if update.update_id == 1:
            tries += 1
            await asyncio.Event().wait()

    assert await handle(feed, update(1), update(2), longest=0.01) == []
    assert tries == 3


async def test_an_answer_that_telegram_could_not_take_is_tried_again():
    handlers = Handlers(_1=[TelegramServerError(METHOD, "Bad Gateway")])
    assert await handle(handlers, update(1)) == []
    assert handlers.handled == [1]


@pytest.mark.parametrize(
    "error",
    [
        TelegramBadRequest(METHOD, "message is not modified"),
        TelegramRetryAfter(METHOD, "Too Many Requests", 60),
    ],
)
async def test_an_answer_that_is_refused_or_far_off_is_let_be(error):
    handlers = Handlers(_1=[error])
    assert await handle(handlers, update(1), update(2)) == []
    assert (handlers.handled, handlers.tries[1]) == ([2], 1)


async def test_a_telegram_that_stays_away_does_not_hold_up_the_chat_for_ever():
    handlers = Handlers(_1=[TelegramServerError(METHOD, "Bad Gateway")] * 9)
    assert await handle(handlers, update(1), update(2)) == []
    assert (handlers.handled, handlers.tries[1]) == ([2], 3)


async def test_an_update_of_a_kind_that_we_do_not_know_goes_by_itself():
    handlers = Handlers()
    assert await handle(handlers, Update(update_id=5), update(6)) == []
    assert sorted(handlers.handled) == [5, 6]
