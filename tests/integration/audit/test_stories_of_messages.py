"""The stories that managers ask for: what became of each message, and of whom nobody could tell."""

from datetime import timedelta
from uuid import uuid4

import pytest

from bot.delivery.outbox import begin, claim, record, sweep
from bot.delivery.relevance import Drop
from bot.delivery.verdict import Again, Delivered, Held, Unknown
from sync.model.alerts import Because, Reason
from sync.reconcile.bounces import record_not_taken, record_refusal, revive
from tests.integration.audit.telling import PIP, PR, PRODUCTION, RCL, newest, ready, story
from tests.mirror import Town

REST = timedelta(minutes=3)


async def meets(town: Town, *outcomes: object) -> None:
    """What is due meets these outcomes, in its order."""
    for outcome in outcomes:
        (alert,) = await claim(town.connection, 1, uuid4())
        if isinstance(outcome, Reason):
            await record_refusal(town.connection, alert.id, alert.lease_token, outcome, ())
        else:
            await record(town.connection, alert.id, alert.lease_token, outcome)


@pytest.mark.parametrize(
    ("outcome", "sentence"),
    [
        (Delivered(1, 1), "✅ delivered 12:30 PM"),
        (
            Again(REST, lane=True, failure=False),
            "⏳ next attempt Jan 1, 2100, 12:00 PM: Telegram asks us to slow down",
        ),
        (Again(REST), "⏳ next attempt Jan 1, 2100, 12:00 PM: Telegram could not be reached"),
        (
            Held(Because.TOKEN_REFUSED, REST),
            "⏳ next attempt Jan 1, 2100, 12:00 PM: Telegram refuses this bot’s token",
        ),
        (
            Unknown(),
            "❓ may have arrived: Telegram’s answer was lost. Ask Chris Jordan about it.",
        ),
        (Drop(Because.NEWER), "⚪ not sent: a newer message about this job took its place"),
        (Drop(Because.DONE), "⚪ not sent: what it asks for was already done"),
        (Drop(Because.GONE), "⚪ not sent: by then the job was gone"),
        (
            Drop(Because.NOT_HIS),
            "⚪ not sent: by then the job was somebody else’s business",
        ),
    ],
)
async def test_what_became_of_a_message(town: Town, outcome: object, sentence: str) -> None:
    await town.connection.execute("DELETE FROM botzilla.alert")
    await town.job(1, PIP, assignedCrew=[7])
    await town.decide()
    await meets(town, outcome)
    mark, _, words = sentence.partition(" ")
    assert (await newest(town))[-1] == (
        f"{mark} Chris Jordan (crew leader), “You have a new job”: {words}"
    )


async def test_a_sender_that_died_leaves_a_doubt(town: Town) -> None:
    await town.connection.execute("DELETE FROM botzilla.alert")
    await town.job(1, PIP, assignedCrew=[7])
    await town.decide()
    [alert] = await claim(town.connection, 1, uuid4())
    await begin(town.connection, alert.id, alert.lease_token)
    assert (await newest(town))[-1].endswith("“You have a new job”: is being sent right now")
    await town.connection.execute("UPDATE botzilla.alert SET lease_until = now() - interval '1 s'")
    await sweep(town.connection)
    assert (await newest(town))[-1].endswith(
        "may have arrived: the program stopped while sending it. Ask Chris Jordan about it."
    )


async def test_what_telegram_fails_at_and_who_was_told_so(town: Town) -> None:
    await town.connection.execute("DELETE FROM botzilla.alert")
    await town.job(1, PIP, assignedCrew=[7])
    await town.decide()
    [alert] = await claim(town.connection, 1, uuid4())
    await record_not_taken(town.connection, alert.id, alert.lease_token, ())
    chris, ada = (await newest(town))[-2:]
    assert chris.endswith("not delivered: Telegram failed at it again and again, and took others.")
    assert ada == (
        "⏳ Ada Lopez (operation manager), “A message could not be delivered”: goes out in a moment"
    )


async def test_who_cannot_be_reached_why_and_who_was_told_so(town: Town) -> None:
    await town.job(1, PIP, assignedCrew=[11])
    await town.decide()
    assert await newest(town) == [
        "12:11 PM · First seen: Plans In Progress",
        "Crew leader: Nobody Known",
        "Seen 12:30 PM, by run 1",
        "Rule 3: a crew leader has an active job and was not told of it: tell them.",
        "Rule 8: a crew leader cannot be reached: tell the managers.",
        (
            "❌ Nobody Known (crew leader), “You have a new job”: Nobody Known is not in BotZilla."
            " By rule 8 this goes to Ada Lopez. It goes out by itself once that is mended,"
            " if it still holds."
        ),
        "⏳ Ada Lopez (operation manager), “A crew leader cannot be reached”: goes out in a moment",
    ]


async def test_a_leader_who_blocked_the_bot_and_came_back_too_late(town: Town) -> None:
    await town.connection.execute("DELETE FROM botzilla.alert")
    await town.job(1, PIP, assignedCrew=[7])
    await town.decide()
    await meets(town, Reason.BOT_BLOCKED)
    blocked = "Chris Jordan has blocked this bot in Telegram. By rule 8 this goes to Ada Lopez."
    assert blocked in await story(town)
    await town.job(1, PRODUCTION)
    await town.decide()
    await town.connection.execute("DELETE FROM botzilla.telegram_chat")
    await revive(town.connection, 102)
    took_its_place = "not sent: a newer message about this job took its place"
    assert f"“You have a new job”: {took_its_place}" in await story(town)


async def test_nobody_at_all_and_then_somebody(town: Town) -> None:
    await town.connection.execute("""UPDATE botzilla."user" SET telegram_id = NULL""")
    await town.job(1, RCL)
    await town.decide()
    nobody = "Nobody (operation manager), “A crew leader is needed”:"
    assert (
        f"❌ {nobody} There is nobody who could be told. It goes out by itself once that is mended"
        in await story(town)
    )
    await town.connection.execute("""UPDATE botzilla."user" SET telegram_id = '101'""")
    await town.decide()
    assert (await newest(town))[-3:-1] == [
        f"⚪ {nobody} found nobody then; it went out when a manager could be reached",
        "⏳ Ada Lopez (operation manager), “A crew leader is needed”: goes out in a moment",
    ]


async def test_managers_who_could_not_be_told_are_named(town: Town) -> None:
    await town.company.manager(branch=1, telegram_id="@sol", email="sol@example.com")
    await town.job(1, RCL)
    await town.decide()
    assert (await newest(town))[-1] == "❌ sol@example.com has no Telegram id in BotZilla."


async def test_one_message_per_person_says_what_it_stands_for(town: Town) -> None:
    await town.company.manager(branch=1, telegram_id="102")
    await town.job(1, RCL, assignedCrew=[7])
    await ready(town)
    await town.job(1, PR)
    await town.decide()
    assert (await newest(town))[-2] == (
        "⏳ Chris Jordan (crew leader), “You have a new job”: goes out in a moment (One message per"
        " person: it stands for “A plan is ready for review” as operation manager, too.)"
    )


async def test_a_leaver_is_told_of_in_one_message_about_all_his_jobs(town: Town) -> None:
    for job in (1, 2):
        await town.job(job, PIP, assignedCrew=[7])
    await ready(town)
    await town.connection.execute(
        "UPDATE botzilla.employee SET status = 'inactive' WHERE first_name = 'Chris'"
    )
    await town.decide()
    for job in (1, 2):
        to_ada = [line for line in await newest(town, job) if "Ada Lopez" in line]
        head = "Ada Lopez (operation manager), “A crew leader cannot be reached”:"
        assert sorted(to_ada) == [
            f"⏳ {head} goes out in a moment",
            f"⚪ {head} stands in one message about several jobs",
        ]


async def test_a_leader_never_told_is_not_told_that_it_ended(town: Town) -> None:
    await town.job(1, PIP, assignedCrew=[11])
    await ready(town)
    await town.job(1, PIP, assignedCrew=[7])
    await town.decide()
    assert (await newest(town))[-1] == (
        "Nobody Known had never been told that it was theirs, and is not told that it ended."
    )


@pytest.mark.parametrize("crew", [[8], [9]])
async def test_a_leader_of_before_whom_nobody_can_tell_is_the_managers_business(
    town: Town, crew: list[int]
) -> None:
    await town.job(1, PRODUCTION, assignedCrew=[7])
    await ready(town)
    await town.job(1, "Production Complete")
    await ready(town)
    await town.connection.execute(
        "UPDATE botzilla.employee SET telegram_id = NULL WHERE first_name = 'Chris'"
    )
    await town.job(1, "Production Complete", assignedCrew=crew)
    await town.decide()
    (to_chris,) = [line for line in await newest(town) if "Chris Jordan (crew leader)" in line]
    assert to_chris == (
        "❌ Chris Jordan (crew leader), “This job is no longer yours”: Chris Jordan has no Telegram"
        " id in BotZilla. By rule 8 this goes to Ada Lopez. It goes out by itself once that is"
        " mended, if it still holds."
    )


async def test_an_alert_whose_change_was_not_written_down_is_told_all_the_same(
    town: Town,
) -> None:
    await town.job(1, PIP, assignedCrew=[7])
    await town.decide()
    await town.connection.execute("DELETE FROM botzilla.job_state_change_log")
    assert await newest(town) == [
        "12:30 PM · Before anything was written down",
        "Rule 3: a crew leader has an active job and was not told of it: tell them.",
        "⏳ Chris Jordan (crew leader), “You have a new job”: goes out in a moment",
    ]


async def test_what_a_newer_program_wrote_down_is_told_in_its_words(town):
    """Kinds, states, roles and happenings that this version does not know break no story."""
    await town.job(1, PIP, assignedCrew=[7])
    await town.decide()
    await town.connection.execute(
        "ALTER TABLE botzilla.alert DROP CONSTRAINT IF EXISTS alert_state_check,"
        " DROP CONSTRAINT IF EXISTS alert_recipient_type_check"
    )
    await town.connection.execute(
        "UPDATE botzilla.alert SET kind = 'job_photo_missing', state = 'on_paper',"
        " recipient_type = 'inspector', facts = facts ||"
        """ '{"also": [{"recipient_type": "auditor", "kind": "job_audit"}]}'"""
        " WHERE job_sync_id IS NOT NULL"
    )
    await town.connection.execute(
        "UPDATE botzilla.job_state_change_log SET change_metadata = change_metadata ||"
        """ '{"happened": ["seen", "teleported"], "unreached": [[1, "on_the_moon"]]}'"""
    )
    told = await newest(town)
    assert "Crew leader: Chris Jordan" in told
    assert any(
        "inspector 7 (—), “job photo missing”: is “on_paper”, which this version does not know"
        in line
        for line in told
    ), told
