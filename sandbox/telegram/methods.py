"""The table of the calls that are understood.

getUpdates and getWebhookInfo need the queue and live in `api.py`.
"""

from collections.abc import Callable
from typing import Any

from sandbox.telegram import asking, sending
from sandbox.telegram.params import Params
from sandbox.telegram.world import World

METHODS: dict[str, Callable[[World, Params], Any]] = {
    "getMe": asking.get_me,
    "getChat": asking.get_chat,
    "setMyCommands": asking.set_my_commands,
    "getMyCommands": asking.get_my_commands,
    "deleteMyCommands": asking.delete_my_commands,
    "setWebhook": asking.set_webhook,
    "deleteWebhook": asking.delete_webhook,
    "sendMessage": sending.send_message,
    "sendPhoto": sending.send_photo,
    "sendChatAction": sending.send_chat_action,
    "editMessageText": sending.edit_message_text,
    "editMessageReplyMarkup": sending.edit_message_reply_markup,
    "deleteMessage": sending.delete_message,
    "answerCallbackQuery": sending.answer_callback_query,
}
#: Telegram counts these against a bot's limits.
LIMITED = frozenset({"sendMessage", "sendPhoto"})
_NAMES = {name.lower(): name for name in (*METHODS, "getUpdates", "getWebhookInfo")}


def proper_name(name: str) -> str | None:
    """The method as it is written in the documentation; names are case-insensitive."""
    return _NAMES.get(name.lower())
