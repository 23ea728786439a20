"""Why a crew leader cannot be reached and how to mend it, for the managers who can (row 8).

The two tables hold one entry per reason. What a stranger is told when he writes to the bot is not
said here but in the views of the commands.
"""

from collections.abc import Iterator
from typing import Any

from bot.views.language import N_, Words
from bot.views.message import Html, clip, joined
from sync.alerts import Reason

_ENTER_THE_ID = N_(
    "➡️ Let them write /start to this bot: it answers with their Telegram number. In BotZilla, open "
    "that employee, put the number into “Telegram id” and save."
)

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
#: What mends it, in order.
HOW = {
    Reason.NOT_IN_DATABASE: (
        N_(
            "➡️ Register this person in BotZilla as an employee, with the e-mail or the full name "
            "from Attic Tech."
        ),
        _ENTER_THE_ID,
    ),
    Reason.AMBIGUOUS: (
        N_("➡️ In BotZilla, enter the Attic Tech number {id} at the right employee."),
    ),
    Reason.PENDING_APPROVAL: (N_("➡️ Approve the registration in BotZilla."),),
    Reason.INACTIVE: (
        N_("➡️ Make the employee active again in BotZilla, or assign somebody else in Attic Tech."),
    ),
    Reason.NO_TELEGRAM: (_ENTER_THE_ID,),
    Reason.BOT_BLOCKED: (N_("➡️ Let them open this bot in Telegram and unblock it (Restart bot)."),),
    Reason.CHAT_NOT_FOUND: (
        N_("➡️ Let them open this bot in Telegram and press Start."),
        N_("➡️ If that does not help, the number in BotZilla is not theirs."),
        _ENTER_THE_ID,
    ),
    Reason.DEACTIVATED: (_ENTER_THE_ID,),
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


def _name(facts: dict[str, Any]) -> str:
    return clip(str(facts.get("leader") or f"Attic Tech {facts.get('leader_id')}"), 100)


def remedy(facts: dict[str, Any], words: Words) -> Iterator[Html]:
    """Who, why, what to do about it, and that the message then goes out by itself."""
    leader_id = facts.get("leader_id")
    reason = Reason(facts.get("reason") or Reason.NO_TELEGRAM)
    yield words.say(WHY[reason], name=_name(facts))
    if facts.get("taken_away"):
        yield words.say("They do not know that this job is no longer theirs.")
    if reason is Reason.AMBIGUOUS and (candidates := facts.get("candidates")):
        names = joined([clip(str(candidate), 60) for candidate in candidates[:10]], ", ")
        yield words.say("Who it might be: {names}", names=names)
    for step in HOW[reason]:
        yield words.say(step, id=leader_id if leader_id is not None else "—")
    yield words.say(
        "Until then, tell them yourself. Once they can be reached, the message goes out by itself."
    )
