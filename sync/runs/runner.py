"""Runs: a request, its state and progress for those who ask, and how one is carried out.

A run is a row of `sync_run`, also an empty one and a failed one. A request is served by a run that
starts after it; who asks meanwhile joins an equal or stronger request that has not begun. Only who
holds the sync lock carries runs out, on the connection that holds it: a lost lock ends the run with
its connection.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias

import asyncpg
import structlog
from asyncpg.exceptions import TransactionRollbackError

from sync.attic_tech.client import AtticTech
from sync.attic_tech.errors import AtticTechError
from sync.mirror.read import read
from sync.mirror.store import Compared, Reading, note_comparisons
from sync.postgres.locks import ACCEPTANCES, Lock, try_lock, unlock
from sync.postgres.pool import Connection, is_away
from sync.postgres.queries import Queries
from sync.postgres.statistics import analyze_what_changed
from sync.reconcile import Progress, Run
from sync.reconcile.batch import Decided
from sync.reconcile.people import Making
from sync.runs.outage import end_outage, tell_unreadable
from sync.supervisor import pause

_SQL = Queries("sync.runs", "queue.sql")
_log = structlog.get_logger()

#: After which the server gives a silent process's sync lock to another: longer than one request to
#: Attic Tech takes with all its retries, since a run says nothing meanwhile.
SILENCE = timedelta(minutes=5)
#: A deadlock, or a serialisation failure: the same run, begun again, does not meet it.
_AGAIN = TransactionRollbackError
#: A run that ends like that every time would be begun for ever, and nobody would hear of it.
_LOST_AT_MOST = 3
_LOST = (
    f"Whoever carried the run out was gone before its end, {_LOST_AT_MOST} times: the process, or "
    f"its connection to the database. The log says more."
)

Kind = Literal["incremental", "full"]
#: Somebody asked for a run.
ASKED_CHANNEL = "jobsync_run"
#: A run moved on; the payload is its id.
PROGRESS_CHANNEL = "jobsync_progress"


@dataclass(frozen=True, slots=True)
class RunState:
    """A run as its row says. `error` is a sentence; `documents` counts those that changed."""

    id: int
    kind: Kind
    accept: bool
    state: Literal["requested", "running", "succeeded", "failed"]
    progress: dict[str, Any]
    documents: int
    changes: int
    alerts: int
    error: str | None
    requested_at: datetime
    began_at: datetime | None
    finished_at: datetime | None

    @property
    def over(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state in ("succeeded", "failed")

    @property
    def seconds(self) -> float | None:
        """How long it took, once it is over."""
        if self.began_at is None or self.finished_at is None:
            return None
        return (self.finished_at - self.began_at).total_seconds()


async def request_run(connection: Connection, kind: Kind, *, accept: bool = False) -> int:
    """The id of a run that will start after this; whoever syncs is woken.

    It accepts only if this connection is there when it begins: keep it, and what Ctrl-C, a kill or
    a lost network ends is withdrawn.
    """
    return int(await connection.fetchval(_SQL["request"], kind, accept, ACCEPTANCES))


async def run_state(connection: Connection, run_id: int) -> RunState:
    """The run now. Raises `LookupError` for a run that does not exist (any more)."""
    row = await connection.fetchrow(_SQL["state"], run_id)
    if row is None:
        raise LookupError(f"no run {run_id}")
    return RunState(*row)


async def follow_run(
    connection: Connection, run_id: int, *, every: float = 1.0
) -> AsyncGenerator[RunState, None]:
    """The run's states as they change, to the last one.

    It listens on `connection`, and looks every so many seconds in case a notice was lost.
    """
    told = asyncio.Event()

    def hear(*heard: object) -> None:
        if heard[-1] == str(run_id):
            told.set()

    await connection.add_listener(PROGRESS_CHANNEL, hear)
    try:
        last = None
        while last is None or not last.over:
            told.clear()
            state = await run_state(connection, run_id)
            if state != last:
                yield state
            else:
                await pause(told, every)
            last = state
    finally:
        if not connection.is_closed():
            await connection.remove_listener(PROGRESS_CHANNEL, hear)


Decide: TypeAlias = Callable[[Connection, Run, Progress], Awaitable[Decided]]


@dataclass(frozen=True, slots=True)
class Work:
    """What every run works with."""

    source: AtticTech
    decide: Decide
    overlap: timedelta = timedelta(seconds=120)
    operators: tuple[int, ...] = ()
    making: Making | None = None


class OurMistake(AtticTechError):
    """Something that we did not foresee; the log has the rest."""

    def __init__(self, error: Exception) -> None:
        name = type(error).__name__
        super().__init__(f"The run stopped at a mistake of ours ({name}); see the log.", name)


class Locked(AtticTechError):
    """Somebody else held what the run had to write for longer than it waits."""

    def __init__(self) -> None:
        super().__init__(
            "Somebody keeps rows of the database locked; the next run goes on from here.", "locked"
        )


async def resume(connection: Connection) -> None:
    """Ask again for what a lost process was running, or give it up."""
    for row in await connection.fetch(_SQL["resume"], _LOST_AT_MOST, _LOST):
        _log.warning("run_lost", run=row["id"], times=row["lost"], state=row["state"])


async def carry_out(
    connection: Connection, work: Work, run_id: int, *, every: float = 0.5
) -> RunState:
    """The run once it is over, carried out here or elsewhere.

    Older requests are carried out on the way.
    """
    while not (state := await run_state(connection, run_id)).over:
        if not await try_lock(connection, Lock.SYNC):
            await asyncio.sleep(every)
            continue
        try:
            await resume(connection)
            await run_next(connection, work)
        finally:
            if not connection.is_closed():
                await unlock(connection, Lock.SYNC)
    return state


async def run_next(connection: Connection, work: Work) -> RunState | None:
    """The oldest request, carried out; None when nobody asks for a run.

    Raises when the database is away, or after a deadlock: then the request is still there.
    """
    row = await connection.fetchrow(_SQL["begin"], ACCEPTANCES)
    if row is None:
        return None
    run = Run(
        row["id"],
        row["accept"],
        work.overlap,
        work.operators,
        work.making,
        full=row["kind"] == "full",
    )
    _log.info("run_began", run=run.id, kind=row["kind"], accept=run.accept)
    try:
        compared, decided = await _read_and_decide(connection, work, run)
        await _succeed(connection, run, decided, compared)
    except AtticTechError as error:
        await _fail(connection, run, error)
    except asyncpg.LockNotAvailableError:
        await _fail(connection, run, Locked())
    except Exception as error:
        if connection.is_closed() or is_away(error) or isinstance(error, _AGAIN):
            raise
        _log.exception("run_stopped", run=run.id)
        await _fail(connection, run, OurMistake(error))
    state = await run_state(connection, run.id)
    _log.info(
        "run_ended",
        run=run.id,
        state=state.state,
        documents=state.documents,
        changes=state.changes,
        alerts=state.alerts,
        seconds=state.seconds,
    )
    return state


async def _read_and_decide(
    connection: Connection, work: Work, run: Run
) -> tuple[dict[str, Compared], Decided]:
    async def note_page(collection: str, done: int, changed: int) -> None:
        progress = {"phase": "reading", "collection": collection, "done": done, "total": None}
        await connection.execute(_SQL["note"], run.id, progress, changed)

    async def note_batch(done: int, total: int) -> None:
        progress = {"phase": "deciding", "collection": None, "done": done, "total": total}
        await connection.execute(_SQL["note"], run.id, progress, 0)

    async def note_request(answered: bool) -> None:
        await connection.execute(_SQL["note_request"], run.id, answered)

    reading = Reading(
        connection, work.source, note_page, work.overlap, work.operators, run.full, run.accept
    )
    with work.source.heard_by(note_request):
        compared = await read(reading)
    await analyze_what_changed(connection)
    decided = await work.decide(connection, run, note_batch)
    await analyze_what_changed(connection)
    return compared, decided


async def _succeed(
    connection: Connection, run: Run, decided: Decided, compared: dict[str, Compared]
) -> None:
    async with connection.transaction():
        alerts = decided.alerts + await end_outage(connection, run.operators, decided.changes)
        await note_comparisons(connection, compared)
        if run.full:
            await connection.execute(_SQL["note_full"], run.id)
        await connection.execute(_SQL["succeed"], run.id, decided.changes, alerts)


async def _fail(connection: Connection, run: Run, error: AtticTechError) -> None:
    _log.warning("run_failed", run=run.id, cause=error.cause, sentence=error.sentence)
    async with connection.transaction():
        await tell_unreadable(connection, run.operators, error)
        await connection.execute(_SQL["fail"], run.id, error.sentence, error.cause)
