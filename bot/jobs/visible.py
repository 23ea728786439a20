"""The jobs that somebody may see: pages, counts, one by its number, some by words.

Rights are in the statements themselves (`visible.sql`), so that a job of somebody else is nowhere
in this program's hands; of the others he gets the facts that `bot/access.py` opens to him.
"""

from dataclasses import dataclass
from typing import cast

from asyncpg import Record

from bot.access import View, roles_in, shown
from bot.jobs.number import Number
from bot.people.roster import words_of
from bot.people.scope import Scope
from bot.views.card import Card, Moved
from bot.views.jobs import Count
from sync.database.pool import Connection
from sync.database.queries import Queries
from sync.model.facts import JobFacts
from sync.states import State, fold

_SQL = Queries("bot.jobs", "visible.sql")
_STATES = [fold(state) for state in State]


@dataclass(frozen=True, slots=True)
class Page:
    """A page of jobs, and how many there are in all."""

    jobs: tuple[JobFacts, ...]
    total: int
    number: int


async def read_page(
    connection: Connection,
    scope: Scope,
    *,
    state: int,
    branch: int,
    closed: bool,
    size: int,
    number: int,
) -> Page:
    """One page of the jobs in `scope`, which is of one view; where there are fewer pages, the last
    one.
    """
    rows = await connection.fetch(
        _SQL["page"], *scope.arguments, _STATES, state, branch, closed, size, number
    )
    jobs = tuple(
        cast("JobFacts", shown(row["facts"], scope.roles))
        for row in rows
        if row["facts"] is not None
    )
    return Page(jobs, rows[0]["total"], rows[0]["page"])


async def read_counts(connection: Connection, scope: Scope) -> tuple[Count, ...]:
    """The jobs in `scope` counted by branch and state, in the order of branches and states."""
    rows = await connection.fetch(_SQL["counts"], *scope.arguments, _STATES)
    return tuple(Count(**row) for row in rows)


async def read_card(
    connection: Connection, scope: Scope, number: Number, *, history: int = 10
) -> Card | None:
    """The job with this number, if it is in `scope`; one that is gone only for who manages it."""
    row = await connection.fetchrow(
        _SQL["card"], *scope.arguments, number.job_id, number.estimate_id
    )
    if row is None:
        return None
    moves = await connection.fetch(_SQL["history"], row["id"], history)
    moved = tuple(Moved(move["changed_at"], move["previous"], move["state"]) for move in moves)
    return Card(
        _facts(row, scope),
        row["status_changed_at"],
        moved,
        row["gone_at"],
        managed=View.BRANCHES in row["seen_as"],
    )


async def find_managed(connection: Connection, scope: Scope, number: Number) -> int | None:
    """The row of `job_sync` of the job with this number, gone or not, if he manages it."""
    row: int | None = await connection.fetchval(
        _SQL["managed_row"], *scope.arguments, number.job_id, number.estimate_id
    )
    return row


async def search(
    connection: Connection, scope: Scope, text: str, *, limit: int
) -> tuple[JobFacts, ...]:
    """The jobs in `scope` whose name or customer holds every word of `text`."""
    rows = await connection.fetch(_SQL["search"], *scope.arguments, words_of(text), limit)
    return tuple(_facts(row, scope) for row in rows)


async def stands_no_more(
    connection: Connection, scope: Scope, chat_id: int, limit: int
) -> list[tuple[int, int | None]]:
    """Messages in this chat that show jobs outside of `scope`, the newest first: their number, and
    the id of those that are alerts.
    """
    rows = await connection.fetch(_SQL["stands_no_more"], *scope.arguments, chat_id, limit)
    return [(row["message_id"], row["alert_id"]) for row in rows]


def _facts(row: Record, scope: Scope) -> JobFacts:
    """What he may see of the job by the roles in which he sees this one."""
    roles = roles_in(scope.roles, (View(view) for view in row["seen_as"]))
    return cast("JobFacts", shown(row["facts"], roles))
