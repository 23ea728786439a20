"""`jobsync run` as a process: what it needs, what it says, and how it stops."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import asyncpg
import psutil
import pytest

ACCOUNT = {
    "TELEGRAM_BOT_TOKEN": "7000000001:sandbox-token-of-nobody",
    "ATTIC_TECH_EMAIL": "bot@attic.example",
    "ATTIC_TECH_PASSWORD": "bot-password",
}
ROOT = Path(__file__).parents[3]


def environment(**settings: str) -> dict[str, str]:
    """Of this process's environment only what an interpreter needs; and the settings."""
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **settings}


def call(*arguments: str, cwd: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        cwd=cwd,
        env=environment(**settings),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )


@contextmanager
def sandbox(system: str) -> Iterator[str]:
    """The URL of a pretend system in a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox", system],
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            word, url = process.stdout.readline().split()
            assert word == "READY"
            yield url
        finally:
            process.terminate()


class Program:
    """`jobsync run` with the sandboxes around it; its log, line by line."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bot", "run"],
            cwd=folder,
            env=environment(**settings, LOG_FORMAT="json", HTTP_PORT="0"),
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    def until(self, event: str) -> dict[str, object]:
        """The first line of the log, from here on, that tells this event."""
        seen = []
        for line in self.process.stderr:
            seen.append(line)
            if line.startswith("{") and (fact := json.loads(line))["event"] == event:
                return fact
        raise AssertionError(f"it ended without {event}:\n{''.join(seen)}")

    def stop(self, by: signal.Signals) -> tuple[int, float]:
        """The exit code, and the seconds it took to stop."""
        began = time.monotonic()
        self.process.send_signal(by)
        self.process.stderr.read()
        return self.process.wait(), time.monotonic() - began

    def kill(self) -> None:
        self.process.kill()
        self.process.stderr.close()
        self.process.wait()


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that PostgreSQL may use too, which does not run as root."""
    with TemporaryDirectory(prefix="jobsync-run-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture
def attic_tech() -> Iterator[str]:
    with sandbox("attic-tech") as url:
        yield url


@pytest.fixture
def program(folder: Path, attic_tech: str) -> Iterator[Program]:
    """The program on an embedded database, up and running."""
    with ExitStack() as stack:
        telegram = stack.enter_context(sandbox("telegram"))
        program = Program(
            folder,
            **ACCOUNT,
            TELEGRAM_API_URL=telegram,
            ATTIC_TECH_API_URL=attic_tech,
            DATA_DIR=str(folder / "data"),
            SYNC_INTERVAL="1",
        )
        stack.callback(program.kill)
        yield program


def test_on_a_database_of_its_own_people_are_made_out_of_attic_tech(
    folder: Path, program: Program, attic_tech: str
) -> None:
    writes = [
        ["create", "roles", {"id": 1, "name": "Crew Leader"}],
        ["create", "users", {"name": "Eva Sol", "email": "eva@x.example", "roles": [1]}],
    ]
    control = f"{urlsplit(attic_tech).netloc}/_sandbox"
    urllib.request.urlopen(f"http://{control}/batch", json.dumps(writes).encode()).close()
    assert program.until("people_written")["statement"] == "make"


def test_what_is_missing_is_named_before_anything_starts(folder: Path) -> None:
    ended = call("run", cwd=folder)
    assert ended.returncode == 2
    assert [line.split()[0] for line in ended.stderr.splitlines()] == [
        "TELEGRAM_BOT_TOKEN",
        "ATTIC_TECH_EMAIL",
        "ATTIC_TECH_PASSWORD",
        "Or",
        "Give",
    ]
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("command", ["run", "sync"])
def test_an_old_schema_is_left_alone_and_the_command_is_told(
    command: str, folder: Path, empty_database_url: str
) -> None:
    ended = call(command, cwd=folder, DATABASE_URL=empty_database_url, **ACCOUNT)
    assert ended.returncode == 1
    assert "jobsync migrate up" in ended.stderr


async def test_a_newer_schema_is_refused(folder: Path, database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    await connection.execute("UPDATE botzilla.jobsync_version SET version_num = '9999'")
    await connection.close()
    ended = call("run", cwd=folder, DATABASE_URL=database_url, **ACCOUNT)
    assert ended.returncode == 1
    assert "newer" in ended.stderr


def test_a_database_that_does_not_answer_is_no_traceback(folder: Path) -> None:
    ended = call("run", cwd=folder, DATABASE_URL="postgresql://x:secret@127.0.0.1:1/x", **ACCOUNT)
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    assert "secret" not in ended.stderr


@pytest.mark.parametrize(
    "by", [pytest.param(signal.SIGTERM, marks=pytest.mark.executable), signal.SIGINT]
)
def test_it_runs_on_a_database_of_its_own_and_stops_within_ten_seconds(
    program: Program, by: signal.Signals
) -> None:
    address = program.until("listening")["address"]
    host, port = address
    with urllib.request.urlopen(f"http://{host}:{port}/healthz") as answer:
        assert answer.status == 200
    program.until("run_ended")
    children = psutil.Process(program.process.pid).children(recursive=True)
    code, seconds = program.stop(by)
    assert code == 0
    assert seconds < 10
    assert [child for child in children if child.is_running()] == []


@pytest.mark.timeout(180)  # the program waits for the dead on its way out, one after the other
def test_it_stops_also_when_its_database_answers_nothing_any_more(
    folder: Path, program: Program
) -> None:
    program.until("run_ended")
    with frozen(folder / "data" / "postgres" / "data" / "postmaster.pid"):
        code, _ = program.stop(signal.SIGTERM)
    assert code == 0


@contextmanager
def frozen(pid_file: Path) -> Iterator[None]:
    """PostgreSQL with all its processes stands still, and dies at the end of the block."""
    server = psutil.Process(int(pid_file.read_text().split()[0]))
    processes = [server, *server.children()]
    for process in processes:
        process.suspend()
    try:
        yield
    finally:
        for process in processes:
            process.kill()
