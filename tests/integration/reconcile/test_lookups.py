"""What marks concern, and what documents point at, as PostgreSQL looks it up and as Python says it
in a few naive lines: the same in any small mirror.
"""

import random
from dataclasses import dataclass, field
from typing import Any

import pytest

from sync.postgres.pool import Connection
from sync.reconcile import _SQL as MARKS
from sync.reconcile.batch import _SQL as BATCH
from tests.mirror import refs_of

Key = tuple[str, int]
_THERE = ("present", "set_aside")


@dataclass
class Mirror:
    """A few documents of each collection, pointing at each other as chance has it."""

    dice: random.Random
    documents: dict[Key, tuple[str, dict[str, Any]]] = field(default_factory=dict)
    marks: set[Key] = field(default_factory=set)
    rows: dict[int, int | None] = field(default_factory=dict)  # job -> its row's estimate

    def __post_init__(self) -> None:
        for collection in ("roles", "branches", "clients", "properties", "users"):
            self._add(collection, self.dice.randint(1, 3))
        self._add("estimates", 6)
        self._add("jobs", 6)
        self.marks = {key for key in self.documents if self.dice.random() < 0.15}
        self.rows = {
            job: self.dice.choice([None, *range(1, 8)])
            for job in range(1, 8)
            if self.dice.random() < 0.7
        }

    def _add(self, collection: str, number: int) -> None:
        for id in range(1, number + 1):
            state = self.dice.choices(["present", "gone", "hidden", "set_aside"], [6, 1, 1, 1])[0]
            fields = {} if state == "hidden" else self._fields(collection)
            self.documents[collection, id] = (state, fields)

    def _fields(self, collection: str) -> dict[str, Any]:
        one, some = self._one, self._some
        return {
            "roles": dict,
            "branches": dict,
            "clients": dict,
            "properties": lambda: {"client": one(3)},
            "users": lambda: {"roles": some(3), "branches": some(3)},
            "estimates": lambda: {
                "status": self.dice.choice(["Sold", " sold ", "Open", None]),
                "user": one(3),
                "branch": one(3),
                "client": one(3),
                "property": one(3),
            },
            "jobs": lambda: {"job_estimate": one(7), "assignedCrew": some(3)},
        }[collection]()

    def _one(self, among: int) -> int | None:
        return self.dice.choice([None, *range(1, among + 1)])

    def _some(self, among: int) -> list[int]:
        return self.dice.sample(range(1, among + 1), self.dice.randint(0, 2))

    async def store(self, connection: Connection) -> None:
        await connection.execute(
            "TRUNCATE botzilla.attic_tech_document, botzilla.sync_touched, botzilla.job_sync"
            " CASCADE"
        )
        for (collection, id), (state, fields) in self.documents.items():
            await connection.execute(
                "INSERT INTO botzilla.attic_tech_document (collection, id, state, fields, refs)"
                " VALUES ($1, $2, $3, $4, $5)",
                *(collection, id, state, fields, refs_of(collection, fields)),
            )
        await connection.executemany(
            "INSERT INTO botzilla.sync_touched (collection, id) VALUES ($1, $2)", list(self.marks)
        )
        await connection.executemany(
            "INSERT INTO botzilla.job_sync (attic_tech_job_id, attic_tech_estimate_id)"
            " VALUES ($1, $2)",
            list(self.rows.items()),
        )

    def marked(self, collection: str) -> set[int]:
        return {id for kind, id in self.marks if kind == collection}

    def pointing(self, collection: str, at: str, ids: set[int]) -> set[int]:
        """Documents of the collection that point at any of these."""
        refs = {f"{at}:{id}" for id in ids}
        return {
            id
            for (kind, id), (_, fields) in self.documents.items()
            if kind == collection and refs & set(refs_of(kind, fields))
        }

    def there(self, collection: str, id: int | None) -> dict[str, Any] | None:
        """The fields of a document that counts as there."""
        state, fields = self.documents.get((collection, id or 0), ("gone", {}))
        return fields if state in _THERE else None


def spread(mirror: Mirror) -> set[Key]:
    """All marks, once those of other collections have become marks of jobs and estimates."""
    clients, estimates = mirror.marked("clients"), mirror.marked("estimates")
    users = mirror.marked("users") | mirror.pointing("users", "roles", mirror.marked("roles"))
    properties = mirror.marked("properties") | mirror.pointing("properties", "clients", clients)
    concerned = (
        mirror.pointing("estimates", "users", users)
        | mirror.pointing("estimates", "properties", properties)
        | mirror.pointing("estimates", "branches", mirror.marked("branches"))
        | mirror.pointing("estimates", "clients", clients)
    )
    jobs = mirror.pointing("jobs", "users", users)
    jobs |= mirror.pointing("jobs", "estimates", concerned | estimates)
    fields = {id: mirror.documents["estimates", id][1] for id in concerned}
    sold = {id for id in concerned if "sold" in (fields[id].get("status") or "").lower()}
    left = {
        mirror.rows[job]
        for job in mirror.marked("jobs")
        if mirror.rows.get(job)
        and mirror.rows[job] != mirror.documents["jobs", job][1].get("job_estimate")
    }
    return (
        mirror.marks
        | {("jobs", id) for id in jobs}
        | {("estimates", id) for id in sold}
        | {("estimates", id) for id in left if id}
    )


def source(mirror: Mirror, collection: str, id: int) -> dict[str, Any] | None:
    """A marked job or estimate with what it points at."""
    state, fields = mirror.documents.get((collection, id), ("", {}))
    if state not in ("present", "gone"):
        return None
    is_job = collection == "jobs"
    estimate = mirror.there("estimates", fields.get("job_estimate")) or {} if is_job else fields
    place = mirror.there("properties", estimate.get("property")) or {}
    client = mirror.there("clients", estimate.get("client") or place.get("client")) or {}
    has_job = not is_job and any(
        mirror.there("jobs", job) is not None for job in mirror.pointing("jobs", "estimates", {id})
    )
    return {
        "job_id": id if is_job else None,
        "estimate_id": fields.get("job_estimate") if is_job else id,
        "state": state,
        "has_job": has_job,
        "job": fields if is_job else {},
        "estimate": estimate,
        "client": client,
        "place": place,
    }


@pytest.fixture
def mirrors() -> list[Mirror]:
    """Sixty of them."""
    return [Mirror(random.Random(seed)) for seed in range(60)]


async def test_marks_spread_to_whatever_points_there(connection, mirrors):
    for mirror in mirrors:
        await mirror.store(connection)
        await connection.execute(MARKS["spread"])
        found = await connection.fetch("SELECT collection, id FROM botzilla.sync_touched")
        assert {tuple(row) for row in found} == spread(mirror)


async def test_what_is_marked_comes_with_what_it_points_at(connection, mirrors):
    for mirror in mirrors:
        await mirror.store(connection)
        found = await connection.fetch(BATCH["sources"], list(range(1, 8)), list(range(1, 8)))
        wanted = [source(mirror, kind, id) for kind in ("jobs", "estimates") for id in range(1, 8)]
        assert [{k: v for k, v in row.items() if not k.endswith("_at")} for row in found] == [
            one for one in wanted if one
        ]


async def test_the_rows_of_jobs_and_estimates_are_each_found_once(connection, mirrors):
    for mirror in mirrors[:20]:
        await mirror.store(connection)
        jobs, estimates = {1, 2, 3}, {3, 4}
        found = await connection.fetch(BATCH["rows"], list(jobs), list(estimates), [])
        assert sorted(row["attic_tech_job_id"] for row in found) == sorted(
            job for job, estimate in mirror.rows.items() if job in jobs or estimate in estimates
        )
