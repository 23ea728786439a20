"""What the program writes about who is who into BotZilla's tables of people.

What is to be written is found by pure functions over the whole (`sync/people/linkage.py`,
`sync/people/newcomers.py`); here it is carried out, in sets. Nothing that somebody has filled is
ever written over, and nothing that the database refuses stops a run.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import asyncpg
import structlog

from sync.model.states import fold
from sync.people.in_step import Account, Agreement, Column, Keeping, Step
from sync.people.linkage import Join, Verdict, user_joins
from sync.people.newcomers import Registry
from sync.postgres.pool import Connection
from sync.postgres.queries import Queries
from sync.reconcile.company import Company, load_company

_SQL = Queries("sync.reconcile", "people.sql")
_LOG = structlog.get_logger()
#: A row that breaks a key, a length or a check of tables that are not ours, or does not fit a
#: column of theirs or our rights.
_REFUSED = (
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.DataError,
    asyncpg.SyntaxOrAccessError,
)


@dataclass(frozen=True, slots=True)
class Making:
    """That users of Attic Tech who are nobody here become people. `own_email`: of the account that
    we read with.
    """

    own_email: str | None = None


async def write_people(
    connection: Connection, operators: Sequence[int], making: Making | None = None
) -> Company:
    """The company once all that is certain about its people is written: who is which user of Attic
    Tech, and with `making` who is new. Within the caller's transaction.
    """
    company = await load_company(connection, operators)
    if making and await _make_branches(connection, company):
        company = await load_company(connection, operators)
    written = await _fill(connection, company) + await _keep_in_step(connection, company)
    if making:
        written += await _make(connection, company, making)
    return await load_company(connection, operators) if written else company


async def write_joins(connection: Connection, certain: Iterable[Join]) -> None:
    """Join what is certain.

    Raises asyncpg's errors of unique and foreign keys when somebody was quicker.
    """
    if rows := _pairs(certain):
        await connection.execute(_SQL["join"], rows)


def _pairs(certain: Iterable[Join]) -> list[dict[str, Any]]:
    return [
        {"source": join.row.source, "id": join.row.id, "to": join.candidates[0].id}
        for join in certain
    ]


async def _fill(connection: Connection, company: Company) -> int:
    """Remember who is which user of Attic Tech, so that another name there does not lose him."""
    joins = user_joins(company.directory.people)
    certain = _pairs(join for join in joins if join.verdict is Verdict.CERTAIN)
    return await _write(connection, "join", certain)


async def _keep_in_step(connection: Connection, company: Company) -> int:
    """Let what was changed in one row of a person reach his others."""
    row = await connection.fetchrow(_SQL["agreed"])
    assert row is not None  # noqa: S101  # a SELECT without FROM has one row
    agreed = {
        person["employee_id"]: {
            column: Agreement(person[column], frozenset(person[f"{column}_rows"]))
            for column in Column
        }
        for person in row["agreed"]
    }
    accounts = tuple(Account(**account) for account in row["accounts"])
    steps = Keeping(company.directory.people, agreed, accounts).steps()
    for source in ("crew_member", "sales_person"):
        emails = [change for step in steps for change in _emails(step, source)]
        await _write(connection, f"write_{source}_emails", emails)
    return await _write(connection, "write_steps", [_step(step) for step in steps])


def _step(step: Step) -> dict[str, Any]:
    rows = [
        {"source": source, "id": int(id)}
        | {column: [change.was, change.text] for column, change in changes.items()}
        for (source, _, id), changes in (
            (key.partition(":"), changes) for key, changes in step.changes.items()
        )
    ]
    agreed = {column: agreement.value for column, agreement in step.agreed.items()}
    members = {
        f"{column}_rows": sorted(agreement.rows) for column, agreement in step.agreed.items()
    }
    return {"id": step.employee_id, "rows": rows} | agreed | members


def _emails(step: Step, table: str) -> Iterator[dict[str, Any]]:
    """Changes of e-mails in columns that most databases lack: a statement that names them can only
    be sent where they are.
    """
    for key, changes in step.changes.items():
        source, _, id = key.partition(":")
        if source == table and (change := changes.get(Column.EMAIL)):
            yield {"id": int(id), "was": change.was, "text": change.text}


async def _make_branches(connection: Connection, company: Company) -> int:
    registry = Registry(company.directory.people, company.roles, company.branches)
    return await _write(connection, "make_branches", registry.missing_branches())


async def _make(connection: Connection, company: Company, making: Making) -> int:
    row = await connection.fetchrow(_SQL["registry"])
    assert row is not None  # noqa: S101  # a SELECT without FROM has one row
    registry = Registry(
        company.directory.people,
        company.roles,
        company.branches,
        frozenset(map(fold, row["accounts"])),
        frozenset((user, made) for user, made in row["made"]),
        making.own_email,
    )
    newcomers, aside = registry.newcomers()
    for fault in aside:
        _LOG.info("newcomer_set_aside", user=fault.attic_tech_user_id, value=fault.value)
    return await _write(connection, "make", [asdict(newcomer) for newcomer in newcomers])


async def _write(connection: Connection, statement: str, rows: Sequence[Any]) -> int:
    """How many of the rows were written. A set that the database refuses is halved until the bad
    row stands alone; that one is set aside. Where somebody works on one of them all wait for the
    next run.
    """
    if not rows:
        return 0
    try:
        async with connection.transaction():
            await connection.execute(_SQL[statement], list(rows))
    except asyncpg.LockNotAvailableError:
        _LOG.info("people_locked", statement=statement, rows=len(rows))
        return 0
    except _REFUSED as error:
        if len(rows) == 1:
            # The error's own words would hold the person's e-mail or phone.
            _LOG.warning(
                "people_refused", statement=statement, id=_id(rows[0]), error=type(error).__name__
            )
            return 0
        middle = len(rows) // 2
        first = await _write(connection, statement, rows[:middle])
        return first + await _write(connection, statement, rows[middle:])
    _LOG.info("people_written", statement=statement, rows=len(rows))
    return len(rows)


def _id(row: dict[str, Any] | str) -> int | None:
    return None if isinstance(row, str) else row.get("attic_tech_user_id", row.get("id"))
