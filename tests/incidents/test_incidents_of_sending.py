"""Incident 7: `notification_sent` was set when the message was generated, and messages were lost.

And the sending half of 10 and 11: what was told once is told again when it happens again, and no
job without a crew leader says that he was notified.
"""

import pytest

from sandbox.telegram import Fault, FaultKind
from tests.mirror import Town
from tests.posting import Post, posting

RCL, PIP, PR = "Requires Crew Lead", "Plans In Progress", "Pending Review"


@pytest.fixture
async def town(connection) -> Town:
    built = await Town.build(connection)
    await connection.execute("DELETE FROM botzilla.alert")  # first contact's
    return built


@pytest.fixture
async def post(town, database_url):
    async with posting(database_url) as at_work:
        for id in (101, 102):
            at_work.phone(id)
        yield at_work


async def notified(town: Town) -> tuple[bool, bool, str | None]:
    row = await town.connection.fetchrow(
        "SELECT j.notification_sent, j.last_notification_sent_at IS NOT NULL,"
        " (SELECT l.notified_telegram_id FROM botzilla.job_state_change_log l"
        "  WHERE l.job_sync_id = j.id ORDER BY l.id DESC LIMIT 1)"
        " FROM botzilla.job_sync j"
    )
    return tuple(row)


async def test_incident_07_notification_sent_was_set_before_telegram_had_the_message(town, post):
    fault = post.telegram.fail(500, method="sendMessage", times=None)
    await town.job(1, PIP, assignedCrew=[7])
    await town.news()
    await post.telegram.wait_until(lambda: post.telegram.calls("sendMessage"))
    assert await notified(town) == (False, False, None)
    post.telegram.faults.remove(fault.id)
    await post.settled()
    assert await notified(town) == (True, True, "102")
    assert len(post.telegram.phone(102).received) == 1


@pytest.mark.parametrize("kind", [FaultKind.LOSE, FaultKind.CUT])
async def test_a_message_in_doubt_does_not_count_as_sent(town, post, kind):
    post.telegram.faults.add(Fault(kind, method="sendMessage"))
    await town.job(1, PIP, assignedCrew=[7])
    await town.news()
    await post.settled()
    assert await notified(town) == (False, False, None)


async def test_a_message_that_was_refused_does_not_count_as_sent(town, post):
    await post.telegram.phone(102).block()
    await town.job(1, PIP, assignedCrew=[7])
    await town.news()
    await post.settled()
    assert (await notified(town))[:2] == (False, False)


async def tell(town: Town, post: Post, status: str, crew: list[int]) -> None:
    await town.job(1, status, assignedCrew=crew)
    await town.news()
    await post.settled()


async def test_a_job_that_came_back_from_review_is_announced_again(town, post):
    for status in (PIP, PR, PIP, PR, PIP):
        await tell(town, post, status, [7])
    assert post.texts(102) == ["🟢 You have a new job", *["🟠 The plan must be changed"] * 2]
    assert (await notified(town))[0]


async def test_a_job_without_a_leader_never_says_that_he_was_notified(town, post):
    await tell(town, post, PIP, [7])
    await tell(town, post, PIP, [])
    assert post.texts(101) == ["🔴 A job has no crew leader"]
    assert post.texts(102)[-1] == "⚪ This job is no longer yours"
    assert (await notified(town))[0] is False
