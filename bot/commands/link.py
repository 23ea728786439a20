"""`/link`: somebody shares his own phone number and is linked by it, or asks the managers of a
branch, who decide on their cards (`approvals.py`). Open to everybody; strangers learn nothing but
the names of the branches. What managers do about others who are not linked goes with it.
"""

from aiogram import F, Router
from aiogram.types import CallbackQuery, Contact, User
from aiogram.types import Message as Received

from bot.commands import approvals, mending
from bot.commands.frame import Command, Deps, Named, UserError, menu_of
from bot.commands.speaking import OUT_OF_DATE, replace, reply
from bot.people.chat import remember_language
from bot.people.contact import Answer, Shared, choose_branch, share
from bot.people.identity import Identity, read_identity
from bot.people.requests import all_branches
from bot.views import linking as view
from bot.views.buttons import BranchButton
from bot.views.language import Words
from bot.views.message import Message, compose
from bot.views.people import greeting, not_known

#: The answers that are one sentence.
SENTENCES = {
    Answer.WAITS: view.WAITS,
    Answer.ASKED: view.ASKED,
    Answer.REFUSED: view.REFUSED,
    Answer.TOO_OFTEN: view.TOO_OFTEN,
    Answer.ALREADY: view.ALREADY,
}


def router() -> Router:
    """Handles `/link`, shared contacts, the choice of a branch, and what managers tap."""
    routes = Router(name="link")
    routes.message.register(link, Named("link"))
    routes.message.register(shared, F.contact)
    routes.callback_query.register(branch_chosen, BranchButton.filter())
    approvals.register(routes)
    mending.register(routes)
    return routes


async def link(message: Received, person: Identity, deps: Deps) -> None:
    """The key with which one shares one's number, for whom that can link."""
    words = await _words(message.from_user, person, deps)
    if person.shut_out:
        await reply(message, not_known(person, words))
    elif person.linked:
        await reply(message, view.sentence(view.ALREADY, words))
    else:
        await reply(message, view.share_your_number(words))


async def shared(
    message: Received,
    person: Identity,
    words: Words,
    deps: Deps,
    commands: tuple[Command, ...],
) -> None:
    """What his contact leads to."""
    assert message.contact is not None  # noqa: S101 - the filter
    assert message.from_user is not None  # noqa: S101 - private chats only
    contact = _contact(message.contact, message.from_user)
    async with deps.pool.acquire() as connection:
        answer = await share(connection, person, contact, deps.operators)
        branches = await all_branches(connection) if answer is Answer.CHOOSE else ()
    if answer is Answer.LINKED:
        await _welcome(message, person, deps, commands)
    elif answer is Answer.FOREIGN:
        await reply(message, Message(compose([words.say(view.FOREIGN)])))
    elif answer is Answer.CHOOSE:
        await reply(message, view.thanks(words))
        await reply(message, view.choose_branch(branches, words))
    else:
        await reply(message, view.sentence(SENTENCES[answer], words))


async def branch_chosen(
    tap: CallbackQuery, callback_data: BranchButton, person: Identity, words: Words, deps: Deps
) -> None:
    """The managers of the branch are asked."""
    async with deps.pool.acquire() as connection:
        answer = await choose_branch(connection, person, callback_data.branch, deps.operators)
    if answer is None:
        raise UserError(OUT_OF_DATE)
    await replace(tap, Message(compose([words.say(SENTENCES[answer])])))


async def _welcome(
    message: Received, person: Identity, deps: Deps, commands: tuple[Command, ...]
) -> None:
    """He is somebody now: the greeting with his commands."""
    words = await _words(message.from_user, person, deps)
    async with deps.pool.acquire() as connection:
        known = await read_identity(
            connection, person.telegram_id, deps.operators, deps.words.language
        )
    hello = greeting(known, menu_of(known, commands), words)
    await reply(message, view.linked(hello, words))


async def _words(user: User | None, person: Identity, deps: Deps) -> Words:
    """How to speak to somebody of whom we may know no more than what his Telegram speaks."""
    code = user.language_code if user else None
    async with deps.pool.acquire() as connection:
        language = await remember_language(
            connection, person.telegram_id, code, deps.words.language
        )
    return deps.speaking(language)


def _contact(contact: Contact, user: User) -> Shared:
    return Shared(contact.user_id, contact.phone_number, user.full_name, user.username)
