"""Where two rows of the table meet, or a sentence beside it decides: who is told, who is not."""

import pytest

from sync.postgres.pool import Connection
from tests.mirror import LEADER, Town

RCL, PIP, PR = "Requires Crew Lead", "Plans In Progress", "Pending Review"
SCHEDULING, PRODUCTION, CLOSED = "Requires Scheduling", "In Production", "Closed Job"
HIDDEN = 50


@pytest.fixture
async def town(connection: Connection) -> Town:
    return await Town.build(connection)


async def came_through(town: Town, *states: str, crew: tuple[int, ...] = (7,)) -> None:
    """Job 1 was in these states, one after the other, and everybody read what he was told."""
    for state in states:
        await town.job(1, state, assignedCrew=list(crew))
        await town.news()
        await town.told()


@pytest.mark.parametrize("state", [RCL, PR, SCHEDULING, PRODUCTION, CLOSED, "On Hold"])
async def test_into_plans_without_a_leader_one_is_missing_whatever_the_state_before(
    town: Town, state: str
) -> None:
    await came_through(town, state, crew=())
    await town.job(1, PIP)
    assert await town.news() == [("crew_lead_missing", "101", "pending")]


@pytest.mark.parametrize(
    ("official", "told"),
    [
        (
            PRODUCTION,
            [("job_reassigned", "103", "pending"), ("job_taken_away", "102", "pending")],
        ),
        (CLOSED, []),
    ],
)
async def test_an_unknown_state_is_active_if_the_last_official_one_was(
    town: Town, official: str, told: list[tuple[str, str, str]]
) -> None:
    await came_through(town, PIP, official, "On Hold", "Missing Data")
    await town.job(1, "Missing Data", assignedCrew=[8])
    assert await town.news() == told


@pytest.mark.parametrize("state", [RCL, CLOSED])
async def test_of_a_leader_replaced_in_the_change_that_makes_it_active_the_former_hears_nothing(
    town: Town, state: str
) -> None:
    await came_through(town, PIP, state)
    await town.job(1, PRODUCTION, assignedCrew=[8])
    assert await town.news() == [("job_assigned", "103", "pending")]


async def test_while_somebody_in_the_crew_is_hidden_the_leader_stays_whoever_stands_before_him(
    town: Town,
) -> None:
    await came_through(town, PIP, PRODUCTION)
    await town.state("users", HIDDEN, "hidden")
    await town.job(1, PRODUCTION, assignedCrew=[8, 7, HIDDEN])
    assert await town.news() == []
    assert (await town.row(1))["attic_tech_crew_leader_id"] == 7
    await town.put("users", HIDDEN, name="New Guy", roles=[])
    assert await town.news() == [
        ("job_reassigned", "103", "pending"),
        ("job_taken_away", "102", "pending"),
    ]


async def test_a_hidden_leader_stays_although_another_is_shown(town: Town) -> None:
    await came_through(town, PIP, PRODUCTION)
    await town.state("users", 7, "hidden")
    await town.job(1, PRODUCTION, assignedCrew=[8, 7])
    assert await town.news() == []
    assert (await town.row(1))["attic_tech_crew_leader_id"] == 7


async def test_8_a_leader_whom_the_old_system_told_is_not_waited_for(town: Town) -> None:
    """Another reason is nobody's news until he is to be told something again."""
    await town.put("users", 11, name="Nobody Known", roles=[LEADER])
    await town.connection.execute(
        "INSERT INTO botzilla.job_sync (attic_tech_job_id, job_name) VALUES (1, 'old')"
    )
    await town.job(1, PR, assignedCrew=[11])
    assert await town.news() == []
    await town.job(1, SCHEDULING)
    assert await town.news() == [
        ("state_changed", "not_in_database", "undeliverable"),
        ("crew_leader_unreachable", "101", "pending"),
    ]
    await town.company.employee("Nobody Known")
    assert await town.news() == []
    await town.job(1, PRODUCTION)
    assert await town.news() == [
        ("state_changed", "no_telegram", "undeliverable"),
        ("crew_leader_unreachable", "101", "pending"),
    ]
