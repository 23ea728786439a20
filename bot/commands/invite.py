"""`/invite`: a manager picks one of his people and gets an invite to forward; so does the button
under an alert about somebody who cannot be reached. Nobody is linked by it yet: `/start` does that.
"""

import asyncpg
from aiogram import Bot, Router
from aiogram.filters import CommandObject
from aiogram.types import CallbackQuery
from aiogram.types import Message as Received

from bot.commands.frame import Deps, Named, UserError
from bot.commands.speaking import NOT_TAKEN, replace, reply
from bot.people.chat import language_of
from bot.people.employing import employ_member
from bot.people.identity import Identity
from bot.people.invites import (
    Invite,
    has_just_got,
    make_invite,
    was_sent,
)
from bot.people.requests import actor
from bot.people.roster import Member, member_of, read_roster, search
from bot.views.buttons import InviteButton, InvitesButton
from bot.views.invites import forward_this, hindrance, invitation, picker
from bot.views.language import N_, Words
from bot.views.message import Message
from sync.database.pool import Connection

NOT_YOURS = N_("This person is not one of yours. /invite shows whom you can invite.")
FORWARD = N_("Forward the message below to {name}.")


def router() -> Router:
    """Handles `/invite` and its buttons."""
    routes = Router(name="invite")
    routes.message.register(invite, Named("invite"))
    routes.callback_query.register(turn, InvitesButton.filter())
    routes.callback_query.register(invite_one, InviteButton.filter())
    return routes


async def invite(
    message: Received, command: CommandObject, person: Identity, words: Words, deps: Deps
) -> None:
    """Shows whom he can invite, or those of them whose name he sent."""
    text = " ".join((command.args or "").split())
    async with deps.pool.acquire() as connection:
        everybody = await read_roster(connection, person, deps.operators)
    found = search(everybody, text) if text else candidates(everybody, person)
    await reply(message, picker(found, words, text=text))


async def turn(
    tap: CallbackQuery,
    callback_data: InvitesButton,
    person: Identity,
    words: Words,
    deps: Deps,
) -> None:
    """Another page of them."""
    async with deps.pool.acquire() as connection:
        everybody = await read_roster(connection, person, deps.operators)
    await replace(tap, picker(candidates(everybody, person), words, page=callback_data.page))


async def invite_one(
    tap: CallbackQuery,
    callback_data: InviteButton,
    person: Identity,
    words: Words,
    deps: Deps,
    bot: Bot,
) -> str:
    """Makes the invite and sends it to him; a second tap has the same answer and makes none. Who is
    no employee yet becomes one.
    """
    async with deps.pool.acquire() as connection:
        everybody = await read_roster(connection, person, deps.operators)
        member = chosen(everybody, callback_data)
        made = await _new_invite(connection, member, person, deps.operators)
        language = await language_of(connection, member.telegram_id, deps.words.language)
    if made:
        inviter = person.name or tap.from_user.full_name
        theirs = await _invitation(bot, member, inviter, made, deps.speaking(language))
        above = forward_this(member, words)
        await bot.send_message(person.telegram_id, above.text)
        sent = await bot.send_message(person.telegram_id, theirs.text)
        async with deps.pool.acquire() as connection:
            await was_sent(connection, made, sent.message_id)
    return words.label(FORWARD, name=member.name)


def chosen(everybody: tuple[Member, ...], button: InviteButton) -> Member:
    """Who is to be invited; raises UserError where that cannot be."""
    member = member_of(everybody, button.source, button.id)
    if member is None:
        raise UserError(NOT_YOURS)
    if sentence := hindrance(member):
        raise UserError(sentence, name=member.name)
    return member


async def _new_invite(
    connection: Connection, member: Member, person: Identity, operators: tuple[int, ...]
) -> Invite | None:
    """None where he has just got one. Raises UserError where BotZilla does not take an employee."""
    employee, by = member.employee_id, actor(person)
    try:
        employee = employee or await employ_member(connection, person, member, operators)
    except asyncpg.IntegrityConstraintViolationError as error:
        raise UserError(NOT_TAKEN) from error
    if await has_just_got(connection, employee, by):
        return None
    return await make_invite(connection, employee, by)


async def _invitation(
    bot: Bot, member: Member, inviter: str, made: Invite, words: Words
) -> Message:
    me = await bot.me()
    address = f"https://t.me/{me.username}?start={made.code}"
    return invitation(member.name, inviter, address, made.expires_at, words)


def candidates(everybody: tuple[Member, ...], person: Identity) -> tuple[Member, ...]:
    """Those whom one may want to invite: neither users of BotZilla, nor leavers, nor oneself."""
    return tuple(
        member
        for member in everybody
        if member.source != "user"
        and not member.has_left
        and member.telegram_id != person.telegram_id
    )
