"""`/help`: the commands that somebody may use, each with what it does."""

from aiogram import Router
from aiogram.types import Message as Received

from bot.handlers.frame import Command, Named, menu_of
from bot.handlers.speaking import reply
from bot.people.identity import Identity
from bot.views.language import Words
from bot.views.people import help_message


def router() -> Router:
    """Handles `/help`."""
    routes = Router(name="help")
    routes.message.register(help_, Named("help"))
    return routes


async def help_(
    message: Received, person: Identity, words: Words, commands: tuple[Command, ...]
) -> None:
    """Lists them."""
    await reply(message, help_message(person, menu_of(person, commands), words))
