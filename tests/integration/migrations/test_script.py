"""`jobsync migrate sql`: the script for a DBA does what `jobsync migrate up` does."""

from datetime import UTC, datetime

import asyncpg
import pytest

from migrations import command
from sync.postgres.schema import REVISIONS
from tests.databases import create_database, dump, on_database, psql, run_sql
from tests.drift import DRIFT, LIVE

from .conftest import Templates

pytestmark = pytest.mark.every_server

_NOT_ITS_TIMES = "--exclude-table-data=botzilla.jobsync_created"


async def _written_down(url: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(url)
    rows = await connection.fetch(
        "SELECT revision, kind, on_table, name, detail FROM botzilla.jobsync_created"
        " ORDER BY revision, id"
    )
    await connection.close()
    return rows


@pytest.fixture
async def two_urls(server_url: str, drifted: Templates, live_url: str):
    """Two databases in the same state of drift."""
    name = f"{drifted.live}_twin"
    await create_database(server_url, name, drifted.live)
    yield live_url, on_database(server_url, name)
    await run_sql(server_url, f"DROP DATABASE {name} WITH (FORCE)")


async def test_the_script_gives_the_schema_that_up_gives(two_urls: tuple[str, str]) -> None:
    by_up, by_hand = two_urls
    await command.upgrade(by_up)
    done = psql(by_hand, command.script(), "--set=ON_ERROR_STOP=1")
    assert done.returncode == 0, done.stderr
    assert dump(by_hand, _NOT_ITS_TIMES) == dump(by_up, _NOT_ITS_TIMES)
    assert await _written_down(by_hand) == await _written_down(by_up)


async def test_where_the_dba_sits_changes_no_time(empty_database_url: str) -> None:
    await run_sql(empty_database_url, LIVE + DRIFT["both tables as in the seed"])
    script = f"SET TimeZone = 'America/Los_Angeles';\n{command.script()}"
    assert psql(empty_database_url, script, "--set=ON_ERROR_STOP=1").returncode == 0
    connection = await asyncpg.connect(empty_database_url)
    found = await connection.fetchrow(
        """SELECT js.created_at, js.last_synced_at, l.changed_at FROM botzilla.job_sync js
        JOIN botzilla.job_state_change_log l ON l.job_sync_id = js.id WHERE js.id = 41"""
    )
    assert set(found) == {datetime(2025, 11, 2, 8, 30, tzinfo=UTC)}
    await connection.close()


async def test_after_the_script_there_is_nothing_to_migrate(empty_database_url: str) -> None:
    psql(empty_database_url, command.script())
    before = dump(empty_database_url)
    await command.upgrade(empty_database_url)
    assert dump(empty_database_url) == before


async def test_the_script_may_stand_inside_the_begin_and_commit_of_the_seed(
    empty_database_url: str,
) -> None:
    done = psql(empty_database_url, f"BEGIN;\n{command.script()}\nCOMMIT;", "--set=ON_ERROR_STOP=1")
    assert done.returncode == 0, done.stderr
    connection = await asyncpg.connect(empty_database_url)
    assert (
        await connection.fetchval("SELECT version_num FROM botzilla.jobsync_version")
        == REVISIONS[-1]
    )
    await connection.close()


async def test_a_second_time_the_script_says_so_and_changes_nothing(
    empty_database_url: str,
) -> None:
    await command.upgrade(empty_database_url)
    before = dump(empty_database_url)
    done = psql(empty_database_url, command.script())
    assert "was migrated before" in done.stderr
    assert dump(empty_database_url) == before


async def test_the_script_gives_a_role_the_rights_of_the_seed(empty_database_url: str) -> None:
    connection = await asyncpg.connect(empty_database_url)
    await connection.execute('CREATE ROLE "the ""app"')
    try:
        done = psql(empty_database_url, command.script(grant='the "app'), "--set=ON_ERROR_STOP=1")
        assert done.returncode == 0, done.stderr
        lacking = await connection.fetchval(
            """SELECT count(*) FROM pg_class c WHERE relnamespace = 'botzilla'::regnamespace AND (
                relkind IN ('r', 'v')
                    AND NOT has_table_privilege('the "app', c.oid, 'SELECT, INSERT, UPDATE, DELETE')
                OR relkind = 'S' AND NOT has_sequence_privilege('the "app', c.oid, 'USAGE'))"""
        )
        assert lacking == 0
        assert await connection.fetchval(
            "SELECT has_schema_privilege('the \"app', 'botzilla', 'USAGE')"
        )
    finally:
        await connection.execute('DROP OWNED BY "the ""app"; DROP ROLE "the ""app"')
        await connection.close()
