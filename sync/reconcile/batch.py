"""One batch: marked jobs and estimates are read, planned and written in one transaction.

Rows of `job_sync`, the log of changes, alerts, and our two columns on BotZilla's `job`. At most 14
statements, BEGIN and COMMIT counted, whatever the batch's size: see the budget's test. A batch in
which something is wrong takes more: see `set_aside.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from functools import partial
from typing import Any

import asyncpg
import structlog

from sync.model.alerts import AlertKind
from sync.model.facts import StateUnknown
from sync.model.job import Change, Past, from_known
from sync.model.outbox import Alert
from sync.model.states import fold, official
from sync.people.rows import Person
from sync.postgres.pool import Connection
from sync.postgres.queries import Queries
from sync.reconcile.audit import record_of
from sync.reconcile.company import Company, add_statuses
from sync.reconcile.facts import Source
from sync.reconcile.first_contact import count_adopted
from sync.reconcile.outbox import store_alerts
from sync.reconcile.plan import Decision, JobRow, Plan, Policy, plan
from sync.reconcile.set_aside import Mark, apart, set_aside
from sync.rules import what_happened
from sync.rules.recipients import Scene, who_is_told
from sync.rules.system import system_alerts

_SQL = Queries("sync.reconcile", "batch.sql")
_LOG = structlog.get_logger()
SIZE = 500
#: Columns of `job_sync` that point into BotZilla's tables; they are written when BotZilla's answer
#: is another.
LINKS = (
    "job_status_id",
    "crew_leader_id",
    "crew_leader_employee_id",
    "sales_person_id",
    "branch_id",
)


@dataclass(frozen=True, slots=True)
class Decided:
    """What deciding came to.

    Marks seen, revisions grown, alerts stored, documents adopted silently, jobs held, documents set
    aside.
    """

    marks: int = 0
    changes: int = 0
    alerts: int = 0
    adopted: int = 0
    held: int = 0
    aside: int = 0

    def __add__(self, other: "Decided") -> "Decided":
        return Decided(*map(sum, zip(astuple(self), astuple(other), strict=True)))


async def load_marks(connection: Connection, after: Mark) -> list[Mark]:
    """The next marks after this one, estimates before jobs; none at the end."""
    rows = await connection.fetch(_SQL["marked"], after.collection, after.id, SIZE)
    return [Mark(*row) for row in rows]


async def reconcile(
    connection: Connection, marks: Sequence[Mark], company: Company, policy: Policy, run_id: int
) -> Decided:
    """What came of these marks, in as few transactions as can be."""
    whole = partial(_reconcile, connection, company, policy, run_id)
    parts, bad = await apart(connection, marks, whole)
    await set_aside(connection, bad)
    return sum(parts, Decided(marks=len(marks), aside=len(bad)))


async def _reconcile(
    connection: Connection, company: Company, policy: Policy, run_id: int, marks: Sequence[Mark]
) -> Decided:
    """Where somebody works on BotZilla's row, marks of jobs wait."""
    try:
        return await _write_all(connection, company, policy, run_id, marks)
    except asyncpg.LockNotAvailableError:
        _LOG.info("job_row_locked", marks=len(marks))
        return await _write_all(connection, company, policy, run_id, marks, touch=False)


async def _write_all(
    connection: Connection,
    company: Company,
    policy: Policy,
    run_id: int,
    marks: Sequence[Mark],
    *,
    touch: bool = True,
) -> Decided:
    async with connection.transaction():
        sources = await _load_sources(connection, marks)
        batch = plan(sources, await _load_rows(connection, sources), company.mirror, policy)
        company, unknown = await _new_states(connection, batch, company)
        if batch.merges:
            await connection.execute(_SQL["merge"], *zip(*batch.merges, strict=True))
        ids = await _write_rows(connection, batch.decisions, company)
        logged = await _write_log(connection, batch.decisions, ids, company, run_id)
        alerts = [
            replace(alert, state_change_id=logged.get(ids.get(place, 0)))
            for place, decision in enumerate(batch.decisions)
            for alert in _alerts(decision, ids.get(place), company)
        ]
        stored = await store_alerts(connection, [*alerts, *unknown])
        if touch:
            await _touch_jobs(connection, batch.decisions, ids)
        adopted = 0 if policy.first_contact else sum(one.adopted for one in batch.decisions)
        if adopted:
            await count_adopted(connection, adopted)
        done = [m for m in marks if m.collection != "jobs" or (touch and m.id not in policy.held)]
        await connection.execute(_SQL["unmark"], [m.collection for m in done], [m.id for m in done])
    changes = sum(decision.change.grows for decision in batch.decisions)
    return Decided(changes=changes, alerts=stored, adopted=adopted)


async def load_past(connection: Connection, job_sync_id: int) -> JobRow | None:
    """One row of `job_sync` with what its leader was told, or None."""
    row = await connection.fetchrow(_SQL["rows"], [], [], [job_sync_id])
    return _row(row) if row else None


async def _load_sources(connection: Connection, marks: Sequence[Mark]) -> list[Source]:
    fresh = {(mark.collection, mark.id) for mark in marks if mark.fresh}
    jobs = [mark.id for mark in marks if mark.collection == "jobs"]
    estimates = [mark.id for mark in marks if mark.collection == "estimates"]
    return [_source(row, fresh) for row in await connection.fetch(_SQL["sources"], jobs, estimates)]


def _source(row: asyncpg.Record, fresh: set[tuple[str, int]]) -> Source:
    key = ("estimates", row["estimate_id"]) if row["job_id"] is None else ("jobs", row["job_id"])
    return Source(
        job_id=row["job_id"],
        estimate_id=row["estimate_id"],
        job=row["job"],
        estimate=row["estimate"],
        client=row["client"],
        place=row["place"],
        gone=row["state"] == "gone",
        fresh=key in fresh,
        has_job=row["has_job"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )


async def _load_rows(connection: Connection, sources: Sequence[Source]) -> list[JobRow]:
    jobs = [s.job_id for s in sources if s.job_id is not None]
    estimates = [s.estimate_id for s in sources if s.estimate_id is not None]
    await connection.execute(_SQL["lock_alerts"], jobs, estimates)
    return [_row(row) for row in await connection.fetch(_SQL["rows"], jobs, estimates, [])]


def _row(row: asyncpg.Record) -> JobRow:
    past = Past(
        id=row["id"],
        job=from_known(row["known"]) if row["known"] else None,
        revision=row["revision"],
        leader_revision=row["leader_revision"],
        told=row["told"],
        undelivered=row["undelivered"],
        unreachable_keys=frozenset(row["unreachable_keys"]),
    )
    return JobRow(
        past,
        row["attic_tech_job_id"],
        row["attic_tech_estimate_id"],
        row["attic_tech_data"],
        {link: row[link] for link in LINKS},
        row["points_at"],
    )


async def _touch_jobs(
    connection: Connection, decisions: Sequence[Decision], ids: Mapping[int, int]
) -> None:
    """Bring our two columns on BotZilla's `job` up to date."""
    rows = (ids.get(place) or one.change.past.id for place, one in enumerate(decisions))
    if touched := [id for id in rows if id is not None]:
        await connection.execute(_SQL["touch_jobs"], touched)


async def _new_states(
    connection: Connection, batch: Plan, company: Company
) -> tuple[Company, list[Alert]]:
    """The company with rows for unknown states, and alerts about them."""
    words = {d.job.status for d in batch.decisions if d.job.status and not official(d.job.status)}
    if words:
        company = await add_statuses(connection, company, words)
    told = {d.job.status for d in batch.decisions if d.job.status in words and not d.silently}
    return company, [
        alert
        for text in sorted(text for text in told if text)
        for alert in system_alerts(
            AlertKind.STATE_UNKNOWN, fold(text), StateUnknown(text), company.directory
        )
    ]


def _alerts(decision: Decision, job_sync_id: int | None, company: Company) -> tuple[Alert, ...]:
    if decision.silently:
        return ()
    row_id = job_sync_id or decision.change.past.id
    if row_id is None:
        return ()
    seller = _salesperson(decision, company)
    scene = Scene(row_id, decision.change, decision.facts, company.directory, seller)
    return who_is_told(what_happened(decision.change), scene)


async def _write_rows(
    connection: Connection, decisions: Sequence[Decision], company: Company
) -> dict[int, int]:
    """The id of each row that was new or differed, by its place."""
    rows = [
        {"place": place, **row}
        for place, one in enumerate(decisions)
        if (row := _as_row(one, company)) and (one.differs or _linked_otherwise(one, row))
    ]
    written = await connection.fetch(_SQL["write"], rows) if rows else []
    return {row["place"]: row["id"] for row in written}


def _linked_otherwise(decision: Decision, row: dict[str, Any]) -> bool:
    return decision.row is not None and any(decision.row.links[link] != row[link] for link in LINKS)


def _as_row(decision: Decision, company: Company) -> dict[str, Any]:
    job, change = decision.job, decision.change
    leader = _person(company, job.leader)
    return {
        "id": decision.change.past.id,
        "attic_tech_job_id": job.job_id,
        "attic_tech_estimate_id": job.estimate_id,
        "job_status_id": company.status_id(job.status),
        "crew_leader_id": leader.crew_member_id if leader else None,
        "crew_leader_employee_id": leader.employee_id if leader else None,
        "attic_tech_crew_leader_id": job.leader,
        "sales_person_id": _salesperson(decision, company),
        "branch_id": job.branch_id,
        "job_name": decision.facts["name"],
        "attic_tech_data": decision.facts,
        "known": job.as_known(),
        "revision": change.revision,
        "leader_revision": change.leader_revision,
        "moved": change.moved,
        "grows": change.grows,
        "gone": job.gone,
        "attic_tech_updated_at": decision.facts["updated_at"],
        "reader": job.reader,
        "managers": _managers(change, company),
    }


def _managers(change: Change, company: Company) -> list[int] | None:
    """Whose the job is now that it went to another branch; None where it stayed in its own."""
    before, branch = change.past.job, change.after.branch_id
    if before is None or before.branch_id == branch:
        return None
    directory = company.directory
    own = [manager.user_id for manager in directory.managers if branch in manager.branches]
    return own or [recipient.id for recipient in directory.managers_of(branch)]


def _salesperson(decision: Decision, company: Company) -> int | None:
    seller = _person(company, decision.source.estimate.get("user"))
    return seller.sales_person_id if seller else None


def _person(company: Company, attic_tech_user_id: int | None) -> Person | None:
    return company.directory.persons.get(attic_tech_user_id or 0)


async def _write_log(
    connection: Connection,
    decisions: Sequence[Decision],
    ids: dict[int, int],
    company: Company,
    run_id: int,
) -> dict[int, int]:
    """The log row's id by the id of `job_sync`'s row.

    A log row per change of state that is not adopted silently, all else beside the log.
    """
    rows = [
        row
        for place, one in enumerate(decisions)
        if place in ids and (row := _as_log(one, ids[place], company, run_id))
    ]
    logged = await connection.fetch(_SQL["log"], rows) if rows else []
    return {row["job_sync_id"]: row["id"] for row in logged}


def _as_log(
    decision: Decision, row_id: int, company: Company, run_id: int
) -> dict[str, Any] | None:
    record = record_of(decision, company.directory, run_id)
    if not record.happened:
        return None
    job, change = decision.job, decision.change
    return {
        "of_state": change.moved and not decision.silently and not job.gone,
        "job_sync_id": row_id,
        "attic_tech_job_id": job.job_id,
        "previous_status_id": company.status_id(record.previous_status),
        "new_status_id": company.status_id(job.status),
        "changed_at": decision.facts["updated_at"],
        "change_metadata": record.as_metadata(),
    }
