"""Runs: asked for, joined, carried out one at a time, and recorded."""

import asyncio
from contextlib import aclosing, suppress
from dataclasses import replace
from datetime import timedelta

import asyncpg
import pytest

from sync.attic_tech.errors import AtticTechUnavailable
from sync.postgres.locks import Lock, somebody_holds, try_lock
from sync.postgres.pool import DATABASE_AWAY, connect
from sync.reconcile.batch import Decided
from sync.runs.runner import (
    ASKED_CHANNEL,
    carry_out,
    follow_run,
    request_run,
    resume,
    run_next,
    run_state,
)
from tests.attic import CHRIS


async def test_who_asks_while_an_equal_request_waits_joins_it(connection):
    first = await request_run(connection, "incremental")
    assert await request_run(connection, "incremental") == first


@pytest.mark.parametrize(
    ("waiting", "asked", "joins"),
    [
        (("full", False), ("incremental", False), True),
        (("full", True), ("incremental", False), True),
        (("full", True), ("full", False), True),
        (("incremental", True), ("incremental", False), True),
        (("incremental", False), ("full", False), False),
        (("full", False), ("full", True), False),
        (("incremental", True), ("full", False), False),
        (("full", False), ("incremental", True), False),
    ],
)
async def test_a_request_joins_only_what_does_at_least_as_much(connection, waiting, asked, joins):
    first = await request_run(connection, waiting[0], accept=waiting[1])
    second = await request_run(connection, asked[0], accept=asked[1])
    assert (second == first) is joins


async def test_who_asks_while_a_run_goes_on_gets_one_that_starts_after_it(installation):
    asked = []

    async def decide(connection, run, progress):
        asked.append(await request_run(connection, "incremental"))
        return Decided()

    work = replace(installation.work, decide=decide)
    first = await request_run(installation.connection, "incremental")
    await run_next(installation.connection, work)
    second = await run_state(installation.connection, asked[0])
    assert (second.id != first, second.state) == (True, "requested")


async def test_a_request_wakes_who_syncs(connection, other):
    heard = asyncio.Event()
    await other.add_listener(ASKED_CHANNEL, lambda *_: heard.set())
    await request_run(connection, "incremental")
    async with asyncio.timeout(5):
        await heard.wait()


async def test_each_run_is_a_row_also_an_empty_one(installation):
    installation.job("In Production")
    first, second = await installation.run(), await installation.run()
    assert (first.state, second.state) == ("succeeded", "succeeded")
    assert first.documents > 0
    assert (second.documents, second.changes, second.alerts) == (0, 0, 0)
    assert second.seconds is not None


async def test_a_change_in_attic_tech_is_an_alert_at_the_end_of_the_next_run(installation):
    job = installation.job("Requires Crew Lead")
    await installation.run()
    await installation.forget_alerts()
    installation.attic.later(60)
    installation.attic.patch("jobs", job, status="Plans In Progress")
    run = await installation.run()
    assert await installation.alerts() == [("job_assigned", "102")]
    assert (run.documents, run.changes, run.alerts) == (1, 1, 1)


async def test_the_states_of_a_run_can_be_followed_to_its_end(installation, other):
    installation.job("In Production")
    run_id = await request_run(installation.connection, "incremental")
    seen = []
    async with asyncio.TaskGroup() as group:
        group.create_task(carry_out(installation.connection, installation.work, run_id))
        async with aclosing(follow_run(other, run_id)) as states:
            seen = [state.state async for state in states]
    assert (seen[-1], set(seen) <= {"requested", "running", "succeeded"}) == ("succeeded", True)


async def test_a_run_that_fails_says_why_and_the_next_one_goes_on(installation):
    installation.attic.faults.add("status", status=503)
    failed = await installation.run()
    installation.attic.faults.clear()
    assert failed.state == "failed"
    assert "503" in (failed.error or "")
    assert (await installation.run()).state == "succeeded"


async def test_nothing_is_decided_when_a_collection_was_not_read(installation):
    job = installation.job("Requires Crew Lead")
    await installation.run()
    await installation.forget_alerts()
    installation.attic.later(60)
    installation.attic.patch("jobs", job, status="Plans In Progress")
    installation.attic.faults.add("status", path="/users", status=503)
    assert (await installation.run()).state == "failed"
    assert await installation.alerts() == []
    installation.attic.faults.clear()
    await installation.run()
    assert await installation.alerts() == [("job_assigned", "102")]


async def test_what_somebody_must_change_in_attic_tech_is_told_to_operators_once(installation):
    await installation.run()
    await installation.forget_alerts()
    installation.attic.hide("clients")
    failed = await installation.run()
    await installation.run()
    assert await installation.alerts() == [("source_unreadable", "900")]
    assert "Clients" in (failed.error or "")


async def test_it_is_told_again_when_it_happens_again(installation):
    await installation.run()
    installation.attic.hide("clients")
    await installation.run()
    installation.attic.faults.clear()
    await installation.run()
    await installation.forget_alerts()
    installation.attic.hide("clients")
    await installation.run()
    assert await installation.alerts() == [("source_unreadable", "900")]


async def test_a_source_that_is_away_for_a_moment_is_told_to_nobody(installation):
    await installation.run()
    await installation.forget_alerts()
    installation.attic.faults.add("status", status=503)
    await installation.run()
    assert await installation.alerts() == []


async def test_a_mistake_of_ours_fails_the_run_and_not_the_process(installation):
    async def decide(connection, run, progress):
        raise ZeroDivisionError

    run_id = await request_run(installation.connection, "incremental")
    await run_next(installation.connection, replace(installation.work, decide=decide))
    state = await run_state(installation.connection, run_id)
    assert (state.state, "ZeroDivisionError" in (state.error or "")) == ("failed", True)


async def test_rows_that_somebody_keeps_locked_are_no_mistake_of_ours(installation):
    async def decide(connection, run, progress):
        raise asyncpg.LockNotAvailableError

    run_id = await request_run(installation.connection, "incremental")
    await run_next(installation.connection, replace(installation.work, decide=decide))
    state = await run_state(installation.connection, run_id)
    assert state.state == "failed"
    assert state.error == (
        "Somebody keeps rows of the database locked; the next run goes on from here."
    )


async def test_what_a_process_that_is_gone_was_running_is_run_again(installation, other):
    run_id = await request_run(other, "full")
    await other.execute("UPDATE botzilla.sync_run SET state = 'running', began_at = now()")
    state = await carry_out(installation.connection, installation.work, run_id)
    assert (state.kind, state.state) == ("full", "succeeded")


async def test_a_run_that_is_lost_again_and_again_fails_with_the_reason(installation, connection):
    run = await request_run(connection, "incremental")
    states = []
    for _ in range(3):
        await connection.execute(
            "UPDATE botzilla.sync_run SET state = 'running' WHERE id = $1", run
        )
        await resume(connection)
        states.append((await run_state(connection, run)).state)
    assert states == ["requested", "requested", "failed"]
    lost = await run_state(connection, run)
    assert (lost.progress["cause"], lost.error[:34]) == (
        "lost",
        "Whoever carried the run out was go",
    )
    assert (await installation.run()).state == "succeeded"


async def test_a_lost_lock_ends_the_run_and_another_process_goes_on_with_it(
    installation, other, client, database_url
):
    for _ in range(6):
        installation.job("In Production")
    client.size = 2
    victim = await connect(database_url)
    cut = iter(range(100))

    def lose() -> None:
        if next(cut) == 1:
            victim.terminate()

    client.between = lose
    run_id = await request_run(other, "incremental")
    with pytest.raises(DATABASE_AWAY):
        await carry_out(victim, installation.work, run_id)
    committed = await other.fetchval(
        "SELECT last_id FROM botzilla.sync_cursor WHERE collection = 'jobs'"
    )
    client.between = None
    state = await carry_out(other, installation.work, run_id)
    assert (committed, state.state, state.documents >= 6) == (2, "succeeded", True)


async def test_a_run_is_carried_out_by_whoever_holds_the_lock(installation, other):
    """`jobsync sync` beside a running program: it waits for the program's run."""
    assert await try_lock(other, Lock.SYNC)
    run_id = await request_run(installation.connection, "incremental")
    asked_before = len(installation.attic.requests)
    async with asyncio.TaskGroup() as group:
        waits = group.create_task(
            carry_out(installation.connection, installation.work, run_id, every=0.01)
        )
        with suppress(TimeoutError):
            async with asyncio.timeout(0.1):
                await asyncio.shield(waits)
        assert (waits.done(), len(installation.attic.requests)) == (False, asked_before)
        await run_next(other, installation.work)
    assert waits.result().state == "succeeded"


async def test_a_job_created_during_an_outage_is_news_though_a_full_run_finds_it(installation):
    await installation.run()
    await installation.forget_alerts()
    installation.attic.later(3 * 3600)
    installation.job("Plans In Progress")
    installation.attic.later(3600)
    await installation.run("full")
    assert await installation.alerts() == [("job_assigned", "102")]


@pytest.mark.parametrize("ahead", [-900, 0, 900, 86_400])
@pytest.mark.parametrize("kind", ["first contact", "full"])
async def test_a_job_created_after_a_comparison_is_news_whatever_the_clock_of_its_answers_said(
    installation, client, ahead, kind
):
    """`Date` comes from a proxy, or from another server than the one that writes the stamps."""
    client.ahead = timedelta(seconds=ahead)
    await installation.run()
    if kind == "full":
        await installation.run("full")
    await installation.forget_alerts()
    installation.attic.later(130)
    installation.job("Plans In Progress")
    installation.attic.later(130)
    await installation.run()
    assert await installation.alerts() == [("job_assigned", "102")]


async def test_what_the_last_full_run_was_not_shown_is_adopted_silently(installation):
    """A right was widened: older than the newest stamp that it saw, and so nothing new."""
    await installation.run()
    installation.attic.later(3600)
    installation.job("Plans In Progress")
    installation.attic.scope("jobs", {"id": {"equals": 0}})
    installation.attic.later(3600)
    installation.attic.create("users", name="Somebody Else")
    await installation.run()
    await installation.run("full")
    await installation.forget_alerts()
    installation.attic.faults.clear()
    installation.attic.later(3600)
    await installation.run("full")
    assert "job_assigned" not in [kind for kind, _ in await installation.alerts()]


async def test_jobs_that_first_contact_was_not_shown_are_adopted_silently(installation):
    """The account could see no job at all; a whole company then comes into sight."""
    for _ in range(3):
        installation.job("Plans In Progress")
    installation.attic.scope("jobs", {"id": {"equals": 0}})
    installation.attic.later(3600)
    installation.attic.create("users", name="Somebody Else")
    await installation.run()
    await installation.forget_alerts()
    installation.attic.faults.clear()
    installation.attic.later(60)
    await installation.run("full")
    assert [kind for kind, _ in await installation.alerts()] == ["first_contact"]


@pytest.mark.parametrize(("collection", "field"), [("jobs", "assignedCrew"), ("users", "roles")])
async def test_what_comes_without_a_field_among_others_takes_no_job_away(
    installation, collection, field
):
    job = installation.job("Plans In Progress")
    await installation.run()
    await installation.forget_alerts()
    id = {"jobs": job, "users": CHRIS}[collection]
    document = installation.attic.document(collection, id)
    installation.attic.later(300)
    del document[field]
    stamp = installation.attic.moment.isoformat()
    installation.attic.plant(collection, id, document | {"updatedAt": stamp})
    installation.job("Closed Job")
    installation.attic.create("users", name="Somebody Else")
    assert (await installation.run()).state == "succeeded"
    assert await installation.alerts() == [("document_unreadable", "900")]


async def test_the_lock_is_given_back_after_a_run(installation, other):
    await installation.run()
    assert not await somebody_holds(other, Lock.SYNC)


async def test_older_requests_are_carried_out_on_the_way(installation):
    first = await request_run(installation.connection, "incremental")
    await installation.run("full")
    assert (await run_state(installation.connection, first)).state == "succeeded"
    assert await installation.runs() == [("incremental", "succeeded"), ("full", "succeeded")]


async def test_a_run_of_a_database_that_went_away_is_still_asked_for(
    installation, other, database_url
):
    victim = await connect(database_url)

    async def decide(connection, run, progress):
        victim.terminate()
        raise AtticTechUnavailable("too late")

    run_id = await request_run(other, "incremental")
    with pytest.raises(DATABASE_AWAY):
        await carry_out(victim, replace(installation.work, decide=decide), run_id)
    state = await carry_out(other, installation.work, run_id)
    assert state.state == "succeeded"
