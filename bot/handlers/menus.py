"""The menu of commands in each private chat: what its person may use, in their language.

`telegram_chat.menu` remembers what a chat shows. After every private update it is compared with
what its person may use by then, so that Telegram is called at `/start`, on a link, and when
something else has changed beside us. Strangers have no menu of their own: they see the one of all
other chats.
"""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any

import structlog
from aiogram import BaseMiddleware, Bot
from aiogram.exceptions import AiogramError, TelegramRetryAfter
from aiogram.types import (
    BotCommand,
    BotCommandScopeChat,
    BotCommandScopeDefault,
    CallbackQuery,
    TelegramObject,
)
from aiogram.types import Message as Received

from bot.handlers.frame import Command, Deps, menu_of
from bot.handlers.speaking import is_private
from bot.people.identity import Identity, read_identity
from bot.views.language import LANGUAGES, Words
from sync.postgres.pool import Connection
from sync.postgres.queries import Queries

_SQL = Queries("bot.handlers", "menus.sql")
_LOG = structlog.get_logger()
#: What a chat shows, as `telegram_chat.menu` keeps it; None is the menu of strangers.
Menu = dict[str, Any] | None
#: Seconds for which no menu is put anywhere after Telegram refused one.
_REST = 60.0


@dataclass(slots=True)
class Menus(BaseMiddleware):
    """Brings menus up to date. `clock` counts seconds."""

    deps: Deps
    commands: tuple[Command, ...]
    clock: Callable[[], float] = time.monotonic
    _rest_until: float = field(default=float("-inf"))

    async def __call__(
        self,
        handler: Callable[[TelegramObject, dict[str, Any]], Awaitable[Any]],
        event: TelegramObject,
        data: dict[str, Any],
    ) -> Any:
        """What the handler returns; a menu that cannot be shown is no failure of it."""
        result = await handler(event, data)
        assert isinstance(event, Received | CallbackQuery)  # noqa: S101 - registered for these
        if is_private(event) and event.from_user:
            try:
                await self.follow(data["bot"], event.from_user.id)
            except Exception as error:
                # The update is handled, and must not be handled again for its menu's sake.
                _LOG.warning("menu_not_followed", error=type(error).__name__)
        return result

    def menu(self, person: Identity) -> Menu:
        """What their chat should show."""
        if not person.roles:
            return None
        words = self.deps.speaking(person.language)
        return {
            "language": person.language,
            "commands": [[c.command, c.description] for c in _listed(person, self.commands, words)],
        }

    async def follow(self, bot: Bot, telegram_id: int) -> None:
        """Lets the chat show what its person may use now."""
        if self.clock() < self._rest_until:
            return
        deps = self.deps
        async with deps.pool.acquire() as connection:
            person = await read_identity(
                connection, telegram_id, deps.operators, deps.words.language
            )
            shown = await connection.fetchval(_SQL["shown"], telegram_id)
        menu = self.menu(person)
        if menu == shown or person.refused:
            return
        scope = BotCommandScopeChat(chat_id=telegram_id)
        try:
            if menu is None:
                await bot.delete_my_commands(scope=scope)
            else:
                commands = [BotCommand(command=c, description=d) for c, d in menu["commands"]]
                await bot.set_my_commands(commands, scope=scope)
        except AiogramError as error:
            _LOG.warning("menu_not_shown", error=str(error))
            rest = error.retry_after if isinstance(error, TelegramRetryAfter) else _REST
            self._rest_until = self.clock() + rest
        else:
            await deps.pool.execute(_SQL["remember"], telegram_id, menu)


async def renew_menu(connection: Connection, telegram_id: int) -> None:
    """Lets the menu of this chat be put there again even if nothing changed."""
    await connection.execute(_SQL["renew"], telegram_id)


async def show_menu_to_strangers(bot: Bot, commands: tuple[Command, ...], words: Words) -> None:
    """Puts the commands that everybody may use into the menu of all other chats, per language;
    `words` are for the languages that we do not speak.
    """
    nobody, scope = Identity(telegram_id=0), BotCommandScopeDefault()
    try:
        await bot.set_my_commands(_listed(nobody, commands, words), scope=scope)
        for language in LANGUAGES:
            said = _listed(nobody, commands, replace(words, language=language))
            await bot.set_my_commands(said, scope=scope, language_code=language)
    except AiogramError as error:
        _LOG.warning("menu_not_shown", error=str(error))


def _listed(person: Identity, commands: tuple[Command, ...], words: Words) -> list[BotCommand]:
    return [
        BotCommand(command=name, description=words.label(text))
        for name, text in menu_of(person, commands)
    ]
