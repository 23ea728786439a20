"""The second half of a run: what changed, who is told. It starts only after every collection was
read to its end.

`decide` turns the marks that reading left into rows of `job_sync`, log rows and alerts, in batches;
the rules themselves are in `sync/rules`, the plan of a batch in `sync/plan.py`, both pure. It reads
nothing of Attic Tech and sends nothing.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import asyncpg
import structlog

from sync.database.locks import Lock, lock_for_transaction, waiting_at_most
from sync.database.pool import Connection
from sync.database.queries import Queries
from sync.deciding import rows
from sync.deciding.adopted import tell_adopted
from sync.deciding.batch import Settling, settle_batch
from sync.deciding.company import Company, refresh_branches, refresh_people
from sync.deciding.first_contact import end_first_contact
from sync.deciding.holds import Ended, end_hold, keep_hold, load_hold
from sync.deciding.people import Making, settle_people
from sync.deciding.quarantine import Mark, tell_set_aside, try_again
from sync.deciding.refusals import find_managers, revive
from sync.deciding.store import store_alerts
from sync.facts import Mirror
from sync.job import from_known
from sync.plan import Policy, is_mass_change, leaders_lost
from sync.rules.people import manager_alerts

_SQL = Queries("sync.deciding", "marks.sql")
_LOG = structlog.get_logger()
#: What the guard of leaders holds.
_LEADERS = ("leaders", "jobs")
Progress = Callable[[int, int], Awaitable[None]]
#: For a row that somebody is working on; then it is left to the next run.
_PATIENCE = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Run:
    """What a run brings along: its row in `sync_run`, whether an operator accepts a mass change,
    the settings' words. `making`: whom to make out of Attic Tech's users, None for nobody. `full`:
    everything is compared, and tried again.
    """

    id: int
    accept: bool = False
    overlap: timedelta = timedelta(seconds=120)
    operators: tuple[int, ...] = ()
    making: Making | None = None
    full: bool = False


@dataclass(frozen=True, slots=True)
class Decided:
    """What deciding came to: marks settled, revisions grown, alerts stored, documents adopted
    silently, jobs held, documents set aside.
    """

    marks: int = 0
    changes: int = 0
    alerts: int = 0
    adopted: int = 0
    held: int = 0
    aside: int = 0


@dataclass(slots=True)
class _Tally:
    marks: int = 0
    changes: int = 0
    alerts: int = 0
    adopted: int = 0
    aside: int = 0
    held: frozenset[int] = field(default_factory=frozenset)

    def result(self) -> Decided:
        held = len(self.held)
        return Decided(self.marks, self.changes, self.alerts, self.adopted, held, self.aside)


async def decide(connection: Connection, run: Run, progress: Progress) -> Decided:
    """Settle every mark; `progress(done, total)` is awaited after each batch. Ends first contact
    when it is due.

    Each batch commits by itself: a crash leaves the marks of the rest, and the next run goes on
    with them.
    """
    async with waiting_at_most(connection, _PATIENCE):
        return await _decide(connection, run, progress)


async def _decide(connection: Connection, run: Run, progress: Progress) -> Decided:
    company, alerts = await _prepare(connection, run)
    standing = await connection.fetchrow(_SQL["standing"])
    assert standing is not None  # noqa: S101  # a SELECT without FROM has one row
    policy, told = await _policy(connection, run, company, standing)
    tally = _Tally(alerts=alerts + told, held=policy.held)
    settling = Settling(connection, company, policy, run.id)
    last = Mark("", 0)
    while (outcome := await settle_batch(settling, last)).last:
        last = outcome.last
        tally.marks += outcome.marks
        tally.changes += outcome.changes
        tally.alerts += outcome.alerts
        tally.adopted += outcome.adopted
        tally.aside += outcome.aside
        await progress(tally.marks, standing["marks"])
    if run.accept:
        await end_hold(connection, await load_hold(connection, *_LEADERS), Ended.ACCEPTED)
    if policy.first_contact:
        tally.alerts += await end_first_contact(connection, company.directory)
    elif tally.adopted or standing["adopted"]:
        tally.alerts += await tell_adopted(connection, company.directory)
    if tally.aside or standing["untold"]:
        tally.alerts += await tell_set_aside(connection, company.directory)
    return tally.result()


async def _prepare(connection: Connection, run: Run) -> tuple[Company, int]:
    """Who is who now, the marks of everything else made marks of jobs, and alerts whose person can
    be reached again.
    """
    async with connection.transaction():
        # In this order, as everywhere: who links somebody tells of it within his transaction.
        await lock_for_transaction(connection, Lock.LINKING)
        await lock_for_transaction(connection, Lock.PEOPLE)
        company = await settle_people(connection, run.operators, run.making)
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
    """What is news in this run, and which jobs keep their leader because too many would lose him at
    once.
    """
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
    """The jobs to be decided with the leader they had, when more than max(10, 5 %) lost theirs by
    other documents, or while such a loss is held.
    """
    hold = await load_hold(connection, *_LEADERS)
    mirror = Mirror(company.users, company.branches, company.leader_roles)
    jobs = [
        (row["id"], rows.numbers(row["crew"]), from_known(row["known"]))
        for row in await connection.fetch(_SQL["leaders"], sorted(hold.ids))
    ]
    lost = leaders_lost(jobs, mirror)
    hold, told = await keep_hold(
        connection,
        company.directory,
        hold,
        lost,
        total=active,
        too_many=is_mass_change(len(lost), active),
    )
    return hold.ids, told
