"""One run, carried out: reading, then deciding, then its result in its row.

A run is a row of `sync_run`, also an empty one and a failed one. Only for who holds the sync lock,
on the connection that holds it: a lost lock ends the run with its connection.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

import asyncpg
import structlog
from asyncpg.exceptions import TransactionRollbackError

from sync.attic_tech.client import AtticTech
from sync.attic_tech.errors import AtticTechError
from sync.database.locks import ACCEPTANCES, Lock, try_lock, unlock
from sync.database.pool import Connection, is_away
from sync.database.queries import Queries
from sync.database.statistics import analyze_what_changed
from sync.deciding import Progress, Run
from sync.deciding.people import Making
from sync.deciding.writing import Decided
from sync.outage import end_outage, tell_unreadable
from sync.reading.read import read
from sync.reading.store import Compared, Reading, note_comparisons
from sync.run import RunState, run_state

_SQL = Queries("sync", "run.sql")
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
