"""First contact tells nobody of the past; a mass loss of leaders is held; a batch costs a fixed
number of statements.
"""

from datetime import timedelta
from uuid import uuid4

import pytest

from sync.model.alerts import Reason
from sync.postgres.pool import Connection
from sync.reconcile.bounces import record_refusal, revive
from tests.mirror import NOW, Town

RCL, PIP = "Requires Crew Lead", "Plans In Progress"


@pytest.fixture
async def town(connection: Connection) -> Town:
    return await Town.build(connection)


async def test_first_contact_adopts_everything_and_tells_each_manager_once(
    connection: Connection,
) -> None:
    town = await Town.build(connection, first_contact=True)
    diego = await town.company.branch("San Diego")
    await town.company.manager(branch=diego, telegram_id="201")
    await town.put("branches", 2, name="San Diego")
    for number in range(1, 31):
        await town.job(number, PIP if number % 2 else RCL, assignedCrew=[7] if number % 2 else [])
    await town.estimate(500, branch=2)
    assert await town.news() == [
        ("first_contact", "101", "pending"),
        ("first_contact", "201", "pending"),
    ]
    facts = await connection.fetch("SELECT facts FROM botzilla.alert ORDER BY id")
    assert [(f["facts"]["jobs"], f["facts"]["waiting_total"]) for f in facts] == [(30, 15), (30, 1)]
    assert await connection.fetchval("SELECT count(*) FROM botzilla.job_state_change_log") == 0
    await town.mark("jobs", 1)
    assert await town.news() == []
    await town.job(2, PIP, assignedCrew=[8])
    assert await town.news() == [("job_assigned", "103", "pending")]


async def test_of_many_that_wait_the_newest_of_all_branches_are_named(
    connection: Connection,
) -> None:
    town = await Town.build(connection, first_contact=True)
    other = await town.company.branch("Other")
    await town.put("branches", 2, name="Other")
    await connection.execute(
        'INSERT INTO botzilla.user_branch SELECT id, $1 FROM botzilla."user"', other
    )
    for number in range(1, 51):
        await town.estimate(number, branch=1 if number < 26 else 2)
    await town.news()
    facts = await connection.fetchval("SELECT facts FROM botzilla.alert")
    assert facts["waiting_total"] == 50
    assert [job["estimate_id"] for job in facts["waiting"]] == list(range(50, 30, -1))
    assert set(facts["waiting"][0]) == {"job_sync_id", "job_id", "estimate_id", "name"}


async def test_a_job_waits_however_botzilla_spells_the_state(connection: Connection) -> None:
    await connection.execute(
        "UPDATE botzilla.job_status SET name = ' REQUIRES  Crew Lead' WHERE name = $1", RCL
    )
    town = await Town.build(connection, first_contact=True)
    await town.job(1, RCL)
    await town.news()
    facts = await connection.fetchval("SELECT facts FROM botzilla.alert")
    assert [job["job_id"] for job in facts["waiting"]] == [1]


async def test_a_first_contact_that_was_cut_off_goes_on_silently(connection: Connection) -> None:
    town = await Town.build(connection, first_contact=True)
    await town.job(1, RCL)
    await connection.execute(
        "ALTER TABLE botzilla.sync_state ADD CONSTRAINT broken CHECK (key <> 'first_contact')"
    )
    with pytest.raises(Exception, match="broken"):
        await town.decide()
    assert await town.new_alerts() == []
    await connection.execute("ALTER TABLE botzilla.sync_state DROP CONSTRAINT broken")
    await town.job(1, PIP, assignedCrew=[7])
    assert await town.news() == [("first_contact", "101", "pending")]


async def lose_everybody(town: Town, jobs: int) -> None:
    for number in range(1, jobs + 1):
        await town.job(number, PIP, assignedCrew=[7])
    await town.news()
    await town.told()
    await town.put("users", 7, roles=[2])


async def test_a_mass_loss_of_leaders_is_held_and_told_once_and_everything_else_goes_on(
    town: Town,
) -> None:
    await lose_everybody(town, 12)
    await town.job(13, RCL)
    assert await town.news() == [
        ("mass_change_held", "101", "pending"),
        ("crew_lead_needed", "101", "pending"),
    ]
    assert (await town.row(5))["attic_tech_crew_leader_id"] == 7
    assert await town.news() == []
    await town.job(5, "Pending Review")
    assert await town.news() == [("plan_ready_for_review", "101", "pending")]


async def test_a_held_loss_dissolves_when_attic_tech_is_repaired(town: Town) -> None:
    await lose_everybody(town, 12)
    await town.news()
    await town.put("users", 7, roles=[1])
    assert await town.news() == []
    assert await town.connection.fetchval("SELECT count(*) FROM botzilla.sync_touched") == 0


async def test_a_held_loss_is_decided_when_an_operator_accepts_it(town: Town) -> None:
    await lose_everybody(town, 12)
    await town.news()
    news = await town.news(accept=True)
    assert news.count(("crew_lead_missing", "101", "pending")) == 12
    assert news.count(("job_taken_away", "102", "pending")) == 12


async def test_a_few_lost_leaders_are_no_mass_change(town: Town) -> None:
    await lose_everybody(town, 10)
    assert len(await town.news()) == 20


async def test_a_leader_whose_jobs_were_given_to_another_before_he_lost_his_role_is_none_lost(
    town: Town,
) -> None:
    await lose_everybody(town, 11)
    for number in range(1, 12):
        await town.job(number, PIP, assignedCrew=[8])
    news = await town.news()
    assert news.count(("job_reassigned", "103", "pending")) == 11
    assert news.count(("job_taken_away", "102", "pending")) == 11
    assert len(news) == 22


async def test_a_batch_costs_at_most_14_statements_whatever_its_size(town: Town) -> None:
    for number in range(1, 401):
        await town.put(
            "jobs",
            number,
            name=f"Job {number}",
            status="On Hold 2",
            assignedCrew=[7],
            job_estimate=None,
            created_at=NOW - timedelta(days=number % 2),  # every other one is adopted silently
        )
    statements: list[str] = []
    with town.connection.query_logger(lambda record: statements.append(record.query)):  # type: ignore[union-attr]
        await town.decide()
    marked = [n for n, text in enumerate(statements) if "ORDER BY t.collection, t.id" in text]
    ends = [n for n, text in enumerate(statements) if text.startswith("COMMIT")]
    [size] = [end - begin + 1 for begin in marked for end in ends if end > begin][:1]
    # With a merge, which these jobs do not need, one more.
    assert size <= 13
    assert await town.connection.fetchval("SELECT count(*) FROM botzilla.job_sync") == 400


async def sending(town: Town, kind: str) -> tuple[int, object]:
    lease = uuid4()
    alert = await town.connection.fetchval(
        "UPDATE botzilla.alert SET state = 'sending', lease_token = $1,"
        " lease_until = now() + interval '1 minute'"
        " WHERE kind = $2 RETURNING id",
        lease,
        kind,
    )
    return alert, lease


async def test_a_refusal_by_telegram_tells_the_managers_and_being_reachable_again_sends_it(
    town: Town,
) -> None:
    await town.job(1, PIP, assignedCrew=[7])
    await town.news()
    alert, lease = await sending(town, "job_assigned")
    assert await record_refusal(town.connection, alert, lease, Reason.BOT_BLOCKED, ())
    assert await town.new_alerts() == [("crew_leader_unreachable", "101", "pending")]
    assert await revive(town.connection) == 0
    await town.connection.execute("UPDATE botzilla.telegram_chat SET blocked_reason = NULL")
    assert await revive(town.connection, 102) == 1
    assert (
        await town.connection.fetchval("SELECT state FROM botzilla.alert WHERE id = $1", alert)
        == "pending"
    )


@pytest.mark.parametrize("padded", ["101", " 101 ", "\t101\n"])
async def test_a_manager_who_unblocks_the_bot_is_told_whatever_stands_around_his_id(
    town: Town, padded: str
) -> None:
    await town.connection.execute('UPDATE botzilla."user" SET telegram_id = $1', padded)
    await town.job(1, RCL)
    await town.news()
    alert, lease = await sending(town, "crew_lead_needed")
    assert await record_refusal(town.connection, alert, lease, Reason.BOT_BLOCKED, ())
    await town.connection.execute("UPDATE botzilla.telegram_chat SET blocked_reason = NULL")
    assert await revive(town.connection, 101) == 1


async def test_a_refusal_with_a_lost_lease_changes_nothing(town: Town) -> None:
    await town.job(1, PIP, assignedCrew=[7])
    await town.news()
    alert, _ = await sending(town, "job_assigned")
    assert not await record_refusal(town.connection, alert, uuid4(), Reason.BOT_BLOCKED, ())
    assert await town.new_alerts() == []
    assert await town.connection.fetchval("SELECT count(*) FROM botzilla.telegram_chat") == 0


async def test_an_alert_that_is_not_current_any_more_is_superseded_instead_of_revived(
    town: Town,
) -> None:
    await town.put("users", 11, name="Nobody Known", roles=[1])
    await town.job(1, PIP, assignedCrew=[11])
    await town.news()
    await town.job(1, "Closed Job")
    await town.news()
    await town.company.employee("Nobody Known", telegram_id="111")
    await town.decide()
    states = await town.connection.fetch(
        "SELECT state FROM botzilla.alert WHERE recipient_type = 'crew_leader' ORDER BY id"
    )
    assert {row["state"] for row in states} == {"superseded"}


async def test_an_undelivered_alert_about_a_job_that_is_gone_is_superseded(town: Town) -> None:
    await town.put("users", 11, name="Nobody Known", roles=[1])
    await town.job(1, PIP, assignedCrew=[11])
    await town.news()
    await town.connection.execute("UPDATE botzilla.job_sync SET gone_at = now()")
    await town.company.employee("Nobody Known", telegram_id="111")
    await town.decide()
    state = "SELECT state FROM botzilla.alert WHERE kind = 'job_assigned'"
    assert await town.connection.fetchval(state) == "superseded"


async def test_news_is_measured_from_attic_techs_own_time(town: Town) -> None:
    town.operators = (999,)
    await town.compared(NOW)
    await town.put("jobs", 1, name="J", status=RCL, created_at=NOW - timedelta(seconds=119))
    await town.put("jobs", 2, name="J", status=RCL, created_at=NOW - timedelta(seconds=121))
    assert await town.news() == [
        ("crew_lead_needed", "999", "pending"),  # without a branch it falls to the operators
        ("first_contact", "999", "pending"),
    ]
