"""`/invite`: a manager picks one of their people and gets an invite to forward; so does the button
under an alert about somebody who cannot be reached. Nobody is linked by it yet: `/start` does that.

Only who has no account is let in; "New phone for ..." is a button of its own, and asks once more.
"""

from collections.abc import Sequence

from aiogram import Bot, Router
from aiogram.filters import CommandObject
from aiogram.types import CallbackQuery
from aiogram.types import Message as Received

from bot.handlers.frame import Deps, Named, UserError
from bot.handlers.speaking import OUT_OF_DATE, replace, reply
from bot.people.chat import language_of
from bot.people.identity import Identity
from bot.people.invites import Invite, actor, has_just_got, make_invite, was_sent
from bot.people.linking import may_act
from bot.people.member import Member
from bot.people.roster import member_of, read_roster, search
from bot.views.buttons import InviteButton, InvitesButton, PhoneButton, row_of
from bot.views.invites import forward_this, hindrance, invitation, new_phone, picker
from bot.views.language import N_, Words

NOT_YOURS = N_("This person is not one of yours. /invite shows whom you can invite.")
NOT_ALL_THEIRS = N_("Only an operator or a manager of all of their branches can do that.")
CONNECTED = N_("{name} is connected already. For a new phone: /team {name}")
FORWARD = N_("Forward the message below to {name}.")


def router() -> Router:
    """Handles `/invite`, its buttons, and "New phone for ..."."""
    routes = Router(name="invite")
    routes.message.register(invite, Named("invite"))
    routes.callback_query.register(turn, InvitesButton.filter())
    routes.callback_query.register(invite_one, InviteButton.filter())
    routes.callback_query.register(invite_phone, PhoneButton.filter())
    return routes


async def invite(
    message: Received, command: CommandObject, person: Identity, words: Words, deps: Deps
) -> None:
    """Shows whom they can invite, or those of them whose name they sent."""
    text = " ".join((command.args or "").split())
    everybody = await _read(person, deps)
    found = candidates(everybody, person, deps.operators)
    if text:
        named, found = search(everybody, text), search(found, text)
        connected = [member for member in named if member.linked]
        if connected and not found:
            raise UserError(CONNECTED, name=connected[0].name)
    await reply(message, picker(found, words, text=text))


async def turn(
    tap: CallbackQuery, callback_data: InvitesButton, person: Identity, words: Words, deps: Deps
) -> None:
    """Another page of them."""
    found = candidates(await _read(person, deps), person, deps.operators)
    await replace(tap, picker(found, words, page=callback_data.page))


async def invite_one(
    tap: CallbackQuery,
    callback_data: InviteButton,
    person: Identity,
    words: Words,
    deps: Deps,
    bot: Bot,
) -> str | None:
    """Makes the invite and sends it to them; a second tap has the same answer and makes none. Who
    has an account already is asked about.
    """
    row = callback_data.source, callback_data.id
    member = await _chosen(row, person, deps)
    if not member.linked:
        return await _send(tap, member, person, words, deps, bot)
    said = new_phone(member, words)
    await bot.send_message(person.telegram_id, said.text, reply_markup=said.keyboard)
    return None


async def invite_phone(
    tap: CallbackQuery,
    callback_data: PhoneButton,
    person: Identity,
    words: Words,
    deps: Deps,
    bot: Bot,
) -> str | None:
    """Asks once; after the yes there is an invite for the new phone."""
    member = await _chosen(row_of(callback_data.who), person, deps)
    if not callback_data.account:
        await replace(tap, new_phone(member, words))
        return None
    if member.telegram_id != callback_data.account:
        raise UserError(OUT_OF_DATE)
    return await _send(tap, member, person, words, deps, bot)


async def _read(person: Identity, deps: Deps) -> tuple[Member, ...]:
    async with deps.pool.acquire() as connection:
        return await read_roster(connection, person, deps.operators)


async def _chosen(row: tuple[str, int], person: Identity, deps: Deps) -> Member:
    """Who is to be invited; raises UserError where that cannot be."""
    member = member_of(await _read(person, deps), *row)
    if member is None:
        raise UserError(NOT_YOURS)
    if sentence := hindrance(member, operator=person.telegram_id in deps.operators):
        raise UserError(sentence, name=member.name)
    if not may_act(person, member, deps.operators):
        raise UserError(NOT_ALL_THEIRS)
    return member


async def _send(
    tap: CallbackQuery, member: Member, person: Identity, words: Words, deps: Deps, bot: Bot
) -> str:
    by = actor(person, deps.operators)
    async with deps.pool.acquire() as connection:
        again = await has_just_got(connection, member, by)
        if not again:
            made = await make_invite(connection, member, by, replaces=member.telegram_id)
            language = await language_of(connection, member.telegram_id, deps.words.language)
    if not again:
        await _hand_over(tap, member, person, made, deps.speaking(language), words, deps, bot)
    return words.label(FORWARD, name=member.name)


async def _hand_over(
    tap: CallbackQuery,
    member: Member,
    person: Identity,
    made: Invite,
    theirs: Words,
    words: Words,
    deps: Deps,
    bot: Bot,
) -> None:
    """Two messages: what to do with it, and what is to be forwarded."""
    me = await bot.me()
    address = f"https://t.me/{me.username}?start={made.code}"
    inviter = person.name or tap.from_user.full_name
    said = invitation(member.name, inviter, address, made.expires_at, theirs)
    await bot.send_message(person.telegram_id, forward_this(member, words).text)
    sent = await bot.send_message(person.telegram_id, said.text)
    async with deps.pool.acquire() as connection:
        await was_sent(connection, made, sent.message_id)


def candidates(
    everybody: Sequence[Member], person: Identity, operators: Sequence[int]
) -> tuple[Member, ...]:
    """Those whom one may let in: who has no account, has not left, and is theirs in all branches; a
    user of BotZilla for an operator.
    """
    operator = person.telegram_id in operators
    return tuple(
        member
        for member in everybody
        if not member.linked
        and not member.has_left
        and (operator or member.source != "user")
        and may_act(person, member, operators)
    )
