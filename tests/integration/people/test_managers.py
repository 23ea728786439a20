"""Whether a manager can be reached is judged as the rules judge it, who tell him."""

import pytest

from bot.people.managers import orphan_branches, read_managers
from sync.model.alerts import LEFT, Reason, RecipientType
from sync.reconcile.company import load_directory

pytestmark = pytest.mark.every_server


@pytest.fixture
async def branches(company, connection):
    """A branch with one manager for everything that may be the matter with him, by its name."""
    made = {}

    async def add(name: str, telegram_id: str | None, **more):
        made[name] = await company.branch(name)
        await company.user(
            **{"role": "Operation  manager", **more},
            branches=(made[name],),
            telegram_id=telegram_id,
            email=f"{name}@example.com",
        )

    made["nobody"] = await company.branch("nobody")
    await add("fine", "101")
    await add("spaced", "\t102 ")
    await add("admin", "103", role="admin")
    await add("name", "@ada")
    await add("zero", "0")
    await add("none", None)
    await add("refusing", "104")
    await add("inactive", "105")
    await add("pending", "106")
    await add("deleted", "107")
    await add("left_seller", "108")
    await add("left_selling", "109")
    await add("twins", "110")
    await add("blocked", "111")
    await add("half_blocked", "112")
    await add("crew_of_leaver", "113")
    await add("employed", "114")
    await add("kept", "115")
    await add("lent", "116")
    await add("sells", "118")
    await add("blocked_by_phone", "120", phone="619 555 0142")
    await add("blocked_by_email", " 121")
    await add("left_unjoined", "122")
    await add("refusing_leaver", "123", phone="619 555 0143")
    await connection.execute(
        "INSERT INTO botzilla.telegram_chat (telegram_id, blocked_reason)"
        " VALUES (104, 'chat_not_found'), (101, NULL), (123, 'bot_blocked')"
    )
    await company.employee(telegram_id="105", status="rejected")
    await company.employee(telegram_id="106 ", status="pending")
    await company.employee(telegram_id="107", is_deleted=True)
    await company.sales_person(telegram_id="108", is_active=False)
    seller = await company.employee(telegram_id="109")
    await company.sales_person(employee_id=seller, is_active=False)
    await company.employee(telegram_id="110")
    await company.crew_member(telegram_id="110", employee_id=await company.employee())
    await company.employee(telegram_id="111", attic_tech_user_id=70)
    await company.employee("Half Blocked", telegram_id="112", attic_tech_user_id=71)
    leaver = await company.employee(status="inactive")
    await company.crew_member(telegram_id="113", employee_id=leaver)
    await company.leader(telegram_id="114")
    other = await company.employee(telegram_id="117")
    await company.crew_member(telegram_id="115", employee_id=other)
    seller = await company.employee(telegram_id="@none")
    await company.crew_member(telegram_id="118", employee_id=seller, is_leader=False)
    await company.crew_member(telegram_id="119", employee_id=seller)
    await company.sales_person(telegram_id="116", employee_id=seller)
    await company.employee("Sam Lee", phone_number="619 555 0144", status="inactive")
    await company.sales_person("sam lee", telegram_id="122", phone="+1 619 555 0144")
    return made


async def attic_users(connection):
    users = (
        (70, {"name": "Blocked One", "isBlocked": True}),
        (71, {"name": "Half Blocked", "isBlocked": True}),
        (72, {"name": "Half Blocked", "isBlocked": False}),
        (73, {"name": "Left A", "isBlocked": True, "phone": "(619) 555-0142"}),
        (74, {"name": "Left B", "isBlocked": True, "email": "Blocked_by_email@example.com"}),
        (75, {"name": "Left C", "isBlocked": True, "phone": "(619) 555-0143"}),
    )
    await connection.executemany(
        "INSERT INTO botzilla.attic_tech_document (collection, id, fields)"
        " VALUES ('users', $1, $2)",
        [(id, {"roles": [], "branches": []} | fields) for id, fields in users],
    )
    await connection.execute(
        "INSERT INTO botzilla.attic_tech_person (attic_tech_user_id, name, employee_id)"
        " SELECT attic_tech_user_id, 'x', id FROM botzilla.employee"
        " WHERE attic_tech_user_id IS NOT NULL"
    )


async def test_a_manager_is_judged_as_the_rules_judge_him(branches, connection):
    await attic_users(connection)
    directory = await load_directory(connection, [1])
    judged = {m.user_id: directory.manager(m).reason for m in directory.managers}
    assert {m.user_id: m.reason for m in await read_managers(connection)} == judged
    unjoined = {"120", " 121", "122", "123"}
    assert {judged[m.user_id] for m in directory.managers if m.telegram_id in unjoined} == LEFT
    assert {reason for reason in judged.values() if reason} == {
        Reason.NO_TELEGRAM,
        Reason.CHAT_NOT_FOUND,
        Reason.INACTIVE,
        Reason.PENDING_APPROVAL,
        Reason.AMBIGUOUS,
        Reason.BLOCKED_IN_ATTIC_TECH,
    }


async def test_jobs_fall_to_the_operators_exactly_where_the_rules_tell_operators(
    branches, connection
):
    await attic_users(connection)
    directory = await load_directory(connection, [1])
    told_operators = {
        branch
        for branch in branches.values()
        if {r.type for r in directory.managers_of(branch)} == {RecipientType.OPERATOR}
    }
    assert set(await orphan_branches(connection)) == told_operators
    assert {branches["fine"], branches["spaced"], branches["employed"]}.isdisjoint(told_operators)


async def test_a_manager_is_called_by_the_only_employee_whose_telegram_id_he_has(
    branches, connection
):
    employed = await connection.fetchval(
        "SELECT concat_ws(' ', first_name, last_name) FROM botzilla.employee"
        " WHERE telegram_id = '114'"
    )
    names = {manager.email: manager.name for manager in await read_managers(connection)}
    assert names["employed@example.com"] == employed
    assert names["twins@example.com"] == "twins@example.com"
    assert names["none@example.com"] == "none@example.com"
