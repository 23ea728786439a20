"""Attic Tech's users become people of BotZilla's: `match` fills an id, `create` makes rows."""

from datetime import timedelta
from typing import Any

import pytest

from bot.people.identity import Role, Standing, read_identity
from sync.postgres.pool import Connection, connect
from sync.reconcile import Run, decide, people
from sync.reconcile.people import Making
from tests.databases import dump
from tests.links import linked
from tests.mirror import LEADER, MEMBER, Town, nothing
from tests.scene import SCHEMES
from tests.statements import recorded, transactions

MANAGER, SALES = 3, 4


@pytest.fixture
async def town(connection: Connection) -> Town:
    """Orange with its two leaders, and the user Leo (9), a crew member who is nobody here."""
    town = await Town.build(connection)
    await town.put("roles", MANAGER, name="Operations  Manager")
    await town.put("roles", SALES, name="Sales")
    return town


async def create(town: Town, making: Making | None = None) -> None:
    await decide(town.connection, Run(1, making=making or Making()), nothing)


async def rows(town: Town, query: str) -> list[tuple]:
    return [tuple(row) for row in await town.connection.fetch(query)]


EMPLOYEES = """
    SELECT e.first_name, e.last_name, e.email, e.phone_number, e.status, e.role, b.name,
        e.attic_tech_user_id
    FROM botzilla.employee e LEFT JOIN botzilla.branch b ON b.id = e.branch_id
    WHERE e.attic_tech_user_id NOT IN (7, 8) ORDER BY e.id"""
CREW = """
    SELECT c.name, c.phone, c.is_leader, e.attic_tech_user_id,
        ARRAY(SELECT b.name FROM botzilla.crew_member_branch cb JOIN botzilla.branch b
            ON b.id = cb.branch_id WHERE cb.crew_member_id = c.id ORDER BY b.id)
    FROM botzilla.crew_member c JOIN botzilla.employee e ON e.id = c.employee_id
    WHERE e.attic_tech_user_id NOT IN (7, 8) ORDER BY c.id"""
SELLERS = """
    SELECT s.name, s.phone, s.is_active, e.attic_tech_user_id,
        ARRAY(SELECT b.name FROM botzilla.sales_person_branch sb JOIN botzilla.branch b
            ON b.id = sb.branch_id WHERE sb.sales_person_id = s.id ORDER BY b.id)
    FROM botzilla.sales_person s JOIN botzilla.employee e ON e.id = s.employee_id ORDER BY s.id"""
ACCOUNTS = """
    SELECT u.email, u.phone, u.password, r.name,
        ARRAY(SELECT b.name FROM botzilla.user_branch ub JOIN botzilla.branch b
            ON b.id = ub.branch_id WHERE ub.user_id = u.id ORDER BY b.id)
    FROM botzilla."user" u JOIN botzilla.user_rol r ON r.id = u.rol_id
    WHERE u.telegram_id IS NULL ORDER BY u.id"""


async def test_match_fills_the_id_of_people_who_exist_and_nothing_else(
    town: Town, database_url: str
) -> None:
    await town.company.employee("Leo Paz", email="leo@x.example")
    tables = ("employee", "crew_member", "sales_person", "user", "branch", "user_rol")
    options = [f'--table=botzilla."{table}"' for table in tables]
    await town.connection.execute("ALTER TABLE botzilla.employee DISABLE TRIGGER USER")
    before = dump(database_url, *options)
    await town.decide()
    after = dump(database_url, *options)
    (was,) = set(before.splitlines()) - set(after.splitlines())
    (now,) = set(after.splitlines()) - set(before.splitlines())
    assert was.replace("'crew_leader', NULL, NULL", "'crew_leader', NULL, 9") == now
    assert await rows(town, EMPLOYEES) == [
        ("Leo", "Paz", "leo@x.example", None, "active", "crew_leader", None, 9)
    ]


async def test_a_later_change_of_name_in_attic_tech_does_not_lose_him(town: Town) -> None:
    await town.company.employee("Leo Paz", telegram_id="109")
    await town.put("users", 9, roles=[LEADER])
    await town.job(1, "Plans In Progress", assignedCrew=[9])
    assert await town.news() == [("job_assigned", "109", "pending")]
    await town.told()
    await town.put("users", 9, name="Leonardo Paz Ruiz")
    await town.job(1, "Pending Review")
    await town.job(1, "Requires Scheduling")
    assert await town.news() == [("state_changed", "109", "pending")]


async def test_an_id_that_somebody_enters_at_the_same_moment_stays(
    town: Town, pool: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    await town.company.employee("Leo Paz")
    write = people._write

    async def overtaken(connection: Connection, statement: str, rows: Any) -> int:
        if statement == "join":
            await pool.execute(
                "UPDATE botzilla.employee SET attic_tech_user_id = 99 WHERE last_name = 'Paz'"
            )
        return await write(connection, statement, rows)

    monkeypatch.setattr(people, "_write", overtaken)
    await town.decide()
    assert [row[-1] for row in await rows(town, EMPLOYEES)] == [99]


async def test_who_is_in_doubt_gets_no_id(town: Town) -> None:
    for _ in range(2):
        await town.company.employee("Leo Paz")
    await town.decide()
    await create(town)
    assert await rows(town, EMPLOYEES) == []
    count = "SELECT count(*) FROM botzilla.employee WHERE attic_tech_user_id IS NULL"
    assert await town.connection.fetchval(count) == 2


async def test_match_makes_nobody(town: Town) -> None:
    await town.put("branches", 2, name="Irvine")
    await town.decide()
    assert await rows(town, EMPLOYEES) == []
    assert await rows(town, "SELECT name FROM botzilla.branch") == [("Orange",)]


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_create_makes_people_with_their_rows_and_branches(town: Town, scheme: str) -> None:
    await town.connection.execute(SCHEMES[scheme])
    await town.put("branches", 2, name="San  Bernardino ")
    await town.put("users", 9, phone="619 555 0100", branches=[2, 1])
    await town.put("users", 10, name="Sam Lee", email="sam@x.example", roles=[SALES], branches=[2])
    await town.put("users", 11, name="Eva Sol", roles=[LEADER], email="eva@x.example")
    await town.put("users", 12, name="Dana Roe", roles=[MANAGER], email="dana@x.example")
    await town.put("users", 12, branches=[1, 2], phone="6195550112")
    await create(town)
    assert await rows(town, EMPLOYEES) == [
        ("Leo", "Paz", None, "619 555 0100", "pending", "crew_member", "San Bernardino", 9),
        ("Sam", "Lee", "sam@x.example", None, "pending", "salesperson", "San Bernardino", 10),
        ("Eva", "Sol", "eva@x.example", None, "pending", "crew_leader", None, 11),
        ("Dana", "Roe", "dana@x.example", "6195550112", "pending", None, "Orange", 12),
    ]
    assert await rows(town, CREW) == [
        ("Leo Paz", "619 555 0100", False, 9, ["Orange", "San Bernardino"]),
        ("Eva Sol", None, True, 11, []),
    ]
    assert await rows(town, SELLERS) == [("Sam Lee", None, True, 10, ["San Bernardino"])]
    assert await rows(town, ACCOUNTS) == [
        ("dana@x.example", "6195550112", "!", "operation manager", ["Orange", "San Bernardino"])
    ]


async def test_people_whose_rows_somebody_works_on_wait_for_the_next_run(
    town: Town, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.reconcile._PATIENCE", timedelta(seconds=0.1))
    await town.company.employee("Leo Paz")
    other = await connect(database_url)
    async with other.transaction():
        await other.execute("UPDATE botzilla.employee SET notes = 'x'")
        await town.job(1, "Requires Crew Lead")
        assert await town.news() == [("crew_lead_needed", "101", "pending")]
    await other.close()
    assert await rows(town, EMPLOYEES) == []
    await town.decide()
    assert [row[-1] for row in await rows(town, EMPLOYEES)] == [9]


async def test_create_twice_is_no_change(town: Town, database_url: str) -> None:
    await town.put("branches", 2, name="Irvine")
    await town.put("users", 12, name="Dana Roe", roles=[MANAGER, LEADER], email="dana@x.example")
    await create(town)
    await create(town)
    before = dump(database_url)
    await create(town)
    assert dump(database_url) == before


async def test_the_managers_role_is_made_where_it_is_missing(town: Town) -> None:
    await town.connection.execute('DELETE FROM botzilla."user"')
    await town.connection.execute("DELETE FROM botzilla.user_rol")
    for id in (12, 13):
        await town.put("users", id, name=f"D{id} R", roles=[MANAGER], email=f"d{id}@x.example")
    await create(town)
    assert len(await rows(town, ACCOUNTS)) == 2
    assert await rows(town, "SELECT name FROM botzilla.user_rol") == [("operation manager",)]


async def test_nothing_that_exists_is_overwritten(town: Town) -> None:
    ada = await town.company.manager(email="Dana@x.example", telegram_id=" 120", phone="1")
    leo = await town.company.employee("Leo Paz", email="own@x.example", status="active")
    await town.put("users", 9, email="leo@x.example", phone="6195550100", branches=[1])
    await town.put("users", 12, name="Dana Roe", roles=[MANAGER], email="dana@x.example")
    await create(town)
    account = 'SELECT email, telegram_id, phone FROM botzilla."user" WHERE id = $1'
    found = await town.connection.fetchrow(account, ada)
    assert tuple(found or ()) == ("Dana@x.example", " 120", "1")
    employee = "SELECT id, email, phone_number, status, branch_id, attic_tech_user_id"
    assert await rows(town, f"{employee} FROM botzilla.employee WHERE first_name = 'Leo'") == [
        (leo, "own@x.example", None, "active", None, 9)
    ]
    assert await rows(town, ACCOUNTS) == []


async def test_who_was_deleted_or_renamed_here_is_not_made_again(town: Town) -> None:
    await town.put("users", 12, name="Dana Roe", roles=[MANAGER], email="dana@x.example")
    await create(town)
    await town.connection.execute(
        "DELETE FROM botzilla.employee WHERE attic_tech_user_id = 9;"
        " UPDATE botzilla.\"user\" SET email = 'dana@home.example' WHERE telegram_id IS NULL"
    )
    await create(town)
    assert [row[-1] for row in await rows(town, EMPLOYEES)] == [12]
    assert [row[0] for row in await rows(town, ACCOUNTS)] == ["dana@home.example"]


async def test_a_row_that_the_database_refuses_stands_alone(town: Town) -> None:
    await town.connection.execute(
        "ALTER TABLE botzilla.employee ADD CHECK (last_name <> 'Number13'),"
        " ALTER COLUMN email SET NOT NULL"
    )
    for id in range(10, 20):
        await town.put("users", id, name=f"A Number{id}", roles=[LEADER], email=f"{id}@x.example")
    await town.put("users", 20, name="Without Mail", roles=[LEADER])
    await create(town)
    made = [row[-1] for row in await rows(town, EMPLOYEES)]
    assert made == [id for id in range(10, 20) if id != 13]


async def test_how_many_are_made_costs_no_more_statements(town: Town) -> None:
    async def cost(first: int, people: int) -> int:
        for id in range(first, first + people):
            await town.put("users", id, name=f"Q N{id}", roles=[MEMBER], email=f"{id}@x.example")
        with recorded(town.connection) as said:
            await create(town)
        return len(transactions(said)[0])

    await create(town)
    assert await cost(1000, 1) == await cost(2000, 200)


async def test_a_company_without_botzilla_begins_with_its_operators(connection: Connection) -> None:
    """Nobody is in the database: everybody is made, waits, is linked by an operator, approved."""
    town = Town(connection, (await Town.build(connection)).company, operators=(900,))
    await connection.execute(
        'TRUNCATE botzilla.employee, botzilla.crew_member, botzilla.branch, botzilla."user",'
        " botzilla.user_rol, botzilla.attic_tech_person CASCADE"
    )
    await town.put("roles", MANAGER, name="Operations Manager")
    await town.put("branches", 1, name="Orange")
    await town.put("roles", LEADER, name="Crew Leader")
    await town.put("users", 7, name="Chris Jordan", roles=[LEADER], branches=[1])
    await town.put("users", 12, name="Dana Roe", roles=[MANAGER], branches=[1], email="d@x.example")
    await create(town)
    ids = dict(
        await rows(town, "SELECT attic_tech_user_id, id FROM botzilla.employee")  # type: ignore[arg-type]
    )

    async def who(telegram_id: int):
        return await read_identity(connection, telegram_id, (900,), "en")

    assert (await who(900)).roles == {Role.OPERATOR}
    await linked(connection, ("employee", ids[7]), 102)
    await linked(connection, ("employee", ids[12]), 101)
    assert {(await who(id)).standing for id in (101, 102)} == {Standing.WAITING}
    await connection.execute("UPDATE botzilla.employee SET status = 'active'")
    await create(town)
    chris, dana = await who(102), await who(101)
    assert (chris.roles, chris.employee_id) == ({Role.CREW_LEADER}, ids[7])
    assert (dana.roles, dana.employee_id, len(dana.branch_ids)) == ({Role.MANAGER}, ids[12], 1)


@pytest.mark.parametrize("user", [7, 12])
async def test_a_leaver_in_attic_tech_loses_access_here(town: Town, user: int) -> None:
    await town.put("users", 12, name="Dana Roe", roles=[MANAGER], email="dana@x.example")
    await create(town)
    connection = town.connection
    employee = await connection.fetchval(
        "UPDATE botzilla.employee SET status = 'active' WHERE attic_tech_user_id = $1 RETURNING id",
        user,
    )
    await linked(connection, ("employee", employee), 555)
    await create(town)
    assert (await read_identity(connection, 555, (900,), "en")).standing is Standing.KNOWN
    await town.put("users", user, isBlocked=True)
    await create(town)
    left = await read_identity(connection, 555, (900,), "en")
    assert (left.standing, left.roles) == (Standing.LEFT, frozenset())
