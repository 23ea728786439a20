"""Incidents that really happened, as far as reading and runs caused them."""

import asyncio

import pytest

from sync.postgres.pool import Connection
from sync.runs.runner import carry_out, request_run, run_state
from tests.attic import CHRIS, LEADER, Client, attic, client
from tests.installation import Installation, installation, other, work

__all__ = ["attic", "client", "installation", "other", "work"]


async def test_incident_01_1600_estimates_took_minutes_and_the_caller_gave_up_after_40_s(
    installation: Installation,
) -> None:
    with installation.attic.transaction() as bulk:
        for number in range(1600):
            bulk.create("estimates", {"name": f"E {number}", "status": "Sold", "branch": 1})
    run = await installation.run()
    assert (run.state, run.documents >= 1600) == ("succeeded", True)
    assert run.seconds is not None
    assert run.seconds < 40


async def test_incident_03_updated_since_yesterday_lost_changes_of_a_longer_outage(
    installation: Installation,
) -> None:
    jobs = [installation.job("Requires Crew Lead") for _ in range(3)]
    await installation.run()
    await installation.forget_alerts()
    for days, job in zip((1, 2, 4), jobs, strict=True):
        installation.attic.later(days * 86_400)
        installation.attic.patch("jobs", job, status="Plans In Progress")
    installation.attic.later(3 * 86_400)
    await installation.run()
    assert await installation.alerts() == [("job_assigned", "102")] * 3


async def test_incident_04_what_was_beyond_limit_1000_did_not_exist(
    installation: Installation, connection: Connection
) -> None:
    installation.attic.jobs(2345)
    await installation.run()
    known = await connection.fetchval("SELECT count(attic_tech_job_id) FROM botzilla.job_sync")
    assert known == 2345


@pytest.mark.parametrize("moment", range(4))
async def test_incident_05_documents_changed_while_the_sync_was_reading_were_missed(
    installation: Installation, client: Client, moment: int
) -> None:
    """Behind the reader, under it and before it, between any two of its pages."""
    jobs = [installation.job("Requires Crew Lead") for _ in range(6)]
    await installation.run()
    await installation.forget_alerts()
    installation.attic.later(600)
    for job in jobs:
        installation.attic.patch("jobs", job, name=f"Touched {job}")
    client.size = 2
    pages = iter(range(1000))

    def meanwhile() -> None:
        if next(pages) == moment:
            for job in (jobs[0], jobs[3], jobs[5]):
                installation.attic.later(0.5)
                installation.attic.patch("jobs", job, status="Plans In Progress")
            installation.attic.jobs(1, status="Plans In Progress", assignedCrew=[CHRIS])

    client.between = meanwhile
    await installation.run()
    installation.attic.later(1)
    await installation.run()
    assert await installation.alerts() == [("job_assigned", "102")] * 4


async def test_incident_14_without_roles_nobody_was_a_crew_leader_and_nobody_was_told(
    installation: Installation,
) -> None:
    installation.job("Plans In Progress")
    await installation.run()
    await installation.forget_alerts()
    installation.attic.faults.hidden_fields.add(("users", "roles"))
    installation.attic.later(60)
    installation.attic.patch("users", CHRIS, roles=[LEADER])
    run = await installation.run()
    assert run.state == "failed"
    assert "roles" in (run.error or "").lower()
    assert await installation.alerts() == [("source_unreadable", "900")]


async def test_incident_15_two_syncs_at_the_same_time_told_everybody_twice(
    installation: Installation, connection: Connection, other: Connection
) -> None:
    job = installation.job("Requires Crew Lead")
    await installation.run()
    await installation.forget_alerts()
    installation.attic.later(60)
    installation.attic.patch("jobs", job, status="Plans In Progress")
    asked = [
        await request_run(connection, "incremental"),
        await request_run(other, "full"),
    ]
    async with asyncio.TaskGroup() as group:
        for own, run_id in zip((connection, other), asked, strict=True):
            group.create_task(carry_out(own, installation.work, run_id, every=0.01))
    one, two = [await run_state(connection, run_id) for run_id in asked]
    assert (one.state, two.state) == ("succeeded", "succeeded")
    assert one.finished_at is not None
    assert two.began_at is not None
    assert one.finished_at <= two.began_at
    assert await installation.alerts() == [("job_assigned", "102")]
