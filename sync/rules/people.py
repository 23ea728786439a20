"""Alerts about people instead of jobs: a crew leader who left, a manager who cannot be reached.
Pure.

Each is one message per reader. What row 8 would say of every job of a leaver stands in that one
message, so its alerts are stored as said.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sync.alerts import Alert, AlertKind, Reason, Recipient, RecipientType, system_event_key
from sync.directory import Directory, Manager
from sync.person import digits

Facts = dict[str, Any]
#: Whom a message reached already, and about which row of `job_sync`.
Known = Collection[tuple[str | None, int]]


@dataclass(frozen=True, slots=True)
class Leaver:
    """A crew leader who left, by his Attic Tech id, and the active jobs that are still his.

    A job is what `alert.facts` holds of it: `job_sync_id, leader_revision, branch_id` and what a
    message shows.
    """

    id: int
    name: str
    reason: Reason
    jobs: tuple[Facts, ...]

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> "Leaver":
        """The leaver that an alert tells of."""
        return cls(
            facts["leader_id"], facts["leader"], Reason(facts["reason"]), tuple(facts["jobs"])
        )


def leaver_alerts(
    leaver: Leaver, subject: str, directory: Directory, known: Known = ()
) -> tuple[Alert, ...]:
    """One alert for each manager of his jobs with those of the manager's branches, and what makes
    row 8 say nothing of them again. `subject` is unique per occurrence.
    """
    person = directory.persons.get(leaver.id)
    own = person.telegram_id if person else None
    readers: dict[str, Recipient] = {}
    his: dict[Recipient, list[Facts]] = defaultdict(list)
    said: list[Alert] = []
    for job in leaver.jobs:
        for recipient in directory.managers_of(job["branch_id"], without=own):
            if (recipient.telegram_id, job["job_sync_id"]) in known:
                continue
            reader = readers.setdefault(recipient.telegram_id or recipient.key, recipient)
            his[reader].append(job)
            said.append(_said(leaver, job, recipient))
    return (*(_notice(leaver, subject, reader, jobs) for reader, jobs in his.items()), *said)


def manager_alerts(directory: Directory) -> tuple[Alert, ...]:
    """For every manager who has a branch and cannot be reached: one alert to each of the others.

    The same ones every time; the event key sees to it that each is told once for ever. Where there
    is nobody else, there is nobody to tell, until somebody comes.
    """
    return tuple(
        alert
        for manager in directory.managers
        if manager.branches and (reason := directory.manager(manager).reason)
        for alert in _manager(manager, reason, directory)
    )


def row_8_key(job_sync_id: int, assignment: int | str, reason: Reason, to: Recipient) -> str:
    """Row 8's event key: once per job, assignment and reason."""
    return f"{AlertKind.CREW_LEADER_UNREACHABLE}:{job_sync_id}:{assignment}:{reason.value}:{to.key}"


def _notice(leaver: Leaver, subject: str, to: Recipient, jobs: list[Facts]) -> Alert:
    kind = AlertKind.CREW_LEADER_UNREACHABLE
    facts = {
        "leader": leaver.name,
        "leader_id": leaver.id,
        "reason": leaver.reason,
        "jobs": jobs,
    }
    return Alert(kind, to, system_event_key(kind, subject, to), facts=facts)


def _said(leaver: Leaver, job: Facts, to: Recipient) -> Alert:
    key = row_8_key(job["job_sync_id"], job["leader_revision"], leaver.reason, to)
    facts = {"leader": leaver.name, "leader_id": leaver.id, "reason": leaver.reason}
    return Alert(
        AlertKind.CREW_LEADER_UNREACHABLE,
        to,
        key,
        job["job_sync_id"],
        job["leader_revision"],
        facts,
        within=True,
    )


def _manager(manager: Manager, reason: Reason, directory: Directory) -> list[Alert]:
    kind = AlertKind.MANAGER_UNREACHABLE
    employee = directory.people.owner(digits(manager.telegram_id) or "")
    facts: Facts = {"user_id": manager.user_id, "email": manager.email, "reason": reason}
    if employee:
        facts["name"] = employee.name
    subject = f"{Recipient(RecipientType.OPERATION_MANAGER, manager.user_id).key}:{reason.value}"
    return [
        Alert(kind, to, system_event_key(kind, subject, to), facts=facts)
        for to in directory.managers_of(*manager.branches)
        if to.reason is None
    ]
