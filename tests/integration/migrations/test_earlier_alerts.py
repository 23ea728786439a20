"""Alerts that an earlier version wrote can still be told and sent."""

import asyncpg
import pytest

from migrations import command

pytestmark = pytest.mark.every_server


async def test_what_else_an_alert_said_without_its_event_key_is_dropped(
    empty_database_url: str,
) -> None:
    await command.upgrade(empty_database_url, "0006")
    connection = await asyncpg.connect(empty_database_url)
    await connection.execute(
        "INSERT INTO botzilla.alert (kind, recipient_type, recipient_id, state, event_key, facts)"
        " VALUES ('job_assigned', 'crew_leader', 7, 'pending', 'a', $1)",
        '{"row": 3, "also": [["operation_manager", "plan_ready_for_review"]]}',
    )
    await command.upgrade(empty_database_url)
    assert await connection.fetchval("SELECT facts FROM botzilla.alert") == '{"row": 3}'
    await connection.close()


async def test_what_the_version_before_had_found_and_not_edited_yet_is_edited(
    empty_database_url: str,
) -> None:
    await command.upgrade(empty_database_url, "0011")
    connection = await asyncpg.connect(empty_database_url)
    await connection.execute("""
        INSERT INTO botzilla.job_sync (id, attic_tech_job_id, attic_tech_crew_leader_id)
            VALUES (1, 1, 7), (2, 2, 8);
        INSERT INTO botzilla.alert (kind, job_sync_id, recipient_type, recipient_id, state,
            event_key, facts)
            SELECT 'job_assigned', job, 'crew_leader', 7, 'delivered', job::text, '{}'
            FROM generate_series(1, 2) job;
        INSERT INTO botzilla.alert (kind, recipient_type, recipient_id, state, event_key, facts)
            VALUES ('mass_change_held', 'operator', 9, 'delivered', 'a', '{"edition": 2}'),
                ('mass_change_held', 'operator', 9, 'delivered', 'b', '{"edition": 2, "shown": 2}')
    """)
    await command.upgrade(empty_database_url)
    rows = await connection.fetch(
        "SELECT event_key, cleared_at IS NOT NULL FROM botzilla.alert WHERE edit_at IS NOT NULL"
        " ORDER BY id"
    )
    assert [tuple(row) for row in rows] == [("2", True), ("a", False)]
    await connection.close()
