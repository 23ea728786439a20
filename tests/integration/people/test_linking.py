"""The one place that links a person to a Telegram id, to another one, and to none."""

import asyncio

import pytest

from bot.people.identity import Standing, read_identity
from bot.people.linking import Change
from tests.links import linked, unlinked

pytestmark = pytest.mark.every_server


async def ids(connection, table: str) -> list:
    return [
        row["telegram_id"]
        for row in await connection.fetch(f"SELECT telegram_id FROM botzilla.{table} ORDER BY id")
    ]


async def changes(connection) -> list[tuple]:
    rows = await connection.fetch(
        "SELECT outcome, before, after FROM botzilla.telegram_link_attempt ORDER BY id"
    )
    return [tuple(row) for row in rows]


def employee(person) -> tuple[str, int]:
    return "employee", person.employee


async def test_all_rows_of_the_person_are_written_together_and_remembered(company, connection):
    chris = await company.leader("Chris Jordan", telegram_id="9")
    sold = await company.sales_person("Chris", employee_id=chris.employee, telegram_id="@chris")
    await company.crew_member("Pat Doe", telegram_id="8")
    done = await linked(connection, employee(chris), 102)
    assert (done.what, done.former) == (Change.REPLACED, (9,))
    assert await ids(connection, "employee") == ["102"]
    assert await ids(connection, "crew_member") == ["102", "8"]
    assert await ids(connection, "sales_person") == ["102"]
    rows = (
        f"employee {chris.employee}",
        f"crew_member {chris.crew_member}",
        f"sales_person {sold}",
    )
    before = dict(zip(rows, ("9", None, "@chris"), strict=True))
    assert await changes(connection) == [("replaced", before, dict.fromkeys(rows, "102"))]
    found = await read_identity(connection, 102, (1,), "en")
    assert found.employee_id == chris.employee
    assert (await read_identity(connection, 9, (1,), "en")).standing is Standing.STRANGER


@pytest.mark.parametrize("held", ["102", " 102 "])
@pytest.mark.parametrize("table", ["employee", "crew_member", "sales_person"])
async def test_an_id_that_somebody_else_holds_is_refused(company, connection, held, table):
    chris = await company.leader("Chris Jordan", telegram_id="9")
    await getattr(company, table)("Ann Fox", telegram_id=held)
    assert await linked(connection, employee(chris), 102) is None
    assert await linked(connection, employee(chris), 102, vouched=True) is None
    assert (await ids(connection, "employee"))[0] == "9"


async def test_a_second_id_of_somebody_else_is_held_as_well(company, connection):
    chris = await company.leader("Chris Jordan")
    ann = await company.employee("Ann Fox", telegram_id="8")
    await company.crew_member("Ann", telegram_id="102", employee_id=ann)
    assert await linked(connection, employee(chris), 102) is None


@pytest.mark.parametrize(
    "columns", [{"status": "inactive"}, {"status": "rejected"}, {"is_deleted": True}]
)
async def test_leavers_lose_the_id_to_whom_somebody_vouches_for(company, connection, columns):
    """Somebody came back, or their rows were merged: a new employee with their old phone."""
    gone = await company.leader("Chris J", telegram_id=" 102", **columns)
    await company.sales_person("C.", telegram_id="102", employee_id=gone.employee)
    await company.sales_person("C.", telegram_id="7", employee_id=gone.employee)
    chris = await company.leader("Chris Jordan")
    assert await linked(connection, employee(chris), 102) is None
    assert await linked(connection, employee(chris), 102, vouched=True)
    assert await ids(connection, "employee") == [None, "102"]
    assert await ids(connection, "crew_member") == [None, "102"]
    assert await ids(connection, "sales_person") == [None, "7"]
    assert (await read_identity(connection, 102, (1,), "en")).standing is Standing.KNOWN


async def test_nobody_else_loses_the_id_whoever_vouches(company, connection):
    """A row under another name that nobody joined may be somebody else's than the leaver's."""
    await company.leader("Chris J", telegram_id="102", status="inactive")
    await company.crew_member("Lou Reed", telegram_id="102")
    chris = await company.leader("Chris Jordan")
    assert await linked(connection, employee(chris), 102, vouched=True) is None
    assert await ids(connection, "employee") == ["102", None]


async def test_an_unjoined_row_is_theirs_by_name_and_no_other(company, connection):
    chris = await company.leader("Chris Jordan")
    row = await company.crew_member(" chris  JORDAN", telegram_id="102")
    assert await linked(connection, employee(chris), 102)
    twin = await company.employee("Chris Jordan")
    await company.crew_member("Chris Jordan", telegram_id="103", employee_id=twin)
    assert await linked(connection, employee(chris), 103) is None
    assert row


async def test_of_two_who_take_the_same_id_at_once_one_is_refused(company, pool):
    first = await company.leader("Chris Jordan")
    second = await company.leader("Ann Fox")

    async def take(person):
        async with pool.acquire() as connection:
            return await linked(connection, employee(person), 102)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(take(person)) for person in (first, second)]
    assert sorted(task.result() is None for task in tasks) == [False, True]


@pytest.mark.parametrize("table", ["crew_member", "sales_person"])
async def test_a_row_that_nobody_joined_is_linked_by_itself(company, connection, table):
    row = await getattr(company, table)("Chris Jordan", telegram_id=" 9")
    await getattr(company, table)("Pat Doe", telegram_id="8")
    done = await linked(connection, (table, row), 102)
    assert done.former == (9,)
    assert await ids(connection, table) == ["102", "8"]


async def test_a_new_phone_takes_the_place_of_the_former_one_everywhere(company, connection):
    chris = await company.leader("Chris Jordan", telegram_id="9")
    await company.crew_member("chris jordan", telegram_id=" 9")
    await company.crew_member("Chris Jordan", telegram_id="7")
    await company.sales_person("Sam Lee", telegram_id="8")
    await linked(connection, employee(chris), 102)
    assert await ids(connection, "crew_member") == ["102", "102", "7"]
    assert await ids(connection, "sales_person") == ["8"]
    assert (await read_identity(connection, 9, (1,), "en")).standing is Standing.STRANGER


async def test_unlinking_empties_all_of_their_rows_and_nobody_elses_also_of_a_leaver(
    company, connection
):
    chris = await company.leader("Chris Jordan", telegram_id="102", status="inactive")
    await company.sales_person("Chris", employee_id=chris.employee, telegram_id="103")
    await company.crew_member("Chris Jordan", telegram_id="102")
    await company.leader("Ann Fox", telegram_id="8")
    for _ in range(2):
        await unlinked(connection, employee(chris))
    assert await ids(connection, "employee") == [None, "8"]
    assert await ids(connection, "crew_member") == [None, None, None]
    assert await ids(connection, "sales_person") == [None]
    assert [what for what, *_ in await changes(connection)] == ["unlinked"]
    assert (await read_identity(connection, 102, (1,), "en")).standing is Standing.STRANGER


@pytest.mark.parametrize(("manages", "then"), [(False, None), (True, "103")])
async def test_a_lost_phone_does_not_go_on_managing_and_a_new_one_only_if_that_is_meant(
    company, connection, manages, then
):
    chris = await company.leader("Chris Jordan", telegram_id=" 102")
    await company.manager(telegram_id="102 ")
    await company.manager(telegram_id="8")
    await linked(connection, employee(chris), 103, manages=manages)
    assert await ids(connection, '"user"') == [then, "8"]
    await unlinked(connection, employee(chris))
    assert await ids(connection, '"user"') == [None, "8"]
