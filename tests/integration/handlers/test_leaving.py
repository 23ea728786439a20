"""Who unlinks himself, under `/whoami`: a stranger at the next tap."""

import pytest

from bot.views.buttons import LeaveButton

CHRIS, STRANGER, OPERATOR = 102, 55, 900
LEFT = (
    "This Telegram account is not connected anymore.\n"
    "To come back, send /link or ask your operations manager for an invite."
)
BUTTON = "Unlink this Telegram account"


async def leave(phones, who: int = CHRIS):
    shown = await phones.says(who, "/whoami")
    question = await phones.taps(who, shown.buttons[BUTTON])
    return question, await phones.taps(who, question.buttons["Yes, disconnect"])


async def test_it_asks_once_and_makes_a_stranger(phones, company, jobs):
    chris = await company.leader("Chris Jordan", telegram_id=f" {CHRIS}")
    await company.sales_person("C. Jordan", employee_id=chris.employee, telegram_id="103")
    question, done = await leave(phones)
    assert question.text == (
        "Really disconnect? You get no more messages and see no more jobs here, until you connect"
        " again with /link or an invite."
    )
    assert (done.text, done.answers) == (LEFT, [None])
    for who in (CHRIS, 103):
        assert (await phones.says(who, "/myjobs")).text.startswith("I do not know you yet.")


async def test_a_manager_is_told_who_can_link_him_again(phones, company):
    await company.manager(telegram_id=str(CHRIS))
    question, done = await leave(phones)
    assert question.text.endswith(
        "An operations manager is connected again by an operator, or in BotZilla."
    )
    assert done.text == LEFT
    assert (await phones.says(CHRIS, "/status")).text.startswith("I do not know you yet.")


async def test_rows_that_nobody_joined_are_unlinked_too(phones, company):
    await company.crew_member("Lou Reed", telegram_id=str(CHRIS))
    await company.sales_person("L. Reed", telegram_id=str(CHRIS))
    await leave(phones)
    assert (await phones.says(CHRIS, "/whoami")).text.startswith("I do not know you yet.")


async def test_a_tap_that_comes_twice_has_the_same_answer(phones, company):
    await company.leader("Chris Jordan", telegram_id=str(CHRIS))
    _, done = await leave(phones)
    again = await phones.taps(CHRIS, LeaveButton(step="sure").pack())
    assert (again.text, again.answers) == (done.text, done.answers)


async def test_the_question_can_be_answered_no(phones, company):
    await company.leader("Chris Jordan", telegram_id=str(CHRIS))
    shown = await phones.says(CHRIS, "/whoami")
    question = await phones.taps(CHRIS, shown.buttons[BUTTON])
    assert (await phones.taps(CHRIS, question.buttons["No"])).text == shown.text
    assert (await phones.says(CHRIS, "/whoami")).text == shown.text


async def test_nobody_else_is_unlinked(phones, company):
    await company.leader("Chris Jordan", telegram_id=str(CHRIS))
    await company.leader("Chris Jordan", telegram_id="104")
    await leave(phones)
    assert (await phones.says(104, "/whoami")).text.startswith("Chris Jordan")


async def test_who_has_no_rows_has_no_button(phones):
    assert list((await phones.says(OPERATOR, "/whoami")).buttons) == []
    heard = await phones.taps(OPERATOR, LeaveButton(step="sure").pack())
    assert heard.text.startswith("Roles: operator")


async def test_who_has_no_role_can_leave_as_well(phones, company):
    await company.employee("Pat Doe", telegram_id=str(CHRIS), role="corporate")
    assert (await phones.says(CHRIS, "/whoami")).text.startswith(
        "You are linked, but have no role here yet. Ask your operation manager.\nPat Doe\n"
    )
    _, done = await leave(phones)
    assert done.text == LEFT


@pytest.mark.parametrize("status", ["inactive", "pending"])
async def test_whom_the_bot_does_not_talk_with_changes_nothing(phones, company, connection, status):
    await company.leader("Chris Jordan", telegram_id=str(CHRIS), status=status)
    heard = await phones.taps(CHRIS, LeaveButton(step="sure").pack())
    assert heard.text == (await phones.says(CHRIS, "/whoami")).text
    kept = await connection.fetchval("SELECT telegram_id FROM botzilla.employee")
    assert kept == str(CHRIS)
