"""The card of one of somebody's people: who he is, whether messages reach him, what one can do."""

from collections.abc import Iterator

from aiogram.filters.callback_data import CallbackData
from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup

from bot.people.approval import Registration
from bot.people.identity import Role
from bot.people.member import Member
from bot.views import unreachable
from bot.views.buttons import AdmitButton, MemberButton, TeamButton, UnlinkButton
from bot.views.facts import phone
from bot.views.invites import invite_row
from bot.views.language import N_, Words
from bot.views.message import Html, Message, bold, clip, code, compose, joined
from bot.views.people import role_names
from bot.views.roster import mark
from bot.views.unreachable import HOW, ONE_ID_OF_TWO, WHY
from sync.model.alerts import Reason

#: By what a registration is held against Attic Tech's user.
_TRAITS = {
    "attic_tech_user_id": N_("Attic Tech user"),
    "name": N_("name"),
    "phone": N_("phone"),
    "email": N_("e-mail"),
    "telegram_id": N_("Telegram ID"),
}


def member_button(member: Member, at: TeamButton) -> MemberButton:
    """The card of `member`, opened from this page."""
    who = f"{member.source[0]}{member.id}"
    return MemberButton(who=who, branch=at.branch, show=at.show, page=at.page)


def member_card(
    member: Member,
    at: MemberButton,
    words: Words,
    known: Registration | None = None,
    *,
    acts: bool = True,
    operator: bool = False,
) -> Message:
    """Who they are, whether messages reach them or why not, and what can be done about it.

    `known`: of somebody who waits for approval. `acts`: the reader may invite and unlink them.
    """
    back = TeamButton(branch=at.branch, show=at.show, page=at.page)
    unlink = UnlinkButton(**at.model_dump(), account=0)
    invite = invite_row(member, words, operator=operator) if acts else []
    approve = bool(known and not known.against)
    rows = [
        [_to(words.label("Approve"), AdmitButton(**at.model_dump()))] if approve else [],
        [] if member.linked else invite,
        [_to(words.label("Disconnect"), unlink)] if member.linked and acts else [],
        [_to(words.label("‹ Team"), back)],
        invite if member.linked else [],
    ]
    keyboard = InlineKeyboardMarkup(inline_keyboard=[row for row in rows if row])
    lines = [*_facts(member, known, words), *_registered(known, words)]
    return Message(compose([*lines, *_steps(member, known, words, acts=acts)]), keyboard)


def really_unlink(member: Member, at: UnlinkButton, words: Words) -> Message:
    """The question before it is done."""
    sure = at.model_copy(update={"account": member.telegram_id or 0})
    back = MemberButton(**at.model_dump(exclude={"account"}))
    lines = (
        bold(clip(member.name, 100)),
        words.say(
            "Really disconnect? {name} gets no more messages and sees no more jobs here, until "
            "invited again.",
            name=clip(member.name, 100),
        ),
        words.say("An operations manager is connected again by an operator, or in BotZilla.")
        if Role.MANAGER in member.roles
        else None,
    )
    rows = [[_to(words.label("Yes, disconnect"), sure), _to(words.label("No"), back)]]
    return Message(compose(lines), InlineKeyboardMarkup(inline_keyboard=rows))


def _steps(
    member: Member, known: Registration | None, words: Words, *, acts: bool
) -> Iterator[Html]:
    """What mends that they are not reached."""
    if known and known.against:
        what = joined((words.label(_TRAITS[trait]) for trait in known.against), ", ")
        yield words.say("🔴 Does not fit Attic Tech: {what}", what=what)
        yield words.say(
            "➡️ Ask them. If it is them, correct {what} in BotZilla; if not, reject the"
            " registration there.",
            what=what,
        )
    elif member.source == "user":
        steps = unreachable.HOW_FOR_A_MANAGER.get(member.reason, ()) if member.reason else ()
        yield from map(words.say, steps)
    elif member.reason is Reason.AMBIGUOUS:
        # In doubt is whose their Telegram id is, not who they are.
        yield words.say(ONE_ID_OF_TWO)
    elif member.reason and member.reason is not Reason.PENDING_APPROVAL:
        if acts and member.reason is Reason.NO_TELEGRAM:
            yield words.say("➡️ Tap the button below and forward the invitation. Or:")
        yield from map(words.say, HOW[member.reason])
    if not acts:
        yield words.say("Only an operator or a manager of all of their branches can change this.")


def _facts(member: Member, known: Registration | None, words: Words) -> Iterator[Html]:
    name = clip(member.name, 100)
    yield bold(name)
    sign = mark(member)
    why = (
        words.say(WHY[member.reason], name=name)
        if member.reason
        else words.say("Connected: messages arrive.")
    )
    yield joined((sign, why), " ")
    if member.invited_at and member.invited_until:
        yield words.say(
            "Invited {since}; the invitation is good until {until}.",
            since=words.moment(member.invited_at),
            until=words.moment(member.invited_until),
        )
    yield words.say("Roles: {roles}", roles=role_names(member.roles, words) or "—")
    if member.branches:
        yield words.say("Branches: {names}", names=clip(", ".join(member.branches), 300))
    if known:
        yield words.say("Phone: {phone}", phone=phone({"phone": known.phone}) or "—")
    if member.telegram_id:
        yield words.say("Telegram number: {id}", id=code(str(member.telegram_id)))
    rows = (*member.rows, *(("Attic Tech user", id) for id in member.attic_user_ids))
    yield words.say("In BotZilla: {rows}", rows=", ".join(f"{table} {id}" for table, id in rows))


def _registered(known: Registration | None, words: Words) -> Iterator[Html]:
    """Which crew leader of Attic Tech they would be, and by what."""
    if known and known.leader:
        by = words.label(_TRAITS[known.evidence]) if known.evidence in _TRAITS else "—"
        leader = clip(known.leader, 100)
        yield words.say(
            "Crew leader in Attic Tech: {leader} (found by: {by})", leader=leader, by=by
        )


def _to(text: str, button: CallbackData) -> InlineKeyboardButton:
    return InlineKeyboardButton(text=text, callback_data=button.pack())
