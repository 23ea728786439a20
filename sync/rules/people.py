"""Alerts about people instead of jobs: a crew leader who left, a manager who cannot be reached.
Pure.

Each is one message per reader. What row 8 would say of every job of a leaver stands in that one
message, so its alerts are stored as said.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import replace

from sync.model.alerts import AlertKind, Reason, Recipient, RecipientType
from sync.model.facts import LeaderLeft, LeaderUnreachable, ListedJob, ManagerUnreachable
from sync.model.outbox import Alert, about
from sync.people.directory import Directory, Manager
from sync.people.rows import digits

#: Whom a message reached already, and about which row of `job_sync`.
Known = Collection[tuple[str | None, int]]


def leaver_alerts(
    leaver: LeaderLeft, subject: str, directory: Directory, known: Known = ()
) -> tuple[Alert, ...]:
    """One alert for each manager of the leaver's jobs with those of the manager's branches, and
    what makes row 8 say nothing of them again. `subject` is unique per occurrence.
    """
    person = directory.persons.get(leaver.leader_id)
    own = person.telegram_id if person else None
    readers: dict[str, Recipient] = {}
    jobs: dict[Recipient, list[ListedJob]] = defaultdict(list)
    said: list[Alert] = []
    for job in leaver.jobs:
        for recipient in directory.managers_of(job.get("branch_id"), without=own):
            if (recipient.telegram_id, job["job_sync_id"]) in known:
                continue
            reader = readers.setdefault(recipient.telegram_id or recipient.key, recipient)
            jobs[reader].append(job)
            said.append(_said(leaver, job, recipient))
    kind = AlertKind.CREW_LEADER_UNREACHABLE
    notices = (
        about(kind, subject, reader, replace(leaver, jobs=tuple(its)))
        for reader, its in jobs.items()
    )
    return (*notices, *said)


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


def _said(leaver: LeaderLeft, job: ListedJob, to: Recipient) -> Alert:
    reason, revision = leaver.reason or Reason.INACTIVE, job["leader_revision"]
    return Alert(
        AlertKind.CREW_LEADER_UNREACHABLE,
        to,
        row_8_key(job["job_sync_id"], revision, reason, to),
        LeaderUnreachable(leader=leaver.leader, leader_id=leaver.leader_id, reason=reason),
        job["job_sync_id"],
        revision,
        within=True,
    )


def _manager(manager: Manager, reason: Reason, directory: Directory) -> list[Alert]:
    employee = directory.people.owner(digits(manager.telegram_id) or "")
    name = employee.name if employee else None
    facts = ManagerUnreachable(manager.user_id, manager.email, name, reason)
    subject = f"{Recipient(RecipientType.OPERATION_MANAGER, manager.user_id).key}:{reason.value}"
    return [
        about(AlertKind.MANAGER_UNREACHABLE, subject, to, facts)
        for to in directory.managers_of(*manager.branches)
        if to.reason is None
    ]
