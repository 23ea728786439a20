"""The one place that links a person to a Telegram id, to another one, and to none."""

import asyncio

import pytest

from bot.people.identity import Standing, read_identity
from bot.people.linking import Linked, LinkRefused, Table, Unjoined, Why, link, unlink

pytestmark = pytest.mark.every_server


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


async def people(connection) -> list:
    rows = await connection.fetch(
        "SELECT telegram_id, reason FROM botzilla.attic_tech_person ORDER BY attic_tech_user_id"
    )
    return [tuple(row) for row in rows]


async def waiting_alert(connection) -> None:
    """An alert about job 7 to its leader, user 70, who could not be reached."""
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


async def test_all_rows_of_the_person_are_written_together(company, connection):
    chris = await company.leader("Chris Jordan", telegram_id="9")
    sold = await company.sales_person("Chris", employee_id=chris.employee, telegram_id="@chris")
    other = await company.crew_member("Pat Doe", telegram_id="8")
    assert await link(connection, chris.employee, 102) == Linked(
        chris.employee, (chris.crew_member,), (sold,), 0, former=(9,)
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


@pytest.mark.parametrize(
    "columns", [{"status": "inactive"}, {"status": "rejected"}, {"is_deleted": True}]
)
async def test_leavers_lose_the_id_to_whom_somebody_vouches_for(company, connection, columns):
    """Somebody came back, or his rows were merged: he is a new employee with his old phone."""
    gone = await company.leader("Chris J", telegram_id=" 102", **columns)
    sold = await company.sales_person("C.", telegram_id="102", employee_id=gone.employee)
    other = await company.sales_person("C.", telegram_id="7", employee_id=gone.employee)
    chris = await company.leader("Chris Jordan")
    await attic_person(connection, 70, gone.employee, "inactive", telegram="102")
    refused = await link(connection, chris.employee, 102)
    assert isinstance(refused, LinkRefused)
    linked = await link(connection, chris.employee, 102, over_leavers=True)
    assert linked == Linked(chris.employee, (chris.crew_member,), (), 0, leavers=(gone.employee,))
    assert await ids(connection, "employee") == [None, "102"]
    assert await ids(connection, "crew_member") == [None, "102"]
    assert await ids(connection, "sales_person") == [None, "7"]
    assert await people(connection) == [(None, "inactive")]
    assert (await read_identity(connection, 102, (1,), "en")).standing is Standing.KNOWN
    assert sold != other


@pytest.mark.parametrize("columns", [{"status": "active"}, {"status": "pending"}])
async def test_nobody_else_loses_the_id_whoever_vouches(company, connection, columns):
    await company.leader("Chris J", telegram_id="102", status="inactive")
    crew = await company.crew_member("Lou Reed", telegram_id="102")
    ann = await company.employee("Ann Fox", **columns)
    sold = await company.sales_person("Ann Fox", telegram_id="102", employee_id=ann)
    chris = await company.leader("Chris Jordan")
    assert await link(connection, chris.employee, 102, over_leavers=True) == LinkRefused(
        Why.TAKEN, (f"crew_member {crew}", f"sales_person {sold}")
    )
    assert await ids(connection, "employee") == ["102", None, None]


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
    await waiting_alert(connection)
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


async def test_an_inactive_salesperson_has_left_with_all_of_his_rows(company, connection):
    chris = await company.salesperson("Chris Jordan")
    await connection.execute("UPDATE botzilla.sales_person SET is_active = false")
    assert await link(connection, chris.employee, 102) == LinkRefused(Why.LEFT)


@pytest.mark.parametrize("table", [Table.CREW_MEMBER, Table.SALES_PERSON])
async def test_a_row_that_nobody_joined_is_linked_by_itself(company, connection, table):
    make = {Table.CREW_MEMBER: company.crew_member, Table.SALES_PERSON: company.sales_person}
    row = await make[table]("Chris Jordan", telegram_id=" 9")
    await make[table]("Pat Doe", telegram_id="8")
    linked = await link(connection, Unjoined(table, row), 102)
    crew, sold = ((row,), ()) if table is Table.CREW_MEMBER else ((), (row,))
    assert linked == Linked(None, crew, sold, 0, former=(9,))
    assert await ids(connection, table) == ["102", "8"]


async def test_a_row_that_was_joined_meanwhile_stands_for_its_employee(company, connection):
    chris = await company.leader("Chris Jordan")
    linked = await link(connection, Unjoined(Table.CREW_MEMBER, chris.crew_member), 102)
    assert linked == Linked(chris.employee, (chris.crew_member,), (), 0)
    assert await ids(connection, "employee") == ["102"]


async def test_an_unjoined_row_gets_no_id_that_somebody_else_holds(company, connection):
    chris = await company.crew_member("Chris Jordan")
    ann = await company.leader("Ann Fox", telegram_id="102")
    lou = await company.crew_member("Lou Reed", telegram_id="102 ")
    await company.sales_person("chris  jordan", telegram_id="102")
    assert await link(connection, Unjoined(Table.CREW_MEMBER, chris), 102) == LinkRefused(
        Why.TAKEN, (f"crew_member {lou}", f"employee {ann.employee}")
    )


async def test_an_unjoined_row_that_left_is_not_linked(company, connection):
    sold = await company.sales_person("Sam Lee", is_active=False)
    assert await link(connection, Unjoined(Table.SALES_PERSON, sold), 102) == LinkRefused(Why.LEFT)
    gone = await company.employee("Chris Jordan", status="inactive")
    crew = await company.crew_member("Chris Jordan")
    await attic_person(connection, 70, gone, "inactive")
    await connection.execute("UPDATE botzilla.attic_tech_person SET crew_member_id = $1", crew)
    assert await link(connection, Unjoined(Table.CREW_MEMBER, crew), 102) == LinkRefused(Why.LEFT)
    assert await ids(connection, "crew_member") == [None]


async def test_an_unjoined_row_that_is_gone_is_nobody(connection):
    for table in Table:
        refused = await link(connection, Unjoined(table, 1), 102)
        assert refused == LinkRefused(Why.NO_SUCH_EMPLOYEE)


async def test_what_waited_for_the_link_of_an_unjoined_row_goes_out(company, connection):
    crew = await company.crew_member("Chris Jordan")
    await connection.execute(
        "INSERT INTO botzilla.attic_tech_person (attic_tech_user_id, name, crew_member_id, reason)"
        " VALUES (70, 'Chris', $1, 'no_telegram')",
        crew,
    )
    await waiting_alert(connection)
    linked = await link(connection, Unjoined(Table.CREW_MEMBER, crew), 102)
    assert linked == Linked(None, (crew,), (), 1)
    assert await people(connection) == [("102", None)]


async def test_a_new_phone_takes_the_place_of_the_former_one_everywhere(company, connection):
    chris = await company.leader("Chris Jordan", telegram_id="9")
    unjoined = await company.crew_member("chris jordan", telegram_id=" 9")
    namesake = await company.crew_member("Chris Jordan", telegram_id="7")
    await company.sales_person("Sam Lee", telegram_id="8")
    linked = await link(connection, chris.employee, 102)
    assert linked == Linked(chris.employee, (chris.crew_member, unjoined), (), 0, former=(9,))
    assert await ids(connection, "crew_member") == ["102", "102", "7"]
    assert await ids(connection, "sales_person") == ["8"]
    assert (await read_identity(connection, 9, (1,), "en")).standing is Standing.STRANGER
    assert namesake not in linked.crew_member_ids


async def test_unlinking_empties_all_of_his_rows_and_nobody_elses(company, connection):
    chris = await company.leader("Chris Jordan", telegram_id="102")
    await company.sales_person("Chris", employee_id=chris.employee, telegram_id="103")
    await company.crew_member("Chris Jordan", telegram_id="102")
    await company.leader("Ann Fox", telegram_id="8")
    await attic_person(connection, 70, chris.employee, None, telegram="102")
    await attic_person(connection, 71, chris.employee, "bot_blocked", telegram="102")
    await attic_person(connection, 72, chris.employee, "inactive", telegram="102")
    assert await unlink(connection, chris.employee) == (102, 103)
    assert await ids(connection, "employee") == [None, "8"]
    assert await ids(connection, "crew_member") == [None, None, None]
    assert await ids(connection, "sales_person") == [None]
    assert await people(connection) == [
        (None, "no_telegram"),
        (None, "no_telegram"),
        (None, "inactive"),
    ]
    assert (await read_identity(connection, 102, (1,), "en")).standing is Standing.STRANGER


async def test_unlinking_twice_is_the_same_and_works_for_leavers(company, connection):
    chris = await company.leader("Chris Jordan", telegram_id="102", status="inactive")
    assert await unlink(connection, chris.employee) == (102,)
    assert await unlink(connection, chris.employee) == ()
    assert await unlink(connection, 999) == ()


async def test_unlinking_an_unjoined_row(company, connection):
    crew = await company.crew_member("Chris Jordan", telegram_id="102")
    sold = await company.sales_person("Chris Jordan", telegram_id="102")
    assert await unlink(connection, Unjoined(Table.SALES_PERSON, sold)) == (102,)
    assert await ids(connection, "sales_person") == await ids(connection, "crew_member") == [None]
    assert await unlink(connection, Unjoined(Table.CREW_MEMBER, crew)) == ()


async def test_a_lost_phone_does_not_go_on_managing(company, connection):
    chris = await company.leader("Chris Jordan", telegram_id=" 102")
    await company.manager(telegram_id="102 ")
    await company.manager(telegram_id="8")
    await link(connection, chris.employee, 103)
    assert await ids(connection, '"user"') == ["103", "8"]
    await unlink(connection, chris.employee)
    assert await ids(connection, '"user"') == [None, "8"]


async def test_the_account_that_was_made_with_an_employee_is_linked_with_him(company, connection):
    dana = await company.employee("Dana Roe")
    account, entered = await company.manager(), await company.manager(telegram_id="7")
    await connection.execute(
        "INSERT INTO botzilla.attic_tech_made VALUES (12, 'user', $1, $2), (13, 'user', $1, $3)",
        *(dana, account, entered),
    )
    await link(connection, dana, 102)
    assert await ids(connection, '"user"') == ["102", "7"]


async def test_an_account_is_unlinked_by_itself_but_linked_only_in_botzilla(company, connection):
    ada = Unjoined(Table.USER, await company.manager(telegram_id="101"))
    assert await unlink(connection, ada) == (101,)
    assert await link(connection, ada, 101) == LinkRefused(Why.NO_SUCH_EMPLOYEE)
    assert await ids(connection, '"user"') == [None]
