"""`/why JOB`: what happened to a job, who was told what and when, and who was not and why.

For those who manage it. It tells only what is written down, and changes nothing.
"""

from aiogram import Router
from aiogram.filters import CommandObject
from aiogram.types import CallbackQuery
from aiogram.types import Message as Received

from bot.access import View
from bot.audit.reading import read_story
from bot.handlers.frame import Deps, Named, UserError
from bot.handlers.job import NO_SUCH_NUMBER
from bot.handlers.speaking import replace, reply
from bot.jobs.visible import Number, find_managed, number_in, scope
from bot.people.identity import Identity
from bot.views.buttons import WhyButton
from bot.views.language import N_, Words
from bot.views.message import Message, clip
from bot.views.why import why_message

USAGE = N_("Send the number of a job: /why 7, or /why E12 for a sold estimate.")


def router() -> Router:
    """Handles `/why` and the buttons that open a page of a story."""
    routes = Router(name="why")
    routes.message.register(why, Named("why"))
    routes.callback_query.register(turn, WhyButton.filter())
    return routes


async def why(
    message: Received, command: CommandObject, person: Identity, words: Words, deps: Deps
) -> None:
    """The newest page of the story."""
    text = (command.args or "").strip()
    number = number_in(text)
    if number is None:
        raise UserError(USAGE)
    await reply(message, await _page(deps, person, words, number, text))


async def turn(
    tap: CallbackQuery, callback_data: WhyButton, person: Identity, words: Words, deps: Deps
) -> None:
    """Another page in place of the message whose button was tapped."""
    called = callback_data.number
    number = number_in(called) or Number()
    await replace(tap, await _page(deps, person, words, number, called, callback_data.page))


async def _page(
    deps: Deps, person: Identity, words: Words, number: Number, called: str, page: int = 0
) -> Message:
    async with deps.pool.acquire() as connection:
        row = await find_managed(connection, scope(person, View.BRANCHES), number)
        if row is None:
            raise UserError(NO_SUCH_NUMBER, number=clip(called.lstrip("#"), 20))
        story = await read_story(connection, row)
    return why_message(story, words, page)
