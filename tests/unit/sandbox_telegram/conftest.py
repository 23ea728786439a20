"""The pretend Telegram, one person who started the bot, and the real aiogram Bot against it."""

from collections.abc import AsyncIterator

import pytest
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer

from sandbox.telegram import Phone, TelegramSandbox


@pytest.fixture
async def sandbox() -> AsyncIterator[TelegramSandbox]:
    async with TelegramSandbox() as running:
        yield running


@pytest.fixture
async def bot(sandbox: TelegramSandbox) -> AsyncIterator[Bot]:
    session = AiohttpSession(api=TelegramAPIServer.from_base(sandbox.url))
    bot = Bot(sandbox.token, session=session)
    yield bot
    # Not `session.close()`, which sleeps a quarter of a second for the sake of TLS.
    await (await session.create_session()).close()


@pytest.fixture
def maria(sandbox: TelegramSandbox) -> Phone:
    return sandbox.person(501, "María", "es", started=True)
