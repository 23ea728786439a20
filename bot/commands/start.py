"""`/start`: the greeting. From here on we speak the language of his Telegram, and his menu shows
what he may use. It does not link anybody.
"""

from dataclasses import replace

import structlog
from aiogram import Bot, Router
from aiogram.exceptions import TelegramAPIError
from aiogram.filters import CommandStart
from aiogram.types import BotCommand, BotCommandScopeChat, BotCommandScopeDefault
from aiogram.types import Message as Received

from bot.commands.frame import Command, Deps, menu_of
from bot.commands.speaking import reply
from bot.people.chat import remember_language
from bot.people.identity import Identity
from bot.views.language import LANGUAGES, Words
from bot.views.people import greeting

_LOG = structlog.get_logger()


def router() -> Router:
    """Handles `/start`, with or without a code."""
    routes = Router(name="start")
    routes.message.register(start, CommandStart(ignore_case=True))
    return routes


async def start(
    message: Received, person: Identity, deps: Deps, commands: tuple[Command, ...], bot: Bot
) -> None:
    """Greets him, or tells a stranger how to be linked."""
    code = message.from_user.language_code if message.from_user else None
    async with deps.pool.acquire() as connection:
        language = await remember_language(
            connection, person.telegram_id, code, deps.words.language
        )
    person, words = replace(person, language=language), deps.speaking(language)
    await reply(message, greeting(person, menu_of(person, commands), words))
    await show_menu(bot, person, commands, words)


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
