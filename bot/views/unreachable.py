"""Who cannot be reached, why, and how to mend it, for the managers who can: a crew leader (row 8),
one who left with jobs in their hands, another manager.

The tables hold one entry per reason. What strangers are told who write to the bot is said in the
views of the commands.
"""

from collections.abc import Iterator

from aiogram.types import InlineKeyboardButton

from bot.views.buttons import InviteButton, LeaderButton
from bot.views.facts import hash_number, name, page
from bot.views.language import N_, Words
from bot.views.message import Html, bold, clip, joined, link
from sync.model.alerts import Reason
from sync.model.facts import (
    JobFacts,
    LeaderLeft,
    LeaderUnreachable,
    ListedJob,
    ManagerUnreachable,
    Unreached,
)

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
_ENTER_THE_ID = N_(
    "➡️ Let them write /start to this bot: it answers with their Telegram number. In BotZilla, "
    "enter it at that user."
)
#: What mends it, by the reasons that a manager can have.
HOW_FOR_A_MANAGER = {
    Reason.NO_TELEGRAM: (_ENTER_THE_ID,),
    Reason.CHAT_NOT_FOUND: (
        N_("➡️ Let them open this bot in Telegram and press Start."),
        N_("➡️ If that does not help, the number in BotZilla is not theirs."),
        _ENTER_THE_ID,
    ),
    Reason.DEACTIVATED: (_ENTER_THE_ID,),
    Reason.BOT_BLOCKED: (N_("➡️ Let them open this bot in Telegram and unblock it (Restart bot)."),),
    Reason.PENDING_APPROVAL: (N_("➡️ Approve the registration in BotZilla."),),
    Reason.AMBIGUOUS: (ONE_ID_OF_TWO,),
    Reason.INACTIVE: (N_("➡️ If they left, give their branches to somebody else in BotZilla."),),
    Reason.BLOCKED_IN_ATTIC_TECH: (
        N_("➡️ If they left, give their branches to somebody else in BotZilla."),
    ),
}
#: Jobs of a leaver that are named; the rest is a number.
NAMED = 20


def untold(former: Unreached, words: Words) -> Iterator[Html]:
    """Beside something else: the leader of before cannot be told, and why."""
    yield _why(former.reason, _name(former), words)
    yield words.say("They do not know that this job is no longer theirs: tell them yourself.")


def mend_buttons(
    leader: Unreached, job: JobFacts, words: Words
) -> list[list[InlineKeyboardButton]]:
    """What mends it with one tap, a row each; nothing where it cannot be mended here."""
    who, job_id = clip(_name(leader), 40), job.get("job_id")
    if button := invited(leader):
        sentence = "New phone for {name}" if leader.reason in _ELSEWHERE else "📩 Invite {name}"
        text, data = words.label(sentence, name=who), button.pack()
    elif leader.leader_id and job_id and leader.reason is Reason.PENDING_APPROVAL:
        text = words.label("Who is {name}?", name=who)
        data = LeaderButton(job=job_id, leader=leader.leader_id).pack()
    else:
        return []
    return [[InlineKeyboardButton(text=text, callback_data=data)]]


def invited(leader: Unreached) -> InviteButton | None:
    """Invites who has no account, or asks about a new one; None where that helps nobody."""
    if leader.reason not in _ELSEWHERE | {Reason.NO_TELEGRAM}:
        return None
    if leader.employee_id:
        return InviteButton(source="employee", id=leader.employee_id)
    if leader.crew_member_id:
        return InviteButton(source="crew_member", id=leader.crew_member_id)
    return None


def remedy(news: LeaderUnreachable, words: Words) -> Iterator[Html]:
    """Who, why, what to do about it, and that the message then goes out by itself."""
    leader, reason = news.unreached, news.reason or Reason.NO_TELEGRAM
    yield _why(reason, _name(leader), words)
    if news.taken_away:
        yield words.say("They do not know that this job is no longer theirs.")
    # Without candidates it is certain who they are, but somebody else has their Telegram id, too.
    one_id_of_two = reason is Reason.AMBIGUOUS and not news.candidates
    if reason is Reason.AMBIGUOUS and news.candidates:
        names = joined([clip(one, 60) for one in news.candidates[:10]], ", ")
        yield words.say("Who it might be: {names}", names=names)
    if reason is Reason.NO_TELEGRAM and invited(leader):
        yield words.say("➡️ Tap the button below and forward the invitation. Or:")
    for step in (ONE_ID_OF_TWO,) if one_id_of_two else HOW[reason]:
        yield words.say(step)
    yield words.say(
        "Until then, tell them yourself. Once they can be reached, the message goes out by itself."
    )


def left(leaver: LeaderLeft, words: Words) -> Iterator[Html]:
    """Who left and why we think so, the jobs that are still theirs, and what to do with them."""
    jobs = leaver.jobs
    yield bold(words.say("🔴 A crew leader has left"))
    yield _why(leaver.reason, clip(leaver.leader or "—", 100), words)
    yield words.plural(
        "{n} active job is still theirs:", "{n} active jobs are still theirs:", len(jobs)
    )
    yield from (listed(job, words) for job in jobs[:NAMED])
    if len(jobs) > NAMED:
        yield words.plural("… and {n} more", "… and {n} more", len(jobs) - NAMED)
    yield words.say("➡️ Assign somebody else in Attic Tech.")
    yield words.say("They are told nothing any more. If they come back, what is current goes out.")


def manager(facts: ManagerUnreachable, title: Html, words: Words) -> Iterator[Html]:
    """Which manager, why, what mends it, and who is told in their place."""
    yield title
    who = facts.name or facts.email or str(facts.user_id)
    yield _why(facts.reason, clip(who, 100), words)
    reason = facts.reason or Reason.NO_TELEGRAM
    yield from (words.say(step) for step in HOW_FOR_A_MANAGER.get(reason, ()))
    yield words.say("Until then, others are told what is for them; you are one of these.")


def listed(job: ListedJob, words: Words) -> Html:
    """One job of several, on one line."""
    url, shown = page(job, words), hash_number(job)
    return joined(("•", clip(name(job), 100), link(shown, url) if url else shown), " ")


def _why(reason: Reason | None, name: str, words: Words) -> Html:
    return words.say(WHY[reason or Reason.NO_TELEGRAM], name=name)


def _name(leader: Unreached) -> str:
    return clip(leader.leader or f"Attic Tech {leader.leader_id}", 100)
