"""Calls that read or set the bot up: getMe, getChat, menus of commands, the webhook's address."""

import json
import re
from typing import Any

from sandbox.telegram.errors import bad_request
from sandbox.telegram.params import Params
from sandbox.telegram.wire import chat_to_api
from sandbox.telegram.world import World

_COMMAND = re.compile(r"[a-z0-9_]{1,32}")
_MOST_COMMANDS = 100
#: From the nearest to the widest: the first menu that is set is the one that a person sees.
_SCOPES_OF_A_PRIVATE_CHAT = ("chat", "all_private_chats", "default")


def get_me(world: World, _params: Params) -> dict[str, Any]:
    """getMe: the bot."""
    return world.bot


def get_chat(world: World, params: Params) -> dict[str, Any]:
    """getChat: the chat, with the fields that a ChatFullInfo cannot lack."""
    chat = world.chats.get(params.chat_id() or 0)
    if chat is None:
        raise bad_request("chat not found")
    gifts = (
        "unlimited_gifts",
        "limited_gifts",
        "unique_gifts",
        "premium_subscription",
        "gifts_from_channels",
    )
    return chat_to_api(chat, world.account_of(chat)) | {
        "accent_color_id": 0,
        "max_reaction_count": 11,
        "accepted_gift_types": dict.fromkeys(gifts, False),
    }


def _menu_key(world: World, params: Params) -> tuple[str, str]:
    scope = params.json("scope") or {"type": "default"}
    if "chat_id" in scope and int(scope["chat_id"]) not in world.chats:
        raise bad_request("chat not found")
    return json.dumps(scope, sort_keys=True), params.text("language_code")


def set_my_commands(world: World, params: Params) -> bool:
    """setMyCommands: true; an empty list takes the menu away."""
    commands = params.json("commands") or []
    if len(commands) > _MOST_COMMANDS:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    for command in commands:
        if not _COMMAND.fullmatch(command["command"].removeprefix("/")):
            raise bad_request("BOT_COMMAND_INVALID")
        if not 1 <= len(command["description"].strip()) <= 256:
            raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    key = _menu_key(world, params)
    if commands:
        world.menus[key] = [
            {
                "command": command["command"].removeprefix("/"),
                "description": command["description"].strip(),
            }
            for command in commands
        ]
    else:
        world.menus.pop(key, None)
    world.touch()
    return True


def get_my_commands(world: World, params: Params) -> list[dict[str, str]]:
    """getMyCommands: exactly what was set for this scope and language."""
    return world.menus.get(_menu_key(world, params), [])


def delete_my_commands(world: World, params: Params) -> bool:
    """deleteMyCommands: true."""
    world.menus.pop(_menu_key(world, params), None)
    world.touch()
    return True


def menu_of(world: World, person_id: int, language: str | None) -> list[dict[str, str]]:
    """The menu of a private chat: the nearest scope first, the person's language before none."""
    for kind in _SCOPES_OF_A_PRIVATE_CHAT:
        scope = {"type": kind} | ({"chat_id": person_id} if kind == "chat" else {})
        for code in (language or "", ""):
            menu = world.menus.get((json.dumps(scope, sort_keys=True), code))
            if menu is not None:
                return menu
    return []


def set_webhook(world: World, params: Params) -> bool:
    """setWebhook: true; only the address is kept, nothing is posted to it."""
    url = params.text("url")
    if url and not url.startswith("https://"):
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    world.webhook = {"url": url} if url else {}
    return True


def delete_webhook(world: World, _params: Params) -> bool:
    """deleteWebhook: true."""
    world.webhook = {}
    return True
