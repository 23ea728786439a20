"""Whether a claimed alert still holds, and where it goes: a plain function of the alert, its job as
it is now, and everybody's address.

What was decided stays decided; here it is only dropped when it came too late to be true.
"""

from dataclasses import dataclass
from typing import Any, assert_never

from sync.model.alerts import LEFT, AlertKind, AlertState, Because, Reason, Recipient, RecipientType
from sync.model.facts import (
    Facts,
    LeaderLeft,
    LeaderUnreachable,
    LinkDecided,
    LinkRequested,
    ManagerUnreachable,
)
from sync.model.job import Job
from sync.model.kinds import KINDS, Asks
from sync.model.states import SALE_ENDS, State
from sync.people.directory import Directory


@dataclass(frozen=True, slots=True)
class JobNow:
    """The job of an alert as `job_sync` has it now."""

    job: Job
    leader_revision: int = 0
    sales_person_id: int | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """What an alert says, to whom, and of which revision of its job."""

    kind: AlertKind
    recipient_type: RecipientType
    recipient_id: int
    facts: Facts
    revision: int = 0
    state: AlertState = AlertState.SENDING


@dataclass(frozen=True, slots=True)
class Send:
    """It still holds, and this is his chat."""

    chat_id: int


@dataclass(frozen=True, slots=True)
class Drop:
    """It does not hold any more: superseded, and why in a word."""

    why: str


@dataclass(frozen=True, slots=True)
class Move:
    """He has another address now; the alert waits its turn there."""

    telegram_id: str


@dataclass(frozen=True, slots=True)
class Refuse:
    """He cannot be reached."""

    reason: Reason


Intent = Send | Drop | Move | Refuse

NOT_HIS, DONE, NEWER, GONE = Because.NOT_HIS, Because.DONE, Because.NEWER, Because.GONE
OVER = Because.OVER


def intend(
    said: Said,
    lane: str | None,
    now: JobNow | None,
    newer: tuple[Said, ...],
    directory: Directory,
) -> Intent:
    """What happens to a claimed alert; `lane` is the address under which it was claimed.

    `newer`: later alerts about the same job. One that is outdated, or that nobody can deliver,
    replaces nothing, else a person might hear of neither.
    """
    recipient = _recipient(said, now, directory)
    if recipient is None:
        return Drop(NOT_HIS)
    if why := outdated(said, now, directory) if now else _mended(said, directory):
        return Drop(why)
    if now and any(replaces(other, said) and _stands(other, now, directory) for other in newer):
        return Drop(NEWER)
    if recipient.reason is not None or recipient.telegram_id is None:
        return Refuse(recipient.reason or Reason.NO_TELEGRAM)
    if recipient.telegram_id != lane:
        return Move(recipient.telegram_id)
    return Send(int(recipient.telegram_id))


def replaces(newer: Said, said: Said) -> bool:
    """Whether it asks the same of the same person in the same role about the same job."""
    same_reader = (newer.recipient_type, newer.recipient_id) == (
        said.recipient_type,
        said.recipient_id,
    )
    asks = KINDS[said.kind].asks
    return same_reader and asks is not Asks.APART and _asked(newer) == _asked(said)


def _asked(said: Said) -> tuple[Any, ...]:
    """What it asks, and of whom it speaks where it asks that of one leader among others."""
    asks = KINDS[said.kind].asks
    match said.facts:
        case LeaderUnreachable(leader_id=leader, taken_away=taken):
            return (asks, leader, taken)
        case _:
            return (asks,)


def _stands(newer: Said, now: JobNow, directory: Directory) -> bool:
    """Whether its reader has it, or will have it, and it is true."""
    if outdated(newer, now, directory):
        return False
    if newer.state not in (AlertState.PENDING, AlertState.HELD):
        return True
    recipient = _recipient(newer, now, directory)
    return recipient is not None and recipient.reason is None


def _recipient(said: Said, now: JobNow | None, directory: Directory) -> Recipient | None:
    """The recipient with his address of now, or None when the job is none of his business."""
    match said.recipient_type:
        case RecipientType.CREW_LEADER:
            return directory.leader(said.recipient_id)
        case RecipientType.OPERATION_MANAGER:
            return _manager(said, now, directory)
        case RecipientType.SALESPERSON:
            return _salesperson(said.recipient_id, now, directory)
        case RecipientType.OPERATOR:
            return _operator(said.recipient_id, directory)
        case RecipientType.CHAT:
            return directory.chat(said.recipient_id)
        case _:
            assert_never(said.recipient_type)


def _manager(said: Said, now: JobNow | None, directory: Directory) -> Recipient | None:
    """A manager of the job's branch, or one to whom the branch falls because it has none."""
    manager = next((m for m in directory.managers if m.user_id == said.recipient_id), None)
    if manager is None:
        return None
    recipient = directory.manager(manager)
    branches = {now.job.branch_id} if now else _branches(said)
    if not branches or branches & manager.branches:
        return recipient
    falls_to_him = any(recipient in directory.managers_of(branch) for branch in branches)
    return recipient if falls_to_him else None


def _branches(said: Said) -> set[int | None]:
    """The branches whose business it is, where it is about somebody and no job."""
    jobs = said.facts.jobs if isinstance(said.facts, LeaderLeft) else ()
    return {job.get("branch_id") for job in jobs}


def _salesperson(id: int, now: JobNow | None, directory: Directory) -> Recipient | None:
    sold_by_others = now is not None and now.sales_person_id != id
    return None if sold_by_others else directory.salesperson(id)


def _operator(id: int, directory: Directory) -> Recipient | None:
    if id not in directory.operators:
        return None
    return Recipient(RecipientType.OPERATOR, id, str(id), directory.people.standing(str(id)))


def _mended(said: Said, directory: Directory) -> str | None:
    """As `outdated`, of what is about a person: he came back, or nothing of his is left to do."""
    match said.facts:
        case LeaderLeft(leader_id=leader, jobs=jobs):
            left = directory.leader(leader).reason in LEFT
            return None if left and jobs else DONE
        case LinkRequested():
            return DONE
        case LinkDecided(approved=False):
            return DONE  # refused by a program of before
        case ManagerUnreachable(user_id=user):
            them = [m for m in directory.managers if m.user_id == user]
            return None if any(directory.manager(m).reason for m in them) else DONE
        case _:
            return None


def outdated(said: Said, now: JobNow, directory: Directory) -> str | None:
    """Why the alert is not true of the job as it is now, in a word; None when it is."""
    if said.kind is AlertKind.JOB_TAKEN_AWAY:
        his_again = now.job.active and now.job.leader == said.recipient_id
        return NOT_HIS if his_again else None
    facts = said.facts
    if isinstance(facts, LeaderUnreachable) and facts.taken_away:
        return DONE if _told_or_his_again(facts.leader_id or 0, now.job, directory) else None
    if now.job.gone:
        return GONE
    if said.recipient_type is RecipientType.CREW_LEADER:
        return _not_his(said, now)
    return _not_so_any_more(said, now.job, directory)


def _not_his(said: Said, now: JobNow) -> str | None:
    """He does not lead it any more, or leads it in an assignment of which he is told anew."""
    if now.job.leader != said.recipient_id:
        return NOT_HIS
    if KINDS[said.kind].asks is not Asks.LEAD:
        return None
    of_this_assignment = said.revision >= now.leader_revision
    return None if of_this_assignment and now.job.active else NOT_HIS


def _not_so_any_more(said: Said, job: Job, directory: Directory) -> str | None:
    """Why it came too late for who is no crew leader: what it asks was done, or it is over."""
    match said.kind:
        case AlertKind.CREW_LEAD_NEEDED:
            return None if job.waits_for_leader else DONE
        case AlertKind.CREW_LEAD_MISSING:
            return None if job.leader is None and job.active else DONE
        case AlertKind.PLAN_READY_FOR_REVIEW:
            return None if job.state is State.PENDING_REVIEW else DONE
        case AlertKind.CREW_LEADER_UNREACHABLE:
            about = said.facts.leader_id if isinstance(said.facts, LeaderUnreachable) else None
            return DONE if _reachable_or_replaced(about, job, directory) else None
        case AlertKind.SALE_PROGRESSED:
            return None if job.state in SALE_ENDS else OVER
        case AlertKind.MESSAGE_NOT_TAKEN:
            return None  # its reader did not get it, whatever became of the job
        case (
            AlertKind.JOB_ASSIGNED
            | AlertKind.JOB_REASSIGNED
            | AlertKind.PLAN_CHANGES_REQUIRED
            | AlertKind.RETURNED_TO_PLANNING
            | AlertKind.JOB_TAKEN_AWAY
            | AlertKind.STATE_CHANGED
        ):
            return None  # for crew leaders alone: see above
        case (
            AlertKind.MANAGER_UNREACHABLE
            | AlertKind.LINK_REQUESTED
            | AlertKind.LINK_DECIDED
            | AlertKind.LINK_MOVED
            | AlertKind.INVITE_ACCEPTED
            | AlertKind.SYNC_BLIND
            | AlertKind.SYNC_RECOVERED
            | AlertKind.FIRST_CONTACT
            | AlertKind.STATE_UNKNOWN
            | AlertKind.DOCUMENT_UNREADABLE
            | AlertKind.MASS_CHANGE_HELD
            | AlertKind.SOURCE_UNREADABLE
        ):
            return None  # about no job
        case _:
            assert_never(said.kind)  # when is an alert of the new kind no longer true?


def _told_or_his_again(former: int, job: Job, directory: Directory) -> bool:
    """The leader of before, of whom row 8 says that nobody can tell him."""
    return directory.leader(former).reason is None or (job.active and job.leader == former)


def _reachable_or_replaced(leader: int | None, job: Job, directory: Directory) -> bool:
    if job.leader != leader:
        return True
    if leader is None:
        return not job.hidden
    return directory.leader(leader).reason is None
