"""The stories that managers ask for: whole, as they are read on a terminal."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from bot.delivery.intent import Drop
from bot.delivery.outbox import claim, record, sweep
from bot.delivery.verdict import Again, Delivered, Held, Unknown
from bot.views.language import Words
from bot.views.why import why_text
from bot.why.reading import find_row, find_unread, read_story
from sync.alerts import Because, Reason
from sync.database.pool import Connection
from sync.deciding.refusals import record_refusal, revive
from tests.mirror import NOW, Town

RCL, PIP, PR = "Requires Crew Lead", "Plans In Progress", "Pending Review"
PRODUCTION = "In Production"
WORDS = Words("en", ZoneInfo("UTC"))
REST = timedelta(minutes=3)
#: When each test began, as its stories say: far from every clock, to the minute.
SEEN = datetime(2090, 1, 1, 12, 30, tzinfo=UTC)


@pytest.fixture
async def town(connection: Connection) -> Town:
    town = await Town.build(connection)
    await town.company.employee("Ada Lopez", telegram_id="101")
    await town.put("users", 11, name="Nobody Known", roles=[1])
    await begin(connection)
    await town.decide()
    return town


async def begin(connection: Connection) -> None:
    """The test begins now."""
    await connection.execute("INSERT INTO botzilla.sync_state VALUES ('test', 'true', now())")


async def story(town: Town, job: int | None = 1, estimate: int | None = None) -> str:
    """The story, all that was written down by our clock moved to SEEN, without the days."""
    await move_clock(town.connection)
    row = await find_row(town.connection, job, estimate)
    assert row is not None
    told = why_text(await read_story(town.connection, row), WORDS).replace("\u202f", " ")
    return told.replace("Nov 24, 2026, ", "").replace("Jan 1, 2090, ", "")


async def move_clock(connection: Connection) -> None:
    """Of what is not moved yet; what waits does so until noon of a day in 2100."""
    shift = SEEN - await connection.fetchval(
        "SELECT updated_at FROM botzilla.sync_state WHERE key = 'test'"
    )
    await connection.execute(
        "UPDATE botzilla.alert SET created_at = created_at + $1::interval,"
        " delivered_at = delivered_at + $1::interval, next_attempt_at = CASE"
        " WHEN next_attempt_at > now() THEN '2100-01-01 12:00Z' ELSE next_attempt_at END"
        " WHERE created_at < '2080-01-01'",
        shift,
    )
    for table in ("job_state_change_log", "job_other_change"):
        await connection.execute(
            f"UPDATE botzilla.{table} SET change_metadata = change_metadata || jsonb_build_object("
            "'seen_at', (change_metadata ->> 'seen_at')::timestamptz + $1::interval)"
            " WHERE (change_metadata ->> 'seen_at')::timestamptz < '2080-01-01'",
            shift,
        )


async def newest(town: Town, job: int | None = 1) -> list[str]:
    """The lines of the newest paragraph."""
    return (await story(town, job)).split("\n\n")[-1].splitlines()


async def meets(town: Town, *outcomes: object) -> None:
    """What is due meets these outcomes, in its order."""
    for outcome in outcomes:
        (alert,) = await claim(town.connection, 1, uuid4())
        if isinstance(outcome, Reason):
            await record_refusal(town.connection, alert.id, alert.lease_token, outcome, ())
        else:
            await record(town.connection, alert.id, alert.lease_token, outcome)


async def ready(town: Town) -> None:
    """What was told before is not of interest."""
    await town.decide()
    await town.told()


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
    ("outcome", "sentence"),
    [
        (Delivered(1, 1), "✅ delivered 12:30 PM"),
        (
            Again(REST, lane=True, failure=False),
            "⏳ next attempt Jan 1, 2100, 12:00 PM: Telegram asks us to slow down",
        ),
        (Again(REST), "⏳ next attempt Jan 1, 2100, 12:00 PM: Telegram could not be reached"),
        (
            Held(Because.TOKEN_REFUSED, REST),
            "⏳ next attempt Jan 1, 2100, 12:00 PM: Telegram refuses this bot’s token",
        ),
        (
            Unknown(),
            "❓ may have arrived: Telegram’s answer was lost. Ask Chris Jordan about it.",
        ),
        (Drop(Because.NEWER), "⚪ not sent: a newer message about this job took its place"),
        (Drop(Because.DONE), "⚪ not sent: what it asks for was already done"),
        (Drop(Because.GONE), "⚪ not sent: by then the job was gone"),
        (
            Drop(Because.NOT_HIS),
            "⚪ not sent: by then the job was somebody else’s business",
        ),
    ],
)
async def test_what_became_of_a_message(town: Town, outcome: object, sentence: str) -> None:
    await town.connection.execute("DELETE FROM botzilla.alert")
    await town.job(1, PIP, assignedCrew=[7])
    await town.decide()
    await meets(town, outcome)
    mark, _, words = sentence.partition(" ")
    assert (await newest(town))[-1] == (
        f"{mark} Chris Jordan (crew leader), “You have a new job”: {words}"
    )


async def test_a_sender_that_died_leaves_a_doubt(town: Town) -> None:
    await town.connection.execute("DELETE FROM botzilla.alert")
    await town.job(1, PIP, assignedCrew=[7])
    await town.decide()
    await claim(town.connection, 1, uuid4())
    assert (await newest(town))[-1].endswith("“You have a new job”: is being sent right now")
    await town.connection.execute("UPDATE botzilla.alert SET lease_until = now() - interval '1 s'")
    await sweep(town.connection)
    assert (await newest(town))[-1].endswith(
        "may have arrived: the program stopped while sending it. Ask Chris Jordan about it."
    )


async def test_who_cannot_be_reached_why_and_who_was_told_so(town: Town) -> None:
    await town.job(1, PIP, assignedCrew=[11])
    await town.decide()
    assert await newest(town) == [
        "12:11 PM · First seen: Plans In Progress",
        "Crew leader: Nobody Known",
        "Seen 12:30 PM, by run 1",
        "Rule 3: a crew leader has an active job and was not told of it: tell them.",
        "Rule 8: a crew leader cannot be reached: tell the managers.",
        (
            "❌ Nobody Known (crew leader), “You have a new job”: Nobody Known is not in BotZilla."
            " By rule 8 this goes to Ada Lopez. It goes out by itself once that is mended,"
            " if it still holds."
        ),
        "⏳ Ada Lopez (operation manager), “A crew leader cannot be reached”: goes out in a moment",
    ]


async def test_a_leader_who_blocked_the_bot_and_came_back_too_late(town: Town) -> None:
    await town.connection.execute("DELETE FROM botzilla.alert")
    await town.job(1, PIP, assignedCrew=[7])
    await town.decide()
    await meets(town, Reason.BOT_BLOCKED)
    blocked = "Chris Jordan has blocked this bot in Telegram. By rule 8 this goes to Ada Lopez."
    assert blocked in await story(town)
    await town.job(1, PRODUCTION)
    await town.decide()
    await town.connection.execute("DELETE FROM botzilla.telegram_chat")
    await revive(town.connection, 102)
    took_its_place = "not sent: a newer message about this job took its place"
    assert f"“You have a new job”: {took_its_place}" in await story(town)


async def test_nobody_at_all_and_then_somebody(town: Town) -> None:
    await town.connection.execute("""UPDATE botzilla."user" SET telegram_id = NULL""")
    await town.job(1, RCL)
    await town.decide()
    nobody = "Nobody (operation manager), “A crew leader is needed”:"
    assert (
        f"❌ {nobody} There is nobody who could be told. It goes out by itself once that is mended"
        in await story(town)
    )
    await town.connection.execute("""UPDATE botzilla."user" SET telegram_id = '101'""")
    await town.decide()
    assert (await newest(town))[-3:-1] == [
        f"⚪ {nobody} found nobody then; it went out when a manager could be reached",
        "⏳ Ada Lopez (operation manager), “A crew leader is needed”: goes out in a moment",
    ]


async def test_managers_who_could_not_be_told_are_named(town: Town) -> None:
    await town.company.manager(branch=1, telegram_id="@sol", email="sol@example.com")
    await town.job(1, RCL)
    await town.decide()
    assert (await newest(town))[-1] == "❌ sol@example.com has no Telegram id in BotZilla."


async def test_one_message_per_person_says_what_it_stands_for(town: Town) -> None:
    await town.company.manager(branch=1, telegram_id="102")
    await town.job(1, RCL, assignedCrew=[7])
    await ready(town)
    await town.job(1, PR)
    await town.decide()
    assert (await newest(town))[-2] == (
        "⏳ Chris Jordan (crew leader), “You have a new job”: goes out in a moment (One message per"
        " person: it stands for “A plan is ready for review” as operation manager, too.)"
    )


async def test_a_leaver_is_told_of_in_one_message_about_all_his_jobs(town: Town) -> None:
    for job in (1, 2):
        await town.job(job, PIP, assignedCrew=[7])
    await ready(town)
    await town.connection.execute(
        "UPDATE botzilla.employee SET status = 'inactive' WHERE first_name = 'Chris'"
    )
    await town.decide()
    for job in (1, 2):
        to_ada = [line for line in await newest(town, job) if "Ada Lopez" in line]
        head = "Ada Lopez (operation manager), “A crew leader cannot be reached”:"
        assert sorted(to_ada) == [
            f"⏳ {head} goes out in a moment",
            f"⚪ {head} stands in one message about several jobs",
        ]


async def test_a_leader_never_told_is_not_told_that_it_ended(town: Town) -> None:
    await town.job(1, PIP, assignedCrew=[11])
    await ready(town)
    await town.job(1, PIP, assignedCrew=[7])
    await town.decide()
    assert (await newest(town))[-1] == (
        "Nobody Known had never been told that it was theirs, and is not told that it ended."
    )


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        (None, (PRODUCTION, [7]), "no rule is about jobs first seen in this state."),
        ((PRODUCTION, []), ("Pending Payment", []), "no rule is about this move."),
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


@pytest.mark.parametrize("crew", [[8], [9]])
async def test_a_leader_of_before_whom_nobody_can_tell_is_the_managers_business(
    town: Town, crew: list[int]
) -> None:
    await town.job(1, PRODUCTION, assignedCrew=[7])
    await ready(town)
    await town.job(1, "Production Complete")
    await ready(town)
    await town.connection.execute(
        "UPDATE botzilla.employee SET telegram_id = NULL WHERE first_name = 'Chris'"
    )
    await town.job(1, "Production Complete", assignedCrew=crew)
    await town.decide()
    (to_chris,) = [line for line in await newest(town) if "Chris Jordan (crew leader)" in line]
    assert to_chris == (
        "❌ Chris Jordan (crew leader), “This job is no longer yours”: Chris Jordan has no Telegram"
        " id in BotZilla. By rule 8 this goes to Ada Lopez. It goes out by itself once that is"
        " mended, if it still holds."
    )


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


async def test_an_alert_whose_change_was_not_written_down_is_told_all_the_same(
    town: Town,
) -> None:
    await town.job(1, PIP, assignedCrew=[7])
    await town.decide()
    await town.connection.execute("DELETE FROM botzilla.job_state_change_log")
    assert await newest(town) == [
        "12:30 PM · Before anything was written down",
        "Rule 3: a crew leader has an active job and was not told of it: tell them.",
        "⏳ Chris Jordan (crew leader), “You have a new job”: goes out in a moment",
    ]


async def test_a_job_that_was_never_taken_in_says_why(town: Town) -> None:
    assert await find_unread(town.connection, 9, None) is None
    await town.connection.execute(
        "INSERT INTO botzilla.attic_tech_document (collection, id, state, reason)"
        " VALUES ('estimates', 9, 'set_aside', 'no id')"
    )
    unread = await find_unread(town.connection, None, 9)
    assert unread is not None
    assert (unread.collection, unread.id, unread.reason) == ("estimates", 9, "no id")
