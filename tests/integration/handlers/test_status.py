"""`/status`: what a manager must look after, and a crew leader's day."""

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from sync.model.states import State

LEADER, MANAGER, OPERATOR = 102, 101, 900


@pytest.fixture
async def orange(company):
    branch = await company.branch("Orange")
    await company.manager(branch=branch, telegram_id=str(MANAGER), email="ada@example.com")
    return branch


@pytest.fixture
def alert(connection):
    numbers = count(1)

    async def add(job: int | None, state: str, type="crew_leader", id=70, reason=None, kind="x"):
        key = f"x:{next(numbers)}"
        await connection.execute(
            "INSERT INTO botzilla.alert (kind, job_sync_id, recipient_type, recipient_id,"
            " event_key, state, reason) VALUES ($1, $2, $3, $4, $5, $6, $7)",
            *(kind, job, type, id, key, state, reason),
        )

    return add


async def run(connection, state: str, *, age=timedelta(minutes=2), error=None):
    await connection.execute(
        "INSERT INTO botzilla.sync_run (kind, state, finished_at, error)"
        " VALUES ('incremental', $1, $2, $3)",
        *(state, None if state == "running" else datetime.now(UTC) - age, error),
    )


async def contacted(connection):
    await connection.execute(
        "INSERT INTO botzilla.sync_state (key, value) VALUES ('first_contact', $1)",
        {"ended_at": "2026-11-24T12:00:00Z"},
    )


async def test_before_anything_was_read_it_says_so(phones, orange):
    assert (await phones.says(MANAGER, "/status")).text == (
        "Status\n"
        "Attic Tech was never read to its end.\n"
        "First contact is going on: nobody is told anything yet.\n"
        "0 messages on their way"
    )


async def test_a_manager_sees_how_his_branch_stands(phones, jobs, orange, company, connection):
    irvine = await company.branch("Irvine")
    await contacted(connection)
    await run(connection, "succeeded")
    await jobs.add(1, branch=orange, state=State.REQUIRES_CREW_LEAD)
    await jobs.add(2, branch=orange, state=State.IN_PRODUCTION)
    await jobs.add(3, branch=orange, state=State.IN_PRODUCTION)
    await jobs.add(4, branch=irvine, state=State.REQUIRES_CREW_LEAD)
    await jobs.add(5, branch=orange, gone=True)
    text = (await phones.says(MANAGER, "/status")).text
    head, waiting, numbers = text.split("\n\n")
    assert head == "Status\nAttic Tech was read 2 minutes ago.\n0 messages on their way"
    assert waiting.startswith("Waiting for a crew leader\n#1 · Job Number1 · ")
    assert "#4" not in text
    assert numbers == "Orange · 3 jobs\nRequires Crew Lead: 1\nIn Production: 2"


async def test_the_list_of_waiting_jobs_ends_and_says_how_many_more(phones, jobs, orange):
    for number in range(1, 14):
        await jobs.add(number, branch=orange, state=State.REQUIRES_CREW_LEAD)
    text = (await phones.says(MANAGER, "/status")).text
    assert text.count("Job Number") == 10
    assert "… and 3 more" in text


async def test_reading_that_goes_on_or_fails_is_told(phones, orange, connection):
    await contacted(connection)
    await run(connection, "succeeded", age=timedelta(hours=3))
    await run(connection, "failed", error="Attic Tech <answers> nothing.")
    await run(connection, "running")
    text = (await phones.says(MANAGER, "/status")).text
    assert text == (
        "Status\n"
        "Attic Tech was read 3 hours ago.\n"
        "It is being read right now.\n"
        "The last run failed: Attic Tech <answers> nothing.\n"
        "0 messages on their way"
    )


async def test_messages_in_flight_are_counted(phones, jobs, orange, alert):
    job = await jobs.add(1, branch=orange)
    for state in ("pending", "held", "sending", "delivered", "superseded"):
        await alert(job, state)
    assert "3 messages on their way" in (await phones.says(MANAGER, "/status")).text


async def test_who_cannot_be_reached_is_one_line_with_the_reason(
    phones, jobs, orange, company, connection
):
    await jobs.attic_user(70, None, name="Chris Jordan", reason="no_telegram")
    await jobs.attic_user(71, None, name="Lou Reed", telegram_id="105")
    await jobs.attic_user(
        72, None, name="Al Roe", reason="ambiguous", candidates=["Al Roe", "Al Röe"]
    )
    await jobs.attic_user(73, None, name="Not Leading", reason="no_telegram")
    await connection.execute(
        "INSERT INTO botzilla.telegram_chat (telegram_id, blocked_reason)"
        " VALUES (105, 'bot_blocked'), (106, 'chat_not_found')"
    )
    await jobs.add(1, branch=orange, leader=70)
    await jobs.add(2, branch=orange, leader=70)
    await jobs.add(3, branch=orange, leader=71)
    await jobs.add(4, branch=orange, leader=72)
    await jobs.add(5, branch=orange, leader=99, known={"leader_name": "Zed"})
    await jobs.add(6, branch=orange, known={"hidden": [98]})
    await jobs.add(7, branch=orange, leader=73, state=State.CLOSED_JOB)
    await jobs.add(8, branch=await company.branch("Irvine"), leader=73)
    await company.manager(branch=orange, telegram_id="@bob", email="bob@example.com")
    await company.manager(branch=orange, telegram_id="106", email="eve@example.com")
    await company.manager(telegram_id=None, email="far@example.com")
    text = (await phones.says(MANAGER, "/status")).text
    (section,) = [part for part in text.split("\n\n") if part.startswith("Cannot be reached")]
    assert section == (
        "Cannot be reached\n"
        "bob@example.com has no Telegram id in BotZilla.\n"
        "eve@example.com has no chat with this bot in Telegram.\n"
        "Al Roe could be more than one person in BotZilla. · #4 · Al Roe, Al Röe\n"
        "Chris Jordan has no Telegram id in BotZilla. · #1, #2\n"
        "Lou Reed has blocked this bot in Telegram. · #3\n"
        "Attic Tech does not show us who leads this job. · #5\n"
        "Attic Tech does not show us who leads this job. · #6"
    )


async def test_a_manager_who_is_an_employee_goes_by_his_name(
    phones, jobs, orange, company, alert, connection
):
    eve = await company.manager(branch=orange, telegram_id="106 ", email="eve@example.com")
    await company.employee("Eve Moe", telegram_id=" 106")
    await connection.execute(
        "INSERT INTO botzilla.telegram_chat (telegram_id, blocked_reason)"
        " VALUES (106, 'bot_blocked')"
    )
    await alert(await jobs.add(7, branch=orange), "unknown", "operation_manager", eve)
    text = (await phones.says(MANAGER, "/status")).text
    assert "\nEve Moe has blocked this bot in Telegram.\n" in text
    assert "\nAsk Eve Moe about job 7\n" in text
    assert "eve@example.com" not in text


def flaws(text: str) -> list[str]:
    """What the page says is to be put right in BotZilla."""
    sections = [part for part in text.split("\n\n") if part.startswith("Put right in BotZilla")]
    return sections[0].split("\n")[1:] if sections else []


async def test_what_is_amiss_in_the_rows_of_ones_people_is_a_line_with_what_to_do(
    phones, orange, company
):
    irvine = await company.branch("Irvine")
    chris = await company.leader("Chris <J>", branch=orange, telegram_id="@chris")
    pat = await company.leader("Pat Doe", branch=orange, telegram_id="500")
    await company.sales_person(employee_id=pat.employee, telegram_id="501")
    far = await company.leader("Far Off", branch=irvine, telegram_id="500 ")
    await company.leader("Al Gone", branch=orange, telegram_id="@al", status="inactive")
    await company.leader("Zed Far", branch=irvine, telegram_id="@zed")
    bob = await company.manager(branch=orange, telegram_id="@bob", email="bob@example.com")
    no_number = "the Telegram id is no number. Empty it, then /invite."
    no_number_of_a_user = "the Telegram id is no number. Enter the one the bot tells him."
    same = "the same Telegram id. Leave it at the right one."
    different = "different Telegram ids. Enter the right one in all of them."
    lines = [
        f"Chris <J> (employee {chris.employee}): {no_number}",
        f"Pat Doe (employee {pat.employee}), employee {far.employee}: {same}",
        f"Pat Doe (employee {pat.employee}, sales_person 1): {different}",
        f"bob@example.com (user {bob}): {no_number_of_a_user}",
    ]
    assert flaws((await phones.says(MANAGER, "/status")).text) == lines
    seen = flaws((await phones.says(OPERATOR, "/status")).text)
    assert [line.split(":")[0] for line in seen] == [
        f"Chris <J> (employee {chris.employee})",
        f"Zed Far (employee {far.employee + 2})",
        f"Pat Doe (employee {pat.employee}), Far Off (employee {far.employee})",
        f"Pat Doe (employee {pat.employee}, sales_person 1)",
        f"bob@example.com (user {bob})",
    ]


async def test_only_the_first_of_what_is_amiss_are_named(phones, orange, company):
    for number in range(7):
        await company.employee(telegram_id=f"@{number}", branch_id=orange)
    lines = flaws((await phones.says(MANAGER, "/status")).text)
    assert (len(lines), lines[-1]) == (6, "… and 2 more")


async def test_where_nothing_is_amiss_nothing_is_said(phones, orange, company):
    await company.leader("Chris", branch=orange, telegram_id="500")
    assert "Put right" not in (await phones.says(MANAGER, "/status")).text


async def test_a_message_whose_answer_was_lost_is_a_line(phones, jobs, orange, alert, company):
    await jobs.attic_user(70, None, name="Chris")
    seven = await jobs.add(7, branch=orange)
    eight = await jobs.add(8, branch=orange)
    nine = await jobs.add(9, branch=await company.branch("Irvine"))
    await alert(seven, "unknown")
    await alert(eight, "unknown")
    await alert(eight, "delivered")
    await alert(nine, "unknown")
    await alert(None, "unknown", "operator", OPERATOR)
    text = (await phones.says(MANAGER, "/status")).text
    assert "Perhaps not received\nAsk Chris about job 7\n" in f"{text}\n"
    assert text.count("Ask ") == 1
    seen = (await phones.says(OPERATOR, "/status")).text
    assert "Ask 900 about the state of the system" in seen
    assert "Ask Chris about job 9" in seen


async def test_a_job_of_which_nobody_could_be_told_stands_first(phones, jobs, alert, company):
    irvine = await company.branch("Irvine")
    job = await jobs.add(7, branch=irvine, branch_name="Irvine")
    await alert(job, "undeliverable", "operation_manager", 0, "no_manager")
    await alert(job, "undeliverable", "operation_manager", 0, "no_manager")
    text = (await phones.says(OPERATOR, "/status")).text
    assert "Nobody could be told about\n#7 · Job Number7" in text
    told_nobody, _, waiting = text.partition("Waiting for a crew leader")
    assert [part.count("#7 · Job Number7") for part in (told_nobody, waiting)] == [1, 1]


async def test_a_crew_leader_sees_his_day(phones, jobs, company):
    chris = await company.leader("Chris Jordan", telegram_id=str(LEADER))
    await jobs.attic_user(70, chris.employee)
    assert (await phones.says(LEADER, "/status")).text == (
        "Your day\nNo job waits for you. Enjoy it!"
    )
    await jobs.add(1, leader=70, state=State.IN_PRODUCTION)
    await jobs.add(2, leader=70, state=State.PLANS_IN_PROGRESS, phone=None)
    await jobs.add(3, leader=70, state=State.PRE_PRODUCTION, address=None, city=None)
    await jobs.add(4, leader=70, state=State.PENDING_REVIEW)
    await jobs.add(5, leader=70, state=State.PENDING_PAYMENT)
    assert (await phones.says(LEADER, "/status")).text == (
        "Your day\n"
        "\nIn production\n#1 · Job Number1 · 12 Elm St, San Diego · +1-619-555-0142\n"
        "\nMake the plan\n#2 · Job Number2 · 12 Elm St, San Diego\n"
        "\nComing up\n#3 · Job Number3 · CA 92101 · +1-619-555-0142\n"
        "\nYour plan is being reviewed\n"
        "#4 · Job Number4 · 12 Elm St, San Diego · +1-619-555-0142"
    )


async def test_a_manager_who_leads_sees_both(phones, jobs, orange, company):
    chris = await company.leader("Chris Jordan", telegram_id=str(MANAGER))
    await jobs.attic_user(70, chris.employee)
    text = (await phones.says(MANAGER, "/status")).text
    assert text.startswith("Status\n")
    assert "\nYour day\n" in text
