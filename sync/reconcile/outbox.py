"""The only place that inserts into the outbox."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sync.model.alerts import AlertKind
from sync.model.facts import Facts, as_stored
from sync.model.outbox import Alert
from sync.postgres.pool import Connection
from sync.postgres.queries import Queries
from sync.reconcile.company import load_directory
from sync.rules.system import system_alerts

_SQL = Queries("sync.reconcile", "outbox.sql")


async def store_alerts(connection: Connection, alerts: Sequence[Alert]) -> int:
    """How many of these alerts were new; the delivery is woken.

    An event key is stored once for ever. Of those with one key the first counts.
    """
    if not alerts:
        return 0
    first: dict[str, Alert] = {}
    for alert in alerts:
        first.setdefault(alert.event_key, alert)
    rows = [_row(place, alert) for place, alert in enumerate(first.values())]
    row = await connection.fetchrow(_SQL["insert_alerts"], rows)
    return int(row["inserted"]) if row else 0


def _row(place: int, alert: Alert) -> dict[str, Any]:
    return {
        "place": place,
        "kind": alert.kind,
        "job_sync_id": alert.job_sync_id,
        "state_change_id": alert.state_change_id,
        "revision": alert.revision,
        "recipient_type": alert.recipient.type,
        "recipient_id": alert.recipient.id,
        "telegram_id": alert.recipient.telegram_id,
        "event_key": alert.event_key,
        "state": alert.state,
        "reason": alert.reason,
        "facts": as_stored(alert.facts),
    }


@dataclass(frozen=True, slots=True)
class Fact:
    """Something about the system, told once for its `subject`."""

    kind: AlertKind
    subject: str
    facts: Facts


async def tell(connection: Connection, operators: Sequence[int], facts: Sequence[Fact]) -> int:
    """How many alerts about these facts are new. Two statements, none without facts."""
    if not facts:
        return 0
    directory = await load_directory(connection, operators)
    alerts = [
        alert
        for fact in facts
        for alert in system_alerts(fact.kind, fact.subject, fact.facts, directory)
    ]
    return await store_alerts(connection, alerts)
