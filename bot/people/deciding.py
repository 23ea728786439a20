"""Deciding on a request to be linked: approve as somebody, or refuse. Once, by whoever is first.

A manager decides for his branch, an operator everywhere; he approves only as people whom he looks
after. A decision is one transaction: the request, the link, the approval of who waited for one, the
attempt, and what the person and others hear of it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import structlog

from bot.people.accounts import is_anothers
from bot.people.approving import approve, lock_people, settle
from bot.people.identity import Identity, Role
from bot.people.linking import LINKABLE, LinkRefused, Table, Unjoined, Whom, Why, link
from bot.people.member import Member
from bot.people.phone import whose
from bot.people.requests import (
    Request,
    Via,
    actor,
    called,
    close,
    read_request,
    record,
    tell_applicant,
    tell_moved,
)
from bot.people.roster import manages, member_of, plain_name, read_roster, search
from sync.alerts import LEFT
from sync.database.pool import Connection
from sync.deciding.company import load_directory

_LOG = structlog.get_logger()


class Verdict(StrEnum):
    """What came of deciding."""

    DECIDED = "decided"
    BEFORE = "before"  # somebody decided it before
    NOT_YOURS = "not_yours"  # not his branch, or no such request
    HIMSELF = "himself"  # he would decide about himself
    NOBODY = "nobody"  # no such person, or nobody whom he looks after
    LEFT = "left"  # the person is not active any more
    TAKEN = "taken"  # the account belongs to somebody else here


@dataclass(frozen=True, slots=True)
class Decision:
    """What came of it, the request as it stands now (None where it is not his business), and what
    to call who decided: a link that was just made has no say in that.
    """

    verdict: Verdict
    request: Request | None = None
    by: str | None = None


_REFUSED = {
    Why.NO_SUCH_EMPLOYEE: Verdict.NOBODY,
    Why.LEFT: Verdict.LEFT,
    Why.TAKEN: Verdict.TAKEN,
}


def decides(person: Identity, request: Request, operators: Sequence[int]) -> bool:
    """Whether the request is one of his."""
    if not person.roles & {Role.MANAGER, Role.OPERATOR} or request.asked_at is None:
        return False
    return request.branch_id is None or manages(person, request.branch_id, operators)


async def request_for(
    connection: Connection, person: Identity, id: int, operators: Sequence[int]
) -> Request | None:
    """The request, if he decides on it."""
    request = await read_request(connection, id)
    return request if request and decides(person, request, operators) else None


async def possible(
    connection: Connection,
    person: Identity,
    request: Request,
    operators: Sequence[int],
    text: str | None = None,
) -> tuple[Member, ...]:
    """As whom he may approve it, the likely ones first; of a `text` those whose name holds it."""
    roster = await read_roster(connection, person, operators)
    members = [m for m in roster if m.source in LINKABLE and m.reason not in LEFT]
    directory = await load_directory(connection, operators)
    owners = whose(request.phone, directory.people) if request.phone else ()
    ordered = likely(members, [owner.whom for owner in owners], request.name)
    return search(ordered, text) if text else ordered


def likely(members: Iterable[Member], owners: Sequence[Whom], name: str) -> tuple[Member, ...]:
    """The members in the order in which they could be somebody with this name: those who have his
    phone, those who share most words of his name, those who are not linked.
    """
    words = set(plain_name(name).split())

    def place(member: Member) -> tuple[bool, int, bool]:
        shared = len(words & set(plain_name(member.name).split()))
        return whom_of(member) not in owners, -shared, member.linked

    return tuple(sorted(members, key=place))


def whom_of(member: Member) -> Whom:
    """Whom `link` takes for him."""
    if member.employee_id is not None:
        return member.employee_id
    return Unjoined(Table(member.source), member.id)


async def refuse(
    connection: Connection, person: Identity, id: int, operators: tuple[int, ...]
) -> Decision:
    """Refuses the request."""
    async with connection.transaction():
        request = await _open(connection, person, id, operators)
        if isinstance(request, Decision):
            return request
        directory = await load_directory(connection, operators)
        await close(connection, request, actor(person))
        await record(connection, request.telegram_id, Via.APPROVAL, "refused")
        to = directory.chat(request.telegram_id)
        await tell_applicant(connection, request, to, approved_as=None)
        decided, by = await read_request(connection, id), await called(connection, actor(person))
    _LOG.info("link_refused_by_manager", request=id, by=actor(person))
    return Decision(Verdict.DECIDED, decided, by)


async def approve_as(
    connection: Connection,
    person: Identity,
    id: int,
    row: tuple[str, int],
    operators: tuple[int, ...],
) -> Decision:
    """Links the one who asked as the person with this row (source, id), who becomes active if he
    waited for that.
    """
    async with connection.transaction():
        await lock_people(connection)
        request = await _open(connection, person, id, operators)
        if isinstance(request, Decision):
            return request
        if request.telegram_id == person.telegram_id:
            return Decision(Verdict.HIMSELF, request)
        member = member_of(await read_roster(connection, person, operators), *row)
        if member is None or member.source not in LINKABLE:
            return Decision(Verdict.NOBODY, request)
        by = await called(connection, actor(person))
        verdict = await _link(connection, person, request, member, operators)
        decided = await read_request(connection, id)
    _LOG.info("link_approved", request=id, by=actor(person), verdict=verdict)
    return Decision(verdict, decided, by)


async def _open(
    connection: Connection, person: Identity, id: int, operators: Sequence[int]
) -> Request | Decision:
    """The request, locked; a decision where there is nothing that he could decide (any more)."""
    request = await read_request(connection, id, lock=True)
    if request is None or not decides(person, request, operators):
        return Decision(Verdict.NOT_YOURS)
    if request.decided_at:
        return Decision(Verdict.BEFORE, request, await called(connection, request.decided_by))
    return request


async def _link(
    connection: Connection,
    person: Identity,
    request: Request,
    member: Member,
    operators: tuple[int, ...],
) -> Verdict:
    taken = await is_anothers(connection, request.telegram_id, member.rows)
    whom, who = whom_of(member), request.telegram_id
    linked = LinkRefused(Why.TAKEN) if taken else await link(connection, whom, who)
    if isinstance(linked, LinkRefused):
        await record(connection, request.telegram_id, Via.APPROVAL, linked.why)
        return _REFUSED[linked.why]
    employee = linked.employee_id
    if employee is not None:
        await approve(connection, employee, person)
    attempt = await record(connection, request.telegram_id, Via.APPROVAL, "linked", employee)
    directory = await settle(connection, operators)
    by = actor(person)
    await close(connection, request, by, approved_as=member.name, employee_id=employee)
    to = directory.chat(request.telegram_id)
    await tell_applicant(connection, request, to, approved_as=member.name)
    await tell_moved(connection, attempt, member.name, linked, directory)
    return Verdict.DECIDED
