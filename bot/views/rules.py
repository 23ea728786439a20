"""The rows of the table of alerts in words, and why a change was told to nobody.

The table itself is in `sync/rules`; a row has the same number there and here.
"""

from collections.abc import Iterator

from bot.audit.story import Entry, Told
from bot.views.language import N_, Words
from bot.views.message import Html, clip
from sync.model.alerts import AlertKind
from sync.model.states import State
from sync.reconcile.audit import Happened
from sync.reconcile.plan import Silence

RULES = {
    1: N_(
        "Rule 1: a sold estimate, or a job in “{first}”, needs a crew leader: tell the managers."
    ),
    2: N_("Rule 2: a job goes back to “{first}”: tell the managers, and who led it."),
    3: N_("Rule 3: a crew leader has an active job and was not told of it: tell them."),
    4: N_("Rule 4: a plan comes back from review: tell the crew leader, each time."),
    5: N_("Rule 5: a job goes back to planning: tell the crew leader."),
    6: N_("Rule 6: a plan is ready for review: tell the managers."),
    7: N_("Rule 7: an active job gets another crew leader: tell the new one and the former one."),
    8: N_("Rule 8: a crew leader cannot be reached: tell the managers."),
    9: N_("Rule 9: an active job has no crew leader: tell the managers, and who led it."),
    10: N_("Rule 10: any other move from “{later}” on: tell the crew leader."),
    12: N_("Rule 12: a sold job waits for payment, or is closed: tell its salesperson."),
}
_GONE = N_("An active job is gone: tell its crew leader.")
_SOLD_BY_NOBODY = N_("Its salesperson is not in BotZilla, so they are not told.")
SILENCES = {
    Silence.FIRST_CONTACT: N_("Mirrored silently at first contact: nobody is told about the past."),
    Silence.FOUND: N_("Taken over silently from the system before: nobody is told."),
    Silence.OLD: N_("Old, but only now in our sight: nobody is told, operators hear how many."),
}
#: Why no row holds, by what happened; the first that fits.
NOBODY = {
    Happened.GONE: N_("Nobody is told: no crew leader of an active job had been told of it."),
    Happened.MOVED: N_("Nobody is told: no rule is about this move."),
    Happened.SEEN: N_("Nobody is told: no rule is about jobs first seen in this state."),
    Happened.SOLD_ANEW: N_("Nobody is told: no rule is about this."),
    Happened.LEADER: N_("Nobody is told: a crew leader hears of a job when it is active."),
    Happened.BRANCH: N_("Nobody is told: a branch hears of a new job when it waits in “{first}”."),
    Happened.GOT_ITS_JOB: N_("Nobody is told: no rule is about this."),
    Happened.GOT_ITS_ESTIMATE: N_("Nobody is told: no rule is about this."),
    Happened.RETURNED: N_("Nobody is told: no rule is about this."),
}


def rules(entry: Entry, words: Words) -> Iterator[Html]:
    """By which rules people were told of the change, or why nobody was."""
    if not entry.told:
        yield _nobody(entry, words)
    elif _sold_by_nobody(entry):
        yield words.say(_SOLD_BY_NOBODY)
    for sentence in dict.fromkeys(_rule(told) for told in entry.told):
        if sentence:
            yield _say(sentence, words)


def _rule(told: Told) -> str | None:
    if told.gone and told.kind == AlertKind.JOB_TAKEN_AWAY:
        return _GONE
    return RULES.get(told.row)  # 0 in an alert of a program that did not write it down


def _sold_by_nobody(entry: Entry) -> bool:
    """Row 12 held, and nobody in BotZilla is the salesperson."""
    return 12 in entry.record.rules and not any(12 in told.rows for told in entry.told)


def _nobody(entry: Entry, words: Words) -> Html:
    record = entry.record
    if entry.foreign:
        return words.say("Another system wrote this down; whom it told is not known here.")
    if record.silence:
        return words.say(SILENCES[record.silence])
    if _sold_by_nobody(entry):
        return words.say(_SOLD_BY_NOBODY)
    if record.rules:
        return words.say("Whom this concerns had been told already.")
    fits = (sentence for what, sentence in NOBODY.items() if what in record.happened)
    return _say(next(fits, NOBODY[Happened.RETURNED]), words)


def _say(sentence: str, words: Words) -> Html:
    return words.say(
        sentence,
        first=words.state(State.REQUIRES_CREW_LEAD),
        later=words.state(State.REQUIRES_SCHEDULING),
    )


def untold_leader(entry: Entry, words: Words) -> Iterator[Html]:
    """The leader before, who never heard that the job was his."""
    if entry.record.former_untold and (name := entry.record.previous_leader_name):
        yield words.say(
            "{name} had never been told that it was theirs, and is not told that it ended.",
            name=clip(name, 60),
        )
