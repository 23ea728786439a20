"""`/team`: who of somebody's branches is linked, who is not and why; a person's card, with
approving and unlinking.

`/team WORDS` finds people by name. The invite behind a card's button is a command of its own.
"""

import structlog
from aiogram import Router
from aiogram.filters import CommandObject
from aiogram.types import CallbackQuery
from aiogram.types import Message as Received

from bot.commands.frame import Deps, Named, UserError
from bot.commands.speaking import NOT_YOURS, replace, reply
from bot.people.approving import approve_member
from bot.people.identity import Identity
from bot.people.member import Member
from bot.people.roster import Team, grouped, member_of, read_team, search
from bot.people.unlinking import unlink_person
from bot.views.buttons import AdmitButton, MemberButton, TeamButton, UnlinkButton
from bot.views.language import N_, Words
from bot.views.member import member_button, member_card, really_unlink
from bot.views.message import Message, clip
from bot.views.roster import PAGE_SIZE
from bot.views.team import TeamPage, found_people, team_message
from sync.alerts import Reason

NOBODY_FOUND = N_("None of your people is called “{text}”. /team shows all.")
UNLINKED = N_("Unlinked.")
_SOURCES = {"e": "employee", "c": "crew_member", "s": "sales_person", "u": "user"}
_LOG = structlog.get_logger()


def router() -> Router:
    """Handles `/team` and the buttons under it."""
    routes = Router(name="team")
    routes.message.register(team, Named("team"))
    routes.callback_query.register(turn, TeamButton.filter())
    routes.callback_query.register(card, MemberButton.filter())
    routes.callback_query.register(admit, AdmitButton.filter())
    routes.callback_query.register(unlink, UnlinkButton.filter())
    return routes


async def team(
    message: Received, command: CommandObject, person: Identity, words: Words, deps: Deps
) -> None:
    """The overview, or whom the words after the command find."""
    people = await _read(deps, person)
    text = " ".join((command.args or "").split())
    said = _found(people, text, words) if text else _page(people, person, deps, TeamButton(), words)
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
    await replace(tap, member_card(member, callback_data, words))


async def admit(
    tap: CallbackQuery, callback_data: AdmitButton, person: Identity, words: Words, deps: Deps
) -> None:
    """He is active from now on; who does not wait any more stays as he is."""
    member = await _member(deps, person, callback_data.who)
    if member.employee_id is not None and member.reason is Reason.PENDING_APPROVAL:
        async with deps.pool.acquire() as connection:
            await approve_member(connection, person, member, deps.operators)
        member = await _member(deps, person, callback_data.who)
    await replace(tap, member_card(member, MemberButton(**callback_data.model_dump()), words))


async def unlink(
    tap: CallbackQuery, callback_data: UnlinkButton, person: Identity, words: Words, deps: Deps
) -> str | None:
    """Asks once; after the yes he is a stranger. The account that was meant is in the button."""
    at = callback_data
    member = await _member(deps, person, at.who)
    if not at.account:
        await replace(tap, really_unlink(member, at, words))
        return None
    if member.telegram_id == at.account:
        async with deps.pool.acquire() as connection:
            await unlink_person(connection, member.rows)
        _LOG.info("unlinked_by_manager", member=at.who, by=person.telegram_id)
    people = await _read(deps, person)
    now = _find(people, at.who)
    # Whom only his link made one of `person`'s has no card for him any more.
    said = (
        member_card(
            now,
            MemberButton(**at.model_dump(exclude={"account"})),
            words,
        )
        if now
        else _page(people, person, deps, TeamButton(), words)
    )
    await replace(tap, said)
    return None if now and now.linked else words.label(UNLINKED)


async def _read(deps: Deps, person: Identity) -> Team:
    async with deps.pool.acquire() as connection:
        return await read_team(connection, person, deps.operators)


async def _member(deps: Deps, person: Identity, who: str) -> Member:
    """Whom the button means, if `person` looks after him (still)."""
    member = _find(await _read(deps, person), who)
    if member is None:
        raise UserError(NOT_YOURS)
    return member


def _find(people: Team, who: str) -> Member | None:
    return member_of(people.members, _SOURCES[who[0]], int(who[1:]))


def _page(people: Team, person: Identity, deps: Deps, at: TeamButton, words: Words) -> Message:
    groups = grouped(person, people, deps.operators)
    return team_message(TeamPage(at, people.present, groups, people.branches), words)


def _found(people: Team, text: str, words: Words) -> Message:
    found = search(people.found, text)
    if not found:
        raise UserError(NOBODY_FOUND, text=clip(text, 100))
    if len(found) == 1:
        at = member_button(found[0], TeamButton())
        return member_card(found[0], at, words)
    return found_people(found[:PAGE_SIZE], text, words, more=len(found) > PAGE_SIZE)
