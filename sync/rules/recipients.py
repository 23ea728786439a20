"""From what happened to a job to the alerts of it: who is told what, one message per person and
change. Pure.

Row 8 of the table stands here: a leader who should be told and cannot be becomes the managers'
business.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from sync.alerts import LEFT, Alert, AlertKind, Reason, Recipient
from sync.directory import Directory, one_per_address
from sync.job import Change, Past
from sync.person import Person
from sync.rules import Audience, Happening
from sync.rules.people import row_8_key

_BEFORE_ROW_8 = frozenset({AlertKind.CREW_LEAD_NEEDED, AlertKind.CREW_LEAD_MISSING})


@dataclass(frozen=True, slots=True)
class Scene:
    """A change as stored: its row's id, the facts that messages show, and who can be told."""

    job_sync_id: int
    change: Change
    job_facts: dict[str, Any]
    directory: Directory


def who_is_told(happenings: Iterable[Happening], scene: Scene) -> tuple[Alert, ...]:
    """The alerts of one change: the leader's, then the managers', then the former leader's.

    Somebody who would get two by the same Telegram id gets the first. A leader without an address
    gets his alert as `undeliverable`, and the managers row 8, once per job, leader and reason; the
    same of a leader of before, where they are told nothing else.
    """
    by_audience = {happening.audience: happening for happening in happenings}
    leader = _leader_alerts(by_audience.get(Audience.LEADER), scene)
    managers = _manager_alerts(by_audience.get(Audience.MANAGERS), bool(leader), scene)
    former = _former_alerts(by_audience.get(Audience.FORMER_LEADER), scene)
    return _one_each((*leader, *_with_the_former(managers, former, scene), *former))


def leader_unreachable(
    job_sync_id: int, past: Past, reason: Reason, job_facts: dict[str, Any], directory: Directory
) -> tuple[Alert, ...]:
    """Row 8 for a leader of whom we learn only now that he cannot be reached (Telegram refused for
    good).
    """
    if past.job is None or past.job.leader is None:
        return ()
    scene = Scene(job_sync_id, Change(past, past.job), job_facts, directory)
    return _row_8_as_news(reason, scene)


def former_unreachable(
    taken: Alert, branch_id: int | None, directory: Directory
) -> tuple[Alert, ...]:
    """Row 8 for a leader of before who cannot be told that a job was taken from him: he would go
    there. Who left goes nowhere.
    """
    reason, person = taken.recipient.reason, directory.persons.get(taken.recipient.id)
    if reason is None or reason in LEFT:
        return ()
    name = taken.facts.get("former_leader") or (person.name if person else None)
    facts = {
        **taken.facts,
        "row": 8,
        "leader": name,
        "leader_id": taken.recipient.id,
        "reason": reason,
        **_who_he_is(person),
        "taken_away": True,
    }
    return tuple(
        Alert(
            AlertKind.CREW_LEADER_UNREACHABLE,
            to,
            row_8_key(taken.job_sync_id or 0, f"{taken.revision}-taken", reason, to),
            taken.job_sync_id,
            taken.revision,
            facts,
        )
        for to in directory.managers_of(branch_id)
    )


def _who_he_is(person: Person | None) -> dict[str, Any]:
    """The facts by which the fix is one tap away."""
    return {
        "employee_id": person.employee_id if person else None,
        "crew_member_id": person.crew_member_id if person else None,
        "candidates": list(person.candidates) if person else [],
    }


def facts_of(change: Change, job_facts: dict[str, Any], **more: Any) -> dict[str, Any]:
    """`alert.facts`: what a message says beyond the job's facts, which it shows as they are when it
    is sent.
    """
    before, after = change.before, change.after
    return {
        "old": before.status if before else None,
        "new": after.status,
        "leader": after.leader_name,
        "leader_id": after.leader,
        "former_leader": before.leader_name if before else None,
        "gone": after.gone,
        "job": job_facts,
        **more,
    }


def _leader_alerts(happening: Happening | None, scene: Scene) -> tuple[Alert, ...]:
    if happening is None or scene.change.after.leader is None:
        return ()
    recipient = scene.directory.leader(scene.change.after.leader)
    return (_alert(happening, recipient, scene),)


def _former_alerts(happening: Happening | None, scene: Scene) -> tuple[Alert, ...]:
    if happening is None or scene.change.former is None:
        return ()
    return (_alert(happening, scene.directory.leader(scene.change.former), scene),)


def _manager_alerts(
    happening: Happening | None, leader_is_told: bool, scene: Scene
) -> tuple[Alert, ...]:
    """1/2 before 9 before 8 before 6: row 8 gives way to a leader's being needed, and to nothing
    else that is new.
    """
    first = happening if happening and happening.kind in _BEFORE_ROW_8 else None
    reason = None if first else _unreachable_now(leader_is_told, scene)
    news = _row_8_as_news(reason, scene) if reason else ()
    if happening is None:
        return news
    informed = {alert.recipient for alert in news}
    to = scene.directory.managers_of(scene.change.after.branch_id)
    others = (recipient for recipient in to if recipient not in informed)
    return (*news, *(_alert(happening, recipient, scene) for recipient in others))


def _unreachable_now(leader_is_told: bool, scene: Scene) -> Reason | None:
    """Why the leader, who should be told something now, or still of an active job, cannot be; None
    if all is well. A leaver's jobs that are over are nobody's business.
    """
    change, job = scene.change, scene.change.after
    if job.leader is None:
        return Reason.UNREADABLE_IN_ATTIC_TECH if job.active and job.hidden else None
    waiting = change.past.undelivered and not change.new_assignment and not job.told_silently
    if not leader_is_told and not (waiting and job.active):
        return None
    reason = scene.directory.leader(job.leader).reason
    return reason if job.active or reason not in LEFT else None


def _with_the_former(
    managers: tuple[Alert, ...], former: tuple[Alert, ...], scene: Scene
) -> Iterable[Alert]:
    """The managers' alerts; each says as well whom of before nobody can tell, or there is one that
    does.
    """
    row_8 = [
        alert
        for taken in former
        for alert in former_unreachable(taken, scene.change.after.branch_id, scene.directory)
    ]
    untold = _untold(row_8)
    informed = {alert.recipient for alert in managers}
    yield from (replace(alert, facts={**alert.facts, **untold}) for alert in managers)
    yield from (alert for alert in row_8 if alert.recipient not in informed)


def _row_8_as_news(reason: Reason, scene: Scene) -> tuple[Alert, ...]:
    """Row 8 for those whom it was not sent to, by itself or in a message about all of his jobs."""
    said = scene.change.past.unreachable_keys
    return tuple(alert for alert in _row_8(reason, scene) if alert.event_key not in said)


def _row_8(reason: Reason, scene: Scene) -> Iterable[Alert]:
    job, change = scene.change.after, scene.change
    person = scene.directory.persons.get(job.leader or 0)
    facts = facts_of(
        change,
        scene.job_facts,
        row=8,
        reason=reason,
        **_who_he_is(person),
    )
    for recipient in scene.directory.managers_of(job.branch_id):
        yield Alert(
            AlertKind.CREW_LEADER_UNREACHABLE,
            recipient,
            row_8_key(scene.job_sync_id, change.leader_revision, reason, recipient),
            scene.job_sync_id,
            change.revision,
            facts,
        )


def _alert(happening: Happening, recipient: Recipient, scene: Scene) -> Alert:
    """One alert of the change. A leader is needed since the state began, so that nobody hears twice
    of one waiting.
    """
    kind = happening.kind
    revision = (
        scene.change.after.state_revision
        if kind is AlertKind.CREW_LEAD_NEEDED
        else scene.change.revision
    )
    key = f"{kind}:{scene.job_sync_id}:{revision}:{recipient.key}"
    reason = {"reason": recipient.reason} if recipient.reason else {}
    facts = facts_of(scene.change, scene.job_facts, row=happening.row, **reason)
    return Alert(kind, recipient, key, scene.job_sync_id, scene.change.revision, facts)


def _one_each(alerts: tuple[Alert, ...]) -> tuple[Alert, ...]:
    """One alert per Telegram id; it says as what else he would have got one, for the record."""
    keep = set(one_per_address(alert.recipient for alert in alerts))
    dropped = [alert for alert in alerts if alert.recipient not in keep]
    return tuple(_speaking_for(alert, dropped) for alert in alerts if alert.recipient in keep)


def _speaking_for(alert: Alert, dropped: list[Alert]) -> Alert:
    others = [a for a in dropped if a.recipient.telegram_id == alert.recipient.telegram_id]
    if not others:
        return alert
    also = [
        {
            "recipient_type": other.recipient.type,
            "kind": other.kind,
            "event_key": other.event_key,
            "row": other.facts["row"],
        }
        for other in others
    ]
    return replace(alert, facts={**alert.facts, "also": also, **_untold(others)})


def _untold(alerts: Iterable[Alert]) -> dict[str, Any]:
    """The fact, if it is in one of these, whom nobody can tell that the job was taken from him."""
    said = ("leader", "leader_id", "reason", "employee_id", "crew_member_id", "candidates")
    for alert in alerts:
        if former := alert.facts.get("untold"):
            return {"untold": former}
        if alert.facts.get("taken_away"):
            return {"untold": {key: alert.facts[key] for key in said}}
    return {}
