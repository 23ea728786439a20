"""What every command is made of: its line in the table, what handlers are given, words for people.

Who may use it is said in `bot/access.py`.

Nothing here talks to Telegram; the middleware that fills these in is `bot/handlers/speaking.py`.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TypeVar

from aiogram import Router
from aiogram.filters import Command as Typed
from aiogram.filters import Filter
from aiogram.filters.callback_data import CallbackData
from aiogram.types import CallbackQuery, TelegramObject
from aiogram.types import Message as Received

from bot import access
from bot.people.identity import Identity
from bot.views.language import Words
from sync.postgres.pool import Pool

_Button = TypeVar("_Button", bound=CallbackData)


@dataclass(frozen=True, slots=True)
class Deps:
    """What handlers work with, fixed for the life of the program. `words` are the default ones."""

    pool: Pool
    operators: tuple[int, ...]
    words: Words

    def speaking(self, language: str) -> Words:
        """How to speak to somebody with this language."""
        return replace(self.words, language=language)


@dataclass(frozen=True, slots=True)
class Command:
    """A line of the table: `/help` and the menus in Telegram read it.

    Who may use it is the line with its name in `bot/access.py`.
    """

    name: str
    description: str
    router: Callable[[], Router]

    def open_to(self, person: Identity) -> bool:
        """Whether they may use it."""
        return access.may_say(person, self.name)


class Named(Typed):
    """Lets through what begins with one of these commands, however a phone spells it: `/MyJobs`."""

    def __init__(self, *names: str) -> None:
        super().__init__(*names, ignore_case=True)


class Permitted(Filter):
    """Lets through who may use the command, and taps on buttons that they may use, whichever they
    are; the others fall to the last router, which says so.
    """

    def __init__(self, command: Command) -> None:
        self._command = command

    async def __call__(self, event: TelegramObject, person: Identity) -> bool:
        """Whether the table of rights allows it to the sender."""
        if isinstance(event, CallbackQuery):
            return access.may_tap(person, event.data)
        return self._command.open_to(person)


class UserError(Exception):
    """What the person should hear: a sentence of the catalogue and its values."""

    def __init__(self, sentence: str, **values: object) -> None:
        super().__init__(sentence)
        self.sentence, self.values = sentence, values


def menu_of(person: Identity, commands: tuple[Command, ...]) -> list[tuple[str, str]]:
    """The commands that they may use, by name and description, in the order of the table."""
    return [(command.name, command.description) for command in commands if command.open_to(person)]


def button_under(message: Received | None, kind: type[_Button]) -> _Button | None:
    """The first button of this kind below the message; None where there is none.

    The message may be anybody's, and what its buttons carry forged.
    """
    keyboard = message.reply_markup if message else None
    for row in keyboard.inline_keyboard if keyboard else ():
        for data in (button.callback_data or "" for button in row):
            with suppress(TypeError, ValueError):
                return kind.unpack(data)
    return None


def buttons() -> Iterator[type[CallbackData]]:
    """All classes of callback data that the program has."""
    found = [CallbackData]
    while found:
        kinds = [kind for kind in found.pop().__subclasses__() if kind.__module__[:4] == "bot."]
        found += kinds
        yield from kinds
