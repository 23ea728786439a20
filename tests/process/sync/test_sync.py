"""`jobsync sync` as a process: what it prints, how it ends, and what a kill -9 leaves."""

import asyncio
import os
import pty
import re
import signal
import sys
from asyncio.subprocess import PIPE, Process
from functools import partial
from pathlib import Path

import pytest

from sandbox.attic_tech.system import API_KEY
from sync.postgres.locks import Lock, try_lock, unlock
from sync.postgres.pool import Connection, connect
from sync.runs.runner import carry_out, request_run
from tests.attic import CHRIS, LEADER, MEMBER, Attic, attic, client
from tests.installation import Installation, installation, other, work
from tests.posting import until

__all__ = ["attic", "client", "installation", "other", "work"]
ROOT = Path(__file__).parents[3]
#: The program, whose silence is believed after three seconds.
IMPATIENT = """
import sys, datetime, bot.cli, bot.cli.sync
bot.cli.sync.SILENCE = datetime.timedelta(seconds=3)
sys.exit(bot.cli.main())
"""
NEWEST = "SELECT max(id) FROM botzilla.sync_run"


@pytest.fixture
def environment(database_url: str, attic: Attic) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "DATABASE_URL": database_url,
        "ATTIC_TECH_API_URL": attic.url,
        "ATTIC_TECH_API_KEY": API_KEY,
        "OPERATION_MANAGER_TELEGRAM_IDS": "900",
    }


async def start(
    environment: dict[str, str],
    *options: str,
    stdout: int = PIPE,
    program: tuple[str, ...] = ("-m", "bot"),
) -> Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, *program, "sync", *options),
        env=environment,
        cwd="/",
        stdin=asyncio.subprocess.DEVNULL,
        stdout=stdout,
        stderr=PIPE,
        # Whoever started the tests in the background had Ctrl-C ignored, and it would inherit that.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    )


async def ended(process: Process) -> tuple[int, str, str]:
    said, complained = await process.communicate()
    return process.returncode, (said or b"").decode(), complained.decode()


async def test_it_prints_what_it_found(environment, installation):
    for _ in range(3):
        installation.job("In Production")
    for path in ("estimates", "properties"):  # or a step is over before anybody looks
        installation.attic.faults.add("slow", path=path, seconds=0.5)
    code, said, _ = await ended(await start(environment))
    assert code == 0
    assert "reading jobs\nreading estimates\n" in said
    collections = "jobs, estimates, properties, clients, users, branches, roles"
    assert f"Attic Tech's collections: {collections}.\n" in said
    numbers = r"1\d documents new or changed, \d+ jobs? changed, \d alerts?; \d+\.\d s\.$"
    assert re.search(rf"Run 1 \(incremental\): {numbers}", said.strip())


@pytest.mark.executable
async def test_a_second_run_finds_nothing(environment, installation):
    installation.job("In Production")
    await ended(await start(environment))
    code, said, _ = await ended(await start(environment, "--full"))
    found = "Run 2 (full): 0 documents new or changed, 0 jobs changed, 0 alerts; "
    assert (code, found in said) == (0, True)


async def test_a_run_that_fails_is_exit_code_1_with_the_sentence(environment, installation):
    installation.attic.hide("estimates")
    code, said, complained = await ended(await start(environment))
    assert (code, "Run 1 failed: " in complained, "Estimates" in complained) == (1, True, True)
    assert "documents" not in said


async def test_it_says_what_attic_tech_calls_its_collections(environment, installation):
    installation.attic.names.update(estimates="job-estimates", roles="crew-roles", users="staff")
    code, _, complained = await ended(await start(environment))
    assert (code, "ATTIC_TECH_COLLECTIONS" in complained) == (1, True)
    code, said, _ = await ended(
        await start(environment | {"ATTIC_TECH_COLLECTIONS": "users=staff"})
    )
    assert code == 0
    assert (
        "Attic Tech's collections: jobs, estimates (job-estimates), properties, clients,"
        " users (staff), branches; within what points at them: roles.\n"
    ) in said


@pytest.mark.parametrize(("people", "made"), [("", 0), ("match", 0), ("create", 1)])
async def test_people_are_made_out_of_attic_tech_where_the_setting_says_so(
    environment, installation, people, made
):
    installation.attic.create("users", name="Eva Sol", email="eva@x.example", roles=[1])
    code, _, _ = await ended(await start(environment | {"ATTIC_TECH_PEOPLE": people}))
    count = "SELECT count(*) FROM botzilla.employee WHERE status = 'pending' AND last_name = 'Sol'"
    assert (code, await installation.connection.fetchval(count)) == (0, made)


async def test_missing_settings_are_exit_code_2_and_named(environment, installation):
    del environment["ATTIC_TECH_API_KEY"]
    code, _, complained = await ended(await start(environment))
    assert (code, "ATTIC_TECH_EMAIL is missing" in complained) == (2, True)


async def test_on_a_terminal_there_is_a_bar(environment, installation):
    installation.job("In Production")
    terminal, end = pty.openpty()
    process = await start(environment | {"TERM": "xterm", "COLUMNS": "100"}, stdout=end)
    os.close(end)
    shown = b""
    while piece := await asyncio.to_thread(_read, terminal):
        shown += piece
    os.close(terminal)
    code, _, _ = await ended(process)
    # Which step was seen depends on how fast they pass; the bar itself does not.
    assert (code, b"\x1b[" in shown, "\u2501".encode() in shown) == (0, True, True)
    assert b"Run 1 (incremental): " in shown


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65_536)
    except OSError:  # Linux says so when the other end is closed
        return b""


async def asked(other: Connection) -> bool:
    return await other.fetchval("SELECT count(*) FROM botzilla.sync_run") == 1


async def test_it_waits_for_the_run_of_the_process_that_syncs(
    environment, installation, other: Connection
):
    assert await try_lock(other, Lock.SYNC)
    process = await start(environment)
    await until(partial(asked, other), 30)
    await unlock(other, Lock.SYNC)
    run_id = await other.fetchval("SELECT id FROM botzilla.sync_run")
    await carry_out(other, installation.work, run_id)
    code, said, _ = await ended(process)
    assert (code, "Run 1 (incremental): " in said) == (0, True)


async def test_kill_9_between_two_pages_loses_nothing_and_tells_nobody_twice(
    environment, installation: Installation, database_url
):
    jobs = [installation.job("Requires Crew Lead") for _ in range(40)]
    await installation.run()
    await installation.forget_alerts()
    installation.attic.later(60)
    with installation.attic.transaction() as bulk:
        for job in jobs:
            bulk.patch("jobs", job, {"status": "Plans In Progress"})
    for killed_after in (1, 3, 5, 8):
        installation.attic.requests.clear()
        process = await start(environment)
        async with asyncio.timeout(30):
            while len(installation.attic.requests) < killed_after:
                await asyncio.sleep(0)
        process.send_signal(signal.SIGKILL)
        await process.communicate()
    code, _, _ = await ended(await start(environment))
    assert code == 0
    assert await installation.alerts() == [("job_assigned", "102")] * len(jobs)


async def test_a_request_of_a_killed_process_is_carried_out_by_the_next(
    environment, installation, database_url
):
    connection = await connect(database_url)
    try:
        first = await request_run(connection, "full")
        await connection.execute("UPDATE botzilla.sync_run SET state = 'running', began_at = now()")
    finally:
        await connection.close()
    code, said, _ = await ended(await start(environment))
    assert (code, f"Run {first + 1} (incremental)" in said) == (0, True)
    assert await installation.runs() == [("full", "succeeded"), ("incremental", "succeeded")]


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
async def test_an_acceptance_that_waits_is_withdrawn_with_whoever_typed_it(
    environment, installation: Installation, other: Connection, how: signal.Signals
):
    await installation.run()
    for _ in range(12):
        installation.job("Plans In Progress")
    await installation.run()
    installation.attic.later(60)
    installation.attic.create("users", name="Ana Ruiz", roles=[LEADER])
    installation.attic.patch("users", CHRIS, roles=[MEMBER])
    await other.execute("DELETE FROM botzilla.sync_run")
    assert await try_lock(other, Lock.SYNC)
    process = await start(environment, "--accept")
    await until(partial(asked, other), 30)
    process.send_signal(how)
    code, _, complained = await ended(process)
    assert (code != 0, "Traceback" in complained) == (True, False)

    async def left() -> bool:
        return not await other.fetchval(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted"
            " AND pid <> pg_backend_pid()"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )

    await until(left, 30)
    await unlock(other, Lock.SYNC)
    state = await carry_out(other, installation.work, await other.fetchval(NEWEST))
    assert (state.accept, state.state) == (False, "succeeded")
    kinds = [kind for kind, _ in await installation.alerts()]
    assert (kinds.count("mass_change_held"), kinds.count("crew_lead_missing")) == (1, 0)


async def test_a_stopped_process_loses_the_sync_lock_and_another_goes_on_with_its_run(
    environment, installation: Installation, other: Connection
):
    """Ctrl-Z: it is alive for its system and its connection, and never comes back by itself."""
    installation.attic.jobs(3)
    installation.attic.faults.add("slow", path="clients", seconds=6)
    process = await start(environment, program=("-c", IMPATIENT))

    async def is_at_work() -> bool:
        return any("properties" in seen.path for seen in installation.attic.requests)

    await until(is_at_work, 30)
    process.send_signal(signal.SIGSTOP)
    installation.attic.faults.clear()
    try:
        async with asyncio.timeout(30):
            state = await carry_out(other, installation.work, await other.fetchval(NEWEST))
        assert state.state == "succeeded"
    finally:
        process.send_signal(signal.SIGCONT)
    code, _, complained = await ended(process)
    assert (code, "Traceback" in complained) == (1, False)
