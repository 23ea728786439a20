"""The main job against a genuine Payload: mirror everything, notice every change, tell once.

Under the live system's names, and with clients, properties and roles under names that nobody told
us, so that they are had only within estimates and users. A tenth of
the company's size; JOBSYNC_MAIN_JOB=full takes 2,500 jobs and 1,600 sold estimates.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from datetime import timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest

from sandbox.attic_tech import EMAIL, PASSWORD
from sync.attic_tech.client import AtticTech
from sync.attic_tech.login import Gate, Password
from sync.postgres.pool import Connection, Pool, connect, open_pool
from sync.reconcile import decide
from sync.runs.runner import Work
from sync.runs.scheduler import Schedule, run_loop
from tests.contract.conftest import new_database, started
from tests.contract.mainjob import (
    Ran,
    Stage,
    alerts,
    all_of,
    fingerprint,
    hire,
    led,
    mirrored,
    one_more_run,
    scale,
    sync,
)
from tests.contract.peers import Peer, talking
from tests.contract.servers import LIVE, UNKNOWN, Payload, seed
from tests.scene import Company

pytestmark = pytest.mark.timeout(600)
SCALE = scale()
EVERY_SECOND = Schedule(timedelta(seconds=1), timedelta(minutes=10), ZoneInfo("UTC"))


@pytest.fixture(scope="module")
def say(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Prints a figure among the results."""
    capture = request.config.pluginmanager.get_plugin("capturemanager")

    def write(words: str) -> None:
        with capture.global_and_fixture_disabled():
            sys.stdout.write(f"\n   {words}\n")

    return write


@pytest.fixture(scope="module")
def seeded(needs_payload: None, server_url: str) -> Iterator[str]:
    """The URL of a database full of jobs, to be copied: who writes to it takes a copy."""
    with new_database(server_url, "seeded") as database:
        seed(database, *SCALE.options())
        yield database


@pytest.fixture(scope="module", params=[LIVE, UNKNOWN], ids=["live", "unknown"])
def payload(request: pytest.FixtureRequest, seeded: str, server_url: str) -> Iterator[Payload]:
    """A Payload under one of the sets of names, of which the program is told nothing."""
    template = urlsplit(seeded).path.removeprefix("/")
    with (
        new_database(server_url, "payload", template) as database,
        started(Payload(database, request.param)) as server,
    ):
        yield server


@pytest.fixture(scope="module")
def stage(payload: Payload, server_url: str, template: str) -> Iterator[Stage]:
    """A BotZilla that has never seen Attic Tech, whose people are known to both."""

    async def people(url: str) -> None:
        async with AsyncExitStack() as stack:
            connection = await connect(url)
            stack.push_async_callback(connection.close)
            peer = await stack.enter_async_context(talking("payload", payload))
            await hire(Company(connection), peer)

    with new_database(server_url, "main", template) as botzilla:
        asyncio.run(people(botzilla))
        yield Stage(botzilla, payload.url, embedded="clients" in payload.names)


@pytest.fixture(scope="module")
def first(stage: Stage, say: Callable[[str], None]) -> Ran:
    """The first contact, made by `jobsync sync`."""
    ran = stage.sync()
    say(f"first sync, {SCALE}: {ran.seconds:.1f} s; {ran.said}")
    return ran


@pytest.fixture
async def peer(payload: Payload) -> AsyncIterator[Peer]:
    async with talking("payload", payload) as found:
        yield found


@pytest.fixture
async def connection(stage: Stage, first: Ran) -> AsyncIterator[Connection]:
    """A connection to BotZilla after the first contact."""
    opened = await connect(stage.botzilla)
    yield opened
    await opened.close()


async def test_the_first_run_mirrors_every_document_and_tells_nobody_of_the_past(
    first: Ran, connection: Connection, peer: Peer
):
    for collection in ("jobs", "estimates", "clients", "properties", "users", "branches", "roles"):
        ids = await connection.fetch(
            "SELECT id FROM botzilla.attic_tech_document WHERE collection = $1", collection
        )
        assert {row["id"] for row in ids} == {*await all_of(peer, collection)}
    jobs = await all_of(peer, "jobs")
    assert await mirrored(connection) == {
        id: (job["name"], job["status"]) for id, job in jobs.items()
    }
    sold = {*await all_of(peer, "estimates", "&where[status][equals]=Sold")}
    waiting = await connection.fetch(
        "SELECT attic_tech_estimate_id AS id FROM botzilla.job_sync WHERE attic_tech_job_id IS NULL"
    )
    assert {row["id"] for row in waiting} == sold - {job["job_estimate"] for job in jobs.values()}
    assert len(waiting) == SCALE.sold
    kinds = await connection.fetch(
        "SELECT DISTINCT kind FROM botzilla.alert WHERE job_sync_id IS NULL"
    )
    assert [row["kind"] for row in kinds] == ["first_contact"]
    assert first.seconds < 40


async def test_a_run_without_news_changes_nothing_and_tells_nobody(
    stage: Stage, connection: Connection, say
):
    await sync(stage)
    before = await fingerprint(connection)
    ran = await sync(stage)
    say(f"a run without news: {ran.seconds:.1f} s; {ran.said}")
    assert await fingerprint(connection) == before


async def test_a_new_state_is_told_by_the_end_of_the_next_run(
    stage: Stage, connection: Connection, peer: Peer
):
    job, _, phone = await led(connection)
    await peer.patch("jobs", job, status="Plans In Progress")
    await sync(stage)
    assert await alerts(connection, job) == {("plan_changes_required", phone)}


async def test_a_new_leader_and_the_former_are_told_by_the_end_of_the_next_run(
    stage: Stage, connection: Connection, peer: Peer
):
    job, former, phone = await led(connection)
    other = await connection.fetchrow(
        "SELECT attic_tech_user_id, telegram_id FROM botzilla.attic_tech_person "
        "WHERE telegram_id IS NOT NULL AND attic_tech_user_id <> $1 "
        "AND reason IS NULL LIMIT 1",
        former,
    )
    await peer.patch("jobs", job, assignedCrew=[other["attic_tech_user_id"]])
    await sync(stage)
    assert await alerts(connection, job) == {
        ("job_reassigned", other["telegram_id"]),
        ("job_taken_away", phone),
    }


async def test_a_new_phone_of_a_client_reaches_his_job_by_the_end_of_the_next_run(
    stage: Stage, connection: Connection, peer: Peer
):
    job, _, _ = await led(connection)
    estimate = (await peer.document("jobs", job))["job_estimate"]
    client = (await peer.document("estimates", estimate))["client"]
    await peer.patch("clients", client, phone="+1 619 555 0142")
    # Where clients come only within estimates, an estimate that was not saved shows nothing new.
    await sync(stage, *(["--full"] if stage.embedded else []))
    data = await connection.fetchval(
        "SELECT attic_tech_data FROM botzilla.job_sync WHERE attic_tech_job_id = $1", job
    )
    assert data["phone"] == "+1 619 555 0142"
    assert await alerts(connection, job) == set()


async def serve(url: str, pool: Pool, client: AtticTech) -> None:
    work = Work(client, decide, timedelta(seconds=120))
    await run_loop(url, pool, work, EVERY_SECOND)


async def test_a_bulk_patch_polled_every_second_loses_none_and_doubles_none(
    stage: Stage, connection: Connection, peer: Peer, say
):
    *jobs, other = sorted(await all_of(peer, "jobs"))[: SCALE.bulk + 1]
    where = f"/jobs?where[id][less_than_equal]={jobs[-1]}&depth=0"
    assert (await peer.call("PATCH", where, {"status": "Pending Review"})).status == 200
    await sync(stage)
    last_log = await connection.fetchval("SELECT max(id) FROM botzilla.job_state_change_log")
    last_alert = await connection.fetchval("SELECT max(id) FROM botzilla.alert")
    last_run = await connection.fetchval("SELECT max(id) FROM botzilla.sync_run")
    password = Password(EMAIL, PASSWORD)
    clock = asyncio.get_running_loop().time
    async with AsyncExitStack() as stack:
        pool = await open_pool(stage.botzilla)
        stack.push_async_callback(pool.close)
        client = await stack.enter_async_context(AtticTech(stage.peer_url, password, Gate(pool)))
        group = await stack.enter_async_context(asyncio.TaskGroup())
        loop = group.create_task(serve(stage.botzilla, pool, client))
        began = clock()
        bulk = group.create_task(peer.call("PATCH", where, {"status": "Plans In Progress"}))
        while not bulk.done():
            # Somebody else's edit has the newest stamp while the older ones are not visible yet.
            await peer.patch("jobs", other)
            await asyncio.wait([bulk], timeout=0.2)
        took, answer = clock() - began, bulk.result()
        assert answer.json["message"] == f"Updated {len(jobs)} Jobs successfully."
        await one_more_run(connection)
        loop.cancel()
    runs = await connection.fetchval(
        "SELECT count(*) FROM botzilla.sync_run WHERE id > $1 AND state = 'succeeded'", last_run
    )
    logged = await connection.fetch(
        "SELECT attic_tech_job_id AS job, count(*) AS times FROM botzilla.job_state_change_log "
        "WHERE id > $1 GROUP BY 1 ORDER BY 1",
        last_log,
    )
    told = await connection.fetch(
        "SELECT attic_tech_job_id AS job, alert.telegram_id AS who, count(*) AS times "
        "FROM botzilla.alert JOIN botzilla.job_sync ON job_sync.id = job_sync_id "
        "WHERE alert.id > $1 GROUP BY 1, 2",
        last_alert,
    )
    say(f"bulk PATCH of {len(jobs)}: {took:.1f} s, {runs} runs meanwhile, {len(told)} alerts")
    assert [(row["job"], row["times"]) for row in logged] == [(job, 1) for job in jobs]
    assert {row["job"] for row in told} == {*jobs}
    assert [row for row in told if row["times"] > 1] == []
    assert {status for id, (_, status) in (await mirrored(connection)).items() if id in jobs} == {
        "Plans In Progress"
    }
