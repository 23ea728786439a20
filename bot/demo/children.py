"""What the demo starts and leaves nothing of: programs in sessions of their own, a folder.

The folder is gone when the demo ends, and after kill -9 with the next demo: its lock is held as
long as a demo lives. Folders of other accounts are left alone.
"""

import asyncio
import ctypes
import fcntl
import os
import shutil
import signal
import sys
import tempfile
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import bot
from bot.failures import CommandFailed

#: Seconds that a program may take to say that it is ready, and to stop.
_READY_WITHIN, _STOPS_WITHIN = 30.0, 10.0
_PR_SET_PDEATHSIG = 1
_LAST_WORDS = 15
#: What a program needs of our own environment; settings of the real program are none of it.
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "PYTHONDONTWRITEBYTECODE")
_PREFIX = "jobsync-demo-"
#: Seconds after which a folder without a lock is no demo that is just beginning.
_BEGINS_WITHIN = 60.0


def _die_with_parent() -> None:
    """Have the kernel stop the child if we are killed (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass(frozen=True, slots=True)
class Child:
    """A running program, and the file of what it says."""

    name: str
    process: Process
    log: Path

    async def ready(self) -> str:
        """The address behind `READY`; raises CommandFailed with the program's last words."""
        line = ""
        if self.process.stdout is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(_READY_WITHIN):
                    line = (await self.process.stdout.readline()).decode()
        word, _, url = line.strip().partition(" ")
        if word != "READY":
            raise CommandFailed(f"{self.name} did not start:\n{self.last_words()}")
        return url

    async def ended(self) -> None:
        """Wait for an end that nobody asked for; raises CommandFailed with its last words."""
        code = await self.process.wait()
        raise CommandFailed(f"{self.name} ended with code {code}:\n{self.last_words()}")

    def last_words(self) -> str:
        """The end of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-_LAST_WORDS:])

    async def stop(self) -> None:
        """Ask it to stop, wait, and leave nothing of it; done twice, the second time is nothing."""
        if self.process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            self.process.terminate()
        with suppress(TimeoutError):
            async with asyncio.timeout(_STOPS_WITHIN):
                await self.process.wait()
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        await self.process.wait()


@asynccontextmanager
async def child(
    name: str, *module: str, folder: Path, settings: Mapping[str, str] | None = None
) -> AsyncIterator[Child]:
    """`python -m <module>` in `folder` while the block lasts; what it logs goes to a file there."""
    log = folder / f"{name.replace(' ', '-')}.log"
    ours = {key: os.environ[key] for key in _PASSED_ON if key in os.environ}
    # The folder has no `.env`, and the packages are found although they may not be installed.
    ours["PYTHONPATH"] = str(Path(bot.__file__).parent.parent)
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", *module),
            stdin=DEVNULL,
            stdout=PIPE if settings is None else output,
            stderr=output,
            cwd=folder,
            env=ours | dict(settings or {}),
            start_new_session=True,
            preexec_fn=_die_with_parent,
        )
    started = Child(name, process, log)
    try:
        yield started
    finally:
        await started.stop()


@contextmanager
def own_folder() -> Iterator[Path]:
    """A folder for this demo, open to the account that PostgreSQL runs as."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError):  # another demo holds it, or was faster
            _remove_if_abandoned(folder)
    with tempfile.TemporaryDirectory(prefix=_PREFIX, ignore_cleanup_errors=True) as name:
        folder = Path(name)
        if os.geteuid() == 0:
            folder.chmod(0o755)  # PostgreSQL runs as nobody then, who must get in
        with _locked(folder):
            yield folder


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """The folder's lock; raises OSError when another process holds it, or `folder` is a link."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


def _remove_if_abandoned(folder: Path) -> None:
    state = folder.stat(follow_symlinks=False)
    if state.st_uid == os.geteuid() and time.time() - state.st_mtime > _BEGINS_WITHIN:
        with _locked(folder):
            shutil.rmtree(folder, ignore_errors=True)
