"""Whom somebody looks after: everybody once, of his branches, judged as the rules judge."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from bot.people.identity import Identity, Role, Standing, read_identity
from bot.people.member import Member
from bot.people.roster import member_of, read_roster, search
from sync.model.alerts import Reason
from sync.reconcile.company import load_company, refresh_people
from tests.statements import recorded

OPERATOR = 900
ADA = 101
MADE = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
def seen(connection):
    """The roster of whoever has this Telegram id, as the bot knows him."""

    async def read(telegram_id: int = OPERATOR, operators=(OPERATOR,)) -> tuple[Member, ...]:
        person = await read_identity(connection, telegram_id, operators, "en")
        return await read_roster(connection, person, operators)

    return read


def names(members) -> list[str]:
    return [member.name for member in members]


async def test_rows_of_one_employee_are_one_person(company, connection, seen):
    orange, irvine = await company.branch(" Orange "), await company.branch("Irvine")
    chris = await company.leader(
        "Chris Jordan", branch=orange, telegram_id=" 102 ", attic_tech_user_id=70
    )
    sold = await company.sales_person("C. Jordan", branch=irvine, employee_id=chris.employee)
    user = await company.user(role="Operation Manager", branches=(orange,), telegram_id="102")
    await mirror_user(connection, 70, "Chris Jordan")
    until = datetime.now(UTC) + timedelta(hours=3)
    await invite(connection, chris.employee, until)
    assert await seen() == (
        Member(
            "employee",
            chris.employee,
            "Chris Jordan",
            chris.employee,
            frozenset({Role.CREW_LEADER, Role.SALESPERSON, Role.MANAGER}),
            tuple(sorted((orange, irvine))),
            ("Irvine", "Orange"),
            telegram_id=102,
            reason=None,
            attic_user_ids=(70,),
            invited_until=until,
            invited_at=MADE,
            rows=(
                ("employee", chris.employee),
                ("crew_member", chris.crew_member),
                ("sales_person", sold),
                ("user", user),
            ),
        ),
    )


async def test_an_unjoined_row_that_must_be_an_employee_is_no_second_person(company, seen):
    """By name, phone and Telegram id: whichever of them contradicts makes two."""
    await company.employee("José Vega", phone_number="(619) 555-0142")
    await company.crew_member("jose vega")
    await company.crew_member(" JOSÉ  VEGA ", phone="619-555-0142")
    await company.sales_person("José Vega")
    await company.employee("Ana Ruiz", phone_number="(619) 555-0143")
    await company.crew_member("Ana Ruiz", phone="(619) 555-0199")
    assert [(m.source, m.name) for m in await seen()] == [
        ("crew_member", "Ana Ruiz"),
        ("employee", "Ana Ruiz"),
        ("crew_member", "jose vega"),
        ("employee", "José Vega"),
    ]


async def test_an_unjoined_leader_gives_his_employee_the_address_only_if_the_phone_agrees(
    company, seen
):
    await company.employee("Ana Ruiz", phone_number="(619) 555-0143")
    await company.crew_member("Ana Ruiz", phone="6195550143", telegram_id="103")
    await company.employee("Bo Diaz")
    await company.crew_member("Bo Diaz", telegram_id="104")
    assert [(m.name, m.telegram_id, m.reason) for m in await seen()] == [
        ("Bo Diaz", None, Reason.NO_TELEGRAM),
        ("Ana Ruiz", 103, None),
    ]


async def test_rows_with_one_telegram_id_are_one_person_but_never_two_employees(company, seen):
    await company.crew_member("Lou Reed", telegram_id="105")
    await company.sales_person("Louis Reed", telegram_id=" 105")
    twins = [await company.employee(f"Twin {n}") for n in (1, 2)]
    for twin in twins:
        await company.crew_member(telegram_id="106", employee_id=twin)
    assert [(m.name, m.roles, m.telegram_id, m.reason) for m in await seen()] == [
        ("Lou Reed", {Role.CREW_LEADER, Role.SALESPERSON}, 105, None),
        ("Twin 1", {Role.CREW_LEADER}, 106, Reason.AMBIGUOUS),
        ("Twin 2", {Role.CREW_LEADER}, 106, Reason.AMBIGUOUS),
    ]


async def test_a_manager_without_an_employee_goes_by_his_email(company, seen):
    orange = await company.branch("Orange")
    await company.manager(branch=orange, telegram_id="101", email="ada@example.com")
    await company.user(role="admin", branches=(orange,), telegram_id="102")
    assert [(m.source, m.name, m.branches, m.reason) for m in await seen()] == [
        ("user", "ada@example.com", ("Orange",), None)
    ]


async def test_an_operator_is_one_by_his_number(company, seen):
    await company.leader("Chris Jordan", telegram_id=str(OPERATOR))
    assert [m.roles for m in await seen()] == [{Role.CREW_LEADER, Role.OPERATOR}]


async def test_who_leads_a_job_is_a_leader_whatever_botzilla_says(company, connection, seen):
    row = await company.employee("Lou Reed", role="crew_member", attic_tech_user_id=70)
    await mirror_user(connection, 70, "Lou Reed")
    await lead(connection, 70, None)
    (lou,) = await seen()
    assert (lou.id, lou.roles) == (row, {Role.CREW_LEADER, Role.CREW_MEMBER})


@pytest.mark.parametrize(
    ("employee", "reason"),
    [
        ({"telegram_id": "102"}, None),
        ({"telegram_id": "@chris"}, Reason.NO_TELEGRAM),
        ({"telegram_id": "0"}, Reason.NO_TELEGRAM),
        ({}, Reason.NO_TELEGRAM),
        ({"status": "pending"}, Reason.PENDING_APPROVAL),
        ({"telegram_id": "102", "status": "pending"}, Reason.PENDING_APPROVAL),
        ({"telegram_id": "102", "status": "inactive"}, Reason.INACTIVE),
        ({"status": "rejected"}, Reason.INACTIVE),
        ({"telegram_id": "102", "is_deleted": True}, Reason.INACTIVE),
        ({"telegram_id": "104"}, Reason.BOT_BLOCKED),
        ({"telegram_id": "102", "attic_tech_user_id": 71}, Reason.BLOCKED_IN_ATTIC_TECH),
        ({"attic_tech_user_id": 71}, Reason.BLOCKED_IN_ATTIC_TECH),
    ],
)
async def test_why_somebody_is_not_reached(company, connection, seen, employee, reason):
    await connection.execute(
        "INSERT INTO botzilla.telegram_chat (telegram_id, blocked_reason)"
        " VALUES (104, 'bot_blocked')"
    )
    await mirror_user(connection, 71, "Gone Away", blocked=True)
    await company.employee("Chris Jordan", **employee)
    assert [m.reason for m in await seen()] == [reason]


async def test_who_left_selling_has_left(company, seen):
    row = await company.employee("Sam Lee")
    await company.sales_person(employee_id=row, is_active=False)
    await company.sales_person("Sue Poe", is_active=False)
    assert [(m.name, m.reason, m.has_left) for m in await seen()] == [
        ("Sam Lee", Reason.INACTIVE, True),
        ("Sue Poe", Reason.INACTIVE, True),
    ]


async def test_the_roster_and_the_bot_say_the_same_of_whoever_is_linked(company, connection, seen):
    """Reachable in the roster: known to the bot, with the same roles."""
    await mirror_user(connection, 70, "Chris Jordan")
    await mirror_user(connection, 71, "Gone Away", blocked=True)
    await company.leader("Chris Jordan", telegram_id="102")
    await company.employee("Gone Away", telegram_id="103")
    await company.crew_member("Lou Reed", telegram_id="104", is_leader=False)
    await company.sales_person("Sam Lee", telegram_id="105")
    await company.sales_person("Sue Poe", telegram_id="106", is_active=False)
    await company.manager(telegram_id="107")
    await company.employee("Pat Moe", telegram_id="108", status="pending")
    await refresh_people(connection, await load_company(connection, ()))
    for member in await seen():
        person = await read_identity(connection, member.telegram_id, (OPERATOR,), "en")
        known = person.standing is Standing.KNOWN
        assert (member.name, member.reason is None) == (member.name, known)
        assert not known or (member.name, person.roles) == (member.name, member.roles)


async def test_a_manager_looks_after_his_branches_people_of_none_and_leaders_of_his_jobs(
    company, connection, seen
):
    orange, irvine = await company.branch("Orange"), await company.branch("Irvine")
    await company.manager(branch=orange, telegram_id=str(ADA), email="ada@example.com")
    await company.manager(branch=irvine, telegram_id="109", email="ida@example.com")
    await company.employee("By Employee", branch_id=orange)
    row = await company.employee("By Crew", branch_id=irvine)
    await company.crew_member(branch=orange, employee_id=row)
    await company.salesperson("By Sales", branch=orange)
    await company.employee("Of None")
    await company.employee("Other Branch", branch_id=irvine)
    for id, name, branch, state in (
        (70, "By Job", orange, "In Production"),
        (71, "By Closed", orange, " closed Job "),
        (72, "By Other", irvine, "In Production"),
    ):
        await company.employee(name, branch_id=irvine, attic_tech_user_id=id)
        await mirror_user(connection, id, name)
        await lead(connection, id, branch, state)
    assert names(await seen(ADA)) == [
        *("By Crew", "By Employee", "By Job", "Of None", "ada@example.com", "By Sales")
    ]
    everybody = await seen(OPERATOR)
    assert {"Other Branch", "By Closed", "By Other", "ida@example.com"} < set(names(everybody))


async def test_who_stands_in_for_operators_has_no_more_people_than_orphan_branches(company, seen):
    orange, irvine = await company.branch("Orange"), await company.branch("Irvine")
    nobodys = await company.branch("Nobody's")
    await company.manager(branch=orange, telegram_id=str(ADA), email="ada@example.com")
    await company.manager(branch=irvine, telegram_id="109")
    await company.employee("Other Branch", branch_id=irvine)
    await company.employee("Orphan", branch_id=nobodys)
    assert names(await seen(ADA, operators=())) == ["Orphan", "ada@example.com"]


async def test_who_does_not_manage_looks_after_nobody(company, connection, seen):
    await company.leader("Chris Jordan", telegram_id="102")
    for stranger in (102, 555):
        assert await seen(stranger) == ()
    everything = Identity(55, roles=frozenset(Role) - {Role.MANAGER, Role.OPERATOR})
    assert await read_roster(connection, everything, (55,)) == ()


async def test_unlinked_leaders_come_first_then_names_and_last_who_left(company, seen):
    await company.leader("Émile Zola", telegram_id="102")
    await company.leader("Zoe Arm")
    await company.employee("Bob Fox", role="crew_member")
    await company.leader("ámbar Vega")
    await company.leader("Al Gone", status="inactive")
    await company.leader("Eve Moe", telegram_id="103")
    assert names(await seen()) == [
        *("ámbar Vega", "Zoe Arm", "Bob Fox", "Émile Zola", "Eve Moe", "Al Gone")
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("jose", ["José Núñez", "Mary Josefina Poe"]),
        ("  NUNEZ   josé ", ["José Núñez"]),
        ("jose x", []),
        ("", ["José Núñez", "Mary Josefina Poe", "Ñandu Ruiz"]),
        ("ñandú", ["Ñandu Ruiz"]),
        ("%", []),
    ],
)
def test_words_are_found_in_any_case_order_and_accent(text, found):
    members = [Member("employee", 1, n) for n in ("José Núñez", "Mary Josefina Poe", "Ñandu Ruiz")]
    assert names(search(members, text)) == found


async def test_only_an_open_invite_counts(company, connection, seen):
    row = await company.employee("Chris Jordan")
    soon, past = (datetime.now(UTC) + timedelta(hours=h) for h in (1, -1))
    await invite(connection, row, past)
    await invite(connection, row, soon, used_at=past)
    await invite(connection, row, soon, voided_at=past)
    assert [m.invited_until for m in await seen()] == [None]
    await invite(connection, row, soon)
    assert [m.invited_until for m in await seen()] == [soon]


def test_a_person_is_found_by_his_row():
    chris, row = Member("employee", 1, "Chris"), Member("crew_member", 1, "Lou")
    assert member_of([chris, row], "crew_member", 1) is row
    assert member_of([chris], "crew_member", 1) is None


async def test_three_hundred_people_take_two_statements(company, connection, seen):
    orange = await company.branch("Orange")
    await company.manager(branch=orange, telegram_id=str(ADA))
    ada = await read_identity(connection, ADA, (OPERATOR,), "en")
    for count in (3, 300):
        await connection.execute(
            "INSERT INTO botzilla.employee (first_name, last_name, email, status, role, branch_id)"
            " SELECT 'Person', n, $2::text || n, 'active', 'crew_leader', $3"
            " FROM generate_series(1, $1) n",
            *(count, f"{count}-", orange),
        )
        with recorded(connection) as statements:
            members = await read_roster(connection, ada, (OPERATOR,))
            await asyncio.sleep(0)  # asyncpg tells of a statement at the next turn of the loop
        assert len(statements) == 2
    assert len(members) == 304


async def mirror_user(connection, id: int, name: str, *, blocked: bool = False) -> None:
    await connection.execute(
        "INSERT INTO botzilla.attic_tech_document (collection, id, fields, refs)"
        " VALUES ('users', $1, $2, '{}')",
        *(id, {"name": name, "isBlocked": blocked}),
    )


async def lead(connection, user: int, branch: int | None, state: str = "In Production") -> None:
    await connection.execute(
        "INSERT INTO botzilla.job_sync (attic_tech_job_id, attic_tech_crew_leader_id, job_name,"
        " branch_id, attic_tech_data) VALUES ($1, $1, 'Job', $2, $3)",
        *(user, branch, {"status": state}),
    )


async def invite(connection, employee: int, until: datetime, **more) -> None:
    values = {"used_at": None, "voided_at": None, **more}
    await connection.execute(
        "INSERT INTO botzilla.telegram_invite (code_hash, employee_id, invited_by, created_at,"
        " expires_at, used_at, voided_at)"
        " VALUES (gen_random_uuid()::text::bytea, $1, 'user:1', $2, $3, $4, $5)",
        *(employee, MADE, until, values["used_at"], values["voided_at"]),
    )
