"""`jobsync people link` on a database: nothing is changed, or all that is certain is."""

import pytest

from bot.cli.people import link_people
from bot.failures import CommandFailed
from sync.people.linkage import Verdict
from sync.reconcile.people import write_joins
from tests.databases import dump


async def attic_user(connection, id: int, name: str, **fields) -> None:
    await connection.execute(
        "INSERT INTO botzilla.attic_tech_document (collection, id, fields)"
        " VALUES ('users', $1, $2)",
        id,
        {"name": name} | fields,
    )


@pytest.fixture
async def chris(company, connection) -> int:
    """Chris: an employee, an unjoined row of the crew, one of the sales, and a user (7)."""
    employee = await company.employee("Chris Jordan", phone_number="6195550142")
    await company.crew_member("chris jordan", phone="(619) 555-0142")
    await company.sales_person("Chris Jordan")
    await company.sales_person("Sam Lee")
    await attic_user(connection, 7, "Chris Jordan")
    return employee


async def links(connection) -> list[tuple]:
    rows = await connection.fetch(
        "SELECT 'crew_member' AS source, id, employee_id AS joined FROM botzilla.crew_member"
        " UNION ALL SELECT 'sales_person', id, employee_id FROM botzilla.sales_person"
        " UNION ALL SELECT 'employee', id, attic_tech_user_id FROM botzilla.employee"
        " ORDER BY source, id"
    )
    return [tuple(row) for row in rows]


async def test_without_apply_nothing_is_changed(connection, chris, database_url):
    before = dump(database_url)
    plan = await link_people(connection, apply=False)
    assert len(plan.certain) == 3
    assert dump(database_url) == before


async def test_apply_writes_what_is_certain_and_twice_is_no_change(connection, chris, database_url):
    assert len((await link_people(connection, apply=True)).certain) == 3
    assert await links(connection) == [
        ("crew_member", 1, chris),
        ("employee", chris, 7),
        ("sales_person", 1, chris),
        ("sales_person", 2, None),
    ]
    before = dump(database_url)
    assert (await link_people(connection, apply=True)).certain == ()
    assert dump(database_url) == before


async def test_what_is_in_doubt_stays_and_what_is_filled_is_not_touched(company, connection):
    other = await company.employee("Ann Fox", attic_tech_user_id=9)
    for _ in range(2):
        await company.employee("Chris Jordan")
    await company.crew_member("Chris Jordan")
    joined = await company.crew_member("Chris Jordan", employee_id=other)
    plan = await link_people(connection, apply=True)
    assert (plan.crew_members[0].verdict, plan.certain) == (Verdict.AMBIGUOUS, ())
    found = await links(connection)
    assert found[:2] == [("crew_member", 1, None), ("crew_member", joined, other)]


async def test_columns_that_only_some_databases_have_are_evidence(company, connection):
    await connection.execute("ALTER TABLE botzilla.crew_member ADD COLUMN email varchar(100)")
    employee = await company.employee("Chris Jordan", email="chris@x.example")
    await company.crew_member("C. J.", email="Chris@X.example")
    await link_people(connection, apply=True)
    assert (await links(connection))[0] == ("crew_member", 1, employee)


@pytest.mark.parametrize(
    "meanwhile",
    [
        "UPDATE botzilla.employee SET attic_tech_user_id = 7 WHERE last_name = 'Other'",
        "UPDATE botzilla.crew_member SET employee_id = NULL, name = 'Chris B. Jordan'",
        "DELETE FROM botzilla.sales_person WHERE name = 'Chris Jordan'",
        "DELETE FROM botzilla.employee WHERE first_name = 'Chris'",
    ],
)
async def test_a_change_meanwhile_is_one_sentence_and_changes_nothing(
    company, connection, pool, chris, monkeypatch, meanwhile
):
    await company.employee("Some Other")

    async def overtaken(on, certain):
        await pool.execute(meanwhile)
        return await write_joins(on, certain)

    monkeypatch.setattr("bot.cli.people.write_joins", overtaken)
    with pytest.raises(CommandFailed, match="nothing was written, try again") as failed:
        await link_people(connection, apply=True)
    assert "\n" not in str(failed.value)
    assert all(joined in (None, 7) for _, _, joined in await links(connection))
    crew = await connection.fetch("SELECT employee_id FROM botzilla.crew_member")
    assert [row["employee_id"] for row in crew] == [None]
