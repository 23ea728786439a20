"""The rows behind a Telegram id, as PostgreSQL gives them."""

import pytest

from bot.people.identity import Identity, Role, Standing, read_identity


@pytest.fixture
def who(connection):
    async def read(telegram_id: int, operators: tuple[int, ...] = (1,)) -> Identity:
        return await read_identity(connection, telegram_id, operators, "es")

    return read


async def attic_user(connection, id, *, blocked=False, **person):
    fields = {"isBlocked": blocked} | {k: person[k] for k in ("email", "phone") if k in person}
    await connection.execute(
        "INSERT INTO botzilla.attic_tech_document (collection, id, fields)"
        " VALUES ('users', $1, $2)",
        id,
        {"name": "Somebody"} | fields,
    )
    await connection.execute(
        "INSERT INTO botzilla.attic_tech_person (attic_tech_user_id, name, employee_id,"
        " crew_member_id, telegram_id) VALUES ($1, 'Somebody', $2, $3, $4)",
        *(id, person.get("employee"), person.get("crew_member"), person.get("telegram_id")),
    )


async def test_a_leader_is_known_by_his_employee_row(company, connection, who):
    chris = await company.leader("Chris Jordan", telegram_id=" 102 ")
    await attic_user(connection, 7, employee=chris.employee)
    assert await who(102) == Identity(
        telegram_id=102,
        standing=Standing.KNOWN,
        roles=frozenset({Role.CREW_LEADER}),
        name="Chris Jordan",
        employee_id=chris.employee,
        crew_member_ids=(chris.crew_member,),
        attic_user_ids=(7,),
        language="es",
    )


async def test_a_joined_row_leads_to_the_employee_and_his_other_rows(company, who):
    chris = await company.leader("Chris Jordan")
    sold = await company.sales_person("Chris", employee_id=chris.employee, telegram_id="102 ")
    found = await who(102)
    assert found.employee_id == chris.employee
    assert found.sales_person_ids == (sold,)
    assert found.crew_member_ids == (chris.crew_member,)


async def test_a_manager_has_his_branches(company, who):
    orange, irvine = await company.branch("Orange"), await company.branch("Irvine")
    ada = await company.user(
        role=" Operation  Manager", branches=(irvine, orange), telegram_id="101"
    )
    await company.user(role="admin", branches=(orange,), telegram_id="103")
    found = await who(101)
    assert (found.user_ids, found.branch_ids) == ((ada,), (orange, irvine))
    assert (await who(103)).standing is Standing.STRANGER


async def test_whom_a_job_names_as_leader_is_a_leader_without_any_crew_row(
    company, connection, who
):
    employee = await company.employee("Ann Fox", telegram_id="102", role="corporate")
    await attic_user(connection, 7, employee=employee)
    assert (await who(102)).roles == frozenset()
    await connection.execute(
        "INSERT INTO botzilla.job_sync (attic_tech_job_id, attic_tech_crew_leader_id) VALUES (1, 7)"
    )
    assert (await who(102)).roles == {Role.CREW_LEADER}


async def test_a_crew_member_nobody_joined_is_known_by_his_own_row(company, connection, who):
    crew = await company.crew_member("Lou", telegram_id="102", is_leader=False)
    await attic_user(connection, 7, crew_member=crew)
    found = await who(102)
    assert (found.roles, found.attic_user_ids) == ({Role.CREW_MEMBER}, (7,))


async def test_an_unjoined_row_stands_for_the_employee_that_the_matching_found(
    company, connection, who
):
    employee = await company.employee("Lou Reed")
    crew = await company.crew_member("Lou Reed", telegram_id="102")
    await attic_user(connection, 7, employee=employee, crew_member=crew)
    found = await who(102)
    assert (found.employee_id, found.crew_member_ids, found.attic_user_ids) == (None, (crew,), ())
    await connection.execute("UPDATE botzilla.attic_tech_person SET telegram_id = '102'")
    found = await who(102)
    assert (found.employee_id, found.attic_user_ids) == (employee, (7,))
    await connection.execute("UPDATE botzilla.employee SET status = 'inactive'")
    assert (await who(102)).standing is Standing.LEFT


@pytest.mark.parametrize("text", ["@102", "102a", "0102", "1 02", "+102"])
async def test_what_is_not_exactly_his_number_is_not_his(company, who, text):
    await company.leader("Chris Jordan", telegram_id=text)
    assert (await who(102)).standing is Standing.STRANGER


async def test_leavers_by_every_sign(company, connection, who):
    await company.leader("A B", telegram_id="102", status="rejected")
    await company.leader("C D", telegram_id="103", is_deleted=True)
    blocked = await company.leader("E F", telegram_id="104")
    await attic_user(connection, 7, blocked=True, employee=blocked.employee)
    await company.sales_person("G H", telegram_id="105", is_active=False)
    assert {(await who(id)).standing for id in (102, 103, 104, 105)} == {Standing.LEFT}


@pytest.mark.parametrize("left", [{"status": "inactive"}, {"is_deleted": True}])
@pytest.mark.parametrize("table", ["sales_person", "crew_member"])
async def test_a_leaver_has_left_by_a_row_that_nobody_joined_too(company, who, table, left):
    await company.employee("Sam  Lee", phone_number="(619) 555-0142", **left)
    add = getattr(company, table)
    await add("Sam Lee", telegram_id=" 102", phone="619 555 0142 ext 3")
    await add("Sam Lee", telegram_id="103")
    await add("Pat Doe", telegram_id="104", phone="619 555 0142")
    assert await who(102) == Identity(102, Standing.LEFT, name="Sam Lee", language="es")
    # The name or the phone alone could be anybody's.
    assert {(await who(id)).standing for id in (103, 104)} == {Standing.KNOWN}
    await company.employee("Sam Lee", phone_number="+16195550142")
    assert (await who(102)).standing is Standing.KNOWN


async def test_who_is_blocked_in_attic_tech_has_left_without_any_employee(company, connection, who):
    await company.manager(telegram_id="101", email="Ada@example.com")
    await company.manager(telegram_id="102", phone="619.555.0142")
    await company.sales_person("Sam Lee", telegram_id="103", phone="+1 619 555 0143")
    await company.manager(telegram_id="104", phone="619 555 0144")
    await company.manager(telegram_id="105", phone="619 555 0144")
    for number, person in enumerate(
        (
            {"email": "ada@example.com "},
            *({"phone": f"(619) 555-014{last}"} for last in (2, 3, 4)),
        )
    ):
        await attic_user(connection, 70 + number, blocked=True, **person)
    assert {(await who(id)).standing for id in (101, 102, 103)} == {Standing.LEFT}
    assert {(await who(id)).standing for id in (104, 105)} == {Standing.KNOWN}  # of the office
    await connection.execute(
        "UPDATE botzilla.attic_tech_document SET fields = fields || '{\"isBlocked\": false}'"
    )
    assert {(await who(id)).standing for id in (101, 102, 103)} == {Standing.KNOWN}


async def test_a_database_without_the_column_for_deleted_is_read_as_well(company, connection, who):
    await connection.execute("ALTER TABLE botzilla.employee DROP COLUMN IF EXISTS is_deleted")
    await company.leader("Chris Jordan", telegram_id="102")
    assert (await who(102)).standing is Standing.KNOWN


async def test_two_employees_under_one_id_are_refused(company, who):
    await company.leader("Chris Jordan", telegram_id="102")
    other = await company.employee("Pat Doe")
    await company.crew_member("Pat Doe", employee_id=other, telegram_id="102")
    assert (await who(102)).standing is Standing.IN_DOUBT


async def test_language_and_refusal_are_the_chats(company, connection, who):
    await company.leader("Chris Jordan", telegram_id="102")
    await connection.execute(
        "INSERT INTO botzilla.telegram_chat (telegram_id, language, blocked_reason)"
        " VALUES (102, 'en', 'bot_blocked')"
    )
    found = await who(102)
    assert (found.language, found.refused) == ("en", True)


async def test_managers_operate_until_an_operator_can_be_reached(company, connection, who):
    await company.manager(telegram_id="101")
    assert (await who(101, ())).roles == {Role.MANAGER, Role.OPERATOR}
    assert (await who(101, (1, 2))).roles == {Role.MANAGER}
    await connection.execute(
        "INSERT INTO botzilla.telegram_chat (telegram_id, blocked_reason)"
        " VALUES (1, 'bot_blocked'), (2, 'deactivated')"
    )
    assert (await who(101, (1, 2))).roles == {Role.MANAGER, Role.OPERATOR}


async def test_an_operator_holds_the_branches_that_nobody_else_holds(company, connection, who):
    orange, irvine = await company.branch("Orange"), await company.branch("Irvine")
    await company.manager(branch=orange, telegram_id=" 101")
    assert (await who(1)).orphan_branch_ids == (irvine,)
    await company.manager(branch=irvine, telegram_id="@ada")
    assert (await who(1)).orphan_branch_ids == (irvine,)
    await connection.execute(
        "INSERT INTO botzilla.telegram_chat (telegram_id, blocked_reason)"
        " VALUES (101, 'bot_blocked')"
    )
    assert (await who(1)).orphan_branch_ids == (orange, irvine)
    assert (await who(101)).orphan_branch_ids == ()
