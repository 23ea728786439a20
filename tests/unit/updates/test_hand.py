"""What is in hand: which offset may be asked for, and what of an answer is new."""

import asyncio
from collections.abc import Iterable

from aiogram.types import Update, User

from bot.telegram.client import Batch, batch
from bot.telegram.dispatch import Handling
from bot.telegram.poller import WINDOW, Hand


def update(id: int, person: int) -> Update:
    user = User(id=person, is_bot=False, first_name="x").model_dump()
    query = {"id": str(id), "from": user, "chat_instance": "1", "data": "x"}
    return Update.model_validate({"update_id": id, "callback_query": query})


class Handlers:
    """Handlers that wait until their update is let go."""

    def __init__(self) -> None:
        self.begun: list[int] = []
        self._let_go: dict[int, asyncio.Event] = {}

    async def __call__(self, update: Update) -> None:
        self.begun.append(update.update_id)
        await self._let_go.setdefault(update.update_id, asyncio.Event()).wait()

    async def finish(self, *ids: int) -> None:
        for id in ids:
            self._let_go.setdefault(id, asyncio.Event()).set()
        for _ in range(10):
            await asyncio.sleep(0)


class Scene:
    """A hand at work; `shows` is an answer of Telegram's: ids and who they are of."""

    def __init__(self, group: asyncio.TaskGroup) -> None:
        self.handlers, self.halt, self.group = Handlers(), asyncio.Event(), group
        self.hand = Hand(Handling(self.handlers))

    async def shows(self, **people: Iterable[int]) -> None:
        updates = [update(id, int(name[1:])) for name, ids in people.items() for id in ids]
        self.hand.take(batch(sorted(updates, key=lambda u: u.update_id)), self.halt, self.group)
        await self.handlers.finish()


async def test_the_offset_never_passes_an_update_that_is_not_finished():
    async with asyncio.TaskGroup() as group:
        scene = Scene(group)
        assert scene.hand.offset is None
        await scene.shows(_7=[5, 6], _8=[7])
        assert (scene.handlers.begun, scene.hand.offset) == ([5, 7], 5)
        await scene.handlers.finish(7)
        assert scene.hand.offset == 5
        await scene.handlers.finish(5)
        assert (scene.handlers.begun, scene.hand.offset) == ([5, 7, 6], 6)
        assert not scene.hand.idle.is_set()
        await scene.handlers.finish(6)
        assert (scene.hand.offset, scene.hand.idle.is_set()) == (8, True)


async def test_what_is_shown_again_is_not_handled_again():
    async with asyncio.TaskGroup() as group:
        scene = Scene(group)
        await scene.shows(_7=[5], _8=[6])
        await scene.handlers.finish(6)
        await scene.shows(_7=[5], _8=[6, 7])
        await scene.handlers.finish(5, 7)
        assert (scene.handlers.begun, scene.hand.offset) == ([5, 6, 7], 8)


async def test_an_empty_answer_confirms_nothing():
    async with asyncio.TaskGroup() as group:
        scene = Scene(group)
        await scene.shows(_7=[5])
        await scene.handlers.finish(5)
        await scene.shows()
        assert scene.hand.offset == 6


async def test_over_a_lost_lock_it_is_remembered_what_was_done():
    async with asyncio.TaskGroup() as group:
        scene = Scene(group)
        await scene.shows(_7=[5], _8=[6])
        await scene.handlers.finish(5, 6)
        scene.hand.begin()
        assert scene.hand.offset is None
        await scene.shows(_7=[5], _8=[6, 7])
        await scene.handlers.finish(7)
        assert (scene.handlers.begun, scene.hand.offset) == ([5, 6, 7], 8)


async def test_an_unreadable_update_is_passed_with_the_others():
    async with asyncio.TaskGroup() as group:
        scene = Scene(group)
        scene.hand.take(Batch((update(5, 7),), 9, (8,)), scene.halt, group)
        await scene.handlers.finish(5)
        assert scene.hand.offset == 9


async def test_it_is_full_when_telegram_shows_nothing_new():
    async with asyncio.TaskGroup() as group:
        scene = Scene(group)
        await scene.shows(_7=[1], _8=range(2, WINDOW))
        assert not scene.hand.is_full
        await scene.handlers.finish(*range(2, WINDOW))
        await scene.shows(_7=[1], _8=range(2, WINDOW), _9=[WINDOW])
        assert scene.hand.is_full
        await scene.handlers.finish(1, WINDOW)
        await scene.shows()
        assert not scene.hand.is_full
