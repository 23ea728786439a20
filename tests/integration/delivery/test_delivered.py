"""What BotZilla reads is written when Telegram has accepted the message, in the same statement."""

from uuid import uuid4

import pytest

from bot.delivery.outbox import claim, record
from bot.delivery.verdict import Delivered
from tests.mirror import Town

pytestmark = pytest.mark.every_server

RCL, PIP, PR = "Requires Crew Lead", "Plans In Progress", "Pending Review"


@pytest.fixture
async def town(connection) -> Town:
    built = await Town.build(connection)
    await connection.execute("DELETE FROM botzilla.alert")  # first contact's
    return built


async def deliver(town: Town) -> None:
    """Everything that is due, one after the other."""
    number = 100
    while claimed := await claim(town.connection, 1, uuid4()):
        [alert] = claimed
        number += 1
        outcome = Delivered(int(alert.lane or 0), number)
        assert await record(town.connection, alert.id, alert.lease_token, outcome)


async def told(town: Town) -> tuple[bool, bool]:
    row = await town.connection.fetchrow(
        "SELECT notification_sent, last_notification_sent_at IS NOT NULL FROM botzilla.job_sync"
    )
    return tuple(row)


async def logged(town: Town) -> list[tuple]:
    rows = await town.connection.fetch(
        "SELECT notified_user_type, notified_user_id, notified_telegram_id"
        " FROM botzilla.job_state_change_log ORDER BY id"
    )
    return [tuple(row) for row in rows]


async def test_the_leaders_alert_marks_the_job_and_the_change(town):
    await town.job(1, RCL)
    await town.news()
    await deliver(town)
    await town.job(1, PIP, assignedCrew=[7])
    await town.news()
    assert await told(town) == (False, False)
    await deliver(town)
    assert await told(town) == (True, True)
    crew_member = await town.connection.fetchval(
        "SELECT crew_member_id FROM botzilla.attic_tech_person WHERE attic_tech_user_id = 7"
    )
    assert (await logged(town))[-1] == ("crew_leader", crew_member, "102")


async def test_an_alert_to_managers_never_says_that_the_leader_was_told(town):
    await town.job(1, RCL)
    await town.news()
    await deliver(town)
    assert await told(town) == (False, False)
    manager = await town.connection.fetchval('SELECT id FROM botzilla."user" LIMIT 1')
    assert (await logged(town))[-1] == ("operation_manager", manager, "101")


async def test_an_alert_of_an_older_revision_says_nothing_of_the_job_as_it_is(town):
    await town.job(1, PIP, assignedCrew=[7])
    await town.news()
    [alert] = await claim(town.connection, 1, uuid4())
    await town.job(1, PR, assignedCrew=[7])
    await town.news()
    await record(town.connection, alert.id, alert.lease_token, Delivered(102, 1))
    assert await told(town) == (False, False)


async def test_what_is_taken_away_tells_nobody_that_a_job_is_his(town):
    await town.job(1, PIP, assignedCrew=[7])
    await town.news()
    await deliver(town)
    await town.job(1, RCL, assignedCrew=[7])
    assert ("job_taken_away", "102", "pending") in await town.news()
    await deliver(town)
    assert (await told(town))[0] is False


async def test_the_first_recipient_reached_stays_the_one_that_is_logged(town, connection):
    other = await town.company.manager(telegram_id="105")
    await connection.execute(
        "INSERT INTO botzilla.user_branch (user_id, branch_id) SELECT $1, id FROM botzilla.branch",
        other,
    )
    await town.job(1, RCL)
    assert len(await town.news()) == 2
    await deliver(town)
    assert [row[2] for row in await logged(town)] == ["101"]


async def test_an_operator_acts_for_the_managers_and_has_no_row(connection):
    town = await Town.build(connection, operators=(99,))
    await connection.execute("DELETE FROM botzilla.alert")
    await connection.execute("DELETE FROM botzilla.user_branch")
    await town.job(1, RCL)
    await town.news()
    await deliver(town)
    assert (await logged(town))[-1] == ("operation_manager", None, "99")
