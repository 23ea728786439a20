"""`jobsync demo` as somebody starts it: plays by itself, in both languages, and leaves nothing."""

import asyncio
import os
import pty
import shutil
import signal
import sys
import tempfile
import time
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = [
    pytest.mark.executable,
    pytest.mark.timeout(180),
    pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc"),
]


@pytest.fixture
def place() -> Iterator[Path]:
    """Where the demo puts its temporary folder: open to the account that PostgreSQL runs as."""
    folder = Path(tempfile.mkdtemp(prefix="jobsync-test-demo-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@asynccontextmanager
async def demo(place: Path, *shell: str, stdin: int = PIPE) -> AsyncIterator[Process]:
    program = await asyncio.create_subprocess_exec(
        *(*shell, sys.executable, "-m", "bot", "demo"),
        stdin=stdin,
        stdout=PIPE,
        stderr=STDOUT,
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(place)},
    )
    yield program
    if program.returncode is None:
        program.kill()
        await program.wait()


async def until(program: Process, words: str) -> str:
    """What the program printed up to the line with `words`."""
    assert program.stdout is not None
    printed = ""
    while line := (await program.stdout.readline()).decode():
        printed += line
        if words in line:
            return printed
    raise AssertionError(f"it never said {words!r}:\n{printed}")


def living(place: Path) -> list[str]:
    """The command lines of processes that carry `place` in their arguments or environment."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            known = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if str(place).encode() in known and int(process.name) != os.getpid():
            found.append(command)
    return found


def wait_until_none_lives(place: Path, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while living(place):
        assert time.monotonic() < deadline, living(place)
        time.sleep(0.05)  # nobody tells us when a process that is not our child ends


async def test_it_plays_the_day_in_both_languages_and_obeys_what_is_typed(place: Path):
    async with demo(place) as program:
        assert program.stdin is not None
        program.stdin.write(b"nobody /myjobs\nkevin /whoami\n")
        said = await until(program, "Now it is yours:")
        program.stdin.write(b"quit\n")
        assert await program.wait() == 0, said
    for words in (
        "Nobody here is called nobody.",
        "Luis Ortega · operations manager",
        "A crew leader is needed",
        "Sucursal: San Bernardino",  # spelled "San  Bernardino " in Attic Tech
        "Chris Jordan · crew leader · changed",
        " 1  Open in Attic Tech ↗",
        "Patricia taps: 📩 Invitar a Ben Carter",
        "Ben Carter · crew leader",
        "Amy Nguyen · salesperson",
        "Cambios encontrados: 1",
        "The day is over.",
    ):
        assert words in said, said
    assert (living(place), list(place.iterdir())) == ([], [])


async def test_sigterm_ends_it_also_where_a_script_started_it_in_the_background(place: Path):
    async with demo(place, "sh", "-c", 'trap "" INT; exec "$@"', "sh") as program:
        await until(program, "Starting")
        program.send_signal(signal.SIGTERM)
        assert await program.wait() == 0
    assert (living(place), list(place.iterdir())) == ([], [])


async def test_kill_9_leaves_no_process_and_the_next_demo_cleans_up_obeys_enter_and_takes_ctrl_c(
    place: Path,
):
    async with demo(place) as program:
        await until(program, "The program runs")
        assert living(place)
        program.kill()
        await program.wait()
    wait_until_none_lives(place)
    (killed,) = place.iterdir()
    os.utime(killed, (0, 0))  # so that it could not be one that is just beginning
    keyboard, terminal = pty.openpty()
    async with demo(place, stdin=terminal) as program:
        await until(program, "Enter: the next scene.")
        assert not killed.exists()
        os.write(keyboard, b"\n")
        scene = await until(program, "Enter: the next scene.")
        assert scene.startswith("Amy sells the Henderson house")
        program.send_signal(signal.SIGINT)
        assert await program.wait() == 0
    os.close(terminal)
    os.close(keyboard)
    assert (living(place), list(place.iterdir())) == ([], [])
