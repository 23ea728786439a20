"""The card of one of somebody's people: who he is, whether messages reach him, what one can do."""

from collections.abc import Iterator

from aiogram.filters.callback_data import CallbackData
from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup

from bot.people.identity import Role
from bot.people.member import Member
from bot.views import missing
from bot.views.buttons import AdmitButton, MemberButton, TeamButton, UnlinkButton
from bot.views.invites import invite_button
from bot.views.language import N_, Words
from bot.views.message import Html, Message, bold, clip, code, compose, joined
from bot.views.people import role_names
from bot.views.roster import mark
from bot.views.unreachable import HOW, ONE_ID_OF_TWO, WHY
from sync.alerts import Reason


def member_button(member: Member, at: TeamButton) -> MemberButton:
    """The card of `member`, opened from this page."""
    who = f"{member.source[0]}{member.id}"
    return MemberButton(who=who, branch=at.branch, show=at.show, page=at.page)


def member_card(member: Member, at: MemberButton, words: Words) -> Message:
    """Who he is, whether messages reach him or why not, and what can be done about it."""
    back = TeamButton(branch=at.branch, show=at.show, page=at.page)
    unlink = UnlinkButton(**at.model_dump(), account=0)
    invite = invite_button(member)
    name = clip(member.name, 40)
    rows = [
        [_to(words.label("Approve"), AdmitButton(**at.model_dump()))] if _waits(member) else [],
        [_to(words.label("📩 Invite {name}", name=name), invite)] if invite else [],
        [_to(words.label("Unlink"), unlink)] if member.linked else [],
        [_to(words.label("‹ Team"), back)],
    ]
    keyboard = InlineKeyboardMarkup(inline_keyboard=[row for row in rows if row])
    return Message(compose(_facts(member, words)), keyboard)


def really_unlink(member: Member, at: UnlinkButton, words: Words) -> Message:
    """The question before it is done."""
    sure = at.model_copy(update={"account": member.telegram_id or 0})
    back = MemberButton(**at.model_dump(exclude={"account"}))
    lines = (
        bold(clip(member.name, 100)),
        words.say(
            "Really unlink? {name} gets no more messages and sees no more jobs here, until linked "
            "again.",
            name=clip(member.name, 100),
        ),
        words.say("An operation manager is linked again only in BotZilla.")
        if Role.MANAGER in member.roles
        else None,
    )
    rows = [[_to(words.label("Yes, unlink"), sure), _to(words.label("No"), back)]]
    return Message(compose(lines), InlineKeyboardMarkup(inline_keyboard=rows))


def _waits(member: Member) -> bool:
    return member.reason is Reason.PENDING_APPROVAL and member.employee_id is not None


def _steps(member: Member) -> Iterator[str]:
    """What mends that he is not reached."""
    if member.source == "user":
        yield from missing.HOW.get(member.reason, ()) if member.reason else ()
    elif member.reason is Reason.AMBIGUOUS:
        # In doubt is whose his Telegram id is, not who he is.
        yield ONE_ID_OF_TWO
    elif member.reason:
        if invite_button(member):
            yield N_("➡️ Tap the button below and forward the invitation. Or:")
        yield from HOW[member.reason]


def _facts(member: Member, words: Words) -> Iterator[Html]:
    name = clip(member.name, 100)
    yield bold(name)
    sign = mark(member)
    why = (
        words.say(WHY[member.reason], name=name)
        if member.reason
        else words.say("Linked: messages arrive.")
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
    if member.telegram_id:
        yield words.say("Telegram number: {id}", id=code(str(member.telegram_id)))
    rows = (*member.rows, *(("Attic Tech user", id) for id in member.attic_user_ids))
    yield words.say("In BotZilla: {rows}", rows=", ".join(f"{table} {id}" for table, id in rows))
    yield from (words.say(step) for step in _steps(member))


def _to(text: str, button: CallbackData) -> InlineKeyboardButton:
    return InlineKeyboardButton(text=text, callback_data=button.pack())
