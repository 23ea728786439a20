"""The gate of logins in PostgreSQL: one process at a time, and one memory for all of them."""

import asyncio
from contextlib import suppress

import pytest

from sync.attic_tech.errors import AtticTechUnavailable
from sync.attic_tech.login import Gate
from sync.postgres.locks import Lock, somebody_holds, try_lock, unlock
from sync.postgres.pool import Connection, Pool, open_pool


async def test_a_refused_credential_is_known_to_every_process_for_a_quarter_of_an_hour(
    pool: Pool, database_url: str, connection: Connection
):
    async with Gate(pool).alone() as refusals:
        assert await refusals.cause("f00d") is None
        await refusals.remember("f00d", "locked")
    elsewhere = await open_pool(database_url)
    async with Gate(elsewhere).alone() as refusals:
        assert await refusals.cause("f00d") == "locked"
        assert await refusals.cause("beef") is None
        await connection.execute(
            "UPDATE botzilla.sync_state SET updated_at = now() - interval '15 minutes'"
        )
        assert await refusals.cause("f00d") is None
        await refusals.remember("f00d", "credentials")
        assert await refusals.cause("f00d") == "credentials"
    await elsewhere.close()


async def test_a_good_login_forgets_its_own_refusal_and_old_ones_and_nothing_else(
    pool: Pool, connection: Connection
):
    async with Gate(pool).alone() as refusals:
        await refusals.remember("old", "credentials")
        await connection.execute(
            "UPDATE botzilla.sync_state SET updated_at = now() - interval '1 hour'"
        )
        await connection.execute(
            "INSERT INTO botzilla.sync_state (key, value, updated_at)"
            " VALUES ('first_contact', '{}', now() - interval '1 year')"
        )
        await refusals.remember("mine", "credentials")
        await refusals.remember("hers", "locked")
        await refusals.forget("mine")
    keys = await connection.fetch("SELECT key FROM botzilla.sync_state ORDER BY key")
    assert [row["key"] for row in keys] == ["attic_tech_refused:hers", "first_contact"]


async def test_what_is_remembered_stays_although_the_login_failed(
    pool: Pool, connection: Connection
):
    with suppress(RuntimeError):
        async with Gate(pool).alone() as refusals:
            await refusals.remember("f00d", "locked")
            raise RuntimeError
    assert await connection.fetchval("SELECT count(*) FROM botzilla.sync_state") == 1
    assert not await somebody_holds(connection, Lock.LOGIN)


async def test_logins_of_two_processes_never_overlap(pool: Pool, connection: Connection):
    inside = 0

    async def log_in() -> None:
        nonlocal inside
        async with Gate(pool).alone():
            inside += 1
            assert inside == 1
            assert not await try_lock(connection, Lock.LOGIN)
            inside -= 1

    async with asyncio.TaskGroup() as tasks:
        for _ in range(3):
            tasks.create_task(log_in())


async def test_a_process_that_never_comes_out_is_waited_for_only_so_long(
    pool: Pool, connection: Connection
):
    await try_lock(connection, Lock.LOGIN)
    with pytest.raises(AtticTechUnavailable) as caught:
        async with Gate(pool, patience=0.3).alone():
            pytest.fail("somebody else is inside")
    assert (caught.value.cause, caught.value.again) == ("login_busy", False)
    await unlock(connection, Lock.LOGIN)
    async with Gate(pool).alone():
        assert await somebody_holds(connection, Lock.LOGIN)


async def test_a_cancelled_login_lets_the_next_one_in(pool: Pool, connection: Connection):
    inside = asyncio.Event()

    async def log_in() -> None:
        async with Gate(pool).alone():
            inside.set()
            await asyncio.Event().wait()

    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(log_in())
        await inside.wait()
        task.cancel()
    assert not await somebody_holds(connection, Lock.LOGIN)


async def test_who_is_stopped_inside_is_outside_again(pool: Pool):
    stopped = asyncio.Event()
    async with asyncio.TaskGroup() as group:

        async def log_in_and_stop() -> None:
            async with Gate(pool, silence=0.5).alone():
                stopped.set()
                await asyncio.Event().wait()

        stuck = group.create_task(log_in_and_stop())
        await stopped.wait()
        async with asyncio.timeout(20), Gate(pool).alone():
            stuck.cancel()


async def test_the_limit_of_silence_ends_with_the_login(pool: Pool):
    async with Gate(pool, silence=5).alone():
        pass
    assert await pool.fetchval("SHOW idle_session_timeout") == "0"
