"""A message that says what is not so any more is edited: who has a job no more, or is not one of
us any more, reads no customer's phone or address, not even in old messages.
"""

import asyncio

import pytest

from bot.delivery.pacing import Limits
from sandbox.telegram import Fault, FaultKind, TelegramSandbox
from tests.links import unlinked
from tests.mirror import LEADER, MEMBER, Town
from tests.posting import posting, sender_for, until
from tests.statements import recorded

RCL, PIP, PR, PRODUCTION = (
    *("Requires Crew Lead", "Plans In Progress", "Pending Review", "In Production"),
)
EDIT = "editMessageText"
PHONE, STREET = "555-0142", "12 Elm St"
STATUS = "UPDATE botzilla.employee SET status = $1 WHERE attic_tech_user_id = 7"
ADDRESS = "UPDATE botzilla.employee SET telegram_id = $1 WHERE attic_tech_user_id = 7"


async def led(town: Town, post, *jobs: int, status: str = PIP) -> None:
    """Chris leads these jobs, and his phone shows whom to call and where to go."""
    for number in jobs:
        await town.job(number, status, assignedCrew=[7])
    await town.decide()
    await post.settled()
    assert len(shown(post, 102)) == len(jobs)


def shown(post, id: int) -> list[str]:
    """The messages on this phone that show a customer, as displayed now, buttons included."""
    displayed = [f"{m.text} {m.html} {m.markup}" for m in post.telegram.phone(id).received]
    return [text for text in displayed if PHONE in text or STREET in text or "Pat" in text]


async def struck(post, id: int = 102, seconds: float = 10.0) -> None:
    """Wait until nothing is shown on this phone, and our books say the same."""

    async def nothing() -> bool:
        return not shown(post, id) and not await due(post.connection)

    await until(nothing, seconds)


async def due(connection) -> int:
    """How many messages are to be edited."""
    return await connection.fetchval("SELECT count(edit_at) FROM botzilla.alert")


async def standing(town: Town) -> int:
    return await town.connection.fetchval(
        "SELECT count(*) FROM botzilla.alert WHERE state = 'delivered' AND cleared_at IS NULL"
        " AND recipient_type = 'crew_leader' AND kind <> 'job_taken_away'"
    )


# ---- when ---------------------------------------------------------------------------------------


async def test_the_message_of_a_replaced_leader_is_struck_and_shows_the_name_alone(town, post):
    await led(town, post, 1)
    await town.job(1, PIP, assignedCrew=[8])
    await town.decide()
    await post.settled()
    await struck(post)
    [old, taken] = post.telegram.phone(102).received
    assert (old.text, old.html, old.markup) == (
        "Job 1 · #1\nThis job is no longer yours.",
        "<s>Job 1 · #1</s>\nThis job is no longer yours.",
        None,
    )
    assert taken.text.splitlines()[0] == "⚪ This job is no longer yours"
    assert len(shown(post, 103)) == 1


@pytest.mark.parametrize("way", ["removed", "back in Requires Crew Lead", "gone"])
async def test_a_job_that_is_not_his_in_any_other_way_is_not_shown_either(town, post, way):
    await led(town, post, 1)
    if way == "removed":
        await town.job(1, PIP, assignedCrew=[9])
    elif way == "gone":
        await town.state("jobs", 1, "gone")
    else:
        await town.job(1, RCL)  # he stays in the crew
    await town.decide()
    await struck(post)


async def test_all_messages_about_the_job_are_struck_and_those_of_other_jobs_stay(town, post):
    await led(town, post, 1, 2)
    for status in (PR, PIP):
        await town.job(1, status)
        await town.decide()
        await post.settled()
    assert len(shown(post, 102)) == 3
    await town.job(1, PIP, assignedCrew=[8])
    await town.decide()
    await post.settled()
    await until(lambda: answer(len(shown(post, 102)) == 1))
    assert "Job 2" in shown(post, 102)[0]
    assert await standing(town) == 2  # Ana's, and that of job 2


async def answer(value: bool) -> bool:
    return value


async def test_a_leader_keeps_what_is_his_while_and_after_he_works(town, post):
    await led(town, post, 1)
    for status in (PR, "Requires Scheduling", PRODUCTION, "Closed Job"):
        await town.job(1, status)
        await town.decide()
    await post.settled()
    before = len(shown(post, 102))
    assert await due(town.connection) == 0
    assert len(shown(post, 102)) == before
    assert post.telegram.calls(EDIT) == []


@pytest.mark.parametrize("status", ["inactive", "rejected"])
async def test_a_leaver_reads_no_customer_in_any_message_also_of_jobs_that_are_over(
    town, post, status
):
    await led(town, post, 1, 2)
    await town.job(2, "Closed Job")
    await town.decide()
    await post.settled()
    await town.connection.execute(STATUS, status)
    await town.decide()
    await struck(post)
    assert post.telegram.phone(102).received[0].text == "Job 1 · #1\nThis job is no longer yours."


async def test_who_has_another_account_or_none_leaves_nothing_on_the_old_phone(town, post):
    await led(town, post, 1)
    await town.connection.execute(ADDRESS, "112")
    await town.decide()
    await struck(post)
    await town.job(1, PR)
    await town.job(1, PIP)
    await town.decide()
    await town.job(2, PIP, assignedCrew=[7])
    await town.decide()
    await post.settled()
    assert len(shown(post, 112)) == 1
    await town.connection.execute(ADDRESS, None)
    await town.decide()
    await struck(post, 112)


async def test_a_job_of_another_branch_is_struck_with_the_managers_of_the_former_one(town, post):
    reno = await town.company.branch("Reno")
    await town.company.manager(branch=reno, telegram_id="104")
    await town.put("branches", 2, name="Reno")
    await town.job(1, RCL)
    await town.decide()
    await post.settled()
    assert len(shown(post, 101)) == 1
    await town.estimate(101, branch=2)
    await town.decide()
    await post.settled()
    await struck(post, 101)
    assert len(shown(post, 104)) == 1


async def test_who_is_unlinked_leaves_nothing_on_the_phone(town, post):
    await led(town, post, 1)
    employee = await town.connection.fetchval(
        "SELECT id FROM botzilla.employee WHERE attic_tech_user_id = 7"
    )
    await unlinked(town.connection, ("employee", employee))
    await struck(post)


async def test_a_list_that_somebody_asked_for_stays_as_it_was_read(town, post):
    await led(town, post, 1)
    asked = await post.sender.delivery.bot.send_message(102, f"Jobs you lead: Pat, {PHONE}")
    await town.job(1, PIP, assignedCrew=[8])
    await town.decide()
    await until(lambda: answer(len(shown(post, 102)) == 1))
    assert [m.id for m in post.telegram.phone(102).received if m.text == asked.text] == [
        asked.message_id
    ]


async def test_a_job_that_comes_back_is_told_anew_and_stands(town, post):
    await led(town, post, 1)
    for crew in ([8], [7]):
        await town.job(1, PIP, assignedCrew=crew)
        await town.decide()
        await post.settled()
    await struck(post, 103)
    assert len(shown(post, 102)) == 1


async def test_a_leader_who_cannot_be_told_apart_for_a_while_keeps_what_he_has(town, post):
    await led(town, post, 1)
    await town.company.employee("Chris Jordan", telegram_id=" 102 ")  # two people, one number
    await town.decide()
    assert await due(town.connection) == 0


async def test_a_message_delivered_in_the_moment_of_the_change_is_found_as_well(town, post):
    post.telegram.answer_late(0.5, method="sendMessage", chat_id=102)
    await town.job(1, PIP, assignedCrew=[7])
    await town.decide()
    await post.reached("sending")
    await town.job(1, PIP, assignedCrew=[8])
    await town.decide()
    await post.settled()
    await struck(post)


async def test_it_speaks_the_readers_language(town, post):
    await led(town, post, 1)
    await town.connection.execute(
        "INSERT INTO botzilla.telegram_chat (telegram_id, language) VALUES (102, 'es')"
        " ON CONFLICT (telegram_id) DO UPDATE SET language = 'es'"
    )
    await town.job(1, PIP, assignedCrew=[8])
    await town.decide()
    await struck(post)
    assert post.telegram.phone(102).received[0].text == "Job 1 · #1\nEste trabajo ya no es tuyo."


async def put_off(town: Town) -> bool:
    """Whether an edit waits for a later time."""
    return await town.connection.fetchval(
        "SELECT count(*) > 0 FROM botzilla.alert WHERE edit_at > now()"
    )


# ---- what goes wrong ----------------------------------------------------------------------------

FAULTS = {
    "429": Fault(code=429, retry_after=1, method=EDIT),
    "5xx": Fault(code=502, method=EDIT),
    "answer lost": Fault(FaultKind.LOSE, method=EDIT),
    "cut": Fault(FaultKind.CUT, method=EDIT),
    "a proxy's page": Fault(FaultKind.GARBAGE, code=200, method=EDIT),
    "html refused": Fault(code=400, description="Bad Request: can't parse entities", method=EDIT),
}


@pytest.mark.parametrize("name", FAULTS)
async def test_what_fails_is_tried_again(town, post, name):
    await led(town, post, 1)
    post.telegram.faults.add(FAULTS[name])
    await town.job(1, PIP, assignedCrew=[8])
    await town.decide()
    await struck(post)
    assert len(post.telegram.calls(EDIT)) == 2


async def test_while_there_is_no_connection_it_waits(town, post):
    await led(town, post, 1)
    await town.job(1, PIP, assignedCrew=[8])
    await post.telegram.refuse_connections()
    await town.decide()
    await until(lambda: put_off(town))
    assert len(shown(post, 102)) == 1
    await post.telegram.accept_connections()
    await struck(post)


async def test_a_refused_token_lets_everything_rest(town, post):
    await led(town, post, 1)
    fault = post.telegram.fail(401, method=EDIT, times=None)
    await town.job(1, PIP, assignedCrew=[8])
    await town.decide()
    await until(lambda: put_off(town))
    assert len(post.telegram.calls(EDIT)) == 1
    post.telegram.faults.remove(fault.id)
    await town.connection.execute("UPDATE botzilla.alert SET edit_at = now() WHERE edit_at > now()")
    await struck(post)


async def test_a_message_that_is_gone_is_done_with(town, post):
    await led(town, post, 1)
    [message] = post.telegram.phone(102).received
    del post.telegram.world.chats[102].messages[message.id]
    await town.job(1, PIP, assignedCrew=[8])
    await town.decide()
    await post.settled()
    await struck(post)
    assert await standing(town) == 1  # Ana's


async def test_a_message_changed_before_the_books_were_is_not_changed_again(town, post):
    await led(town, post, 1)
    await town.job(1, PIP, assignedCrew=[8])
    await town.decide()
    await struck(post)
    edited = post.telegram.phone(102).received[0].edited
    await town.connection.execute(
        "UPDATE botzilla.alert SET edit_at = now() WHERE cleared_at IS NOT NULL"
    )
    await struck(post)
    assert post.telegram.phone(102).received[0].edited == edited


async def test_who_blocks_the_bot_is_waited_for(town, post):
    """His messages cannot be changed before; when he lets the bot in again they are."""
    await led(town, post, 1)
    await post.telegram.phone(102).block()
    await town.connection.execute(STATUS, "inactive")
    await town.decide()

    async def refused() -> bool:
        return await town.connection.fetchval(
            "SELECT blocked_reason = 'bot_blocked' FROM botzilla.telegram_chat"
            " WHERE telegram_id = 102"
        )

    await until(refused)
    assert len(shown(post, 102)) == 1
    assert len(post.telegram.calls(EDIT)) == 1
    await post.telegram.phone(102).unblock()
    await town.connection.execute("UPDATE botzilla.telegram_chat SET blocked_reason = NULL")
    await struck(post)


async def test_one_chat_that_fails_holds_up_no_other(town, post):
    await led(town, post, 1)
    await town.job(2, PIP, assignedCrew=[8])
    await town.decide()
    await post.settled()
    post.telegram.fail(502, method=EDIT, chat_id=102, times=None)
    for number in (1, 2):
        await town.job(number, RCL)
    await town.decide()
    await until(lambda: answer(not shown(post, 103)))
    assert len(shown(post, 102)) == 1


async def test_a_sender_that_takes_over_finds_what_the_last_one_left(town, database_url):
    async with posting(database_url) as first:
        first.phone(101), first.phone(102), first.phone(103)
        await led(town, first, 1, 2, 3)
        first.telegram.fail(502, method=EDIT, times=None)
        for number in (1, 2, 3):
            await town.job(number, PIP, assignedCrew=[8])
        await town.decide()
        await first.settled()
        first.telegram.faults.remove()
        telegram = first.telegram
        first.stop.set()
        async with posting(database_url, telegram) as second:
            await struck(second)


async def test_an_alert_waits_behind_one_change_at_most(town, database_url):
    """Old messages by the dozen do not keep a leader from his next job."""
    limits = Limits(overall=0.001, chat=0.2, group=0.2)
    async with posting(database_url, limits=limits) as post:
        for id in (101, 102, 103):
            post.phone(id)
        await led(town, post, *range(1, 9))
        for number in range(1, 9):
            await town.job(number, PIP, assignedCrew=[9])
        await town.decide()
        await until(lambda: answer(bool(post.telegram.calls(EDIT))))
        await town.job(20, PIP, assignedCrew=[7])
        await town.decide()
        await post.settled()
        await struck_but(post, "Job 20")


async def struck_but(post, name: str) -> None:
    await until(lambda: answer([name in text for text in shown(post, 102)] == [True]))


# ---- what is held because of a mass change -------------------------------------------------------


async def held(town: Town, post, jobs: int = 12) -> None:
    """So many jobs lose Chris; the operators were told of nothing else."""
    for number in range(1, jobs + 1):
        await town.job(number, PIP, assignedCrew=[7])
    await town.decide()
    await town.connection.execute("DELETE FROM botzilla.alert")
    await town.put("users", 7, roles=[MEMBER])
    await town.decide()
    await post.settled()


async def shows(post, words: str) -> str:
    """The manager's one message, once it says this."""

    async def said() -> str | None:
        (message,) = post.telegram.phone(101).received
        return message.text if words in message.text else None

    return str(await until(said))


async def test_the_message_shows_how_many_are_held_now(town, post):
    await held(town, post)
    assert "jobs: 12 of 12" in await shows(post, "🔴 Many jobs lose their crew leader at once")
    await town.job(1, PIP, assignedCrew=[8])
    await town.decide()
    await shows(post, "jobs: 11 of 12")
    await town.put("users", 7, roles=[LEADER])
    await town.decide()
    said = await shows(post, "⚪ Many jobs lost their crew leader at once")
    assert "It was put right in Attic Tech." in said
    assert len(post.texts(101)) == 1


async def test_a_hold_that_ended_while_its_message_was_on_its_way_is_edited_after(town, post):
    await held(town, post)
    await town.connection.execute("UPDATE botzilla.alert SET state = 'sending'")
    await town.decide(accept=True)
    await town.connection.execute(
        "UPDATE botzilla.alert SET state = 'delivered' WHERE state = 'sending'"
    )

    async def said() -> bool:
        first = post.telegram.phone(101).received[0]
        return "It was accepted as meant" in first.text

    await until(said)


async def test_a_message_that_is_gone_is_not_edited_for_ever(town, post):
    await held(town, post)
    await town.connection.execute(
        "UPDATE botzilla.alert SET message_id = 999999 WHERE kind = 'mass_change_held'"
    )
    await town.put("users", 7, roles=[LEADER])
    await town.decide()
    await until(lambda: nothing_due(town))


async def test_a_message_that_cannot_be_edited_keeps_no_other_from_it(town, post):
    await town.company.manager(telegram_id="104")
    await held(town, post)
    fault = Fault(FaultKind.REFUSE, 502, method="editMessageText", chat_id=101, times=None)
    post.telegram.faults.add(fault)
    await town.put("users", 7, roles=[LEADER])
    await town.decide()

    async def edited() -> bool:
        return "It was put right" in post.telegram.phone(104).received[0].text

    await until(edited)


async def nothing_due(town: Town) -> bool:
    return await due(town.connection) == 0


async def test_an_idle_sender_asks_five_statements_however_many_messages_stand(
    connection, pool, database_url
):
    await connection.execute(
        "INSERT INTO botzilla.job_sync (id, attic_tech_job_id, attic_tech_crew_leader_id)"
        " SELECT n, n, n FROM generate_series(1, 40) n"
    )
    await connection.execute(
        "INSERT INTO botzilla.alert (kind, job_sync_id, recipient_type, recipient_id, state,"
        " chat_id, message_id, event_key) SELECT 'job_assigned', n, 'crew_leader', n, 'delivered',"
        " 1000 + n, n, n::text FROM generate_series(1, 40) n"
    )
    async with TelegramSandbox() as telegram:
        sender = sender_for(database_url, pool, telegram)
        async with asyncio.TaskGroup() as group:
            with recorded(connection) as said:
                await sender._round(connection, group)
                await asyncio.sleep(0)  # asyncpg tells of a statement at the next turn of the loop
        await sender.delivery.bot.session.close()
    assert len(said) == 5
