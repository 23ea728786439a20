"""Alerts in words: what happened, to which job, and what its reader should do next.

A view gets what the alert says and the job as it is now. A job that was taken away loses all but
its name and branch. What is about the system or about somebody is said in `trouble.py`,
`unreachable.py` and `linking.py`.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import cast

from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup

from bot import access
from bot.views import facts, linking, trouble, unreachable
from bot.views.language import N_, Words
from bot.views.message import Html, Message, bold, clip, compose, joined, struck
from sync.model.alerts import AlertKind, RecipientType
from sync.model.facts import (
    Facts,
    JobFacts,
    JobNews,
    LeaderLeft,
    LeaderUnreachable,
    LinkChanged,
    LinkDecided,
    LinkRequested,
    ManagerUnreachable,
    MessageNotTaken,
)
from sync.model.kinds import KINDS, Asks
from sync.model.states import State, official

#: What each kind is called: its first line in most shapes, and its name in `/why`.
TITLES: Mapping[AlertKind, str] = {
    AlertKind.CREW_LEAD_NEEDED: N_("🔴 A crew leader is needed"),
    AlertKind.JOB_TAKEN_AWAY: N_("⚪ This job is no longer yours"),
    AlertKind.JOB_ASSIGNED: N_("🟢 You have a new job"),
    AlertKind.PLAN_CHANGES_REQUIRED: N_("🟠 The plan must be changed"),
    AlertKind.RETURNED_TO_PLANNING: N_("🟠 Back to planning"),
    AlertKind.PLAN_READY_FOR_REVIEW: N_("🔵 A plan is ready for review"),
    AlertKind.JOB_REASSIGNED: N_("🟢 A job was handed over to you"),
    AlertKind.CREW_LEADER_UNREACHABLE: N_("🔴 A crew leader cannot be reached"),
    AlertKind.CREW_LEAD_MISSING: N_("🔴 A job has no crew leader"),
    AlertKind.STATE_CHANGED: N_("⚪ A job moved on"),
    AlertKind.SALE_PROGRESSED: N_("⚪ News of a sale"),
    AlertKind.MESSAGE_NOT_TAKEN: N_("🟠 A message could not be delivered"),
    AlertKind.MANAGER_UNREACHABLE: N_("🟠 A manager cannot be reached"),
    AlertKind.LINK_REQUESTED: N_("🔑 Somebody wants to be connected"),
    AlertKind.LINK_DECIDED: N_("✅ Somebody was approved"),
    AlertKind.LINK_MOVED: N_("🔑 Somebody has another Telegram account"),
    AlertKind.INVITE_ACCEPTED: N_("🔑 Somebody opened an invitation"),
    AlertKind.SYNC_BLIND: N_("🔴 Attic Tech cannot be read"),
    AlertKind.SYNC_RECOVERED: N_("🟢 Attic Tech is read again"),
    AlertKind.FIRST_CONTACT: N_("🟢 Everything is mirrored"),
    AlertKind.STATE_UNKNOWN: N_("🟠 A state that we do not know"),
    AlertKind.DOCUMENT_UNREADABLE: N_("🟠 A record of Attic Tech cannot be read"),
    AlertKind.MASS_CHANGE_HELD: N_("🔴 Much is lost at once"),
    AlertKind.SOURCE_UNREADABLE: N_("🔴 Attic Tech does not let us read"),
}


def headline(kind: str, words: Words) -> str:
    """What the message of this kind is called: its first line without the mark, as plain text."""
    line = next((line for known, line in TITLES.items() if known == kind), None)
    return kind.replace("_", " ") if line is None else words.label(line).partition(" ")[2]


def alert_message(
    kind: AlertKind, said: Facts, job: JobFacts | None, words: Words, role: RecipientType
) -> Message:
    """The message of an alert for a reader in this role; `job` is None where its row is gone.

    Raises KeyError for a kind that nobody in this role is told.
    """
    title = bold(words.say(TITLES[kind]))
    match said:
        case JobNews():
            return _about_a_job(kind, said, job or said.job or {}, words, role)
        case LinkDecided() | LinkChanged():
            return linking.message(kind, said, words, role)
        case LinkRequested():  # nobody decides it any more, and nobody sends it
            return Message(title)
        case LeaderLeft():
            return Message(compose(unreachable.left(said, words)))
        case ManagerUnreachable():
            return Message(compose(unreachable.manager(said, title, words)))
        case _:
            return Message(compose(trouble.lines(said, title, words)))


def bare_message(kind: AlertKind, said: Facts, job: JobFacts | None) -> Message:
    """What can always be said: the kind, and the job's name and number as far as they are known."""
    shown = job or (said.job if isinstance(said, JobNews) else None) or {}
    about = (kind.replace("_", " "), shown.get("name"), shown.get("job_id"))
    return Message(joined([clip(str(part), 200) for part in about if part]))


def _name(job: JobFacts) -> Html:
    return joined((clip(facts.name(job), 200), facts.hash_number(job)))


def struck_message(job: JobFacts, words: Words) -> Message:
    """What is left of an alert about a job that has left its reader: its name."""
    return Message(compose((struck(_name(job)), words.say("This job is no longer yours."))))


def _about_a_job(
    kind: AlertKind, news: JobNews, job: JobFacts, words: Words, role: RecipientType
) -> Message:
    """No alert shows a price; what else the reader may not see (`bot/access.py`), or knows of
    themselves, is left out as well.
    """
    shown = cast("JobFacts", access.shown(job, {access.READERS[role]}))
    if role is RecipientType.SALESPERSON:
        shown.pop("sales_person", None)
    asks, steps = KINDS[kind].asks, STEPS[role][kind](news, shown, words)
    contact = asks is not Asks.LEAVE
    lines = facts.fact_lines(shown, words) if contact else facts.branch_line(shown, words)
    if role is RecipientType.SALESPERSON:  # they name the job themselves
        return Message(compose((*steps, *lines)), _keyboard(news, shown, words, contact=contact))
    return Message(
        compose(
            (
                bold(words.say(TITLES[kind])),
                *((facts.title(shown), _move(news, words)) if job else ()),
                *lines,
                *(facts.work_lines(shown, words) if asks is Asks.LEAD else ()),
                *steps,
                *(unreachable.untold(news.untold, words) if news.untold else ()),
            )
        ),
        _keyboard(news, shown, words, contact=contact) if job else None,
    )


def _keyboard(
    news: JobNews, job: JobFacts, words: Words, *, contact: bool
) -> InlineKeyboardMarkup | None:
    """What mends that a leader cannot be told, and what leads to the job while it is there."""
    rows: list[list[InlineKeyboardButton]] = []
    if isinstance(news, LeaderUnreachable):
        rows += unreachable.mend_buttons(news.unreached, job, words)
    if news.untold:
        rows += unreachable.mend_buttons(news.untold, job, words)
    rows += [] if news.gone else facts.fact_buttons(job, words, contact=contact)
    return InlineKeyboardMarkup(inline_keyboard=rows) if rows else None


def _move(news: JobNews, words: Words) -> Html | None:
    """`Pending Review → Plans In Progress`; one state alone where there was none before."""
    states = [state for state in dict.fromkeys((news.old, news.new)) if state]
    return joined((clip(words.state(state), 100) for state in states), " → ") or None


def _plan(news: JobNews, job: JobFacts, words: Words) -> Iterator[Html]:
    """What a leader does with a job that is theirs now: the plan, or what its state asks for."""
    if official(job.get("status") or news.new) is State.PLANS_IN_PROGRESS:
        yield words.say("➡️ Make the plan in Attic Tech.")
    else:
        yield words.say("➡️ You lead it now: look at it in Attic Tech and go on from there.")


def _plan_after(news: JobNews, job: JobFacts, words: Words) -> Iterator[Html]:
    if news.former_leader:
        yield words.say("Before you: {name}", name=clip(news.former_leader, 100))
    yield from _plan(news, job, words)


def _correct(news: JobNews, job: JobFacts, words: Words) -> Iterator[Html]:
    yield words.say("➡️ The estimate changed: correct the plan and send it to review again.")


def _know(news: JobNews, job: JobFacts, words: Words) -> Iterator[Html]:
    """Nothing: the states say it."""
    yield from ()


def _who_has_it(news: JobNews, job: JobFacts, words: Words) -> Iterator[Html]:
    if news.gone:
        yield words.say("It is no longer in Attic Tech. There is nothing left to do.")
    elif official(news.new) is State.REQUIRES_CREW_LEAD:
        yield words.say("It waits for a crew leader again. There is nothing left to do for you.")
    elif news.leader:
        yield words.say("{name} leads it now.", name=clip(news.leader, 100))
    else:
        yield words.say("You are no longer its crew leader. There is nothing left to do for you.")


def _assign(news: JobNews, job: JobFacts, words: Words) -> Iterator[Html]:
    yield words.say("➡️ Assign a crew leader in Attic Tech.")


def _find_a_leader(news: JobNews, job: JobFacts, words: Words) -> Iterator[Html]:
    if job.get("job_id") is None:
        yield words.say("➡️ Sold. Create its job in Attic Tech and assign a crew leader.")
    elif leader := job.get("crew_leader"):
        # They may stay in the crew when the job goes back; "assign one" would read like an error.
        yield words.say(
            "➡️ Confirm {name}, or assign somebody else in Attic Tech.", name=clip(leader, 100)
        )
    else:
        yield from _assign(news, job, words)


def _review(news: JobNews, job: JobFacts, words: Words) -> Iterator[Html]:
    yield words.say("➡️ Review the plan in Attic Tech.")


def _remedy(news: JobNews, job: JobFacts, words: Words) -> Iterator[Html]:
    if isinstance(news, LeaderUnreachable):
        yield from unreachable.remedy(news, words)


def _tell_them(news: JobNews, job: JobFacts, words: Words) -> Iterator[Html]:
    """Which message for whom."""
    if isinstance(news, MessageNotTaken):
        title = headline(news.about, words) if news.about else "—"
        name = clip(news.name or "—", 100)
        yield words.say("It was for {name}: “{title}”", name=name, title=title)
    yield words.say("Telegram fails at this message again and again, and takes others.")
    yield words.say("➡️ Tell them yourself.")


def _sale(news: JobNews, job: JobFacts, words: Words) -> Iterator[Html]:
    """What became of it. Back from Closed Job is no progress, and is not called so."""
    if official(news.new) is State.CLOSED_JOB:
        yield bold(words.say("⚪ Closed: {job}", job=_name(job)))
        yield words.say("You sold it, and it is finished. Nothing else to do.")
        return
    yield bold(words.say("⚪ Waiting for payment: {job}", job=_name(job)))
    if official(news.old) is State.CLOSED_JOB:
        yield words.say("You sold it. It was closed, and is open again.")
    else:
        yield words.say("You sold it. The work is done; the customer’s payment is next.")


_Steps = Callable[[JobNews, JobFacts, Words], Iterator[Html]]
_FOR_MANAGERS: Mapping[AlertKind, _Steps] = {
    AlertKind.CREW_LEAD_NEEDED: _find_a_leader,
    AlertKind.CREW_LEAD_MISSING: _assign,
    AlertKind.PLAN_READY_FOR_REVIEW: _review,
    AlertKind.CREW_LEADER_UNREACHABLE: _remedy,
    AlertKind.MESSAGE_NOT_TAKEN: _tell_them,
}
#: What a reader in each role should do or know, by kind: all that sync/model/kinds.py sends them
#: about a job.
STEPS: Mapping[RecipientType, Mapping[AlertKind, _Steps]] = {
    RecipientType.CREW_LEADER: {
        AlertKind.JOB_ASSIGNED: _plan,
        AlertKind.JOB_REASSIGNED: _plan_after,
        AlertKind.PLAN_CHANGES_REQUIRED: _correct,
        AlertKind.RETURNED_TO_PLANNING: _plan,
        AlertKind.JOB_TAKEN_AWAY: _who_has_it,
        AlertKind.STATE_CHANGED: _know,
    },
    RecipientType.OPERATION_MANAGER: _FOR_MANAGERS,
    RecipientType.OPERATOR: _FOR_MANAGERS,
    RecipientType.SALESPERSON: {AlertKind.SALE_PROGRESSED: _sale},
    RecipientType.CHAT: {},
}
