"""`/start`: the greeting. From here on we speak the language of his Telegram, and his menu shows
what he may use. With the code of an invite, as its link sends it, he is linked first.
"""

import re
from dataclasses import replace

import structlog
from aiogram import Bot, Router
from aiogram.exceptions import TelegramAPIError
from aiogram.filters import CommandObject, CommandStart
from aiogram.types import BotCommand, BotCommandScopeChat, BotCommandScopeDefault
from aiogram.types import Message as Received

from bot.commands.frame import Command, Deps, menu_of
from bot.commands.speaking import reply
from bot.people.chat import remember_language
from bot.people.identity import Identity, read_identity
from bot.people.invites import redeem
from bot.views.invites import answer
from bot.views.language import LANGUAGES, Words
from bot.views.people import greeting
from sync.database.pool import Connection

_LOG = structlog.get_logger()
#: The link of an invite, sent as a text instead of being tapped.
_LINK = re.compile(r"[?&]start=([A-Za-z0-9_-]{32})(?![\w-])")


def router() -> Router:
    """Handles `/start`, with or without a code, and the link of an invite sent as a text."""
    routes = Router(name="start")
    routes.message.register(accept, CommandStart(deep_link=True, ignore_case=True))
    routes.message.register(start, CommandStart(ignore_case=True))
    routes.message.register(accept, _link_in)
    return routes


def _link_in(message: Received) -> dict[str, CommandObject] | None:
    """The same as what a tap on the link would have sent."""
    found = _LINK.search(message.text or "")
    return {"command": CommandObject(command="start", args=found[1])} if found else None


async def start(
    message: Received, person: Identity, deps: Deps, commands: tuple[Command, ...], bot: Bot
) -> None:
    """Greets him, or tells a stranger how to be linked."""
    person, words = await _meet(message, person, deps)
    await reply(message, greeting(person, menu_of(person, commands), words))
    await show_menu(bot, person, commands, words)


async def accept(
    message: Received,
    command: CommandObject,
    person: Identity,
    deps: Deps,
    commands: tuple[Command, ...],
    bot: Bot,
) -> None:
    """Uses the code, and tells him what came of it as who he is then."""
    person, words = await _meet(message, person, deps)
    async with deps.pool.acquire() as connection:
        redeemed = await redeem(
            connection, (command.args or "").strip(), person.telegram_id, deps.operators
        )
        person = await _known(connection, person.telegram_id, deps)
        inviter = await _known(connection, redeemed.inviter or 0, deps)
    said = answer(redeemed, person, inviter.name, menu_of(person, commands), words)
    await reply(message, said)
    await show_menu(bot, person, commands, words)


async def _meet(message: Received, person: Identity, deps: Deps) -> tuple[Identity, Words]:
    """Him with the language that we speak with him from now on, and how we do."""
    code = message.from_user.language_code if message.from_user else None
    async with deps.pool.acquire() as connection:
        language = await remember_language(
            connection, person.telegram_id, code, deps.words.language
        )
    return replace(person, language=language), deps.speaking(language)


async def _known(connection: Connection, telegram_id: int, deps: Deps) -> Identity:
    return await read_identity(connection, telegram_id, deps.operators, deps.words.language)


async def show_menu(
    bot: Bot, person: Identity, commands: tuple[Command, ...], words: Words
) -> None:
    """Puts the commands that he may use into the menu of his chat; failing is no failure of his."""
    try:
        await bot.set_my_commands(
            _menu(menu_of(person, commands), words),
            scope=BotCommandScopeChat(chat_id=person.telegram_id),
        )
    except TelegramAPIError as error:
        _LOG.warning("menu_not_shown", error=str(error))


async def show_menu_to_strangers(bot: Bot, commands: tuple[Command, ...], words: Words) -> None:
    """Puts the commands that everybody may use into the menu of all other chats, per language;
    `words` are for the languages that we do not speak.
    """
    menu = menu_of(Identity(telegram_id=0), commands)
    try:
        await bot.set_my_commands(_menu(menu, words), scope=BotCommandScopeDefault())
        for language in LANGUAGES:
            await bot.set_my_commands(
                _menu(menu, replace(words, language=language)),
                scope=BotCommandScopeDefault(),
                language_code=language,
            )
    except TelegramAPIError as error:
        _LOG.warning("menu_not_shown", error=str(error))


def _menu(menu: list[tuple[str, str]], words: Words) -> list[BotCommand]:
    return [BotCommand(command=name, description=words.label(text)) for name, text in menu]
