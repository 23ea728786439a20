"""The table of alerts, row by row, against a real database: what happened in Attic Tech, who is
told what.
"""

import pytest

from sync.postgres.pool import Connection
from tests.mirror import Town

pytestmark = pytest.mark.every_server

RCL, PIP, PR = "Requires Crew Lead", "Plans In Progress", "Pending Review"
SCHEDULING, PRODUCTION, CLOSED = "Requires Scheduling", "In Production", "Closed Job"


@pytest.fixture
async def town(connection: Connection) -> Town:
    return await Town.build(connection)


async def at(town: Town, status: str, crew: list[int] | None = None) -> Town:
    """Job 1 is in this state with Chris, who was told of it, and all that is past."""
    await town.job(1, PIP, assignedCrew=[7] if crew is None else crew)
    await town.news()
    await town.told()
    if status != PIP:
        await town.job(1, status)
        await town.news()
        await town.told()
    return town


async def test_1_sold_estimate_needs_a_crew_lead(town: Town) -> None:
    await town.estimate(50)
    assert await town.news() == [("crew_lead_needed", "101", "pending")]


async def test_1_unsold_estimate_is_nobodys_business(town: Town) -> None:
    await town.estimate(50, "Released")
    assert await town.news() == []


async def test_1_the_estimate_and_its_job_are_one_alert(town: Town) -> None:
    await town.estimate(50)
    await town.news()
    await town.job(1, RCL, job_estimate=50)
    assert await town.news() == []
    assert await town.connection.fetchval("SELECT count(*) FROM botzilla.job_sync") == 1


async def test_1_the_estimates_job_comes_with_a_leader_and_is_still_one_alert(town: Town) -> None:
    await town.estimate(50)
    await town.news()
    await town.job(1, RCL, job_estimate=50, assignedCrew=[7])
    assert await town.news() == []


async def test_1_job_appears_in_rcl(town: Town) -> None:
    await town.job(1, RCL)
    assert await town.news() == [("crew_lead_needed", "101", "pending")]


async def test_2_back_to_rcl_tells_managers_and_the_leader_of_before(town: Town) -> None:
    await at(town, PRODUCTION)
    await town.job(1, RCL)
    assert await town.news() == [
        ("crew_lead_needed", "101", "pending"),
        ("job_taken_away", "102", "pending"),
    ]


async def test_3_rcl_to_plans_assigns_the_leader(town: Town) -> None:
    await town.job(1, RCL)
    await town.news()
    await town.job(1, PIP, assignedCrew=[9, 7])
    assert await town.news() == [("job_assigned", "102", "pending")]


async def test_3_the_same_leader_after_rcl_is_a_new_assignment(town: Town) -> None:
    await at(town, PRODUCTION)
    await town.job(1, RCL)
    await town.news()
    await town.job(1, PIP)
    assert await town.news() == [("job_assigned", "102", "pending")]


async def test_3_first_seen_in_plans_assigns_the_leader(town: Town) -> None:
    await town.job(1, PIP, assignedCrew=[7])
    assert await town.news() == [("job_assigned", "102", "pending")]


async def test_3_a_leader_appears_while_the_job_is_active(town: Town) -> None:
    await town.job(1, PIP)
    await town.news()
    await town.job(1, PIP, assignedCrew=[7])
    assert await town.news() == [("job_assigned", "102", "pending")]


async def test_4_review_back_to_plans_tells_the_same_leader_again(town: Town) -> None:
    await at(town, PR)
    await town.job(1, PIP)
    assert await town.news() == [("plan_changes_required", "102", "pending")]
    await town.told()
    await town.job(1, PR)
    await town.news()
    await town.job(1, PIP)
    assert await town.news() == [("plan_changes_required", "102", "pending")]


@pytest.mark.parametrize("state", [SCHEDULING, PRODUCTION, CLOSED, "On Hold"])
async def test_5_any_other_state_back_to_plans(town: Town, state: str) -> None:
    await at(town, state)
    await town.job(1, PIP)
    assert await town.news() == [("returned_to_planning", "102", "pending")]


async def test_6_plan_ready_for_review(town: Town) -> None:
    await at(town, PIP)
    await town.job(1, PR)
    assert await town.news() == [("plan_ready_for_review", "101", "pending")]


async def test_6_a_skipped_planning_is_ready_for_review_and_assigns(town: Town) -> None:
    await town.job(1, RCL, assignedCrew=[7])
    await town.news()
    await town.job(1, PR)
    assert await town.news() == [
        ("job_assigned", "102", "pending"),
        ("plan_ready_for_review", "101", "pending"),
    ]


async def test_7_leader_replaced_while_active(town: Town) -> None:
    await at(town, PRODUCTION)
    await town.job(1, PRODUCTION, assignedCrew=[8])
    assert await town.news() == [
        ("job_reassigned", "103", "pending"),
        ("job_taken_away", "102", "pending"),
    ]


async def test_7_review_back_to_plans_with_another_leader_is_a_replacement(town: Town) -> None:
    await at(town, PR)
    await town.job(1, PIP, assignedCrew=[8, 7])
    assert await town.news() == [
        ("job_reassigned", "103", "pending"),
        ("job_taken_away", "102", "pending"),
    ]


async def test_8_unreachable_leader_is_the_managers_business_once(town: Town) -> None:
    await town.put("users", 11, name="Nobody Known", roles=[1])
    await town.job(1, PIP, assignedCrew=[11])
    assert await town.news() == [
        ("job_assigned", "not_in_database", "undeliverable"),
        ("crew_leader_unreachable", "101", "pending"),
    ]
    await town.job(1, PR)
    assert await town.news() == [
        ("job_assigned", "not_in_database", "undeliverable"),
        ("plan_ready_for_review", "101", "pending"),
    ]


async def test_8_again_when_the_reason_changes_and_the_alert_goes_out_when_it_ends(
    town: Town,
) -> None:
    await town.put("users", 11, name="Nobody Known", roles=[1])
    await town.job(1, PIP, assignedCrew=[11])
    await town.news()
    employee = await town.company.employee("Nobody Known")
    assert await town.news() == [("crew_leader_unreachable", "101", "pending")]
    assert await town.news() == []
    await town.connection.execute(
        "UPDATE botzilla.employee SET telegram_id = ' 111 ' WHERE id = $1", employee
    )
    assert await town.news() == []
    due = await town.connection.fetch(
        "SELECT kind, telegram_id FROM botzilla.alert"
        " WHERE state = 'pending' AND kind = 'job_assigned'"
    )
    assert [tuple(row) for row in due] == [("job_assigned", "111")]


async def test_9_an_active_job_without_a_leader(town: Town) -> None:
    await town.job(1, PIP)
    assert await town.news() == [("crew_lead_missing", "101", "pending")]


async def test_9_leader_removed_while_active(town: Town) -> None:
    await at(town, PRODUCTION)
    await town.job(1, PRODUCTION, assignedCrew=[9])
    assert await town.news() == [
        ("crew_lead_missing", "101", "pending"),
        ("job_taken_away", "102", "pending"),
    ]


async def test_9_a_leader_who_loses_his_role_is_a_leader_lost(town: Town) -> None:
    await at(town, PRODUCTION)
    await town.put("users", 7, roles=[2])
    assert await town.news() == [
        ("crew_lead_missing", "101", "pending"),
        ("job_taken_away", "102", "pending"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (PR, SCHEDULING, [("state_changed", "102", "pending")]),
        (PRODUCTION, CLOSED, [("state_changed", "102", "pending")]),
        (PRODUCTION, PR, []),
        (PRODUCTION, "On Hold", []),
    ],
)
async def test_10_the_leader_hears_of_states_from_scheduling_onwards(
    town: Town, old: str, new: str, told: list[tuple[str, str, str]]
) -> None:
    await at(town, old)
    await town.job(1, new)
    assert [news for news in await town.news() if news[0] != "state_unknown"] == told


async def test_first_seen_in_any_other_state_is_a_log_row_and_no_alert(town: Town) -> None:
    await town.job(1, PRODUCTION, assignedCrew=[7])
    assert await town.news() == []
    assert await town.connection.fetchval("SELECT count(*) FROM botzilla.job_state_change_log") == 1


async def test_a_leader_not_yet_told_is_assigned_at_the_next_change(town: Town) -> None:
    await town.job(1, PRODUCTION, assignedCrew=[7])
    await town.news()
    await town.job(1, "Production Complete")
    assert await town.news() == [("job_assigned", "102", "pending")]


async def test_leaders_swapped_in_rcl_are_nobodys_business(town: Town) -> None:
    await town.job(1, RCL, assignedCrew=[7])
    await town.news()
    await town.job(1, RCL, assignedCrew=[8])
    assert await town.news() == []


async def test_a_leader_changed_while_closed_is_assigned_at_reopening(town: Town) -> None:
    await at(town, CLOSED)
    await town.job(1, CLOSED, assignedCrew=[8])
    assert await town.news() == []
    await town.job(1, PRODUCTION)
    assert await town.news() == [("job_assigned", "103", "pending")]


async def test_branch_changed_in_rcl_tells_the_new_branchs_managers(town: Town) -> None:
    diego = await town.company.branch("San Diego")
    await town.company.manager(branch=diego, telegram_id="201")
    await town.put("branches", 2, name="San  Diego ")
    await town.job(1, RCL)
    await town.news()
    await town.estimate(101, branch=2)
    assert await town.news() == [("crew_lead_needed", "201", "pending")]


async def test_a_corrected_phone_reaches_the_job_without_a_word(town: Town) -> None:
    await at(town, PIP)
    await town.put("clients", 1, phone="(619) 555-0199")
    assert await town.news() == []
    assert (await town.row(1))["attic_tech_data"]["phone"] == "(619) 555-0199"


async def test_a_job_that_is_gone_is_taken_from_its_told_leader(town: Town) -> None:
    await at(town, PRODUCTION)
    await town.state("jobs", 1, "gone")
    assert await town.news() == [("job_taken_away", "102", "pending")]
    assert (await town.row(1))["gone_at"] is not None


async def test_a_job_that_comes_back_is_news_for_its_leader(town: Town) -> None:
    """He was told that it was gone."""
    town.operators = (999,)
    await at(town, PRODUCTION)
    await town.state("jobs", 1, "gone")
    await town.news()
    await town.job(1, PRODUCTION)
    assert await town.news() == [("job_assigned", "102", "pending")]
    assert (await town.row(1))["gone_at"] is None


async def test_unknown_state_is_stored_and_told_to_the_operators_once(town: Town) -> None:
    await at(town, PRODUCTION)
    await town.job(1, "On Hold")
    assert await town.news() == [("state_unknown", "101", "pending")]
    await town.job(1, PRODUCTION)
    await town.news()
    await town.job(1, " on hold")
    assert await town.news() == []


async def test_all_managers_of_a_branch_are_told_and_each_once(town: Town) -> None:
    await town.company.manager(branch=1, telegram_id="104")
    await town.company.manager(branch=1, telegram_id=" 104 ")
    await town.company.manager(branch=1, telegram_id="@ana")
    await town.news()
    await town.job(1, RCL)
    assert await town.news() == [
        ("crew_lead_needed", "101", "pending"),
        ("crew_lead_needed", "104", "pending"),
    ]


async def test_without_a_manager_operators_then_all_managers_then_nobody(town: Town) -> None:
    await town.put("branches", 2, name="Nowhere")
    await town.decide()
    await town.new_alerts()
    await town.estimate(60, branch=2)
    assert await town.news() == [("crew_lead_needed", "101", "pending")]
    town.operators = (999,)
    await town.estimate(61, branch=2)
    assert await town.news() == [("crew_lead_needed", "999", "pending")]
    town.operators = ()
    await town.connection.execute('UPDATE botzilla."user" SET telegram_id = NULL')
    await town.estimate(62, branch=2)
    assert await town.news() == [("crew_lead_needed", "no_manager", "undeliverable")]
    await town.connection.execute("""UPDATE botzilla."user" SET telegram_id = '101'""")
    assert await town.news() == [("crew_lead_needed", "101", "pending")]


async def test_a_hidden_crew_member_keeps_the_leader_and_without_one_managers_hear(
    town: Town,
) -> None:
    await at(town, PRODUCTION)
    await town.state("users", 12, "hidden")
    await town.job(1, PRODUCTION, assignedCrew=[12])
    assert await town.news() == []
    assert (await town.row(1))["attic_tech_crew_leader_id"] == 7
    await town.job(2, PIP, assignedCrew=[12])
    assert await town.news() == [("crew_leader_unreachable", "101", "pending")]


async def loses_his_address(town: Town, attic_tech_user_id: int) -> None:
    await town.connection.execute(
        "UPDATE botzilla.employee SET telegram_id = NULL WHERE attic_tech_user_id = $1",
        attic_tech_user_id,
    )


async def who_is(town: Town, attic_tech_user_id: int) -> dict[str, int]:
    row = await town.connection.fetchrow(
        "SELECT e.id AS employee_id, c.id AS crew_member_id FROM botzilla.employee e"
        " JOIN botzilla.crew_member c ON c.employee_id = e.id WHERE e.attic_tech_user_id = $1",
        attic_tech_user_id,
    )
    return dict(row)


async def test_8_a_leader_of_before_who_cannot_be_told_is_the_managers_business(
    town: Town,
) -> None:
    await at(town, PRODUCTION)
    await loses_his_address(town, 7)
    await town.job(1, PRODUCTION, assignedCrew=[8])
    assert await town.news() == [
        ("job_reassigned", "103", "pending"),
        ("crew_leader_unreachable", "101", "pending"),
        ("job_taken_away", "no_telegram", "undeliverable"),
    ]
    facts = await town.connection.fetchval(
        "SELECT facts FROM botzilla.alert WHERE kind = 'crew_leader_unreachable'"
    )
    assert [facts.get(key) for key in ("leader", "leader_id", "reason", "taken_away")] == [
        *("Chris Jordan", 7, "no_telegram", True)
    ]
    assert facts.items() >= (await who_is(town, 7)).items()


async def test_8_says_who_he_is_whom_nobody_joined_to_an_employee(town: Town) -> None:
    """So that he can be invited by a tap."""
    crew = await town.company.crew_member("Lou Reed")
    await town.put("users", 70, name="Lou Reed", roles=[1])
    await town.job(1, PIP, assignedCrew=[70])
    assert ("crew_leader_unreachable", "101", "pending") in await town.news()
    facts = await town.connection.fetchval(
        "SELECT facts FROM botzilla.alert WHERE kind = 'crew_leader_unreachable'"
    )
    assert [facts.get(key) for key in ("reason", "employee_id", "crew_member_id")] == [
        *("no_telegram", None, crew)
    ]


async def test_8_what_managers_are_told_anyway_says_whom_of_before_nobody_can_tell(
    town: Town,
) -> None:
    await at(town, PRODUCTION)
    await loses_his_address(town, 7)
    await town.job(1, RCL)
    assert await town.news() == [
        ("crew_lead_needed", "101", "pending"),
        ("job_taken_away", "no_telegram", "undeliverable"),
    ]
    untold = await town.connection.fetchval(
        "SELECT facts -> 'untold' FROM botzilla.alert WHERE kind = 'crew_lead_needed'"
        " ORDER BY id DESC LIMIT 1"
    )
    assert untold == {
        "leader": "Chris Jordan",
        "leader_id": 7,
        "reason": "no_telegram",
        **await who_is(town, 7),
    }


async def test_8_both_leaders_unreachable_is_one_message(town: Town) -> None:
    await at(town, PRODUCTION)
    for leader in (7, 8):
        await loses_his_address(town, leader)
    await town.job(1, PRODUCTION, assignedCrew=[8])
    assert await town.news() == [
        ("job_reassigned", "no_telegram", "undeliverable"),
        ("crew_leader_unreachable", "101", "pending"),
        ("job_taken_away", "no_telegram", "undeliverable"),
    ]


async def test_8_a_leaver_who_loses_a_job_is_nobodys_business(town: Town) -> None:
    await at(town, PRODUCTION)
    await town.connection.execute(
        "UPDATE botzilla.employee SET status = 'inactive' WHERE attic_tech_user_id = 7"
    )
    assert await town.news() == [
        ("crew_leader_unreachable", "101", "pending"),  # that he left
        ("crew_leader_unreachable", "101", "superseded"),
    ]
    await town.job(1, PRODUCTION, assignedCrew=[8])
    assert await town.news() == [
        ("job_reassigned", "103", "pending"),
        ("job_taken_away", "102", "undeliverable"),
    ]


async def test_8_a_leader_who_cannot_hear_that_his_job_is_over_is_the_managers_business(
    town: Town,
) -> None:
    await at(town, PRODUCTION)
    await loses_his_address(town, 7)
    await town.job(1, CLOSED)
    assert await town.news() == [
        ("state_changed", "no_telegram", "undeliverable"),
        ("crew_leader_unreachable", "101", "pending"),
    ]


async def test_8_who_comes_into_reach_is_told_that_a_job_is_gone(town: Town) -> None:
    await at(town, PRODUCTION)
    await loses_his_address(town, 7)
    await town.state("jobs", 1, "gone")
    assert await town.news() == [
        ("crew_leader_unreachable", "101", "pending"),
        ("job_taken_away", "no_telegram", "undeliverable"),
    ]
    await town.connection.execute(
        "UPDATE botzilla.employee SET telegram_id = '112' WHERE attic_tech_user_id = 7"
    )
    await town.decide()
    due = await town.connection.fetch(
        "SELECT telegram_id FROM botzilla.alert WHERE kind = 'job_taken_away' AND state = 'pending'"
    )
    assert [row["telegram_id"] for row in due] == ["112"]


async def test_a_manager_who_knows_of_the_leader_is_told_the_rest_beside_one_who_does_not(
    town: Town,
) -> None:
    await town.put("users", 11, name="Nobody Known", roles=[1])
    await town.job(1, PIP, assignedCrew=[11])
    await town.news()
    await town.company.manager(branch=1, telegram_id="104")
    await town.job(1, PR)
    assert await town.news() == [
        ("job_assigned", "not_in_database", "undeliverable"),
        ("crew_leader_unreachable", "104", "pending"),
        ("plan_ready_for_review", "101", "pending"),
    ]
