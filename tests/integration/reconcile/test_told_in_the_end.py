"""Whatever changes before a message leaves: what is to be done reaches somebody in the end."""

from uuid import uuid4

import pytest

from bot.access import View
from bot.delivery.outbox import claim, record
from bot.delivery.relevance import NOT_HIS, Drop, Send, intend
from bot.handlers.overview import read_overview
from bot.jobs.visible import scope
from bot.people.identity import Role, read_identity
from sync.postgres.pool import Connection
from sync.reconcile.bounces import let_go
from sync.reconcile.company import load_directory
from tests.mirror import MEMBER, Town

RCL, PIP, PR = "Requires Crew Lead", "Plans In Progress", "Pending Review"


@pytest.fixture
async def town(connection: Connection) -> Town:
    built = await Town.build(connection)
    await built.told()  # first contact's
    return built


async def second_branch(town: Town, manager: str) -> int:
    """Irvine, Attic Tech's branch 2, with this manager."""
    irvine = await town.company.branch("Irvine")
    await town.company.manager(branch=irvine, telegram_id=manager)
    await town.put("branches", 2, name="Irvine")
    return irvine


async def sent(town: Town) -> list[tuple[str, str]]:
    """What reaches phones now, as the sender decides it; until nothing is due any more."""
    reached: list[tuple[str, str]] = []
    directory = await load_directory(town.connection, town.operators)
    while claimed := await claim(town.connection, 50, uuid4()):
        for alert in claimed:
            intent = intend(alert.said, alert.lane, alert.now, alert.newer, directory)
            match intent:
                case Drop(why) if why == NOT_HIS:
                    await let_go(town.connection, alert.id, alert.lease_token, why, town.operators)
                case Drop():
                    await record(town.connection, alert.id, alert.lease_token, intent)
                case Send(chat):
                    reached.append((alert.said.kind, str(chat)))
                    await town.connection.execute(
                        "UPDATE botzilla.alert SET state = 'delivered' WHERE id = $1", alert.id
                    )
    return reached


async def rest(town: Town, telegram_id: str, interval: str) -> None:
    await town.connection.execute(
        "UPDATE botzilla.alert SET next_attempt_at = now() + $2::text::interval"
        " WHERE telegram_id = $1 AND state = 'pending'",
        *(telegram_id, interval),
    )


async def test_a_branch_changed_there_and_back_leaves_its_managers_told(town: Town) -> None:
    await second_branch(town, "201")
    await town.job(1, RCL)
    await town.decide()
    await town.estimate(101, branch=2)
    await town.decide()
    await rest(town, "201", "1 hour")
    assert await sent(town) == []  # 101 has nothing to do with it any more
    await town.estimate(101, branch=1)
    await town.decide()
    await rest(town, "201", "0")
    assert await sent(town) == [("crew_lead_needed", "101")]
    await town.estimate(101, branch=2)
    await town.decide()
    assert await sent(town) == [("crew_lead_needed", "201")]
    await town.estimate(101, branch=1)
    await town.decide()
    assert await sent(town) == []  # he has it before him


async def test_that_nobody_leads_is_told_once_the_crew_is_shown(town: Town) -> None:
    await town.state("users", 50, "hidden")
    await town.job(1, RCL)
    await town.decide()
    await town.told()
    await town.job(1, PIP, assignedCrew=[50])
    await town.decide()
    await town.put("users", 50, name="New Guy", roles=[MEMBER])
    await town.decide()
    assert await sent(town) == [("crew_lead_missing", "101")]


async def test_a_crew_that_is_shown_with_its_leader_is_no_missing_leader(town: Town) -> None:
    await town.state("users", 50, "hidden")
    await town.job(1, PIP, assignedCrew=[50])
    await town.decide()
    await town.told()
    await town.job(1, PIP, assignedCrew=[7])
    await town.decide()
    assert await sent(town) == [("job_assigned", "102")]


@pytest.mark.parametrize(
    ("crew", "asked"), [([], "crew_lead_missing"), ([11], "crew_leader_unreachable")]
)
async def test_news_of_the_way_does_not_hide_that_nobody_leads(
    town: Town, crew: list[int], asked: str
) -> None:
    await town.put("users", 11, name="Nobody Known", roles=[1])
    await town.job(1, RCL)
    await town.decide()
    await town.told()
    await town.job(1, PIP, assignedCrew=crew)
    await town.decide()
    await town.job(1, PR)
    await town.decide()
    assert await sent(town) == [(asked, "101"), ("plan_ready_for_review", "101")]


async def test_what_he_would_have_heard_as_a_manager_is_not_lost_with_the_job(town: Town) -> None:
    """Chris leads the job and manages its branch: he gets one message, as its leader."""
    await second_branch(town, "102")
    await town.job(1, RCL)
    await town.estimate(101, branch=2)
    await town.decide()
    await town.told()
    await town.job(1, PR, assignedCrew=[7])
    await town.decide()
    await town.job(1, PR, assignedCrew=[8])
    await town.decide()
    assert sorted(await sent(town)) == [
        ("job_reassigned", "103"),
        ("plan_ready_for_review", "102"),
    ]
    row = await town.connection.fetchval(
        "SELECT facts -> 'row' FROM botzilla.alert WHERE kind = 'plan_ready_for_review'"
    )
    assert row == 6


async def test_a_job_that_is_there_again_is_told_to_whom_it_was_gone_for(town: Town) -> None:
    await town.job(1, PIP, assignedCrew=[7])
    await town.decide()
    assert await sent(town) == [("job_assigned", "102")]
    await town.state("jobs", 1, "gone")
    await town.decide()
    assert await sent(town) == [("job_taken_away", "102")]
    await town.job(1, PIP)
    await town.decide()
    assert await sent(town) == [("job_assigned", "102")]
    await town.job(1, PR)
    await town.decide()
    assert await sent(town) == [("plan_ready_for_review", "101")]


async def test_a_job_that_waits_again_is_told_to_its_managers(town: Town) -> None:
    await town.job(1, RCL)
    await town.decide()
    await town.state("jobs", 1, "gone")
    await town.decide()
    assert await sent(town) == []
    await town.job(1, RCL)
    await town.decide()
    assert await sent(town) == [("crew_lead_needed", "101")]


async def test_a_closed_job_that_is_there_again_is_nobodys_business(town: Town) -> None:
    await town.job(1, "Closed Job", assignedCrew=[7])
    await town.decide()
    await town.state("jobs", 1, "gone")
    await town.decide()
    await town.job(1, "Closed Job")
    await town.decide()
    assert await sent(town) == []


async def test_first_contact_lists_the_jobs_of_all_that_somebody_is(connection: Connection) -> None:
    """101 manages Orange by one row and San Diego by another, and operates for Nowhere."""
    town = await Town.build(connection, first_contact=True, operators=(101,))
    await town.company.branch("Nowhere")
    diego = await town.company.branch("Diego")
    await town.company.manager(branch=diego, telegram_id="101")
    await town.put("branches", 2, name="Nowhere")
    await town.put("branches", 3, name="Diego")
    for number, branch in ((1, 1), (2, 2), (3, 3)):
        await town.job(number, RCL)
        await town.estimate(100 + number, branch=branch)
    await town.decide()
    facts = await connection.fetchval("SELECT facts FROM botzilla.alert")
    assert sorted(job["job_id"] for job in facts["waiting"]) == [1, 2, 3]
    assert facts["waiting_total"] == 3


async def test_an_active_job_that_nobody_leads_waits_in_status(town: Town) -> None:
    await town.state("users", 50, "hidden")
    await town.job(1, PIP)
    await town.job(2, PIP, assignedCrew=[7])
    await town.job(3, PIP, assignedCrew=[50])
    await town.decide()
    manager = await read_identity(town.connection, 101, (), "en")
    overview = await read_overview(town.connection, scope(manager, View.BRANCHES))
    assert [job.facts["job_id"] for job in overview.waiting] == [1]


async def test_managers_stand_in_for_an_operator_who_left(town: Town) -> None:
    old = await town.company.employee("Old Operator", telegram_id="900")
    manager = await read_identity(town.connection, 101, (900,), "en")
    assert Role.OPERATOR not in manager.roles
    await town.connection.execute(
        "UPDATE botzilla.employee SET status = 'inactive' WHERE id = $1", old
    )
    manager = await read_identity(town.connection, 101, (900,), "en")
    assert Role.OPERATOR in manager.roles
    directory = await load_directory(town.connection, (900,))
    assert [who.telegram_id for who in directory.all_operators] == ["101"]
