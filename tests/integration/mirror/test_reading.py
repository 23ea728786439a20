"""Reading the pretend Attic Tech into the mirror: what is kept, what is marked, what is asked."""

from datetime import timedelta

import asyncpg
import pytest

from sync.attic_tech.documents import COLLECTIONS
from sync.attic_tech.errors import AtticTechBroken, AtticTechRefused, AtticTechUnavailable
from sync.mirror.read import read
from sync.postgres.pool import connect
from tests.attic import CHRIS, LEADER, START
from tests.statements import recorded, transactions

pytestmark = pytest.mark.every_server


async def test_first_contact_mirrors_every_document_and_marks_it_as_new(attic, mirror):
    client = attic.create("clients", fullName="Pat Customer", phone="(619) 555-0142")
    estimate = attic.create("estimates", name="E", status="Sold", client=client, final_price=10.5)
    job = attic.create("jobs", name="J", status="x", job_estimate=estimate, assignedCrew=[CHRIS])
    marks = await mirror.marks_of_reading()
    assert marks == [
        "clients:1+",
        "estimates:1+",
        "jobs:1+",
        "roles:1+",
        "roles:2+",
        "users:1+",
        "users:2+",
    ]
    kept = await mirror.document("jobs", job)
    assert (
        kept["fields"],
        kept["refs"],
        kept["state"],
        kept["updated_at"],
        kept["created_at"],
    ) == (
        {"name": "J", "status": "x", "job_estimate": 1, "assignedCrew": [2]},
        ["estimates:1", "users:2"],
        "present",
        START,
        START,
    )


async def test_a_quiet_reading_is_seven_requests_of_one_document(attic, mirror):
    for collection in COLLECTIONS:
        attic.create(collection, name="something")
    await mirror.read()
    attic.later(121)
    await mirror.read()
    attic.later(60)
    attic.asked()
    await mirror.read()
    assert attic.asked() == [f"{collection} newest" for collection in COLLECTIONS]


async def test_a_document_that_was_saved_unchanged_gets_a_new_stamp_and_no_mark(attic, mirror):
    attic.jobs(1)
    await mirror.read()
    attic.later(60)
    attic.patch("jobs", 1)
    assert await mirror.marks_of_reading() == []
    assert (await mirror.document("jobs", 1))["updated_at"] == START + timedelta(seconds=60)


async def test_a_changed_document_is_marked_and_not_new(attic, mirror):
    attic.jobs(2)
    await mirror.read()
    attic.later(60)
    attic.patch("jobs", 2, status="Closed Job")
    assert await mirror.marks_of_reading() == ["jobs:2"]
    assert (await mirror.document("jobs", 2))["fields"]["status"] == "Closed Job"


async def test_marks_of_a_reading_that_failed_stay_until_a_complete_one(attic, mirror):
    attic.jobs(1)
    attic.faults.add("body", path="/clients?where")
    with pytest.raises(AtticTechBroken):
        await mirror.read()
    attic.faults.clear()
    assert "jobs:1+" in await mirror.marks_of_reading()


async def test_a_change_that_commits_late_is_found_after_newer_ones_were_read(attic, mirror):
    """A bulk write of 110 s: its stamps are older than what was read meanwhile."""
    attic.jobs(5)
    await mirror.read()
    attic.later(300)
    with attic.transaction() as bulk:
        for job in (1, 2, 3):
            bulk.patch("jobs", job, {"status": "Closed Job"})
        attic.later(100)
        attic.patch("jobs", 5, status="Pending Payment")
        assert await mirror.marks_of_reading() == ["jobs:5"]
        attic.later(10)
    assert await mirror.marks_of_reading() == ["jobs:1", "jobs:2", "jobs:3"]


async def test_stamps_of_a_clock_that_is_wrong_lose_nothing(attic, mirror):
    attic.faults.clock_offset = timedelta(hours=9)
    attic.jobs(3)
    attic.faults.clock_offset = timedelta(0)
    await mirror.read()
    attic.later(60)
    attic.patch("jobs", 2, status="Closed Job")
    assert await mirror.marks_of_reading() == ["jobs:2"]


async def test_a_page_costs_at_most_six_statements_whatever_its_size(attic, mirror, connection):
    attic.jobs(1200, assignedCrew=[CHRIS])
    with recorded(connection) as said:
        await read(mirror.reading())
    counts = [len(statements) for statements in transactions(said)]
    pages = {"jobs": 3, "users": 1, "roles": 1}
    empty = len(COLLECTIONS) - len(pages)
    assert sorted(counts) == [4] * empty + [5] * sum(pages.values())


async def test_a_quiet_reading_writes_nothing(attic, mirror, connection):
    attic.jobs(3)
    await mirror.read()
    attic.later(121)
    await mirror.read()
    attic.later(60)
    with recorded(connection) as said:
        await read(mirror.reading())
    assert transactions(said) == []


async def test_a_walk_that_was_cut_off_goes_on_where_it_was_and_is_walked_again(
    attic, mirror, client, database_url
):
    attic.jobs(6)
    client.size = 2
    pages = iter(range(10))

    def cut() -> None:
        if next(pages) == 2:
            mirror.connection.terminate()
            attic.patch("jobs", 1, status="Closed Job")

    client.between = cut
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError)):
        await mirror.read()
    client.between = None
    attic.asked()
    mirror.connection = await connect(database_url)
    try:
        assert await mirror.ids() == [1, 2, 3, 4]
        await mirror.read()
        assert [words for words in attic.asked() if words.startswith("jobs")] == [
            *(
                "jobs look",
                "jobs page 4",
                "jobs newest",
            ),  # its name again, which no reading confirmed
            *("jobs page 0", "jobs page 2", "jobs page 4"),
        ]
        assert (await mirror.document("jobs", 1))["fields"]["status"] == "Closed Job"
    finally:
        await mirror.connection.close()


async def test_a_collection_that_may_not_be_read_fails_with_what_to_change(attic, mirror):
    attic.create("estimates", client=attic.create("clients", fullName="Pat"))
    attic.hide("clients")
    with pytest.raises(AtticTechRefused, match="Clients"):
        await mirror.read()


@pytest.mark.parametrize("name", ["Foreman", "Crew Leaders", "Leader", "", None])
async def test_without_a_role_named_crew_leader_a_reading_fails(attic, mirror, name):
    attic.patch("roles", LEADER, name=name)
    with pytest.raises(AtticTechRefused, match="Crew Leader"):
        await mirror.read()


async def test_crews_while_nobody_leads_fail_a_reading(attic, mirror):
    attic.patch("users", CHRIS, roles=[])
    await mirror.read()
    attic.jobs(1, assignedCrew=[CHRIS])
    with pytest.raises(AtticTechRefused, match="no user has the role Crew Leader"):
        await mirror.read()


async def test_when_attic_tech_is_down_nothing_is_concluded(attic, mirror):
    attic.jobs(3)
    await mirror.read()
    attic.later(60)
    attic.faults.add("status", status=503)
    with pytest.raises(AtticTechUnavailable):
        await mirror.read(full=True)
    assert (await mirror.ids(), await mirror.marks()) == ([1, 2, 3], [])
