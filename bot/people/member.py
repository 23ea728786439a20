"""The people of the company, each once, from rows that are spread over four tables.

Rows joined by `employee_id` are one person, so are rows with one Telegram id, and an unjoined row
that must be an employee by name, phone and Telegram id is no second one. Pure: whom somebody may
look after is said in `bot/people/roster.py`.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.people.identity import Role, Row, roles_of
from sync.model.alerts import Reason
from sync.model.refs import RowRef, Source, Table
from sync.model.states import fold
from sync.people.directory import Directory
from sync.people.people import People
from sync.people.rows import CrewMember, Employee, SalesPerson, digits, same_person


@dataclass(frozen=True, slots=True)
class Member:
    """A person, by the row that knows most of him: `source` and `id`.

    `reason` is why no message reaches him, None where one does. `branch_ids` are where he works,
    sells or manages, `branches` their names, `led_branch_ids` where he leads jobs that are not
    closed. `invited_at`, `invited_until`: when his open invite was made, and how long it is good.
    `rows` are all that he is in BotZilla, by table and id.
    """

    source: Source
    id: int
    name: str
    employee_id: int | None = None
    roles: frozenset[Role] = frozenset()
    branch_ids: tuple[int, ...] = ()
    branches: tuple[str, ...] = ()
    led_branch_ids: tuple[int, ...] = ()
    telegram_id: int | None = None
    reason: Reason | None = Reason.NO_TELEGRAM
    attic_user_ids: tuple[int, ...] = ()
    invited_until: datetime | None = None
    invited_at: datetime | None = None
    rows: tuple[tuple[str, int], ...] = ()

    @property
    def ref(self) -> RowRef:
        """The row that they are known by."""
        return RowRef(Table(self.source), self.id)

    @property
    def linked(self) -> bool:
        """He has a Telegram id, whether messages reach it or not."""
        return self.telegram_id is not None

    @property
    def has_left(self) -> bool:
        """He is not active any more: nobody to invite."""
        return self.reason is Reason.INACTIVE


@dataclass(frozen=True, slots=True)
class About:
    """What BotZilla says of one row beside who it is; see `about` in `roster.sql`."""

    words: str | None = None
    branches: tuple[int, ...] = ()
    invited_until: datetime | None = None
    invited_at: datetime | None = None


#: What is known of the rows, by table (or `attic_user`, `branch`) and id.
Abouts = Mapping[tuple[str, int], About]


@dataclass(slots=True)
class _Found:
    """A person while his rows are put together; the first row is the one he is known by."""

    rows: list[Row]
    telegram_id: str | None
    reason: Reason | None


def everybody(
    directory: Directory,
    about: Abouts,
    operators: Sequence[int] = (),
) -> tuple[Member, ...]:
    """All people of the company, in no order."""
    gathering = _Gathering(directory.people, about)
    for employee in directory.people.employees:
        gathering.add_employee(employee)
    for stray in _strays(directory.people):
        gathering.add_stray(stray)
    for manager in directory.managers:
        words = gathering.about("user", manager.user_id).words
        name = words or f"user {manager.user_id}"
        gathering.add_row(gathering.row("user", manager.user_id, name, manager.telegram_id))
    return tuple(gathering.member(found, operators) for found in gathering.found)


class _Gathering:
    """Puts the rows of each person together."""

    def __init__(self, people: People, about: Abouts) -> None:
        self.found: list[_Found] = []
        self._people, self._about = people, about
        self._by_address: dict[str, _Found] = {}
        self._users = _users(people)
        self._sellers: dict[int | None, list[SalesPerson]] = defaultdict(list)
        for seller in people.sales_people:
            self._sellers[seller.employee_id].append(seller)

    def about(self, source: str, id: int) -> About:
        return self._about.get((source, id), About())

    def row(self, source: Source | str, id: int, name: str, telegram_id: str | None) -> Row:
        """A row as `roles_of` reads it."""
        about = self.about(source, id)
        role = "operation manager" if source == "user" else about.words
        return Row(source, id, name, digits(telegram_id), role=role, branches=about.branches)

    def add_employee(self, employee: Employee) -> None:
        """An employee with all that is his."""
        address, reason = self._people.reach(employee)
        rows = [
            self.row("employee", employee.id, employee.name, employee.telegram_id),
            *(self._crew_row(c) for c in self._people.crew_rows(employee)),
            *(self._sales_row(s) for s in self._sellers.get(employee.id, [])),
            *self._attic_rows("employee", employee.id),
        ]
        self._add(_Found(rows, address, reason))

    def add_stray(self, stray: CrewMember | SalesPerson) -> None:
        """A row that no employee has."""
        if isinstance(stray, SalesPerson):
            self.add_row(self._sales_row(stray))
        else:
            self.add_row(self._crew_row(stray), self._attic_rows("crew_member", stray.id))

    def add_row(self, row: Row, more: Iterable[Row] = ()) -> None:
        """A row that belongs to whoever has its Telegram id, or else to somebody of his own."""
        rows = [row, *more]
        owner = self._by_address.get(row.telegram_id or "")
        if owner:
            owner.rows += rows
        else:
            self._add(_Found(rows, row.telegram_id, self._reason(rows)))

    def member(self, found: _Found, operators: Sequence[int]) -> Member:
        """What the rows say of him."""
        first, telegram_id = found.rows[0], int(found.telegram_id) if found.telegram_id else None
        own = [row for row in found.rows if row.source != "attic_user"]
        attic = [row for row in found.rows if row.source == "attic_user"]
        operates = {Role.OPERATOR} if telegram_id in operators else set()
        about = self.about(first.source, first.id)
        branches = {branch for row in own for branch in row.branches}
        return Member(
            first.source,  # type: ignore[arg-type] # a source of `own`, as people are known by
            first.id,
            (first.name or "").strip() or f"{first.source} {first.id}",
            first.id if first.source == "employee" else None,
            frozenset(roles_of(found.rows) | operates),
            tuple(sorted(branches)),
            tuple(sorted(self.about("branch", branch).words or "" for branch in branches)),
            tuple(sorted({branch for row in attic for branch in row.branches})),
            telegram_id,
            found.reason,
            tuple(sorted(row.id for row in attic)),
            about.invited_until,
            about.invited_at,
            tuple((row.source, row.id) for row in own),
        )

    def _add(self, found: _Found) -> None:
        self.found.append(found)
        if found.telegram_id:
            self._by_address.setdefault(found.telegram_id, found)

    def _reason(self, rows: list[Row]) -> Reason | None:
        users = [row.status == "blocked" for row in rows if row.source == "attic_user"]
        if users and all(users):
            return Reason.BLOCKED_IN_ATTIC_TECH
        if rows[0].status == "inactive":
            return Reason.INACTIVE
        address = rows[0].telegram_id
        return self._people.standing(address) if address else Reason.NO_TELEGRAM

    def _crew_row(self, row: CrewMember) -> Row:
        role = Role.CREW_LEADER if row.is_leader else Role.CREW_MEMBER
        return replace(self.row("crew_member", row.id, row.name, row.telegram_id), role=role)

    def _sales_row(self, row: SalesPerson) -> Row:
        status = "active" if row.is_active else "inactive"
        made = self.row("sales_person", row.id, row.name, row.telegram_id)
        return replace(made, role=Role.SALESPERSON, status=status)

    def _attic_rows(self, source: str, id: int) -> Iterator[Row]:
        """Attic Tech's users who are he; one who leads a job is a leader whatever BotZilla says."""
        for user, blocked in self._users.get((source, id), ()):
            leads = Role.CREW_LEADER if ("attic_user", user) in self._about else None
            made = self.row("attic_user", user, "", None)
            yield replace(made, role=leads, status="blocked" if blocked else "active")


def _users(people: People) -> dict[tuple[str, int], list[tuple[int, bool]]]:
    """Attic Tech's users by the row they were matched to: id, and whether he is blocked."""
    users: dict[tuple[str, int], list[tuple[int, bool]]] = defaultdict(list)
    for user in people.users:
        person = people.matches[user.id]
        if person.employee_id is not None:
            users["employee", person.employee_id].append((user.id, user.blocked))
        elif person.crew_member_id is not None:
            users["crew_member", person.crew_member_id].append((user.id, user.blocked))
    return users


def _strays(people: People) -> Iterator[CrewMember | SalesPerson]:
    """Rows that nobody joined and that are none of the employees."""
    by_name: dict[str, list[Employee]] = defaultdict(list)
    for employee in people.employees:
        by_name[fold(employee.name)].append(employee)
    rows: tuple[CrewMember | SalesPerson, ...] = (*people.crew_members, *people.sales_people)
    for row in rows:
        namesakes = by_name.get(fold(row.name), [])
        if row.employee_id is None and not any(same_person(e, row) for e in namesakes):
            yield row
