"""Somebody blocks the bot, or lets it in again: Telegram tells us by `my_chat_member`.

While they block it nothing is sent to them; what is still current goes out when they are back. In
groups this is of no interest.
"""

import structlog
from aiogram import F, Router
from aiogram.enums import ChatMemberStatus, ChatType
from aiogram.types import ChatMemberUpdated

from bot.handlers.frame import Deps
from bot.people.chat import has_blocked, is_back
from bot.people.identity import read_identity

_LOG = structlog.get_logger()


def router() -> Router:
    """Handles changes of the bot's standing in private chats."""
    routes = Router(name="blocking")
    routes.my_chat_member.register(standing_changed, F.chat.type == ChatType.PRIVATE)
    return routes


async def standing_changed(change: ChatMemberUpdated, deps: Deps) -> None:
    """Records it."""
    telegram_id = change.chat.id
    blocked = change.new_chat_member.status == ChatMemberStatus.KICKED
    _LOG.info("bot_blocked" if blocked else "bot_unblocked", telegram_id=telegram_id)
    async with deps.pool.acquire() as connection:
        if blocked:
            await has_blocked(connection, telegram_id)
        else:
            person = await read_identity(
                connection, telegram_id, deps.operators, deps.words.language
            )
            await is_back(connection, person)
