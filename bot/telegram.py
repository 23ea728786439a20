"""How we call the Bot API: aiogram's client, with errors that tell whether a request can have left.

Two things that aiogram's own session hides decide between "again" and "unknown" (see
`bot/delivery/verdict.py`): a connection that could not be opened in time, and a 5xx or 429 whose
body is not Telegram's JSON but a proxy's page.
"""

import json
import re
from http import HTTPStatus
from typing import Any

import aiohttp
from aiogram import Bot
from aiogram.client.default import DefaultBotProperties
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.enums import ParseMode
from aiogram.exceptions import ClientDecodeError, TelegramRetryAfter, TelegramServerError
from aiogram.methods import Response, TelegramMethod
from aiogram.methods.base import TelegramType
from aiogram.types import LinkPreviewOptions

#: Seconds to get a connection; what fails here has not left this machine.
CONNECT_TIMEOUT = 5.0
#: Seconds for a whole call, but for long polling.
CALL_TIMEOUT = 30


#: What neither PostgreSQL's text nor UTF-8 can hold: NUL, and half a character.
_NO_TEXT = re.compile("[\0\ud800-\udfff]")


def loads(text: str) -> Any:
    """JSON of Telegram's, with U+FFFD for what no text of ours can hold, whoever wrote it."""
    return _clean(json.loads(text))


def _clean(value: Any) -> Any:
    match value:
        case str():
            return _NO_TEXT.sub("\ufffd", value)
        case list():
            return [_clean(each) for each in value]
        case dict():
            return {key: _clean(each) for key, each in value.items()}
        case _:
            return value


class Session(AiohttpSession):
    """aiogram's session with a time limit for connecting, and 5xx and 429 known by their status."""

    async def make_request(
        self, bot: Bot, method: TelegramMethod[TelegramType], timeout: int | None = None
    ) -> TelegramType:
        """The result of `method`; raises aiogram's errors."""
        limits = aiohttp.ClientTimeout(
            total=self.timeout if timeout is None else timeout, connect=CONNECT_TIMEOUT
        )
        # aiogram hands the value through to aiohttp, which takes either.
        return await super().make_request(bot, method, limits)  # type: ignore[arg-type]

    def check_response(
        self, bot: Bot, method: TelegramMethod[TelegramType], status_code: int, content: str
    ) -> Response[TelegramType]:
        """The decoded answer; a 5xx or 429 is one whatever its body is."""
        try:
            return super().check_response(bot, method, status_code, content)
        except ClientDecodeError as error:
            if status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
                raise TelegramServerError(method, f"status {status_code}") from error
            if status_code == HTTPStatus.TOO_MANY_REQUESTS:
                raise TelegramRetryAfter(method, "no JSON", retry_after=1) from error
            raise


def open_bot(token: str, api_url: str) -> Bot:
    """The bot at `api_url`, HTML and no link previews by default; the caller closes its session."""
    return Bot(
        token,
        session=Session(
            api=TelegramAPIServer.from_base(api_url), timeout=CALL_TIMEOUT, json_loads=loads
        ),
        default=DefaultBotProperties(
            parse_mode=ParseMode.HTML, link_preview=LinkPreviewOptions(is_disabled=True)
        ),
    )
