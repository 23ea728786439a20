"""Statistics of our tables: made by us after a mass change, if we may."""

from uuid import uuid4

import pytest

from sync.postgres.statistics import analyze_what_changed

pytestmark = pytest.mark.every_server


@pytest.fixture
async def filled(connection) -> None:
    """20,000 documents that nobody has looked at yet."""
    await connection.execute(
        "INSERT INTO botzilla.attic_tech_document (collection, id)"
        " SELECT 'jobs', n FROM generate_series(1, 20000) n;"
        "SELECT pg_stat_force_next_flush()"
    )


async def known(connection) -> int:
    return await connection.fetchval(
        "SELECT count(*) FROM pg_stats WHERE tablename = 'attic_tech_document'"
    )


async def test_a_table_that_was_filled_is_analysed_once(connection, filled):
    assert await analyze_what_changed(connection) == ["attic_tech_document"]
    assert await known(connection) > 0
    await connection.execute("SELECT pg_stat_force_next_flush()")
    assert await analyze_what_changed(connection) == []


async def test_a_few_changes_are_left_to_autovacuum(connection):
    await connection.execute(
        "INSERT INTO botzilla.attic_tech_document (collection, id) VALUES ('jobs', 1);"
        "SELECT pg_stat_force_next_flush()"
    )
    assert await analyze_what_changed(connection) == []


async def test_who_does_not_own_the_tables_leaves_them_alone(connection, filled):
    role = f"jobsync_test_{uuid4().hex[:12]}"
    await connection.execute(f"CREATE ROLE {role}; SET ROLE {role}")
    try:
        assert await analyze_what_changed(connection) == []
    finally:
        await connection.execute(f"RESET ROLE; DROP ROLE {role}")
