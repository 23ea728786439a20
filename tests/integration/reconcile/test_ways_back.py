"""Whoever can be reached again gets what is current, and of what is not he hears nothing."""

from uuid import uuid4

import pytest

from sync.model.alerts import AlertKind, Reason, Recipient, RecipientType
from sync.model.facts import StateUnknown
from sync.model.outbox import about
from sync.postgres.pool import Connection
from sync.reconcile.bounces import record_refusal, revive
from sync.reconcile.outbox import store_alerts
from tests.mirror import LEADER, Town

PIP, PR = "Plans In Progress", "Pending Review"


@pytest.fixture
async def town(connection: Connection) -> Town:
    return await Town.build(connection)


async def test_an_alert_of_an_earlier_assignment_is_not_revived_though_the_job_is_his_again(
    town: Town,
) -> None:
    await town.put("users", 11, name="Nobody Known", roles=[LEADER])
    await town.job(1, PIP, assignedCrew=[11])
    await town.news()
    await town.job(1, PIP, assignedCrew=[8])
    await town.news()
    await town.state("jobs", 1, "gone")
    await town.news()
    await town.job(1, PIP, assignedCrew=[11])  # back, and with him
    await town.news()
    await town.company.employee("Nobody Known", telegram_id="111")
    await town.decide()
    ends = await town.connection.fetch(
        "SELECT state, reason FROM botzilla.alert WHERE kind = $1 AND recipient_id = 11"
        " ORDER BY id",
        "job_assigned",
    )
    assert [tuple(end) for end in ends] == [("superseded", "newer"), ("pending", None)]


async def test_what_was_dropped_itself_keeps_nothing_older_from_him(town: Town) -> None:
    await town.job(1, PIP, assignedCrew=[7])
    await town.news()
    await town.told()
    await town.job(1, PR)
    await town.news()
    lease = uuid4()
    ready = await town.connection.fetchval(
        "UPDATE botzilla.alert SET state = 'sending', lease_token = $1"
        " WHERE kind = 'plan_ready_for_review' RETURNING id",
        lease,
    )
    await town.job(1, PR, assignedCrew=[])
    assert await town.news() == [
        ("crew_lead_missing", "101", "pending"),
        ("job_taken_away", "102", "pending"),
    ]
    await town.connection.execute(
        "UPDATE botzilla.alert SET state = 'superseded' WHERE kind = 'crew_lead_missing'"
    )
    assert await record_refusal(town.connection, ready, lease, Reason.BOT_BLOCKED, ())
    await town.connection.execute("UPDATE botzilla.telegram_chat SET blocked_reason = NULL")
    await revive(town.connection, 101)
    state = await town.connection.fetchval("SELECT state FROM botzilla.alert WHERE id = $1", ready)
    assert state == "pending"


@pytest.mark.parametrize("type", RecipientType)
async def test_whoever_it_is_for_it_comes_back_once_they_can_be_reached(
    town: Town, type: RecipientType
) -> None:
    """A new type must be among those whom `revive` knows, or be given its reason here."""
    company = town.company
    amy = await company.salesperson("Amy Nguyen", telegram_id="104")
    reached = {
        RecipientType.CREW_LEADER: (7, "102"),
        RecipientType.OPERATION_MANAGER: (1, "101"),
        RecipientType.SALESPERSON: (amy.sales_person, "104"),
        RecipientType.OPERATOR: (900, "900"),
        RecipientType.CHAT: (55, "55"),
    }
    to = Recipient(type, *reached[type], Reason.BOT_BLOCKED)
    await store_alerts(
        town.connection, [about(AlertKind.STATE_UNKNOWN, "x", to, StateUnknown("x"))]
    )
    await revive(town.connection)
    row = await town.connection.fetchrow(
        "SELECT state, telegram_id FROM botzilla.alert WHERE kind = 'state_unknown'"
    )
    assert tuple(row) == ("pending", reached[type][1])
