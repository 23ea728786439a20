"""What `/status` tells who manages: read from the rows that the sync and the delivery leave."""

from typing import cast

from asyncpg import Record

from bot.access import shown
from bot.jobs.visible import Scope, read_counts
from bot.people.managers import read_managers
from bot.views.status import NAMED, Overview, System, Unanswered, Unreachable, Waiting
from sync.model.alerts import reason_of
from sync.model.facts import JobFacts
from sync.postgres.pool import Connection
from sync.postgres.queries import Queries

_SQL = Queries("bot.handlers", "overview.sql")


async def read_overview(connection: Connection, scope: Scope) -> Overview:
    """How the branches of `scope` and the system stand, as of one moment."""
    where = (list(scope.branches), scope.unmatched)

    def facts(row: Record) -> JobFacts:
        return cast("JobFacts", shown(row["facts"], scope.roles))

    async with connection.transaction(isolation="repeatable_read", readonly=True):
        (system,) = await connection.fetch(_SQL["system"])
        waiting = await connection.fetch(_SQL["waiting"], *where, NAMED)
        unanswered = await connection.fetch(_SQL["unanswered"], *where, NAMED)
        untold = await connection.fetch(_SQL["untold"], *where, NAMED)
        return Overview(
            System(**system),
            await read_counts(connection, scope),
            tuple(Waiting(facts(row), row["since"]) for row in waiting),
            waiting[0]["total"] if waiting else 0,
            await _unreachable_leaders(connection, *where),
            await _unreachable_managers(connection, scope),
            tuple(Unanswered(row["name"], row["facts"] and facts(row)) for row in unanswered),
            unanswered[0]["total"] if unanswered else 0,
            tuple(facts(row) for row in untold),
        )


async def _unreachable_leaders(
    connection: Connection, branches: list[int], unmatched: bool
) -> tuple[Unreachable, ...]:
    rows = await connection.fetch(_SQL["unreachable_leaders"], branches, unmatched)
    return tuple(
        Unreachable(row["name"], reason, row["candidates"], row["jobs"])
        for row in rows
        if (reason := reason_of(row["reason"]))
    )


async def _unreachable_managers(connection: Connection, scope: Scope) -> tuple[Unreachable, ...]:
    """Of the branches in `scope`; for an operator, whose business the system is, all."""
    return tuple(
        Unreachable(manager.name, manager.reason)
        for manager in await read_managers(connection)
        if manager.reason and (scope.unmatched or set(scope.branches) & set(manager.branches))
    )
