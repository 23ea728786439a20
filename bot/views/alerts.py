"""Alerts in words: one view per kind, each saying what happened, to which job, and what to do next.

A view gets the facts that were frozen with the alert and the job as it is now. A job that was taken
away loses all but its name and branch. The kinds about the system itself are in `trouble.py`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast

from aiogram.types import InlineKeyboardMarkup

from bot import access
from bot.views import facts, linking, trouble
from bot.views.facts import JobFacts
from bot.views.language import N_, Words
from bot.views.message import Html, Message, bold, clip, compose, joined, quote, struck
from bot.views.unreachable import mend_buttons, remedy, untold
from sync.alerts import AlertKind, RecipientType
from sync.states import State, official


@dataclass(frozen=True, slots=True)
class AlertRow:
    """What a view reads of a row of `botzilla.alert`."""

    kind: AlertKind
    facts: dict[str, Any] = field(default_factory=dict)


#: The first line of each kind that is about a job, or can be.
_HEADLINES = {
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
    AlertKind.MESSAGE_NOT_TAKEN: N_("🟠 A message could not be delivered"),
}
#: Kinds about somebody's link.
_LINKING = frozenset({AlertKind.LINK_REQUESTED, AlertKind.LINK_DECIDED, AlertKind.LINK_MOVED})
#: Kinds after which a crew leader gets to work: he also reads the hours and the notes for his crew.
_TO_WORK = frozenset(
    {
        AlertKind.JOB_ASSIGNED,
        AlertKind.JOB_REASSIGNED,
        AlertKind.PLAN_CHANGES_REQUIRED,
        AlertKind.RETURNED_TO_PLANNING,
    }
)


def alert_message(
    alert: AlertRow, job: JobFacts | None, words: Words, role: RecipientType
) -> Message:
    """The message of an alert for a reader in this role; `job` is None where its row is gone.

    No alert shows a price; what else the reader may not see (`bot/access.py`) is left out as well.
    """
    if alert.kind in _LINKING:
        return linking.message(alert.kind, alert.facts, words, role)
    if alert.kind not in _HEADLINES or _about_a_leaver(alert):
        return Message(compose(trouble.lines(alert.kind, alert.facts, words)))
    facts_now = job or alert.facts.get("job") or {}
    if alert.kind is AlertKind.MESSAGE_NOT_TAKEN and not facts_now:
        return Message(
            compose([bold(words.say(_HEADLINES[alert.kind])), *_not_taken(alert, words)])
        )
    shown = cast("JobFacts", access.shown(facts_now, {access.READERS[role]}))
    his = alert.kind is not AlertKind.JOB_TAKEN_AWAY
    to_work = alert.kind in _TO_WORK and role is RecipientType.CREW_LEADER
    lines = [
        bold(words.say(_HEADLINES[alert.kind])),
        facts.title(shown),
        _move(alert, words),
        *(facts.fact_lines(shown, words) if his else _branch(shown, words)),
        *(_work(shown, words) if to_work else ()),
        *_next_steps(alert, shown, words),
        *untold(alert.facts, words),
    ]
    buttons = [] if alert.facts.get("gone") else facts.fact_buttons(shown, words, contact=his)
    for leader in _unreachable(alert):
        buttons = [*mend_buttons(leader, shown, words), *buttons]
    keyboard = InlineKeyboardMarkup(inline_keyboard=buttons) if buttons else None
    return Message(compose(lines), keyboard)


def _unreachable(alert: AlertRow) -> Iterator[dict[str, Any]]:
    """The leaders of whom it says that they cannot be told, the last first."""
    if former := alert.facts.get("untold"):
        yield former
    if alert.kind is AlertKind.CREW_LEADER_UNREACHABLE:
        yield alert.facts


def _about_a_leaver(alert: AlertRow) -> bool:
    return alert.kind is AlertKind.CREW_LEADER_UNREACHABLE and "jobs" in alert.facts


def headline(kind: str, words: Words) -> str:
    """What the message of this kind is called: its first line without the mark, as plain text."""
    line = next((line for known, line in _HEADLINES.items() if known == kind), None)
    return kind.replace("_", " ") if line is None else words.label(line).partition(" ")[2]


def struck_message(job: JobFacts, words: Words) -> Message:
    """What is left of an alert about a job that has left its reader: its name."""
    name = struck(joined((clip(facts.name(job), 200), facts.hash_number(job))))
    return Message(compose((name, words.say("This job is no longer yours."))))


def bare_message(alert: AlertRow, job: JobFacts | None) -> Message:
    """What can always be said: the kind, and the job's name and number as far as they are known."""
    shown = job or alert.facts.get("job") or {}
    about = (alert.kind.replace("_", " "), shown.get("name"), shown.get("job_id"))
    return Message(joined([clip(str(part), 200) for part in about if part]))


def _move(alert: AlertRow, words: Words) -> Html | None:
    """`Pending Review → Plans In Progress`; one state alone where there was none before."""
    old, new = alert.facts.get("old"), alert.facts.get("new")
    states = [clip(words.state(state), 100) for state in dict.fromkeys((old, new)) if state]
    return joined(states, " → ") if states else None


def _branch(job: JobFacts, words: Words) -> Iterator[Html]:
    if branch := job.get("branch"):
        yield words.say("Branch: {name}", name=clip(branch, 100))


def _work(job: JobFacts, words: Words) -> Iterator[Html]:
    if (hours := job.get("labor_hours")) is not None:
        yield words.say("Labor hours: {hours}", hours=words.number(hours))
    if notes := (job.get("crew_notes") or "").strip():
        yield quote(notes)


def _next_steps(alert: AlertRow, job: JobFacts, words: Words) -> Iterator[Html]:
    """What the reader should do or know now."""
    kind = alert.kind
    if kind is AlertKind.CREW_LEADER_UNREACHABLE:
        yield from remedy(alert.facts, words)
    elif kind is AlertKind.MESSAGE_NOT_TAKEN:
        yield from _not_taken(alert, words)
    elif kind is AlertKind.JOB_TAKEN_AWAY:
        yield _who_has_it(alert, words)
    elif kind is AlertKind.CREW_LEAD_NEEDED and job.get("job_id") is None:
        yield words.say("➡️ Sold. Create its job in Attic Tech and assign a crew leader.")
    elif kind is AlertKind.CREW_LEAD_NEEDED and (leader := job.get("crew_leader")):
        # He may stay in the crew when the job goes back; "assign one" would read like an error.
        yield words.say(
            "➡️ Confirm {name}, or assign somebody else in Attic Tech.", name=clip(leader, 100)
        )
    elif kind in (AlertKind.CREW_LEAD_NEEDED, AlertKind.CREW_LEAD_MISSING):
        yield words.say("➡️ Assign a crew leader in Attic Tech.")
    elif kind is AlertKind.PLAN_READY_FOR_REVIEW:
        yield words.say("➡️ Review the plan in Attic Tech.")
    elif kind is AlertKind.PLAN_CHANGES_REQUIRED:
        yield words.say("➡️ The estimate changed: correct the plan and send it to review again.")
    elif kind is not AlertKind.STATE_CHANGED:
        yield from _take_it_up(alert, job, words)


def _not_taken(alert: AlertRow, words: Words) -> Iterator[Html]:
    """Which message for whom."""
    title = headline(AlertKind(alert.facts["about"]), words)
    name = clip(str(alert.facts.get("name") or "—"), 100)
    yield words.say("It was for {name}: “{title}”", name=name, title=title)
    yield words.say("Telegram fails at this message again and again, and takes others.")
    yield words.say("➡️ Tell them yourself.")


def _take_it_up(alert: AlertRow, job: JobFacts, words: Words) -> Iterator[Html]:
    """What a leader does with a job that is his now: the plan, or whatever its state asks for."""
    former = alert.facts.get("former_leader")
    if former and alert.kind is AlertKind.JOB_REASSIGNED:
        yield words.say("Before you: {name}", name=clip(str(former), 100))
    state = official(job.get("status") or alert.facts.get("new"))
    if state is State.PLANS_IN_PROGRESS:
        yield words.say("➡️ Make the plan in Attic Tech.")
    else:
        yield words.say("➡️ You lead it now: look at it in Attic Tech and go on from there.")


def _who_has_it(alert: AlertRow, words: Words) -> Html:
    leader, new = alert.facts.get("leader"), official(alert.facts.get("new"))
    if alert.facts.get("gone"):
        return words.say("It is no longer in Attic Tech. There is nothing left to do.")
    if new is State.REQUIRES_CREW_LEAD:
        return words.say("It waits for a crew leader again. There is nothing left to do for you.")
    if leader:
        return words.say("{name} leads it now.", name=clip(str(leader), 100))
    return words.say("You are no longer its crew leader. There is nothing left to do for you.")
