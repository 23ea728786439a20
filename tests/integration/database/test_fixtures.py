"""The fixtures themselves: what everybody else's tests stand on."""

from sync.database.pool import Connection, Pool
from tests.scene import Company


async def test_a_test_has_a_migrated_database(connection: Connection) -> None:
    assert await connection.fetchval("SELECT count(*) FROM botzilla.job_status") == 9


async def test_the_rows_of_one_test_are_not_seen_by_another(pool: Pool) -> None:
    assert await pool.fetchval("SELECT count(*) FROM botzilla.branch") == 0
    await Company(pool).branch("Orange")


async def test_nor_the_other_way_round(pool: Pool) -> None:
    assert await pool.fetchval("SELECT count(*) FROM botzilla.branch") == 0
    await Company(pool).branch("Orange")


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
