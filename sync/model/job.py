"""A job as the rules see it, and a change: two such jobs side by side.

Plain frozen values. `Job` is what `job_sync.known` holds: everything that the rules ask for and
nothing that a message merely shows (that is `sync/reconcile/facts.py`). A sold estimate that has
no job yet is a `Job` in Requires Crew Lead without `job_id`.
"""

from dataclasses import asdict, dataclass, fields, replace
from functools import cached_property
from typing import Any

from sync.model.states import ACTIVE, State, fold, official, place


@dataclass(frozen=True, slots=True)
class Job:
    """A job, or a sold estimate without one, as last decided.

    `status`: Attic Tech's words. `last_official`: the newest of the nine that it was in. `leader`:
    AT user id of the crew leader. `crew`: AT user ids. `hidden`: crew ids that AT does not show us
    while no leader is known. `branch_id`: BotZilla's. `told_silently`: the leader was adopted from
    the past with the assignment. `state_revision`: the revision at which the state began.
    """

    job_id: int | None = None
    estimate_id: int | None = None
    status: str | None = None
    last_official: State | None = None
    leader: int | None = None
    leader_name: str | None = None
    crew: tuple[int, ...] = ()
    hidden: tuple[int, ...] = ()
    branch_id: int | None = None
    estimate_sold: bool = False
    gone: bool = False
    told_silently: bool = False
    state_revision: int = 1

    @property
    def state(self) -> State | None:
        """The official state, or None for unknown words."""
        return official(self.status)

    @property
    def active(self) -> bool:
        """From Plans In Progress to Production Complete; an unknown state is active if the last
        official one was.
        """
        return not self.gone and (self.state or self.last_official) in ACTIVE

    @property
    def waits_for_leader(self) -> bool:
        """In Requires Crew Lead."""
        return not self.gone and self.state is State.REQUIRES_CREW_LEAD

    @property
    def reader(self) -> int | None:
        """The leader whose messages about it stand; nobody's do once it is gone or waits again."""
        return None if self.gone or self.waits_for_leader else self.leader

    def as_known(self) -> dict[str, Any]:
        """The value of `job_sync.known`; `active` and `place` stand in it for SQL."""
        return {**asdict(self), "active": self.active, "place": place(self.status)}


_FIELDS = frozenset(f.name for f in fields(Job))


def from_known(known: dict[str, Any]) -> Job:
    """The job that `as_known` wrote; keys of an older or newer program are passed over."""
    values = {key: value for key, value in known.items() if key in _FIELDS}
    values["crew"] = tuple(values.get("crew") or ())
    values["hidden"] = tuple(values.get("hidden") or ())
    values["last_official"] = official(values.get("last_official"))
    return Job(**values)


@dataclass(frozen=True, slots=True)
class Past:
    """What stands in `job_sync` before a decision; the row may not exist yet (`id` None) or not be
    ours yet (`job` None).

    `told`: the leader was told of the current assignment. `undelivered`: an alert of it to them
    ended `undeliverable`. `unreachable_keys`: event keys of row 8 that exist already.
    """

    id: int | None = None
    job: Job | None = None
    revision: int = 0
    leader_revision: int = 0
    told: bool = False
    undelivered: bool = False
    unreachable_keys: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Change:
    """What a job was and what it is; the predicates in which the rules are written."""

    past: Past
    after: Job

    @cached_property
    def before(self) -> Job | None:
        """The job before, unless there was none to compare with: a row new to us, or an estimate
        unsold meanwhile.
        """
        before = self.past.job
        return None if before is None or (before.gone and before.job_id is None) else before

    @cached_property
    def first_seen(self) -> bool:
        return self.before is None

    @cached_property
    def got_its_job(self) -> bool:
        """The sold estimate's row becomes the row of its job."""
        before = self.before
        return before is not None and before.job_id is None and self.after.job_id is not None

    @cached_property
    def moved(self) -> bool:
        """Another state than before, words compared folded."""
        return self.before is None or fold(self.before.status or "") != fold(
            self.after.status or ""
        )

    @cached_property
    def replaced(self) -> bool:
        """Another leader than before, or none any more, or one at last."""
        return (self.before.leader if self.before else None) != self.after.leader

    @cached_property
    def vanished(self) -> bool:
        return self.before is not None and self.after.gone and not self.before.gone

    @cached_property
    def returned(self) -> bool:
        return self.before is not None and self.before.gone and not self.after.gone

    @cached_property
    def crew_shown(self) -> bool:
        """Attic Tech shows the whole crew now, of whom somebody was hidden before."""
        return self.before is not None and bool(self.before.hidden) and not self.after.hidden

    @cached_property
    def grows(self) -> bool:
        """A change of state, leader or existence: the revision grows by one."""
        if self.after.gone and (self.before is None or self.before.gone):
            return False
        return self.moved or self.replaced or self.vanished or self.returned

    @cached_property
    def stays_active(self) -> bool:
        """Active before and after."""
        return bool(self.before and self.before.active) and self.after.active

    @cached_property
    def new_assignment(self) -> bool:
        """An assignment begins when the leader changes, and anew when the job leaves Requires Crew
        Lead, or is there again after it was gone.
        """
        left_rcl = bool(self.before and self.before.waits_for_leader) and self.moved
        return self.first_seen or self.replaced or left_rcl or self.returned

    @cached_property
    def leader_told(self) -> bool:
        """The leader of now was told of the assignment of now."""
        return not self.new_assignment and (self.past.told or self.after.told_silently)

    @cached_property
    def former(self) -> int | None:
        """The leader before, if told that the job was theirs."""
        before = self.before
        if before is None or before.leader is None:
            return None
        return before.leader if self.past.told or before.told_silently else None

    def came(self, old: State, new: State) -> bool:
        """Moved from `old` to `new`."""
        return self.moved and self.was(old) and self.entered(new)

    def entered(self, state: State) -> bool:
        """Moved to `state`, or was first seen there."""
        return self.moved and not self.after.gone and self.after.state is state

    def was(self, state: State) -> bool:
        return self.before is not None and self.before.state is state

    @cached_property
    def revision(self) -> int:
        """`job_sync.revision` after this change."""
        return self.past.revision + (1 if self.grows or self.past.id is None else 0)

    @cached_property
    def leader_revision(self) -> int:
        """The revision at which the current assignment began."""
        return self.revision if self.new_assignment else self.past.leader_revision


def carried_over(change: Change, *, silently: bool) -> Job:
    """The job as `known` must hold it after this change: what follows from before is carried over.

    A change adopted silently tells nobody, and its leader counts as told: the old system did.
    """
    after, before = change.after, change.before
    last = after.state or (before.last_official if before else None)
    moved = change.moved or change.returned
    return replace(
        after,
        last_official=last,
        told_silently=after.leader is not None
        and (silently or (after.told_silently and not change.new_assignment)),
        state_revision=change.revision if moved else before.state_revision if before else 1,
    )
