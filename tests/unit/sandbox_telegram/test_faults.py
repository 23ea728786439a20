"""What can be made to go wrong, as aiogram sees it."""

import asyncio
import json
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import (
    ClientDecodeError,
    TelegramNetworkError,
    TelegramRetryAfter,
    TelegramServerError,
    TelegramUnauthorizedError,
)

from sandbox.telegram import Fault, FaultKind, Limits, Phone, TelegramSandbox
from sandbox.telegram.faults import Throttle


@pytest.fixture
async def control(sandbox: TelegramSandbox) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(f"{sandbox.url}/_sandbox/") as session:
        yield session


async def test_a_wrong_token_is_401(sandbox: TelegramSandbox):
    session = AiohttpSession(api=TelegramAPIServer.from_base(sandbox.url))
    async with Bot("1:other", session=session) as stranger:
        with pytest.raises(TelegramUnauthorizedError):
            await stranger.get_me()


async def test_a_refused_call_has_no_effect_and_the_next_one_goes_through(
    bot: Bot, sandbox: TelegramSandbox, maria: Phone
):
    sandbox.fail(502)
    with pytest.raises(TelegramServerError):
        await bot.send_message(maria.id, "one")
    await bot.send_message(maria.id, "two")
    assert [message.text for message in maria.received] == ["two"]
    assert [call.status for call in sandbox.calls("sendMessage")] == [502, 200]


async def test_a_fault_for_one_chat_leaves_the_others_alone(
    bot: Bot, sandbox: TelegramSandbox, maria: Phone
):
    chris = sandbox.person(7, "Chris", started=True)
    fault = sandbox.fail(429, chat_id=maria.id, retry_after=3, times=None)
    for _ in range(2):
        with pytest.raises(TelegramRetryAfter) as throttled:
            await bot.send_message(maria.id, "x")
        assert throttled.value.retry_after == 3
    assert await bot.send_message(chris.id, "x")
    sandbox.faults.remove(fault.id)
    assert await bot.send_message(maria.id, "x")


async def test_polls_go_on_unless_a_fault_names_them(bot: Bot, sandbox: TelegramSandbox):
    sandbox.fail(401, times=None)
    assert await bot.get_updates() == []
    sandbox.fail(401, method="*", times=1)
    with pytest.raises(TelegramUnauthorizedError):
        await bot.get_updates()


async def test_a_lost_answer_leaves_the_message_on_the_phone(
    bot: Bot, sandbox: TelegramSandbox, maria: Phone
):
    sandbox.lose_answers()
    with pytest.raises(TelegramNetworkError) as lost:
        await bot.send_message(maria.id, "one")
    assert not isinstance(lost.value.__cause__, aiohttp.ClientConnectorError)
    assert [message.text for message in maria.received] == ["one"]
    assert [call.status for call in sandbox.calls("sendMessage")] == [0]


async def test_a_cut_connection_leaves_nothing(bot: Bot, sandbox: TelegramSandbox, maria: Phone):
    sandbox.faults.add(Fault(FaultKind.CUT))
    with pytest.raises(TelegramNetworkError):
        await bot.send_message(maria.id, "one")
    assert maria.received == ()


async def test_a_late_answer_leaves_the_message_on_the_phone_at_once(
    bot: Bot, sandbox: TelegramSandbox, maria: Phone
):
    sandbox.answer_late(30)
    with pytest.raises(TelegramNetworkError, match="Request timeout"):
        await bot.send_message(maria.id, "one", request_timeout=0.2)
    assert [message.text for message in maria.received] == ["one"]


async def test_a_page_of_html_is_no_answer(bot: Bot, sandbox: TelegramSandbox, maria: Phone):
    sandbox.faults.add(Fault(FaultKind.GARBAGE, code=502))
    with pytest.raises(ClientDecodeError):
        await bot.send_message(maria.id, "one")
    assert maria.received == ()


async def test_a_refused_connection_is_told_apart_and_comes_back(
    bot: Bot, sandbox: TelegramSandbox, maria: Phone
):
    assert await bot.get_me()
    await sandbox.refuse_connections()
    with pytest.raises(TelegramNetworkError) as refused:
        await bot.send_message(maria.id, "one")
    assert isinstance(refused.value.__cause__, aiohttp.ClientConnectorError)
    await sandbox.accept_connections()
    assert await bot.send_message(maria.id, "two")


async def test_limits_answer_429_with_the_seconds_to_wait():
    async with TelegramSandbox(limits=Limits()) as sandbox:
        maria = sandbox.person(501, "María", "es", started=True)
        session = AiohttpSession(api=TelegramAPIServer.from_base(sandbox.url))
        async with Bot(sandbox.token, session=session) as bot:
            await bot.send_message(maria.id, "one")
            with pytest.raises(TelegramRetryAfter) as throttled:
                await bot.send_message(maria.id, "two")
    assert throttled.value.retry_after == 1


def test_limits_count_in_windows_that_slide():
    now = [0.0]
    throttle = Throttle(Limits(overall=3, per_chat=1, per_group=2), lambda: now[0])
    counted = []
    for moment, chat in ((0, 1), (0.5, 1), (1.0, 1), (1.1, -5), (2.2, -5), (30, -5), (62, -5)):
        now[0] = moment
        try:
            throttle.check(chat)
            counted.append("taken")
        except Exception as error:
            counted.append(str(error))
    late = "429 Too Many Requests: retry after"
    assert counted == ["taken", f"{late} 1", "taken", "taken", "taken", f"{late} 32", "taken"]


async def test_another_process_plays_people_over_http(
    bot: Bot, sandbox: TelegramSandbox, control: aiohttp.ClientSession
):
    await control.post("people", json={"id": 9, "first_name": "Ana", "language_code": "es"})
    await control.post("people/9/send", json={"text": "/start"})
    (update,) = await bot.get_updates()
    assert update.message
    assert update.message.text == "/start"
    async with control.get("people/9/messages") as answer:
        assert [message["text"] for message in await answer.json()] == ["/start"]
    async with control.post("people/9/tap", json={"button": 1}) as answer:
        assert (answer.status, await answer.json()) == (
            400,
            {"error": "Ana has no button 1, nor any other"},
        )
    async with control.post("people/77/send", json={"text": "x"}) as answer:
        assert answer.status == 404


async def test_the_event_stream_waits_for_what_comes_next(
    bot: Bot, control: aiohttp.ClientSession, maria: Phone
):
    await maria.send("hola")
    async with asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(events(control, after=1))
        await bot.send_message(maria.id, "<b>job 7</b>", parse_mode="HTML")
    (event,) = waiting.result()
    assert (event["seq"], event["kind"], event["message"]["text"]) == (2, "message", "job 7")
    assert event["message"]["html"] == "<b>job 7</b>"


async def events(control: aiohttp.ClientSession, after: int) -> list[dict]:
    async with control.get("events", params={"after": after, "timeout": 20}) as answer:
        return [json.loads(line) for line in (await answer.text()).splitlines()]


async def test_faults_are_switched_over_http(
    bot: Bot, sandbox: TelegramSandbox, control: aiohttp.ClientSession, maria: Phone
):
    async with control.post("faults", json={"code": 500, "times": None}) as answer:
        assert (await answer.json())["id"] == 1
    with pytest.raises(TelegramServerError):
        await bot.send_message(maria.id, "one")
    await control.delete("faults")
    assert await bot.send_message(maria.id, "two")
    async with control.get("calls", params={"method": "sendMessage"}) as answer:
        assert [call["status"] for call in await answer.json()] == [500, 200]
    async with control.post("faults", json={"colour": "red"}) as answer:
        assert answer.status == 400


async def test_connections_are_refused_over_http_for_a_while(
    bot: Bot, sandbox: TelegramSandbox, control: aiohttp.ClientSession
):
    async with control.post("refuse", json={"seconds": 0.3}) as answer:
        assert answer.status == 200
        await answer.read()
    await sandbox.wait_until(lambda: not sandbox.listening)
    with pytest.raises(TelegramNetworkError):
        await bot.get_me()
    await sandbox.wait_until(lambda: sandbox.listening)
    assert await bot.get_me()
