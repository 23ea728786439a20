"""Telegram's limits are kept, and one chat's limit holds up no other."""

import asyncio

from bot.delivery.pacing import Limits, Pacing


async def gone(pacing: Pacing, chats: list[int]) -> list[tuple[int, float]]:
    """The chats in the order in which their messages may go, each with its time."""
    loop = asyncio.get_running_loop()
    began, order = loop.time(), []

    async def one(chat: int) -> None:
        await pacing.turn(chat)
        order.append((chat, loop.time() - began))

    async with asyncio.TaskGroup() as group:
        for chat in chats:
            group.create_task(one(chat))
    return order


async def test_all_chats_together_keep_the_overall_rate_from_the_first_message_on():
    *_, (_, last) = await gone(Pacing(Limits(overall=0.02)), list(range(1, 11)))
    assert last >= 9 * 0.02 - 0.001


async def test_one_chat_waits_for_itself_and_others_do_not_wait_for_it():
    pacing = Pacing(Limits(overall=0.0001, chat=0.2, group=60))
    order = await gone(pacing, [1, 1, 2])
    assert [chat for chat, _ in order] == [1, 2, 1]
    assert order[-1][1] >= 0.199


async def test_a_group_has_a_limit_of_its_own():
    pacing = Pacing(Limits(overall=0.0001, chat=60, group=0.2))
    assert (await gone(pacing, [-1, -1]))[-1][1] >= 0.199


async def test_a_chat_rests_only_as_long_as_its_limit_says():
    pacing = Pacing(Limits(overall=0.0001, chat=60))
    await pacing.turn(7)
    assert pacing.resting() == ["7"]
    hurried = Pacing(Limits(overall=0.0001, chat=0.0001))
    await hurried.turn(7)
    await hurried.turn(8)
    assert "7" not in hurried.resting()
