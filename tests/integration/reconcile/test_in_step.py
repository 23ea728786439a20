"""The rows of one person are in step before anything is decided, whoever changed one of them."""

from typing import Any

import pytest

from bot.people.identity import Role, Standing, read_identity
from sync.postgres.pool import Connection
from sync.reconcile import Run, decide, people
from sync.reconcile.company import load_directory
from sync.reconcile.people import Making
from tests.databases import dump
from tests.links import linked, unlinked
from tests.mirror import Town, nothing
from tests.statements import recorded, transactions


@pytest.fixture
async def town(connection: Connection) -> Town:
    """Chris (102): an employee, a row of the crew, one of the sales, in step already."""
    town = await Town.build(connection)
    chris = await connection.fetchval("SELECT id FROM botzilla.employee WHERE telegram_id = '102'")
    await town.company.sales_person("Chris Jordan", employee_id=chris)
    await town.decide()
    return town


async def write(town: Town, statement: str, *values: Any) -> None:
    await town.connection.execute(statement, *values)


async def of_chris(town: Town, column: str = "telegram_id") -> list[str | None]:
    """Of his employee, his row of the crew, and that of the sales."""
    own = "phone_number" if column == "phone" else column
    rows = await town.connection.fetch(
        f"SELECT 1, {own} AS text FROM botzilla.employee WHERE attic_tech_user_id = 7"
        f" UNION ALL SELECT 2, {column} FROM botzilla.crew_member WHERE name = 'Chris Jordan'"
        f" UNION ALL SELECT 3, {column} FROM botzilla.sales_person ORDER BY 1"
    )
    return [row["text"] for row in rows]


async def problems(town: Town) -> tuple[str, ...]:
    return tuple(map(str, (await load_directory(town.connection, ())).problems()))


async def test_what_is_empty_was_filled(town: Town) -> None:
    assert await of_chris(town) == ["102", "102", "102"]
    assert await problems(town) == ()


@pytest.mark.parametrize("table", ["employee", "crew_member", "sales_person"])
async def test_a_row_that_botzilla_changes_reaches_the_others_and_his_alerts(
    town: Town, table: str
) -> None:
    await write(
        town, f"UPDATE botzilla.{table} SET telegram_id = ' 777 ' WHERE telegram_id = '102'"
    )
    await town.job(1, "Plans In Progress", assignedCrew=[7])
    assert await town.news() == [("job_assigned", "777", "pending")]
    assert sorted({(text or "").strip() for text in await of_chris(town)}) == ["777"]
    found = await read_identity(town.connection, 777, (1,), "en")
    assert found.roles == {Role.CREW_LEADER, Role.SALESPERSON}
    assert (await read_identity(town.connection, 102, (1,), "en")).standing is Standing.STRANGER


async def test_two_rows_changed_to_different_values_are_left_alone_and_reported(town: Town) -> None:
    await write(town, "UPDATE botzilla.crew_member SET telegram_id = '7' WHERE telegram_id = '102'")
    await write(town, "UPDATE botzilla.sales_person SET telegram_id = '8'")
    await town.decide()
    assert await of_chris(town) == ["102", "7", "8"]
    assert await problems(town) == (
        "employee 1 and crew_member 1 and sales_person 1: different telegram_id",
    )
    await town.job(1, "Plans In Progress", assignedCrew=[7])
    assert await town.news() == [("job_assigned", "102", "pending")]
    await write(town, "UPDATE botzilla.sales_person SET telegram_id = '7'")
    await town.decide()
    assert await of_chris(town) == ["7", "7", "7"]


async def test_an_id_that_the_office_takes_out_of_one_row_does_not_come_back(town: Town) -> None:
    await write(town, "UPDATE botzilla.employee SET telegram_id = NULL WHERE telegram_id = '102'")
    await town.decide()
    await town.decide()
    assert await of_chris(town) == [None, None, None]
    assert (await read_identity(town.connection, 102, (1,), "en")).standing is Standing.STRANGER


async def test_a_phone_that_is_missing_in_one_row_is_filled_again(town: Town) -> None:
    await write(town, "UPDATE botzilla.sales_person SET phone = '(619) 555-0142'")
    await town.decide()
    assert await of_chris(town, "phone") == ["(619) 555-0142"] * 3
    await write(town, "UPDATE botzilla.crew_member SET phone = '' WHERE telegram_id = '102'")
    await town.decide()
    assert await of_chris(town, "phone") == ["(619) 555-0142"] * 3


async def test_ids_that_are_no_numbers_are_neither_copied_nor_written_over(town: Town) -> None:
    await write(town, "UPDATE botzilla.crew_member SET telegram_id = '@c' WHERE telegram_id='102'")
    await town.decide()
    assert await of_chris(town) == ["102", "@c", "102"]
    assert await problems(town) == ("crew_member 1: telegram_id is not a number",)


async def test_an_id_that_somebody_else_holds_is_not_taken_over_but_reported(town: Town) -> None:
    await write(town, "UPDATE botzilla.sales_person SET telegram_id = '103'")  # Ana's
    await town.decide()
    assert await of_chris(town) == ["102", "102", "103"]
    assert "employees 1, 2: the same telegram_id" in await problems(town)
    await town.company.crew_member("Somebody Else", telegram_id="55")
    await write(town, "UPDATE botzilla.sales_person SET telegram_id = '55'")
    await town.decide()
    assert await of_chris(town) == ["102", "102", "55"]
    assert "employee 1 and crew_member 3: the same telegram_id" in await problems(town)


async def test_a_row_that_is_joined_later_does_not_overwrite_what_the_others_say(
    town: Town,
) -> None:
    chris = await town.connection.fetchval(
        "SELECT id FROM botzilla.employee WHERE attic_tech_user_id = 7"
    )
    for text in ("9", None):
        await town.company.crew_member("Chris Also", telegram_id=text, employee_id=chris)
    await town.decide()
    assert await of_chris(town) == ["102", "102", "102"]
    joined = "SELECT telegram_id FROM botzilla.crew_member WHERE name = 'Chris Also' ORDER BY id"
    assert [row[0] for row in await town.connection.fetch(joined)] == ["9", None]
    await write(town, "UPDATE botzilla.crew_member SET telegram_id = NULL WHERE telegram_id = '9'")
    await town.decide()
    assert [row[0] for row in await town.connection.fetch(joined)] == ["102", "102"]


async def test_what_was_linked_and_unlinked_here_stays_so(town: Town) -> None:
    chris = await town.connection.fetchval(
        "SELECT id FROM botzilla.employee WHERE attic_tech_user_id = 7"
    )
    await linked(town.connection, ("employee", chris), 777)
    # Before the next run: which of the two is right, somebody has to say.
    await write(town, "UPDATE botzilla.sales_person SET telegram_id = '778'")
    await town.decide()
    assert await of_chris(town) == ["777", "777", "778"]
    await unlinked(town.connection, ("employee", chris))
    await town.decide()
    assert await of_chris(town) == [None, None, None]


async def test_an_email_is_kept_where_the_table_has_one(town: Town) -> None:
    await write(town, "ALTER TABLE botzilla.sales_person ADD COLUMN email varchar(100)")
    await town.decide()
    email = "SELECT email FROM botzilla.{} WHERE telegram_id = '102'"
    own = await town.connection.fetchval(email.format("employee"))
    assert own is not None
    assert await town.connection.fetchval(email.format("sales_person")) == own
    await write(town, "UPDATE botzilla.sales_person SET email = 'new@x.example'")
    await town.decide()
    assert await town.connection.fetchval(email.format("employee")) == "new@x.example"
    await write(town, "ALTER TABLE botzilla.crew_member ADD COLUMN email varchar(100)")
    await town.decide()
    assert await town.connection.fetchval(email.format("crew_member")) == "new@x.example"


async def test_the_account_of_a_manager_who_was_made_here_follows_him(town: Town) -> None:
    await town.put("roles", 3, name="Operations Manager")
    await town.put("users", 12, name="Dana Roe", roles=[3], email="dana@x.example")
    await decide(town.connection, Run(1, making=Making()), nothing)
    await write(
        town, "UPDATE botzilla.employee SET telegram_id = '120' WHERE attic_tech_user_id = 12"
    )
    await town.decide()
    account = "SELECT telegram_id FROM botzilla.\"user\" WHERE email = 'dana@x.example'"
    assert await town.connection.fetchval(account) == "120"


async def test_a_quiet_run_writes_nothing(town: Town, database_url: str) -> None:
    before = dump(database_url)
    await town.decide()
    assert dump(database_url) == before


async def test_a_person_whom_the_database_refuses_stops_nobody_else(town: Town) -> None:
    await write(town, "ALTER TABLE botzilla.crew_member ADD CHECK (telegram_id <> '778')")
    for number in range(5):
        await town.company.leader(f"Q N{number}", telegram_id=str(776 + number))
    await town.decide()
    rows = await town.connection.fetch(
        "SELECT telegram_id FROM botzilla.crew_member WHERE name LIKE 'Q N%' ORDER BY name"
    )
    assert [row["telegram_id"] for row in rows] == ["776", "777", None, "779", "780"]


async def test_a_row_that_is_changed_at_the_same_moment_is_left_to_the_next_run(
    town: Town, pool: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    await write(town, "UPDATE botzilla.sales_person SET telegram_id = '777'")

    async def meanwhile(connection: Connection, statement: str, rows: Any) -> int:
        if statement == "write_steps" and rows:
            await pool.execute(
                "UPDATE botzilla.crew_member SET telegram_id = '888' WHERE telegram_id = '102'"
            )
        return await untouched(connection, statement, rows)

    untouched = people._write
    monkeypatch.setattr(people, "_write", meanwhile)
    await town.decide()
    assert await of_chris(town) == ["777", "888", "777"]
    await town.decide()
    assert await of_chris(town) == ["888", "888", "888"]


async def test_how_many_are_brought_in_step_costs_no_more_statements(town: Town) -> None:
    async def cost(number: int) -> int:
        for _ in range(number):
            await town.company.leader(branch=None, telegram_id=None, phone_number="6195550142")
        with recorded(town.connection) as said:
            await town.decide()
        return len(transactions(said)[0])

    assert await cost(1) == await cost(60)


async def test_a_managers_id_that_is_no_number_is_reported(town: Town) -> None:
    user = await town.company.manager(telegram_id=" @bob")
    assert await problems(town) == (f"user {user}: telegram_id is not a number",)
