"""To whom an alert falls that its reader will not read: they cannot be reached, it is none of their
business any more, or Telegram does not take it. Pure.

Alerts to crew leaders are not passed on; their managers hear of them by row 8.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sync.model.alerts import AlertKind, Recipient, RecipientType
from sync.model.facts import (
    Facts,
    JobNews,
    LeaderLeft,
    LeaderUnreachable,
    MessageNotTaken,
)
from sync.model.kinds import KINDS, Unread
from sync.model.outbox import Alert
from sync.people.directory import Directory
from sync.people.rows import digits
from sync.rules.people import leaver_alerts, manager_alerts
from sync.rules.system import audience


@dataclass(frozen=True, slots=True)
class Lost:
    """An alert that its recipient will not read. `branch_id` is its job's, as it stands now."""

    kind: AlertKind
    recipient: Recipient
    event_key: str
    facts: Facts
    job_sync_id: int | None = None
    branch_id: int | None = None
    revision: int = 0
    state_change_id: int | None = None

    @property
    def stem(self) -> str:
        """Its event key without the person."""
        return self.event_key.removesuffix(self.recipient.key)

    @property
    def subject(self) -> str:
        """What stands between its kind and the person."""
        return self.stem.removeprefix(f"{self.kind}:").removesuffix(":")


@dataclass(frozen=True, slots=True)
class Has:
    """Somebody who has an alert of the same event, and what it says."""

    telegram_id: str | None
    facts: Facts


def readdress(lost: Lost, directory: Directory, told: Iterable[Has]) -> tuple[Alert, ...]:
    """The alert for those to whom it falls now, less who has it by the same Telegram id.

    In the end it falls to nobody, which is an alert as well (see `Directory.managers_of`).
    """
    if KINDS[lost.kind].unread is not Unread.PASSED_ON:
        return ()
    if lost.kind is AlertKind.MANAGER_UNREACHABLE:
        alerts = manager_alerts(directory)
        return tuple(alert for alert in alerts if alert.event_key.startswith(lost.stem))
    if isinstance(lost.facts, LeaderLeft):
        return _jobs_left(lost, lost.facts, directory, told)
    have = {one.telegram_id for one in told if one.telegram_id}
    return tuple(
        _instead(lost, lost.kind, to, lost.stem + to.key, lost.facts)
        for to in _to(lost, directory)
        if to.telegram_id not in have
    )


def not_taken_alerts(lost: Lost, directory: Directory) -> tuple[Alert, ...]:
    """What Telegram does not take, for each manager of its job, else for the operators; none about
    one of this kind.

    The reader may be whom it was for: another text about the same may well be taken.
    """
    kind = AlertKind.MESSAGE_NOT_TAKEN
    if lost.kind is kind:
        return ()
    job = lost.facts.job if isinstance(lost.facts, JobNews) else None
    facts = MessageNotTaken(about=lost.kind, name=_name(lost.recipient, directory), job=job)
    return tuple(
        _instead(lost, kind, to, f"{kind}:{lost.event_key}:{to.key}", facts)
        for to in directory.managers_of(lost.branch_id)
    )


def _instead(lost: Lost, kind: AlertKind, to: Recipient, event_key: str, facts: Facts) -> Alert:
    change = lost.state_change_id
    return Alert(kind, to, event_key, facts, lost.job_sync_id, lost.revision, change)


def _to(lost: Lost, directory: Directory) -> tuple[Recipient, ...]:
    match lost.facts:
        case LeaderUnreachable(leader_id=leader):
            about = directory.persons.get(leader or 0)
            return directory.managers_of(
                lost.branch_id, without=about.telegram_id if about else None
            )
        case _ if lost.job_sync_id is not None:
            return directory.managers_of(lost.branch_id)
        case _:
            return audience(lost.kind, directory)


def _jobs_left(
    lost: Lost, leaver: LeaderLeft, directory: Directory, told: Iterable[Has]
) -> tuple[Alert, ...]:
    """The jobs of a leaver for whoever manages them now and does not know of them.

    A subject of its own: the reader may have a message about the same leaver with other jobs.
    """
    known = {
        (one.telegram_id, job["job_sync_id"])
        for one in told
        if isinstance(one.facts, LeaderLeft)
        for job in one.facts.jobs
    }
    return leaver_alerts(leaver, f"{lost.subject}+{lost.recipient.key}", directory, known)


def _name(recipient: Recipient, directory: Directory) -> str | None:
    """What the person is called, if we know."""
    people = directory.people
    match recipient.type:
        case RecipientType.CREW_LEADER:
            person = directory.persons.get(recipient.id)
            return person.name if person else None
        case RecipientType.SALESPERSON:
            return next((row.name for row in people.sales_people if row.id == recipient.id), None)
        case RecipientType.OPERATION_MANAGER:
            manager = next((m for m in directory.managers if m.user_id == recipient.id), None)
            address = digits(manager.telegram_id) if manager else None
            employee = people.owner(address) if address else None
            return employee.name if employee else manager.email if manager else None
        case RecipientType.OPERATOR | RecipientType.CHAT:
            return f"Telegram {recipient.id}"
