"""Runs, as those see them who ask for one: a request, its state, its progress, its result.

A request is served by a run that starts after it; who asks meanwhile joins an equal or stronger
request that has not begun. How a run is carried out is in `sync/running.py`.
"""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sync.database.locks import ACCEPTANCES
from sync.database.pool import Connection
from sync.database.queries import Queries
from sync.supervisor import pause

_SQL = Queries("sync", "run.sql")

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
