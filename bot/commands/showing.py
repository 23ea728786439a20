"""Says what shows customers, and writes down where it stands: it is taken back from whom it is no
business of any more (`bot/delivery/clearing.py`).
"""

from aiogram.types import CallbackQuery
from aiogram.types import Message as Received

from bot.commands.frame import Deps
from bot.commands.speaking import replace, reply
from bot.jobs.answers import remember
from bot.views.message import Message


async def show(message: Received, said: Message, deps: Deps) -> None:
    """Send `said` into the chat of `message`."""
    sent = await reply(message, said)
    await _remember(sent, said, deps)


async def show_instead(tap: CallbackQuery, said: Message, deps: Deps) -> None:
    """Put `said` in place of the message whose button was tapped."""
    if isinstance(tap.message, Received):
        # Before it is shown: its number is known already, and so nothing can stand unrecorded.
        await _remember(tap.message, said, deps)
    await replace(tap, said)


async def _remember(standing: Received, said: Message, deps: Deps) -> None:
    async with deps.pool.acquire() as connection:
        await remember(connection, standing.chat.id, standing.message_id, said.shows)
