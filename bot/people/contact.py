"""A phone number that somebody shares to be linked: what becomes of it, in one transaction.

Their own number proves who they are, since Telegram has verified it, where it was shared with the
button of a `/link` of just now: an old contact that one forwards may bear a number of before. It
lets in somebody who has no account yet; it takes the place of no account, and makes nobody a
manager. Nobody learns by it who works here.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

import structlog

from bot.people.identity import Identity
from bot.people.linking import (
    Staff,
    Via,
    is_closed,
    link,
    lock_people,
    read_staff,
    record,
    refresh,
    tell,
)
from bot.people.member import Member
from sync.model.alerts import Reason
from sync.model.facts import Account
from sync.people.people import People
from sync.people.rows import CrewMember, SalesPerson, e164, same_person
from sync.postgres.pool import Connection
from sync.postgres.queries import Queries

_SQL = Queries("bot.people", "contact.sql")
_LOG = structlog.get_logger()
#: How often within a day somebody may share a contact.
CONTACTS_A_DAY = 12
#: So long the button of a `/link` can be answered.
ANSWERED_WITHIN = timedelta(minutes=10)


class Answer(StrEnum):
    """What became of it; the values are the outcomes of attempts."""

    LINKED = "linked"
    ALREADY = "already"  # they are somebody here
    WAITS = "waits"  # for approval
    UNKNOWN = "unknown"  # an invite is needed
    NO_ANSWER = "no_answer"  # somebody else's contact, or none that was shared with the button
    TOO_OFTEN = "too_often"


@dataclass(frozen=True, slots=True)
class Shared:
    """A contact as it came; `own`: it was written here, by its owner."""

    phone: str
    own: bool


async def ask_phone(connection: Connection, telegram_id: int) -> None:
    """Whoever has this account was asked to share their number."""
    await connection.execute(_SQL["ask"], telegram_id)


async def share(
    connection: Connection,
    person: Identity,
    account: Account,
    shared: Shared,
    operators: tuple[int, ...],
) -> Answer:
    """What becomes of the contact; written down, whatever it is.

    What waits for them goes out by `release`, after they have read the answer.
    """
    async with connection.transaction():
        await lock_people(connection)
        if await connection.fetchval(_SQL["contacts_lately"], account.id) >= CONTACTS_A_DAY:
            return Answer.TOO_OFTEN
        answer, member = await _answer(connection, person, account, shared, operators)
        if answer is not Answer.LINKED:
            await record(connection, account, Via.CONTACT, answer, member)
    _LOG.info("contact_shared", telegram_id=account.id, answer=answer)
    return answer


async def _answer(
    connection: Connection,
    person: Identity,
    account: Account,
    shared: Shared,
    operators: tuple[int, ...],
) -> tuple[Answer, Member | None]:
    if not shared.own or not await connection.fetchval(_SQL["take"], account.id, ANSWERED_WITHIN):
        return Answer.NO_ANSWER, None
    if person.linked:
        return Answer.ALREADY, None
    if person.shut_out:
        return Answer.UNKNOWN, None
    staff = await read_staff(connection, operators)
    phone = number_of(shared.phone)
    rows = whose(phone, staff.directory.people) if phone else ()
    member = staff.of(rows[0]) if len(rows) == 1 else None
    if member and member.reason is Reason.PENDING_APPROVAL:
        return Answer.WAITS, member
    lets_in = member and member.reason is Reason.NO_TELEGRAM
    if not member or not lets_in or await is_closed(connection, member):
        return Answer.UNKNOWN, member
    return await _link(connection, staff, member, account, operators), member


async def _link(
    connection: Connection,
    staff: Staff,
    member: Member,
    account: Account,
    operators: tuple[int, ...],
) -> Answer:
    linked = await link(connection, staff, member, account, Via.CONTACT, by=account.id)
    if linked is None:
        return Answer.UNKNOWN
    directory = await refresh(connection, operators)
    await tell(connection, staff, member, linked, account, account.id, directory)
    return Answer.LINKED


def number_of(contact: str) -> str | None:
    """The phone number of a contact in E.164; Telegram gives it with its country, with + or not."""
    return e164(f"+{contact.strip().lstrip('+')}")


def whose(phone: str, people: People) -> tuple[tuple[str, int], ...]:
    """Everybody whose number this is or could be, each once, by a row. `phone` is in E.164.

    A row that nobody joined to an employee is that employee's only if name and phone agree; where
    the name alone does, both may be meant, and somebody has to say who.
    """
    employees = {e.id: e for e in people.employees}
    everyone: tuple[CrewMember | SalesPerson, ...] = (*people.crew_members, *people.sales_people)
    rows = [row for row in everyone if e164(row.phone) == phone]
    owners = {e.id for e in people.employees if e164(e.phone) == phone}
    owners |= {r.employee_id for r in rows if r.employee_id in employees}
    others: list[tuple[str, int]] = []
    for stray in (r for r in rows if r.employee_id not in employees):
        namesakes = {e.id for e in people.employees if same_person(e, stray)}
        if not namesakes & owners:
            owners |= namesakes
            table = "crew_member" if isinstance(stray, CrewMember) else "sales_person"
            others.append((table, stray.id))
    return (*(("employee", id) for id in sorted(owners)), *others)
