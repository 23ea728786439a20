"""`/link`: one's own number links at once, anything else needs an invite."""

import asyncio

import pytest
from aiogram.types import ReplyKeyboardMarkup, ReplyKeyboardRemove

from bot.people.contact import CONTACTS_A_DAY
from tests.integration.handlers.conftest import GROUP

NEWCOMER, ADA, BEN = 55, 101, 104
PHONE, WRITTEN = "16195550142", "(619) 555-0142"
REFUSED = "I can't connect you by this number. Ask your operations manager for an invite."
NO_ANSWER = "Send /link and share your own number with the button."


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


async def alerts(connection) -> int:
    return await connection.fetchval("SELECT count(*) FROM botzilla.alert")


async def test_a_stranger_gets_a_key_to_share_his_number_in_his_language(phones, orange):
    heard = await phones.says(NEWCOMER, "/link", language="es-MX")
    keys = heard.sent[0].reply_markup
    assert isinstance(keys, ReplyKeyboardMarkup)
    assert (keys.one_time_keyboard, keys.resize_keyboard) == (True, True)
    assert [[(k.text, k.request_contact) for k in row] for row in keys.keyboard] == [
        [("📱 Compartir mi número", True)]
    ]
    assert heard.text.startswith("Toca el botón de abajo")


@pytest.mark.parametrize("shared", [PHONE, f"+{PHONE}", f" +{PHONE} "])
async def test_his_own_number_links_him_at_once(phones, company, connection, orange, shared):
    chris = await company.leader("Chris Jordan", branch=orange, phone_number=WRITTEN)
    heard = await phones.answers(NEWCOMER, shared)
    assert heard.text.startswith("✅ You are connected.\nHi Chris Jordan!")
    assert "/myjobs" in heard.text
    assert isinstance(heard.sent[0].reply_markup, ReplyKeyboardRemove)
    assert "myjobs" in [command.command for command in heard.menus[0].commands]
    assert await linked(connection) == [
        ("employee", chris.employee, str(NEWCOMER)),
        ("crew_member", chris.crew_member, str(NEWCOMER)),
    ]
    assert await attempts(connection) == [(NEWCOMER, "contact", "linked", chris.employee)]


async def test_the_number_may_stand_at_any_of_his_rows(phones, company, connection, orange):
    sold = await company.salesperson("Sam Lee", branch=orange)
    await connection.execute("UPDATE botzilla.sales_person SET phone = $1", WRITTEN)
    assert "You are connected" in (await phones.answers(NEWCOMER, PHONE)).text
    member = await company.crew_member("Lou Reed", phone="+52 664 123 4567", branch=orange)
    assert "You are connected" in (await phones.answers(56, "526641234567")).text
    assert await linked(connection) == [
        ("employee", sold.employee, str(NEWCOMER)),
        ("crew_member", member, "56"),
        ("sales_person", sold.sales_person, str(NEWCOMER)),
    ]


@pytest.mark.parametrize("of", [0, 77])
async def test_a_foreign_contact_links_nobody(phones, company, connection, orange, of):
    await company.leader("Chris Jordan", branch=orange, phone_number=WRITTEN)
    assert (await phones.answers(NEWCOMER, PHONE, of=of)).text == NO_ANSWER
    assert await linked(connection) == []
    assert await attempts(connection) == [(NEWCOMER, "contact", "no_answer", None)]


async def test_a_contact_in_a_group_is_nobodys(phones, company, connection, orange):
    await company.leader("Chris Jordan", branch=orange, phone_number=WRITTEN)
    assert (await phones.shares(NEWCOMER, PHONE, chat=GROUP)).calls == []
    assert await linked(connection) == []


@pytest.mark.parametrize(
    "columns", [{"status": "inactive"}, {"status": "rejected"}, {"is_deleted": True}]
)
async def test_who_left_is_refused_and_learns_nothing(phones, company, connection, orange, columns):
    chris = await company.leader("Chris Jordan", branch=orange, phone_number=WRITTEN, **columns)
    assert (await phones.answers(NEWCOMER, PHONE)).text == REFUSED
    assert (await linked(connection), await alerts(connection)) == ([], 0)
    assert await attempts(connection) == [(NEWCOMER, "contact", "unknown", chris.employee)]


async def test_who_is_blocked_in_attic_tech_is_refused_before_any_run_has_seen_it(
    phones, company, connection, orange
):
    await company.leader("Chris Jordan", phone_number=WRITTEN, attic_tech_user_id=70)
    await connection.execute(
        "INSERT INTO botzilla.attic_tech_document (collection, id, fields)"
        " VALUES ('users', 70, $1)",
        {"name": "Chris Jordan", "isBlocked": True},
    )
    assert (await phones.answers(NEWCOMER, PHONE)).text == REFUSED
    assert await linked(connection) == []


async def test_a_salesperson_who_left_is_refused(phones, company, connection, orange):
    await company.sales_person("Sam Lee", phone=WRITTEN, is_active=False)
    assert (await phones.answers(NEWCOMER, PHONE)).text == REFUSED
    sold = await company.salesperson("Sue Lee", phone_number="6195550199")
    await connection.execute(
        "UPDATE botzilla.sales_person SET is_active = false WHERE id = $1", sold.sales_person
    )
    assert (await phones.answers(NEWCOMER, "16195550199")).text == REFUSED
    assert await linked(connection) == []


async def test_a_leaver_who_writes_from_their_account_is_refused_whatever_they_share(
    phones, company, connection, orange
):
    await company.leader("Chris Jordan", telegram_id=str(NEWCOMER), status="inactive")
    await company.leader("Dana Ruiz", phone_number=WRITTEN)
    for shared in (PHONE, "16195550100"):
        await connection.execute("UPDATE botzilla.telegram_chat SET phone_asked_at = now()")
        assert (await phones.shares(NEWCOMER, shared)).text == NO_ANSWER
    assert {id for _, _, id in await linked(connection)} == {str(NEWCOMER)}


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


async def test_an_account_of_somebody_else_is_never_made_another_person(
    phones, company, connection, orange
):
    await company.leader("Dana Ruiz", telegram_id=str(NEWCOMER))
    await company.leader("Chris Jordan", phone_number=WRITTEN)
    before = await linked(connection)
    assert (await phones.answers(NEWCOMER, PHONE)).text == NO_ANSWER
    assert await linked(connection) == before


async def test_who_is_linked_already_is_told_so(phones, company, connection, orange):
    await company.leader("Dana Ruiz", telegram_id=str(NEWCOMER))
    already = "You are connected already. /whoami shows as whom."
    assert (await phones.says(NEWCOMER, "/link")).text == already
    assert await alerts(connection) == 0


@pytest.mark.parametrize("other", ["Chris Jordan Jr", "Dana Ruiz"])
async def test_a_number_of_two_people_links_neither(phones, company, connection, orange, other):
    await company.leader("Chris Jordan", phone_number=WRITTEN)
    await company.crew_member(other, phone=PHONE)
    assert (await phones.answers(NEWCOMER, PHONE)).text == REFUSED
    assert await linked(connection) == []


async def test_an_unjoined_row_with_name_and_number_is_no_second_person(
    phones, company, connection, orange
):
    chris = await company.employee("Chris Jordan", phone_number=WRITTEN)
    row = await company.crew_member(" chris  JORDAN", phone=PHONE)
    assert "You are connected" in (await phones.answers(NEWCOMER, PHONE)).text
    assert await linked(connection) == [
        ("employee", chris, str(NEWCOMER)),
        ("crew_member", row, str(NEWCOMER)),
    ]


async def test_an_unjoined_row_that_has_only_the_name_of_an_employee_proves_nothing(
    phones, company, connection, orange
):
    await company.employee("Chris Jordan")
    await company.crew_member("Chris Jordan", phone=PHONE)
    assert (await phones.answers(NEWCOMER, PHONE)).text == REFUSED
    assert await linked(connection) == []


async def test_who_waits_for_approval_is_told_so_and_nobody_is_linked(
    phones, company, connection, orange
):
    await company.leader("Chris Jordan", branch=orange, phone_number=WRITTEN, status="pending")
    heard = await phones.answers(NEWCOMER, PHONE)
    assert heard.text == "You are registered and wait for the approval of your operations manager."
    assert (await linked(connection), await alerts(connection)) == ([], 0)


async def test_contacts_are_looked_at_only_so_often_a_day(phones, company, connection, orange):
    await connection.execute(
        "INSERT INTO botzilla.telegram_link_attempt (telegram_id, via, outcome)"
        " SELECT $1, 'contact', 'foreign' FROM generate_series(1, $2::integer)",
        *(NEWCOMER, CONTACTS_A_DAY),
    )
    await company.leader("Chris Jordan", phone_number=WRITTEN)
    assert "too often" in (await phones.answers(NEWCOMER, PHONE)).text
    assert "You are connected" in (await phones.answers(56, PHONE)).text
    assert await linked(connection)


async def test_two_accounts_of_one_number_end_as_one(phones, company, connection, orange):
    chris = await company.employee("Chris Jordan", phone_number=WRITTEN)
    async with asyncio.TaskGroup() as group:
        for who in (NEWCOMER, 56):
            group.create_task(phones.answers(who, PHONE))
    ((table, id, telegram_id),) = await linked(connection)
    assert (table, id, telegram_id in (str(NEWCOMER), "56")) == ("employee", chris, True)


async def test_no_answer_to_a_stranger_names_anybody(phones, company, connection, orange):
    await company.leader("Chris Jordan", branch=orange, phone_number=WRITTEN, status="pending")
    await company.leader("Dana Ruiz", branch=orange, phone_number="6195550111", status="inactive")
    heard = [
        await phones.says(NEWCOMER, "/link"),
        await phones.answers(NEWCOMER, PHONE),
        await phones.answers(NEWCOMER, "16195550111"),
        await phones.answers(NEWCOMER, "16195550100"),
        await phones.answers(NEWCOMER, PHONE, of=7),
    ]
    for said in heard:
        assert not {"Chris", "Jordan", "Dana", "Ruiz"} & set(said.text.split())
