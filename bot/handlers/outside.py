"""What no command takes: groups, strangers, what somebody may not use, buttons of old."""

from aiogram import Bot, F, Router
from aiogram.dispatcher.event.bases import SkipHandler
from aiogram.enums import ChatType
from aiogram.types import CallbackQuery
from aiogram.types import Message as Received

from bot.handlers.frame import Command, Deps, Named, UserError
from bot.handlers.speaking import NOT_YOURS, OUT_OF_DATE, reply
from bot.people.identity import Identity
from bot.people.invites import codes_in, void_shown
from bot.views.language import N_, Words
from bot.views.message import Html, Message, compose, link
from bot.views.people import not_known

NOT_PERMITTED = N_("That is not for your role. /help shows what you can ask me.")
NOT_UNDERSTOOD = N_("I did not understand that. /help shows what you can ask me.")
ONLY_PRIVATE = N_("I answer only in a private chat: {link}")
SHOWN = N_(
    "That invitation was for one person only, so it does not work any more. "
    "Whoever sent it: make a new one with /invite and forward it to the person alone."
)


def groups(commands: tuple[Command, ...]) -> Router:
    """First of all: in groups our commands are answered with the way to the private chat, taps with
    a refusal, codes that somebody shows there are void, and nothing else is said at all (a group
    that moves, somebody who talks).
    """
    routes = Router(name="groups")
    names = [command.name for command in commands]
    routes.message.register(code_shown, F.chat.type != ChatType.PRIVATE, _codes_in)
    routes.message.register(elsewhere, F.chat.type != ChatType.PRIVATE, Named(*names))
    routes.message.register(silence, F.chat.type != ChatType.PRIVATE)
    routes.callback_query.register(tap_elsewhere, _is_foreign)
    return routes


def rest(commands: tuple[Command, ...]) -> Router:
    """Last of all: what no command took in a private chat."""
    routes = Router(name="rest")
    routes.message.register(not_permitted, Named(*(command.name for command in commands)))
    routes.message.register(not_understood)
    routes.callback_query.register(old_button)
    return routes


def _codes_in(message: Received) -> dict[str, tuple[str, ...]] | None:
    """What could be codes in a text, or behind the words of one."""
    entities = (*(message.entities or ()), *(message.caption_entities or ()))
    behind = (entity.url for entity in entities)
    codes = codes_in((message.text, message.caption, *behind))
    return {"codes": codes} if codes else None


async def code_shown(
    message: Received, codes: tuple[str, ...], words: Words, deps: Deps, bot: Bot
) -> None:
    """Voids them before anybody of the group opens the link, and says so without repeating it."""
    who = message.from_user.id if message.from_user else message.chat.id
    async with deps.pool.acquire() as connection:
        ours = await void_shown(connection, codes, who)
    if not ours:
        raise SkipHandler
    await reply(message, Message(compose([words.say(SHOWN), await _way(words, bot)])))


async def elsewhere(message: Received, words: Words, bot: Bot) -> None:
    """The way to the private chat."""
    await reply(message, Message(compose([await _way(words, bot)])))


async def _way(words: Words, bot: Bot) -> Html:
    me = await bot.me()
    address = link(f"@{me.username}", f"https://t.me/{me.username}")
    return words.say(ONLY_PRIVATE, link=address)


async def silence(message: Received) -> None:
    """Nothing: people talk, groups move."""


async def tap_elsewhere(tap: CallbackQuery) -> None:
    """Buttons work only under a message in the private chat of who taps."""
    raise UserError(NOT_YOURS)


async def not_permitted(message: Received, person: Identity, words: Words) -> None:
    """A command of the table that is not for him."""
    if person.roles:
        raise UserError(NOT_PERMITTED)
    await reply(message, not_known(person, words))


async def not_understood(message: Received, person: Identity, words: Words) -> None:
    """Anything else."""
    if person.roles:
        raise UserError(NOT_UNDERSTOOD)
    await reply(message, not_known(person, words))


async def old_button(tap: CallbackQuery, person: Identity) -> None:
    """Data that is no button of ours (any more), or a button that he may not use (any more)."""
    raise UserError(OUT_OF_DATE if person.roles else NOT_YOURS)


def _is_foreign(tap: CallbackQuery) -> bool:
    """Tapped by somebody else than the one whose private chat it stands in."""
    chat = tap.message.chat if tap.message else None
    return chat is None or chat.type != ChatType.PRIVATE or chat.id != tap.from_user.id
