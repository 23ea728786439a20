"""Errors that aiogram's own session hides from us: by their status, and by what never left."""

import aiohttp
import pytest
from aiogram.exceptions import (
    ClientDecodeError,
    TelegramNetworkError,
    TelegramRetryAfter,
    TelegramServerError,
)
from aiogram.methods import GetMe

from bot.telegram import Session, loads, open_bot

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


def test_what_no_text_of_ours_can_hold_is_replaced_wherever_it_stands():
    sent = r'{"result": [{"text": "a\u0000b\ud800c", "emoji": "\ud83d\ude42", "id": 7}]}'
    assert loads(sent) == {"result": [{"text": "a\ufffdb\ufffdc", "emoji": "🙂", "id": 7}]}
