"""`/link`: one's own number links at once, anything else asks managers; nobody learns anything."""

import asyncio

import pytest
from aiogram.types import ReplyKeyboardMarkup, ReplyKeyboardRemove

from bot.people.identity import Standing, read_identity
from bot.people.requests import CONTACTS_A_DAY, REQUESTS_A_DAY
from bot.views.buttons import BranchButton
from tests.integration.commands.conftest import GROUP, OPERATOR, user

NEWCOMER, ADA, BEN = 55, 101, 104
PHONE, WRITTEN = "16195550142", "(619) 555-0142"
REFUSED = "I cannot link you by your phone number. Ask your operation manager to invite you."
ASKED = "The operation managers have been asked. I tell you when they have decided."
CHOOSE = "I do not know this number yet.\nWhich branch do you work for? Its managers will be asked."
OUT_OF_DATE = "This button is out of date. Send the command again."


@pytest.fixture
async def orange(company) -> int:
    """A branch with two managers; the other branch has one of its own."""
    orange, irvine = await company.branch("Orange "), await company.branch("Irvine")
    await company.manager(branch=orange, telegram_id=str(ADA))
    await company.manager(branch=orange, telegram_id="103")
    await company.manager(branch=irvine, telegram_id=str(BEN))
    return orange


async def linked(connection) -> list[tuple]:
    return [
        tuple(row)
        for row in await connection.fetch(
            "SELECT 'employee', id, telegram_id FROM botzilla.employee"
            " WHERE telegram_id IS NOT NULL UNION ALL"
            " SELECT 'crew_member', id, telegram_id FROM botzilla.crew_member"
            " WHERE telegram_id IS NOT NULL UNION ALL"
            " SELECT 'sales_person', id, telegram_id FROM botzilla.sales_person"
            " WHERE telegram_id IS NOT NULL"
        )
    ]


async def attempts(connection) -> list[tuple]:
    return [
        tuple(row)
        for row in await connection.fetch(
            "SELECT telegram_id, via, outcome, employee_id FROM botzilla.telegram_link_attempt"
            " ORDER BY id"
        )
    ]


async def alerts(connection, kind: str = "link_requested") -> list[tuple]:
    return [
        tuple(row)
        for row in await connection.fetch(
            "SELECT recipient_type, telegram_id, state, facts FROM botzilla.alert"
            " WHERE kind = $1 ORDER BY id",
            kind,
        )
    ]


async def test_a_stranger_gets_a_key_to_share_his_number_in_his_language(phones, orange):
    heard = await phones.says(NEWCOMER, "/link", language="es-MX")
    keys = heard.sent[0].reply_markup
    assert isinstance(keys, ReplyKeyboardMarkup)
    assert (keys.one_time_keyboard, keys.resize_keyboard) == (True, True)
    assert [[(k.text, k.request_contact) for k in row] for row in keys.keyboard] == [
        [("📱 Compartir mi número", True)]
    ]
    assert heard.text.startswith("Toca la tecla de abajo")


@pytest.mark.parametrize("shared", [PHONE, f"+{PHONE}", f" +{PHONE} "])
async def test_his_own_number_links_him_at_once(phones, company, connection, orange, shared):
    chris = await company.leader("Chris Jordan", branch=orange, phone_number=WRITTEN)
    heard = await phones.shares(NEWCOMER, shared)
    assert heard.text.startswith("✅ You are linked.\nHi Chris Jordan!")
    assert "/myjobs" in heard.text
    assert isinstance(heard.sent[0].reply_markup, ReplyKeyboardRemove)
    assert "myjobs" in [command.command for command in heard.menus[0].commands]
    assert await linked(connection) == [
        ("employee", chris.employee, str(NEWCOMER)),
        ("crew_member", chris.crew_member, str(NEWCOMER)),
    ]
    assert await attempts(connection) == [(NEWCOMER, "contact", "linked", chris.employee)]
    assert await alerts(connection) == []


async def test_the_number_may_stand_at_any_of_his_rows(phones, company, connection, orange):
    sold = await company.salesperson("Sam Lee", branch=orange)
    await connection.execute("UPDATE botzilla.sales_person SET phone = $1", WRITTEN)
    assert "You are linked" in (await phones.shares(NEWCOMER, PHONE)).text
    member = await company.crew_member("Lou Reed", phone="+52 664 123 4567", branch=orange)
    assert "You are linked" in (await phones.shares(56, "526641234567")).text
    assert await linked(connection) == [
        ("employee", sold.employee, str(NEWCOMER)),
        ("crew_member", member, "56"),
        ("sales_person", sold.sales_person, str(NEWCOMER)),
    ]


async def test_sharing_twice_is_one_link(phones, company, connection, orange):
    await company.leader("Chris Jordan", branch=orange, phone_number=WRITTEN)
    first = await phones.shares(NEWCOMER, PHONE)
    before = await linked(connection)
    assert (await phones.shares(NEWCOMER, PHONE)).text == first.text
    assert await linked(connection) == before
    assert await alerts(connection, "link_moved") == []


@pytest.mark.parametrize("of", [0, 77])
async def test_a_foreign_contact_links_nobody(phones, company, connection, orange, of):
    await company.leader("Chris Jordan", branch=orange, phone_number=WRITTEN)
    heard = await phones.shares(NEWCOMER, PHONE, of=of)
    assert heard.text == (
        "That is somebody else's contact. Share your own number with the key below."
    )
    assert await linked(connection) == []
    assert await attempts(connection) == [(NEWCOMER, "contact", "foreign", None)]


async def test_a_contact_in_a_group_is_nobodys(phones, company, connection, orange):
    await company.leader("Chris Jordan", branch=orange, phone_number=WRITTEN)
    assert (await phones.shares(NEWCOMER, PHONE, chat=GROUP)).calls == []
    assert await linked(connection) == []


@pytest.mark.parametrize(
    "columns", [{"status": "inactive"}, {"status": "rejected"}, {"is_deleted": True}]
)
async def test_who_left_is_refused_and_learns_nothing(phones, company, connection, orange, columns):
    await company.leader("Chris Jordan", branch=orange, phone_number=WRITTEN, **columns)
    heard = await phones.shares(NEWCOMER, PHONE)
    assert heard.text == REFUSED
    assert (await linked(connection), await alerts(connection)) == ([], [])
    assert await attempts(connection) == [(NEWCOMER, "contact", "refused", None)]


async def test_who_is_blocked_in_attic_tech_is_refused_before_any_run_has_seen_it(
    phones, company, connection, orange
):
    await company.leader("Chris Jordan", phone_number=WRITTEN, attic_tech_user_id=70)
    await connection.execute(
        "INSERT INTO botzilla.attic_tech_document (collection, id, fields)"
        " VALUES ('users', 70, $1)",
        {"name": "Chris Jordan", "isBlocked": True},
    )
    assert (await phones.shares(NEWCOMER, PHONE)).text == REFUSED
    assert await linked(connection) == []


async def test_a_salesperson_who_left_is_refused(phones, company, connection, orange):
    await company.sales_person("Sam Lee", phone=WRITTEN, is_active=False)
    assert (await phones.shares(NEWCOMER, PHONE)).text == REFUSED
    sold = await company.salesperson("Sue Lee", phone_number="6195550199")
    await connection.execute(
        "UPDATE botzilla.sales_person SET is_active = false WHERE id = $1", sold.sales_person
    )
    assert (await phones.shares(NEWCOMER, "16195550199")).text == REFUSED
    assert await linked(connection) == []


async def test_a_leaver_who_writes_from_his_account_is_refused_whatever_he_shares(
    phones, company, connection, orange
):
    await company.leader("Chris Jordan", telegram_id=str(NEWCOMER), status="inactive")
    await company.leader("Dana Ruiz", phone_number=WRITTEN)
    for shared in (PHONE, "16195550100"):
        assert (await phones.shares(NEWCOMER, shared)).text == REFUSED
    assert await connection.fetchval("SELECT count(*) FROM botzilla.telegram_link_request") == 0
    assert (await phones.taps(NEWCOMER, BranchButton(branch=orange).pack())).answers == [
        OUT_OF_DATE
    ]
    assert await alerts(connection) == []


async def test_a_leaver_is_not_sent_to_what_refuses_him(phones, company):
    await company.leader("Chris Jordan", telegram_id=str(NEWCOMER), status="inactive")
    for text in ("/link", "/start", "/help", "/myjobs", "hello"):
        heard = await phones.says(NEWCOMER, text)
        assert heard.text == (
            "This Telegram account belongs to somebody who is not active here.\n"
            "➡️ If you work here, ask your operation manager to invite you.\n"
            f"Your Telegram number is {NEWCOMER}."
        )
        assert heard.sent[0].reply_markup is None


async def test_who_is_in_doubt_is_not_sent_to_what_refuses_him(phones, company):
    twin = await company.employee("Chris Jordan")
    await company.leader("Chris Jordan", telegram_id=str(NEWCOMER))
    await company.crew_member("Chris Jordan", telegram_id=f" {NEWCOMER}", employee_id=twin)
    for text in ("/link", "/start", "/help", "/myjobs", "hello"):
        assert (await phones.says(NEWCOMER, text)).text == (
            "I cannot tell who you are: BotZilla contradicts itself about this Telegram account.\n"
            "➡️ Ask your operation manager to put that right in BotZilla.\n"
            f"Your Telegram number is {NEWCOMER}."
        )


async def test_a_new_account_takes_the_place_of_the_former_and_both_sides_hear_of_it(
    phones, company, connection, orange
):
    chris = await company.leader(
        "Chris Jordan", telegram_id="102", branch=orange, phone_number=WRITTEN
    )
    assert "You are linked" in (await phones.shares(NEWCOMER, PHONE)).text
    assert await linked(connection) == [
        ("employee", chris.employee, str(NEWCOMER)),
        ("crew_member", chris.crew_member, str(NEWCOMER)),
    ]
    facts = {"name": "Chris Jordan", "branch_id": orange}
    assert await alerts(connection, "link_moved") == [
        ("chat", "102", "pending", facts),
        ("operation_manager", str(ADA), "pending", facts),
        ("operation_manager", "103", "pending", facts),
    ]
    assert (await read_identity(connection, 102, (), "en")).standing is Standing.STRANGER
    assert "You are linked" in (await phones.shares(102, PHONE)).text
    assert len(await alerts(connection, "link_moved")) == 6


async def test_an_account_of_somebody_else_is_never_made_another_person(
    phones, company, connection, orange
):
    await company.leader("Dana Ruiz", telegram_id=str(NEWCOMER))
    await company.leader("Chris Jordan", phone_number=WRITTEN)
    before = await linked(connection)
    assert (await phones.shares(NEWCOMER, PHONE)).text == REFUSED
    assert await linked(connection) == before


async def test_who_is_linked_already_is_told_so(phones, company, connection, orange):
    await company.leader("Dana Ruiz", telegram_id=str(NEWCOMER))
    already = "You are linked already. /whoami shows as whom."
    assert (await phones.says(NEWCOMER, "/link")).text == already
    assert (await phones.shares(NEWCOMER, PHONE)).text == already
    assert await alerts(connection) == []


async def test_a_number_of_two_people_links_neither(phones, company, connection, orange):
    await company.leader("Chris Jordan", phone_number=WRITTEN)
    await company.crew_member("Chris Jordan Jr", phone=PHONE)
    assert (await phones.shares(NEWCOMER, PHONE)).text == f"Thank you.\n{CHOOSE}"
    assert await linked(connection) == []


async def test_an_unjoined_row_with_name_and_number_is_no_second_person(
    phones, company, connection, orange
):
    chris = await company.employee("Chris Jordan", phone_number=WRITTEN)
    await company.crew_member(" chris  JORDAN", phone=PHONE)
    assert "You are linked" in (await phones.shares(NEWCOMER, PHONE)).text
    assert await linked(connection) == [("employee", chris, str(NEWCOMER))]


async def test_an_unjoined_row_that_has_only_the_name_of_an_employee_proves_nothing(
    phones, company, connection, orange
):
    await company.employee("Chris Jordan")
    await company.crew_member("Chris Jordan", phone=PHONE)
    assert CHOOSE in (await phones.shares(NEWCOMER, PHONE)).text
    assert await linked(connection) == []


async def test_an_unknown_number_asks_every_manager_of_the_branch_that_he_chooses(
    phones, connection, orange
):
    heard = await phones.shares(NEWCOMER, PHONE)
    assert [type(call.reply_markup).__name__ for call in heard.sent] == [
        "ReplyKeyboardRemove",
        "InlineKeyboardMarkup",
    ]
    assert list(heard.buttons) == ["Irvine", "Orange"]
    assert await alerts(connection) == []
    tapped = await phones.taps(NEWCOMER, heard.buttons["Orange"])
    assert tapped.text == ASKED
    facts = {
        "request": 1,
        "name": "Somebody",
        "username": None,
        "phone": f"+{PHONE}",
        "branch_id": orange,
        "branch": "Orange",
        "known_as": None,
    }
    assert await alerts(connection) == [
        ("operation_manager", str(ADA), "pending", facts),
        ("operation_manager", "103", "pending", facts),
    ]
    again = await phones.taps(NEWCOMER, heard.buttons["Irvine"])
    assert again.text == ASKED
    assert (await phones.shares(NEWCOMER, PHONE)).text == ASKED
    assert len(await alerts(connection)) == 2


async def test_a_branch_without_a_manager_asks_the_operators(phones, connection, orange, company):
    empty = await company.branch("Empty")
    await phones.shares(NEWCOMER, PHONE)
    await phones.taps(NEWCOMER, BranchButton(branch=empty).pack())
    assert [row[:2] for row in await alerts(connection)] == [("operator", str(OPERATOR))]


async def test_how_telegram_shows_him_stands_on_the_card(phones, connection, orange):
    sender = {**user(NEWCOMER), "first_name": "Lou", "last_name": "Reed", "username": "lou_r"}
    await phones.shares(NEWCOMER, PHONE, **{"from": sender})
    await phones.taps(NEWCOMER, BranchButton(branch=orange).pack())
    shown = (await alerts(connection))[0][3]
    assert (shown["name"], shown["username"]) == ("Lou Reed", "lou_r")


async def test_who_waits_for_approval_is_told_so_and_his_managers_are_asked(
    phones, company, connection, orange
):
    await company.leader("Chris Jordan", branch=orange, phone_number=WRITTEN, status="pending")
    heard = await phones.shares(NEWCOMER, PHONE)
    waits = (
        "You are registered and wait for approval. Your operation managers have been asked; "
        "I tell you when they have decided."
    )
    assert heard.text == waits
    assert [(row[1], row[3]["known_as"]) for row in await alerts(connection)] == [
        (str(ADA), "Chris Jordan"),
        ("103", "Chris Jordan"),
    ]
    assert await linked(connection) == []
    assert (await phones.shares(NEWCOMER, PHONE)).text == waits
    assert len(await alerts(connection)) == 2


async def test_who_waits_without_a_branch_chooses_one(phones, company, connection, orange):
    await company.employee("Chris Jordan", phone_number=WRITTEN, status="pending")
    heard = await phones.shares(NEWCOMER, PHONE)
    await phones.taps(NEWCOMER, heard.buttons["Orange"])
    assert [row[3]["known_as"] for row in await alerts(connection)] == ["Chris Jordan"] * 2


async def test_a_request_is_moot_once_his_number_is_known(phones, company, connection, orange):
    await phones.shares(NEWCOMER, PHONE)
    await phones.taps(NEWCOMER, BranchButton(branch=orange).pack())
    chris = await company.employee("Chris Jordan", phone_number=WRITTEN)
    assert "You are linked" in (await phones.shares(NEWCOMER, PHONE)).text
    request = await connection.fetchrow(
        "SELECT decided_by, approved, approved_as, employee_id FROM botzilla.telegram_link_request"
    )
    assert tuple(request) == (f"chat:{NEWCOMER}", True, "Chris Jordan", chris)
    assert [row[2] for row in await alerts(connection)] == ["superseded"] * 2


@pytest.mark.parametrize("branch", [99, 2**31 - 1])
async def test_a_branch_that_does_not_exist_is_out_of_date(phones, connection, orange, branch):
    await phones.shares(NEWCOMER, PHONE)
    heard = await phones.taps(NEWCOMER, BranchButton(branch=branch).pack())
    assert heard.answers == [OUT_OF_DATE]
    assert await alerts(connection) == []


@pytest.mark.parametrize("data", ["branch:", "branch:0", "branch:x", "branch:1:2", "branch:-1"])
async def test_a_forged_branch_has_no_effect(phones, connection, orange, data):
    await phones.shares(NEWCOMER, PHONE)
    assert (await phones.taps(NEWCOMER, data)).answers != [None]
    assert await alerts(connection) == []


async def test_who_has_shared_nothing_chooses_nothing(phones, connection, orange):
    heard = await phones.taps(NEWCOMER, BranchButton(branch=orange).pack())
    assert heard.answers == [OUT_OF_DATE]
    assert await alerts(connection) == []


async def test_managers_are_asked_about_somebody_only_so_often_a_day(phones, connection, orange):
    for _ in range(REQUESTS_A_DAY):
        heard = await phones.shares(NEWCOMER, PHONE)
        assert (await phones.taps(NEWCOMER, heard.buttons["Orange"])).text == ASKED
        await connection.execute(
            "UPDATE botzilla.telegram_link_request SET decided_at = now(), approved = false"
            " WHERE decided_at IS NULL"
        )
    too_often = "That was tried too often today. Try again tomorrow, or talk to your manager."
    assert (await phones.shares(NEWCOMER, PHONE)).text == too_often
    assert (await phones.taps(NEWCOMER, heard.buttons["Orange"])).text == too_often
    assert len(await alerts(connection)) == 2 * REQUESTS_A_DAY
    await connection.execute(
        "UPDATE botzilla.telegram_link_request SET asked_at = asked_at - interval '1 day'"
    )
    assert CHOOSE in (await phones.shares(NEWCOMER, PHONE)).text


async def test_contacts_are_looked_at_only_so_often_a_day(phones, company, connection, orange):
    await connection.execute(
        "INSERT INTO botzilla.telegram_link_attempt (telegram_id, via, outcome)"
        " SELECT $1, 'contact', 'foreign' FROM generate_series(1, $2::integer)",
        *(NEWCOMER, CONTACTS_A_DAY),
    )
    await company.leader("Chris Jordan", phone_number=WRITTEN)
    assert "too often" in (await phones.shares(NEWCOMER, PHONE)).text
    assert "You are linked" in (await phones.shares(56, PHONE)).text
    assert await linked(connection)


async def test_two_contacts_at_once_are_one_request(phones, connection, orange):
    async with asyncio.TaskGroup() as group:
        for _ in range(4):
            group.create_task(phones.shares(NEWCOMER, PHONE))
    tap = BranchButton(branch=orange).pack()
    async with asyncio.TaskGroup() as group:
        for _ in range(4):
            group.create_task(phones.taps(NEWCOMER, tap))
    assert len(await alerts(connection)) == 2
    assert await connection.fetchval("SELECT count(*) FROM botzilla.telegram_link_request") == 1


async def test_two_accounts_of_one_number_end_as_one(phones, company, connection, orange):
    chris = await company.employee("Chris Jordan", phone_number=WRITTEN)
    async with asyncio.TaskGroup() as group:
        for who in (NEWCOMER, 56):
            group.create_task(phones.shares(who, PHONE))
    ((table, id, telegram_id),) = await linked(connection)
    assert (table, id, telegram_id in (str(NEWCOMER), "56")) == ("employee", chris, True)


async def test_no_answer_to_a_stranger_names_anybody(phones, company, connection, orange):
    await company.leader("Chris Jordan", branch=orange, phone_number=WRITTEN, status="pending")
    await company.leader("Dana Ruiz", branch=orange, phone_number="6195550111", status="inactive")
    heard = [
        await phones.says(NEWCOMER, "/link"),
        await phones.shares(NEWCOMER, PHONE),
        await phones.shares(NEWCOMER, "16195550111"),
        await phones.shares(NEWCOMER, "16195550100"),
        await phones.shares(NEWCOMER, PHONE, of=7),
    ]
    for said in heard:
        assert not {"Chris", "Jordan", "Dana", "Ruiz"} & set(said.text.split())
