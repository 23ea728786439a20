"""Who is speaking: from the rows that carry a Telegram id to one frozen `Identity`.

The rule is the domain's: all rows whose trimmed `telegram_id` is the sender's, widened over
`employee_id`; one leaver among them makes a stranger (also one whom nobody joined yet, see
`leaving.py`), two employees under one id are refused.
Nothing is written here, and nothing is remembered between two updates: who leaves has left at his
next tap.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import structlog

from bot.access import Role as Role
from bot.people.leaving import who_left
from bot.people.managers import orphan_branches
from sync.model.states import fold
from sync.people.rows import digits
from sync.postgres.pool import Connection
from sync.postgres.queries import Queries

_QUERIES = Queries("bot.people", "identity.sql")
_LOG = structlog.get_logger()


class Standing(StrEnum):
    """Whether we talk with him, and if not, why."""

    KNOWN = "known"
    STRANGER = "stranger"
    WAITING = "waiting"  # for approval
    LEFT = "left"  # inactive, rejected, deleted, or blocked in Attic Tech
    IN_DOUBT = "in_doubt"  # his Telegram id belongs to two, or his employee's row names another


@dataclass(frozen=True, slots=True)
class Row:
    """A row of BotZilla's that may be about him. `telegram_id` is trimmed."""

    source: str
    id: int
    name: str | None = None
    telegram_id: str | None = None
    employee_id: int | None = None
    role: str | None = None
    status: str = "active"
    branches: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody, by all of his rows. Without roles he is a stranger and learns how to be linked.

    `attic_user_ids` are Attic Tech's users matched to him; `branch_ids` are a manager's branches;
    `orphan_branch_ids` are branches without a manager, for an operator. `refused`: Telegram refused
    our messages to him until now.
    """

    telegram_id: int
    standing: Standing = Standing.STRANGER
    roles: frozenset[Role] = frozenset()
    name: str | None = None
    employee_id: int | None = None
    crew_member_ids: tuple[int, ...] = ()
    sales_person_ids: tuple[int, ...] = ()
    user_ids: tuple[int, ...] = ()
    attic_user_ids: tuple[int, ...] = ()
    branch_ids: tuple[int, ...] = ()
    orphan_branch_ids: tuple[int, ...] = ()
    language: str = "en"
    refused: bool = False

    @property
    def waiting_for_approval(self) -> bool:
        """He has told us who he is, and a manager has to say yes."""
        return self.standing is Standing.WAITING

    @property
    def shut_out(self) -> bool:
        """His account is that of a leaver, or nobody can tell whose: he cannot link himself."""
        return self.standing in (Standing.LEFT, Standing.IN_DOUBT)

    @property
    def linked(self) -> bool:
        """He is somebody here by more than a "user" row, which no linking needs."""
        return bool(self.employee_id or self.crew_member_ids or self.sales_person_ids)

    @property
    def rows(self) -> tuple[tuple[str, int], ...]:
        """All that he is in BotZilla, by table and id."""
        employee = () if self.employee_id is None else (("employee", self.employee_id),)
        return (
            *employee,
            *(("crew_member", id) for id in self.crew_member_ids),
            *(("sales_person", id) for id in self.sales_person_ids),
            *(("user", id) for id in self.user_ids),
        )


def identify(
    telegram_id: int,
    rows: Iterable[Row],
    *,
    operators: Sequence[int] = (),
    managers_operate: bool = False,
) -> Identity:
    """The person behind `telegram_id`. `managers_operate`: no operator can be reached."""
    rows = tuple(rows)
    standing = _standing(str(telegram_id), rows)
    if standing not in (Standing.KNOWN, Standing.STRANGER):
        return Identity(telegram_id, standing, name=_name(rows))
    roles = roles_of(rows)
    if telegram_id in operators or (managers_operate and Role.MANAGER in roles):
        roles |= {Role.OPERATOR}
    employees = _ids(rows, "employee")
    managers = [row for row in rows if _is_manager(row)]
    return Identity(
        telegram_id,
        Standing.KNOWN if roles or employees else Standing.STRANGER,
        frozenset(roles),
        _name(rows),
        employees[0] if employees else None,
        _ids(rows, "crew_member"),
        _ids(rows, "sales_person"),
        tuple(row.id for row in managers),
        _ids(rows, "attic_user"),
        tuple(sorted({branch for row in managers for branch in row.branches})),
    )


def _standing(telegram_id: str, rows: tuple[Row, ...]) -> Standing:
    employees = [row for row in rows if row.source == "employee"]
    people = [row for row in rows if row.source in ("employee", "sales_person")]
    statuses = {row.status for row in people}
    if statuses - {"active", "pending"} or _blocked(rows):
        return Standing.LEFT
    if "pending" in statuses:
        return Standing.WAITING
    # On purpose narrower than "all rows with the sender's id, widened over employee_id": where his
    # rows disagree, one of the two accounts is not he (an old phone, or a slip), and must learn
    # nothing. DOMAIN says whose id wins, and messages go there; the other opens nothing until
    # somebody puts it right. It is reported as `People.problems`.
    if len(employees) > 1 or (employees and _address(rows) != telegram_id):
        return Standing.IN_DOUBT
    return Standing.KNOWN if rows else Standing.STRANGER


def _address(rows: tuple[Row, ...]) -> str | None:
    """The Telegram id that is his, by the order in which `sync/people/people.py` addresses him: the
    employee's, else that of the crew, leaders first, else that of the sales.
    """
    order = ("employee", "crew_member", "sales_person")
    own = [row for row in rows if row.source in order and digits(row.telegram_id)]
    first = min(
        own,
        key=lambda row: (
            order.index(row.source),
            row.source == "crew_member" and row.role != "crew_leader",
            row.status != "active",
            row.id,
        ),
        default=None,
    )
    return first.telegram_id if first else None


def _blocked(rows: tuple[Row, ...]) -> bool:
    """Every user that he is in Attic Tech is blocked there."""
    users = [row.status == "blocked" for row in rows if row.source == "attic_user"]
    return bool(users) and all(users)


def _is_manager(row: Row) -> bool:
    return row.source == "user" and fold(row.role or "") == "operation manager"


def roles_of(rows: Iterable[Row]) -> set[Role]:
    """What somebody is by his rows: `employee.role`, `crew_member.is_leader` and the rest already
    speak the words of `Role`.
    """
    rows = tuple(rows)
    words = {fold(row.role or "") for row in rows if row.source != "user"}
    roles = {role for role in Role if role.value in words} - {Role.MANAGER, Role.OPERATOR}
    return roles | {Role.MANAGER for row in rows if _is_manager(row)}


def _ids(rows: tuple[Row, ...], source: str) -> tuple[int, ...]:
    return tuple(sorted(row.id for row in rows if row.source == source))


def _name(rows: tuple[Row, ...]) -> str | None:
    """What to call him; the employee's row knows better than the others."""
    order = ("employee", "crew_member", "sales_person", "attic_user")
    named = [row for row in rows if row.source in order and (row.name or "").strip()]
    first = min(named, key=lambda row: (order.index(row.source), row.id), default=None)
    return first.name if first else None


async def read_identity(
    connection: Connection, telegram_id: int, operators: Sequence[int], default_language: str
) -> Identity:
    """The person behind `telegram_id` as the database says it now."""
    rows = await _rows(connection, telegram_id)
    chat = await connection.fetchrow(_QUERIES["chat"], telegram_id, list(operators))
    assert chat is not None  # noqa: S101 - a SELECT without FROM has one row
    # Who stands in for the operators matters to managers only.
    alone = any(map(_is_manager, rows)) and not await _any_stands(connection, chat["operators"])
    found = identify(telegram_id, rows, operators=operators, managers_operate=alone)
    if rows and found.employee_id is None and found.standing is Standing.KNOWN:
        left = await who_left(connection, [str(telegram_id)])
        found = Identity(telegram_id, Standing.LEFT, name=found.name) if left else found
    if found.standing is Standing.IN_DOUBT:
        employees = [row.id for row in rows if row.source == "employee"]
        _LOG.warning("identity_in_doubt", telegram_id=telegram_id, employees=employees)
    orphans = await orphan_branches(connection) if Role.OPERATOR in found.roles else ()
    return replace(
        found,
        orphan_branch_ids=orphans,
        language=chat["language"] or default_language,
        refused=chat["refused"],
    )


async def _rows(connection: Connection, telegram_id: int) -> list[Row]:
    records = await connection.fetch(_QUERIES["rows"], str(telegram_id))
    return [Row(**{**record, "branches": tuple(record["branches"])}) for record in records]


async def _any_stands(connection: Connection, operators: Sequence[int]) -> bool:
    """Whether one of them is neither a leaver nor in doubt: an operator may have no row at all."""
    left = await who_left(connection, [str(id) for id in operators])
    for id in operators:
        standing = _standing(str(id), tuple(await _rows(connection, id)))
        if standing in (Standing.KNOWN, Standing.STRANGER) and str(id) not in left:
            return True
    return False


async def branch_names(connection: Connection, person: Identity) -> tuple[str, ...]:
    """The names of the branches that he manages, works in or sells in."""
    records = await connection.fetch(
        _QUERIES["branch_names"],
        person.branch_ids,
        person.crew_member_ids,
        person.sales_person_ids,
        person.employee_id,
    )
    return tuple(record["name"].strip() for record in records)
