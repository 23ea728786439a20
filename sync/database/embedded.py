"""An embedded PostgreSQL: used when no DATABASE_URL is set, by the demo, the tests, and a real single-machine run.

Several commands on one machine share it: each holds a lease (a shared lock on a file), the first one starts the server,
the last one to leave stops it. Locks belong to open files, so kill -9 of anybody releases his; a small process of its own
(`keeper.py`) stops the server when nobody is left. Whether a server runs is told by a lock too, one that all its
processes inherit, never by a pid file: a pid may belong to somebody else by now.

It listens on 127.0.0.1 with a random password, kept beside the data and readable by its user only: with `trust` every
account on the machine would be the database's superuser. A Unix socket would do as well, but its path may hold 107
characters only, and a data folder may be deeper.
"""

import asyncio
import fcntl
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from sync.database import keeper
from sync.database.placement import Place, choose_place

USER, DATABASE = "jobsync", "botzilla"
_STARTS_WITHIN = 60.0  # seconds; crash recovery of a large cluster takes a while
_STARTS_AT_MOST = 3
_BUILTIN_LOCALES_SINCE = 17


class EmbeddedDatabaseFailed(RuntimeError):
    """The embedded PostgreSQL does not start; carries the end of what it said."""


def _open(file: Path) -> int:
    return os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


@contextmanager
def _opened(file: Path) -> Iterator[int]:
    descriptor = _open(file)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _locks(descriptor: int) -> bool:
    """Whether the file could be locked for us alone, without waiting."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True, slots=True)
class _Cluster:
    """The files of one cluster, and what can be learned from them."""

    place: Place
    options: tuple[str, ...]

    def file(self, name: str) -> Path:
        return self.place.folder / name

    @property
    def url(self) -> str:
        password = self.file("password").read_text().strip()
        return f"postgresql://{USER}:{password}@127.0.0.1:{self.port()}/{DATABASE}"

    def _status(self) -> list[str]:
        """PostgreSQL's own lines about the running server: pid, folder, start, port, socket, address, key, state."""
        try:
            return (self.place.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return []

    def port(self) -> int:
        return int(self._status()[3])

    def pid(self) -> int | None:
        lines = self._status()
        return int(lines[0]) if lines else None

    def ready(self) -> bool:
        return [line.strip() for line in self._status()[7:8]] == ["ready"]

    def last_words(self) -> str:
        said = self.file("server.log")
        return (
            "\n".join(said.read_text(errors="replace").splitlines()[-5:]) if said.exists() else ""
        )


def _locale(binaries: Path) -> tuple[str, ...]:
    """A locale that needs nothing from the machine where PostgreSQL brings one, and knows more letters than ASCII."""
    said = subprocess.run(
        [binaries / "postgres", "--version"], capture_output=True, text=True, check=True
    ).stdout
    if int(said.split()[2].partition(".")[0]) >= _BUILTIN_LOCALES_SINCE:
        return ("--locale-provider", "builtin", "--locale", "C.UTF-8")
    return ("--locale", "C.UTF-8")


def _run_initdb(place: Place, folder: Path, password: Path) -> None:
    if place.owner is not None:
        os.chown(folder, place.owner.uid, place.owner.gid)
        os.chown(password, place.owner.uid, place.owner.gid)
    made = subprocess.run(  # type: ignore[call-overload]
        [
            *(place.binaries / "initdb", "--pgdata", folder, "--username", USER),
            *("--auth", "scram-sha-256", "--pwfile", password, "--encoding", "UTF8"),
            *_locale(place.binaries),
            *("--no-sync", "--no-instructions"),
        ],
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
        **(place.owner.identity if place.owner else {}),
    )
    if made.returncode:
        raise EmbeddedDatabaseFailed(made.stderr.strip())


def _make(cluster: _Cluster) -> None:
    """Run initdb, into a folder of another name first, so that a killed initdb leaves no half a cluster."""
    unfinished = Path(tempfile.mkdtemp(prefix="initdb-", dir=cluster.place.folder))
    password = cluster.file("password")
    password.unlink(missing_ok=True)
    password.touch(mode=0o600)
    password.write_text(secrets.token_urlsafe(24))
    _run_initdb(cluster.place, unfinished, password)
    os.chown(password, os.geteuid(), os.getegid())
    unfinished.rename(cluster.place.data)


def _launch(cluster: _Cluster, lock: int) -> None:
    """Start the keeper, which starts the server. Only for whoever holds the server's lock: nothing of it lives."""
    place = cluster.place
    (place.data / "postmaster.pid").unlink(missing_ok=True)  # stale, says the lock
    options = (f"port={_free_port()}", "listen_addresses=127.0.0.1", *cluster.options)
    server = [place.binaries / "postgres", "-D", place.data, "-k", ""]
    server += [word for option in options for word in ("-c", option)]
    subprocess.run(
        [
            *(sys.executable, "-I", keeper.__file__, str(lock)),
            *(cluster.file("lease.lock"), cluster.file("server.log")),
            str(place.owner.uid) if place.owner else "-",
            *server,
        ],
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        pass_fds=(lock,),
    )


def _start_if_gone(cluster: _Cluster) -> bool:
    """Start the server if nothing of one lives; False if something does."""
    with _opened(cluster.file("server.lock")) as lock:
        if not _locks(lock):
            return False
        _launch(cluster, lock)
        return True


def _until_ready(cluster: _Cluster) -> None:
    """Wait until the server answers, starting it when there is none; a few times, should its port have been taken."""
    deadline, starts = time.monotonic() + _STARTS_WITHIN, 0
    while True:
        starts += _start_if_gone(cluster)
        if cluster.ready():
            return
        if starts > _STARTS_AT_MOST or time.monotonic() > deadline:
            raise EmbeddedDatabaseFailed(cluster.last_words())
        time.sleep(0.01)


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to use a running embedded server; ends with `leave`, or with this process."""

    cluster: _Cluster
    descriptor: int

    def leave(self) -> None:
        """Give the lease back; if it was the last one, the server is gone when this returns."""
        try:
            if _locks(self.descriptor):
                self._stop()
        finally:
            os.close(self.descriptor)

    def _stop(self) -> None:
        pid = self.cluster.pid()
        with _opened(self.cluster.file("server.lock")) as lock:
            if pid is None or _locks(lock):
                return
            os.kill(pid, signal.SIGINT)  # a fast shutdown
            fcntl.flock(lock, fcntl.LOCK_EX)


def take_lease(folder: Path, options: Sequence[str] = (), binaries: Path | None = None) -> Lease:
    """A lease on the cluster in `folder`, which is made and started when need be. Blocks: about a second at first."""
    cluster = _Cluster(choose_place(folder, binaries), tuple(options))
    descriptor = _open(cluster.file("lease.lock"))
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        with _opened(cluster.file("start.lock")) as starting:
            fcntl.flock(starting, fcntl.LOCK_EX)
            if not cluster.place.data.exists():
                _make(cluster)
            _until_ready(cluster)
    except BaseException:
        os.close(descriptor)
        raise
    return Lease(cluster, descriptor)


async def _ensure_database(url: str) -> None:
    connection = await asyncpg.connect(url, database="postgres")
    try:
        if not await connection.fetchval(
            "SELECT true FROM pg_database WHERE datname = $1", DATABASE
        ):
            with suppress(asyncpg.DuplicateDatabaseError):
                await connection.execute(f"CREATE DATABASE {DATABASE}")
    finally:
        await connection.close()


@asynccontextmanager
async def embedded_database(
    data_dir: Path, options: Sequence[str] = (), binaries: Path | None = None
) -> AsyncIterator[str]:
    """The URL of a database under `data_dir`, for as long as the block lasts.

    Its server is shared with whoever else uses `data_dir`. Raises EmbeddedDatabaseFailed with PostgreSQL's own words.
    """
    lease = await asyncio.to_thread(take_lease, data_dir / "postgres", options, binaries)
    try:
        await _ensure_database(lease.cluster.url)
        yield lease.cluster.url
    finally:
        await asyncio.to_thread(lease.leave)
