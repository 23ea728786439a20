"""The one function that links a person to a Telegram id."""

import asyncio

import pytest

from bot.people.identity import Standing, read_identity
from bot.people.linking import Linked, LinkRefused, Why, link


async def ids(connection, table: str) -> list:
    return [
        row["telegram_id"]
        for row in await connection.fetch(f"SELECT telegram_id FROM botzilla.{table} ORDER BY id")
    ]


async def attic_person(connection, id: int, employee: int, reason: str | None, telegram=None):
    await connection.execute(
        "INSERT INTO botzilla.attic_tech_person (attic_tech_user_id, name, employee_id, reason,"
        " telegram_id) VALUES ($1, 'Chris', $2, $3, $4)",
        *(id, employee, reason, telegram),
    )


async def test_all_rows_of_the_person_are_written_together(company, connection):
    chris = await company.leader("Chris Jordan", telegram_id="9")
    sold = await company.sales_person("Chris", employee_id=chris.employee, telegram_id="@chris")
    other = await company.crew_member("Pat Doe", telegram_id="8")
    assert await link(connection, chris.employee, 102) == Linked(
        chris.employee, (chris.crew_member,), (sold,), 0
    )
    assert await ids(connection, "employee") == ["102"]
    assert await ids(connection, "crew_member") == ["102", "8"]
    assert await ids(connection, "sales_person") == ["102"]
    assert other != chris.crew_member
    found = await read_identity(connection, 102, (1,), "en")
    assert found.employee_id == chris.employee
    assert (await read_identity(connection, 9, (1,), "en")).standing is Standing.STRANGER


async def test_linking_again_is_the_same_link(company, connection):
    chris = await company.leader("Chris Jordan")
    first = await link(connection, chris.employee, 102)
    assert await link(connection, chris.employee, 102) == first


@pytest.mark.parametrize("held", ["102", " 102 "])
async def test_an_id_that_somebody_else_holds_is_refused(company, connection, held):
    chris = await company.leader("Chris Jordan", telegram_id="9")
    ann = await company.leader("Ann Fox", telegram_id=held)
    crew = await company.crew_member("Lou Reed", telegram_id=held)
    sold = await company.sales_person("Sam Lee", telegram_id=held)
    assert await link(connection, chris.employee, 102) == LinkRefused(
        Why.TAKEN, (f"crew_member {crew}", f"employee {ann.employee}", f"sales_person {sold}")
    )
    assert await ids(connection, "employee") == ["9", held]


async def test_an_unjoined_row_with_his_name_is_his_own(company, connection):
    chris = await company.leader("Chris Jordan")
    await company.crew_member(" chris  JORDAN", telegram_id="102")
    assert isinstance(await link(connection, chris.employee, 102), Linked)


async def test_a_joined_row_of_another_with_his_name_is_not(company, connection):
    chris = await company.leader("Chris Jordan")
    twin = await company.employee("Chris Jordan")
    crew = await company.crew_member("Chris Jordan", telegram_id="102", employee_id=twin)
    refused = await link(connection, chris.employee, 102)
    assert refused == LinkRefused(Why.TAKEN, (f"crew_member {crew}",))


@pytest.mark.parametrize(
    "columns", [{"status": "inactive"}, {"status": "rejected"}, {"is_deleted": True}]
)
async def test_who_left_is_not_linked(company, connection, columns):
    chris = await company.leader("Chris Jordan", **columns)
    assert await link(connection, chris.employee, 102) == LinkRefused(Why.LEFT)


async def test_who_is_blocked_in_attic_tech_is_not_linked(company, connection):
    chris = await company.leader("Chris Jordan")
    await attic_person(connection, 70, chris.employee, "blocked_in_attic_tech")
    await connection.execute(
        "INSERT INTO botzilla.attic_tech_document (collection, id, fields)"
        " VALUES ('users', 70, $1)",
        {"isBlocked": True},
    )
    assert await link(connection, chris.employee, 102) == LinkRefused(Why.LEFT)


async def test_nobody_is_not_linked(connection):
    assert await link(connection, 1, 102) == LinkRefused(Why.NO_SUCH_EMPLOYEE)


async def test_who_waits_for_approval_can_be_linked(company, connection):
    chris = await company.leader("Chris Jordan", status="pending")
    assert isinstance(await link(connection, chris.employee, 102), Linked)


async def test_what_waited_for_the_link_goes_out(company, connection):
    chris = await company.leader("Chris Jordan")
    await attic_person(connection, 70, chris.employee, "no_telegram")
    await connection.execute(
        "INSERT INTO botzilla.telegram_chat (telegram_id, blocked_reason) VALUES (102, 'x')"
    )
    job = await connection.fetchval(
        "INSERT INTO botzilla.job_sync (attic_tech_job_id, attic_tech_crew_leader_id, known)"
        " VALUES (7, 70, $1) RETURNING id",
        {"active": True},
    )
    await connection.execute(
        "INSERT INTO botzilla.alert (kind, job_sync_id, recipient_type, recipient_id, event_key,"
        " state, reason) VALUES ('job_assigned', $1, 'crew_leader', 70, 'k', 'undeliverable',"
        " 'no_telegram')",
        job,
    )
    linked = await link(connection, chris.employee, 102)
    assert isinstance(linked, Linked)
    assert linked.revived == 1
    row = await connection.fetchrow("SELECT state, telegram_id FROM botzilla.alert")
    assert tuple(row) == ("pending", "102")


async def test_a_match_that_waits_for_approval_stays_so(company, connection):
    chris = await company.leader("Chris Jordan", status="pending")
    await attic_person(connection, 70, chris.employee, "pending_approval")
    await link(connection, chris.employee, 102)
    reason = await connection.fetchval("SELECT reason FROM botzilla.attic_tech_person")
    assert reason == "pending_approval"


async def test_of_two_who_take_the_same_id_at_once_one_is_refused(company, pool):
    first = await company.leader("Chris Jordan")
    second = await company.leader("Ann Fox")

    async def take(employee: int):
        async with pool.acquire() as connection:
            return await link(connection, employee, 102)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(take(p.employee)) for p in (first, second)]
    kinds = sorted(type(task.result()).__name__ for task in tasks)
    assert kinds == ["LinkRefused", "Linked"]
