"""`/whoami`: roles, branches, and the rows of BotZilla behind them. It changes nothing."""

from aiogram import Router
from aiogram.filters import Command as Named
from aiogram.types import Message as Received

from bot.commands.frame import Deps
from bot.commands.speaking import reply
from bot.people.identity import Identity, branch_names
from bot.views.language import Words
from bot.views.people import who_you_are


def router() -> Router:
    """Handles `/whoami`."""
    routes = Router(name="whoami")
    routes.message.register(whoami, Named("whoami"))
    return routes


async def whoami(message: Received, person: Identity, words: Words, deps: Deps) -> None:
    """Says who he is to us."""
    async with deps.pool.acquire() as connection:
        branches = await branch_names(connection, person)
    await reply(message, who_you_are(person, branches, words))
