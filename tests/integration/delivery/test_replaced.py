"""A newer alert takes the place of an older one only where it asks the same and holds itself."""

from uuid import uuid4

from bot.delivery.outbox import claim, take_back
from sync.model.alerts import Reason
from sync.reconcile.bounces import record_refusal, revive
from tests.mirror import Town
from tests.posting import posting

RCL, PIP, PR = "Requires Crew Lead", "Plans In Progress", "Pending Review"


async def refuse(town: Town, telegram_id: str) -> None:
    """Telegram refuses what is due for this chat; everything else goes on waiting."""
    for alert in await claim(town.connection, 50, uuid4()):
        if alert.lane == telegram_id:
            await record_refusal(
                town.connection, alert.id, alert.lease_token, Reason.BOT_BLOCKED, operators=()
            )
    await take_back(town.connection)


async def unblocked(town: Town, telegram_id: int) -> None:
    await town.connection.execute(
        "DELETE FROM botzilla.telegram_chat WHERE telegram_id = $1", telegram_id
    )
    await revive(town.connection, telegram_id)


async def test_that_the_leader_of_before_cannot_be_told_hides_no_need_of_a_leader(
    town, database_url
):
    await town.job(1, PIP, assignedCrew=[7])
    await town.decide()
    await town.told()
    await town.job(1, RCL, assignedCrew=[])
    await town.decide()
    await refuse(town, "102")
    async with posting(database_url) as post:
        post.phone(101)
        await post.settled()
        assert post.texts(101) == [
            "🔴 A crew leader is needed",
            "🔴 A crew leader cannot be reached",
        ]


async def test_that_the_job_is_not_theirs_is_not_hidden_by_what_asks_something_else(
    town, database_url
):
    await town.job(1, PIP, assignedCrew=[7])
    await town.decide()
    await town.told()
    for status, crew in ((RCL, []), (PIP, [7]), (PIP, [8])):
        await town.job(1, status, assignedCrew=crew)
        await town.decide()
        await refuse(town, "102")
    await unblocked(town, 102)
    async with posting(database_url) as post:
        for id in (101, 102, 103):
            post.phone(id)
        await post.settled()
        assert post.texts(102) == ["⚪ This job is no longer yours"]
        assert post.texts(103) == ["🟢 A job was handed over to you"]


async def test_a_need_is_not_hidden_by_what_asks_the_same_and_is_outdated_itself(
    town, database_url
):
    """Nobody could deliver the newest, and the one between them is over."""
    for status in (RCL, PIP, RCL):
        await town.job(1, status, assignedCrew=[])
        await town.decide()
    await town.connection.execute(
        "UPDATE botzilla.alert SET state = 'undeliverable', reason = 'not_taken'"
        " WHERE id = (SELECT max(id) FROM botzilla.alert)"
    )
    async with posting(database_url) as post:
        post.phone(101)
        await post.settled()
        assert post.texts(101) == ["🔴 A crew leader is needed"]
        assert [state for _, _, *state in await post.states()] == [
            ["delivered", None],
            ["superseded", "done"],
            ["undeliverable", "not_taken"],
        ]
