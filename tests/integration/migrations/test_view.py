"""v_job_sync_details: whose it was, it stays; what it says."""

import asyncpg
import pytest

from migrations import command
from sync.postgres.pool import Connection
from tests.databases import run_sql
from tests.drift import DRIFT, LIVE
from tests.scene import Company

pytestmark = pytest.mark.every_server


@pytest.fixture
async def dressed_url(empty_database_url: str):
    """A live database whose view belongs to `dress owner` and is read by others."""
    script = DRIFT["a view that belongs to others"].replace("{role}", "dress")
    await run_sql(empty_database_url, LIVE + script)
    yield empty_database_url
    for role in ('"dress owner"', '"dress reader"', "dress_column"):
        await run_sql(empty_database_url, f"DROP OWNED BY {role}; DROP ROLE {role}")


async def test_owner_grants_options_and_comment_stay(dressed_url: str) -> None:
    connection = await asyncpg.connect(dressed_url)
    told = """SELECT pg_get_userbyid(relowner), reloptions, obj_description(oid, 'pg_class'),
            (SELECT array_agg(acl::text ORDER BY 1) FROM unnest(relacl) acl),
            (SELECT array_agg(attname || attacl::text ORDER BY attname) FROM pg_attribute
             WHERE attrelid = c.oid AND attacl IS NOT NULL)
        FROM pg_class c WHERE oid = 'botzilla.v_job_sync_details'::regclass"""
    before = await connection.fetchrow(told)
    assert before[0] == "dress owner"
    await command.upgrade(dressed_url)
    assert tuple(await connection.fetchrow(told)) == tuple(before)
    await connection.close()


@pytest.mark.parametrize("reader", ['"dress owner"', '"dress reader"'])
async def test_who_could_read_it_still_can(dressed_url: str, reader: str) -> None:
    await command.upgrade(dressed_url)
    connection = await asyncpg.connect(dressed_url)
    await connection.execute(f"SET ROLE {reader}")
    rows = await connection.fetch("SELECT * FROM botzilla.v_job_sync_details ORDER BY id")
    assert [row["job_name"] for row in rows] == ["Attic of Lee", "Attic of Roe"]
    await connection.close()


async def test_the_previous_state_is_what_the_newest_log_row_says(connection: Connection) -> None:
    await connection.execute(
        """WITH state AS (SELECT name, id FROM botzilla.job_status), job AS (
            INSERT INTO botzilla.job_sync (attic_tech_job_id, job_status_id, last_known_status_id)
            SELECT 7, id, id FROM state WHERE name = 'Pending Review' RETURNING id)
        INSERT INTO botzilla.job_state_change_log (job_sync_id, previous_status_id, new_status_id)
        SELECT job.id, a.id, b.id FROM job, (VALUES
            (1, 'Requires Crew Lead', 'Plans In Progress'),
            (2, 'Plans In Progress', 'Pending Review')) v (place, former, latter)
        JOIN state a ON a.name = former JOIN state b ON b.name = latter ORDER BY place"""
    )
    row = await connection.fetchrow(
        "SELECT current_status, previous_status FROM botzilla.v_job_sync_details"
    )
    assert tuple(row) == ("Pending Review", "Plans In Progress")


async def test_a_leader_without_a_crew_member_row_has_name_and_address(
    connection: Connection, company: Company
) -> None:
    chris = await company.employee("Chris Jordan", telegram_id="102")
    await connection.execute(
        """INSERT INTO botzilla.attic_tech_person
            (attic_tech_user_id, name, employee_id, telegram_id)
        VALUES (7, 'Chris Jordan', $1, '102')""",
        chris,
    )
    await connection.execute(
        """INSERT INTO botzilla.job_sync (attic_tech_job_id, attic_tech_crew_leader_id,
            crew_leader_employee_id) VALUES (1, 7, $1)""",
        chris,
    )
    row = await connection.fetchrow(
        "SELECT crew_leader_name, crew_leader_telegram_id FROM botzilla.v_job_sync_details"
    )
    assert tuple(row) == ("Chris Jordan", "102")
