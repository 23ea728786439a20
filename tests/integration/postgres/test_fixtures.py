"""The fixtures themselves: what everybody else's tests stand on."""

import pytest

from sync.postgres.pool import Connection, Pool
from tests.scene import Company


async def test_a_test_has_a_migrated_database(connection: Connection) -> None:
    assert await connection.fetchval("SELECT count(*) FROM botzilla.job_status") == 9


_CHANGES = {
    "rows": "SELECT",
    "the schema": "ALTER TABLE botzilla.branch ADD COLUMN x text",
    "rows of ours": "DELETE FROM botzilla.job_status",
    "statistics": "ANALYZE botzilla.branch",
    "much": "INSERT INTO botzilla.branch (name) SELECT n FROM generate_series(1, 50000) n",
    "every other connection": "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()",
}


@pytest.mark.parametrize("change", [*_CHANGES, "nothing"])
async def test_what_one_test_changes_another_does_not_see(pool: Pool, change: str) -> None:
    found = await pool.fetchrow(
        """SELECT (SELECT count(*) FROM botzilla.branch),
                  (SELECT count(*) FROM botzilla.job_status),
                  (SELECT count(*) FROM information_schema.columns
                   WHERE table_schema = 'botzilla' AND table_name = 'branch' AND column_name = 'x'),
                  (SELECT max(reltuples) FROM pg_class WHERE oid = 'botzilla.branch'::regclass)"""
    )
    assert tuple(found) == (0, 9, 0, -1)
    assert await Company(pool).branch("Orange") == 1
    await pool.execute(_CHANGES.get(change, "SELECT"))


async def test_a_company_is_built_from_what_matters(company: Company) -> None:
    orange = await company.branch("Orange")
    ada = await company.manager(branch=orange, telegram_id="101")
    chris = await company.leader(
        "Chris Jordan", telegram_id="102", branch=orange, attic_tech_user_id=7
    )
    sam = await company.salesperson("Sam Dole", branch=orange)
    found = await company.connection.fetchrow(
        """SELECT (SELECT r.name FROM botzilla."user" u
                       JOIN botzilla.user_rol r ON r.id = u.rol_id WHERE u.id = $1),
                  (SELECT e.last_name FROM botzilla.employee e WHERE e.id = $2),
                  (SELECT employee_id FROM botzilla.sales_person WHERE id = $3)""",
        *(ada, chris.employee, sam.sales_person),
    )
    assert tuple(found) == ("operation manager", "Jordan", sam.employee)
