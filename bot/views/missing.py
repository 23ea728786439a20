"""People who drop out, in words for managers: a crew leader who left with jobs in his hands, and a
manager whom no message reaches.
"""

from collections.abc import Iterator
from typing import Any

from bot.views.facts import JobFacts, hash_number, page
from bot.views.language import N_, Words
from bot.views.message import Html, bold, clip, joined, link
from bot.views.unreachable import ONE_ID_OF_TWO, WHY
from sync.alerts import Reason

#: Jobs that are named; the rest is a number.
NAMED = 20

_ENTER_THE_ID = N_(
    "➡️ Let them write /start to this bot: it answers with their Telegram number. In BotZilla, "
    "enter it at that user."
)
#: What mends it, by the reasons that a manager can have.
HOW = {
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


def leaver(facts: dict[str, Any], words: Words) -> Iterator[Html]:
    """Who left and why we think so, the jobs that are still his, and what to do with them."""
    jobs = facts["jobs"]
    yield bold(words.say("🔴 A crew leader has left"))
    yield words.say(WHY[Reason(facts["reason"])], name=clip(str(facts["leader"] or "—"), 100))
    yield words.plural(
        "{n} active job is still theirs:", "{n} active jobs are still theirs:", len(jobs)
    )
    yield from (_job(job, words) for job in jobs[:NAMED])
    if len(jobs) > NAMED:
        yield words.plural("… and {n} more", "… and {n} more", len(jobs) - NAMED)
    yield words.say("➡️ Assign somebody else in Attic Tech.")
    yield words.say("They are told nothing any more. If they come back, what is current goes out.")


def manager(facts: dict[str, Any], words: Words) -> Iterator[Html]:
    """Which manager, why, what mends it, and who is told in his place."""
    reason = Reason(facts["reason"])
    yield bold(words.say("🟠 A manager cannot be reached"))
    name = facts.get("name") or facts.get("email") or facts["user_id"]
    yield words.say(WHY[reason], name=clip(str(name), 100))
    yield from (words.say(step) for step in HOW.get(reason, ()))
    yield words.say("Until then, others are told what is for them; you are one of these.")


def _job(job: JobFacts, words: Words) -> Html:
    url = page(job, words)
    shown = hash_number(job)
    name = clip(job.get("name") or "—", 100)
    return joined(("•", name, link(shown, url) if url else shown), " ")
