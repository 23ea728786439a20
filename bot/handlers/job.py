"""`/job`: one job by its number (`7`, `#7`, a sold estimate's `E12`) or by words of its name or
customer; its card with phone, directions, link and history. Whose job it is, is in the query.
"""

from aiogram import Router
from aiogram.filters import CommandObject
from aiogram.types import CallbackQuery
from aiogram.types import Message as Received

from bot.handlers.frame import Deps, Named, UserError
from bot.handlers.speaking import replace, reply
from bot.jobs.visible import Number, number_in, read_card, scope, search
from bot.people.identity import Identity
from bot.views.buttons import JobButton
from bot.views.card import card_message
from bot.views.facts import number
from bot.views.jobs import found_jobs
from bot.views.language import N_, Words
from bot.views.message import Message, clip

USAGE = N_("Send a number or words of the name: /job 7, /job E12, /job Smith attic.")
NO_SUCH_NUMBER = N_("There is no job {number} that you can see.")
NO_SUCH_WORDS = N_("No job that you can see has “{text}” in its name or customer.")
CHOICES = 8


def router() -> Router:
    """Handles `/job` and the buttons that open a card."""
    routes = Router(name="job")
    routes.message.register(job, Named("job"))
    routes.callback_query.register(open_card, JobButton.filter())
    return routes


async def job(
    message: Received, command: CommandObject, person: Identity, words: Words, deps: Deps
) -> None:
    """The card that the number or the words lead to, or a choice."""
    text = (command.args or "").strip()
    if not text:
        raise UserError(USAGE)
    found = number_in(text)
    if found:
        await reply(message, await _card(deps, person, words, found, text))
    else:
        await reply(message, await _search(deps, person, words, text))


async def open_card(
    tap: CallbackQuery, callback_data: JobButton, person: Identity, words: Words, deps: Deps
) -> None:
    """The card in place of the list whose button was tapped."""
    called = callback_data.number
    found = number_in(called) or Number()
    await replace(tap, await _card(deps, person, words, found, called, callback_data))


async def _card(
    deps: Deps,
    person: Identity,
    words: Words,
    found: Number,
    called: str,
    opened: JobButton | None = None,
) -> Message:
    async with deps.pool.acquire() as connection:
        card = await read_card(connection, scope(person), found)
    if card is None:
        raise UserError(NO_SUCH_NUMBER, number=clip(called.lstrip("#"), 20))
    return card_message(card, words, opened)


async def _search(deps: Deps, person: Identity, words: Words, text: str) -> Message:
    async with deps.pool.acquire() as connection:
        jobs = await search(connection, scope(person), text, limit=CHOICES + 1)
    if not jobs:
        raise UserError(NO_SUCH_WORDS, text=clip(text, 60))
    if len(jobs) == 1:
        called = number(jobs[0])
        return await _card(deps, person, words, number_in(called) or Number(), called)
    return found_jobs(jobs[:CHOICES], text, words, more=len(jobs) > CHOICES)
