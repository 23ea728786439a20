"""`jobsync migrate` as somebody types it: words, exit codes, several at once."""

import os
import subprocess
import sys
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import pytest

from sync.postgres.schema import REVISIONS
from tests.databases import dump, run_sql


def _arguments(url: str, words: tuple[str, ...]) -> dict:
    return {
        "args": [sys.executable, "-m", "bot", "migrate", *words],
        "env": {"PATH": os.environ["PATH"], "DATABASE_URL": url},
        "text": True,
    }


def jobsync(url: str, *words: str) -> subprocess.CompletedProcess[str]:
    """What `jobsync migrate WORDS` says about the database."""
    return subprocess.run(**_arguments(url, words), capture_output=True, check=False)


def test_from_nothing_up_and_down_again(empty_database_url: str) -> None:
    said = [
        (jobsync(empty_database_url, *words).returncode, words)
        for words in (["status"], ["up"], ["status"], [], ["down"], ["status"], ["down"])
    ]
    assert [code for code, _ in said] == [1, 0, 0, 0, 0, 1, 0], said


def test_status_says_where_both_are(empty_database_url: str) -> None:
    said = jobsync(empty_database_url, "status")
    assert said.stdout == f"Schema: never migrated. Program: {REVISIONS[-1]}. It is behind.\n"


async def test_what_botzilla_dropped_is_seen_and_made_anew(database_url: str) -> None:
    await run_sql(
        database_url,
        "DROP TABLE botzilla.job_state_change_log CASCADE; DROP TABLE botzilla.job_sync CASCADE",
    )
    said = jobsync(database_url, "status")
    assert said.returncode == 1
    assert said.stdout.endswith(
        " It is damaged. Somebody dropped job_sync and job_state_change_log.\n"
    )
    assert jobsync(database_url, "up").stdout == (
        "What was dropped is there again: job_sync and job_state_change_log.\n"
    )
    assert jobsync(database_url, "status").returncode == 0


async def test_a_newer_schema_is_refused_and_left_alone(database_url: str) -> None:
    await run_sql(database_url, "UPDATE botzilla.jobsync_version SET version_num = '0099'")
    before = dump(database_url)
    for words in ("up", "down"):
        said = jobsync(database_url, words)
        assert said.returncode == 1
        assert "newer than this program" in said.stderr
    assert jobsync(database_url, "status").returncode == 1
    assert dump(database_url) == before


def test_without_an_answer_it_says_so() -> None:
    said = jobsync("postgresql://nobody@127.0.0.1:1/nothing", "up")
    assert said.returncode == 1
    assert said.stderr.startswith("The database does not answer (see DATABASE_URL): ")
    assert "Error(" not in said.stderr


def test_who_is_refused_reads_why_in_the_words_of_postgresql(empty_database_url: str) -> None:
    address = urlsplit(empty_database_url)
    unknown = address._replace(netloc=f"nobody_here:x@{address.hostname}:{address.port}")
    said = jobsync(urlunsplit(unknown), "status")
    assert said.returncode == 1
    assert said.stderr.startswith("The database refuses us (see DATABASE_URL): ")
    assert "nobody_here" in said.stderr


def test_a_role_is_named_only_for_the_script() -> None:
    said = jobsync("postgresql://nobody@127.0.0.1:1/nothing", "up", "--grant", "app")
    assert (said.returncode, said.stdout) == (2, "")
    assert "migrate sql --grant" in said.stderr


async def test_what_postgresql_refuses_is_told_in_its_words(empty_database_url: str) -> None:
    role = f"r{uuid4().hex[:8]}"
    await run_sql(empty_database_url, f"CREATE ROLE {role} LOGIN PASSWORD 'secret'")
    address = urlsplit(empty_database_url)
    theirs = address._replace(netloc=f"{role}:secret@{address.hostname}:{address.port}")
    said = jobsync(urlunsplit(theirs), "up")
    await run_sql(empty_database_url, f"DROP ROLE {role}")
    assert said.returncode == 1
    assert said.stderr.startswith("PostgreSQL says: permission denied for database")


def test_the_script_needs_no_database() -> None:
    said = jobsync("", "sql", "--grant", "app")
    assert said.returncode == 0
    assert said.stdout.startswith("-- BotZilla Job Sync")
    assert 'GRANT USAGE ON SCHEMA botzilla TO "app";' in said.stdout
    assert said.stderr == ""


@pytest.mark.executable
def test_several_at_once_migrate_once(empty_database_url: str) -> None:
    running = [
        subprocess.Popen(
            **_arguments(empty_database_url, ("up",)),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for _ in range(3)
    ]
    said = [(process.communicate(), process.returncode) for process in running]
    assert [code for _, code in said] == [0, 0, 0], said
