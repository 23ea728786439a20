"""From what is written down about a job to its story. Pure.

Every alert about the job is in it exactly once, with the change that it was decided by. Nothing is
concluded here that no row says.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, cast

from bot.audit.story import NOTHING, Aside, Entry, Held, Story, Told
from sync.model.alerts import AlertKind, AlertState, Reason, RecipientType
from sync.model.facts import Facts, JobFacts, JobNews, LeaderLeft, LeaderUnreachable
from sync.model.kinds import read_facts
from sync.reconcile.audit import Happened, from_metadata

Row = Mapping[str, Any]

#: What is seen later than this was seen late.
LATE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Rows:
    """What `why.sql` answers about one job. `names`: by recipient type and id."""

    job: Row
    changes: Sequence[Row] = ()
    alerts: Sequence[Row] = ()
    holds: Sequence[Row] = ()
    aside: Sequence[Row] = ()
    names: Mapping[tuple[str, int], str | None] = field(default_factory=dict)


#: What somebody without a name is called, before their id.
_UNNAMED: Mapping[str, str] = {
    RecipientType.CREW_LEADER: "Attic Tech",
    RecipientType.OPERATION_MANAGER: "user",
    RecipientType.SALESPERSON: "sales_person",
    RecipientType.OPERATOR: "Telegram",
    RecipientType.CHAT: "Telegram",
}
#: Who hears what a manager should know.
_MANAGE = (RecipientType.OPERATION_MANAGER, RecipientType.OPERATOR)


def story_of(rows: Rows) -> Story:
    """The story that these rows tell."""
    entries = sorted((_entry(row, rows) for row in rows.changes), key=lambda pair: pair[0].at)
    told = [(_told(row, rows), row) for row in rows.alerts]
    chapters: list[Entry | Held] = [*_with_alerts(entries, _with_reports(told)), *_holds(rows)]
    held = any(isinstance(chapter, Held) and chapter.still for chapter in chapters)
    return Story(
        cast("JobFacts", rows.job["facts"]),
        tuple(sorted(chapters, key=lambda chapter: chapter.at)),
        rows.job["gone_at"],
        undecided=rows.job["marked"] and not held,
        aside=tuple(aside_of(row) for row in rows.aside),
        siblings=tuple(rows.job["siblings"]),
    )


def aside_of(row: Row) -> Aside:
    """A record of Attic Tech that is not at hand."""
    hidden, undecided = row["state"] == "hidden", row["state"] == "undecided"
    return Aside(row["collection"], row["id"], hidden, row["seen_at"], row["reason"], undecided)


def _entry(row: Row, rows: Rows) -> tuple[Entry, int | None]:
    """The change, and its id in the log of states."""
    metadata = row["metadata"] if isinstance(row["metadata"], dict) else {}
    foreign = metadata.get("source") != "jobsync"
    record = NOTHING if foreign else from_metadata(metadata)
    if not record.happened:  # written by another, or by us before more was written down
        what = Happened.MOVED if row["previous"] else Happened.SEEN
        record = replace(
            record, happened=(what,), previous_status=row["previous"], status=row["status"]
        )
    changed_at = row["changed_at"] if record.own else None
    at = record.seen_at or row["changed_at"]
    entry = Entry(
        at,
        record,
        changed_at,
        foreign,
        bool(row["compared"]),
        _blind_since(changed_at, at, row["before"]),
        unreached=tuple(
            (_name(rows, RecipientType.OPERATION_MANAGER, id), reason)
            for id, reason in record.unreached
        ),
    )
    return entry, row["state_change_id"]


def _blind_since(
    changed_at: datetime | None, seen_at: datetime, before: datetime | None
) -> datetime | None:
    if changed_at is None or before is None or seen_at - changed_at <= LATE:
        return None
    return before if before < changed_at else None


def _told(row: Row, rows: Rows) -> Told:
    said = _said(row)
    news = said if isinstance(said, JobNews) else JobNews()
    role, id = row["recipient_type"], row["recipient_id"]
    nobody = row["reason"] == Reason.NO_MANAGER or (role in _MANAGE and id == 0)
    waits = row["state"] in (AlertState.PENDING, AlertState.HELD) and not row["due"]
    return Told(
        row["id"],
        None if nobody else _leader_name(said, role, id) or _name(rows, role, id),
        role,
        id,
        row["kind"],
        row["state"],
        row["reason"],
        news.row,
        row["next_attempt_at"] if waits else row["delivered_at"],
        row["acknowledged_at"],
        news.also,
        gone=news.gone,
    )


def _said(row: Row) -> Facts | None:
    """What the alert says; None where it is of a kind that this version does not know."""
    kind = next((kind for kind in AlertKind if kind == row["kind"]), None)
    return None if kind is None else read_facts(kind, row["facts"])


def _leader_name(said: Facts | None, role: str, id: int) -> str | None:
    """What a leader was called when the alert was decided."""
    if role != RecipientType.CREW_LEADER or not isinstance(said, JobNews):
        return None
    return said.leader if said.leader_id == id else said.former_leader


def _name(rows: Rows, role: str, id: int) -> str:
    return (rows.names.get((role, id)) or "").strip() or f"{_UNNAMED.get(role, role)} {id}"


def _with_reports(told: Sequence[tuple[Told, Row]]) -> list[tuple[Told, Row]]:
    """Each undeliverable one to a leader with who was told so, by row 8 or within another message,
    for the same reason.
    """
    reports: dict[tuple[Any, Any], list[str]] = {}
    for alert, row in told:
        for leader in _of_whom(_said(row)):
            reports.setdefault(leader, []).extend([alert.name] if alert.name else ())
    return [(replace(alert, reported_to=_reported_to(alert, reports)), row) for alert, row in told]


def _of_whom(said: Facts | None) -> Iterator[tuple[int | None, Reason | None]]:
    """The leaders of whom it says that nobody can tell them, each with the reason."""
    if isinstance(said, LeaderUnreachable | LeaderLeft):
        yield said.leader_id, said.reason
    if isinstance(said, JobNews) and said.untold:
        yield said.untold.leader_id, said.untold.reason


def _reported_to(alert: Told, reports: Mapping[tuple[Any, Any], Sequence[str]]) -> tuple[str, ...]:
    if alert.state != AlertState.UNDELIVERABLE or alert.role != RecipientType.CREW_LEADER:
        return ()
    return tuple(dict.fromkeys(reports.get((alert.recipient_id, alert.reason), ())))


def _with_alerts(
    entries: Sequence[tuple[Entry, int | None]], told: Sequence[tuple[Told, Row]]
) -> list[Entry]:
    """Each alert with the change that it names, else with the newest that had been seen by then."""
    chapters = [entry for entry, _ in entries]
    places = {id: place for place, (_, id) in enumerate(entries) if id is not None}
    by_place: dict[int, list[Told]] = {}
    for alert, row in told:
        seen = [n for n, entry in enumerate(chapters) if entry.at <= row["created_at"]]
        place = places.get(row["state_change_id"], seen[-1] if seen else -1)
        by_place.setdefault(place, []).append(alert)
    first = [Entry(told[0][1]["created_at"], told=tuple(by_place[-1]))] if -1 in by_place else []
    return [
        *first,
        *(replace(entry, told=tuple(by_place.get(n, ()))) for n, entry in enumerate(chapters)),
    ]


def _holds(rows: Rows) -> list[Held]:
    """Those that this job was in."""
    return [Held(row["at"], row["what"], row["count"], row["still"]) for row in rows.holds]
