"""Updates go person by person; what passes is waited for, what does not holds up nobody."""

import asyncio
from collections import defaultdict

import asyncpg
import pytest
from aiogram.exceptions import TelegramBadRequest, TelegramRetryAfter, TelegramServerError
from aiogram.methods import SendMessage
from aiogram.types import Update, User

from bot.telegram.client import batch
from bot.telegram.dispatch import STRANGER, Budgets, Handling
from bot.telegram.poller import WINDOW, Hand
from bot.views.excuses import TOO_FAST, WENT_WRONG
from sync.postgres.pool import NoConnection

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
    """The updates that are unfinished in the end."""
    hand = Hand(Handling(feed, **{"rest": 0.0, "longest": 5.0} | more))
    async with asyncio.TaskGroup() as group:
        hand.take(batch(updates), halt or asyncio.Event(), group)
    return sorted(hand._open)


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
        NoConnection("refused"),
        asyncpg.InterfaceError("connection is closed"),
        asyncpg.CannotConnectNowError("the database system is starting up"),
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
            raise NoConnection

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


class Excuses:
    """What was said to whom in place of an answer."""

    def __init__(self) -> None:
        self.said: list[tuple[int, str]] = []

    async def __call__(self, update: Update, sentence: str) -> None:
        self.said.append((update.callback_query.from_user.id, sentence))


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.QueryCanceledError("canceling statement due to statement timeout"),
        asyncpg.DeadlockDetectedError("deadlock detected"),
        asyncpg.InterfaceError("the server expects 1 argument for this query, 2 were passed"),
        OSError(28, "No space left on device"),
        TimeoutError(),
    ],
    ids=repr,
)
async def test_an_update_that_fails_thrice_is_answered_and_the_next_is_handled(error):
    """None of these is a database that is away."""
    handlers, excuses = Handlers(_1=[error] * 9), Excuses()
    assert await handle(handlers, update(1), update(2), excuse=excuses) == []
    assert (handlers.handled, handlers.tries[1]) == ([2], 3)
    assert excuses.said == [(7, WENT_WRONG)]


async def test_an_excuse_that_cannot_be_said_ends_nothing():
    async def excuse(*_: object) -> None:
        raise TelegramRetryAfter(METHOD, "Too Many Requests", 60)

    handlers = Handlers(_1=[KeyError("a bug")])
    assert await handle(handlers, update(1), update(2), excuse=excuse) == []
    assert handlers.handled == [2]


async def test_strangers_get_one_attempt():
    budgets = Budgets()
    budgets.met(7, known=False)
    troubles = [TelegramRetryAfter(METHOD, "Too Many Requests", 9)]
    handlers = Handlers(_1=troubles, _2=[asyncpg.DeadlockDetectedError("deadlock detected")])
    assert await handle(handlers, update(1), update(2), update(3), budgets=budgets) == []
    assert (handlers.handled, handlers.tries[1], handlers.tries[2]) == ([3], 1, 1)


async def test_what_is_over_budget_is_answered_once_and_done_without_work():
    handlers, excuses = Handlers(), Excuses()
    flood = [update(id) for id in range(1, WINDOW)]
    other = update(WINDOW, person=8)
    assert await handle(handlers, *flood, other, excuse=excuses) == []
    assert sorted(handlers.handled) == [*range(1, STRANGER.at_once + 1), WINDOW]
    assert excuses.said == [(7, TOO_FAST)]


async def test_while_others_wait_for_the_end_of_an_update_it_is_not_tried_again():
    """A full window: Telegram shows nothing new before the oldest is finished."""
    handlers = Handlers(_1=[asyncpg.DeadlockDetectedError("deadlock detected")])
    crowd = [update(id, person=id) for id in range(1, WINDOW + 1)]
    assert await handle(handlers, *crowd) == []
    assert (1 in handlers.handled, handlers.tries[1]) == (False, 1)
