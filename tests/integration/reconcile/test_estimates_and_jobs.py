"""A sold estimate, its job, further jobs, and what becomes of rows, alerts and log on the way."""

from datetime import timedelta

import pytest

from sync.postgres.pool import Connection
from tests.mirror import NOW, Town

RCL, PIP = "Requires Crew Lead", "Plans In Progress"
LONG_AGO = NOW - timedelta(days=300)


@pytest.fixture
async def town(connection: Connection) -> Town:
    return await Town.build(connection)


async def rows(town: Town) -> list[tuple[int | None, int | None, bool]]:
    """Job, estimate, gone: of every row."""
    found = await town.connection.fetch(
        "SELECT attic_tech_job_id, attic_tech_estimate_id, gone_at IS NOT NULL"
        " FROM botzilla.job_sync ORDER BY id"
    )
    return [tuple(row) for row in found]


async def test_the_lowest_job_takes_the_estimates_row_and_further_jobs_get_their_own(
    town: Town,
) -> None:
    await town.estimate(50)
    await town.news()
    await town.job(4, RCL, job_estimate=50)
    await town.job(3, RCL, job_estimate=50)
    assert await town.news() == [("crew_lead_needed", "101", "pending")]
    assert await rows(town) == [(3, 50, False), (4, 50, False)]


async def test_a_job_linked_to_an_estimate_later_takes_over_its_row(town: Town) -> None:
    await town.estimate(50)
    await town.job(3, RCL, job_estimate=None)
    assert len(await town.news()) == 2
    await town.job(3, RCL, job_estimate=50)
    assert await town.news() == []
    assert await rows(town) == [(3, 50, False)]
    kept = await town.connection.fetchrow(
        "SELECT count(job_sync_id), count(DISTINCT job_sync_id) FROM botzilla.alert"
    )
    assert kept is not None
    assert tuple(kept) == (2, 1)


async def test_the_estimate_that_a_job_leaves_needs_a_crew_lead_itself(town: Town) -> None:
    await town.estimate(50)
    await town.estimate(51)
    await town.job(3, PIP, job_estimate=50, assignedCrew=[7])
    await town.news()
    await town.job(3, PIP, job_estimate=51)
    assert await town.news() == [("crew_lead_needed", "101", "pending")]
    assert await rows(town) == [(3, 51, False), (None, 50, False)]


async def test_sold_undone_before_a_job_is_gone_and_sold_anew_is_told_again(town: Town) -> None:
    await town.estimate(50)
    assert await town.news() == [("crew_lead_needed", "101", "pending")]
    await town.estimate(50, "Lost")
    assert await town.news() == []
    assert await rows(town) == [(None, 50, True)]
    await town.estimate(50, " SOLD")
    assert await town.news() == [("crew_lead_needed", "101", "pending")]
    assert await rows(town) == [(None, 50, False)]


@pytest.mark.parametrize("sold", ["Sold", " SOLD\t", "\u00a0sold\n"])
async def test_a_corrected_phone_reaches_an_estimate_however_sold_is_written(
    town: Town, sold: str
) -> None:
    await town.estimate(50, sold)
    assert await town.news() == [("crew_lead_needed", "101", "pending")]
    await town.put("clients", 1, phone="(619) 555-0199")
    assert await town.news() == []
    phone = "SELECT attic_tech_data ->> 'phone' FROM botzilla.job_sync"
    assert await town.connection.fetchval(phone) == "(619) 555-0199"


async def test_an_estimate_that_had_a_job_gets_no_row_again_unless_sold_anew(town: Town) -> None:
    await town.job(3, RCL, job_estimate=None)
    await town.estimate(50)
    await town.job(3, RCL, job_estimate=50)
    await town.news()
    await town.state("jobs", 3, "gone")
    await town.mark("estimates", 50)
    assert await town.news() == []
    await town.estimate(50, "Released")
    await town.news()
    await town.estimate(50, "Sold")
    assert await town.news() == [("crew_lead_needed", "101", "pending")]
    assert await rows(town) == [(3, 50, True), (None, 50, False)]


async def test_an_old_estimate_that_becomes_sold_is_a_change_and_told(town: Town) -> None:
    await town.put("estimates", 50, name="E", branch=1, status="Released", created_at=LONG_AGO)
    assert await town.news() == []
    await town.put("estimates", 50, status="Sold", created_at=LONG_AGO)
    assert await town.news() == [("crew_lead_needed", "101", "pending")]


async def test_what_is_new_to_us_but_old_in_attic_tech_is_adopted_silently_and_counted(
    town: Town,
) -> None:
    await town.put("estimates", 50, name="E", branch=1, status="Sold", created_at=LONG_AGO)
    await town.put(
        "jobs", 3, name="J", status=PIP, assignedCrew=[7], job_estimate=50, created_at=LONG_AGO
    )
    decided = await town.decide()
    assert decided.adopted == 1
    assert await town.new_alerts() == [("first_contact", "101", "pending")]
    facts = await town.connection.fetchval("SELECT facts FROM botzilla.alert ORDER BY id DESC")
    assert facts == {"collection": "jobs", "count": 1}
    assert await town.connection.fetchval("SELECT count(*) FROM botzilla.job_state_change_log") == 0


async def test_a_silently_adopted_estimate_is_told_when_its_job_appears(town: Town) -> None:
    town.operators = (999,)
    await town.put("estimates", 50, name="E", branch=1, status="Sold", created_at=LONG_AGO)
    assert await town.news() == [("first_contact", "999", "pending")]
    await town.job(3, RCL, job_estimate=50)
    assert await town.news() == [("crew_lead_needed", "101", "pending")]


async def test_a_silently_adopted_leader_counts_as_told(town: Town) -> None:
    await town.put("jobs", 3, name="J", status=PIP, assignedCrew=[7], created_at=LONG_AGO)
    await town.news()
    await town.job(3, "Pending Review")
    assert await town.news() == [("plan_ready_for_review", "101", "pending")]


async def test_a_row_found_in_job_sync_is_adopted_silently_whatever_it_says(town: Town) -> None:
    await town.connection.execute(
        "INSERT INTO botzilla.job_sync (attic_tech_job_id, job_name, notification_sent)"
        " VALUES (3, 'old', true)"
    )
    await town.job(3, PIP, assignedCrew=[7])
    assert await town.news() == []
    await town.job(3, PIP, assignedCrew=[8])
    assert await town.news() == [
        ("job_reassigned", "103", "pending"),
        ("job_taken_away", "102", "pending"),
    ]


async def test_a_job_gone_before_we_decided_on_it_never_was(town: Town) -> None:
    await town.job(3, PIP, assignedCrew=[7], job_estimate=None)
    await town.state("jobs", 3, "gone")
    assert await town.news() == []
    assert await rows(town) == []


async def test_seen_again_unchanged_nothing_is_written(town: Town) -> None:
    await town.job(3, PIP, assignedCrew=[7])
    await town.news()
    before = await town.row(3)
    await town.mark("jobs", 3)
    await town.mark("clients", 1)
    await town.mark("roles", 1)
    assert await town.news() == []
    assert await town.row(3) == before


async def test_the_log_says_when_attic_tech_changed_it_and_from_what(town: Town) -> None:
    await town.job(3, RCL)
    await town.news()
    await town.job(3, PIP, assignedCrew=[7])
    stamp = town.clock
    await town.news()
    log = await town.connection.fetchrow(
        "SELECT p.name AS previous, n.name AS new, l.changed_at, l.change_metadata"
        " FROM botzilla.job_state_change_log l JOIN botzilla.job_status n ON n.id = l.new_status_id"
        " JOIN botzilla.job_status p ON p.id = l.previous_status_id ORDER BY l.id DESC"
    )
    assert log is not None
    assert (log["previous"], log["new"], log["changed_at"]) == (RCL, PIP, stamp)
    assert log["change_metadata"]["source"] == "jobsync"
    view = await town.connection.fetchrow(
        "SELECT * FROM botzilla.v_job_sync_details WHERE attic_tech_job_id = 3"
    )
    assert view is not None
    assert (view["current_status"], view["previous_status"]) == (PIP, RCL)
    assert view["crew_leader_name"] == "Chris Jordan"


async def test_a_state_too_long_to_store_keeps_its_words(town: Town) -> None:
    words = "Waiting for " + "x" * 60
    await town.job(3, words)
    await town.news()
    row = await town.row(3)
    assert row["job_status_id"] is None
    assert row["attic_tech_data"]["status"] == words


async def test_12_only_our_two_columns_on_botzillas_job_and_never_by_name(town: Town) -> None:
    insert = (
        "INSERT INTO botzilla.job (name, estimate_id, note, notification_sent)"
        " VALUES ($1, $2, 'mine', true) RETURNING id"
    )
    await town.connection.execute(
        "INSERT INTO botzilla.estimate (id, name, attic_tech_estimate_id) VALUES (900, 'E', 103)"
    )
    linked = await town.connection.fetchval(insert, "Whatever", 900)
    named = await town.connection.fetchval(insert, "Job 3", None)
    await town.job(3, PIP, assignedCrew=[7])
    await town.news()
    jobs = await town.connection.fetch(
        "SELECT id, attic_tech_job_id, last_synced_at IS NOT NULL, note, status_id,"
        " notification_sent"
        " FROM botzilla.job ORDER BY id"
    )
    assert [tuple(job) for job in jobs] == [
        (linked, 3, True, "mine", None, True),
        (named, None, False, "mine", None, True),
    ]
