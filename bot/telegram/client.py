"""How we call the Bot API: aiogram's client, with errors that tell whether a request can have left.

Two things that aiogram's own session hides decide between "again" and "unknown" (see
`bot/delivery/verdict.py`): a connection that could not be opened in time, and a 5xx or 429 whose
body is not Telegram's JSON but a proxy's page. A message was sent, whatever else the answer holds
that aiogram cannot read: its number is what counts. No error quotes an answer, in which customers
stand. What an answer to a poll means is said here as well; `bot/telegram/poller.py` acts on it.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import aiohttp
import structlog
from aiogram import Bot
from aiogram.client.default import DefaultBotProperties
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.enums import ParseMode
from aiogram.exceptions import (
    ClientDecodeError,
    TelegramAPIError,
    TelegramConflictError,
    TelegramNetworkError,
    TelegramNotFound,
    TelegramRetryAfter,
    TelegramServerError,
    TelegramUnauthorizedError,
)
from aiogram.methods import Response, TelegramMethod
from aiogram.methods.base import TelegramType
from aiogram.types import LinkPreviewOptions, Update
from pydantic import ValidationError

_LOG = structlog.get_logger()
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
        """The decoded answer, or what counts of it; a 5xx or 429 is one whatever its body is.

        Raises aiogram's errors; Unreadable where nothing can be made of an answer.
        """
        try:
            return super().check_response(bot, method, status_code, content)
        except ClientDecodeError as error:
            odd = error
        # Raised out here, so that no traceback leads to an error that quotes the answer.
        if status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise TelegramServerError(method, f"status {status_code}")
        if status_code == HTTPStatus.TOO_MANY_REQUESTS:
            raise TelegramRetryAfter(method, "no JSON", retry_after=1)
        if (bare := _bare(method, odd.data)) is not None:
            _LOG.warning("answer_read_in_part", method=type(method).__name__)
            return super().check_response(bot, method, status_code, json.dumps(bare))
        raise Unreadable(odd.message, odd.original, odd.data)


class Unreadable(ClientDecodeError):
    """An answer of Telegram's that cannot be read; it is kept in `data` and never shown."""

    def __str__(self) -> str:
        return f"{self.message}: {type(self.original).__name__}"


def _bare(method: TelegramMethod[Any], data: Any) -> dict[str, Any] | None:
    """What counts of an answer that cannot be read as a whole: the refusal, or the message."""
    if not isinstance(data, dict):
        return None
    if data.get("ok") is False:
        return {"ok": False, "description": str(data.get("description") or "")}
    result = data.get("result")
    if not isinstance(result, dict) or not isinstance(result.get("message_id"), int):
        return None
    chat = result.get("chat")
    chat_id = chat.get("id") if isinstance(chat, dict) else None
    if not isinstance(chat_id, int):
        chat_id = getattr(method, "chat_id", None)
    bare = {
        "message_id": result["message_id"],
        "date": 0,
        "chat": {"id": chat_id, "type": "private"},
    }
    return {"ok": True, "result": bare}


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


#: Seconds to rest after a poll that failed.
_REFUSED_REST, _CONFLICT_REST, _LONGEST_REST = 30.0, 5.0, 30.0


@dataclass(frozen=True, slots=True)
class Batch:
    """Updates in order; `next` is the offset that confirms them all, `unreadable` ones included."""

    updates: tuple[Update, ...] = ()
    next: int | None = None
    unreadable: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Setback:
    """Why a poll failed, seconds to rest, and whether our token is refused."""

    detail: str
    rest: float
    refused: bool = False


def batch(updates: Sequence[Update]) -> Batch:
    """A batch as Telegram gave it."""
    return Batch(tuple(updates), max((u.update_id for u in updates), default=-1) + 1 or None)


def salvage(error: ClientDecodeError, bot: Bot) -> Batch | None:
    """The updates that can be read of an answer of which one cannot; None if it is no answer.

    One update of a kind that aiogram does not know would else stop all others for ever.
    """
    results = error.data.get("result") if isinstance(error.data, dict) else None
    if not isinstance(results, list) or not results:
        return None
    read = {item["update_id"]: _read(item, bot) for item in results}
    return Batch(
        tuple(update for update in read.values() if update),
        max(read) + 1,
        tuple(id for id, update in read.items() if update is None),
    )


def _read(item: dict[str, Any], bot: Bot) -> Update | None:
    try:
        return Update.model_validate(item, context={"bot": bot})
    except ValidationError:
        return None


def setback(error: Exception, failures: int) -> Setback:
    """What a failed poll means; `failures` came before it in a row.

    The detail never holds the token: a network error may quote the address, so only its kind is
    told.
    """
    match error:
        case TelegramUnauthorizedError() | TelegramNotFound():
            return Setback(f"Telegram refuses our token: {error.message}", _REFUSED_REST, True)
        case TelegramConflictError():
            return Setback(f"somebody else polls: {error.message}", _CONFLICT_REST)
        case TelegramRetryAfter(retry_after=seconds):
            return Setback("429", float(seconds))
        case TelegramNetworkError():
            cause = error.__cause__
            return Setback(type(cause or error).__name__, _backoff(failures))
        case TelegramAPIError():
            return Setback(error.message, _backoff(failures))
        case _:
            return Setback(type(error).__name__, _backoff(failures))


def _backoff(failures: int) -> float:
    return min(2.0 ** min(failures, 10), _LONGEST_REST)
