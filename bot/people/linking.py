"""Linking: the one place where a person gets a Telegram account, another one or none, and where
others hear of it.

All rows of the person are written together, in one transaction with what is remembered of it and
what others hear; a "user" row gets an account only where the caller says that they manage by it.
Nobody else is unlinked by a link, but a former employee whose old phone it was. Who may do it to
whom is not asked here (see `may_act`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum

import structlog

from bot.people.identity import Identity, Role
from bot.people.member import Member, everybody
from bot.people.roster import member_of, read_about
from sync.model.facts import Account, LinkChanged
from sync.model.outbox import Alert
from sync.model.refs import RowRef, Table
from sync.model.states import fold
from sync.people.directory import Directory
from sync.people.rows import digits
from sync.postgres.locks import Lock, lock_for_transaction
from sync.postgres.pool import Connection
from sync.postgres.queries import Queries
from sync.reconcile.bounces import revive, strike
from sync.reconcile.company import load_company, load_directory, refresh_people
from sync.reconcile.outbox import store_alerts
from sync.rules.linking import link_changed, managers_told
from sync.runs.runner import request_run

_SQL = Queries("bot.people", "linking.sql")
_LOG = structlog.get_logger()
#: Telegram ids by row (`employee 3`).
Ids = dict[str, str | None]


class Via(StrEnum):
    """How somebody tried to be linked, or was."""

    CODE = "code"
    CONTACT = "contact"
    TAP = "tap"  # of a manager, or their own


class Change(StrEnum):
    """What became of a link; the outcome of its attempt."""

    LINKED = "linked"
    REPLACED = "replaced"
    UNLINKED = "unlinked"
    UNDONE = "undone"


@dataclass(frozen=True, slots=True)
class Linked:
    """What a link changed: `change` is the id of its record; `former` the accounts of before."""

    what: Change
    change: int
    former: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Staff:
    """Everybody of the company, as the rows say it now."""

    directory: Directory
    members: tuple[Member, ...]

    def of(self, row: tuple[str, int]) -> Member | None:
        """Whose row this is."""
        return member_of(self.members, *row)

    def called(self, telegram_id: int | None) -> str | None:
        """What to call whoever has this account; nobody is called by an e-mail address."""
        found = (m for m in self.members if m.linked and m.telegram_id == telegram_id)
        member = next(found, None)
        if member is None or member.source != "user":
            return member.name if member else None
        users = self.directory.people.users
        return next((u.name for u in users if fold(u.email or "") == fold(member.name)), None)


def may_act(person: Identity, member: Member, operators: Iterable[int]) -> bool:
    """Whether `person` may invite, relink and unlink them: an operator of the settings, or who has
    every branch of theirs.

    Of a manager's branches those do not count that fall to somebody only while nobody can be
    reached there, or one would gain a branch by it.
    """
    if Role.OPERATOR in person.roles and person.telegram_id in operators:
        return True
    if Role.MANAGER not in person.roles:
        return False
    if Role.MANAGER in member.roles:
        return bool(member.branch_ids) and {*member.branch_ids} <= {*person.branch_ids}
    return {*member.branch_ids} <= {*person.branch_ids, *person.orphan_branch_ids}


async def lock_people(connection: Connection) -> None:
    """Nobody else links, and no run finds out who is who, until the transaction ends.

    Before anything else in a transaction that changes people: the locks have one order.
    """
    await lock_for_transaction(connection, Lock.LINKING)
    await lock_for_transaction(connection, Lock.PEOPLE)


async def read_staff(connection: Connection, operators: tuple[int, ...]) -> Staff:
    """Everybody, as the rows say it now."""
    directory = await load_directory(connection, operators)
    return Staff(directory, everybody(directory, await read_about(connection), operators))


async def refresh(connection: Connection, operators: tuple[int, ...]) -> Directory:
    """Everybody as the rows say it now: who is behind each user of Attic Tech is found anew.

    Part of the transaction that changed the rows, which holds the locks of `lock_people`. What
    waits for somebody goes out by `release`, once they have read why.
    """
    company = await load_company(connection, operators)
    await store_alerts(connection, await refresh_people(connection, company))
    return company.directory


async def release(connection: Connection, operators: tuple[int, ...]) -> None:
    """Lets out what waited for whom can be reached now, and has a run decide on what is left."""
    async with connection.transaction():
        await revive(connection, directory=await load_directory(connection, operators))
        await request_run(connection, "incremental")


async def record(
    connection: Connection,
    account: Account,
    via: Via,
    outcome: str,
    member: Member | None = None,
    *,
    invite_id: int | None = None,
    by: int | None = None,
    before: Ids | None = None,
    after: Ids | None = None,
) -> int:
    """The id of the attempt, written down; of a change with the ids of before and after."""
    shown = asdict(account) if account.name else None
    employee = member.employee_id if member else None
    row = (account.id, via, outcome, employee, invite_id, shown, by, before, after)
    return int(await connection.fetchval(_SQL["record"], *row))


async def link(
    connection: Connection,
    staff: Staff,
    member: Member,
    account: Account,
    via: Via,
    *,
    by: int | None,
    manages: bool = False,
    vouched: bool = False,
    invite_id: int | None = None,
) -> Linked | None:
    """Links them to the account, in place of the one that they had; None where it is somebody
    else's. Within a transaction that holds the locks of `lock_people`.

    `by`: whose doing it is, by Telegram id. `manages`: also in their "user" row. `vouched`: for
    them, so that former employees do not keep the account from them.
    """
    leavers = await _let_go(connection, staff, member, account.id, vouched=vouched)
    if leavers is None:
        return None
    wanted = leavers | _wanted(member, str(account.id), manages=manages)
    before = await write(connection, wanted)
    await strike(connection, sorted(former := accounts(before) - {account.id}))
    what = Change.REPLACED if member.linked and former else Change.LINKED
    await void_invites(connection, member)
    change = await record(
        connection,
        account,
        via,
        what,
        member,
        invite_id=invite_id,
        by=by,
        before=before,
        after=wanted,
    )
    _LOG.info("linked", what=what, change=change, leavers=len(leavers))
    return Linked(what, change, tuple(sorted(former)))


async def unlink(connection: Connection, staff: Staff, member: Member, by: int) -> Linked | None:
    """Takes their account away, in all of their rows; None where they had none. As `link`."""
    before = await write(connection, dict.fromkeys(map(str, map(_ref, member.rows))))
    await strike(connection, sorted(former := accounts(before)))
    await void_invites(connection, member)
    if not former:
        return None
    id = by if by in former else member.telegram_id or min(former)
    account, after = await _account(connection, id), dict.fromkeys(before)
    change = await record(
        connection, account, Via.TAP, Change.UNLINKED, member, by=by, before=before, after=after
    )
    _LOG.info("unlinked", change=change, own=by == id)
    return Linked(Change.UNLINKED, change, tuple(sorted(former)))


async def unlink_member(
    connection: Connection, row: tuple[str, int], account: int, by: int, operators: tuple[int, ...]
) -> None:
    """Takes the account away from whoever has this row, if it is still theirs, and tells it."""
    async with connection.transaction():
        await lock_people(connection)
        staff = await read_staff(connection, operators)
        member = staff.of(row)
        if member is None or member.telegram_id != account:
            return
        if done := await unlink(connection, staff, member, by):
            held = await _account(connection, account)
            directory = await refresh(connection, operators)
            await tell(connection, staff, member, done, held, by, directory)
    await release(connection, operators)


async def is_closed(connection: Connection, member: Member) -> bool:
    """Whether somebody else took their account away: a phone number does not open it again."""
    rows = [str(_ref(row)) for row in member.rows]
    return bool(await connection.fetchval(_SQL["is_closed"], rows))


async def tell(
    connection: Connection,
    staff: Staff,
    member: Member,
    done: Linked,
    account: Account,
    by: int | None,
    directory: Directory,
    *,
    also: int | None = None,
    apart: Iterable[int] = (),
    more: Iterable[Alert] = (),
) -> None:
    """Lets others hear of a change than who made it: the former accounts and the managers; `also`
    whoever has this account, if they are told things at all. `apart`: who hears of it by `more`.
    """
    facts = LinkChanged(done.what, done.change, member.name, account, staff.called(by))
    chats = [id for id in done.former if id != by]
    others = {str(id) for id in (*done.former, *apart, account.id, by) if id}
    managers = managers_told(member.branch_ids, others, directory)
    managers += [to for to in directory.everybody if also != by and to.telegram_id == str(also)]
    alerts = link_changed(str(done.change), facts, chats, managers, directory)
    await store_alerts(connection, [*alerts, *more])


async def _let_go(
    connection: Connection, staff: Staff, member: Member, telegram_id: int, *, vouched: bool
) -> Ids | None:
    """The rows of former employees that lose the account; None where somebody else has it."""
    if member.source == "user":
        return {}
    rows = await holders(connection, telegram_id)
    others = [row for row in rows if row not in member.rows and row.table is not Table.USER]
    people = staff.directory.people
    joined = {("employee", e.id) for e in people.employees}
    joined |= {("crew_member", c.id) for c in people.crew_members if c.employee_id}
    joined |= {("sales_person", s.id) for s in people.sales_people if s.employee_id}
    for row in others:
        owner = staff.of(row)
        if not (vouched and owner and owner.has_left and owner.employee_id and row in joined):
            return None
    return dict.fromkeys(map(str, others))


async def _account(connection: Connection, telegram_id: int) -> Account:
    """As Telegram showed it when we linked it; of another one no more than its id."""
    shown = await connection.fetchval(_SQL["account"], telegram_id)
    return Account(**(shown or {"id": telegram_id}))


async def holders(connection: Connection, telegram_id: int) -> list[RowRef]:
    """The rows that bear the account's id."""
    rows = await connection.fetch(_SQL["holders"], str(telegram_id))
    return [RowRef(Table(row["source"]), row["id"]) for row in rows]


def _wanted(member: Member, telegram_id: str, *, manages: bool) -> Ids:
    """What is written into their rows. A former account does not go on managing."""
    return {
        str(_ref(row)): telegram_id if manages or row[0] != Table.USER else None
        for row in member.rows
    }


async def write(connection: Connection, ids: Mapping[str, str | None]) -> Ids:
    """The ids that stood there. What is emptied comes first: an employee's id is unique."""
    before: Ids = {}
    for emptied in (True, False):
        some = {row: id for row, id in ids.items() if (id is None) is emptied}
        tables, numbers = zip(*map(parts_of, some), strict=True) if some else ((), ())
        written = await connection.fetch(_SQL["write"], tables, numbers, list(some.values()))
        before |= {f"{row['source']} {row['id']}": row["telegram_id"] for row in written}
    return before


async def void_invites(connection: Connection, member: Member) -> None:
    """An invite is for somebody as they stood when it was made."""
    rows = [str(_ref(row)) for row in member.rows]
    await connection.execute(_SQL["void_invites"], rows, member.employee_id)


def parts_of(row: str) -> tuple[str, int]:
    """The table and the id of `employee 3`."""
    table, _, id = row.partition(" ")
    return table, int(id)


def _ref(row: tuple[str, int]) -> RowRef:
    return RowRef(Table(row[0]), row[1])


def accounts(ids: Mapping[str, str | None]) -> set[int]:
    """The Telegram accounts among these ids."""
    return {int(id) for text in ids.values() if (id := digits(text))}
