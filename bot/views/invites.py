"""Invites in words: whom to pick, what is forwarded to him, what his tap on the link came to."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup

from bot.people.identity import Identity, Role
from bot.people.invites import Outcome, Redeemed
from bot.people.member import Member
from bot.views.buttons import InviteButton, InvitesButton, MemberButton, PhoneButton
from bot.views.language import N_, Words
from bot.views.message import Html, Message, bold, clip, compose
from bot.views.people import greeting
from bot.views.roster import PAGE_SIZE, legend, people_rows
from sync.model.alerts import Reason

_NAME = 100
#: What the tap on a link came to where it did not link, and what to do next; {who} invited.
_REFUSED = {
    Outcome.UNKNOWN: (
        N_("I do not know this invitation."),
        N_("➡️ Open the link in the message that you got once more. If it stays so, ask {who}."),
    ),
    Outcome.USED: (
        N_("This invitation was used already: it works once."),
        N_("➡️ Ask {who} for a new one, and open it on the phone that you use for work."),
    ),
    Outcome.EXPIRED: (
        N_("This invitation is too old: it works for 24 hours."),
        N_("➡️ Ask {who} for a new one."),
    ),
    Outcome.VOIDED: (
        N_("This invitation does not work anymore: there is a newer one, or a group has seen it."),
        N_("➡️ Open the newest that you got, or ask {who} for a new one."),
    ),
    Outcome.LEFT: (
        N_("This invitation is for somebody who is not active in BotZilla."),
        N_("➡️ Ask {who}."),
    ),
    Outcome.TOO_MANY: (
        N_("These were too many attempts."),
        N_("➡️ Wait for 15 minutes, then open the newest invitation that you got."),
    ),
}
#: Why somebody cannot be invited.
_HINDERED = {
    Reason.INACTIVE: N_("{name} is not active in BotZilla. Make them active there first."),
    Reason.BLOCKED_IN_ATTIC_TECH: N_("{name} is blocked in Attic Tech. Unblock them there first."),
    Reason.PENDING_APPROVAL: N_("{name} waits for approval. Approve them first, then invite."),
}
_MANAGES = N_(
    "{name} is a user of BotZilla. An operator can invite them; or enter their Telegram ID there."
)


def answer(
    redeemed: Redeemed,
    person: Identity,
    inviter: str | None,
    menu: Sequence[tuple[str, str]],
    words: Words,
) -> Message:
    """What he hears who tapped a link: `person` is who he is now, `inviter` is called so."""
    if redeemed.outcome in (Outcome.LINKED, Outcome.ALREADY_YOURS):
        done = {
            Outcome.LINKED: words.say("🟢 You are connected."),
            Outcome.ALREADY_YOURS: words.say("🟢 You are connected already."),
        }
        welcome = greeting(person, menu, words)
        return Message(compose([bold(done[redeemed.outcome]), welcome.text]), welcome.keyboard)
    return Message(compose(_refused(redeemed, person, inviter, words)))


def _refused(
    redeemed: Redeemed, person: Identity, inviter: str | None, words: Words
) -> Iterator[Html]:
    who = clip(inviter, _NAME) if inviter else words.label("your operation manager")
    if redeemed.outcome is Outcome.TAKEN:
        yield from _taken(clip(redeemed.name or "—", _NAME), who, person, words)
        return
    what, then = _REFUSED[redeemed.outcome]
    yield words.say(what)
    if person.roles and person.name:
        yield words.say("You stay linked as {name}.", name=clip(person.name, _NAME))
    yield words.say(then, who=who)


def _taken(invited: str, who: str, person: Identity, words: Words) -> Iterator[Html]:
    yield words.say("This invitation is for {name}.", name=invited)
    if person.name and not person.shut_out:
        yield words.say("You are {name} here, and stay so.", name=clip(person.name, _NAME))
    else:
        yield words.say("You are known here as somebody else, and stay so.")
    yield words.say("➡️ Forward it to {name}: it works only on their phone.", name=invited)
    if person.linked or person.shut_out:
        yield words.say(
            "➡️ If you are {name} yourself, ask {who} to unlink this account first.",
            name=invited,
            who=who,
        )
    else:
        yield words.say("➡️ If you are {name} yourself, send /link.", name=invited)


def picker(members: Sequence[Member], words: Words, *, page: int = 0, text: str = "") -> Message:
    """Whom to invite: `members` are those found by `text`, or all who come in question."""
    if not members:
        return Message(compose([_nobody(text, words)]))
    shown = members[:PAGE_SIZE] if text else members
    rows = people_rows(
        shown,
        page,
        button_for=lambda member: InviteButton(source=member.source, id=member.id),
        turn_to=lambda number: InvitesButton(page=number),
    )
    lines = [
        bold(words.say("Whom do you want to invite?")),
        legend(shown, words),
        words.say("Or send /invite and a part of the name.") if not text else None,
        words.say("There are more: send more of the name.") if len(members) > len(shown) else None,
    ]
    return Message(compose(lines), InlineKeyboardMarkup(inline_keyboard=rows))


def _nobody(text: str, words: Words) -> Html:
    if text:
        return words.say(
            "Among your people nobody is called “{text}”. /invite shows them all.",
            text=clip(text, _NAME),
        )
    return words.say("There is nobody whom you could invite.")


def hindrance(member: Member, *, operator: bool) -> str | None:
    """The sentence that says why {name} cannot be invited and what to do; None if they can.

    A manager's rights come with an operator's invite only.
    """
    sentence = _HINDERED.get(member.reason) if member.reason else None
    return _MANAGES if sentence is None and member.source == "user" and not operator else sentence


def invite_row(
    member: Member, words: Words, *, operator: bool = False
) -> list[InlineKeyboardButton]:
    """What invites them with one tap, or asks for the new phone of somebody who has an account;
    empty where they cannot be invited.
    """
    if hindrance(member, operator=operator):
        return []
    name, who = clip(member.name, 40), f"{member.source[0]}{member.id}"
    if member.linked:
        text, data = words.label("New phone for {name}", name=name), PhoneButton(who=who).pack()
    else:
        text = words.label("📩 Invite {name}", name=name)
        data = InviteButton(source=member.source, id=member.id).pack()
    return [InlineKeyboardButton(text=text, callback_data=data)]


def new_phone(member: Member, words: Words) -> Message:
    """The question before somebody who has an account is invited onto another one."""
    name, who = clip(member.name, _NAME), f"{member.source[0]}{member.id}"
    lines = (
        words.say("{name} is connected already.", name=name),
        words.say("The account that opens the new invitation takes the place of the old one."),
        words.say("The old one, and the other managers, are told.")
        if Role.MANAGER not in member.roles
        else words.say("They manage only if an operator made it, or once it stands in BotZilla."),
    )
    sure = PhoneButton(who=who, account=member.telegram_id or 0).pack()
    yes = InlineKeyboardButton(text=words.label("Yes, new phone"), callback_data=sure)
    back = MemberButton(who=who).pack()
    no = InlineKeyboardButton(text=words.label("No"), callback_data=back)
    return Message(compose(lines), InlineKeyboardMarkup(inline_keyboard=[[yes, no]]))


def forward_this(member: Member, words: Words) -> Message:
    """What stands above an invite, for who forwards it; `member` as he was before it was made."""
    name = clip(member.name, _NAME)
    lines = (
        bold(words.say("⬇️ Forward the next message to {name}", name=name)),
        words.say("Send it to nobody else and to no group: whoever opens it is connected."),
        words.say("The invitation from before does not work anymore.")
        if member.invited_until
        else None,
        words.say("The account that opens it takes the place of the old one.")
        if member.linked
        else None,
    )
    return Message(compose(lines))


def invitation(name: str, inviter: str, address: str, until: datetime, words: Words) -> Message:
    """The message that is forwarded: who invites whom, the link, and how long it is good."""
    who, moment = clip(inviter, _NAME), words.moment(until)
    lines = (
        bold(words.say("📩 Invitation for {name}", name=clip(name, _NAME))),
        words.say("{who} invites you to the bot that tells you about your jobs.", who=who),
        words.say("➡️ Open this link on your phone and press Start:"),
        Html(address),
        words.say("It is for you alone and works once, until {moment}.", moment=moment),
        words.say("If it does not work, ask {who} for a new one.", who=who),
    )
    return Message(compose(lines))
