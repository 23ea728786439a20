"""Telegram refuses somebody for good, or he can be reached again: what that makes of alerts.

A refusal is decided by the same rules as a change, in the transaction that records it. It does not
say who is told by which words; that is the delivery's.
"""

from collections.abc import Sequence
from uuid import UUID

from sync.alerts import Alert, AlertKind, Reason, RecipientType
from sync.database.pool import Connection
from sync.database.queries import Queries
from sync.deciding.batch import load_past
from sync.deciding.company import load_directory
from sync.deciding.store import store_alerts
from sync.directory import NOBODY, Directory
from sync.rules.recipients import leader_unreachable
from sync.rules.system import audience

_SQL = Queries("sync.deciding", "ways_back.sql")


async def record_refusal(
    connection: Connection,
    alert_id: int,
    lease_token: UUID,
    reason: Reason,
    operators: Sequence[int],
) -> bool:
    """Record that the recipient of a leased alert cannot be reached, and tell the managers by row
    8, in one transaction.

    Returns False when the lease is not ours any more; nothing is changed then.
    """
    async with connection.transaction():
        row = await connection.fetchrow(_SQL["refuse"], alert_id, lease_token, reason)
        if row is None:
            return False
        if row["recipient_type"] == RecipientType.CREW_LEADER and row["job_sync_id"] is not None:
            await _tell_managers(
                connection, row["job_sync_id"], row["recipient_id"], reason, operators
            )
    return True


async def revive(connection: Connection, telegram_id: int | None = None) -> int:
    """Make alerts due again whose person can be reached (again), superseding those that are not
    current.

    Returns how many left `undeliverable`. `telegram_id`: only what was for him.
    """
    only = None if telegram_id is None else str(telegram_id)
    return int(await connection.fetchval(_SQL["revive"], only))


async def find_managers(connection: Connection, directory: Directory) -> int:
    """Send again, to whoever is there now, what found no manager at all; returns how many alerts
    that made.
    """
    lost = await connection.fetch(_SQL["told_nobody"])
    alerts, found = [], []
    for row in lost:
        kind = AlertKind(row["kind"])
        to = (
            audience(kind, directory, row["branch_id"])
            if row["job_sync_id"] is None
            else directory.managers_of(row["branch_id"])
        )
        if to == (NOBODY,):
            continue
        found.append(row["id"])
        stem = row["event_key"].removesuffix(NOBODY.key)
        alerts += [
            Alert(
                kind,
                recipient,
                stem + recipient.key,
                row["job_sync_id"],
                row["revision"],
                row["facts"],
                row["state_change_id"],
            )
            for recipient in to
        ]
    if found:
        await connection.execute(_SQL["supersede"], found)
    return await store_alerts(connection, alerts)


async def _tell_managers(
    connection: Connection,
    job_sync_id: int,
    leader: int,
    reason: Reason,
    operators: Sequence[int],
) -> None:
    row = await load_past(connection, job_sync_id)
    if row is None or row.past.job is None or row.past.job.leader != leader:
        return
    if not row.past.job.active:
        return
    directory = await load_directory(connection, operators)
    alerts = leader_unreachable(job_sync_id, row.past, reason, dict(row.data or {}), directory)
    await store_alerts(connection, alerts)
