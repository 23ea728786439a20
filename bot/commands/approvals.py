"""The cards on which managers decide who somebody is that asks to be linked: approve as, or refuse.

The card stays one message: it becomes the list of people and then says what was decided, also on
the phones of the other managers. A reply to it with a name searches. Rights are asked at each tap.
"""

from contextlib import suppress
from dataclasses import replace as with_

import structlog
from aiogram import Bot, F, Router
from aiogram.exceptions import TelegramAPIError
from aiogram.filters import Filter
from aiogram.types import CallbackQuery
from aiogram.types import Message as Received

from bot import access
from bot.commands.frame import Deps, UserError, button_under
from bot.commands.speaking import NOT_YOURS, replace, reply
from bot.people.deciding import Decision, Verdict, approve_as, possible, refuse, request_for
from bot.people.identity import Identity
from bot.people.requests import Request, called, cards_of, facts_of, request_at
from bot.views import linking as view
from bot.views.buttons import AsButton, Deed, RequestButton
from bot.views.language import N_, Words
from bot.views.message import Message, plain
from bot.views.roster import PAGE_SIZE

_LOG = structlog.get_logger()
NOBODY = N_("That is nobody whom you can approve. Choose again.")
LEFT = N_("That person is not active any more. Choose somebody else, or refuse.")
TAKEN = N_("This Telegram account belongs to somebody else here already. Refuse, or ask who it is.")
HIMSELF = N_("This request is your own. Let another operation manager decide.")
_WHY = {
    Verdict.NOT_YOURS: NOT_YOURS,
    Verdict.HIMSELF: HIMSELF,
    Verdict.NOBODY: NOBODY,
    Verdict.LEFT: LEFT,
    Verdict.TAKEN: TAKEN,
}


class ReplyToCard(Filter):
    """Texts in reply to a card, or to what was found from it: gives `request_id`."""

    async def __call__(
        self, message: Received, person: Identity, deps: Deps
    ) -> bool | dict[str, int]:
        """Whether it is one, from somebody who may decide."""
        card = message.reply_to_message
        if card is None or not access.may(person, access.BUTTONS["ask"]):
            return False
        button = button_under(card, RequestButton)
        found = button.request if button else None
        if found is None:
            async with deps.pool.acquire() as connection:
                found = await request_at(connection, message.chat.id, card.message_id)
        return False if found is None else {"request_id": found}


def register(routes: Router) -> None:
    """Handles the buttons of the cards, and replies to them."""
    routes.message.register(search, F.text, ~F.text.startswith("/"), ReplyToCard())
    routes.callback_query.register(refused, RequestButton.filter(F.deed == Deed.REFUSE))
    routes.callback_query.register(turn, RequestButton.filter())
    routes.callback_query.register(chosen, AsButton.filter())


async def turn(
    tap: CallbackQuery, callback_data: RequestButton, person: Identity, words: Words, deps: Deps
) -> None:
    """The card as it stands now, or with the people as whom one can approve."""
    page = callback_data.page if callback_data.deed is Deed.CHOOSE else None
    await replace(tap, await _card(deps, person, words, callback_data.request, page))


async def search(
    message: Received, request_id: int, person: Identity, words: Words, deps: Deps
) -> None:
    """The people with that name, below the reply."""
    said = await _card(deps, person, words, request_id, 0, message.text)
    await reply(message, said)


async def refused(
    tap: CallbackQuery,
    callback_data: RequestButton,
    person: Identity,
    words: Words,
    deps: Deps,
    bot: Bot,
) -> str:
    """Refuses."""
    async with deps.pool.acquire() as connection:
        decision = await refuse(connection, person, callback_data.request, deps.operators)
    return await _show(tap, decision, words, deps, bot)


async def chosen(
    tap: CallbackQuery,
    callback_data: AsButton,
    person: Identity,
    words: Words,
    deps: Deps,
    bot: Bot,
) -> str:
    """Approves as the one chosen."""
    row = (callback_data.source, callback_data.id)
    async with deps.pool.acquire() as connection:
        decision = await approve_as(connection, person, callback_data.request, row, deps.operators)
    return await _show(tap, decision, words, deps, bot)


async def _card(
    deps: Deps,
    person: Identity,
    words: Words,
    id: int,
    page: int | None,
    text: str | None = None,
) -> Message:
    """`page`: of the people as whom one can approve; None for the card without them."""
    async with deps.pool.acquire() as connection:
        request = await request_for(connection, person, id, deps.operators)
        if request is None:
            raise UserError(NOT_YOURS)
        facts = facts_of(request, request.branch_id, request.branch)
        if request.decided_at:
            by = await called(connection, request.decided_by)
            return view.decided_card(facts, request, by, words)
        if page is None:
            return view.request_card(facts, words)
        members = await possible(connection, person, request, deps.operators, text)
    if text:
        members = members[:PAGE_SIZE]
    return view.choose_person(facts, members, words, page=page, searched=text)


async def _show(tap: CallbackQuery, decision: Decision, words: Words, deps: Deps, bot: Bot) -> str:
    """What was decided, to who tapped and then to the others, or why nothing was."""
    request = decision.request
    if request is None or decision.verdict in _WHY:
        raise UserError(_WHY[decision.verdict])
    with suppress(UserError):  # it is decided, whether the card can still say so or not
        await replace(tap, _decided(request, decision.by, words))
    if decision.verdict is Verdict.DECIDED:
        await _tell_others(tap, request, decision.by, words, deps, bot)
    return plain(view.decided_line(request, decision.by, words))


async def _tell_others(
    tap: CallbackQuery, request: Request, by: str | None, words: Words, deps: Deps, bot: Bot
) -> None:
    """On every other card of the request, as far as Telegram lets us: a tap there says it too."""
    async with deps.pool.acquire() as connection:
        cards = await cards_of(connection, request.id)
    mine = tap.message and (tap.message.chat.id, tap.message.message_id)
    for card in cards:
        if (card.chat_id, card.message_id) == mine:
            continue
        his = with_(words, language=card.language or deps.words.language)
        try:
            await bot.edit_message_text(
                _decided(request, by, his).text, chat_id=card.chat_id, message_id=card.message_id
            )
        except TelegramAPIError as error:
            _LOG.info("card_not_edited", request=request.id, error=type(error).__name__)


def _decided(request: Request, by: str | None, words: Words) -> Message:
    facts = facts_of(request, request.branch_id, request.branch)
    return view.decided_card(facts, request, by, words)
