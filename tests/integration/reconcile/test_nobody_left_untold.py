"""A manager who cannot be reached: others hear of him once, and what was for him falls to them."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from bot.delivery.relevance import NOT_HIS
from sync.model.alerts import AlertKind, Reason
from sync.postgres.pool import Connection, Pool
from sync.reconcile.bounces import let_go, record_refusal, revive
from sync.reconcile.company import load_directory
from sync.reconcile.outbox import store_alerts
from sync.rules.system import system_alerts
from tests.mirror import Town

RCL, PIP, PR = "Requires Crew Lead", "Plans In Progress", "Pending Review"
UNREACHED = "manager_unreachable"


@pytest.fixture
async def town(connection: Connection) -> Town:
    built = await Town.build(connection)
    await built.told()  # first contact's
    return built


async def user_of(town: Town, telegram_id: str) -> int:
    return await town.connection.fetchval(
        'SELECT id FROM botzilla."user" WHERE telegram_id = $1', telegram_id
    )


async def without_address(town: Town, telegram_id: str) -> None:
    await town.connection.execute(
        'UPDATE botzilla."user" SET telegram_id = NULL WHERE telegram_id = $1', telegram_id
    )


async def claimed(town: Town, telegram_id: str) -> tuple[int, Any]:
    """The oldest pending alert to this address was claimed by us."""
    lease = uuid4()
    id = await town.connection.fetchval(
        "UPDATE botzilla.alert SET state = 'sending', lease_token = $1,"
        " lease_until = now() + interval '1 minute' WHERE id = (SELECT min(id)"
        " FROM botzilla.alert WHERE state = 'pending' AND telegram_id = $2) RETURNING id",
        *(lease, telegram_id),
    )
    assert id is not None
    return id, lease


async def refused(
    town: Town, telegram_id: str, reason: Reason = Reason.BOT_BLOCKED
) -> list[tuple[str, str, str]]:
    """Telegram refuses the oldest alert to this address; the alerts that came of it."""
    alert, lease = await claimed(town, telegram_id)
    assert await record_refusal(town.connection, alert, lease, reason, town.operators)
    return await town.new_alerts()


async def jobs_of_notice(town: Town, telegram_id: str) -> list[list[int]]:
    rows = await town.connection.fetch(
        "SELECT facts FROM botzilla.alert WHERE kind = 'crew_leader_unreachable'"
        " AND job_sync_id IS NULL AND telegram_id = $1 AND state = 'pending' ORDER BY id",
        telegram_id,
    )
    return [[job["job_id"] for job in row["facts"]["jobs"]] for row in rows]


# ---- the others hear of him ---------------------------------------------------------------------


async def test_the_other_managers_of_his_branches_hear_of_him_once(town: Town) -> None:
    irvine = await town.company.branch("Irvine")
    await town.company.manager(branch=irvine, telegram_id="201")
    await town.company.manager(branch=1, telegram_id="104")
    await town.company.manager(branch=1, telegram_id="@ana", email="ana@example.com")
    assert await town.news() == [(UNREACHED, "101", "pending"), (UNREACHED, "104", "pending")]
    row = await town.connection.fetchrow(
        f"SELECT event_key, facts FROM botzilla.alert WHERE kind = '{UNREACHED}' LIMIT 1"
    )
    him = row["facts"]["user_id"]
    assert row["event_key"] == (
        f"manager_unreachable:user:{him}:no_telegram:user:{await user_of(town, '101')}"
    )
    assert row["facts"] == {"user_id": him, "email": "ana@example.com", "reason": "no_telegram"}
    assert await town.news() == []


async def test_who_is_an_employee_is_named(town: Town) -> None:
    await town.company.manager(branch=1, telegram_id="104", email="ana@example.com")
    await town.company.employee("Ana Ruiz", telegram_id="104", status="pending")
    assert await town.news() == [(UNREACHED, "101", "pending")]
    facts = await town.connection.fetchval(
        f"SELECT facts FROM botzilla.alert WHERE kind = '{UNREACHED}'"
    )
    assert (facts["name"], facts["email"]) == ("Ana Ruiz", "ana@example.com")


async def test_again_only_for_another_reason(town: Town) -> None:
    await town.company.manager(branch=1, telegram_id="@ana")
    assert await town.news() == [(UNREACHED, "101", "pending")]
    await town.connection.execute("""UPDATE botzilla."user" SET telegram_id = '102'
        WHERE telegram_id = '@ana'""")
    await town.connection.execute("UPDATE botzilla.employee SET status = 'pending'")
    assert await town.news() == [(UNREACHED, "101", "pending")]
    await town.connection.execute("UPDATE botzilla.employee SET status = 'active'")
    assert await town.news() == []
    await town.connection.execute("UPDATE botzilla.employee SET status = 'pending'")
    assert await town.news() == []


async def test_where_there_is_no_other_it_falls_to_the_operators_and_else_to_all_managers(
    town: Town,
) -> None:
    irvine = await town.company.branch("Irvine")
    await town.company.manager(branch=irvine, telegram_id=None)
    town.operators = (999,)
    assert await town.news() == [(UNREACHED, "999", "pending")]
    tulsa = await town.company.branch("Tulsa")
    await town.company.manager(branch=tulsa, telegram_id=None)
    town.operators = ()
    assert sorted(await town.news()) == [(UNREACHED, "101", "pending")] * 2


async def test_who_has_no_branch_is_missed_by_nobody(town: Town) -> None:
    await town.company.manager(telegram_id=None)
    assert await town.news() == []


async def test_whoever_is_alone_is_told_of_as_soon_as_somebody_comes(town: Town) -> None:
    await without_address(town, "101")
    assert await town.news() == []
    await town.company.manager(branch=1, telegram_id="104")
    assert await town.news() == [(UNREACHED, "104", "pending")]


async def test_in_first_contact_nobody_hears_of_a_manager(connection: Connection) -> None:
    town = await Town.build(connection, first_contact=True)
    await town.company.manager(branch=1, telegram_id=None)
    assert await town.news() == [("first_contact", "101", "pending")]
    assert await town.news() == [(UNREACHED, "101", "pending")]


async def test_a_refusal_by_telegram_tells_the_others_at_once(town: Town) -> None:
    await town.company.manager(branch=1, telegram_id="104")
    await town.job(1, RCL)
    await town.news()
    assert await refused(town, "101") == [(UNREACHED, "104", "pending")]
    assert await town.news() == []


# ---- what was for him ---------------------------------------------------------------------------


async def test_what_the_others_have_is_not_told_twice(town: Town) -> None:
    await town.company.manager(branch=1, telegram_id="104")
    await town.job(1, RCL)
    await town.news()
    await refused(town, "101")
    kinds = await town.connection.fetch(
        "SELECT telegram_id, state FROM botzilla.alert WHERE kind = 'crew_lead_needed' ORDER BY id"
    )
    assert [tuple(row) for row in kinds] == [("101", "undeliverable"), ("104", "pending")]


async def test_it_falls_to_the_operators_when_the_last_manager_refuses(town: Town) -> None:
    town.operators = (999,)
    await town.company.manager(branch=1, telegram_id="104")
    await town.job(1, RCL)
    await town.news()
    await refused(town, "101")
    assert await refused(town, "104") == [
        (UNREACHED, "999", "pending"),
        (UNREACHED, "999", "pending"),
        ("crew_lead_needed", "999", "pending"),
    ]


async def test_it_falls_to_all_managers_without_operators_and_in_the_end_to_nobody(
    town: Town,
) -> None:
    irvine = await town.company.branch("Irvine")
    await town.company.manager(branch=irvine, telegram_id="201")
    await town.job(1, RCL)
    await town.news()
    assert await refused(town, "101") == [
        (UNREACHED, "201", "pending"),
        ("crew_lead_needed", "201", "pending"),
    ]
    await town.connection.execute(
        "UPDATE botzilla.alert SET state = 'superseded' WHERE kind = $1", UNREACHED
    )
    assert await refused(town, "201") == [
        ("crew_lead_needed", "no_manager", "undeliverable"),
    ]


async def test_what_fell_to_nobody_goes_to_the_first_who_can_be_reached_again(town: Town) -> None:
    await town.job(1, RCL)
    await town.news()
    assert await refused(town, "101") == [("crew_lead_needed", "no_manager", "undeliverable")]
    assert await town.news() == []
    await town.company.manager(branch=1, telegram_id="104")
    assert await town.news() == [
        (UNREACHED, "104", "pending"),
        ("crew_lead_needed", "104", "pending"),
    ]


@pytest.mark.parametrize("reason", [Reason.NO_TELEGRAM, Reason.INACTIVE])
async def test_the_only_manager_who_can_be_reached_again_gets_what_was_his(
    town: Town, reason: Reason
) -> None:
    """Also after a reason that Telegram knows nothing of."""
    await town.job(1, RCL)
    await town.news()
    await without_address(town, "101")
    assert await refused(town, "101", reason) == [
        ("crew_lead_needed", "no_manager", "undeliverable")
    ]
    await town.connection.execute("""UPDATE botzilla."user" SET telegram_id = ' 105 '""")
    await town.decide()
    rows = await town.connection.fetch(
        "SELECT telegram_id, state FROM botzilla.alert WHERE kind = 'crew_lead_needed' ORDER BY id"
    )
    assert [tuple(row) for row in rows] == [("105", "pending"), (None, "superseded")]


async def test_a_manager_whom_nobody_can_reach_yet_is_not_asked_again_and_again(
    town: Town,
) -> None:
    await town.job(1, RCL)
    await town.news()
    await town.company.employee("Ada Cole", telegram_id="101", status="inactive")
    await refused(town, "101", Reason.INACTIVE)
    assert await revive(town.connection) == 0
    await town.decide()
    assert (
        await town.connection.fetchval(
            "SELECT count(*) FROM botzilla.alert WHERE state = 'pending'"
        )
        == 0
    )


async def test_of_two_refused_at_the_same_moment_neither_leaves_it_to_the_other(
    town: Town, pool: Pool
) -> None:
    town.operators = (999,)
    await town.company.manager(branch=1, telegram_id="104")
    await town.job(1, RCL)
    await town.news()
    both = [await claimed(town, to) for to in ("101", "104")]

    async def refuse(alert: int, lease: Any) -> None:
        async with pool.acquire() as connection:
            await record_refusal(connection, alert, lease, Reason.BOT_BLOCKED, (999,))

    async with asyncio.TaskGroup() as group:
        for one in both:
            group.create_task(refuse(*one))
    assert ("crew_lead_needed", "999", "pending") in await town.new_alerts()


async def test_a_new_account_at_the_same_telegram_id_is_told(town: Town) -> None:
    await town.job(1, RCL)
    await town.news()
    alert, lease = await claimed(town, "101")
    await without_address(town, "101")
    await town.company.manager(branch=1, telegram_id="101")
    await record_refusal(town.connection, alert, lease, Reason.NO_TELEGRAM, ())
    assert ("crew_lead_needed", "101", "pending") in await town.new_alerts()


async def test_one_telegram_id_gets_it_once_by_whatever_role(town: Town) -> None:
    town.operators = (101,)
    await town.company.manager(branch=1, telegram_id="104")
    await town.job(1, RCL)
    await town.news()
    await town.told()
    await town.connection.execute(
        "UPDATE botzilla.alert SET state = 'pending' WHERE telegram_id = '104'"
    )
    await town.connection.execute(
        "DELETE FROM botzilla.user_branch WHERE user_id = $1", await user_of(town, "101")
    )
    assert await refused(town, "104") == [(UNREACHED, "101", "pending")]


async def test_alerts_about_the_system_fall_to_whoever_hears_of_it_now(town: Town) -> None:
    town.operators = (999,)
    directory = await load_directory(town.connection, town.operators)
    alerts = system_alerts(AlertKind.STATE_UNKNOWN, "on hold", {"state": "On Hold"}, directory)
    await store_alerts(town.connection, alerts)
    assert await town.new_alerts() == [("state_unknown", "999", "pending")]
    assert await refused(town, "999") == [("state_unknown", "101", "pending")]


async def test_row_8_of_a_refused_manager_falls_to_the_others(town: Town) -> None:
    town.operators = (999,)
    await town.put("users", 11, name="Nobody Known", roles=[1])
    await town.job(1, PIP, assignedCrew=[11])
    await town.news()
    assert await refused(town, "101") == [
        (UNREACHED, "999", "pending"),
        ("crew_leader_unreachable", "999", "pending"),
    ]
    assert await town.news() == []


async def test_the_jobs_of_a_leaver_fall_to_whoever_does_not_know_of_them(town: Town) -> None:
    """Irvine's manager has a message about the same leaver already, with his own job only."""
    irvine = await town.company.branch("Irvine")
    await town.company.manager(branch=irvine, telegram_id="201")
    await town.company.manager(branch=1, telegram_id="104")
    await town.put("branches", 2, name="Irvine")
    await town.estimate(102, branch=2)
    await town.job(1, PIP, assignedCrew=[7])
    await town.job(2, PIP, assignedCrew=[7], job_estimate=102)
    await town.decide()
    await town.told()
    await town.connection.execute("UPDATE botzilla.employee SET status = 'inactive'")
    await town.decide()
    await town.new_alerts()
    assert [await jobs_of_notice(town, to) for to in ("101", "104", "201")] == [[[1]], [[1]], [[2]]]
    await refused(town, "101")
    assert [await jobs_of_notice(town, to) for to in ("104", "201")] == [[[1]], [[2]]]
    await refused(town, "104")
    assert await jobs_of_notice(town, "201") == [[2], [1]]


async def test_a_manager_who_lost_the_branch_leaves_it_to_whoever_has_it_now(town: Town) -> None:
    await town.job(1, RCL)
    await town.news()
    alert, lease = await claimed(town, "101")
    await town.connection.execute("DELETE FROM botzilla.user_branch")
    await town.company.manager(branch=1, telegram_id="104")
    assert await let_go(town.connection, alert, lease, NOT_HIS, ())
    assert await town.new_alerts() == [("crew_lead_needed", "104", "pending")]
    assert not await let_go(town.connection, alert, lease, NOT_HIS, ())


async def test_a_lost_lease_passes_nothing_on(town: Town) -> None:
    await town.company.manager(branch=1, telegram_id="104")
    await town.job(1, RCL)
    await town.news()
    alert, _ = await claimed(town, "101")
    assert not await record_refusal(town.connection, alert, uuid4(), Reason.BOT_BLOCKED, ())
    assert not await let_go(town.connection, alert, uuid4(), NOT_HIS, ())
    assert await town.new_alerts() == []
