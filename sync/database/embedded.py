"""An embedded PostgreSQL: without DATABASE_URL, for the demo, for tests, for a real single machine.

Several commands on one machine share it: each holds a lease (a shared lock on a file), the first
one starts the server, the last one to leave stops it. Locks belong to open files, so kill -9 of
anybody releases his; a small process of its own (`keeper.py`) stops the server when nobody is left.
Whether a server runs is told by a lock too, which all its processes inherit, and never by a pid
file: the pid may be somebody else's by now.

It listens on 127.0.0.1 with a random password, kept beside the data and readable by its user only:
with `trust`, every account on the machine would be the database's superuser. A Unix socket would do
as well, but its path may have 107 characters only, and a data folder may be deeper.
"""

import asyncio
import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from sync.database import keeper
from sync.database.cluster import APPLICATION, Cluster, EmbeddedDatabaseFailed, make
from sync.database.placement import choose_place, environment
from sync.database.queries import Queries

_SQL = Queries("sync.database", "embedded.sql")
DATABASE = "botzilla"
_STARTS_WITHIN = 300.0  # seconds; a large cluster needs a while to recover from a crash
_STOPS_WITHIN = 5.0
_STARTS_AT_MOST = 3  # its port may be taken by somebody else in the moment before it listens
_LOOK_EVERY = 0.01  # seconds


def _open(file: Path, *flags: int) -> int:
    return os.open(file, sum(flags, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC), 0o600)


@contextmanager
def _opened(file: Path, *flags: int) -> Iterator[int]:
    descriptor = _open(file, *flags)
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


def _launch(cluster: Cluster, lock: int) -> None:
    """Start the keeper, which starts the server; only for whoever holds the server's lock."""
    cluster.tidy()
    place = cluster.place
    server = [str(place.binaries / "postgres"), "-D", str(place.data), "-k", ""]
    for option in ("listen_addresses=127.0.0.1", f"port={_free_port()}", *cluster.options):
        server += ["-c", option]
    words = [
        *(sys.executable, "-I", keeper.__file__, str(lock)),
        *map(str, (cluster.file("lease.lock"), cluster.file("server.log"), cluster.pid_file)),
        *(str(place.owner.uid) if place.owner else "-", *server),
    ]
    # Nothing of ours is left open in it: whoever reads our output must not wait for its end.
    with _opened(cluster.file("server.log"), os.O_APPEND) as log:
        subprocess.run(  # noqa: S603 -- ourselves
            words,
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=(lock,),
            env=environment(),
        )


def _start_unless_alive(cluster: Cluster, starts_left: int) -> int:
    """How many starts are left: one less if no process of an earlier one lived."""
    with _opened(cluster.file("server.lock")) as lock:
        if not _locks(lock):
            return starts_left
        if not starts_left:
            raise EmbeddedDatabaseFailed(cluster.last_words())
        _launch(cluster, lock)
        return starts_left - 1


def _until_ready(cluster: Cluster) -> None:
    """Start the server when there is none, and wait until it takes connections."""
    deadline, starts_left = time.monotonic() + _STARTS_WITHIN, _STARTS_AT_MOST
    while time.monotonic() < deadline:
        starts_left = _start_unless_alive(cluster, starts_left)
        if cluster.ready():
            return
        time.sleep(_LOOK_EVERY)
    raise EmbeddedDatabaseFailed(cluster.last_words())


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to use a running embedded server; ends with `leave`, or with this process."""

    cluster: Cluster
    descriptor: int

    def leave(self) -> None:
        """Give the lease back; if it was the last one, the server is gone when this returns.

        One that does not answer is left to its keeper, which insists: whoever leaves has to end.
        """
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
            deadline = time.monotonic() + _STOPS_WITHIN
            while not _locks(lock) and time.monotonic() < deadline:
                time.sleep(_LOOK_EVERY)


def _use(lease: Lease) -> Lease:
    """The lease, taken, on a server that runs."""
    cluster = lease.cluster
    try:
        fcntl.flock(lease.descriptor, fcntl.LOCK_SH)
        with _opened(cluster.file("start.lock")) as starting:
            fcntl.flock(starting, fcntl.LOCK_EX)
            if not cluster.place.data.exists():
                make(cluster)
            _until_ready(cluster)
    except BaseException:
        os.close(lease.descriptor)
        raise
    return lease


def take_lease(folder: Path, options: Sequence[str] = (), binaries: Path | None = None) -> Lease:
    """A lease on the cluster in `folder`, which is made and started when need be.

    Blocks, a second at the first time. `options` are `name=value`; they count for who starts the
    server. Raises EmbeddedDatabaseFailed with the words of PostgreSQL or of the system.
    """
    try:
        cluster = Cluster(choose_place(folder, binaries), tuple(options))
        descriptor = _open(cluster.file("lease.lock"))
        return _use(Lease(cluster, descriptor))
    except OSError as error:
        raise EmbeddedDatabaseFailed(str(error)) from error


async def _ensure_database(cluster: Cluster) -> None:
    """Make the program's role and database; the superuser is needed for nothing else."""
    connection = await asyncpg.connect(cluster.url("postgres"))
    try:
        await connection.execute(_SQL["take_turn"])
        await connection.execute(_SQL["remember_password"], cluster.password(APPLICATION))
        await connection.execute(_SQL["make_role"])
        if not await connection.fetchval(_SQL["is_there"], DATABASE):
            await connection.execute(_SQL["make_database"])
        theirs = await asyncpg.connect(cluster.url(DATABASE))
        try:
            await theirs.execute(_SQL["hand_over"])
        finally:
            await theirs.close()
    finally:
        await connection.close()


@asynccontextmanager
async def embedded_database(
    data_dir: Path, options: Sequence[str] = (), binaries: Path | None = None
) -> AsyncIterator[str]:
    """The URL of a database under `data_dir`, for as long as the block lasts.

    Its server is shared with whoever else uses `data_dir`. Arguments and errors are those of
    `take_lease`.
    """
    lease = await asyncio.to_thread(take_lease, data_dir / "postgres", options, binaries)
    try:
        await _ensure_database(lease.cluster)
        yield lease.cluster.url(DATABASE, APPLICATION)
    finally:
        await asyncio.to_thread(lease.leave)
