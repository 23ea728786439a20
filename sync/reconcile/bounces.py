"""Telegram refuses somebody for good, or he can be reached again: what that makes of alerts.

A refusal is decided by the same rules as a change, in the transaction that records it. It does not
say who is told by which words; that is the delivery's.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

import asyncpg

from sync.model.alerts import (
    LEFT,
    AlertKind,
    AlertState,
    Because,
    Reason,
    Recipient,
    RecipientType,
)
from sync.model.facts import JobNews, LeaderLeft
from sync.model.kinds import KINDS, Asks, Unread, read_facts
from sync.model.outbox import Alert
from sync.model.refs import PersonKey
from sync.people.directory import NOBODY, Directory
from sync.postgres.locks import Lock, lock_for_transaction
from sync.postgres.pool import Connection
from sync.postgres.queries import Queries
from sync.reconcile.batch import load_past
from sync.reconcile.company import Company, load_company, load_directory, refresh_people
from sync.reconcile.outbox import store_alerts
from sync.rules.people import manager_alerts
from sync.rules.recipients import former_unreachable, leader_unreachable
from sync.rules.rerouting import Has, Lost, not_taken_alerts, readdress

_SQL = Queries("sync.reconcile", "bounces.sql")
_TO_LEAD = [kind for kind, row in KINDS.items() if row.asks is Asks.LEAD]
_MANAGES = frozenset({RecipientType.OPERATION_MANAGER, RecipientType.OPERATOR})


async def record_refusal(
    connection: Connection,
    alert_id: int,
    lease_token: UUID,
    reason: Reason,
    operators: Sequence[int],
) -> bool:
    """Record that the recipient of a leased alert cannot be reached, and tell those to whom that
    falls, in one transaction.

    A leader's managers hear of it by row 8, or of all his jobs at once if he left; what was for a
    manager falls to the others, who hear of him. Returns False when the lease is not ours any more;
    nothing is changed then.
    """
    async with connection.transaction():
        # Nobody is linked meanwhile, or an old picture of the people would be stored over him.
        await lock_for_transaction(connection, Lock.LINKING)
        # One at a time: of two managers refused together each would leave it to the other.
        await lock_for_transaction(connection, Lock.PEOPLE)
        row = await connection.fetchrow(_SQL["refuse"], alert_id, lease_token, reason, list(LEFT))
        if row is None:
            return False
        company = await load_company(connection, operators)
        alerts = await refresh_people(connection, company) if reason in LEFT else ()
        if not company.first_contact:
            alerts += manager_alerts(company.directory)
        await store_alerts(connection, alerts)
        if KINDS[row["kind"]].unread is Unread.REPORTED:
            await _tell_managers(connection, row, reason, company)
        await _pass_on(connection, row, company.directory)
    return True


async def let_go(
    connection: Connection, alert_id: int, lease_token: UUID, why: str, operators: Sequence[int]
) -> bool:
    """Close a leased alert that is none of its recipient's business any more; what was for a
    manager falls to those who manage now. Returns False when the lease is not ours any more.
    """
    async with connection.transaction():
        await lock_for_transaction(connection, Lock.PEOPLE)
        row = await connection.fetchrow(
            _SQL["close"], alert_id, lease_token, AlertState.SUPERSEDED, why
        )
        if row is None:
            return False
        if _for_managers(row):
            company = await load_company(connection, operators)
            await _pass_on(connection, row, company.directory)
    return True


async def record_not_taken(
    connection: Connection, alert_id: int, lease_token: UUID, operators: Sequence[int]
) -> bool:
    """Record that Telegram fails at a leased alert while it takes others, and tell those who can
    tell its recipient themselves. Returns False when the lease is not ours any more.
    """
    async with connection.transaction():
        row = await connection.fetchrow(
            _SQL["close"], alert_id, lease_token, AlertState.UNDELIVERABLE, Because.NOT_TAKEN
        )
        if row is None:
            return False
        directory = await load_directory(connection, operators)
        await store_alerts(connection, not_taken_alerts(_lost(row), directory))
    return True


async def revive(
    connection: Connection, telegram_id: int | None = None, *, directory: Directory | None = None
) -> int:
    """Make alerts due again whose person can be reached (again), superseding those of which it is
    certain that they are not current; the others are looked at once more when they are sent.

    Returns how many left `undeliverable`. `telegram_id`: only what was for him. `directory`: who
    can be reached; without it whoever is no leader is asked again only after a refusal by Telegram.
    """
    only = None if telegram_id is None else str(telegram_id)
    people = (*directory.everybody, *directory.salespeople.values()) if directory else ()
    reachable = [recipient.key for recipient in people if recipient.reason is None]
    return int(await connection.fetchval(_SQL["revive"], only, reachable, _TO_LEAD))


async def strike(connection: Connection, chats: Sequence[int]) -> None:
    """Strike what was told of jobs in chats that are not their person's any more."""
    if chats:
        await connection.execute(_SQL["strike"], chats)


async def find_managers(connection: Connection, directory: Directory) -> int:
    """Send again, to whoever is there now, what found no manager at all; returns how many alerts
    that made.
    """
    if all(recipient.reason for recipient in directory.everybody):
        return 0
    rows = await connection.fetch(_SQL["told_nobody"], list(AlertKind))
    instead = await _instead(connection, list(map(_lost, rows)), directory) if rows else []
    found = [
        (row["id"], alerts)
        for row, alerts in zip(rows, instead, strict=True)
        if all(alert.recipient != NOBODY for alert in alerts)
    ]
    if found:
        await connection.execute(_SQL["supersede"], [id for id, _ in found])
    return await store_alerts(connection, [alert for _, alerts in found for alert in alerts])


async def _pass_on(connection: Connection, row: asyncpg.Record, directory: Directory) -> None:
    """To those to whom it falls now, what this alert told a manager or would have told him, had he
    not got another one of the same event.
    """
    for alerts in await _instead(connection, _for_managers(row), directory):
        await store_alerts(connection, alerts)


def _for_managers(row: asyncpg.Record) -> list[Lost]:
    lost = _lost(row)
    news = lost.facts if isinstance(lost.facts, JobNews) else JobNews()
    also = [
        replace(
            lost,
            kind=other.kind,
            recipient=Recipient(key.type, key.id),
            event_key=other.event_key,
            facts=replace(news, row=other.row, also=()),
        )
        for other in news.also
        if other.kind and (key := PersonKey.of_event(other.event_key))
    ]
    return [one for one in (lost, *also) if one.recipient.type in _MANAGES]


async def _instead(
    connection: Connection, lost: Sequence[Lost], directory: Directory
) -> list[tuple[Alert, ...]]:
    """For each alert that its manager will not read, those in its place; none says again what one
    before it says of the same leaver.
    """
    people = [recipient.key for recipient in directory.everybody]
    keys = [[one.stem + person for person in people] for one in lost]
    told = {
        row["event_key"]: Has(row["telegram_id"], read_facts(AlertKind(row["kind"]), row["facts"]))
        for row in await connection.fetch(_SQL["told"], [key for its in keys for key in its])
    }
    instead: list[tuple[Alert, ...]] = []
    said: dict[int, list[Has]] = defaultdict(list)
    for one, its in zip(lost, keys, strict=True):
        leaver = one.facts.leader_id if isinstance(one.facts, LeaderLeft) else 0
        have = [told[key] for key in its if key in told]
        alerts = readdress(one, directory, [*have, *said[leaver]] if leaver else have)
        said[leaver] += [Has(alert.recipient.telegram_id, alert.facts) for alert in alerts]
        instead.append(alerts)
    return instead


def _lost(row: asyncpg.Record) -> Lost:
    return Lost(
        AlertKind(row["kind"]),
        Recipient(RecipientType(row["recipient_type"]), row["recipient_id"]),
        row["event_key"],
        read_facts(AlertKind(row["kind"]), row["facts"]),
        row["job_sync_id"],
        row["branch_id"],
        row["revision"],
        row["state_change_id"],
    )


async def _tell_managers(
    connection: Connection, refused: asyncpg.Record, reason: Reason, company: Company
) -> None:
    """Row 8, of a job that is still the leader's, or that nobody can tell him is not."""
    if refused["kind"] == AlertKind.JOB_TAKEN_AWAY:
        former = Recipient(RecipientType.CREW_LEADER, refused["recipient_id"], reason=reason)
        taken = Alert(
            AlertKind.JOB_TAKEN_AWAY,
            former,
            refused["event_key"],
            read_facts(AlertKind.JOB_TAKEN_AWAY, refused["facts"]),
            refused["job_sync_id"],
            refused["revision"],
        )
        alerts = former_unreachable(taken, refused["branch_id"], company.directory)
        await store_alerts(connection, alerts)
        return
    job_sync_id = refused["job_sync_id"]
    row = await load_past(connection, job_sync_id) if job_sync_id is not None else None
    if row is None or row.past.job is None or row.past.job.leader != refused["recipient_id"]:
        return
    if not row.past.job.active and reason in LEFT:
        return
    alerts = leader_unreachable(job_sync_id, row.past, reason, row.data or {}, company.directory)
    await store_alerts(connection, alerts)
