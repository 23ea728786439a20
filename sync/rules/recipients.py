"""From what happened to a job to the alerts of it: who is told what, one message per person and
change. Pure.

Row 8 of the table stands here: a leader who should be told and cannot be becomes the managers'
business. A salesperson who cannot be is nobody's: what became of a sale asks for nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, assert_never

from sync.model.alerts import LEFT, AlertKind, Reason, Recipient
from sync.model.facts import AlsoTold, JobFacts, JobNews, LeaderUnreachable, Unreached
from sync.model.job import Change, Past
from sync.model.outbox import Alert
from sync.people.directory import Directory, one_per_address
from sync.rules import Audience, Happening
from sync.rules.people import row_8_key

_BEFORE_ROW_8 = frozenset({AlertKind.CREW_LEAD_NEEDED, AlertKind.CREW_LEAD_MISSING})


@dataclass(frozen=True, slots=True)
class Scene:
    """A change as stored: its row's id, the facts that messages show, and who can be told.

    `salesperson`: `sales_person.id` of who sold it.
    """

    job_sync_id: int
    change: Change
    job_facts: JobFacts
    directory: Directory
    salesperson: int | None = None


def who_is_told(happenings: Iterable[Happening], scene: Scene) -> tuple[Alert, ...]:
    """The alerts of one change: the leader's, the managers', the former leader's, then others'.

    Somebody who would get two by the same Telegram id gets the first. A leader without an address
    gets the alert as `undeliverable`, and the managers row 8, once per job, leader and reason; the
    same of a leader of before, where they are told nothing else.
    """
    alerts = {
        happening.audience: tuple(
            _alert(happening, recipient, scene) for recipient in _readers(happening.audience, scene)
        )
        for happening in happenings
    }
    leader = alerts.pop(Audience.LEADER, ())
    former = alerts.pop(Audience.FORMER_LEADER, ())
    managers = _with_row_8(alerts.pop(Audience.MANAGERS, ()), bool(leader), scene)
    others = chain(*alerts.values())
    return _one_each((*leader, *_with_the_former(managers, former, scene), *former, *others))


def _readers(audience: Audience, scene: Scene) -> tuple[Recipient, ...]:
    """Who they are, each with an address or the reason why there is none."""
    job, directory = scene.change.after, scene.directory
    match audience:
        case Audience.LEADER:
            return (directory.leader(job.leader),) if job.leader is not None else ()
        case Audience.FORMER_LEADER:
            former = scene.change.former
            return (directory.leader(former),) if former is not None else ()
        case Audience.MANAGERS:
            return directory.managers_of(job.branch_id)
        case Audience.SALESPERSON:
            seller = directory.salesperson(scene.salesperson or 0)
            return (seller,) if seller else ()
        case _:
            assert_never(audience)


def leader_unreachable(
    job_sync_id: int, past: Past, reason: Reason, job_facts: JobFacts, directory: Directory
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
    if reason is None or reason in LEFT or not isinstance(taken.facts, JobNews):
        return ()
    name = taken.facts.former_leader or (person.name if person else None)
    news = replace(taken.facts, leader=name, leader_id=taken.recipient.id)
    facts = replace(_row_8_facts(news, reason, directory), taken_away=True)
    return tuple(
        Alert(
            AlertKind.CREW_LEADER_UNREACHABLE,
            to,
            row_8_key(taken.job_sync_id or 0, f"{taken.revision}-taken", reason, to),
            facts,
            taken.job_sync_id,
            taken.revision,
        )
        for to in directory.managers_of(branch_id)
    )


def _row_8_facts(news: JobNews, reason: Reason, directory: Directory) -> LeaderUnreachable:
    """The news, and by which rows of its leader the fix is one tap away."""
    person = directory.persons.get(news.leader_id or 0)
    return LeaderUnreachable(
        old=news.old,
        new=news.new,
        leader=news.leader,
        leader_id=news.leader_id,
        former_leader=news.former_leader,
        gone=news.gone,
        job=news.job,
        reason=reason,
        employee_id=person.employee_id if person else None,
        crew_member_id=person.crew_member_id if person else None,
        candidates=person.candidates if person else (),
    )


def _news(scene: Scene, row: int = 0) -> JobNews:
    """What a message says beside the job's facts, which it shows as they are when it is sent."""
    before, after = scene.change.before, scene.change.after
    return JobNews(
        row,
        before.status if before else None,
        after.status,
        after.leader_name,
        after.leader,
        before.leader_name if before else None,
        after.gone,
        scene.job_facts,
    )


def _with_row_8(
    managers: tuple[Alert, ...], leader_is_told: bool, scene: Scene
) -> tuple[Alert, ...]:
    """1/2 before 9 before 8 before 6: row 8 gives way to a leader's being needed, and to nothing
    else that is new.
    """
    needed = any(alert.kind in _BEFORE_ROW_8 for alert in managers)
    reason = None if needed else _unreachable_now(leader_is_told, scene)
    news = _row_8_as_news(reason, scene) if reason else ()
    informed = {alert.recipient for alert in news}
    return (*news, *(alert for alert in managers if alert.recipient not in informed))


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
    """The managers' alerts: whoever gets one reads in it which former leader nobody can tell, and
    gets row 8 about that where there is none.
    """
    row_8 = [
        alert
        for taken in former
        for alert in former_unreachable(taken, scene.change.after.branch_id, scene.directory)
    ]
    untold = _untold(row_8)
    informed = {alert.recipient for alert in managers}
    yield from (_saying(alert, untold=untold) if untold else alert for alert in managers)
    yield from (alert for alert in row_8 if alert.recipient not in informed)


def _row_8_as_news(reason: Reason, scene: Scene) -> tuple[Alert, ...]:
    """Row 8 for those whom it was not sent to, by itself or in a message about all of his jobs."""
    said = scene.change.past.unreachable_keys
    return tuple(alert for alert in _row_8(reason, scene) if alert.event_key not in said)


def _row_8(reason: Reason, scene: Scene) -> Iterable[Alert]:
    change = scene.change
    facts = _row_8_facts(_news(scene), reason, scene.directory)
    for recipient in scene.directory.managers_of(change.after.branch_id):
        yield Alert(
            AlertKind.CREW_LEADER_UNREACHABLE,
            recipient,
            row_8_key(scene.job_sync_id, change.leader_revision, reason, recipient),
            facts,
            scene.job_sync_id,
            change.revision,
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
    facts = _news(scene, happening.row)
    return Alert(kind, recipient, key, facts, scene.job_sync_id, scene.change.revision)


def _one_each(alerts: tuple[Alert, ...]) -> tuple[Alert, ...]:
    """One alert per Telegram id; it says as what else somebody would have got one, for `/why`."""
    keep = set(one_per_address(alert.recipient for alert in alerts))
    dropped = [alert for alert in alerts if alert.recipient not in keep]
    return tuple(_speaking_for(alert, dropped) for alert in alerts if alert.recipient in keep)


def _speaking_for(alert: Alert, dropped: list[Alert]) -> Alert:
    others = [a for a in dropped if a.recipient.telegram_id == alert.recipient.telegram_id]
    if not others:
        return alert
    also = tuple(
        AlsoTold(other.recipient.type, other.kind, other.event_key, other.facts.row)
        for other in others
        if isinstance(other.facts, JobNews)
    )
    untold = _untold(others)
    return _saying(alert, also=also, **({"untold": untold} if untold else {}))


def _untold(alerts: Iterable[Alert]) -> Unreached | None:
    """The leader of whom one of these says that nobody can tell them what was taken from them."""
    for alert in alerts:
        match alert.facts:
            case LeaderUnreachable(taken_away=True) as row_8:
                return row_8.unreached
            case JobNews(untold=Unreached() as former):
                return former
    return None


def _saying(alert: Alert, **more: Any) -> Alert:
    """The alert with more in its facts."""
    assert isinstance(alert.facts, JobNews)  # noqa: S101  # of a change all are
    return replace(alert, facts=replace(alert.facts, **more))
