"""`jobsync why` as a process: what it prints, how it ends, also while the program runs."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest

from sync.postgres.locks import Lock, try_lock
from sync.postgres.pool import Connection
from tests.mirror import Town

ROOT = Path(__file__).parents[3]


@pytest.fixture
def environment(database_url: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "DATABASE_URL": database_url}


@pytest.fixture
async def town(connection: Connection) -> Town:
    town = await Town.build(connection)
    await town.job(7, "Plans In Progress", assignedCrew=[7])
    await town.decide()
    return town


async def why(environment: dict[str, str], job: str) -> tuple[int | None, str, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "why", job),
        env=environment,
        cwd="/",
        stdin=asyncio.subprocess.DEVNULL,
        stdout=PIPE,
        stderr=PIPE,
    )
    said, complained = await process.communicate()
    return process.returncode, said.decode(), complained.decode()


async def test_it_tells_the_story_as_plain_text_whoever_syncs_meanwhile(environment, town):
    assert await try_lock(town.connection, Lock.SYNC)
    code, said, complained = await why(environment, "#7")
    assert (code, complained) == (0, "")
    lines = said.splitlines()
    assert lines[:2] == ["Job 7 · #7", "Plans In Progress · orange · Chris Jordan"]
    assert lines[-1] == (
        "⏳ Chris Jordan (crew leader), “You have a new job”: goes out in a moment"
    )
    assert "<" not in said


@pytest.mark.executable
async def test_an_estimate_leads_to_its_job_and_the_language_is_the_default_one(environment, town):
    code, said, _ = await why({**environment, "DEFAULT_LANGUAGE": "es"}, "e107")
    assert code == 0
    assert said.startswith("Job 7 · #7\nPlan en preparación · orange · Chris Jordan\n")


async def test_a_job_that_we_never_saw_is_exit_code_1_and_one_sentence(environment, town):
    assert await why(environment, "8") == (1, "", "Attic Tech has never shown us a job 8.\n")


async def test_a_job_that_cannot_be_read_is_exit_code_1_and_says_why(environment, town):
    await town.connection.execute(
        "INSERT INTO botzilla.attic_tech_document (collection, id, state, reason, seen_at)"
        " VALUES ('jobs', 8, 'set_aside', 'no <status>', '2026-11-24 20:00Z')"
    )
    code, said, complained = await why(environment, "8")
    assert (code, said) == (1, "")
    assert complained.replace("\u202f", " ") == (
        "8: Since Nov 24, 2026, 12:00 PM a record of Attic Tech cannot be read:"
        " jobs 8 (no <status>)\n"
    )


async def test_a_job_that_cannot_be_decided_on_is_exit_code_1_and_says_why(environment, town):
    await town.connection.execute(
        "INSERT INTO botzilla.sync_set_aside (collection, id, fresh, reason, digest, set_aside_at)"
        " VALUES ('jobs', 8, true, 'TypeError', '1', '2026-11-24 20:00Z')"
    )
    code, _, complained = await why(environment, "8")
    assert code == 1
    assert complained.replace("\u202f", " ") == (
        "8: Since Nov 24, 2026, 12:00 PM its news waits, for we do not understand it:"
        " jobs 8 (TypeError)\n"
    )


@pytest.mark.parametrize("job", ["seven", ""])
async def test_what_is_no_number_is_exit_code_2(environment, job):
    code, said, complained = await why(environment, job)
    assert (code, said) == (2, "")
    assert complained == ("JOB is the number of a job, like 7 or #7, or E12 for a sold estimate.\n")


async def test_without_an_answer_of_the_database_it_is_exit_code_1(environment):
    url = "postgresql://nobody@127.0.0.1:1/nothing"
    code, _, complained = await why({**environment, "DATABASE_URL": url}, "7")
    assert code == 1
    assert complained.startswith("The database does not answer")
