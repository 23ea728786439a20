"""What every command is made of: its line in the table, what handlers are given, words for people.

Nothing here talks to Telegram; the middleware that fills these in is `bot/commands/speaking.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from aiogram import Router
from aiogram.filters import Filter
from aiogram.types import TelegramObject

from bot.people.identity import Identity, Role
from bot.views.language import Words
from sync.database.pool import Pool


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
    """A line of the table: access, `/help` and the menus in Telegram read it.

    `roles`: who may use it, buttons included; None is everybody, strangers too.
    """

    name: str
    description: str
    router: Callable[[], Router]
    roles: frozenset[Role] | None = None

    def open_to(self, person: Identity) -> bool:
        """Whether he may use it."""
        return self.roles is None or bool(self.roles & person.roles)


class Permitted(Filter):
    """Lets through who may use the command; the others fall to the last router, which says so."""

    def __init__(self, command: Command) -> None:
        self._command = command

    async def __call__(self, event: TelegramObject, person: Identity) -> bool:
        """Whether the sender has one of the command's roles."""
        return self._command.open_to(person)


class UserError(Exception):
    """What the person should hear, in his language: a sentence of the catalogue and its values."""

    def __init__(self, sentence: str, **values: object) -> None:
        super().__init__(sentence)
        self.sentence, self.values = sentence, values


def menu_of(person: Identity, commands: tuple[Command, ...]) -> list[tuple[str, str]]:
    """The commands that he may use, by name and description, in the order of the table."""
    return [(command.name, command.description) for command in commands if command.open_to(person)]
