"""The loop: runs on time and when asked, over lost connections, with one leader among replicas."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from sync.postgres.locks import Lock, try_lock, unlock
from sync.postgres.pool import Connection, Pool
from sync.reconcile.batch import Decided
from sync.runs.runner import Work, request_run, resume, run_state
from sync.runs.scheduler import Schedule, run_loop
from tests.installation import Installation
from tests.proxy import proxy

UTC = ZoneInfo("UTC")
NEVER = timedelta(hours=1)
AT_ONCE = timedelta(milliseconds=20)


def pace(interval: timedelta = NEVER, blind_after: timedelta = NEVER) -> Schedule:
    return Schedule(interval, blind_after, UTC)


async def until(holds: Callable[[], Awaitable[object]], within: float = 20) -> None:
    """Return once it holds; ask again and again."""
    async with asyncio.timeout(within):
        while not await holds():
            await asyncio.sleep(0.01)


@asynccontextmanager
async def looping(url: str, pool: Pool, work: Work, at: Schedule) -> AsyncIterator[asyncio.Task]:
    """A replica's loop within the block."""
    async with asyncio.TaskGroup() as group:
        task = group.create_task(run_loop(url, pool, work, at))
        yield task
        task.cancel()


@dataclass
class Watching:
    """What a test waits for."""

    connection: Connection
    pids: set[int] = field(default_factory=set)

    async def succeeded(self) -> int:
        return await self.connection.fetchval(
            "SELECT count(*) FROM botzilla.sync_run WHERE state = 'succeeded'"
        )

    async def leader(self) -> int | None:
        """The backend that holds the sync lock."""
        return await self.connection.fetchval(
            "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )

    async def at_rest(self) -> bool:
        """The leader has just found that nothing is asked, and says nothing for a while."""
        return await self.connection.fetchval(
            "SELECT count(*) = 1 FROM pg_stat_activity WHERE pid = $1 AND state = 'idle'"
            " AND query LIKE '%sync_run%' AND clock_timestamp() - state_change < '0.2 s'",
            await self.leader(),
        ) and bool(await self.succeeded())

    async def over(self, run: int) -> bool:
        return (await run_state(self.connection, run)).over


@pytest.fixture
def watching(connection: Connection) -> Watching:
    return Watching(connection)


async def test_a_run_every_interval(installation, watching, pool, database_url):
    async def three() -> bool:
        return await watching.succeeded() >= 3

    async with looping(database_url, pool, installation.work, pace(AT_ONCE)):
        await until(three)


async def test_who_asks_is_served_early(installation, watching, pool, database_url, connection):
    async with looping(database_url, pool, installation.work, pace()):
        await until(watching.succeeded)
        run = await request_run(connection, "full")
        await until(lambda: watching.over(run), within=10)
    assert await installation.runs() == [("incremental", "succeeded"), ("full", "succeeded")]


async def test_a_lost_connection_is_replaced(
    installation, watching, pool, database_url, connection
):
    async with looping(database_url, pool, installation.work, pace()):
        await until(watching.succeeded)
        lost = await watching.leader()
        await connection.execute("SELECT pg_terminate_backend($1)", lost)

        async def another_leads() -> bool:
            return await watching.leader() not in (None, lost)

        await until(another_leads)
        run = await request_run(connection, "incremental")
        await until(lambda: watching.over(run))


async def test_a_run_whose_connection_is_lost_is_run_again(
    installation, watching, pool, database_url
):
    tries = []

    async def decide(own: Connection, run, progress) -> Decided:
        tries.append(run.id)
        if len(tries) == 1:
            await pool.execute("SELECT pg_terminate_backend($1)", own.get_server_pid())
        await own.execute("SELECT 1")
        return Decided()

    work = replace(installation.work, decide=decide)
    async with looping(database_url, pool, work, pace()):
        await until(watching.succeeded)
    assert tries == [1, 1]


async def test_of_two_replicas_one_leads_and_the_other_takes_over(
    installation, watching, pool, database_url, connection
):
    going: list[int] = []

    async def decide(own: Connection, run, progress) -> Decided:
        going.append(own.get_server_pid())
        return Decided()

    work = replace(installation.work, decide=decide)
    async with asyncio.TaskGroup() as group:
        replicas = [
            group.create_task(run_loop(database_url, pool, work, pace(AT_ONCE))) for _ in range(2)
        ]

        async def a_few() -> bool:
            return len(going) >= 5

        await until(a_few)
        first = going[0]
        assert set(going) == {first}
        await connection.execute("SELECT pg_terminate_backend($1)", first)

        async def taken_over() -> bool:
            return going[-1] != first

        await until(taken_over)
        for replica in replicas:
            replica.cancel()


async def test_an_outage_is_told_once_and_so_is_its_end(installation, watching, pool, database_url):
    job = installation.job("Requires Crew Lead")
    await installation.run()
    await installation.forget_alerts()
    installation.attic.faults.add("status", status=503)
    installation.attic.later(60)
    installation.attic.patch("jobs", job, status="Plans In Progress")

    async def told(*kinds: str) -> bool:
        return {kind for kind, _ in await installation.alerts()} >= set(kinds)

    fast = pace(AT_ONCE, blind_after=timedelta(seconds=1))
    async with looping(database_url, pool, installation.work, fast):
        await until(lambda: told("sync_blind"))
        before = len(installation.attic.requests)

        async def goes_on() -> bool:
            return len(installation.attic.requests) > before + 20

        await until(goes_on)
        installation.attic.faults.clear()
        await until(lambda: told("sync_blind", "sync_recovered"))
    assert sorted(await installation.alerts()) == [
        ("job_assigned", "102"),
        *(("sync_blind", "101"), ("sync_blind", "900")),
        *(("sync_recovered", "101"), ("sync_recovered", "900")),
    ]


async def test_blindness_begins_with_the_process_at_the_earliest(
    installation, pool, database_url, connection
):
    await installation.run()
    await installation.forget_alerts()
    await connection.execute(
        "UPDATE botzilla.sync_run SET finished_at = finished_at - interval '1 hour'"
    )
    started = await connection.fetchval("SELECT clock_timestamp()")
    installation.attic.faults.add("status", status=503)

    async def told() -> bool:
        return bool(await installation.alerts())

    fast = pace(AT_ONCE, blind_after=timedelta(milliseconds=300))
    async with looping(database_url, pool, installation.work, fast):
        await until(told)
    since = await connection.fetchval(
        "SELECT min((facts ->> 'since')::timestamptz) FROM botzilla.alert WHERE kind = 'sync_blind'"
    )
    assert since > started - timedelta(seconds=1)


async def test_a_host_that_died_behind_a_proxy_loses_the_lock_and_another_takes_over(
    installation, watching, pool, database_url
):
    quick = replace(pace(), silence=timedelta(seconds=4))
    async with proxy(database_url) as line, looping(line.url, pool, installation.work, quick):
        await until(watching.at_rest)
        dead = await watching.leader()
        line.fall_silent()

        async def another_leads() -> bool:
            return await watching.leader() not in (None, dead)

        async with looping(database_url, pool, installation.work, quick):
            await until(another_leads)
        line.forwarding.set()


async def test_a_leader_with_nothing_to_do_keeps_the_lock(
    installation, watching, pool, database_url
):
    quick = replace(pace(), silence=timedelta(seconds=1))
    async with looping(database_url, pool, installation.work, quick):
        await until(watching.leader)
        leader = await watching.leader()
        await asyncio.sleep(2.5)  # the time itself is what is tested: silence and a half more
        assert await watching.leader() == leader


async def test_a_loop_that_is_stopped_gives_the_lock_back(
    installation, watching, pool, database_url
):
    async with looping(database_url, pool, installation.work, pace()):
        await until(watching.leader)

    async def free() -> bool:
        return await watching.leader() is None

    await until(free)


async def test_before_first_contact_has_ended_only_operators_hear_of_an_outage(
    installation, pool, database_url
):
    installation.attic.faults.add("status", status=503)

    async def told() -> bool:
        return bool(await installation.alerts())

    fast = pace(AT_ONCE, blind_after=timedelta(milliseconds=300))
    async with looping(database_url, pool, installation.work, fast):
        await until(told)
    assert await installation.alerts() == [("source_unreadable", "900")]


async def test_a_run_that_hangs_is_blind_too(installation, pool, database_url):
    await installation.run()
    await installation.forget_alerts()

    async def decide(own: Connection, run, progress) -> Decided:
        await asyncio.Event().wait()
        raise AssertionError

    async def told() -> bool:
        return ("sync_blind", "101") in await installation.alerts()

    work = replace(installation.work, decide=decide)
    async with looping(database_url, pool, work, pace(blind_after=timedelta(milliseconds=300))):
        await until(told)


async def test_who_waits_for_the_lock_of_somebody_who_does_nothing_tells_of_blindness(
    installation, other, pool, database_url
):
    """`jobsync sync` stopped by Ctrl-Z, or a leader that hangs: the others see it."""
    await installation.run()
    await installation.forget_alerts()
    assert await try_lock(other, Lock.SYNC)

    async def told() -> bool:
        return len(await installation.alerts()) > 1

    waiting = pace(AT_ONCE, blind_after=timedelta(milliseconds=300))
    async with (
        looping(database_url, pool, installation.work, waiting),
        looping(database_url, pool, installation.work, waiting),
    ):
        await until(told)
        assert await installation.alerts() == [("sync_blind", "900"), ("sync_blind", "101")]
        await unlock(other, Lock.SYNC)

        async def recovered() -> bool:
            return len(await installation.alerts()) > 2

        await until(recovered)
    assert sorted(await installation.alerts()) == [
        *(("sync_blind", "101"), ("sync_blind", "900")),
        *(("sync_recovered", "101"), ("sync_recovered", "900")),
    ]


async def test_a_run_that_goes_on_committing_is_not_blind(
    installation, watching, pool, database_url
):
    await installation.run()
    await installation.forget_alerts()
    loop = asyncio.get_running_loop()

    async def decide(own: Connection, run, progress) -> Decided:
        end = loop.time() + 2
        while loop.time() < end:
            await progress(1, 2)
            await asyncio.sleep(0.05)
        return Decided()

    async def second() -> bool:
        return await watching.succeeded() >= 2

    work = replace(installation.work, decide=decide)
    async with looping(database_url, pool, work, pace(blind_after=timedelta(seconds=1))):
        await until(second)
    assert await installation.alerts() == []


async def test_everything_is_compared_once_after_the_quiet_hour(
    installation, watching, pool, database_url, connection
):
    await installation.run()
    await connection.execute(
        'UPDATE botzilla.sync_state SET value = \'{"ended_at": "2026-01-01T00:00:00Z"}\''
        " WHERE key = 'first_contact'"
    )

    async def three_more() -> bool:
        return await watching.succeeded() >= 4

    async with looping(database_url, pool, installation.work, pace(AT_ONCE)):
        await until(three_more)
    kinds = [kind for kind, _ in await installation.runs()]
    assert kinds[:4] == ["incremental", "full", "incremental", "incremental"]


async def broken(installation: Installation) -> None:
    """36 documents each of which is asked for alone, and answers 500."""
    installation.attic.faults.poisoned |= {("jobs", job) for job in installation.attic.jobs(36)}
    installation.attic.faults.add("slow", path="/api/jobs/", seconds=0.1)


async def deleted(installation: Installation) -> None:
    """Three documents, each of which is asked for alone before it counts as gone."""
    jobs = installation.attic.jobs(4)
    await installation.run()
    for job in jobs[:3]:
        installation.attic.delete("jobs", job)
    installation.attic.faults.add("slow", path="/api/jobs/", seconds=0.6)


@pytest.mark.parametrize("asked_alone", [broken, deleted])
async def test_a_run_that_asks_one_by_one_for_longer_than_the_silence_goes_on(
    installation, watching, pool, database_url, connection, asked_alone
):
    await asked_alone(installation)
    quick = replace(pace(), silence=timedelta(seconds=1))
    run = await request_run(connection, "full")
    async with looping(database_url, pool, installation.work, quick):
        await until(lambda: watching.over(run))
    assert (await run_state(connection, run)).state == "succeeded"
    assert not await connection.fetchval("SELECT sum(lost) FROM botzilla.sync_run")


async def test_a_run_that_gets_answers_one_by_one_is_not_blind(
    installation, watching, pool, database_url, connection
):
    await installation.run()
    await installation.forget_alerts()
    await broken(installation)
    run = await request_run(connection, "full")
    fast = pace(blind_after=timedelta(seconds=2))
    async with looping(database_url, pool, installation.work, fast):
        await until(lambda: watching.over(run))
    assert "sync_blind" not in {kind for kind, _ in await installation.alerts()}


async def test_the_loop_and_the_watch_of_outages_survive_what_nobody_foresaw(
    installation, watching, database_url, pool, monkeypatch
):
    """Both fail with a bug once, are told of, and go on: runs succeed, and blindness is seen."""
    told: list[tuple[str, str]] = []
    looks = 0

    async def failing_once(*_: object) -> bool:
        nonlocal looks
        looks += 1
        if looks == 1:
            raise KeyError("a bug")
        return False

    begun = 0

    async def failing_to_begin(given: Connection) -> None:
        nonlocal begun
        begun += 1
        if begun == 1:
            raise ValueError("a bug")
        await resume(given)

    monkeypatch.setattr("sync.runs.scheduler.tell_if_blind", failing_once)
    monkeypatch.setattr("sync.runs.scheduler.resume", failing_to_begin)

    async def both_went_on() -> bool:
        return looks > 1 and await watching.succeeded() > 0

    often, work = pace(AT_ONCE, blind_after=timedelta(seconds=2)), installation.work
    async with asyncio.TaskGroup() as group:
        task = group.create_task(
            run_loop(database_url, pool, work, often, lambda *word: told.append(word))
        )
        await until(both_went_on)
        task.cancel()
    assert ("sync", "ValueError") in told
    assert ("outage", "KeyError") in told
