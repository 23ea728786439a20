"""A Telegram in memory under the program's own bot: who has which message, and what goes wrong.

aiogram decodes each answer as it would one from a socket; only the socket is left out, so that
thousands of lives can be lived.
"""

import json
from collections import defaultdict
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from aiogram import Bot
from aiogram.client.default import DefaultBotProperties
from aiogram.enums import ParseMode
from aiogram.exceptions import TelegramNetworkError
from aiogram.methods import SendMessage, TelegramMethod
from aiogram.methods.base import TelegramType

from bot.telegram.client import Session

FINE = "fine"
#: What meets a message: nothing, a 429, a 5xx, a lost answer, HTML in place of an answer.
TROUBLE = (FINE, "slow down", "broken", "lost", "html")
_ANSWERS = {
    "slow down": (429, {"description": "Too Many Requests", "parameters": {"retry_after": 9}}),
    "broken": (502, {"description": "Bad Gateway"}),
    "blocked": (403, {"description": "Forbidden: bot was blocked by the user"}),
}


@dataclass
class Phones:
    """What each chat received, as plain as it was sent; `blocked`: who lets the bot not in."""

    blocked: set[int] = field(default_factory=set)
    trouble: str = FINE
    received: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))

    @cached_property
    def bot(self) -> Bot:
        """A bot whose messages arrive here. Making one takes longer than a life."""
        return Bot(
            "1:lives",
            session=_Wire(self),
            default=DefaultBotProperties(parse_mode=ParseMode.HTML),
        )

    def forget(self) -> None:
        """As new, for the next life."""
        self.blocked.clear()
        self.received.clear()
        self.trouble = FINE

    def take(self, message: SendMessage) -> tuple[int, Any]:
        """The status and the body that Telegram answers with."""
        chat = int(message.chat_id)
        what = "blocked" if chat in self.blocked else self.trouble
        if what in _ANSWERS:
            status, body = _ANSWERS[what]
            return status, json.dumps({"ok": False, "error_code": status} | body)
        self.received[chat].append(message.text)
        if what == "lost":
            raise TelegramNetworkError(message, "the connection was reset")
        sent = {
            "message_id": sum(map(len, self.received.values())),
            "date": 1,
            "chat": {"id": chat, "type": "private"},
            "text": message.text,
        }
        return 200, "<html>" if what == "html" else json.dumps({"ok": True, "result": sent})


class _Wire(Session):
    def __init__(self, phones: Phones) -> None:
        super().__init__()
        self._phones = phones

    async def make_request(
        self, bot: Bot, method: TelegramMethod[TelegramType], timeout: Any = None
    ) -> TelegramType:
        if not isinstance(method, SendMessage):
            return True
        status, body = self._phones.take(method)
        return self.check_response(bot, method, status, body).result

    async def close(self) -> None: ...

    async def stream_content(self, *_: Any, **__: Any) -> AsyncGenerator[bytes, None]:
        raise NotImplementedError
        yield b""
