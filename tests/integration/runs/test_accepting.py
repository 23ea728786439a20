"""An acceptance counts while whoever asked for it is there; else the run is like any other."""

from collections.abc import AsyncIterator

import pytest

from sync.postgres.pool import Connection, connect
from sync.runs.runner import RunState, carry_out, request_run, run_next, run_state
from tests.installation import Installation
from tests.posting import until

pytestmark = pytest.mark.every_server


@pytest.fixture
async def asking(database_url: str) -> AsyncIterator[Connection]:
    """The connection of somebody at a terminal."""
    opened = await connect(database_url)
    yield opened
    await opened.close()


async def leaves(asking: Connection, installation: Installation) -> None:
    """They press Ctrl-C, and the database has noticed."""
    pid = asking.get_server_pid()
    asking.terminate()

    async def gone() -> bool:
        return not await installation.connection.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE pid = $1", pid
        )

    await until(gone)


async def carried_out(installation: Installation, run: int) -> RunState:
    return await carry_out(installation.connection, installation.work, run)


async def test_an_acceptance_counts_while_whoever_asked_waits(installation, asking):
    run = await request_run(asking, "full", accept=True)
    assert (await carried_out(installation, run)).accept


async def test_an_acceptance_that_had_not_begun_is_none_once_whoever_asked_is_gone(
    installation, asking
):
    run = await request_run(asking, "full", accept=True)
    await leaves(asking, installation)
    state = await carried_out(installation, run)
    assert (state.accept, state.kind, state.state) == (False, "full", "succeeded")


async def test_of_two_who_ask_one_is_enough(installation, asking, other):
    run = await request_run(asking, "full", accept=True)
    assert await request_run(other, "full", accept=True) == run
    await leaves(asking, installation)
    assert (await carried_out(installation, run)).accept


async def test_who_joins_the_acceptance_of_somebody_who_leaves_gets_a_run_without_it(
    installation, asking, other
):
    run = await request_run(asking, "full", accept=True)
    assert await request_run(other, "full") == run
    await leaves(asking, installation)
    assert not (await carried_out(installation, run)).accept


async def test_the_run_of_a_process_that_is_gone_is_resumed_without_its_acceptance(
    installation, asking
):
    run = await request_run(asking, "full", accept=True)
    await asking.execute("UPDATE botzilla.sync_run SET state = 'running', began_at = now()")
    await leaves(asking, installation)
    assert not (await carried_out(installation, run)).accept


async def test_it_is_whoever_asked_for_this_run_who_must_be_there(installation, asking, other):
    first = await request_run(asking, "full", accept=True)
    await leaves(asking, installation)
    await other.execute("UPDATE botzilla.sync_run SET state = 'running', began_at = now()")
    second = await request_run(other, "full", accept=True)
    await other.execute("UPDATE botzilla.sync_run SET state = 'requested'")
    await run_next(installation.connection, installation.work)
    await run_next(installation.connection, installation.work)
    states = [await run_state(installation.connection, run) for run in (first, second)]
    assert [state.accept for state in states] == [False, True]
