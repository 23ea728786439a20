"""The outbox: claim what is due, write down what became of it. Its SQL is in `outbox.sql`."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, assert_never, cast
from uuid import UUID

import asyncpg

from bot.delivery.intent import Drop, JobNow, Move, Said
from bot.delivery.verdict import Again, Delivered, Held, Unknown
from bot.views.alerts import AlertRow
from bot.views.facts import JobFacts
from sync.alerts import AlertKind, AlertState, Because, RecipientType
from sync.database.pool import Connection
from sync.database.queries import Queries
from sync.job import from_known

_SQL = Queries("bot.delivery", "outbox.sql")
#: Longer than a call may take, so that a lease runs out only when its sender is gone.
LEASE = timedelta(seconds=60)

#: What is written down by a statement of the outbox; a final refusal is not (see sender.py).
Outcome = Delivered | Again | Held | Unknown | Drop | Move


@dataclass(frozen=True, slots=True)
class Claimed:
    """An alert that is ours for the time of its lease, with its job as it is now."""

    id: int
    lease_token: UUID
    said: Said
    lane: str | None
    attempts: int = 0
    job_sync_id: int | None = None
    now: JobNow | None = None
    job_facts: JobFacts | None = None
    newer: tuple[Said, ...] = ()
    language: str | None = None

    @property
    def row(self) -> AlertRow:
        """What a view reads of it."""
        return AlertRow(self.said.kind, self.said.facts)


async def sweep(connection: Connection, in_hand: Collection[int] = ()) -> list[int]:
    """Let time have its effect: held alerts become due, lost ones unknown; the ids of those.

    `in_hand` are alerts whose verdict this process is still about to write.
    """
    await connection.execute(_SQL["release_held"])
    lost = await connection.fetch(_SQL["give_up_on_lost_leases"], list(in_hand))
    return [record["id"] for record in lost]


async def claim(
    connection: Connection, limit: int, lease_token: UUID, resting: Collection[str] = ()
) -> list[Claimed]:
    """At most `limit` due alerts, the oldest of each recipient who has none on its way.

    `resting` are the chats to which nothing may go yet.
    """
    records = await connection.fetch(_SQL["claim"], limit, list(resting), lease_token, LEASE)
    return [_claimed(record) for record in records]


async def give_back(connection: Connection, lease_tokens: Collection[UUID]) -> None:
    """Undo claims that nobody acted on."""
    await connection.execute(_SQL["give_back"], list(lease_tokens))


async def seconds_to_next(connection: Connection) -> float | None:
    """How long until something becomes due by itself, or None."""
    seconds = await connection.fetchval(_SQL["seconds_to_next"])
    return cast("float | None", seconds)


async def record(connection: Connection, id: int, lease_token: UUID, outcome: Outcome) -> bool:
    """Write the outcome down; False when the alert was not ours any more, and nothing changed."""
    statement, *values = _statement(outcome)
    changed = await connection.fetch(_SQL[statement], id, lease_token, *values)
    return any(row["id"] == id for row in changed)


def _statement(outcome: Outcome) -> tuple[Any, ...]:
    match outcome:
        case Delivered(chat_id, message_id):
            return "delivered", chat_id, message_id
        case Again(after, lane=True):
            return "rest_recipient", after, Because.SLOW_DOWN
        case Again(after, failure=failure):
            return "again", after, int(failure), Because.NOT_TAKEN
        case Held(reason, after):
            return "hold_everything", reason, after
        case Unknown():
            return "close", AlertState.UNKNOWN, Because.ANSWER_LOST
        case Drop(why):
            return "close", AlertState.SUPERSEDED, why
        case Move(telegram_id):
            return "readdress", telegram_id
        case _:
            assert_never(outcome)


def _claimed(record: asyncpg.Record) -> Claimed:
    return Claimed(
        record["id"],
        record["lease_token"],
        _said({**record, "state": AlertState.SENDING, "facts": _facts(record)}),
        record["telegram_id"],
        record["attempts"],
        record["job_sync_id"],
        _job_now(record),
        record["job_facts"],
        tuple(_said(newer) for newer in record["newer"]),
        record["language"],
    )


def _facts(record: asyncpg.Record) -> dict[str, Any]:
    """What the alert says; a leaver's jobs less those that somebody has taken care of since."""
    facts: dict[str, Any] = record["facts"]
    if record["still_open"] is None:
        return facts
    return {**facts, "jobs": [j for j in facts["jobs"] if j["job_sync_id"] in record["still_open"]]}


def _said(values: dict[str, Any]) -> Said:
    return Said(
        AlertKind(values["kind"]),
        RecipientType(values["recipient_type"]),
        values["recipient_id"],
        values["revision"],
        values["facts"],
        AlertState(values["state"]),
    )


def _job_now(record: asyncpg.Record) -> JobNow | None:
    if record["known"] is None:
        return None
    return JobNow(from_known(record["known"]), record["leader_revision"], record["sales_person_id"])
