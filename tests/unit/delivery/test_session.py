"""Errors that aiogram's own session hides from us: by their status, and by what never left."""

import json
import traceback

import aiohttp
import pytest
from aiogram.exceptions import (
    ClientDecodeError,
    TelegramAPIError,
    TelegramForbiddenError,
    TelegramNetworkError,
    TelegramRetryAfter,
    TelegramServerError,
)
from aiogram.methods import EditMessageText, GetMe, GetUpdates, SendMessage
from structlog.testing import capture_logs

from bot.telegram.client import Session, loads, open_bot

PAGE = "<html>Bad Gateway</html>"


@pytest.fixture
async def bot():
    opened = open_bot("1:a", "http://127.0.0.1:9")
    yield opened
    await opened.session.close()


@pytest.mark.parametrize(
    ("status", "kind"),
    [(502, TelegramServerError), (429, TelegramRetryAfter), (200, ClientDecodeError)],
)
async def test_a_proxys_page_counts_by_its_status(bot, status, kind):
    with pytest.raises(kind):
        Session().check_response(bot, GetMe(), status, PAGE)


async def test_nobody_listening_means_that_nothing_left(bot):
    with pytest.raises(TelegramNetworkError) as caught:
        await bot.get_me()
    assert isinstance(caught.value.__cause__, aiohttp.ClientConnectorError)


async def test_a_host_that_does_not_answer_means_that_nothing_left(bot, monkeypatch):
    async def never(*_: object, **__: object) -> None:
        raise TimeoutError

    await bot.session.create_session()
    monkeypatch.setattr(aiohttp.TCPConnector, "_create_connection", never)
    with pytest.raises(TelegramNetworkError) as caught:
        await bot.get_me()
    assert isinstance(caught.value.__cause__, aiohttp.ConnectionTimeoutError)


ODD = {"message_id": 5, "text": "Maria Smith, 12 Elm St", "entities": "none"}


def answered(result, **more) -> str:
    return json.dumps({"ok": True, "result": result} | more)


@pytest.mark.parametrize(
    "odd",
    [
        {"date": 1, "chat": {"id": 102, "type": "private"}},
        {"date": "soon", "chat": {"id": 102, "type": "of a newer kind"}},
        {"chat": "none"},
        {},
    ],
)
@pytest.mark.parametrize(
    "method",
    [
        SendMessage(chat_id=102, text="x"),
        EditMessageText(chat_id=102, message_id=5, text="x"),
    ],
)
async def test_the_number_of_a_message_is_taken_from_an_answer_that_cannot_be_read(
    bot, method, odd
):
    with capture_logs() as logs:
        read = Session().check_response(bot, method, 200, answered(ODD | odd))
    assert (read.result.message_id, read.result.chat.id) == (5, 102)
    assert "Maria" not in str(logs)


async def test_a_refusal_is_one_though_it_cannot_be_read_as_a_whole(bot):
    refusal = {"ok": False, "description": "Forbidden: bot was blocked by the user"}
    content = json.dumps(refusal | {"parameters": "none"})
    with pytest.raises(TelegramForbiddenError, match="bot was blocked"):
        Session().check_response(bot, SendMessage(chat_id=102, text="x"), 403, content)


@pytest.mark.parametrize(
    ("status", "content"),
    [
        (200, answered([{"update_id": 1, "message": ODD}])),
        (200, answered({"text": "Maria Smith"})),
        (200, "Maria Smith"),
        (502, "Maria Smith"),
        (502, answered(ODD)),
        (429, "Maria Smith"),
    ],
)
async def test_no_error_quotes_an_answer(bot, status, content):
    method = GetUpdates() if "update_id" in content else SendMessage(chat_id=102, text="x")
    with pytest.raises((ClientDecodeError, TelegramAPIError)) as caught:
        Session().check_response(bot, method, status, content)
    assert "Maria" not in "".join(traceback.format_exception(caught.value))


def test_what_no_text_of_ours_can_hold_is_replaced_wherever_it_stands():
    sent = r'{"result": [{"text": "a\u0000b\ud800c", "emoji": "\ud83d\ude42", "id": 7}]}'
    assert loads(sent) == {"result": [{"text": "a\ufffdb\ufffdc", "emoji": "🙂", "id": 7}]}
