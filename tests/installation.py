"""An installation as tests of runs see it: runs are asked for, carried out, and told of."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from sync.postgres.pool import Connection, connect
from sync.reconcile import decide
from sync.runs.runner import Kind, RunState, Work, carry_out, request_run
from tests.attic import CHRIS, OVERLAP, Attic, Client
from tests.scene import Company


@dataclass
class Installation:
    """Everything together, on one connection."""

    connection: Connection
    attic: Attic
    work: Work

    async def run(self, kind: Kind = "incremental", *, accept: bool = False) -> RunState:
        """One run, from its request to its end."""
        run_id = await request_run(self.connection, kind, accept=accept)
        return await carry_out(self.connection, self.work, run_id)

    def job(self, status: str, **fields: Any) -> int:
        """A job of a new estimate in Orange, led by Chris unless told otherwise."""
        estimate = self.attic.create("estimates", name="E", status="Sold", branch=1)
        given = {"name": "J", "assignedCrew": [CHRIS], "job_estimate": estimate} | fields
        return self.attic.create("jobs", status=status, **given)

    async def alerts(self) -> list[tuple[str, str | None]]:
        """(kind, Telegram id) of every alert, in the order in which they were stored."""
        rows = await self.connection.fetch(
            "SELECT kind, telegram_id FROM botzilla.alert ORDER BY id"
        )
        return [(row["kind"], row["telegram_id"]) for row in rows]

    async def forget_alerts(self) -> None:
        await self.connection.execute("DELETE FROM botzilla.alert")

    async def runs(self) -> list[tuple[str, str]]:
        """(kind, state) of every run."""
        rows = await self.connection.fetch("SELECT kind, state FROM botzilla.sync_run ORDER BY id")
        return [(row["kind"], row["state"]) for row in rows]


@pytest.fixture
def work(client: Client) -> Work:
    """What runs work with: the real second half, one operator."""
    return Work(client, decide, OVERLAP, (900,))


@pytest.fixture
async def installation(
    connection: Connection, company: Company, attic: Attic, work: Work
) -> Installation:
    """A company with a manager (101) and a leader (102), whose first contact is still to come."""
    orange = await company.branch("Orange")
    await company.manager(branch=orange, telegram_id="101")
    await company.leader("Chris Jordan", telegram_id="102", attic_tech_user_id=2)
    attic.create("branches", name="Orange")
    return Installation(connection, attic, work)


@pytest.fixture
async def other(database_url: str) -> AsyncIterator[Connection]:
    """A second connection, as of another process."""
    opened = await connect(database_url)
    yield opened
    await opened.close()
