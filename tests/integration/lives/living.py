"""A company that lives: what Attic Tech shows is decoded, stored, decided and delivered by the
program's own code, and after each step its promises are held against what phones received.

    life = await Life.begin(connection, pool, phones)
    await life.show("jobs", 1, status="Plans In Progress", assignedCrew=[7])
    await life.decide()
    await life.deliver()
    await life.end()
"""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from bot.delivery.deliver import Delivery
from bot.delivery.outbox import claim, sweep
from bot.delivery.pacing import Limits, Pacing
from bot.health import Health
from bot.views.language import Words
from sync.attic_tech.documents import decode
from sync.mirror.store import store
from sync.model.job import Job, from_known
from sync.model.states import State
from sync.people.directory import Directory
from sync.postgres.pool import Connection, Pool
from sync.reconcile.company import load_directory
from tests.integration.lives.phones import FINE, Phones
from tests.mirror import NOW, Town

OPERATOR = 900
LEADER_TOLD = ("delivered", "unknown", "sending")
_WORDS = Words("en", ZoneInfo("UTC"))
_LIMITS = Limits(overall=1e-6, chat=1e-6, group=1e-6)


@dataclass(frozen=True)
class Row:
    """A job as decided, and whether its leader was told of this assignment."""

    id: int
    job: Job
    revision: int
    leader_revision: int
    told: bool


@dataclass
class Life:
    """One company. Nothing that happens in it may raise."""

    town: Town
    pool: Pool
    phones: Phones
    _raw: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)

    @classmethod
    async def begin(cls, connection: Connection, pool: Pool, phones: Phones) -> "Life":
        """Two branches with a manager each and one for both, leaders 7 and 8, and 11 whom nobody
        knows; first contact is over.
        """
        town = await Town.build(connection, operators=(OPERATOR,))
        irvine = await town.company.branch("Irvine")
        await town.put("branches", 2, name="IRVINE ")
        await town.put("users", 11, name="Nobody Known", roles=[1])
        await town.company.manager(branch=irvine, telegram_id="201")
        await town.company.manager(branch=1, telegram_id=" 104 ")
        life = cls(town, pool, phones)
        for id in (7, 8):
            life._raw["users", id] = {"name": {7: "Chris Jordan", 8: "Ana Ruiz"}[id], "roles": [1]}
        await life.decide()
        return life

    @property
    def connection(self) -> Connection:
        return self.town.connection

    async def show(
        self, collection: str, id: int, *, without: str = "", age: int = 0, **fields: Any
    ) -> None:
        """What Attic Tech shows of a document now, through decoding and storing. `without`: a field
        that this answer lacks; `age`: days since a new document was created, by Attic Tech's clock.
        """
        raw = self._raw.setdefault(
            (collection, id), {"createdAt": _stamp(NOW - timedelta(days=age))}
        )
        raw.update(fields)
        self.town.clock += timedelta(minutes=1)
        whole = {"id": id, **raw, "updatedAt": _stamp(self.town.clock)}
        whole.pop(without, None)
        await store(self.connection, collection, [decode(collection, whole)], _quietly)

    async def job(self, id: int, *, branch: int = 1, **fields: Any) -> None:
        """A job of a sold estimate; a new one has an empty crew unless told otherwise."""
        if ("jobs", id) not in self._raw:
            await self.show("estimates", 100 + id, name="E", status="Sold", branch=branch, client=1)
            known = {"name": f"Job {id}", "assignedCrew": [], "job_estimate": 100 + id}
            fields = known | fields
        await self.show("jobs", id, **fields)

    async def decide(self, *, accept: bool = False) -> None:
        """Decide, and hold what became of each job against the table of alerts."""
        before = await self.rows()
        await self.town.decide(accept=accept)
        after = await self.rows()
        for id, row in before.items():
            if id in after and _taken(row, after[id]):
                await self._was_told_it_is_taken(row, after[id])

    async def deliver(self, trouble: str = FINE) -> None:
        """What is due meets Telegram, once."""
        self.phones.trouble = trouble
        connection = self.connection
        operators = self.town.operators
        delivery = Delivery(
            self.phones.bot, self.pool, operators, Health(), _WORDS, Pacing(_LIMITS)
        )
        await sweep(connection)
        claimed = await claim(connection, 50, uuid4())
        directory = await load_directory(connection, operators)
        for alert in claimed:
            delivery.take(alert)
            await delivery.deliver(alert, directory, asyncio.get_running_loop().time())

    async def later(self, seconds: int = 120) -> None:
        """Time passes for the outbox."""
        await self.connection.execute(
            "UPDATE botzilla.alert SET next_attempt_at = next_attempt_at - $1::interval,"
            " lease_until = lease_until - $1::interval"
            " WHERE state IN ('pending', 'held', 'sending')",
            timedelta(seconds=seconds),
        )

    async def rows(self) -> dict[int, Row]:
        """The jobs by the ids of their rows."""
        rows = await self.connection.fetch(
            "SELECT s.*, EXISTS (SELECT FROM botzilla.alert a WHERE a.job_sync_id = s.id"
            " AND a.recipient_type = 'crew_leader' AND a.kind <> 'job_taken_away'"
            " AND a.recipient_id = s.attic_tech_crew_leader_id AND a.revision >= s.leader_revision"
            " AND a.state = ANY ($1::text[])) AS told"
            " FROM botzilla.job_sync s WHERE known IS NOT NULL",
            LEADER_TOLD,
        )
        return {
            row["id"]: Row(
                row["id"],
                from_known(row["known"]),
                row["revision"],
                row["leader_revision"],
                row["told"] or from_known(row["known"]).told_silently,
            )
            for row in rows
        }

    async def end(self) -> None:
        """Everything is repaired and delivered; then everybody concerned knows how things are."""
        await self.quiet()
        self.phones.blocked.clear()
        await self.connection.execute("DELETE FROM botzilla.telegram_chat")
        await self.quiet()
        left = await self.connection.fetch("SELECT * FROM botzilla.sync_touched")
        assert all(mark["reason"] for mark in left), left
        directory = await load_directory(self.connection, self.town.operators)
        for row in (await self.rows()).values():
            if not _silent(row):
                await self._is_known(row, directory)
            await self._nothing_was_dropped(row, directory)
            await self._nobody_else_reads_it(row)

    async def quiet(self) -> None:
        """Decide and deliver until nothing is left to do."""
        await self.decide(accept=True)
        for _ in range(200):
            await self.later()
            await self.deliver()
            if not await self.connection.fetchval(
                "SELECT count(*) FROM botzilla.alert WHERE state IN ('pending', 'held', 'sending')"
            ):
                return
        raise AssertionError("an alert never came to its end")

    async def _was_told_it_is_taken(self, before: Row, after: Row) -> None:
        kinds = await self.connection.fetch(
            "SELECT state FROM botzilla.alert WHERE kind = 'job_taken_away' AND job_sync_id = $1"
            " AND recipient_id = $2 AND revision = $3",
            *(before.id, before.job.leader, after.revision),
        )
        assert kinds, (before, after)

    async def _is_known(self, row: Row, directory: Directory) -> None:
        job = row.job
        if job.active and job.leader is not None:
            reason = directory.leader(job.leader).reason
            assert row.told if reason is None else await self._row_8(row), (row, reason)
        elif job.active and not job.hidden and row.leader_revision > 1:
            assert await self._managers_know(row, ("crew_lead_missing",)), row
        elif job.waits_for_leader:
            assert await self._managers_know(row, ("crew_lead_needed",), job.state_revision), row

    async def _nothing_was_dropped(self, row: Row, directory: Directory) -> None:
        """What was superseded and still holds was told to that person in the same words later."""
        alerts = await self.connection.fetch(
            "SELECT id, kind, recipient_type, recipient_id, revision, state, reason"
            " FROM botzilla.alert WHERE job_sync_id = $1 ORDER BY id",
            row.id,
        )
        told = [alert for alert in alerts if alert["state"] in LEADER_TOLD]
        manage = {(r.type, r.id) for r in directory.managers_of(row.job.branch_id)}
        for alert in alerts:
            if alert["state"] != "superseded" or alert["reason"] == "in_one_message":
                continue
            if _holds(alert, row, manage):
                assert any(_says_the_same(other, alert) for other in told), (alert, row, alerts)

    async def _nobody_else_reads_it(self, row: Row) -> None:
        """What was delivered to somebody whom the job has left is struck, or waits to be."""
        stands = await self.connection.fetch(
            "SELECT kind, recipient_id, revision FROM botzilla.alert WHERE job_sync_id = $1"
            " AND recipient_type = 'crew_leader' AND kind <> 'job_taken_away'"
            " AND state = 'delivered' AND cleared_at IS NULL AND recipient_id IS DISTINCT FROM $2",
            *(row.id, row.job.reader),
        )
        assert not stands, (row, stands)

    async def _row_8(self, row: Row) -> bool:
        told = row.told or await self._managers_know(
            row, ("crew_leader_unreachable", "crew_lead_needed", "crew_lead_missing")
        )
        return told or bool(
            await self.connection.fetchval(
                "SELECT count(*) FROM botzilla.alert WHERE kind = 'crew_leader_unreachable'"
                " AND (facts ->> 'leader_id')::integer = $1",
                row.job.leader,
            )
        )

    async def _managers_know(self, row: Row, kinds: tuple[str, ...], since: int = 0) -> bool:
        """Somebody who manages has it on the phone, or will never read anything."""
        states = await self.connection.fetch(
            # What was passed on later says the same under the revision of before.
            "SELECT state, reason FROM botzilla.alert WHERE job_sync_id = $1"
            " AND kind = ANY ($2::text[]) AND id >= (SELECT min(id) FROM botzilla.alert"
            " WHERE job_sync_id = $1 AND kind = ANY ($2::text[]) AND revision >= $3)",
            *(row.id, list(kinds), since),
        )
        known = any(s["state"] in (*LEADER_TOLD, "undeliverable") for s in states)
        return known or any(s["reason"] == "in_one_message" for s in states)


def _taken(before: Row, after: Row) -> bool:
    """An active job went away from a leader who had been told that it was theirs."""
    was, now = before.job, after.job
    if not (was.active and was.leader is not None and before.told):
        return False
    replaced = now.active and now.leader != was.leader
    return now.gone or now.waits_for_leader or replaced


def _holds(alert: Any, row: Row, manage: set[tuple[str, int]]) -> bool:
    """Whether what the alert says is true of the job as it is now, and that person's business."""
    job = row.job
    if alert["kind"] == "job_taken_away":
        return not (job.active and job.leader == alert["recipient_id"])
    if (alert["recipient_type"], alert["recipient_id"]) not in manage or job.gone:
        return False
    match alert["kind"]:
        case "crew_lead_needed":
            return job.waits_for_leader and alert["revision"] >= job.state_revision
        case "plan_ready_for_review":
            return job.state is State.PENDING_REVIEW and alert["revision"] >= job.state_revision
        case "crew_lead_missing":
            latest = alert["revision"] >= row.leader_revision
            return job.active and job.leader is None and not job.hidden and latest
    return False


def _says_the_same(other: Any, alert: Any) -> bool:
    """A told alert after which that person knows; of a lost job any later word of it does."""
    to = (other["recipient_type"], other["recipient_id"])
    if to != (alert["recipient_type"], alert["recipient_id"]):
        return False
    if alert["kind"] == "job_taken_away":
        return bool(other["id"] > alert["id"])
    return bool(other["kind"] == alert["kind"])


def _silent(row: Row) -> bool:
    """Nobody is told of what came into sight late, nor of a job first seen on its way."""
    return row.job.gone or row.revision <= 1


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


async def _quietly(_: int) -> None:
    """Nobody watches what is stored."""
