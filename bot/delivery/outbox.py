"""The outbox: claim what is due, write down what became of it. Its SQL is in `outbox.sql`."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, assert_never, cast
from uuid import UUID

import asyncpg

from bot.delivery.relevance import Drop, JobNow, Move, Said
from bot.delivery.verdict import Again, Aside, Delivered, Held, Unknown
from sync.model.alerts import AlertKind, AlertState, Because, RecipientType
from sync.model.facts import JobFacts, LeaderLeft
from sync.model.job import from_known
from sync.model.kinds import read_facts
from sync.postgres.pool import Connection
from sync.postgres.queries import Queries

_SQL = Queries("bot.delivery", "outbox.sql")
#: Longer than a call may take, so that a lease runs out only when its sender is gone.
LEASE = timedelta(seconds=60)

#: What we can send; a newer program may have stored others.
_KINDS, _RECIPIENTS = list(AlertKind), list(RecipientType)

#: What is written down by a statement of the outbox; a final refusal is not (see sender.py).
Outcome = Delivered | Again | Aside | Held | Unknown | Drop | Move


@dataclass(frozen=True, slots=True)
class Claimed:
    """An alert that is ours for the time of its lease, with its job as it is now.

    What it says is understood only where it is asked for: what raises there concerns this alert
    alone, and not those that were claimed with it.
    """

    id: int
    lease_token: UUID
    kind: str
    lane: str | None
    attempts: int
    language: str | None
    _record: asyncpg.Record = field(repr=False)

    @property
    def claim(self) -> tuple[int, UUID]:
        """What tells this claim from a later one of the same alert."""
        return self.id, self.lease_token

    @property
    def said(self) -> Said:
        """What it says to whom; a leaver's jobs less those that somebody has taken care of."""
        said = _said({**self._record, "state": AlertState.SENDING})
        if not isinstance(said.facts, LeaderLeft):
            return said
        still_open = self._record["still_open"] or ()
        jobs = tuple(job for job in said.facts.jobs if job["job_sync_id"] in still_open)
        return replace(said, facts=replace(said.facts, jobs=jobs))

    @property
    def now(self) -> JobNow | None:
        """Its job as it is now."""
        row = self._record
        if row["known"] is None:
            return None
        return JobNow(from_known(row["known"]), row["leader_revision"], row["sales_person_id"])

    @property
    def newer(self) -> tuple[Said, ...]:
        """Later alerts to the same person, in the same role, about the same job."""
        return tuple(_said(newer) for newer in self._record["newer"])

    @property
    def job_facts(self) -> JobFacts | None:
        """What messages show of its job now."""
        return cast("JobFacts | None", self._record["job_facts"])


async def sweep(connection: Connection, in_hand: Collection[int] = ()) -> list[int]:
    """Let time have its effect; returns the ids of the alerts that are `unknown` by it.

    Held alerts become due, and so do claims that ran out before their call was begun. `in_hand` are
    alerts whose verdict this process is still about to write.
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
    records = await connection.fetch(
        _SQL["claim"],
        limit,
        list(resting),
        lease_token,
        LEASE,
        _KINDS,
        _RECIPIENTS,
    )
    return [
        Claimed(
            row["id"],
            row["lease_token"],
            row["kind"],
            row["telegram_id"],
            row["attempts"],
            row["language"],
            row,
        )
        for row in records
    ]


async def take_back(connection: Connection) -> None:
    """Undo the claims whose call nobody has begun. Only for who holds the sender's lock anew."""
    await connection.execute(_SQL["take_back"])


async def begin(connection: Connection, id: int, lease_token: UUID) -> bool:
    """Write down that the call begins; False when the alert is not ours, and must not be sent."""
    return await connection.fetchval(_SQL["begin"], id, lease_token) is not None


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
            return "again", after, int(failure), Because.NOT_TAKEN, AlertState.PENDING
        case Aside(after):
            return "again", after, 1, Because.NOT_TAKEN, AlertState.HELD
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


def _said(values: dict[str, Any]) -> Said:
    kind = AlertKind(values["kind"])
    return Said(
        kind,
        RecipientType(values["recipient_type"]),
        values["recipient_id"],
        read_facts(kind, values["facts"]),
        values["revision"],
        AlertState(values["state"]),
    )
