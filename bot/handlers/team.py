"""`/team`: who of somebody's branches is linked, who is not and why; a person's card, with
approving and unlinking. The button under an alert about a crew leader opens their card as well.

`/team WORDS` finds people by name. The invite behind a card's button is a command of its own.
"""

from aiogram import Router
from aiogram.filters import CommandObject
from aiogram.types import CallbackQuery
from aiogram.types import Message as Received

from bot.handlers.frame import Deps, Named, UserError
from bot.handlers.invite import NOT_ALL_THEIRS
from bot.handlers.speaking import NOT_YOURS, OUT_OF_DATE, replace, reply
from bot.people.approval import approve_member, read_registration
from bot.people.identity import Identity
from bot.people.linking import may_act, unlink_member
from bot.people.member import Member
from bot.people.roster import Team, grouped, member_of, read_team, search
from bot.views.buttons import (
    AdmitButton,
    LeaderButton,
    MemberButton,
    TeamButton,
    UnlinkButton,
    row_of,
)
from bot.views.language import N_, Words
from bot.views.member import member_button, member_card, really_unlink
from bot.views.message import Message, clip
from bot.views.roster import PAGE_SIZE
from bot.views.team import TeamPage, found_people, team_message
from sync.model.alerts import Reason

NOBODY_FOUND = N_("None of your people is called “{text}”. /team shows all.")
UNLINKED = N_("Disconnected.")


def router() -> Router:
    """Handles `/team` and the buttons under it."""
    routes = Router(name="team")
    routes.message.register(team, Named("team"))
    routes.callback_query.register(turn, TeamButton.filter())
    routes.callback_query.register(card, MemberButton.filter())
    routes.callback_query.register(admit, AdmitButton.filter())
    routes.callback_query.register(unlink, UnlinkButton.filter())
    routes.callback_query.register(leader, LeaderButton.filter())
    return routes


async def team(
    message: Received, command: CommandObject, person: Identity, words: Words, deps: Deps
) -> None:
    """The overview, or whom the words after the command find."""
    people = await _read(deps, person)
    text = " ".join((command.args or "").split())
    if not text:
        await reply(message, _page(people, person, deps, TeamButton(), words))
        return
    found = search(people.found, text)
    if not found:
        raise UserError(NOBODY_FOUND, text=clip(text, 100))
    if len(found) == 1:
        said = await _card(found[0], member_button(found[0], TeamButton()), person, words, deps)
    else:
        said = found_people(found[:PAGE_SIZE], text, words, more=len(found) > PAGE_SIZE)
    await reply(message, said)


async def turn(
    tap: CallbackQuery, callback_data: TeamButton, person: Identity, words: Words, deps: Deps
) -> None:
    """Another page, branch or filter, in place of the one whose button was tapped."""
    people = await _read(deps, person)
    await replace(tap, _page(people, person, deps, callback_data, words))


async def card(
    tap: CallbackQuery, callback_data: MemberButton, person: Identity, words: Words, deps: Deps
) -> None:
    """Somebody's card, in place of the list."""
    member = await _member(deps, person, callback_data.who)
    await replace(tap, await _card(member, callback_data, person, words, deps))


async def leader(
    tap: CallbackQuery, callback_data: LeaderButton, person: Identity, words: Words, deps: Deps
) -> None:
    """The card of a job's crew leader, below the alert; who they are is found anew."""
    people = (await _read(deps, person)).members
    member = next((m for m in people if callback_data.leader in m.attic_user_ids), None)
    if member is None or not isinstance(tap.message, Received):
        raise UserError(OUT_OF_DATE)
    at = member_button(member, TeamButton())
    await reply(tap.message, await _card(member, at, person, words, deps))


async def admit(
    tap: CallbackQuery, callback_data: AdmitButton, person: Identity, words: Words, deps: Deps
) -> None:
    """They are active from now on, where they waited and nothing contradicts."""
    member = await _member(deps, person, callback_data.who)
    if member.reason is Reason.PENDING_APPROVAL:
        async with deps.pool.acquire() as connection:
            await approve_member(connection, person, member, deps.operators)
        member = await _member(deps, person, callback_data.who)
    at = MemberButton(**callback_data.model_dump())
    await replace(tap, await _card(member, at, person, words, deps))


async def unlink(
    tap: CallbackQuery, callback_data: UnlinkButton, person: Identity, words: Words, deps: Deps
) -> str | None:
    """Asks once; after the yes they are a stranger. The account that was meant is in the button."""
    at = callback_data
    member = await _member(deps, person, at.who)
    if not may_act(person, member, deps.operators):
        raise UserError(NOT_ALL_THEIRS)
    if not at.account:
        await replace(tap, really_unlink(member, at, words))
        return None
    async with deps.pool.acquire() as connection:
        await unlink_member(
            connection, row_of(at.who), at.account, person.telegram_id, deps.operators
        )
    now = await _member(deps, person, at.who)
    card_at = MemberButton(**at.model_dump(exclude={"account"}))
    await replace(tap, await _card(now, card_at, person, words, deps))
    return None if now.linked else words.label(UNLINKED)


async def _read(deps: Deps, person: Identity) -> Team:
    async with deps.pool.acquire() as connection:
        return await read_team(connection, person, deps.operators)


async def _member(deps: Deps, person: Identity, who: str) -> Member:
    """Whom the button means, if `person` looks after them (still)."""
    member = member_of((await _read(deps, person)).members, *row_of(who))
    if member is None:
        raise UserError(NOT_YOURS)
    return member


async def _card(
    member: Member, at: MemberButton, person: Identity, words: Words, deps: Deps
) -> Message:
    """Who they are, with what `person` may do about it."""
    waits = member.reason is Reason.PENDING_APPROVAL
    async with deps.pool.acquire() as connection:
        known = await read_registration(connection, member, deps.operators) if waits else None
    acts = may_act(person, member, deps.operators)
    operator = person.telegram_id in deps.operators
    return member_card(member, at, words, known, acts=acts, operator=operator)


def _page(people: Team, person: Identity, deps: Deps, at: TeamButton, words: Words) -> Message:
    groups = grouped(person, people, deps.operators)
    return team_message(TeamPage(at, people.present, groups, people.branches), words)
