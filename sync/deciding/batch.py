"""One batch: marked jobs and estimates are read, planned and settled in one transaction.

At most 14 statements, BEGIN and COMMIT counted, whatever the batch's size: see the budget's test. A
batch in which something is wrong takes more: see `quarantine.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import asyncpg
import structlog

from sync.database.pool import Connection
from sync.database.queries import Queries
from sync.deciding.adopted import count_adopted
from sync.deciding.company import Company
from sync.deciding.quarantine import Mark, set_aside, settle_apart
from sync.deciding.writing import LINKS, carry_out, touch_jobs
from sync.facts import Mirror, Source
from sync.job import Past, from_known
from sync.plan import Policy, Row, plan

_SQL = Queries("sync.deciding", "batch.sql")
_LOG = structlog.get_logger()
SIZE = 500


@dataclass(frozen=True, slots=True)
class Settling:
    """What every batch of a run is settled with."""

    connection: Connection
    company: Company
    policy: Policy
    run_id: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a batch came to: marks seen, rows changed by revision, alerts new, documents adopted
    silently, and marks set aside.
    """

    last: Mark | None = None
    marks: int = 0
    changes: int = 0
    alerts: int = 0
    adopted: int = 0
    aside: int = 0


async def settle_batch(settling: Settling, after: Mark) -> Outcome:
    """Settle the next marks after this one; the outcome's `last` is None when there were none."""
    connection = settling.connection
    found = await connection.fetch(_SQL["marked"], after.collection, after.id, SIZE)
    if not found:
        return Outcome()
    marks = [Mark(*row) for row in found]
    parts, bad = await settle_apart(connection, marks, partial(_settle, settling))
    await set_aside(connection, bad)
    return Outcome(
        marks[-1],
        len(marks),
        sum(part.changes for part in parts),
        sum(part.alerts for part in parts),
        sum(part.adopted for part in parts),
        len(bad),
    )


async def _settle(settling: Settling, marks: Sequence[Mark]) -> Outcome:
    """Settle these marks; those of jobs wait for the next run where somebody works on BotZilla's
    row meanwhile.
    """
    try:
        return await _settle_whole(settling, marks)
    except asyncpg.LockNotAvailableError:
        _LOG.info("job_row_locked", marks=len(marks))
        return await _settle_whole(settling, marks, touch=False)


async def _settle_whole(
    settling: Settling, marks: Sequence[Mark], *, touch: bool = True
) -> Outcome:
    connection, policy, statuses = settling.connection, settling.policy, settling.company.statuses
    company = replace(settling.company, statuses=dict(statuses))  # new ones go with a rollback
    async with connection.transaction():
        sources = await _sources(connection, marks)
        mirror = Mirror(company.users, company.branches, company.leader_roles)
        batch = plan(sources, await _rows(connection, sources), mirror, policy)
        carried = await carry_out(connection, batch, company, settling.run_id)
        if touch:
            await touch_jobs(connection, carried.rows)
        adopted = 0 if policy.first_contact else sum(settled.adopted for settled in batch.settled)
        await count_adopted(connection, adopted)
        done = [m for m in marks if not _is_held(m, policy) and (touch or m.collection != "jobs")]
        await connection.execute(_SQL["unmark"], [m.collection for m in done], [m.id for m in done])
    statuses.update(company.statuses)
    return Outcome(changes=carried.changes, alerts=carried.alerts, adopted=adopted)


async def load_past(connection: Connection, job_sync_id: int) -> Row | None:
    """One row of `job_sync` with what its leader was told, or None."""
    row = await connection.fetchrow(_SQL["rows"], [], [], [job_sync_id])
    return _row(row) if row else None


def _is_held(mark: Mark, policy: Policy) -> bool:
    return mark.collection == "jobs" and mark.id in policy.held


async def _sources(connection: Connection, marks: Sequence[Mark]) -> list[Source]:
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


async def _rows(connection: Connection, sources: Sequence[Source]) -> list[Row]:
    jobs = [s.job_id for s in sources if s.job_id is not None]
    estimates = [s.estimate_id for s in sources if s.estimate_id is not None]
    await connection.execute(_SQL["lock_alerts"], jobs, estimates)
    return [_row(row) for row in await connection.fetch(_SQL["rows"], jobs, estimates, [])]


def _row(row: asyncpg.Record) -> Row:
    past = Past(
        id=row["id"],
        job=from_known(row["known"]) if row["known"] else None,
        revision=row["revision"],
        leader_revision=row["leader_revision"],
        told=row["told"],
        undelivered=row["undelivered"],
        unreachable_keys=frozenset(row["unreachable_keys"]),
    )
    return Row(
        past,
        row["attic_tech_job_id"],
        row["attic_tech_estimate_id"],
        row["attic_tech_data"],
        {link: row[link] for link in LINKS},
        row["points_at"],
    )
