"""`/whoami`: roles, branches, and the rows of BotZilla behind them; whoever wants to leave
unlinks themselves here.
"""

from aiogram import Router
from aiogram.types import CallbackQuery
from aiogram.types import Message as Received

from bot.handlers.frame import Deps, Named
from bot.handlers.speaking import replace, reply
from bot.people.identity import Identity, Standing, branch_names
from bot.people.linking import unlink_member
from bot.views.buttons import LeaveButton
from bot.views.language import Words
from bot.views.message import Message
from bot.views.people import has_left, really_leave, who_you_are


def router() -> Router:
    """Handles `/whoami` and the buttons under it."""
    routes = Router(name="whoami")
    routes.message.register(whoami, Named("whoami"))
    routes.callback_query.register(leave, LeaveButton.filter())
    return routes


async def whoami(message: Received, person: Identity, words: Words, deps: Deps) -> None:
    """Says who they are to us."""
    await reply(message, await _who(person, words, deps))


async def leave(
    tap: CallbackQuery, callback_data: LeaveButton, person: Identity, words: Words, deps: Deps
) -> None:
    """Asks once; after the yes they are a stranger. Who is one already reads the same."""
    if person.standing is Standing.STRANGER:
        said = has_left(words)
    elif callback_data.step == "ask" and person.rows:
        said = really_leave(person, words)
    elif callback_data.step == "sure" and person.rows:
        id = person.telegram_id
        async with deps.pool.acquire() as connection:
            await unlink_member(connection, person.rows[0], id, id, deps.operators)
        said = has_left(words)
    else:
        said = await _who(person, words, deps)
    await replace(tap, said)


async def _who(person: Identity, words: Words, deps: Deps) -> Message:
    async with deps.pool.acquire() as connection:
        branches = await branch_names(connection, person)
    return who_you_are(person, branches, words)
