"""Stories as tests read them: whole, as on a terminal, with the clock stopped."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bot.audit.reading import find_row, read_story
from bot.views.language import Words
from bot.views.why import why_text
from sync.postgres.pool import Connection
from tests.mirror import Town

RCL, PIP, PR = "Requires Crew Lead", "Plans In Progress", "Pending Review"
PRODUCTION = "In Production"
WORDS = Words("en", ZoneInfo("UTC"))
#: When each test began, as its stories say: far from every clock, to the minute.
SEEN = datetime(2090, 1, 1, 12, 30, tzinfo=UTC)


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


async def ready(town: Town) -> None:
    """What was told before is not of interest."""
    await town.decide()
    await town.told()
