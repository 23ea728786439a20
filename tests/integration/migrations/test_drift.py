"""Migrating a live database, whatever of the seed's script it has seen."""

from datetime import UTC, datetime

import asyncpg
import pytest

from migrations import command
from tests.databases import dump
from tests.drift import DRIFT, LIVE

pytestmark = pytest.mark.every_server

_BOTZILLA = (
    *("branch", "user_rol", "user", "user_branch", "employee", "crew_member", "crew_member_branch"),
    *("sales_person", "sales_person_branch", "estimate", "job"),
)
VIEW = (
    *("id", "attic_tech_job_id", "job_name", "current_status", "previous_status"),
    *("crew_leader_name", "crew_leader_telegram_id", "crew_leader_phone", "sales_person_name"),
    *("sales_person_telegram_id", "branch_name", "last_synced_at", "notification_sent"),
    *("last_notification_sent_at", "created_at", "updated_at"),
)
EXPECTED = {
    "job_sync": {
        "attic_tech_job_id": "integer",
        "job_status_id": "integer",
        "crew_leader_id": "integer",
        "sales_person_id": "integer",
        "branch_id": "integer",
        "job_name": "text",
        "last_known_status_id": "integer",
        "last_synced_at": "timestamp with time zone",
        "notification_sent": "boolean",
        "last_notification_sent_at": "timestamp with time zone",
        "attic_tech_data": "jsonb",
        "created_at": "timestamp with time zone",
        "updated_at": "timestamp with time zone",
        "attic_tech_estimate_id": "integer",
        "attic_tech_crew_leader_id": "integer",
        "crew_leader_employee_id": "integer",
        "revision": "integer",
        "leader_revision": "integer",
        "known": "jsonb",
        "status_changed_at": "timestamp with time zone",
        "attic_tech_updated_at": "timestamp with time zone",
        "gone_at": "timestamp with time zone",
    },
    "job_state_change_log": {
        "job_sync_id": "integer",
        "attic_tech_job_id": "integer",
        "previous_status_id": "integer",
        "new_status_id": "integer",
        "notified_user_type": "character varying",
        "notified_user_id": "integer",
        "notified_telegram_id": "character varying",
        "changed_at": "timestamp with time zone",
        "change_metadata": "jsonb",
    },
    "job": {
        "attic_tech_job_id": "integer",
        "last_synced_at": "timestamp without time zone",
    },
    "crew_member": {"employee_id": "integer"},
    "sales_person": {"employee_id": "integer"},
}


async def _connect(url: str) -> asyncpg.Connection:
    return await asyncpg.connect(url, server_settings={"TimeZone": "America/Los_Angeles"})


async def _rows(connection: asyncpg.Connection, columns: dict[str, list[str]]) -> dict[str, list]:
    return {
        table: await connection.fetch(
            f'SELECT {", ".join(columns[table])} FROM botzilla."{table}" ORDER BY 1, 2'
        )
        for table in columns
    }


async def _columns(connection: asyncpg.Connection, table: str) -> dict[str, str]:
    found = await connection.fetch(
        """SELECT column_name, data_type FROM information_schema.columns
        WHERE table_schema = 'botzilla' AND table_name = $1 ORDER BY ordinal_position""",
        table,
    )
    return dict(map(tuple, found))


async def test_up_brings_our_columns_and_changes_no_row_of_botzilla(live_url: str) -> None:
    connection = await _connect(live_url)
    columns = {table: list(await _columns(connection, table)) for table in _BOTZILLA}
    before = await _rows(connection, columns)
    states = await connection.fetch("SELECT id, name FROM botzilla.job_status ORDER BY id")
    await command.upgrade(live_url)
    assert await _rows(connection, columns) == before
    kept = await connection.fetch(
        "SELECT id, name FROM botzilla.job_status ORDER BY id LIMIT $1", len(states)
    )
    assert kept == states
    for table, expected in EXPECTED.items():
        found = await _columns(connection, table)
        assert {name: found.get(name) for name in expected} == expected
    await connection.close()


async def test_up_brings_each_official_state_once(migrated_url: str) -> None:
    connection = await _connect(migrated_url)
    found = await connection.fetchval(
        """SELECT array_agg(name ORDER BY id) FROM (
            SELECT id, lower(regexp_replace(btrim(name), '\\s+', ' ', 'g')) AS name
            FROM botzilla.job_status) s
        WHERE name NOT IN ('in progress', 'done', 'cancelled', 'on hold')"""
    )
    assert sorted(found) == sorted(
        [
            *("requires crew lead", "plans in progress", "pending review", "requires scheduling"),
            *("pre-production", "in production", "production complete", "pending payment"),
            "closed job",
        ]
    )
    await connection.close()


async def test_the_view_has_the_columns_of_the_seed_first(migrated_url: str) -> None:
    connection = await _connect(migrated_url)
    assert tuple(await _columns(connection, "v_job_sync_details"))[: len(VIEW)] == VIEW
    await connection.close()


async def test_afterwards_both_tables_take_our_rows(migrated_url: str) -> None:
    connection = await _connect(migrated_url)
    row = await connection.fetchval(
        "INSERT INTO botzilla.job_sync (attic_tech_estimate_id) VALUES (901) RETURNING id"
    )
    await connection.execute(
        "INSERT INTO botzilla.job_state_change_log (job_sync_id) VALUES ($1)", row
    )
    with pytest.raises(asyncpg.UniqueViolationError):
        await connection.execute(
            "INSERT INTO botzilla.job_sync (attic_tech_estimate_id) VALUES (901)"
        )
    with pytest.raises(asyncpg.CheckViolationError):
        await connection.execute("INSERT INTO botzilla.job_sync (job_name) VALUES ('nobody')")
    upsert = """INSERT INTO botzilla.job_sync (attic_tech_job_id, attic_tech_estimate_id)
        VALUES (901, 901) ON CONFLICT (attic_tech_job_id) DO UPDATE SET revision = 1"""
    await connection.execute(upsert)
    await connection.execute(upsert)
    said = await connection.fetchval(
        "SELECT count(*) FROM botzilla.job_state_change_log WHERE job_sync_id = $1", row
    )
    assert said == 1, "the log of before speaks of another job"
    await connection.close()


async def test_all_indexes_are_valid(migrated_url: str) -> None:
    connection = await _connect(migrated_url)
    for table, column in (("crew_member", "employee_id"), ("sales_person", "employee_id")):
        assert await connection.fetchval(
            """SELECT bool_or(indisvalid) FROM pg_index i
            JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
            WHERE i.indrelid = ('botzilla.' || $1)::regclass AND a.attname = $2""",
            table,
            column,
        )
    assert not await connection.fetchval("SELECT count(*) FROM pg_index WHERE NOT indisvalid")
    await connection.close()


async def test_a_second_time_nothing_changes(migrated_url: str) -> None:
    once = dump(migrated_url)
    await command.upgrade(migrated_url)
    assert dump(migrated_url) == once


async def test_down_leaves_what_was_there_before_and_up_is_up_again(live_url: str) -> None:
    before = dump(live_url)
    await command.upgrade(live_url)
    up = dump(live_url, "--schema-only")
    await command.downgrade(live_url)
    assert dump(live_url) == before
    await command.upgrade(live_url)
    assert dump(live_url, "--schema-only") == up


async def test_times_without_a_zone_were_utc(empty_database_url: str) -> None:
    connection = await _connect(empty_database_url)
    await connection.execute(LIVE + DRIFT["both tables as in the seed"])
    await command.upgrade(empty_database_url)
    half_past_eight = datetime(2025, 11, 2, 8, 30, tzinfo=UTC)
    found = await connection.fetchrow(
        """SELECT js.created_at, js.updated_at, js.last_synced_at, l.changed_at
        FROM botzilla.job_sync js JOIN botzilla.job_state_change_log l ON l.job_sync_id = js.id
        WHERE js.id = 41"""
    )
    assert set(found) == {half_past_eight}
    await connection.close()
