"""Incidents that really happened, as far as deciding caused them; the others stand beside this
file.
"""

import pytest

from sync.postgres.pool import Connection
from tests.mirror import Town

PIP, PR = "Plans In Progress", "Pending Review"


@pytest.fixture
async def town(connection: Connection) -> Town:
    return await Town.build(connection)


async def delivered(town: Town) -> None:
    """What the delivery does for the seed's column when the leader's alert was accepted."""
    await town.told()
    await town.connection.execute("UPDATE botzilla.job_sync SET notification_sent = true")


async def test_incident_02_only_the_first_operation_manager_of_a_branch_was_told(
    town: Town,
) -> None:
    for telegram_id in ("104", "105"):
        await town.company.manager(branch=1, telegram_id=telegram_id)
    await town.job(1, "Requires Crew Lead")
    assert {who for _, who, _ in await town.news()} == {"101", "104", "105"}


async def test_incident_06_duplicate_branches_from_a_trailing_space(town: Town) -> None:
    bernardino = await town.company.branch("San Bernardino")
    await town.company.manager(branch=bernardino, telegram_id="201")
    await town.put("branches", 2, name="San  bernardino ")
    await town.estimate(50, branch=2)
    assert await town.news() == [("crew_lead_needed", "201", "pending")]
    assert await town.connection.fetchval("SELECT count(*) FROM botzilla.branch") == 2


async def test_incident_08_the_same_alert_went_out_on_every_run_for_weeks(town: Town) -> None:
    await town.put("users", 11, name="Nobody Known", roles=[1])
    await town.job(1, PIP, assignedCrew=[11])
    await town.estimate(50)
    assert len(await town.news()) == 3
    for _ in range(5):
        await town.mark("jobs", 1)
        await town.mark("users", 11)
        await town.mark("estimates", 50)
        assert await town.news() == []


async def test_incident_09_a_crew_leader_replaced_in_mid_job_was_not_told_nor_was_the_old_one(
    town: Town,
) -> None:
    await town.job(1, PIP, assignedCrew=[7])
    await town.news()
    await town.told()
    await town.job(1, "In Production", assignedCrew=[8])
    assert await town.news() == [
        ("job_reassigned", "103", "pending"),
        ("job_taken_away", "102", "pending"),
    ]


async def test_incident_10_a_job_back_from_review_was_not_announced_again(town: Town) -> None:
    await town.job(1, PIP, assignedCrew=[7])
    await town.news()
    for _ in range(2):
        await delivered(town)
        await town.job(1, PR)
        await town.news()
        assert (await town.row(1))["notification_sent"] is False
        await town.job(1, PIP)
        assert await town.news() == [("plan_changes_required", "102", "pending")]


async def test_incident_11_notification_sent_on_jobs_without_a_crew_leader(town: Town) -> None:
    await town.job(1, PIP, assignedCrew=[7])
    await town.news()
    await delivered(town)
    await town.job(1, PIP, assignedCrew=[])
    await town.news()
    row = await town.row(1)
    assert (row["notification_sent"], row["crew_leader_id"]) == (False, None)


async def test_incident_12_the_sync_overwrote_a_state_that_botzilla_had_set_on_job(
    town: Town,
) -> None:
    status = "SELECT id FROM botzilla.job_status WHERE name = 'Closed Job'"
    mine = await town.connection.fetchval(status)
    await town.connection.execute(
        "INSERT INTO botzilla.job (name, attic_tech_job_id, status_id, crew_leader_id)"
        " VALUES ('Ours', 1, $1, 1)",
        mine,
    )
    await town.job(1, PIP, assignedCrew=[8])
    await town.news()
    job = await town.connection.fetchrow(
        "SELECT name, status_id, crew_leader_id, last_synced_at IS NOT NULL FROM botzilla.job"
    )
    assert job is not None
    assert tuple(job) == ("Ours", mine, 1, True)


async def test_incident_13_a_crew_leader_matched_by_part_of_his_name(town: Town) -> None:
    await town.company.leader("Christopher Jordan", telegram_id="666")
    await town.put("users", 20, name="Christopher", roles=[1])
    await town.put("users", 21, name="Chris", roles=[1])
    await town.job(1, PIP, assignedCrew=[20])
    await town.job(2, PIP, assignedCrew=[21])
    told = await town.news()
    assert {who for kind, who, _ in told if kind == "job_assigned"} == {"not_in_database"}
