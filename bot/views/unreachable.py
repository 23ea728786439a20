"""Why a crew leader cannot be reached and how to mend it, for the managers who can (row 8).

The two tables hold one entry per reason. What a stranger is told when he writes to the bot is not
said here but in the views of the commands.
"""

from collections.abc import Iterator
from typing import Any

from aiogram.types import InlineKeyboardButton

from bot.views.buttons import InviteButton, LeaderButton
from bot.views.facts import JobFacts
from bot.views.language import N_, Words
from bot.views.message import Html, clip, joined
from sync.alerts import Reason

_LINK = N_("➡️ Let them send /link to this bot and share their phone number.")
_NEW_PHONE = N_(
    "➡️ If they have another Telegram account now: “New phone” below. It asks once more."
)
#: Who has an account, which may be another one by now.
_ELSEWHERE = frozenset({Reason.BOT_BLOCKED, Reason.CHAT_NOT_FOUND, Reason.DEACTIVATED})

#: The reason as a sentence about {name}.
WHY = {
    Reason.NOT_IN_DATABASE: N_("{name} is not in BotZilla."),
    Reason.AMBIGUOUS: N_("{name} could be more than one person in BotZilla."),
    Reason.PENDING_APPROVAL: N_("{name} still waits for approval in BotZilla."),
    Reason.INACTIVE: N_("{name} is not an active employee in BotZilla."),
    Reason.NO_TELEGRAM: N_("{name} has no Telegram id in BotZilla."),
    Reason.BOT_BLOCKED: N_("{name} has blocked this bot in Telegram."),
    Reason.CHAT_NOT_FOUND: N_("{name} has no chat with this bot in Telegram."),
    Reason.DEACTIVATED: N_("{name} has no Telegram account any more."),
    Reason.BLOCKED_IN_ATTIC_TECH: N_("{name} is blocked in Attic Tech."),
    Reason.UNREADABLE_IN_ATTIC_TECH: N_("Attic Tech does not show us who leads this job."),
    Reason.NO_MANAGER: N_("There is nobody who could be told."),
}
ONE_ID_OF_TWO = N_("➡️ Two people in BotZilla have this Telegram number: leave it at the right one.")
#: What mends it, in order.
HOW = {
    Reason.NOT_IN_DATABASE: (
        N_("➡️ Add them in BotZilla, with the e-mail that they have in Attic Tech."),
    ),
    Reason.AMBIGUOUS: (
        N_("➡️ In BotZilla, give only the right one the e-mail that they have in Attic Tech."),
    ),
    Reason.PENDING_APPROVAL: (N_("➡️ Look at who it is with the button below, and approve there."),),
    Reason.INACTIVE: (
        N_("➡️ Make the employee active again in BotZilla, or assign somebody else in Attic Tech."),
    ),
    Reason.NO_TELEGRAM: (_LINK,),
    Reason.BOT_BLOCKED: (N_("➡️ Let them open this bot in Telegram and unblock it (Restart bot)."),),
    Reason.CHAT_NOT_FOUND: (
        N_("➡️ Let them open this bot in Telegram and press Start."),
        _NEW_PHONE,
    ),
    Reason.DEACTIVATED: (_NEW_PHONE,),
    Reason.BLOCKED_IN_ATTIC_TECH: (
        N_("➡️ Unblock this user in Attic Tech, or assign somebody else there."),
    ),
    Reason.UNREADABLE_IN_ATTIC_TECH: (
        N_("➡️ In Attic Tech, let the account of this program read all users."),
    ),
    Reason.NO_MANAGER: (),
}


def untold(facts: dict[str, Any], words: Words) -> Iterator[Html]:
    """Beside something else: the leader of before cannot be told, and why."""
    if former := facts.get("untold"):
        yield words.say(WHY[Reason(former["reason"])], name=_name(former))
        yield words.say("They do not know that this job is no longer theirs: tell them yourself.")


def mend_buttons(
    facts: dict[str, Any], job: JobFacts, words: Words
) -> list[list[InlineKeyboardButton]]:
    """What mends it with one tap, a row each; nothing where it cannot be mended here."""
    if button := invited(facts):
        name = clip(_name(facts), 40)
        elsewhere = facts.get("reason") in _ELSEWHERE
        text = words.label("New phone for {name}" if elsewhere else "📩 Invite {name}", name=name)
        return [[InlineKeyboardButton(text=text, callback_data=button.pack())]]
    leader, job_id = facts.get("leader_id"), job.get("job_id")
    if leader is None or job_id is None or facts.get("reason") != Reason.PENDING_APPROVAL:
        return []
    text = words.label("Who is {name}?", name=clip(_name(facts), 40))
    data = LeaderButton(job=job_id, leader=leader).pack()
    return [[InlineKeyboardButton(text=text, callback_data=data)]]


def invited(facts: dict[str, Any]) -> InviteButton | None:
    """Invites who has no account, or asks about a new one; None where that helps nobody."""
    if facts.get("reason") not in _ELSEWHERE | {Reason.NO_TELEGRAM}:
        return None
    if employee := facts.get("employee_id"):
        return InviteButton(source="employee", id=employee)
    if crew_member := facts.get("crew_member_id"):
        return InviteButton(source="crew_member", id=crew_member)
    return None


def _steps(reason: Reason, facts: dict[str, Any]) -> tuple[str, ...]:
    if reason is Reason.AMBIGUOUS and _one_id_of_two(facts):
        return (ONE_ID_OF_TWO,)
    return HOW[reason]


def _one_id_of_two(facts: dict[str, Any]) -> bool:
    """It is certain who he is, but somebody else has his Telegram id as well."""
    return not facts.get("candidates")


def _name(facts: dict[str, Any]) -> str:
    return clip(str(facts.get("leader") or f"Attic Tech {facts.get('leader_id')}"), 100)


def remedy(facts: dict[str, Any], words: Words) -> Iterator[Html]:
    """Who, why, what to do about it, and that the message then goes out by itself."""
    reason = Reason(facts.get("reason") or Reason.NO_TELEGRAM)
    yield words.say(WHY[reason], name=_name(facts))
    if facts.get("taken_away"):
        yield words.say("They do not know that this job is no longer theirs.")
    if reason is Reason.AMBIGUOUS and (candidates := facts.get("candidates")):
        names = joined([clip(str(candidate), 60) for candidate in candidates[:10]], ", ")
        yield words.say("Who it might be: {names}", names=names)
    if reason is Reason.NO_TELEGRAM and invited(facts):
        yield words.say("➡️ Tap the button below and forward the invitation. Or:")
    for step in _steps(reason, facts):
        yield words.say(step)
    yield words.say(
        "Until then, tell them yourself. Once they can be reached, the message goes out by itself."
    )
