"""What a batch of marked jobs and estimates becomes: which rows, which changes, which alerts. Pure.

A sold estimate's row becomes the row of its job; what is new to the mirror but old in Attic Tech is
adopted silently. Nothing is read or written here: `sync/reconcile/batch.py` carries the plan out.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from sync.model.facts import JobFacts
from sync.model.job import Change, Job, Past, carried_over
from sync.reconcile.facts import Mirror, Source, facts_of, job_of


@dataclass(frozen=True, slots=True)
class JobRow:
    """A row of `job_sync` as it stands: its identity, what we know, what messages show, its links.

    `points_at`: the estimate that its job points at now, which may be another than the row's.
    """

    past: Past
    job_id: int | None
    estimate_id: int | None
    data: JobFacts | None = None
    links: Mapping[str, int | None] = field(default_factory=dict)
    points_at: int | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """What is news. `first_contact`: nothing is. `compared_from`: by collection, AT's newest stamp
    when its last complete comparison began: what was created before it, less `overlap`, and is new
    to us was not shown to us before. No clock but the one that writes stamps takes part.
    """

    first_contact: bool = False
    compared_from: Mapping[str, datetime | None] = field(default_factory=dict)
    overlap: timedelta = timedelta(seconds=120)
    held: frozenset[int] = frozenset()  # jobs that keep the leader they had

    def is_old(self, source: Source) -> bool:
        """New to the mirror, yet created before everything was last compared."""
        compared = self.compared_from.get("jobs" if source.job_id is not None else "estimates")
        if not source.fresh or compared is None or source.created_at is None:
            return False
        return source.created_at < compared - self.overlap


class Silence(StrEnum):
    """Why nobody hears of something."""

    FIRST_CONTACT = "first_contact"  # the past is mirrored
    FOUND = "found"  # its row is an old system's
    OLD = "old"  # it came into sight late


@dataclass(frozen=True, slots=True)
class Decision:
    """One row as it must stand after the batch. `row` None: it is new. `silently`: nobody hears of
    it, and why. `held`: it keeps the leader that it had.
    """

    source: Source
    row: JobRow | None
    change: Change
    facts: JobFacts
    silently: Silence | None = None
    held: bool = False

    @property
    def job(self) -> Job:
        return self.change.after

    @property
    def differs(self) -> bool:
        """Whether the row must be written for what Attic Tech says (its links are compared where
        they are known).
        """
        row = self.row
        return (
            row is None
            or row.past.job != self.job
            or row.data != self.facts
            or (row.job_id, row.estimate_id) != (self.job.job_id, self.job.estimate_id)
        )

    @property
    def adopted(self) -> bool:
        """Taken in without a word although it is new to us; an old system's row is
        neither.
        """
        found_there = self.row is not None and self.row.past.job is None
        return self.silently is not None and not found_there


@dataclass(frozen=True, slots=True)
class Plan:
    """What is decided, and the estimates' rows that are taken over: (id of the empty row, id of
    the job's row).
    """

    decisions: tuple[Decision, ...] = ()
    merges: tuple[tuple[int, int], ...] = ()


def plan(sources: Iterable[Source], rows: Sequence[JobRow], mirror: Mirror, policy: Policy) -> Plan:
    """The plan for these sources; `rows` are all rows of `job_sync` of their jobs and estimates."""
    by_job: dict[int | None, JobRow] = {r.job_id: r for r in rows if r.job_id is not None}
    own = {row.estimate_id: row for row in rows if row.job_id is None}
    decisions, merges = [], []
    for source in sorted(sources, key=lambda s: (s.job_id is not None, s.job_id or 0)):
        row = _row_of(source, by_job, own)
        if row is None and not _wanted(source, rows):
            continue
        if source.job_id is None and source.has_job:
            continue  # its job takes the row over
        if source.job_id in by_job and (taken := _left_over(source, own)):
            merges.append((taken, by_job[source.job_id].past.id or 0))
        decisions.append(_decide(source, row, mirror, policy))
    return Plan(tuple(decisions), tuple(merges))


def _row_of(
    source: Source, by_job: Mapping[int | None, JobRow], own: dict[int | None, JobRow]
) -> JobRow | None:
    """The row of this job or estimate; a job without one takes its estimate's, the lowest job
    first.
    """
    if source.job_id is None:
        return own.get(source.estimate_id)
    if source.job_id in by_job:
        return by_job[source.job_id]
    if source.gone or source.estimate_id is None:
        return None
    return own.pop(source.estimate_id, None)


def _left_over(source: Source, own: dict[int | None, JobRow]) -> int | None:
    """The id of the row that the job's estimate still has of its own although the job has one."""
    if source.gone or source.estimate_id is None:
        return None
    row = own.pop(source.estimate_id, None)
    return row.past.id if row else None


def _wanted(source: Source, rows: Sequence[JobRow]) -> bool:
    """Whether what has no row gets one: a job that is there; a sold estimate that never had a job,
    or was sold anew.
    """
    if source.job_id is not None:
        return not source.gone
    if source.gone or not source.sold or source.has_job:
        return False
    jobs = [row.past.job for row in rows if row.job_id and row.points_at == source.estimate_id]
    return all(job is not None and not job.estimate_sold for job in jobs)


def _decide(source: Source, row: JobRow | None, mirror: Mirror, policy: Policy) -> Decision:
    past = row.past if row else Past()
    held = source.job_id in policy.held
    after = job_of(source, mirror, past.job, hold_leader=held)
    change = Change(past, after)
    silently = _silence(change, policy, old=policy.is_old(source))
    job = carried_over(change, silently=silently is not None)
    return Decision(
        source, row, Change(past, job), facts_of(source, job, mirror), silently, held=held
    )


def _silence(change: Change, policy: Policy, *, old: bool) -> Silence | None:
    if policy.first_contact:
        return Silence.FIRST_CONTACT
    if change.past.id is not None and change.past.job is None:
        return Silence.FOUND
    return Silence.OLD if old and (change.first_seen or change.got_its_job) else None


def is_mass_change(lost: int, total: int) -> bool:
    """Whether so many leaders lost at once look like a mistake made elsewhere."""
    return lost > max(10, total * 0.05)


def leaders_lost(
    jobs: Iterable[tuple[int, tuple[int, ...], Job]], mirror: Mirror
) -> frozenset[int]:
    """Jobs whose leader leads no more because of documents other than the job.

    `jobs`: job id, the crew in its document, and the job as last decided.
    """
    return frozenset(job_id for job_id, crew, before in jobs if _lost(crew, before, mirror))


def _lost(crew: tuple[int, ...], before: Job, mirror: Mirror) -> bool:
    """Whether the leader is still in the crew, or was deleted out of it, and nobody was put there
    in their place.
    """
    former = before.leader
    if former is None or mirror.leads(former):
        return False
    if former not in crew and not mirror.deleted(former):
        return False
    leader = mirror.crew(crew, former).leader
    return leader != former and (leader is None or leader in before.crew)
