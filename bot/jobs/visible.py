"""The jobs that somebody may see: pages, counts, one by its number, some by words.

Rights are in the statements themselves (`visible.sql`), which are all narrowed by a `Scope`, so
that a job of somebody else is nowhere in this program's hands; of the others people get the facts
that `bot/access.py` opens to them.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from asyncpg import Record

from bot.access import View, roles_in, shown, views_of
from bot.people.identity import Identity, Role
from bot.people.roster import words_of
from bot.views.card import Card, Moved
from bot.views.jobs import Count
from sync.model.facts import JobFacts
from sync.model.states import State, fold
from sync.postgres.pool import Connection
from sync.postgres.queries import Queries

_SQL = Queries("bot.jobs", "visible.sql")
_STATES = [fold(state) for state in State]
_NUMBER = re.compile(r"(?:(?P<estimate>[eE])\s*|#)?\s*(?P<number>[0-9]{1,10})")
_LARGEST = 2**31 - 1
#: What the statements ask for beyond the scope, from $6 on.
_PARAMETERS = {
    "page": ("states", "state", "branch", "closed", "size", "page"),
    "counts": ("states",),
    "card": ("job_id", "estimate_id"),
    "managed_row": ("job_id", "estimate_id"),
    "search": ("words", "limit"),
}


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose jobs: led by one of `leaders` (Attic Tech ids), sold by one of `sellers`, of one of
    `branches`, of no branch that we know, or with one of `crew` (`users:7`) in their crew.

    `roles`: those roles of the reader by which they are seen.
    """

    leaders: tuple[int, ...] = ()
    sellers: tuple[int, ...] = ()
    branches: tuple[int, ...] = ()
    unmatched: bool = False
    crew: tuple[str, ...] = ()
    roles: frozenset[Role] = frozenset()


def scope(person: Identity, *only: View) -> Scope:
    """All that somebody may see, or what of it is in these views.

    Own jobs by what one is to them, a manager's by their branches, an operator's where no manager
    can be reached or the branch is unknown.
    """
    seen = frozenset(views_of(person)) & (frozenset(only) or frozenset(View))
    branches = (*person.branch_ids, *person.orphan_branch_ids) if View.BRANCHES in seen else ()
    return Scope(
        leaders=person.attic_user_ids if View.LEADER in seen else (),
        sellers=person.sales_person_ids if View.SALES in seen else (),
        branches=tuple(sorted(set(branches))),
        unmatched=Role.OPERATOR in person.roles and View.BRANCHES in seen,
        crew=tuple(f"users:{id}" for id in person.attic_user_ids) if View.CREW in seen else (),
        roles=roles_in(person.roles, seen),
    )


@dataclass(frozen=True, slots=True)
class Number:
    """What somebody calls a job by: Attic Tech's job id, or its estimate's."""

    job_id: int | None = None
    estimate_id: int | None = None


def number_in(text: str) -> Number | None:
    """The number that `7`, `#7` or `E12` is; None for words."""
    found = _NUMBER.fullmatch(text.strip())
    if not found:
        return None
    number = min(int(found["number"]), _LARGEST)
    return Number(estimate_id=number) if found["estimate"] else Number(job_id=number)


@dataclass(frozen=True, slots=True)
class Page:
    """A page of jobs, and how many there are in all."""

    jobs: tuple[JobFacts, ...]
    total: int
    number: int


def statement(name: str, scope: Scope, **given: Any) -> tuple[Any, ...]:
    """A statement of `visible.sql` and its parameters in order; `given` are those of its own."""
    own = [given.pop(parameter) for parameter in _PARAMETERS[name]]
    assert not given, given  # noqa: S101 - a name that the statement does not know
    whose = (scope.leaders, scope.sellers, scope.branches, scope.unmatched, scope.crew)
    return _SQL[name], *whose, *own


async def read_page(
    connection: Connection,
    scope: Scope,
    *,
    state: int = 0,
    branch: int = 0,
    closed: bool = False,
    size: int,
    number: int = 0,
) -> Page:
    """One page of the jobs in `scope`, which is of one view; where there are fewer pages, the last
    one.
    """
    asked = {"state": state, "branch": branch, "closed": closed, "size": size, "page": number}
    rows = await connection.fetch(*statement("page", scope, states=_STATES, **asked))
    jobs = tuple(
        cast("JobFacts", shown(row["facts"], scope.roles))
        for row in rows
        if row["facts"] is not None
    )
    return Page(jobs, rows[0]["total"], rows[0]["page"])


async def read_counts(connection: Connection, scope: Scope) -> tuple[Count, ...]:
    """The jobs in `scope` counted by branch and state, in the order of branches and states."""
    rows = await connection.fetch(*statement("counts", scope, states=_STATES))
    return tuple(Count(**row) for row in rows)


async def read_card(
    connection: Connection, scope: Scope, number: Number, *, history: int = 10
) -> Card | None:
    """The job with this number, if it is in `scope`; one that is gone only for who manages it."""
    row = await connection.fetchrow(*_by_number("card", scope, number))
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
    """The row of `job_sync` of the job with this number, gone or not, if it is managed."""
    row: int | None = await connection.fetchval(*_by_number("managed_row", scope, number))
    return row


async def search(
    connection: Connection, scope: Scope, text: str, *, limit: int
) -> Sequence[JobFacts]:
    """The jobs in `scope` whose name or customer holds every word of `text`."""
    rows = await connection.fetch(*statement("search", scope, words=words_of(text), limit=limit))
    return [_facts(row, scope) for row in rows]


def _by_number(name: str, scope: Scope, number: Number) -> tuple[Any, ...]:
    return statement(name, scope, job_id=number.job_id, estimate_id=number.estimate_id)


def _facts(row: Record, scope: Scope) -> JobFacts:
    """What may be seen of the job by the roles in which this one is seen."""
    roles = roles_in(scope.roles, (View(view) for view in row["seen_as"]))
    return cast("JobFacts", shown(row["facts"], roles))
