"""What is written down of a change: enough to tell later what happened, by which row of the table,
and why somebody was not told.
"""

from datetime import timedelta

import pytest

from sync.model.alerts import Reason
from sync.postgres.pool import Connection
from sync.reconcile.audit import Happened, Record, from_metadata
from sync.reconcile.plan import Silence
from tests.mirror import NOW, Town

pytestmark = pytest.mark.every_server

RCL, PIP, PRODUCTION = "Requires Crew Lead", "Plans In Progress", "In Production"
LONG_AGO = NOW - timedelta(days=300)
_ALL = (
    "SELECT 'state' AS kind, job_sync_id, changed_at, change_metadata"
    " FROM botzilla.job_state_change_log UNION ALL"
    " SELECT 'other', job_sync_id, changed_at, change_metadata FROM botzilla.job_other_change"
)


@pytest.fixture
async def town(connection: Connection) -> Town:
    return await Town.build(connection)


async def records(town: Town, job: int = 1) -> list[tuple[str, Record]]:
    """Where each change of the job was written down, and what; in the order it was seen."""
    row = await town.row(job)
    rows = await town.connection.fetch(f"{_ALL} ORDER BY 3 NULLS LAST")
    found = [
        (r["kind"], from_metadata(r["change_metadata"]))
        for r in rows
        if r["job_sync_id"] == row["id"]
    ]
    return sorted(found, key=lambda one: one[1].seen_at or NOW)


async def newest(town: Town, job: int = 1) -> tuple[str, Record]:
    return (await records(town, job))[-1]


async def happened(town: Town, job: int = 1) -> list[tuple[str, tuple[Happened, ...]]]:
    return [(kind, record.happened) for kind, record in await records(town, job)]


async def test_a_change_of_state_says_all_that_changed_with_it_and_its_rows(town: Town) -> None:
    await town.job(1, PIP, assignedCrew=[7])
    await town.news()
    await town.told()
    await town.job(1, RCL, assignedCrew=[8])
    await town.news()
    kind, record = await newest(town)
    assert kind == "state"
    assert record.seen_at is not None
    assert record == Record(
        happened=(Happened.MOVED, Happened.LEADER),
        previous_status=PIP,
        status=RCL,
        previous_leader=7,
        previous_leader_name="Chris Jordan",
        leader=8,
        leader_name="Ana Ruiz",
        previous_branch="orange",
        branch="orange",
        rules=(2,),
        run=1,
        seen_at=record.seen_at,
    )


async def test_what_is_no_change_of_state_is_written_beside_the_log(town: Town) -> None:
    await town.put("branches", 2, name="Nowhere")
    await town.job(1, RCL)
    await town.news()
    await town.job(1, RCL, assignedCrew=[7])
    await town.news()
    await town.estimate(101, branch=2)
    await town.news()
    await town.state("jobs", 1, "gone")
    await town.news()
    await town.job(1, RCL)
    await town.news()
    assert await happened(town) == [
        ("state", (Happened.SEEN,)),
        ("other", (Happened.LEADER,)),
        ("other", (Happened.BRANCH,)),
        ("other", (Happened.GONE,)),
        ("other", (Happened.RETURNED,)),
    ]
    assert [record.own for _, record in await records(town)] == [True, True, False, False, True]


async def test_an_estimate_and_its_job_are_one_row_of_records(town: Town) -> None:
    await town.estimate(50)
    await town.news()
    await town.estimate(50, "Lost")
    await town.news()
    await town.estimate(50, "Sold")
    await town.news()
    await town.job(1, RCL, job_estimate=50)
    await town.news()
    assert await happened(town) == [
        ("state", (Happened.SEEN,)),
        ("other", (Happened.GONE,)),
        ("state", (Happened.SOLD_ANEW,)),
        ("other", (Happened.GOT_ITS_JOB,)),
    ]


async def test_the_records_of_an_estimate_go_along_with_a_job_that_takes_it_over(
    town: Town,
) -> None:
    await town.estimate(50)
    await town.job(1, RCL, job_estimate=None)
    await town.news()
    await town.estimate(50, "Lost")
    await town.news()
    await town.estimate(50)
    await town.job(1, RCL, job_estimate=50)
    await town.news()
    assert sorted(await happened(town)) == [
        ("other", (Happened.GONE,)),
        ("other", (Happened.GOT_ITS_ESTIMATE, Happened.BRANCH)),
        ("state", (Happened.SEEN,)),
        ("state", (Happened.SEEN,)),
    ]


async def test_why_nobody_heard_is_written_down(town: Town) -> None:
    await town.put("jobs", 1, name="J", status=PIP, assignedCrew=[7], created_at=LONG_AGO)
    await town.connection.execute(
        "INSERT INTO botzilla.job_sync (attic_tech_job_id, job_name) VALUES (2, 'old')"
    )
    await town.job(2, PIP)
    await town.job(3, PIP)
    await town.news()
    silences = [(await newest(town, job))[1].silence for job in (1, 2)]
    assert silences == [Silence.OLD, Silence.FOUND]
    assert [kind for kind, _ in await records(town, 1)] == ["other"]


async def test_first_contact_is_written_down_as_such(connection: Connection) -> None:
    town = await Town.build(connection, first_contact=True)
    await town.job(1, PIP, assignedCrew=[7])
    await town.news()
    kind, record = await newest(town)
    assert (kind, record.happened, record.silence) == (
        "other",
        (Happened.SEEN,),
        Silence.FIRST_CONTACT,
    )


async def test_a_leader_who_had_not_been_told_is_remembered_as_such(town: Town) -> None:
    await town.put("users", 11, name="Nobody Known", roles=[1])
    await town.job(1, PIP, assignedCrew=[11])
    await town.news()
    await town.job(1, PIP, assignedCrew=[7])
    await town.news()
    _, record = await newest(town)
    assert (record.previous_leader_name, record.former_untold) == ("Nobody Known", True)
    await town.told()
    await town.job(1, PIP, assignedCrew=[8])
    await town.news()
    assert (await newest(town))[1].former_untold is False


async def test_managers_whom_no_message_reaches_are_remembered(town: Town) -> None:
    silent = await town.company.manager(branch=1, telegram_id="@ana")
    await town.job(1, RCL)
    await town.news()
    assert (await newest(town))[1].unreached == ((silent, Reason.NO_TELEGRAM),)


async def test_an_alert_says_its_row_and_what_else_he_would_have_been_told(town: Town) -> None:
    await town.company.manager(branch=1, telegram_id="102")
    await town.job(1, RCL, assignedCrew=[7])
    await town.news()
    await town.job(1, "Pending Review")
    await town.news()
    facts = await town.connection.fetch(
        "SELECT kind, telegram_id, facts -> 'row' AS row, facts -> 'also' AS also"
        " FROM botzilla.alert WHERE job_sync_id IS NOT NULL ORDER BY id"
    )
    manager = await town.connection.fetchval(
        "SELECT id FROM botzilla.\"user\" WHERE telegram_id = '102'"
    )
    also = {
        "recipient_type": "operation_manager",
        "kind": "plan_ready_for_review",
        "event_key": f"plan_ready_for_review:1:2:user:{manager}",
        "row": 6,
    }
    assert [tuple(row) for row in facts] == [
        ("crew_lead_needed", "101", 1, None),
        ("crew_lead_needed", "102", 1, None),
        ("job_assigned", "102", 3, [also]),
        ("plan_ready_for_review", "101", 6, None),
    ]


@pytest.mark.parametrize(
    ("before", "after", "rows"),
    [
        ((PRODUCTION, [7]), (RCL, [7]), {"crew_lead_needed": 2, "job_taken_away": 2}),
        ((PRODUCTION, [7]), (PRODUCTION, [8]), {"job_reassigned": 7, "job_taken_away": 7}),
        ((PRODUCTION, [7]), (PRODUCTION, [9]), {"crew_lead_missing": 9, "job_taken_away": 9}),
        ((PRODUCTION, [7]), ("Closed Job", [7]), {"state_changed": 10}),
        (("Pending Review", [7]), (PIP, [7]), {"plan_changes_required": 4}),
        ((PRODUCTION, [7]), (PIP, [7]), {"returned_to_planning": 5}),
        ((PRODUCTION, []), (PRODUCTION, [11]), {"crew_leader_unreachable": 8, "job_assigned": 3}),
    ],
)
async def test_the_row_is_that_of_the_table(
    town: Town,
    before: tuple[str, list[int]],
    after: tuple[str, list[int]],
    rows: dict[str, int],
) -> None:
    await town.put("users", 11, name="Nobody Known", roles=[1])
    await town.job(1, PIP, assignedCrew=before[1])
    await town.news()
    await town.told()
    await town.job(1, before[0])
    await town.news()
    await town.told()
    newest_alert = await town.connection.fetchval("SELECT max(id) FROM botzilla.alert")
    await town.job(1, after[0], assignedCrew=after[1])
    await town.news()
    told = await town.connection.fetch(
        "SELECT kind, facts -> 'row' AS row FROM botzilla.alert WHERE id > $1", newest_alert
    )
    assert {row["kind"]: row["row"] for row in told} == rows


async def test_nothing_is_written_down_where_nothing_happened(town: Town) -> None:
    await town.job(1, PIP, assignedCrew=[7])
    await town.news()
    await town.put("clients", 1, phone="(619) 555-0199")
    await town.mark("jobs", 1)
    await town.news()
    assert len(await records(town)) == 1
