"""Mending what keeps a crew leader from being told of his job: approve him, say who he is, or add
him to BotZilla (row 8).

A manager mends for the leaders of his branches' jobs, an operator for all. What stands in the way
is found anew at every tap; what is mended already stays as it is. Each is one transaction, with who
is who found anew, so that what waits for him goes out with it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, cast

import asyncpg
import structlog

from bot.access import View, named, shown
from bot.jobs.visible import scope
from bot.people.approving import approve, lock_people, settle, tell_approved
from bot.people.employing import employ, join, lead, leading
from bot.people.identity import Identity
from bot.people.linking import LINKABLE
from bot.people.member import Member, everybody
from bot.people.requests import user_of
from bot.people.roster import manages, member_of, read_about, read_roster
from bot.views.facts import JobFacts
from sync.alerts import Reason
from sync.database.pool import Connection
from sync.database.queries import Queries
from sync.deciding.company import load_directory
from sync.directory import Directory
from sync.person import AtticUser

_SQL = Queries("bot.people", "mending.sql")
_LOG = structlog.get_logger()


class Done(StrEnum):
    """What was mended."""

    APPROVED = "approved"
    CHOSEN = "chosen"
    ADDED = "added"


class Why(StrEnum):
    """Why it cannot be mended like that."""

    NOT_YOURS = "not_yours"  # not a job of his branches, or no such job
    REPLACED = "replaced"  # the job is none of his, or he is not in Attic Tech any more
    NOBODY = "nobody"  # nobody who could be the leader, or whom he looks after
    ANOTHER = "another"  # the person is another user in Attic Tech
    NOT_TAKEN = "not_taken"  # BotZilla does not take the row


class CannotMend(Exception):
    """It cannot be mended like that; nothing was changed."""

    def __init__(self, why: Why) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Case:
    """A job and who leads it, or led it and should hear of that, by Attic Tech's ids."""

    job: int
    leader: int


@dataclass(frozen=True, slots=True)
class Standing:
    """How the leader stands: `reason` is why he cannot be told, None where he can.

    `crew_member_id` is who he is where he is no employee; `candidates` are those he might be.
    `done` is what was mended just now, as whom in `chosen`.
    """

    case: Case
    facts: JobFacts
    name: str
    reason: Reason | None = None
    employee_id: int | None = None
    crew_member_id: int | None = None
    candidates: tuple[Member, ...] = ()
    done: Done | None = None
    chosen: str | None = None


@dataclass(frozen=True, slots=True)
class _Scene:
    """Everything that a mending needs: who mends what, everybody, and the job's branch."""

    person: Identity
    case: Case
    operators: tuple[int, ...]
    facts: JobFacts
    branch_id: int | None
    directory: Directory

    @property
    def user(self) -> AtticUser:
        """The leader as Attic Tech has him."""
        users = self.directory.people.users
        return next(user for user in users if user.id == self.case.leader)


async def read_standing(
    connection: Connection, person: Identity, case: Case, operators: tuple[int, ...]
) -> Standing:
    """How the leader stands now. Raises CannotMend."""
    return await _standing(connection, await _scene(connection, person, case, operators))


async def possible(
    connection: Connection, person: Identity, case: Case, operators: tuple[int, ...]
) -> tuple[Standing, tuple[Member, ...]]:
    """How he stands, and who he could be: his candidates, or without any whoever `person` looks
    after and is no user of Attic Tech yet. Raises CannotMend.
    """
    scene = await _scene(connection, person, case, operators)
    standing = await _standing(connection, scene)
    if standing.reason is Reason.NOT_IN_DATABASE:
        roster = await read_roster(connection, person, operators)
        return standing, tuple(m for m in roster if _free(m))
    return standing, standing.candidates


async def approve_leader(
    connection: Connection, person: Identity, case: Case, operators: tuple[int, ...]
) -> Standing:
    """The leader, who waited for approval, is active from now on. Raises CannotMend."""

    async def mend(scene: _Scene, standing: Standing) -> Done | None:
        if standing.reason is not Reason.PENDING_APPROVAL or standing.employee_id is None:
            return None
        return Done.APPROVED if await approve(connection, standing.employee_id, person) else None

    return await _mend(connection, person, case, operators, mend)


async def choose_leader(
    connection: Connection,
    person: Identity,
    case: Case,
    row: tuple[str, int],
    operators: tuple[int, ...],
) -> Standing:
    """The leader is the person with this row (source, id) from now on. Raises CannotMend."""
    chosen: list[str] = []

    async def mend(scene: _Scene, standing: Standing) -> Done | None:
        if standing.reason not in (Reason.AMBIGUOUS, Reason.NOT_IN_DATABASE):
            return None
        _, members = await possible(connection, person, case, operators)
        member = member_of(members, *row)
        if member is None:
            raise CannotMend(Why.NOBODY)
        chosen.append(member.name)
        await _is_user(connection, scene, member)
        return Done.CHOSEN

    standing = await _mend(connection, person, case, operators, mend)
    return replace(standing, chosen=chosen[0] if chosen else None)


async def add_leader(
    connection: Connection, person: Identity, case: Case, operators: tuple[int, ...]
) -> Standing:
    """The leader, who was nobody in BotZilla, is an active employee and leads a crew of the job's
    branch from now on. Raises CannotMend.
    """

    async def mend(scene: _Scene, standing: Standing) -> Done | None:
        if standing.reason is not Reason.NOT_IN_DATABASE:
            return None
        employee = await employ(connection, leading(scene.user), scene.branch_id, user_of(person))
        await lead(connection, employee, scene.user, scene.branch_id)
        return Done.ADDED

    return await _mend(connection, person, case, operators, mend)


_Mend = Callable[[_Scene, Standing], Awaitable[Done | None]]


async def _mend(
    connection: Connection,
    person: Identity,
    case: Case,
    operators: tuple[int, ...],
    mend: _Mend,
) -> Standing:
    """How he stands after it, also where there was nothing to do (any more)."""
    try:
        async with connection.transaction():
            await lock_people(connection)
            scene = await _scene(connection, person, case, operators)
            done = await mend(scene, await _standing(connection, scene))
            if done:
                directory = await settle(connection, operators)
                await _tell(connection, done, scene, directory)
                scene = await _scene(connection, person, case, operators)
            standing = await _standing(connection, scene)
    except asyncpg.IntegrityConstraintViolationError as error:
        # Another row has the e-mail, or BotZilla's table wants what Attic Tech does not have.
        _LOG.warning("leader_not_taken", leader=case.leader, constraint=error.constraint_name)
        raise CannotMend(Why.NOT_TAKEN) from error
    _LOG.info("leader_mended", leader=case.leader, job=case.job, done=done)
    return replace(standing, done=done)


async def _tell(connection: Connection, done: Done, scene: _Scene, directory: Directory) -> None:
    """Who was approved hears it, whether a job waits for him or not."""
    leader = directory.persons[scene.case.leader]
    if done is Done.APPROVED and leader.employee_id is not None:
        await tell_approved(connection, leader.employee_id, directory)


async def _scene(
    connection: Connection, person: Identity, case: Case, operators: tuple[int, ...]
) -> _Scene:
    job = await connection.fetchrow(_SQL["job"], case.job, case.leader)
    if job is None or not manages(person, job["branch_id"], operators):
        raise CannotMend(Why.NOT_YOURS)
    directory = await load_directory(connection, operators)
    if not job["his"] or case.leader not in directory.persons:
        raise CannotMend(Why.REPLACED)
    facts = _seen(job["facts"], job["branch_id"], person)
    return _Scene(person, case, operators, facts, job["branch_id"], directory)


def _seen(facts: dict[str, Any], branch_id: int | None, person: Identity) -> JobFacts:
    """What he sees of the job: an operator may mend everywhere, but has the customers of those
    branches only that fall to him.
    """
    his = scope(person, View.BRANCHES)
    falls_to_him = his.unmatched if branch_id is None else branch_id in his.branches
    return cast("JobFacts", shown(facts, his.roles) if falls_to_him else named(facts))


async def _standing(connection: Connection, scene: _Scene) -> Standing:
    leader = scene.directory.persons[scene.case.leader]
    candidates: tuple[Member, ...] = ()
    if leader.candidates:
        members = everybody(scene.directory, await read_about(connection), scene.operators)
        candidates = _candidates(scene, members)
    return Standing(
        scene.case,
        scene.facts,
        leader.name,
        leader.reason,
        leader.employee_id,
        leader.crew_member_id,
        candidates,
    )


def _candidates(scene: _Scene, members: tuple[Member, ...]) -> tuple[Member, ...]:
    """Those whom the matching could not tell apart, each once, whoever looks after them."""
    found = scene.directory.people.matching.evidence[scene.case.leader].found
    candidates: dict[tuple[str, int], Member] = {}
    for one in found:
        if one.employee:
            made = Member("employee", one.employee.id, one.name, one.employee.id)
        elif one.crew_member:
            made = Member("crew_member", one.crew_member.id, one.name)
        else:
            continue
        row = (made.source, made.id)
        candidates[row] = member_of(members, *row) or made
    return tuple(candidates.values())


def _free(member: Member) -> bool:
    """He could be somebody whom Attic Tech has and BotZilla does not know."""
    return member.source in LINKABLE and not member.attic_user_ids and not member.has_left


async def _is_user(connection: Connection, scene: _Scene, member: Member) -> None:
    """The member is the leader; one whom nobody joined to an employee gets one."""
    leader, employee = scene.case.leader, member.employee_id
    if employee is None:
        hire, by = leading(scene.user), user_of(scene.person)
        employee = await employ(connection, hire, scene.branch_id, by)
        await join(connection, employee, member.source, member.id)
    elif await connection.fetchval(_SQL["is_user"], employee, leader) is None:
        raise CannotMend(Why.ANOTHER)
