"""The menu of commands in each private chat: what its person may use, in his language.

`telegram_chat.menu` remembers what a chat shows, so that Telegram is called only for what changed:
after every private update, and by a slow look at all chats for roles that changed beside us. A chat
that Telegram refuses is tried again later and later. Strangers have no menu of their own: they see
the one of all other chats.
"""

import asyncio
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

from bot.commands.frame import Command, Deps, menu_of
from bot.commands.speaking import is_private
from bot.people.identity import Identity, Role, read_identity
from bot.people.roster import read_everybody
from bot.views.language import LANGUAGES, Words
from bot.watching import Pace, whenever
from sync.database.pool import Connection
from sync.database.queries import Queries
from sync.deciding.company import PEOPLE_CHANNEL
from sync.supervisor import Tell, nobody

_SQL = Queries("bot.commands", "menus.sql")
_LOG = structlog.get_logger()
#: What a chat shows, as `telegram_chat.menu` keeps it; None is the menu of strangers.
Menu = dict[str, Any] | None
#: Seconds until a chat that was refused is tried again: the first time, and at most.
_FIRST, _LONGEST = 60.0, 86_400.0
#: Seconds between two calls of the look at all chats.
_BETWEEN_CALLS = 0.4


@dataclass(slots=True)
class Menus:
    """Brings menus up to date. `clock` counts seconds; `between_calls`: tests hurry it."""

    deps: Deps
    commands: tuple[Command, ...]
    clock: Callable[[], float] = time.monotonic
    between_calls: float = _BETWEEN_CALLS
    _refused: dict[int, tuple[int, float]] = field(default_factory=dict)
    _busy_until: float = 0.0

    def menu(self, person: Identity) -> Menu:
        """What his chat should show."""
        if not person.roles:
            return None
        words = self.deps.speaking(person.language)
        return {
            "language": person.language,
            "commands": [[c.command, c.description] for c in _listed(person, self.commands, words)],
        }

    async def follow(self, bot: Bot, telegram_id: int) -> bool:
        """Lets the chat show what its person may use now; whether Telegram was called for it."""
        deps = self.deps
        async with deps.pool.acquire() as connection:
            person = await read_identity(
                connection, telegram_id, deps.operators, deps.words.language
            )
            shown = await connection.fetchval(_SQL["shown"], telegram_id)
        menu = self.menu(person)
        if menu == shown or person.refused or not self._may_try(telegram_id):
            return False
        if await self._show(bot, telegram_id, menu):
            await deps.pool.execute(_SQL["remember"], telegram_id, menu)
        return True

    async def look(self, bot: Bot) -> None:
        """Brings all chats up to date whose people's roles changed beside us, a few a second."""
        for telegram_id in await self._outdated():
            if await self.follow(bot, telegram_id):
                await asyncio.sleep(self.between_calls)

    async def _outdated(self) -> list[int]:
        """The chats that seem to show the wrong menu. Three statements, however many there are;
        who is in doubt is looked at again by himself.
        """
        deps = self.deps
        async with deps.pool.acquire() as connection:
            members = await read_everybody(connection, deps.operators)
            chats = await connection.fetch(_SQL["chats"])
        roles = {m.telegram_id: m.roles for m in members if m.reason is None}
        operators = dict.fromkeys(deps.operators, frozenset({Role.OPERATOR}))
        return [
            chat["telegram_id"]
            for chat in chats
            if chat["menu"]
            != self.menu(
                Identity(
                    chat["telegram_id"],
                    roles=roles.get(chat["telegram_id"])
                    or operators.get(chat["telegram_id"], frozenset()),
                    language=chat["language"] or deps.words.language,
                )
            )
        ]

    def _may_try(self, telegram_id: int) -> bool:
        _, again_at = self._refused.get(telegram_id, (0, 0.0))
        return self.clock() >= max(again_at, self._busy_until)

    async def _show(self, bot: Bot, telegram_id: int, menu: Menu) -> bool:
        """Whether Telegram took it."""
        scope = BotCommandScopeChat(chat_id=telegram_id)
        try:
            if menu is None:
                await bot.delete_my_commands(scope=scope)
            else:
                commands = [BotCommand(command=c, description=d) for c, d in menu["commands"]]
                await bot.set_my_commands(commands, scope=scope)
        except AiogramError as error:
            self._put_off(telegram_id, error)
            return False
        self._refused.pop(telegram_id, None)
        return True

    def _put_off(self, telegram_id: int, error: AiogramError) -> None:
        _LOG.warning("menu_not_shown", error=str(error))
        times, _ = self._refused.get(telegram_id, (0, 0.0))
        wait = min(_FIRST * 4.0**times, _LONGEST)
        if isinstance(error, TelegramRetryAfter):
            self._busy_until = self.clock() + error.retry_after
        self._refused[telegram_id] = times + 1, self.clock() + wait


class FollowingMenus(BaseMiddleware):
    """After whatever a private update did: his roles and his language may be others now."""

    def __init__(self, menus: Menus) -> None:
        self._menus = menus

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
                await self._menus.follow(data["bot"], event.from_user.id)
            except Exception as error:
                # The update is handled, and must not be handled again for its menu's sake.
                _LOG.warning("menu_not_followed", error=type(error).__name__)
        return result


async def keep_menus(
    database_url: str, bot: Bot, menus: Menus, pace: Pace | None = None, tell: Tell = nobody
) -> None:
    """Looks at all chats whenever people changed, and now and then, until cancelled."""
    pace = pace or Pace(rest=10.0, look=300.0)
    await whenever(database_url, PEOPLE_CHANNEL, lambda: menus.look(bot), pace, tell)


async def renew_menu(connection: Connection, telegram_id: int) -> None:
    """Lets the menu of this chat be put there again even if nothing changed."""
    await connection.execute(_SQL["renew"], telegram_id)


async def show_menu_to_strangers(bot: Bot, commands: tuple[Command, ...], words: Words) -> None:
    """Puts the commands that everybody may use into the menu of all other chats, per language;
    `words` are for the languages that we do not speak.
    """
    nobody = Identity(telegram_id=0)
    try:
        await bot.set_my_commands(_listed(nobody, commands, words), scope=BotCommandScopeDefault())
        for language in LANGUAGES:
            await bot.set_my_commands(
                _listed(nobody, commands, replace(words, language=language)),
                scope=BotCommandScopeDefault(),
                language_code=language,
            )
    except AiogramError as error:
        _LOG.warning("menu_not_shown", error=str(error))


def _listed(person: Identity, commands: tuple[Command, ...], words: Words) -> list[BotCommand]:
    return [
        BotCommand(command=name, description=words.label(text))
        for name, text in menu_of(person, commands)
    ]
