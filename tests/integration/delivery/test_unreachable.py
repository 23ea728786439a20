"""Whoever cannot be reached when it is his turn: somebody else hears of it, and he once he can."""

from tests.links import unlinked
from tests.mirror import Town
from tests.posting import posting

RCL, PIP, PR = "Requires Crew Lead", "Plans In Progress", "Pending Review"
ROW_8 = "crew_leader_unreachable"
CHRIS = "SELECT id FROM botzilla.employee WHERE attic_tech_user_id = 7"
ADDRESS = "UPDATE botzilla.employee SET telegram_id = $1 WHERE attic_tech_user_id = 7"
STATUS = "UPDATE botzilla.employee SET status = $1 WHERE attic_tech_user_id = 7"


async def led(town: Town, post, *jobs: int, status: str = PIP) -> None:
    """Chris leads these jobs, and his phone says so."""
    for number in jobs:
        await town.job(number, status, assignedCrew=[7])
    await town.decide()
    await post.settled()


async def test_who_left_is_told_nothing_of_what_was_queued_and_managers_get_one_message(
    town, database_url
):
    for number in (1, 2, 3):
        await town.job(number, PIP, assignedCrew=[7], name=f"Job {number}")
    await town.news()
    await town.connection.execute(STATUS, "inactive")
    async with posting(database_url) as post:
        post.phone(101), post.phone(102)
        states = await post.settled()
        assert states[:3] == [("job_assigned", "102", "undeliverable", "inactive")] * 3
        assert [s[:3] for s in states if s[0] == ROW_8 and s[3] is None] == [
            (ROW_8, "101", "delivered")
        ]
        assert post.texts(102) == []
        [message] = post.telegram.phone(101).received
        assert message.text.splitlines()[:6] == [
            "🔴 A crew leader has left",
            "Chris Jordan is not an active employee in BotZilla.",
            "3 active jobs are still theirs:",
            *(f"• Job {number} #{number}" for number in (1, 2, 3)),
        ]
        await town.decide()
        await post.settled()
        assert post.texts(101) == ["🔴 A crew leader has left"]


async def test_a_leaver_who_comes_back_gets_what_is_current_and_no_more(town, post):
    await led(town, post, 1, 2, 3)
    await town.connection.execute(STATUS, "inactive")
    for number, status in ((1, PR), (2, "Requires Scheduling"), (3, "Requires Scheduling")):
        await town.job(number, status)
    await town.decide()
    await town.job(1, PIP)
    await town.job(3, PIP, assignedCrew=[8])
    await town.decide()
    await post.settled()
    before = len(post.texts(102))
    await town.connection.execute(STATUS, "active")
    await town.decide()
    await post.settled()
    assert sorted(post.texts(102)[before:]) == [
        "⚪ A job moved on",
        "⚪ This job is no longer yours",
        "🟠 The plan must be changed",
    ]


async def test_jobs_that_somebody_has_already_are_not_listed(town, database_url):
    await town.job(1, PIP, assignedCrew=[7])
    await town.job(2, PIP, assignedCrew=[7])
    await town.decide()
    await town.told()
    await town.connection.execute(STATUS, "inactive")
    await town.job(1, PIP, assignedCrew=[8])
    await town.decide()
    async with posting(database_url) as post:
        for id in (101, 103):
            post.phone(id)
        await post.settled()
        [message] = post.telegram.phone(101).received
        assert "#2" in message.text
        assert "#1" not in message.text


async def test_a_leaver_all_of_whose_jobs_somebody_has_is_not_told_of(town, database_url):
    await town.job(1, PIP, assignedCrew=[7])
    await town.decide()
    await town.told()
    await town.connection.execute(STATUS, "inactive")
    await town.job(1, PIP, assignedCrew=[8])
    await town.decide()
    async with posting(database_url) as post:
        for id in (101, 103):
            post.phone(id)
        states = await post.settled()
        assert (ROW_8, "101", "superseded", "done") in states
        assert post.texts(101) == []


async def test_who_is_unlinked_behind_a_429_is_his_managers_business(town, post):
    """Deciding found him reachable, and so did the first attempt. His number is kept in all of his
    rows, so that emptying one of them alone would not unlink him before the next run.
    """
    post.telegram.fail(429, retry_after=1, chat_id=102)
    await town.job(1, PIP, assignedCrew=[7])
    await town.decide()
    await post.telegram.wait_until(lambda: post.telegram.calls("sendMessage"))
    await post.reached("pending")
    await unlinked(town.connection, ("employee", await town.connection.fetchval(CHRIS)))
    assert await post.settled() == [
        ("job_assigned", "102", "undeliverable", "no_telegram"),
        ("link_moved", "102", "delivered", None),
        ("link_moved", "101", "delivered", None),
        (ROW_8, "101", "delivered", None),
    ]
    await town.decide()
    await post.settled()
    connected = "🔑 Chris Jordan is not connected anymore"
    assert post.texts(101) == [connected, "🔴 A crew leader cannot be reached"]
    assert post.texts(102) == ["⚠️ This Telegram account is not connected anymore."]


async def test_who_blocks_the_bot_behind_a_429_is_his_managers_business(town, post):
    post.telegram.fail(429, retry_after=1, chat_id=102)
    await town.job(1, PIP, assignedCrew=[7])
    await town.decide()
    await post.telegram.wait_until(lambda: post.telegram.calls("sendMessage"))
    await post.reached("pending")
    await post.telegram.phone(102).block()
    await town.decide()  # a run between the attempts knows nothing of it, and says nothing
    assert await post.settled() == [
        ("job_assigned", "102", "undeliverable", "bot_blocked"),
        (ROW_8, "101", "delivered", None),
    ]


async def test_a_held_alert_goes_out_by_itself_once_he_has_an_address(town, post):
    await town.connection.execute(ADDRESS, None)
    await town.job(1, PIP, assignedCrew=[7])
    await town.decide()
    await post.settled()
    await town.connection.execute(ADDRESS, " 112 ")
    await town.decide()
    await post.settled()
    assert post.texts(112) == ["🟢 You have a new job"]


async def test_a_held_alert_is_folded_when_the_job_moved_on(town, post):
    await town.connection.execute(ADDRESS, None)
    await town.job(1, PIP, assignedCrew=[7])
    await town.decide()
    await town.job(1, PIP, assignedCrew=[8])
    await town.decide()
    await town.connection.execute(ADDRESS, "112")
    await town.decide()
    states = await post.settled()
    assert ("job_assigned", "112", "superseded", "not_his_any_more") in states
    assert post.texts(112) == []


async def test_a_leader_of_before_who_refuses_the_news_is_his_managers_business(town, post):
    await led(town, post, 1)
    await post.telegram.phone(102).block()
    await town.job(1, PIP, assignedCrew=[8])
    await town.decide()
    await post.settled()
    [message] = post.telegram.phone(101).received
    assert message.text.splitlines()[0] == "🔴 A crew leader cannot be reached"
    assert "Chris Jordan has blocked this bot in Telegram." in message.text
    assert "They do not know that this job is no longer theirs." in message.text


async def test_what_a_manager_refuses_reaches_another_at_once(town, database_url):
    async with posting(database_url, operators=(104,)) as post:
        for id in (101, 104):
            post.phone(id)
        await post.telegram.phone(101).block()
        await town.job(1, RCL)
        await town.decide()
        await post.settled()
        assert sorted(post.texts(104)) == [
            "🔴 A crew leader is needed",
            "🟠 A manager cannot be reached",
        ]


async def test_a_manager_who_left_before_it_was_sent_is_replaced_by_who_manages_now(
    town, database_url
):
    await town.job(1, RCL)
    await town.decide()
    await town.connection.execute("DELETE FROM botzilla.user_branch")
    await town.company.manager(branch=1, telegram_id="104")
    async with posting(database_url) as post:
        for id in (101, 104):
            post.phone(id)
        await post.settled()
        assert (post.texts(101), post.texts(104)) == ([], ["🔴 A crew leader is needed"])


async def test_a_manager_who_can_be_reached_again_is_not_told_of(town, database_url):
    await town.company.manager(branch=1, telegram_id="@ana")
    await town.decide()
    await town.connection.execute(
        """UPDATE botzilla."user" SET telegram_id = '104' WHERE telegram_id = '@ana'"""
    )
    async with posting(database_url) as post:
        post.phone(101)
        assert await post.settled() == [("manager_unreachable", "101", "superseded", "done")]
