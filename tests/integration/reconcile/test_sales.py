"""Row 12: what became of a sale is told to the salesperson of its estimate, and to nobody else."""

from uuid import uuid4

import pytest

from sync.model.alerts import Reason
from sync.postgres.pool import Connection
from sync.reconcile.bounces import record_refusal
from tests.mirror import Town

PIP, DONE, PAYMENT, CLOSED = (
    "Plans In Progress",
    "Production Complete",
    "Pending Payment",
    "Closed Job",
)
AMY = 12


@pytest.fixture
async def town(connection: Connection) -> Town:
    """Amy (104) sold job 1, whose leader Chris (102) does not hear of anything any more."""
    town = await Town.build(connection)
    await town.put("users", AMY, name="Amy Nguyen")
    return town


async def sold(town: Town, status: str = DONE) -> None:
    await town.estimate(101, user=AMY)
    await town.job(1, status, assignedCrew=[])
    await town.news()
    await town.told()


async def moves(town: Town, status: str) -> list[tuple[str, str, str]]:
    await town.job(1, status)
    return [alert for alert in await town.news() if alert[0] == "sale_progressed"]


async def test_the_salesperson_hears_when_the_job_is_to_be_paid_and_when_it_is_closed(
    town: Town,
) -> None:
    await town.company.salesperson("Amy Nguyen", telegram_id="104", attic_tech_user_id=AMY)
    await sold(town)
    told = [("sale_progressed", "104", "pending")]
    assert await moves(town, PAYMENT) == told
    assert await moves(town, CLOSED) == told
    assert await moves(town, PAYMENT) == told  # reopened: reached once more
    assert await moves(town, DONE) == []


async def test_a_job_first_seen_there_is_no_news_of_a_sale(town: Town) -> None:
    await town.company.salesperson("Amy Nguyen", telegram_id="104", attic_tech_user_id=AMY)
    await town.estimate(101, user=AMY)
    await town.job(1, CLOSED)
    assert await town.news() == []


async def test_who_leads_the_job_as_well_gets_one_message_of_it(town: Town) -> None:
    await town.company.sales_person("Chris Jordan", employee_id=1)
    await town.estimate(101, user=7)
    await town.job(1, DONE, assignedCrew=[7])
    await town.news()
    await town.told()
    await town.job(1, PAYMENT)
    assert await town.news() == [("state_changed", "102", "pending")]
    also = await town.connection.fetchval(
        "SELECT facts -> 'also' FROM botzilla.alert ORDER BY id DESC LIMIT 1"
    )
    assert [(other["recipient_type"], other["kind"], other["row"]) for other in also] == [
        ("salesperson", "sale_progressed", 12)
    ]


async def test_who_is_no_salesperson_of_botzilla_is_nobody_to_tell(town: Town) -> None:
    await sold(town)
    assert await moves(town, PAYMENT) == []


async def test_who_left_is_told_nothing_and_neither_is_anybody_in_their_place(town: Town) -> None:
    amy = await town.company.salesperson("Amy Nguyen", telegram_id="104", attic_tech_user_id=AMY)
    await town.connection.execute(
        "UPDATE botzilla.sales_person SET is_active = false WHERE id = $1", amy.sales_person
    )
    await sold(town)
    await town.job(1, PAYMENT)
    assert await town.news() == [("sale_progressed", "104", "undeliverable")]


async def test_it_goes_out_once_the_salesperson_is_linked_if_it_still_holds(town: Town) -> None:
    amy = await town.company.salesperson("Amy Nguyen", attic_tech_user_id=AMY)
    await sold(town)
    assert await moves(town, PAYMENT) == [("sale_progressed", "no_telegram", "undeliverable")]
    await town.connection.execute(
        "UPDATE botzilla.employee SET telegram_id = ' 104' WHERE id = $1", amy.employee
    )
    assert await town.news() == []
    row = await town.connection.fetchrow(
        "SELECT state, reason, telegram_id FROM botzilla.alert WHERE kind = 'sale_progressed'"
    )
    assert tuple(row) == ("pending", None, "104")


async def test_a_refusal_concerns_nobody_else_and_ends_with_their_next_word(town: Town) -> None:
    await town.company.salesperson("Amy Nguyen", telegram_id="104", attic_tech_user_id=AMY)
    await sold(town)
    await moves(town, PAYMENT)
    lease = uuid4()
    alert = await town.connection.fetchval(
        "UPDATE botzilla.alert SET state = 'sending', lease_token = $1"
        " WHERE kind = 'sale_progressed' RETURNING id",
        lease,
    )
    assert await record_refusal(town.connection, alert, lease, Reason.BOT_BLOCKED, ())
    assert await town.news() == []
    await town.connection.execute("UPDATE botzilla.telegram_chat SET blocked_reason = NULL")
    await town.decide()
    state = await town.connection.fetchval("SELECT state FROM botzilla.alert WHERE id = $1", alert)
    assert state == "pending"
