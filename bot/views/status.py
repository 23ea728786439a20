"""`/status`: how the branches, the messages and the system stand, and a crew leader's day."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.people.roster import Flaw
from bot.views import facts
from bot.views.flaws import flaw_lines
from bot.views.jobs import Count, state_name
from bot.views.language import N_, Words
from bot.views.message import Html, bold, clip, joined, link
from bot.views.unreachable import WHY
from sync.model.alerts import Reason
from sync.model.facts import JobFacts
from sync.model.states import State, official

#: How many of a kind are named; the rest is a number.
NAMED = 10


@dataclass(frozen=True, slots=True)
class Waiting:
    """A job that waits for a crew leader, and since when."""

    facts: JobFacts
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Unreachable:
    """Somebody whom no message reaches; `jobs` are those that they lead."""

    name: str | None
    reason: Reason
    candidates: Sequence[str] = ()
    jobs: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A message that may not have arrived; without facts it is about the system."""

    name: str | None
    facts: JobFacts | None


@dataclass(frozen=True, slots=True)
class System:
    """How reading Attic Tech and sending stand."""

    now: datetime
    succeeded_at: datetime | None
    running: bool
    contacted: bool
    error: str | None
    in_flight: int


@dataclass(frozen=True, slots=True)
class Overview:
    """All that `/status` tells who manages; totals count what is not named."""

    system: System
    counts: Sequence[Count] = ()
    waiting: Sequence[Waiting] = ()
    waiting_total: int = 0
    leaders: Sequence[Unreachable] = ()
    managers: Sequence[Unreachable] = ()
    unanswered: Sequence[Unanswered] = ()
    unanswered_total: int = 0
    untold: Sequence[JobFacts] = ()
    flaws: Sequence[Flaw] = ()


def overview_lines(overview: Overview, words: Words) -> Iterator[Html | None]:
    """The manager's part: trouble first, then what waits for them, then the numbers."""
    yield bold(words.say("Status"))
    yield from _system(overview.system, words)
    yield from _section(words, N_("Nobody could be told about"), _untold(overview.untold))
    yield from _section(words, N_("Cannot be reached"), _unreachable(overview, words))
    yield from _section(words, N_("Perhaps not received"), _unanswered(overview, words))
    yield from _section(words, N_("Put right in BotZilla"), flaw_lines(overview.flaws, words))
    yield from _section(words, N_("Waiting for a crew leader"), _waiting(overview, words))
    yield from _counts(overview.counts, words)


def day_lines(jobs: Sequence[JobFacts], words: Words) -> Iterator[Html]:
    """The crew leader's part: where they work, what they plan, what comes."""
    yield bold(words.say("Your day"))
    placed = [(official(job.get("status")), job) for job in jobs]
    shown = 0
    for title, states in _DAY:
        group = [job for state, job in placed if state in states]
        shown += len(group)
        yield from _section(words, title, (_place(job) for job in group[:NAMED]))
    if not shown:
        yield words.say("No job waits for you. Enjoy it!")


_DAY = (
    (N_("In production"), {State.IN_PRODUCTION}),
    (N_("Make the plan"), {State.PLANS_IN_PROGRESS}),
    (N_("Coming up"), {State.REQUIRES_SCHEDULING, State.PRE_PRODUCTION}),
    (N_("Your plan is being reviewed"), {State.PENDING_REVIEW}),
)


def _system(system: System, words: Words) -> Iterator[Html | None]:
    if system.succeeded_at is None:
        yield words.say("Attic Tech was never read to its end.")
    else:
        age = system.now - system.succeeded_at
        yield words.say("Attic Tech was read {ago}.", ago=words.ago(age))
    if not system.contacted:
        yield words.say("First contact is going on: nobody is told anything yet.")
    elif system.running:
        yield words.say("It is being read right now.")
    if system.error:
        yield words.say("The last run failed: {error}", error=clip(system.error, 300))
    yield words.plural("{n} message on its way", "{n} messages on their way", system.in_flight)


def _section(words: Words, title: str, lines: Iterable[Html]) -> Iterator[Html]:
    """A heading and its lines; nothing where there are none."""
    found = list(lines)
    if found:
        yield Html(f"\n{bold(words.say(title))}")
        yield from found


def _untold(jobs: Sequence[JobFacts]) -> Iterator[Html]:
    for job in jobs:
        yield joined((_name(job), job.get("branch")))


def _unreachable(overview: Overview, words: Words) -> Iterator[Html]:
    everybody = (*overview.managers, *overview.leaders)
    for person in everybody[:NAMED]:
        why = words.say(WHY[person.reason], name=clip(person.name or "—", 60))
        jobs = ", ".join(f"#{job}" for job in person.jobs[:NAMED])
        who = ", ".join(clip(name, 40) for name in person.candidates[:5])
        yield joined((why, jobs, who))
    yield from _more(len(everybody) - NAMED, words)


def _unanswered(overview: Overview, words: Words) -> Iterator[Html]:
    for message in overview.unanswered:
        name = clip(message.name or "—", 60)
        if message.facts is None:
            yield words.say("Ask {name} about the state of the system", name=name)
        else:
            number = facts.number(message.facts)
            yield words.say("Ask {name} about job {number}", name=name, number=number)
    yield from _more(overview.unanswered_total - len(overview.unanswered), words)


def _waiting(overview: Overview, words: Words) -> Iterator[Html]:
    for job in overview.waiting:
        since = words.ago(overview.system.now - job.since) if job.since else None
        yield joined((_name(job.facts), since))
    yield from _more(overview.waiting_total - len(overview.waiting), words)


def _more(missing: int, words: Words) -> Iterator[Html]:
    if missing > 0:
        yield words.plural("… and {n} more", "… and {n} more", missing)


def _counts(counts: Sequence[Count], words: Words) -> Iterator[Html]:
    """A heading per branch, a line per state."""
    branches = dict.fromkeys((count.branch_id, count.branch) for count in counts)
    for id, name in branches:
        here = [count for count in counts if count.branch_id == id]
        total = words.plural("{n} job", "{n} jobs", sum(count.jobs for count in here))
        yield Html(f"\n{joined((bold(name or words.say('No branch')), total))}")
        yield from (joined((state_name(c.place, words), words.number(c.jobs)), ": ") for c in here)


def _name(job: JobFacts) -> Html:
    return joined((facts.hash_number(job), bold(clip(facts.name(job), 60))))


def _place(job: JobFacts) -> Html:
    """A job as its leader needs it on the road: where, and whom to call."""
    where, street = facts.address(job), facts.street(job)
    way = link(street or where, facts.directions(where)) if where else None
    return joined((_name(job), way, facts.phone(job)))
