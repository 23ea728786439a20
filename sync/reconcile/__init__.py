"""The second half of a run: what changed, and who is told.

It starts only after every collection was read to its end.

`decide` turns the marks that reading left into rows of `job_sync`, log rows and alerts, in batches;
the rules themselves are in `sync/rules`, the plan of a batch in `sync/reconcile/plan.py`, both
pure. It reads nothing of Attic Tech and sends nothing.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg
import structlog

from sync.model.job import from_known
from sync.postgres.locks import Lock, lock_for_transaction, waiting_at_most
from sync.postgres.pool import Connection
from sync.postgres.queries import Queries
from sync.reconcile import rows
from sync.reconcile.batch import Decided, load_marks, reconcile
from sync.reconcile.bounces import find_managers, revive
from sync.reconcile.company import Company, refresh_branches, refresh_people
from sync.reconcile.first_contact import end_first_contact, tell_adopted
from sync.reconcile.holds import Ended, end_hold, keep_hold, load_hold
from sync.reconcile.outbox import store_alerts
from sync.reconcile.people import Making, write_people
from sync.reconcile.plan import Policy, is_mass_change, leaders_lost
from sync.reconcile.set_aside import Mark, tell_set_aside, try_again
from sync.rules.people import manager_alerts

_SQL = Queries("sync.reconcile", "marks.sql")
_LOG = structlog.get_logger()
#: What the guard of leaders holds.
_LEADERS = ("leaders", "jobs")
Progress = Callable[[int, int], Awaitable[None]]
#: For a row that somebody is working on; then it is left to the next run.
_PATIENCE = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Run:
    """What a run brings along; `id`: its row in `sync_run`.

    `accept`: an operator accepts a mass change. `making`: whom to make out of Attic Tech's users,
    None for nobody. `full`: everything is compared, and tried again.
    """

    id: int
    accept: bool = False
    overlap: timedelta = timedelta(seconds=120)
    operators: tuple[int, ...] = ()
    making: Making | None = None
    full: bool = False


async def decide(connection: Connection, run: Run, progress: Progress) -> Decided:
    """What came of every mark; first contact ends when it is due.

    `progress(done, total)` is awaited after each batch. Each batch commits by itself: a crash
    leaves the marks of the rest, and the next run goes on with them.
    """
    async with waiting_at_most(connection, _PATIENCE):
        return await _decide(connection, run, progress)


async def _decide(connection: Connection, run: Run, progress: Progress) -> Decided:
    company, alerts = await _prepare(connection, run)
    standing = await connection.fetchrow(_SQL["standing"])
    assert standing is not None  # noqa: S101  # a SELECT without FROM has one row
    policy, told = await _policy(connection, run, company, standing)
    if run.accept:
        # Before the first batch: one that is cut off was accepted as far as it came.
        await end_hold(connection, await load_hold(connection, *_LEADERS), Ended.ACCEPTED)
    done = Decided(alerts=alerts + told, held=len(policy.held))
    last = Mark("", 0)
    while marks := await load_marks(connection, last):
        last = marks[-1]
        done += await reconcile(connection, marks, company, policy, run.id)
        await progress(done.marks, standing["marks"])
    told = 0
    if policy.first_contact:
        told += await end_first_contact(connection, company.directory)
    elif done.adopted or standing["adopted"]:
        told += await tell_adopted(connection, company.directory)
    if done.aside or standing["untold"]:
        told += await tell_set_aside(connection, company.directory)
    return done + Decided(alerts=told)


async def _prepare(connection: Connection, run: Run) -> tuple[Company, int]:
    """The company as it is now, and the number of alerts that this made.

    The marks of everything else become marks of jobs, and alerts whose person can be reached again
    are due.
    """
    async with connection.transaction():
        # In this order, as everywhere: who links somebody tells of it within the same transaction.
        await lock_for_transaction(connection, Lock.LINKING)
        await lock_for_transaction(connection, Lock.PEOPLE)
        company = await write_people(connection, run.operators, run.making)
        alerts = await refresh_people(connection, company)
        alerts += await refresh_branches(connection, company)
        if not company.first_contact:
            alerts += manager_alerts(company.directory)
        await connection.execute(_SQL["spread"])
        await connection.execute(_SQL["forget_others"])
        if run.full:
            await try_again(connection)
        stored = await store_alerts(connection, alerts)
        await revive(connection, directory=company.directory)
        stored += await find_managers(connection, company.directory)
    for problem in company.directory.problems():
        _LOG.debug("people.problem", problem=str(problem))
    return company, stored


async def _policy(
    connection: Connection, run: Run, company: Company, standing: asyncpg.Record
) -> tuple[Policy, int]:
    """What is news in this run, and which jobs keep their leader; the alerts made."""
    compared = {
        collection: datetime.fromisoformat(stamp) if stamp else None
        for collection, stamp in standing["compared_from"].items()
    }
    first_contact: bool = standing["first_contact"]
    held: frozenset[int] = frozenset()
    told = 0
    if not first_contact and not run.accept:
        held, told = await _hold_leaders(connection, run, company, standing["active"])
    return Policy(first_contact, compared, run.overlap, held), told


async def _hold_leaders(
    connection: Connection, run: Run, company: Company, active: int
) -> tuple[frozenset[int], int]:
    """The jobs to be decided with the leader they had, and the alerts made.

    More than max(10, 5 %) lost theirs by other documents, or such a loss is held.
    """
    hold = await load_hold(connection, *_LEADERS)
    jobs = [
        (row["id"], rows.numbers(row["crew"]), from_known(row["known"]))
        for row in await connection.fetch(_SQL["leaders"], sorted(hold.ids))
    ]
    lost = leaders_lost(jobs, company.mirror)
    hold, told = await keep_hold(
        connection,
        company.directory,
        hold,
        lost,
        total=active,
        too_many=is_mass_change(len(lost), active),
    )
    return hold.ids, told
