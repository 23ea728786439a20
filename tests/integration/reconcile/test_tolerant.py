"""Words of another version of the program stop no run."""

from bot.people.managers import read_managers
from sync.model.alerts import Reason
from sync.reconcile.company import load_directory


async def test_a_refusal_in_a_word_of_another_version_is_asked_of_telegram_again(
    company, connection
):
    await connection.execute(
        "INSERT INTO botzilla.telegram_chat (telegram_id, blocked_reason)"
        " VALUES (101, 'on_the_moon'), (102, 'bot_blocked')"
    )
    people = (await load_directory(connection, ())).people
    assert people.refusals == {"102": Reason.BOT_BLOCKED}


async def test_a_manager_refused_in_such_a_word_is_judged_as_the_rules_judge_them(
    company, connection
):
    await company.manager(branch=await company.branch("Orange"), telegram_id="101")
    await connection.execute(
        "INSERT INTO botzilla.telegram_chat (telegram_id, blocked_reason)"
        " VALUES (101, 'on_the_moon')"
    )
    directory = await load_directory(connection, ())
    judged = [directory.manager(manager).reason for manager in directory.managers]
    assert [manager.reason for manager in await read_managers(connection)] == judged == [None]
