"""Reads what is written down about a job. Who may ask is not decided here."""

from bot.audit.composing import Rows, aside_of, story_of
from bot.audit.story import Aside, Story
from sync.postgres.pool import Connection
from sync.postgres.queries import Queries

_SQL = Queries("bot.audit", "why.sql")
_PARTS = ("job", "changes", "alerts", "holds", "aside", "names")


async def find_row(
    connection: Connection, job_id: int | None, estimate_id: int | None
) -> int | None:
    """The row of `job_sync` of this job, or of this estimate; None if we were never shown it."""
    found: int | None = await connection.fetchval(_SQL["find"], job_id, estimate_id)
    return found


async def find_unread(
    connection: Connection, job_id: int | None, estimate_id: int | None
) -> Aside | None:
    """The record of a job or estimate that we could not take in, or None."""
    collection, id = ("estimates", estimate_id) if job_id is None else ("jobs", job_id)
    row = await connection.fetchrow(_SQL["unread"], collection, id)
    return aside_of(dict(row)) if row else None


async def read_story(connection: Connection, row_id: int) -> Story:
    """The story of the job of this row of `job_sync`, as of one moment."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        job, changes, alerts, holds, aside, names = [
            [dict(row) for row in await connection.fetch(_SQL[part], row_id)] for part in _PARTS
        ]
    called = {(row["type"], row["id"]): row["name"] for row in names}
    return story_of(Rows(job[0], changes, alerts, holds, aside, called))
