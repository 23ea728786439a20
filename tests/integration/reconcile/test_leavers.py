"""A leader who leaves: his managers hear of it once, with all of his jobs, and each of his own."""

from typing import Any
from uuid import uuid4

import pytest

from sync.model.alerts import Reason
from sync.postgres.pool import Connection
from sync.reconcile.bounces import record_refusal
from tests.mirror import Town

RCL, PIP, PR = "Requires Crew Lead", "Plans In Progress", "Pending Review"
PRODUCTION, CLOSED = "In Production", "Closed Job"
LEFT = "crew_leader_unreachable"
WAYS = {
    "inactive": "UPDATE botzilla.employee SET status = 'inactive' WHERE attic_tech_user_id = 7",
    "rejected": "UPDATE botzilla.employee SET status = 'rejected' WHERE attic_tech_user_id = 7",
    "deleted": "UPDATE botzilla.employee SET is_deleted = true WHERE attic_tech_user_id = 7",
}


@pytest.fixture
async def town(connection: Connection) -> Town:
    await connection.execute(
        "ALTER TABLE botzilla.employee"
        " ADD COLUMN IF NOT EXISTS is_deleted boolean NOT NULL DEFAULT false"
    )
    built = await Town.build(connection)
    await built.told()  # first contact's
    return built


async def leads(town: Town, *jobs: int, status: str = PIP, leader: int = 7) -> None:
    """He leads these jobs and was told of all of them."""
    for number in jobs:
        await town.job(number, status, assignedCrew=[leader])
    await town.news()
    await town.told()


async def leaves(town: Town, way: str = "inactive") -> None:
    await town.connection.execute(WAYS[way])


async def comes_back(town: Town) -> None:
    await town.connection.execute(
        "UPDATE botzilla.employee SET status = 'active', is_deleted = false"
        " WHERE attic_tech_user_id = 7"
    )


async def notices(town: Town) -> list[tuple[str, str, str, list[int]]]:
    """(address, name, reason, jobs) of what was told of leavers, oldest first."""
    rows = await town.connection.fetch(
        "SELECT telegram_id, facts FROM botzilla.alert"
        " WHERE kind = 'crew_leader_unreachable' AND job_sync_id IS NULL ORDER BY id"
    )
    return [
        (r["telegram_id"], f["leader"], f["reason"], [job["job_id"] for job in f["jobs"]])
        for r in rows
        for f in [r["facts"]]
    ]


async def due(town: Town) -> list[tuple[str, str]]:
    rows = await town.connection.fetch(
        "SELECT kind, telegram_id FROM botzilla.alert WHERE state = 'pending' ORDER BY id"
    )
    return [tuple(row) for row in rows]


async def second_branch(town: Town) -> None:
    """Irvine (AT 2), with the manager 201."""
    irvine = await town.company.branch("Irvine")
    await town.company.manager(branch=irvine, telegram_id="201")
    await town.put("branches", 2, name="Irvine")
    await town.decide()
    await town.new_alerts()


async def sending(town: Town) -> tuple[int, Any]:
    """The oldest pending alert was claimed by us."""
    lease = uuid4()
    claimed = await town.connection.fetchval(
        "UPDATE botzilla.alert SET state = 'sending', lease_token = $1,"
        " lease_until = now() + interval '1 minute'"
        " WHERE id = (SELECT min(id) FROM botzilla.alert WHERE state = 'pending') RETURNING id",
        lease,
    )
    return claimed, lease


@pytest.mark.parametrize("way", WAYS)
async def test_managers_get_one_message_that_lists_his_active_jobs(town: Town, way: str) -> None:
    await leads(town, 1, 2)
    await leads(town, 3, status=CLOSED)
    await town.job(4, RCL, assignedCrew=[7])
    await leads(town, 5, leader=8)
    await leaves(town, way)
    await town.decide()
    assert await due(town) == [(LEFT, "101")]
    assert await notices(town) == [("101", "Chris Jordan", "inactive", [1, 2])]


async def test_blocked_in_attic_tech_is_left_and_his_jobs_have_no_leader(town: Town) -> None:
    await leads(town, 1, 2)
    await town.put("users", 7, isBlocked=True)
    await town.decide()
    assert await due(town) == [
        (LEFT, "101"),
        ("crew_lead_missing", "101"),
        ("crew_lead_missing", "101"),
    ]
    assert await notices(town) == [("101", "Chris Jordan", "blocked_in_attic_tech", [1, 2])]


async def test_who_leaves_without_an_active_job_is_nobodys_business(town: Town) -> None:
    await leads(town, 1, status=CLOSED)
    await leaves(town)
    assert await town.news() == []


async def test_each_manager_hears_of_the_jobs_of_his_branches(town: Town) -> None:
    await second_branch(town)
    third = await town.company.branch("Tulsa")
    await town.company.manager(branch=third, telegram_id="301")
    await town.estimate(102, branch=2)
    await leads(town, 1)
    await town.job(2, PIP, assignedCrew=[7], job_estimate=102)
    await leads(town, 3)
    await leaves(town)
    await town.decide()
    assert await notices(town) == [
        ("101", "Chris Jordan", "inactive", [1, 3]),
        ("201", "Chris Jordan", "inactive", [2]),
    ]


async def test_one_reader_by_two_roles_gets_one_message(town: Town) -> None:
    town.operators = (101,)
    await leads(town, 1)
    await town.job(2, PIP, assignedCrew=[7], job_estimate=None)
    await town.news()
    await leaves(town)
    await town.decide()
    assert [(to, jobs) for to, _, _, jobs in await notices(town)] == [("101", [1, 2])]


async def test_later_changes_of_his_jobs_do_not_repeat_it(town: Town) -> None:
    await leads(town, 1)
    await leaves(town)
    await town.decide()
    await town.told()
    await town.new_alerts()
    assert await town.news() == []
    await town.job(1, PR)
    assert await town.news() == [("plan_ready_for_review", "101", "pending")]
    await town.job(1, PIP)
    assert await town.news() == [("plan_changes_required", "102", "undeliverable")]
    await town.job(1, PRODUCTION)
    assert await town.news() == [("state_changed", "102", "undeliverable")]


async def test_a_new_job_given_to_him_later_has_its_own_message(town: Town) -> None:
    await leads(town, 1)
    await leaves(town)
    await town.decide()
    await town.told()
    await town.new_alerts()
    await town.job(2, PIP, assignedCrew=[7])
    assert await town.news() == [
        ("job_assigned", "102", "undeliverable"),
        (LEFT, "101", "pending"),
    ]
    assert len(await notices(town)) == 1


async def test_a_job_that_comes_to_him_again_has_its_own_message(town: Town) -> None:
    await leads(town, 1)
    await leaves(town)
    await town.decide()
    await town.job(1, PIP, assignedCrew=[8])
    await town.decide()
    await town.told()
    await town.new_alerts()
    await town.job(1, PIP, assignedCrew=[7])
    assert await town.news() == [
        ("job_reassigned", "102", "undeliverable"),
        (LEFT, "101", "pending"),
        ("job_taken_away", "103", "pending"),
    ]


async def test_what_waited_for_him_goes_out_when_he_comes_back_and_his_leaving_again_is_told_again(
    town: Town,
) -> None:
    await leads(town, 1)
    await leaves(town)
    await town.decide()
    await town.told()
    await town.job(1, PR)
    await town.decide()
    await town.told()
    await town.job(1, PIP)
    await town.decide()
    assert await due(town) == []
    await comes_back(town)
    await town.decide()
    assert await due(town) == [("plan_changes_required", "102")]
    await town.told()
    await leaves(town)
    await town.decide()
    assert await due(town) == [(LEFT, "101")]
    assert len(await notices(town)) == 2


async def test_another_reason_of_a_leaver_is_no_second_leaving(town: Town) -> None:
    await leads(town, 1)
    await leaves(town)
    await town.decide()
    await town.put("users", 7, isBlocked=True)
    await town.decide()
    assert len(await notices(town)) == 1


async def test_who_could_not_be_reached_before_he_left_is_a_leaver_as_well(town: Town) -> None:
    await town.connection.execute(
        "UPDATE botzilla.employee SET telegram_id = NULL WHERE attic_tech_user_id = 7"
    )
    await town.job(1, PIP, assignedCrew=[7])
    assert (LEFT, "101", "pending") in await town.news()
    await leaves(town)
    await town.decide()
    assert await notices(town) == [("101", "Chris Jordan", "inactive", [1])]


async def test_whom_two_users_would_be_is_neither_and_leaves_for_neither(town: Town) -> None:
    await town.connection.execute(
        "UPDATE botzilla.employee SET attic_tech_user_id = NULL, email = 'chris@example.com'"
        " WHERE attic_tech_user_id = 7"
    )
    await town.put("users", 7, email="chris@example.com")
    await town.put("users", 17, name="C. Jordan", email="chris@example.com", roles=[1])
    await leads(town, 1)
    await leads(town, 2, leader=17)
    await town.connection.execute(
        "UPDATE botzilla.employee SET status = 'inactive' WHERE email = 'chris@example.com'"
    )
    await town.decide()
    assert await notices(town) == []


async def test_in_first_contact_nobody_is_told_and_afterwards_neither(
    connection: Connection,
) -> None:
    town = await Town.build(connection, first_contact=True)
    await town.company.manager(branch=1, telegram_id=None)
    await town.job(1, PIP, assignedCrew=[7])
    await connection.execute(
        "ALTER TABLE botzilla.sync_state ADD CONSTRAINT broken CHECK (key <> 'first_contact')"
    )
    with pytest.raises(Exception, match="broken"):
        await town.decide()
    await leaves(town)
    with pytest.raises(Exception, match="broken"):
        await town.decide()
    assert await town.new_alerts() == []
    await connection.execute("ALTER TABLE botzilla.sync_state DROP CONSTRAINT broken")
    await town.decide()
    await town.decide()
    assert await notices(town) == []


async def test_users_blocked_by_the_dozen_are_a_mistake_of_attic_tech_and_no_leavers(
    town: Town,
) -> None:
    await leads(town, *range(1, 8))
    await leads(town, *range(8, 13), leader=8)
    for user in (7, 8):
        await town.put("users", user, isBlocked=True)
    assert await town.news() == [("mass_change_held", "101", "pending")]
    assert await notices(town) == []


async def test_delivery_that_meets_it_first_tells_it_and_the_next_run_does_not(town: Town) -> None:
    await leads(town, 2)
    await town.job(1, PIP, assignedCrew=[7])
    await town.news()
    await leaves(town)
    alert, lease = await sending(town)
    assert await record_refusal(town.connection, alert, lease, Reason.INACTIVE, ())
    assert await due(town) == [(LEFT, "101")]
    assert await notices(town) == [("101", "Chris Jordan", "inactive", [1, 2])]
    await town.decide()
    assert await due(town) == [(LEFT, "101")]
    assert len(await notices(town)) == 1


async def test_a_run_that_met_it_first_leaves_delivery_nothing_to_tell(town: Town) -> None:
    await town.job(1, PIP, assignedCrew=[7])
    await town.news()
    alert, lease = await sending(town)
    await leaves(town)
    await town.decide()
    assert await record_refusal(town.connection, alert, lease, Reason.INACTIVE, ())
    assert await due(town) == [(LEFT, "101")]
    assert await notices(town) == [("101", "Chris Jordan", "inactive", [1])]


async def test_what_stands_in_the_message_is_kept_per_job_and_is_no_alert_of_the_run(
    town: Town,
) -> None:
    await leads(town, 1, 2)
    await leaves(town)
    assert (await town.decide()).alerts == 1
    rows = await town.connection.fetch(
        "SELECT job.attic_tech_job_id, alert.state, alert.reason FROM botzilla.alert"
        " JOIN botzilla.job_sync job ON job.id = alert.job_sync_id"
        " WHERE kind = 'crew_leader_unreachable' ORDER BY alert.id"
    )
    assert [tuple(row) for row in rows] == [
        (1, "superseded", "in_one_message"),
        (2, "superseded", "in_one_message"),
    ]
