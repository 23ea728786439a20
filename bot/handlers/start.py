"""`/start`: the greeting. From here on we speak the language of his Telegram, and his menu is put
there anew. With the code of an invite, as its link sends it, he is linked first.
"""

import re
from dataclasses import replace

from aiogram import Router
from aiogram.filters import CommandObject, CommandStart
from aiogram.types import Message as Received

from bot.handlers.frame import Command, Deps, menu_of
from bot.handlers.link import account_of
from bot.handlers.menus import renew_menu
from bot.handlers.speaking import reply
from bot.people.chat import remember_language
from bot.people.identity import Identity, read_identity
from bot.people.invites import Outcome, redeem
from bot.people.linking import release
from bot.views.invites import answer
from bot.views.language import Words
from bot.views.people import greeting
from sync.postgres.pool import Connection

#: The link of an invite, sent as a text instead of being tapped.
_LINK = re.compile(r"[?&]start=([A-Za-z0-9_-]{32})(?![\w-])")


def router() -> Router:
    """Handles `/start`, with or without a code, and the link of an invite sent as a text."""
    routes = Router(name="start")
    routes.message.register(accept, CommandStart(deep_link=True, ignore_case=True))
    routes.message.register(start, CommandStart(ignore_case=True))
    routes.message.register(accept, _link_in)
    return routes


def _link_in(message: Received) -> dict[str, CommandObject] | None:
    """The same as what a tap on the link would have sent."""
    found = _LINK.search(message.text or "")
    return {"command": CommandObject(command="start", args=found[1])} if found else None


async def start(
    message: Received, person: Identity, deps: Deps, commands: tuple[Command, ...]
) -> None:
    """Greets him, or tells a stranger how to be linked."""
    person, words = await _meet(message, person, deps)
    await reply(message, greeting(person, menu_of(person, commands), words))


async def accept(
    message: Received,
    command: CommandObject,
    person: Identity,
    deps: Deps,
    commands: tuple[Command, ...],
) -> None:
    """Uses the code, and tells them what came of it as who they are then."""
    person, words = await _meet(message, person, deps)
    async with deps.pool.acquire() as connection:
        code, account = (command.args or "").strip(), account_of(message.from_user)
        redeemed = await redeem(connection, code, account, deps.operators)
        person = await _known(connection, person.telegram_id, deps)
        inviter = await _known(connection, redeemed.inviter or 0, deps)
    said = answer(redeemed, person, inviter.name, menu_of(person, commands), words)
    await reply(message, said)
    if redeemed.outcome is Outcome.LINKED:  # what waits for them comes after it
        async with deps.pool.acquire() as connection:
            await release(connection, deps.operators)


async def _meet(message: Received, person: Identity, deps: Deps) -> tuple[Identity, Words]:
    """Him with the language that we speak with him from now on, and how we do."""
    code = message.from_user.language_code if message.from_user else None
    async with deps.pool.acquire() as connection:
        language = await remember_language(
            connection, person.telegram_id, code, deps.words.language
        )
        await renew_menu(connection, person.telegram_id)
    return replace(person, language=language), deps.speaking(language)


async def _known(connection: Connection, telegram_id: int, deps: Deps) -> Identity:
    return await read_identity(connection, telegram_id, deps.operators, deps.words.language)
