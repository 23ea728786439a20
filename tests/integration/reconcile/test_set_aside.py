"""A document that cannot be read counts as it last was: from its not being readable nothing is
concluded. One that never was readable is as good as not there.
"""

from typing import Any

import pytest

from sync.postgres.pool import Connection
from tests.mirror import LEADER, Town

RCL, PIP, PRODUCTION = "Requires Crew Lead", "Plans In Progress", "In Production"


@pytest.fixture
async def town(connection: Connection) -> Town:
    return await Town.build(connection, operators=(900,))


async def rows(town: Town) -> list[dict[str, Any]]:
    found = await town.connection.fetch("SELECT * FROM botzilla.job_sync ORDER BY id")
    return [dict(row) for row in found]


@pytest.mark.parametrize(
    ("collection", "id"),
    [
        ("jobs", 1),
        ("estimates", 101),
        ("estimates", 102),
        ("properties", 1),
        ("clients", 1),
        ("branches", 1),
        ("users", 7),
        ("roles", LEADER),
    ],
)
async def test_a_job_is_what_it_was_when_something_around_it_cannot_be_read(
    town: Town, collection: str, id: int
) -> None:
    await town.job(1, RCL)
    await town.job(2, PRODUCTION, assignedCrew=[7])
    await town.estimate(50)
    await town.news()
    await town.told()
    before = await rows(town)
    await town.state(collection, id, "set_aside")
    assert await town.news() == []
    assert await rows(town) == before
    await town.put(collection, id)
    assert await town.news() == []


async def test_an_estimate_that_could_not_be_read_meanwhile_is_not_sold_anew(town: Town) -> None:
    await town.job(1, PRODUCTION, assignedCrew=[7])
    await town.news()
    await town.state("jobs", 1, "gone")
    await town.news()
    await town.state("estimates", 101, "set_aside")
    assert await town.news() == []
    await town.put("estimates", 101)
    assert await town.news() == []


async def test_an_estimate_whose_job_cannot_be_read_needs_no_crew_lead_itself(town: Town) -> None:
    await town.job(1, PRODUCTION, assignedCrew=[7])
    await town.estimate(101, "Released")
    await town.news()
    await town.state("jobs", 1, "set_aside")
    await town.estimate(101, "Sold")
    assert await town.news() == []


async def test_a_leader_whom_we_could_read_once_is_told_and_is_first_in_his_crew(
    town: Town,
) -> None:
    await town.state("users", 7, "set_aside")
    await town.job(1, PIP, assignedCrew=[7, 8])
    assert await town.news() == [("job_assigned", "102", "pending")]


async def test_who_could_never_be_read_may_be_the_leader(town: Town) -> None:
    await town.state("users", 50, "set_aside")
    await town.job(1, PIP, assignedCrew=[50])
    assert await town.news() == [("crew_leader_unreachable", "101", "pending")]


async def test_what_could_never_be_read_is_not_there(town: Town) -> None:
    for collection in ("branches", "clients", "properties"):
        await town.state(collection, 5, "set_aside")
    await town.estimate(50, branch=5, client=5, property=5)
    assert await town.news() == [("crew_lead_needed", "900", "pending")]
    [row] = await rows(town)
    facts = row["attic_tech_data"]
    assert [facts[key] for key in ("branch", "customer", "address")] == [None, None, None]
