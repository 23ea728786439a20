"""Attic Tech's mirror as reading leaves it, and a company around it, for tests of what is decided.

town = await Town.build(connection)              # one branch, one manager (101), one leader (102),
AT user 7 await town.job(1, status="Plans In Progress", assignedCrew=[7]) assert await town.news()
== [("job_assigned", "102", "pending")]

`news` decides as a run does and returns the alerts that are new: (kind, Telegram id or reason,
state).
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sync.postgres.pool import Connection
from sync.reconcile import Run, decide
from sync.reconcile.batch import Decided
from tests.scene import Company

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
LEADER, MEMBER = 1, 2
_REFERS = {
    "jobs": {"job_estimate": "estimates", "assignedCrew": "users"},
    "estimates": {
        "user": "users",
        "branch": "branches",
        "client": "clients",
        "property": "properties",
    },
    "properties": {"client": "clients"},
    "users": {"roles": "roles", "branches": "branches"},
}


def refs_of(collection: str, fields: dict[str, Any]) -> list[str]:
    """What a document points at, as the mirror keeps it."""
    found = []
    for name, target in _REFERS.get(collection, {}).items():
        value = fields.get(name)
        ids = value if isinstance(value, list) else [value] if value is not None else []
        found += [f"{target}:{id}" for id in ids]
    return sorted(set(found))


async def nothing(done: int, total: int) -> None:
    """Progress that nobody watches."""


@dataclass
class Town:
    """A mirror and a company. Every change of a document moves its stamp by a minute and leaves its
    mark.
    """

    connection: Connection
    company: Company
    operators: tuple[int, ...] = ()
    clock: datetime = NOW
    _seen: int = 0
    _documents: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)

    @classmethod
    async def build(
        cls, connection: Connection, *, first_contact: bool = False, **more: Any
    ) -> "Town":
        """A branch Orange (AT 1) with manager 101, leader Chris (AT 7, 102), his colleague Ana (AT
        8, 103).
        """
        town = cls(connection, Company(connection), **more)
        orange = await town.company.branch("Orange")
        await town.company.manager(branch=orange, telegram_id="101")
        await town.company.leader("Chris Jordan", telegram_id="102", attic_tech_user_id=7)
        await town.company.leader("Ana Ruiz", telegram_id="103", attic_tech_user_id=8)
        await town.put("roles", LEADER, name="Crew Leader")
        await town.put("roles", MEMBER, name="Crew Member")
        await town.put("branches", 1, name=" orange")
        await town.put("users", 7, name="Chris Jordan", roles=[LEADER])
        await town.put("users", 8, name="Ana Ruiz", roles=[LEADER])
        await town.put("users", 9, name="Leo Paz", roles=[MEMBER])
        await town.put("clients", 1, fullName="Pat Customer", phone="(619) 555-0142")
        await town.put("properties", 1, client=1, address="12 Elm St", city="Orange")
        await town.compared()
        if not first_contact:
            await town.end_first_contact()
        return town

    async def end_first_contact(self) -> None:
        await self.decide()
        await self.new_alerts()

    async def compared(self, at: datetime | None = None) -> None:
        """Every collection was compared at this time (an hour ago, unless told otherwise)."""
        for collection in ("jobs", "estimates"):
            await self.connection.execute(
                "INSERT INTO botzilla.sync_cursor (collection, compared_from) VALUES ($1, $2)"
                " ON CONFLICT (collection) DO UPDATE SET compared_from = EXCLUDED.compared_from",
                collection,
                at or NOW - timedelta(hours=1),
            )

    async def put(
        self, collection: str, id: int, *, created_at: datetime | None = None, **fields: Any
    ) -> None:
        """What Attic Tech shows of a document from now on; fields left out stay as they were."""
        key = (collection, id)
        fresh = key not in self._documents
        document = self._documents.setdefault(key, {})
        document.update(fields)
        self.clock += timedelta(minutes=1)
        await self.connection.execute(
            "INSERT INTO botzilla.attic_tech_document"
            " (collection, id, fields, refs, created_at, updated_at)"
            " VALUES ($1, $2, $3, $4, $5, $6)"
            " ON CONFLICT (collection, id) DO UPDATE SET fields = EXCLUDED.fields,"
            " refs = EXCLUDED.refs, updated_at = EXCLUDED.updated_at, state = 'present'",
            collection,
            id,
            document,
            refs_of(collection, document),
            created_at or NOW,
            self.clock,
        )
        await self.mark(collection, id, fresh=fresh)

    async def mark(self, collection: str, id: int, *, fresh: bool = False) -> None:
        await self.connection.execute(
            "INSERT INTO botzilla.sync_touched (collection, id, fresh) VALUES ($1, $2, $3)"
            " ON CONFLICT (collection, id) DO NOTHING",
            collection,
            id,
            fresh,
        )

    async def state(self, collection: str, id: int, state: str) -> None:
        """The document is `gone` or `hidden` from now on; a hidden one may never have been seen."""
        await self.connection.execute(
            "INSERT INTO botzilla.attic_tech_document (collection, id, state) VALUES ($1, $2, $3)"
            " ON CONFLICT (collection, id) DO UPDATE SET state = EXCLUDED.state",
            collection,
            id,
            state,
        )
        await self.mark(collection, id)

    async def estimate(self, id: int, status: str = "Sold", **fields: Any) -> None:
        """An estimate of the branch Orange with a customer and an address."""
        known = {"name": f"Estimate {id}", "branch": 1, "client": 1, "property": 1}
        base = {} if ("estimates", id) in self._documents else known
        await self.put("estimates", id, **base | {"status": status} | fields)

    async def job(self, id: int, status: str, **fields: Any) -> None:
        """A job of an estimate in Orange; `estimate=None` for none."""
        if ("jobs", id) not in self._documents:
            fields = {"name": f"Job {id}", "assignedCrew": [], "job_estimate": 100 + id} | fields
            if fields["job_estimate"] == 100 + id:
                await self.estimate(100 + id)
        await self.put("jobs", id, status=status, **fields)

    async def decide(self, *, accept: bool = False) -> Decided:
        return await decide(self.connection, Run(1, accept, operators=self.operators), nothing)

    async def new_alerts(self) -> list[tuple[str, str, str]]:
        """Alerts that are new since the last call: (kind, Telegram id or reason, state)."""
        rows = await self.connection.fetch(
            "SELECT id, kind, telegram_id, reason, state FROM botzilla.alert"
            " WHERE id > $1 ORDER BY id",
            self._seen,
        )
        self._seen = max([self._seen, *(row["id"] for row in rows)])
        return [(row["kind"], row["telegram_id"] or row["reason"], row["state"]) for row in rows]

    async def news(self, *, accept: bool = False) -> list[tuple[str, str, str]]:
        """Decide, and return the alerts that are new."""
        await self.decide(accept=accept)
        return await self.new_alerts()

    async def told(self) -> None:
        """Everything due was delivered."""
        await self.connection.execute(
            "UPDATE botzilla.alert SET state = 'delivered', delivered_at = now()"
            " WHERE state = 'pending'"
        )

    async def row(self, job_id: int) -> dict[str, Any]:
        """The row of `job_sync` of a job."""
        row = await self.connection.fetchrow(
            "SELECT * FROM botzilla.job_sync WHERE attic_tech_job_id = $1", job_id
        )
        assert row is not None
        return dict(row)
