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
