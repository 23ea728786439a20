"""Storing alerts: the only place that inserts into the outbox."""

from collections.abc import Sequence
from typing import Any

from sync.database.pool import Connection
from sync.database.queries import Queries
from sync.model.facts import as_stored
from sync.model.outbox import Alert

_SQL = Queries("sync.deciding", "store.sql")


async def store_alerts(connection: Connection, alerts: Sequence[Alert]) -> int:
    """Store alerts and wake the delivery; returns how many were new (an event key is stored once
    for ever). Of those with one key the first counts.
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
