"""`/link`: somebody shares their own phone number and is linked by it; who matches nothing is told
to ask for an invite. Open to everybody; strangers learn nothing. "Not them", which undoes the
change of a link, goes with it.
"""

from aiogram import F, Router
from aiogram.types import CallbackQuery, User
from aiogram.types import Message as Received

from bot.handlers.frame import Command, Deps, Named, UserError, menu_of
from bot.handlers.speaking import NOT_YOURS, reply
from bot.people.chat import remember_language
from bot.people.contact import Answer, Shared, ask_phone, share
from bot.people.identity import Identity, read_identity
from bot.people.linking import release
from bot.people.undo import Undoing, undo
from bot.views import linking as view
from bot.views.buttons import UndoButton
from bot.views.language import N_, Words
from bot.views.people import greeting, not_known
from sync.model.facts import Account

#: The answers that are one sentence.
SENTENCES = {
    Answer.WAITS: view.WAITS,
    Answer.UNKNOWN: view.UNKNOWN,
    Answer.TOO_OFTEN: view.TOO_OFTEN,
    Answer.ALREADY: view.ALREADY,
    Answer.NO_ANSWER: view.NO_ANSWER,
}
UNDONE = N_("Undone.")
_NOT_UNDONE = {
    Undoing.BEFORE: N_("That was undone already."),
    Undoing.LATE: N_("That can be undone for 24 hours only. /team shows how it is now."),
    Undoing.CHANGED: N_("Their link was changed since then. /team shows how it is now."),
    Undoing.NOT_YOURS: NOT_YOURS,
}


def router() -> Router:
    """Handles `/link`, shared contacts, and "Not them"."""
    routes = Router(name="link")
    routes.message.register(link, Named("link"))
    routes.message.register(shared, F.contact)
    routes.callback_query.register(not_them, UndoButton.filter())
    return routes


async def link(message: Received, person: Identity, deps: Deps) -> None:
    """The key with which one shares one's number, for whom that can link."""
    words = await _words(message.from_user, person, deps)
    if person.shut_out:
        await reply(message, not_known(person, words))
    elif person.linked:
        await reply(message, view.sentence(view.ALREADY, words))
    else:
        async with deps.pool.acquire() as connection:
            await ask_phone(connection, person.telegram_id)
        await reply(message, view.share_your_number(words))


async def shared(
    message: Received,
    person: Identity,
    words: Words,
    deps: Deps,
    commands: tuple[Command, ...],
) -> None:
    """What their contact leads to."""
    contact = _contact(message)
    async with deps.pool.acquire() as connection:
        account = account_of(message.from_user)
        answer = await share(connection, person, account, contact, deps.operators)
    if answer is not Answer.LINKED:
        await reply(message, view.sentence(SENTENCES[answer], words))
        return
    words = await _words(message.from_user, person, deps)
    async with deps.pool.acquire() as connection:
        known = await read_identity(
            connection, person.telegram_id, deps.operators, deps.words.language
        )
    hello = greeting(known, menu_of(known, commands), words)
    await reply(message, view.linked(hello, words))
    async with deps.pool.acquire() as connection:
        await release(connection, deps.operators)


async def not_them(
    tap: CallbackQuery, callback_data: UndoButton, person: Identity, words: Words, deps: Deps
) -> str:
    """Puts their link back as it was."""
    async with deps.pool.acquire() as connection:
        done = await undo(connection, person, callback_data.change, deps.operators)
    if done is not Undoing.DONE:
        raise UserError(_NOT_UNDONE[done])
    return words.label(UNDONE)


def account_of(user: User | None) -> Account:
    """The account that somebody writes from."""
    assert user is not None  # noqa: S101 - private chats only
    return Account(user.id, user.full_name, user.username)


async def _words(user: User | None, person: Identity, deps: Deps) -> Words:
    """How to speak to somebody of whom we may know no more than what their Telegram speaks."""
    code = user.language_code if user else None
    async with deps.pool.acquire() as connection:
        language = await remember_language(
            connection, person.telegram_id, code, deps.words.language
        )
    return deps.speaking(language)


def _contact(message: Received) -> Shared:
    """A contact is its sender's own where neither somebody else nor another time wrote it."""
    assert message.contact is not None  # noqa: S101 - the filter
    assert message.from_user is not None  # noqa: S101 - private chats only
    written_here = message.forward_origin is None and message.via_bot is None
    own = message.contact.user_id == message.from_user.id
    return Shared(message.contact.phone_number, own and written_here)
