"""The buttons under "a crew leader cannot be reached": approve, say who it is, add to BotZilla.

The alert stays one message, which shows after each tap how the leader stands and what is left to
do. A reply to the list of people searches. Rights are asked at each tap.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from aiogram import F, Router
from aiogram.filters import Filter
from aiogram.types import CallbackQuery
from aiogram.types import Message as Received

from bot import access
from bot.commands.frame import Deps, UserError, button_under
from bot.commands.speaking import NOT_TAKEN, NOT_YOURS, replace, reply
from bot.people.identity import Identity
from bot.people.mending import (
    CannotMend,
    Case,
    Standing,
    Why,
    add_leader,
    approve_leader,
    choose_leader,
    possible,
    read_standing,
)
from bot.people.roster import search
from bot.views import mending as view
from bot.views.buttons import Mend, MendButton, WhoButton
from bot.views.language import N_, Words
from bot.views.message import Message
from bot.views.roster import PAGE_SIZE

WORDS = {
    Why.NOT_YOURS: NOT_YOURS,
    Why.REPLACED: N_("This person has nothing to do with the job any more."),
    Why.NOBODY: N_("That is nobody whom you can choose. Choose again."),
    Why.ANOTHER: N_("That person is another user in Attic Tech. Choose somebody else."),
    Why.NOT_TAKEN: NOT_TAKEN,
}
_DEEDS = {
    Mend.SHOW: read_standing,
    Mend.APPROVE: approve_leader,
    Mend.ADD: add_leader,
}


class ReplyToChoice(Filter):
    """Texts in reply to a list of who the leader could be: gives `case`."""

    async def __call__(self, message: Received, person: Identity) -> bool | dict[str, Case]:
        """Whether it is one, from somebody who may mend."""
        button = button_under(message.reply_to_message, MendButton)
        if button is None or not access.may(person, access.BUTTONS["mend"]):
            return False
        return {"case": Case(button.job, button.leader)}


def register(routes: Router) -> None:
    """Handles the buttons, and replies to the list."""
    routes.message.register(find, F.text, ~F.text.startswith("/"), ReplyToChoice())
    routes.callback_query.register(turn, MendButton.filter(F.deed == Mend.CHOOSE))
    routes.callback_query.register(mend, MendButton.filter())
    routes.callback_query.register(chosen, WhoButton.filter())


async def mend(
    tap: CallbackQuery, callback_data: MendButton, person: Identity, words: Words, deps: Deps
) -> str | None:
    """Approves or adds him, or only looks how he stands."""
    case = Case(callback_data.job, callback_data.leader)
    deed = _DEEDS[callback_data.deed]
    with _in_words():
        async with deps.pool.acquire() as connection:
            standing = await deed(connection, person, case, deps.operators)
    return await _show(tap, standing, words)


async def turn(
    tap: CallbackQuery, callback_data: MendButton, person: Identity, words: Words, deps: Deps
) -> None:
    """Who he could be."""
    case = Case(callback_data.job, callback_data.leader)
    await replace(tap, await _choice(deps, person, words, case, callback_data.page))


async def find(message: Received, case: Case, person: Identity, words: Words, deps: Deps) -> None:
    """Those of whom he could be who have that name, below the reply."""
    await reply(message, await _choice(deps, person, words, case, 0, message.text))


async def chosen(
    tap: CallbackQuery, callback_data: WhoButton, person: Identity, words: Words, deps: Deps
) -> str | None:
    """He is the one chosen."""
    case = Case(callback_data.job, callback_data.leader)
    row = (callback_data.source, callback_data.id)
    with _in_words():
        async with deps.pool.acquire() as connection:
            standing = await choose_leader(connection, person, case, row, deps.operators)
    return await _show(tap, standing, words)


async def _show(tap: CallbackQuery, standing: Standing, words: Words) -> str | None:
    """How he stands now; what was done is said even where the message cannot be changed."""
    try:
        await replace(tap, view.standing_message(standing, words))
    except UserError:
        if standing.done is None:
            raise
    return view.done_label(standing, words)


async def _choice(
    deps: Deps, person: Identity, words: Words, case: Case, page: int, text: str | None = None
) -> Message:
    with _in_words():
        async with deps.pool.acquire() as connection:
            standing, members = await possible(connection, person, case, deps.operators)
    if not members:
        return view.standing_message(standing, words)
    if text:
        members = search(members, text)[:PAGE_SIZE]
    return view.choose_leader(standing, members, words, page=page, searched=text)


@contextmanager
def _in_words() -> Iterator[None]:
    """What cannot be mended is said in a sentence."""
    try:
        yield
    except CannotMend as error:
        raise UserError(WORDS[error.why]) from error
