"""The stories that managers ask for: what happened to a job, and why nobody was told of it."""

from datetime import timedelta

import pytest

from bot.audit.reading import find_row, find_unread
from sync.postgres.pool import Connection
from tests.integration.audit.telling import (
    PIP,
    PR,
    PRODUCTION,
    RCL,
    SEEN,
    begin,
    newest,
    ready,
    story,
)
from tests.mirror import NOW, Town


async def test_a_whole_story(town: Town) -> None:
    await town.estimate(101)
    await ready(town)
    await town.job(1, RCL)
    await ready(town)
    await town.job(1, RCL, assignedCrew=[8])
    await ready(town)
    await town.job(1, PIP, assignedCrew=[7])
    await ready(town)
    await town.state("jobs", 1, "gone")
    await town.decide()
    await town.connection.execute("UPDATE botzilla.job_sync SET gone_at = $1", SEEN)
    assert await story(town) == (
        "Job 1 · #1\n"
        "Plans In Progress · orange · Chris Jordan\n"
        "⚫ No longer in Attic Tech · 12:30 PM\n"
        "\n"
        "12:10 PM · First seen: Requires Crew Lead\n"
        "Seen 12:30 PM, by run 1\n"
        "Rule 1: a sold estimate, or a job in “Requires Crew Lead”, needs a crew leader:"
        " tell the managers.\n"
        "✅ Ada Lopez (operation manager), “A crew leader is needed”: delivered 12:30 PM\n"
        "\n"
        "12:12 PM · The sold estimate got its job\n"
        "Seen 12:30 PM, by run 1\n"
        "Whom this concerns had been told already.\n"
        "\n"
        "12:13 PM · Crew leader: — → Ana Ruiz\n"
        "Seen 12:30 PM, by run 1\n"
        "Nobody is told: a crew leader hears of a job when it is active.\n"
        "\n"
        "12:14 PM · Requires Crew Lead → Plans In Progress\n"
        "Crew leader: Ana Ruiz → Chris Jordan\n"
        "Seen 12:30 PM, by run 1\n"
        "Rule 3: a crew leader has an active job and was not told of it: tell them.\n"
        "✅ Chris Jordan (crew leader), “You have a new job”: delivered 12:30 PM\n"
        "\n"
        "12:30 PM · It was gone\n"
        "Seen 12:30 PM, by run 1\n"
        "An active job is gone: tell its crew leader.\n"
        "⏳ Chris Jordan (crew leader), “This job is no longer yours”: goes out in a moment"
    )


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        (None, (PRODUCTION, [7]), "no rule is about jobs first seen in this state."),
        ((PRODUCTION, []), ("Production Complete", []), "no rule is about this move."),
        ((RCL, []), (RCL, [7]), "a crew leader hears of a job when it is active."),
    ],
)
async def test_why_no_rule_tells_anybody(
    town: Town, before: tuple[str, list[int]] | None, after: tuple[str, list[int]], sentence: str
) -> None:
    if before:
        await town.job(1, before[0], assignedCrew=before[1])
        await ready(town)
    await town.job(1, after[0], assignedCrew=after[1])
    await town.decide()
    assert (await newest(town))[-1] == f"Nobody is told: {sentence}"


async def test_first_contact_tells_nobody_about_the_past(connection: Connection) -> None:
    town = await Town.build(connection, first_contact=True)
    await begin(connection)
    await town.job(1, PIP, assignedCrew=[7])
    await town.decide()
    assert await newest(town) == [
        "12:10 PM · First seen: Plans In Progress",
        "Crew leader: Chris Jordan",
        "Seen 12:30 PM, by run 1",
        "Mirrored silently at first contact: nobody is told about the past.",
    ]


async def test_what_came_into_sight_late_is_told_to_nobody(town: Town) -> None:
    long_ago = NOW - timedelta(days=300)
    await town.put("jobs", 1, name="Old", status=PIP, created_at=long_ago)
    await town.decide()
    assert (await newest(town))[-1].startswith("Old, but only now in our sight: nobody is told")


async def test_a_loss_of_leaders_that_is_held_is_told_while_it_waits_and_afterwards(
    town: Town,
) -> None:
    for job in range(1, 13):
        await town.job(job, PIP, assignedCrew=[7])
    await ready(town)
    await town.put("users", 7, roles=[2])
    await town.decide()
    assert await newest(town) == [
        "12:30 PM · Too many lost their crew leader at once, this job with them: 12",
        "It looked like a mistake: nothing was changed, the operators were asked.",
        "It still waits for their word.",
    ]
    await town.job(1, PR)
    await town.decide()
    assert "Its crew leader was kept: too many had been lost at once." in await newest(town)
    await town.put("users", 7, roles=[1])
    await town.decide()
    told = await story(town)
    assert "Too many lost their crew leader at once" in told
    assert "It still waits" not in told


async def test_records_that_cannot_be_read_or_are_not_shown_are_told(town: Town) -> None:
    await town.job(1, PIP)
    await town.decide()
    await town.connection.execute(
        "UPDATE botzilla.attic_tech_document SET state = 'set_aside', reason = 'no <status>',"
        " seen_at = $1 WHERE collection = 'jobs'",
        SEEN,
    )
    await town.connection.execute(
        "UPDATE botzilla.attic_tech_document SET state = 'hidden', seen_at = $1"
        " WHERE collection = 'properties'",
        SEEN,
    )
    assert (await story(town)).splitlines()[2:4] == [
        "Since 12:30 PM a record of Attic Tech cannot be read: jobs 1 (no <status>)",
        "Since 12:30 PM Attic Tech does not show us its record: properties 1",
    ]


async def test_news_that_is_not_decided_yet_is_told(town: Town) -> None:
    await town.job(1, PIP)
    await town.decide()
    await town.job(1, PR)
    waits = "There is news of it, which is decided once everything was read."
    assert waits in await story(town)
    await town.decide()
    assert waits not in await story(town)


@pytest.mark.parametrize(
    ("before", "late"),
    [(timedelta(hours=3), ["Seen late: no run had succeeded since 9:00 AM"]), (timedelta(0), [])],
)
async def test_what_was_seen_late_says_since_when_nothing_was_read(
    town: Town, before: timedelta, late: list[str]
) -> None:
    runs = (
        "INSERT INTO botzilla.sync_run (kind, state, finished_at)"
        " VALUES ('full', 'succeeded', $1) RETURNING id"
    )
    assert await town.connection.fetchval(runs, NOW - before) == 1
    await town.connection.fetchval(runs, SEEN)
    await town.job(1, PIP)
    await town.decide()
    await town.connection.execute(
        "UPDATE botzilla.job_state_change_log SET change_metadata ="
        """ change_metadata || '{"run": 2}', changed_at = $1""",
        NOW - timedelta(hours=2),
    )
    assert (await newest(town))[:-2] == [
        "10:00 AM · First seen: Plans In Progress",
        "Seen 12:30 PM, by the full comparison of run 2",
        *late,
    ]


async def test_the_story_of_an_estimate_is_that_of_its_job_and_names_the_others(
    town: Town,
) -> None:
    await town.estimate(50)
    await town.decide()
    assert (await story(town, None, 50)).startswith("Estimate 50 · E50\n")
    await town.job(3, RCL, job_estimate=50)
    await town.job(4, RCL, job_estimate=50)
    await town.decide()
    told = await story(town, None, 50)
    assert told.startswith("Job 3 · #3\n")
    assert "Other jobs of its estimate: #4" in told


async def test_what_another_system_wrote_down_is_told_as_such(town: Town) -> None:
    row = await town.connection.fetchval(
        "INSERT INTO botzilla.job_sync (attic_tech_job_id, job_name) VALUES (1, 'old') RETURNING id"
    )
    await town.connection.execute(
        "INSERT INTO botzilla.job_state_change_log (job_sync_id, new_status_id, changed_at)"
        " VALUES ($1, (SELECT id FROM botzilla.job_status WHERE name = $2), $3)",
        *(row, RCL, NOW - timedelta(hours=2)),
    )
    assert await find_row(town.connection, 1, None) is None
    await town.job(1, PIP)
    await town.decide()
    paragraphs = (await story(town)).split("\n\n")
    assert paragraphs[1] == (
        "10:00 AM · First seen: Requires Crew Lead\n"
        "Another system wrote this down; whom it told is not known here."
    )
    assert paragraphs[2].endswith("Taken over silently from the system before: nobody is told.")


async def test_a_job_that_was_never_taken_in_says_why(town: Town) -> None:
    assert await find_unread(town.connection, 9, None) is None
    await town.connection.execute(
        "INSERT INTO botzilla.attic_tech_document (collection, id, state, reason)"
        " VALUES ('estimates', 9, 'set_aside', 'no id')"
    )
    unread = await find_unread(town.connection, None, 9)
    assert unread is not None
    assert (unread.collection, unread.id, unread.reason) == ("estimates", 9, "no id")
