"""Blocking the bot and coming back: remembered, and what waited goes out."""

import pytest

from tests.integration.handlers.conftest import NOW, private, user

LEADER = 102


@pytest.fixture
async def chris(company, jobs, connection):
    person = await company.leader("Chris Jordan", telegram_id=str(LEADER))
    await jobs.attic_user(70, person.employee, telegram_id=str(LEADER))
    job = await jobs.add(7, leader=70)
    await connection.execute(
        "INSERT INTO botzilla.alert (kind, job_sync_id, recipient_type, recipient_id, event_key,"
        " state, reason) VALUES ('job_assigned', $1, 'crew_leader', 70, 'k', 'undeliverable',"
        " 'bot_blocked')",
        job,
    )


async def changes(phones, status: str):
    member = {"status": status, "user": user(1)}
    if status == "kicked":
        member["until_date"] = 0
    await phones.feed(
        my_chat_member={
            "chat": private(LEADER),
            "from": user(LEADER),
            "date": int(NOW.timestamp()),
            "old_chat_member": {"status": "left", "user": user(1)},
            "new_chat_member": member,
        }
    )


async def refusal(connection):
    return await connection.fetchval("SELECT blocked_reason FROM botzilla.telegram_chat")


async def alert(connection):
    return await connection.fetchval("SELECT state FROM botzilla.alert")


async def test_who_blocks_the_bot_is_remembered(phones, chris, connection):
    await changes(phones, "kicked")
    await changes(phones, "kicked")
    assert await refusal(connection) == "bot_blocked"
    assert await alert(connection) == "undeliverable"


async def test_who_lets_it_in_again_gets_what_waited(phones, chris, connection):
    await changes(phones, "kicked")
    await changes(phones, "member")
    assert await refusal(connection) is None
    assert await alert(connection) == "pending"


@pytest.mark.parametrize("text", ["/start", "hello"])
async def test_any_private_message_says_that_he_is_back(phones, chris, connection, text):
    await changes(phones, "kicked")
    await phones.says(LEADER, text)
    assert await refusal(connection) is None
    assert await alert(connection) == "pending"


async def test_a_message_without_a_refusal_wakes_what_waited_for_another_reason(
    phones, chris, connection
):
    await phones.says(LEADER, "hello")
    assert await alert(connection) == "pending"


async def test_a_message_in_a_group_says_nothing_about_the_private_chat(phones, chris, connection):
    await changes(phones, "kicked")
    await phones.says(LEADER, "hello", chat={"id": -5, "type": "group", "title": "Crew"})
    assert await refusal(connection) == "bot_blocked"


async def test_his_language_stays_when_he_blocks(phones, chris, connection):
    await phones.says(LEADER, "/start", language="es")
    await changes(phones, "kicked")
    assert (await phones.says(LEADER, "/help")).text.startswith("Qué puedes")
