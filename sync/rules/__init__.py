"""What happened to a job, and who is told: two tables that one can read from top to bottom. Pure.

`what_happened` asks `TABLE`, numbered as in docs/domain.md; for each audience the first row that
holds is the one message for that change. `sync/rules/recipients.py` turns the answer into alerts;
row 8 stands there, since it depends on who can be reached. Row 11 and the other kinds without a job
are in `sync/rules/system.py` and `people.py`. docs/recipes.md says what a new alert needs.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from sync.model.alerts import AlertKind
from sync.model.job import Change
from sync.model.states import SALE_ENDS, TOLD_BY_DEFAULT, State

RCL, PIP, PR = State.REQUIRES_CREW_LEAD, State.PLANS_IN_PROGRESS, State.PENDING_REVIEW


class Audience(StrEnum):
    """To whom something that happened is told."""

    FORMER_LEADER = "former_leader"  # who was told that the job was theirs
    LEADER = "leader"  # of the job now
    MANAGERS = "managers"
    SALESPERSON = "salesperson"  # of its estimate


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: its number in the table, when it holds, and the kind of alert."""

    row: int
    kind: AlertKind
    holds: Callable[[Change], bool]


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that must be told: by which row of the table, as which kind, to whom."""

    row: int
    kind: AlertKind
    audience: Audience


def _leader_must_know(change: Change) -> bool:
    """The job is theirs and active, and nobody told them: at the first change that leaves it so."""
    first_in_plans = change.first_seen and change.entered(PIP)
    return (
        change.after.leader is not None
        and change.after.active
        and not change.leader_told
        and (first_in_plans or not change.first_seen)
    )


def _leader_replaced(change: Change) -> bool:
    before = change.before
    return (
        change.stays_active
        and change.replaced
        and change.after.leader is not None
        and before is not None
        and before.leader is not None
    )


def _same_leader(change: Change) -> bool:
    return change.after.leader is not None and not change.replaced


def _back_to_planning(change: Change) -> bool:
    return change.entered(PIP) and not change.first_seen and _same_leader(change)


def _leader_told_of_state(change: Change) -> bool:
    """Row 10's default: from Requires Scheduling onwards the leader hears of every move."""
    return (
        change.moved
        and not change.first_seen
        and change.after.state in TOLD_BY_DEFAULT
        and _same_leader(change)
    )


def _vanished_while_active(change: Change) -> bool:
    return change.vanished and change.before is not None and change.before.active


def _back_to_the_beginning(change: Change) -> bool:
    return change.entered(RCL) and not change.first_seen


def _lost_while_active(change: Change) -> bool:
    return change.stays_active and change.replaced


def _leader_needed(change: Change) -> bool:
    """Appeared in Requires Crew Lead, again or anew, or waits there for the managers of another
    branch.
    """
    if not change.after.waits_for_leader:
        return False
    before = change.before
    if before is None or change.got_its_job or change.returned:
        return True
    return before.branch_id != change.after.branch_id


def _leader_missing(change: Change) -> bool:
    """An active job without a leader: they were removed, it became active without one, it entered
    planning, or only now we see that nobody in its crew leads it.
    """
    after, before = change.after, change.before
    if not after.active or after.leader is not None or after.hidden:
        return False
    if before is None:
        return change.entered(PIP)
    had_one = before.leader is not None or change.crew_shown
    return had_one or not before.active or change.entered(PIP)


def _sale_progressed(change: Change) -> bool:
    return not change.first_seen and any(map(change.entered, SALE_ENDS))


TABLE: Mapping[Audience, tuple[Rule, ...]] = {
    # Row 7 holds the end of a job's being somebody's, too.
    Audience.FORMER_LEADER: (
        Rule(7, AlertKind.JOB_TAKEN_AWAY, _vanished_while_active),
        Rule(2, AlertKind.JOB_TAKEN_AWAY, _back_to_the_beginning),
        Rule(9, AlertKind.JOB_TAKEN_AWAY, lambda c: _lost_while_active(c) and not c.after.leader),
        Rule(7, AlertKind.JOB_TAKEN_AWAY, _lost_while_active),
    ),
    # 7 before 4 before 3 before 5 before 10.
    Audience.LEADER: (
        Rule(7, AlertKind.JOB_REASSIGNED, _leader_replaced),
        Rule(3, AlertKind.JOB_ASSIGNED, _leader_must_know),
        Rule(4, AlertKind.PLAN_CHANGES_REQUIRED, lambda c: c.came(PR, PIP) and _same_leader(c)),
        Rule(5, AlertKind.RETURNED_TO_PLANNING, _back_to_planning),
        Rule(10, AlertKind.STATE_CHANGED, _leader_told_of_state),
    ),
    # 1 and 2 before 9 before 8 (see recipients.py) before 6.
    Audience.MANAGERS: (
        Rule(2, AlertKind.CREW_LEAD_NEEDED, _back_to_the_beginning),
        Rule(1, AlertKind.CREW_LEAD_NEEDED, _leader_needed),
        Rule(9, AlertKind.CREW_LEAD_MISSING, _leader_missing),
        Rule(6, AlertKind.PLAN_READY_FOR_REVIEW, lambda c: c.came(PIP, PR) or c.came(RCL, PR)),
    ),
    Audience.SALESPERSON: (Rule(12, AlertKind.SALE_PROGRESSED, _sale_progressed),),
}


def what_happened(change: Change) -> tuple[Happening, ...]:
    """Everything that this change makes somebody's business, at most once per audience."""
    return tuple(
        Happening(rule.row, rule.kind, audience)
        for audience in _concerned(change)
        if (rule := next((rule for rule in TABLE[audience] if rule.holds(change)), None))
    )


def _concerned(change: Change) -> Iterator[Audience]:
    """Those whose rows are asked, in the order in which they are told."""
    if change.after.gone and not change.vanished:
        return
    if not change.grows and not change.got_its_job:
        if _leader_needed(change) or change.crew_shown:
            yield Audience.MANAGERS
        return
    if change.former:
        yield Audience.FORMER_LEADER
    if not change.vanished:
        yield from (Audience.LEADER, Audience.MANAGERS, Audience.SALESPERSON)
