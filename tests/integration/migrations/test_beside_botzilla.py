"""Migrating while BotZilla works: it is hardly held up, and what fails has changed nothing."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError

from migrations import command
from sync.postgres.schema import REVISIONS
from tests.databases import dump, run_sql
from tests.drift import DRIFT, LIVE

pytestmark = pytest.mark.every_server

_LOCK_TIMEOUT = 2.0
_BUSINESS = (
    "UPDATE botzilla.crew_member SET phone = '+1 619 555 0101' WHERE id = 1",
    "UPDATE botzilla.employee SET notes = 'called' WHERE id = 1",
    "UPDATE botzilla.job SET note = 'called' WHERE id = 1",
    "INSERT INTO botzilla.job (name, branch_id, crew_leader_id) VALUES ('Another', 1, 1)",
    "UPDATE botzilla.job_sync SET notification_sent = true WHERE id = 41",
    "SELECT * FROM botzilla.v_job_sync_details",
)


@pytest.fixture
async def live_url(empty_database_url: str) -> str:
    """A live database with both tables of the seed."""
    await run_sql(empty_database_url, LIVE + DRIFT["both tables as in the seed"])
    return empty_database_url


async def _work(url: str, statement: str, done: asyncio.Event) -> float:
    """The longest that a statement, repeated until `done`, ever took."""
    connection, longest = await asyncpg.connect(url, statement_cache_size=0), 0.0
    while not done.is_set():
        began = time.monotonic()
        await connection.execute(statement)
        longest = max(longest, time.monotonic() - began)
    await connection.close()
    return longest


async def _longest_waits(url: str, work: Callable[[], Awaitable[None]]) -> list[float]:
    done = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        workers = [group.create_task(_work(url, statement, done)) for statement in _BUSINESS]
        await work()
        done.set()
    return [worker.result() for worker in workers]


@asynccontextmanager
async def _busy(url: str, table: str, mode: str = "ACCESS SHARE") -> AsyncIterator[None]:
    """A transaction of BotZilla's that does not end, for as long as the block lasts."""
    connection = await asyncpg.connect(url)
    await connection.execute(f"BEGIN; LOCK TABLE botzilla.{table} IN {mode} MODE")
    yield
    await connection.close()


async def _version(url: str) -> str | None:
    connection = await asyncpg.connect(url)
    found = await connection.fetchval("SELECT version_num FROM botzilla.jobsync_version")
    await connection.close()
    return found


async def test_no_statement_of_botzilla_waits_longer_than_the_lock_timeout(live_url: str) -> None:
    async def up_down_up() -> None:
        await command.upgrade(live_url)
        await command.downgrade(live_url)
        await command.upgrade(live_url)

    assert max(await _longest_waits(live_url, up_down_up)) < _LOCK_TIMEOUT


async def test_a_table_that_stays_busy_holds_up_nobody_and_changes_nothing(live_url: str) -> None:
    async def up() -> None:
        with pytest.raises(asyncpg.LockNotAvailableError):
            await command.upgrade(live_url, attempts=1)

    async with _busy(live_url, "crew_member_branch"), _busy(live_url, "sales_person"):
        assert max(await _longest_waits(live_url, up)) < _LOCK_TIMEOUT
    assert await _version(live_url) == "0001"


async def test_what_was_busy_is_tried_again(live_url: str) -> None:
    async def finish_later(seconds: float) -> None:
        async with _busy(live_url, "job"):
            await asyncio.sleep(seconds)  # the time that BotZilla's report takes

    async with asyncio.TaskGroup() as group:
        group.create_task(finish_later(1.0))
        await command.upgrade(live_url, attempts=1)
    assert await _version(live_url) == REVISIONS[-1]


async def _until_an_index_waits(url: str) -> None:
    connection = await asyncpg.connect(url)
    while not await connection.fetchval(
        """SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'
        AND query LIKE '%CONCURRENTLY%' AND datname = current_database()"""
    ):
        await asyncio.sleep(0.01)
    await connection.close()


async def test_indexes_wait_for_a_transaction_and_hold_up_nobody(live_url: str) -> None:
    await command.upgrade(live_url, "0003")
    async with asyncio.TaskGroup() as group, _busy(live_url, "job", "ROW EXCLUSIVE"):
        group.create_task(command.upgrade(live_url, attempts=1))
        await _until_an_index_waits(live_url)
        async with asyncio.timeout(_LOCK_TIMEOUT):
            await run_sql(live_url, _BUSINESS[2])
    assert await _version(live_url) == REVISIONS[-1]


async def test_an_index_that_was_interrupted_is_built_anew(live_url: str) -> None:
    await command.upgrade(live_url, "0003")
    connection = await asyncpg.connect(live_url)
    await connection.execute("CREATE INDEX idx_job_estimate_id ON botzilla.job (estimate_id)")
    await connection.execute(
        """UPDATE pg_index SET indisvalid = false
        WHERE indexrelid = 'botzilla.idx_job_estimate_id'::regclass"""
    )
    await command.upgrade(live_url)
    assert not await connection.fetchval("SELECT count(*) FROM pg_index WHERE NOT indisvalid")
    await connection.close()


async def test_a_revision_that_fails_leaves_the_version_where_it_was(live_url: str) -> None:
    await command.upgrade(live_url, "0002")
    await run_sql(live_url, "CREATE TABLE botzilla.alert (of text)")
    before = dump(live_url)
    with pytest.raises(asyncpg.DuplicateTableError):
        await command.upgrade(live_url)
    assert dump(live_url) == before


async def test_a_revision_and_its_version_are_one_transaction(live_url: str) -> None:
    await command.upgrade(live_url, "0001")
    await run_sql(
        live_url,
        """CREATE FUNCTION botzilla.refuse() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN RAISE insufficient_privilege; END';
        CREATE TRIGGER refuse BEFORE UPDATE ON botzilla.jobsync_version
            FOR EACH ROW WHEN (NEW.version_num = '0003') EXECUTE FUNCTION botzilla.refuse();""",
    )
    with pytest.raises(DBAPIError):
        await command.upgrade(live_url)
    assert await _version(live_url) == "0002"
    connection = await asyncpg.connect(live_url)
    assert await connection.fetchval("SELECT to_regclass('botzilla.alert')") is None
    await connection.close()


async def test_down_keeps_a_state_that_a_job_of_botzilla_is_in(empty_database_url: str) -> None:
    await run_sql(empty_database_url, LIVE + DRIFT["the columns of job"])
    await command.upgrade(empty_database_url)
    await run_sql(
        empty_database_url,
        """UPDATE botzilla.job SET last_known_status_id = s.id FROM botzilla.job_status s
        WHERE s.name = 'Closed Job' AND job.id = 2""",
    )
    await command.downgrade(empty_database_url)
    connection = await asyncpg.connect(empty_database_url)
    names = await connection.fetchval("SELECT array_agg(name ORDER BY id) FROM botzilla.job_status")
    assert names == ["In Progress", "Done", "Cancelled", "On Hold", "Closed Job"]
    await connection.close()


async def test_down_removes_our_rows_from_the_tables_of_the_seed(live_url: str) -> None:
    before = dump(live_url)
    await command.upgrade(live_url)
    await run_sql(
        live_url,
        """INSERT INTO botzilla.job_sync (attic_tech_estimate_id) VALUES (901);
        INSERT INTO botzilla.job_state_change_log (job_sync_id)
        SELECT max(id) FROM botzilla.job_sync""",
    )
    await command.downgrade(live_url)
    assert dump(live_url) == before


async def test_down_leaves_nothing_of_us_in_an_empty_database(empty_database_url: str) -> None:
    await command.upgrade(empty_database_url)
    await command.downgrade(empty_database_url)
    connection = await asyncpg.connect(empty_database_url)
    assert await connection.fetchval("SELECT to_regnamespace('botzilla')") is None
    await connection.close()


async def test_down_keeps_a_schema_into_which_somebody_moved(empty_database_url: str) -> None:
    await command.upgrade(empty_database_url)
    await run_sql(empty_database_url, "CREATE TABLE botzilla.guest ()")
    await command.downgrade(empty_database_url)
    connection = await asyncpg.connect(empty_database_url)
    tables = await connection.fetch(
        "SELECT relname FROM pg_class WHERE relnamespace = 'botzilla'::regnamespace"
    )
    assert [row[0] for row in tables] == ["guest"]
    await connection.close()
