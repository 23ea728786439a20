"""Carrying a plan out: rows of `job_sync`, the log of changes, alerts, and our two columns on
BotZilla's `job`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sync.alerts import AlertKind
from sync.database.pool import Connection
from sync.database.queries import Queries
from sync.deciding.company import Company, add_statuses
from sync.deciding.store import store_alerts
from sync.job import Change
from sync.model.facts import StateUnknown
from sync.model.outbox import Alert
from sync.person import Person
from sync.plan import Plan, Settled
from sync.record import record_of
from sync.rules import what_happened
from sync.rules.recipients import Scene, who_is_told
from sync.rules.system import system_alerts
from sync.states import fold, official

_SQL = Queries("sync.deciding", "batch.sql")
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
class Carried:
    """What a plan came to: revisions that grew, alerts that were new, its rows of `job_sync`."""

    changes: int
    alerts: int
    rows: tuple[int, ...]


async def carry_out(connection: Connection, batch: Plan, company: Company, run_id: int) -> Carried:
    """Carry the plan out, but for BotZilla's `job`."""
    unknown = await _new_states(connection, batch, company)
    if batch.merges:
        await connection.execute(_SQL["merge"], *zip(*batch.merges, strict=True))
    ids = await _write_rows(connection, batch.settled, company)
    logged = await _write_log(connection, batch.settled, ids, company, run_id)
    alerts = [
        replace(alert, state_change_id=logged.get(ids.get(place, 0)))
        for place, settled in enumerate(batch.settled)
        for alert in _alerts(settled, ids.get(place), company)
    ]
    stored = await store_alerts(connection, [*alerts, *unknown])
    grown = sum(settled.change.grows for settled in batch.settled)
    rows = (ids.get(place) or one.change.past.id for place, one in enumerate(batch.settled))
    return Carried(grown, stored, tuple(id for id in rows if id is not None))


async def touch_jobs(connection: Connection, rows: Sequence[int]) -> None:
    """Bring our two columns on BotZilla's `job` up to date for these rows of `job_sync`."""
    if rows:
        await connection.execute(_SQL["touch_jobs"], rows)


async def _new_states(connection: Connection, batch: Plan, company: Company) -> list[Alert]:
    """Give unknown states their row, and tell the operators of each once."""
    words = {s.job.status for s in batch.settled if s.job.status and not official(s.job.status)}
    if words:
        await add_statuses(connection, company, words)
    told = {s.job.status for s in batch.settled if s.job.status in words and not s.silently}
    return [
        alert
        for text in sorted(text for text in told if text)
        for alert in system_alerts(
            AlertKind.STATE_UNKNOWN, fold(text), StateUnknown(text), company.directory
        )
    ]


def _alerts(settled: Settled, job_sync_id: int | None, company: Company) -> tuple[Alert, ...]:
    if settled.silently:
        return ()
    row_id = job_sync_id or settled.change.past.id
    if row_id is None:
        return ()
    seller = _salesperson(settled, company)
    scene = Scene(row_id, settled.change, settled.facts, company.directory, seller)
    return who_is_told(what_happened(settled.change), scene)


async def _write_rows(
    connection: Connection, settled: Sequence[Settled], company: Company
) -> dict[int, int]:
    """Write the rows that are new or differ; returns the id of each written one by its place."""
    rows = [
        {"place": place, **row}
        for place, one in enumerate(settled)
        if (row := _as_row(one, company)) and (one.differs or _linked_otherwise(one, row))
    ]
    written = await connection.fetch(_SQL["write"], rows) if rows else []
    return {row["place"]: row["id"] for row in written}


def _linked_otherwise(settled: Settled, row: dict[str, Any]) -> bool:
    return settled.row is not None and any(settled.row.links[link] != row[link] for link in LINKS)


def _as_row(settled: Settled, company: Company) -> dict[str, Any]:
    job, change = settled.job, settled.change
    leader = _person(company, job.leader)
    return {
        "id": settled.change.past.id,
        "attic_tech_job_id": job.job_id,
        "attic_tech_estimate_id": job.estimate_id,
        "job_status_id": company.status_id(job.status),
        "crew_leader_id": leader.crew_member_id if leader else None,
        "crew_leader_employee_id": leader.employee_id if leader else None,
        "attic_tech_crew_leader_id": job.leader,
        "sales_person_id": _salesperson(settled, company),
        "branch_id": job.branch_id,
        "job_name": settled.facts["name"],
        "attic_tech_data": settled.facts,
        "known": job.as_known(),
        "revision": change.revision,
        "leader_revision": change.leader_revision,
        "moved": change.moved,
        "grows": change.grows,
        "gone": job.gone,
        "attic_tech_updated_at": settled.facts["updated_at"],
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


def _salesperson(settled: Settled, company: Company) -> int | None:
    seller = _person(company, settled.source.estimate.get("user"))
    return seller.sales_person_id if seller else None


def _person(company: Company, attic_tech_user_id: int | None) -> Person | None:
    return company.directory.persons.get(attic_tech_user_id or 0)


async def _write_log(
    connection: Connection,
    settled: Sequence[Settled],
    ids: dict[int, int],
    company: Company,
    run_id: int,
) -> dict[int, int]:
    """Write down what happened: a log row per change of state that is not adopted silently, all
    else beside the log. Returns the log row's id by the id of `job_sync`'s row.
    """
    rows = [
        row
        for place, one in enumerate(settled)
        if place in ids and (row := _as_log(one, ids[place], company, run_id))
    ]
    logged = await connection.fetch(_SQL["log"], rows) if rows else []
    return {row["job_sync_id"]: row["id"] for row in logged}


def _as_log(settled: Settled, row_id: int, company: Company, run_id: int) -> dict[str, Any] | None:
    record = record_of(settled, company.directory, run_id)
    if not record.happened:
        return None
    job, change = settled.job, settled.change
    return {
        "of_state": change.moved and not settled.silently and not job.gone,
        "job_sync_id": row_id,
        "attic_tech_job_id": job.job_id,
        "previous_status_id": company.status_id(record.previous_status),
        "new_status_id": company.status_id(job.status),
        "changed_at": settled.facts["updated_at"],
        "change_metadata": record.as_metadata(),
    }
