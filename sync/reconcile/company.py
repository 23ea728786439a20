"""The company as it is now: people, managers, branches, states, loaded whole in one statement.

Who is behind each Attic Tech user, and which branch is which, is recomputed here before every
deciding, since BotZilla changes its rows beside us; a changed answer marks the documents whose jobs
it concerns.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import Any
from uuid import uuid4

import asyncpg
import structlog

from sync.model.alerts import LEFT, AlertKind, Reason, reason_of
from sync.model.branches import AtticBranch, match
from sync.model.facts import DocumentUnreadable, LeaderLeft
from sync.model.outbox import Alert
from sync.model.states import fold
from sync.people.directory import Directory
from sync.people.people import People
from sync.postgres.pool import Connection
from sync.postgres.queries import Queries
from sync.reconcile import rows
from sync.reconcile.facts import Mirror
from sync.reconcile.plan import is_mass_change
from sync.rules.people import leaver_alerts
from sync.rules.system import system_alerts

_SQL = Queries("sync.reconcile", "company.sql")
_LOG = structlog.get_logger()
MANAGER_ROLE = "operation manager"
LEADER_ROLE = "crew leader"
#: `job_status.name` holds no more.
LONGEST_STATUS = 50


@dataclass(frozen=True)
class Company:
    """Who and what is there. `roles`: Attic Tech's, by id, their names folded. `statuses`: folded
    name -> `job_status.id`. `first_contact`: it goes on, and nobody is told anything.
    """

    directory: Directory
    branches: dict[int, AtticBranch] = field(default_factory=dict)
    roles: dict[int, str] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)
    changed_branches: tuple[AtticBranch, ...] = ()
    first_contact: bool = False

    @cached_property
    def mirror(self) -> Mirror:
        """What is looked up by id while deciding."""
        users = {user.id: user for user in self.directory.people.users}
        leads = frozenset(id for id, name in self.roles.items() if name == LEADER_ROLE)
        return Mirror(users, self.branches, leads)

    def status_id(self, words: str | None) -> int | None:
        """`job_status.id` of a state by its words, or None where it has no row."""
        return self.statuses.get(fold(words)) if words else None


async def load_company(connection: Connection, operators: Sequence[int]) -> Company:
    """The company as the database has it now. `operators`: Telegram ids from the settings."""
    row = await connection.fetchrow(_SQL["company"])
    assert row is not None  # noqa: S101  # a SELECT without FROM has one row
    return _company(row, tuple(operators))


async def load_directory(connection: Connection, operators: Sequence[int]) -> Directory:
    """Everybody who can be told something, with an address or the reason why there is none."""
    return (await load_company(connection, operators)).directory


async def refresh_people(connection: Connection, company: Company) -> tuple[Alert, ...]:
    """Store who is behind each Attic Tech user now; whoever changed is marked, and so his jobs are
    decided again. Returns what managers must be told of leaders who left since it was stored.

    The caller holds `Lock.PEOPLE`, and loaded the company with it, so that each leaving is seen
    once.
    """
    rows = [
        {**asdict(person), "candidates": list(person.candidates)}
        for person in company.directory.persons.values()
    ]
    jobs = await connection.fetch(_SQL["save_people"], rows, list(LEFT))
    if company.first_contact:
        return ()
    return tuple(
        alert
        for leaver in _leavers(jobs)
        for alert in leaver_alerts(leaver, uuid4().hex, company.directory)
    )


def _leavers(jobs: Sequence[asyncpg.Record]) -> Iterable[LeaderLeft]:
    """One for each person, also where he is several users of Attic Tech.

    Too many blocked there at once are no leavers: their jobs keep their leader until somebody
    accepts it (see `is_mass_change`).
    """
    blocked = sum(row["reason"] == Reason.BLOCKED_IN_ATTIC_TECH for row in jobs)
    people: dict[tuple[Any, ...], list[asyncpg.Record]] = defaultdict(list)
    for row in jobs:
        if row["reason"] == Reason.INACTIVE or not is_mass_change(blocked, row["active"]):
            people[row["employee_id"] or -row["leader_id"], row["reason"]].append(row)
    for (_, reason), own in people.items():
        first = own[0]
        yield LeaderLeft(
            leader_id=first["leader_id"],
            leader=first["leader"],
            reason=Reason(reason),
            jobs=tuple(row["job"] for row in own),
        )


async def refresh_branches(connection: Connection, company: Company) -> tuple[Alert, ...]:
    """Store which branch is which where that changed; returns what the operators must be told of
    it.
    """
    if not company.changed_branches:
        return ()
    await connection.execute(_SQL["save_branches"], [asdict(b) for b in company.changed_branches])
    return tuple(
        alert
        for branch in company.changed_branches
        if branch.reason
        for alert in system_alerts(
            AlertKind.DOCUMENT_UNREADABLE,
            f"branches:{branch.id}:{branch.reason}",
            DocumentUnreadable("branches", branch.id, f"branch_{branch.reason}", name=branch.name),
            company.directory,
        )
    )


async def add_statuses(connection: Connection, company: Company, words: Iterable[str]) -> Company:
    """The company with these states in `job_status`, but for those too long to store."""
    new = {fold(text): text.strip() for text in words if fold(text) not in company.statuses}
    storable = [text for text in new.values() if len(text) <= LONGEST_STATUS]
    rows = await connection.fetch(_SQL["add_statuses"], storable) if storable else ()
    added = {fold(row["name"]): row["id"] for row in rows}
    return replace(company, statuses={**company.statuses, **added})


def _company(row: asyncpg.Record, operators: tuple[int, ...]) -> Company:
    people = People(
        employees=tuple(map(rows.employee, row["employees"])),
        crew_members=tuple(map(rows.crew_member, row["crew_members"])),
        sales_people=tuple(map(rows.sales_person, row["sales_people"])),
        users=tuple(map(rows.attic_user, row["attic_users"])),
        refusals=refusals(row["refusals"]),
        logins=tuple(map(rows.login, row["users"])),
    )
    managers = tuple(
        rows.manager(user)
        for user in row["users"]
        if fold(rows.text(user["role"]) or "") == MANAGER_ROLE
    )
    branches = [rows.branch(b) for b in row["branches"]]
    known = {
        b["id"]: AtticBranch(b["id"], b["name"] or "", b["branch_id"], b["reason"])
        for b in row["attic_branches"]
    }
    matched = {id: match(branch, branches) for id, branch in known.items()}
    stored = {b["id"] for b in row["attic_branches"] if b["known"]}
    return Company(
        Directory(people, managers, operators),
        matched,
        {r["id"]: fold(r["name"] or "") for r in row["attic_roles"]},
        {fold(rows.text(s["name"]) or ""): s["id"] for s in reversed(row["statuses"])},
        tuple(b for id, b in matched.items() if b != known[id] or id not in stored),
        row["first_contact"],
    )


def refusals(rows: Iterable[Mapping[str, Any]]) -> dict[str, Reason]:
    """Why Telegram refuses us, by Telegram id. What a word of another version means is not known:
    Telegram is asked again, and says it.
    """
    return {row["telegram_id"]: known for row in rows if (known := reason_of(row["reason"]))}
