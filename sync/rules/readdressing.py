"""To whom an alert falls that its manager will not read: he cannot be reached, or it is none of his
business any more. Pure.

Alerts to crew leaders are not passed on; their managers hear of them by row 8.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sync.alerts import Alert, AlertKind, Recipient
from sync.directory import Directory
from sync.rules.people import Leaver, leaver_alerts, manager_alerts
from sync.rules.system import audience


@dataclass(frozen=True, slots=True)
class Lost:
    """An alert that its recipient will not read. `branch_id` is its job's, as it stands now."""

    kind: AlertKind
    recipient: Recipient
    event_key: str
    job_sync_id: int | None = None
    branch_id: int | None = None
    revision: int = 0
    facts: dict[str, Any] = field(default_factory=dict)
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
class Told:
    """Somebody who has an alert of the same event, and what it says."""

    telegram_id: str | None
    facts: dict[str, Any] = field(default_factory=dict)


def readdress(lost: Lost, directory: Directory, told: Iterable[Told]) -> tuple[Alert, ...]:
    """The alert for those to whom it falls now, less who has it by the same Telegram id.

    In the end it falls to nobody, which is an alert as well (see `Directory.managers_of`).
    """
    match lost.kind:
        case AlertKind.STATE_CHANGED:
            return ()  # what somebody wanted to hear is no task of others
        case AlertKind.MANAGER_UNREACHABLE:
            alerts = manager_alerts(directory)
            return tuple(alert for alert in alerts if alert.event_key.startswith(lost.stem))
        case AlertKind.CREW_LEADER_UNREACHABLE if lost.job_sync_id is None:
            return _his_jobs(lost, directory, told)
    have = {one.telegram_id for one in told if one.telegram_id}
    return tuple(
        Alert(
            lost.kind,
            recipient,
            lost.stem + recipient.key,
            lost.job_sync_id,
            lost.revision,
            lost.facts,
            lost.state_change_id,
        )
        for recipient in _to(lost, directory)
        if recipient.telegram_id not in have
    )


def _to(lost: Lost, directory: Directory) -> tuple[Recipient, ...]:
    if lost.job_sync_id is not None:
        leader = directory.persons.get(lost.facts.get("leader_id") or 0)
        about_him = leader and lost.kind is AlertKind.CREW_LEADER_UNREACHABLE
        return directory.managers_of(
            lost.branch_id, without=leader.telegram_id if leader and about_him else None
        )
    if "branch_id" in lost.facts:
        return directory.managers_of(lost.facts["branch_id"])
    return audience(lost.kind, directory)


def _his_jobs(lost: Lost, directory: Directory, told: Iterable[Told]) -> tuple[Alert, ...]:
    """The jobs of a leaver for whoever manages them now and does not know of them.

    A subject of its own: the reader may have a message about the same leaver with other jobs.
    """
    known = {
        (one.telegram_id, job["job_sync_id"]) for one in told for job in one.facts.get("jobs", ())
    }
    subject = f"{lost.subject}+{lost.recipient.key}"
    return leaver_alerts(Leaver.of(lost.facts), subject, directory, known)
