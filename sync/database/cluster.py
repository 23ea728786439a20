"""One embedded cluster on disk: its files, what they say of the server, and making it once.

Nothing here starts a server: see `embedded.py`.
"""

import os
import secrets
import subprocess
import tempfile
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from sync.database.placement import Place

SUPERUSER = "jobsync"  # makes roles and databases; the program is the other one
APPLICATION = "jobsync_application"
_BUILTIN_LOCALES_SINCE = 17
_LOG_KEPT = 10 << 20  # bytes of the server's words kept over a start


class EmbeddedDatabaseFailed(RuntimeError):
    """The embedded PostgreSQL does not start; carries the end of what it said."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """The files of one cluster, and what can be learned from them."""

    place: Place
    options: tuple[str, ...]  # name=value, for postgres

    def file(self, name: str) -> Path:
        """One of our own files, beside PostgreSQL's folder."""
        return self.place.folder / name

    @property
    def pid_file(self) -> Path:
        """PostgreSQL's own."""
        return self.place.data / "postmaster.pid"

    def password(self, user: str) -> str:
        """The superuser's, or what follows from it for somebody else; it does not follow back."""
        password = self.file("password").read_text()
        return password if user == SUPERUSER else sha256(f"{user}:{password}".encode()).hexdigest()

    def url(self, database: str, user: str = SUPERUSER) -> str:
        """The address of a database of the running server."""
        address = f"{self.password(user)}@127.0.0.1:{self._status()[3]}"
        return f"postgresql://{user}:{address}/{database}"

    def _status(self) -> list[str]:
        # Lines: pid, folder, start, port, socket folder, address, key of shared memory, state.
        try:
            return [line.strip() for line in self.pid_file.read_text().splitlines()]
        except FileNotFoundError:
            return []

    def pid(self) -> int | None:
        """The running server's; only to be believed while the server's lock is held."""
        lines = self._status()
        return int(lines[0]) if lines else None

    def ready(self) -> bool:
        """Whether the running server takes connections; to be believed as `pid`."""
        return self._status()[7:8] == ["ready"]

    def last_words(self) -> str:
        """The end of what the server said."""
        said = self.file("server.log")
        lines = said.read_text(errors="replace").splitlines() if said.exists() else []
        return "\n".join(lines[-5:])

    def tidy(self) -> None:
        """Put what an earlier server left out of the way; only while none runs."""
        self.pid_file.unlink(missing_ok=True)
        said = self.file("server.log")
        if said.exists() and said.stat().st_size > _LOG_KEPT:
            said.replace(self.file("server.log.1"))
        for log in self.place.folder.glob("server.log*"):
            log.chmod(0o600)  # it quotes statements, and an earlier version left it open to all


def _locale(binaries: Path) -> tuple[str, ...]:
    """A locale that every machine has, and in which lower() knows more letters than ASCII's."""
    said = subprocess.run(  # noqa: S603 -- PostgreSQL's own
        [binaries / "postgres", "--version"], capture_output=True, text=True, check=True
    ).stdout
    if int(said.split()[2].partition(".")[0]) >= _BUILTIN_LOCALES_SINCE:
        return ("--locale-provider", "builtin", "--locale", "C.UTF-8")
    return ("--locale", "C.UTF-8")


def _run_initdb(place: Place, folder: Path, password: Path) -> None:
    made = subprocess.run(  # noqa: S603 -- PostgreSQL's own
        [
            *(place.binaries / "initdb", "--pgdata", folder, "--username", SUPERUSER),
            *("--auth", "scram-sha-256", "--pwfile", password, "--encoding", "UTF8"),
            *_locale(place.binaries),
            "--no-instructions",
        ],
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
        **place.identity,
    )
    if made.returncode:
        raise EmbeddedDatabaseFailed(made.stderr.strip())


def make(cluster: Cluster) -> None:
    """Run initdb; under another name first, so that a killed one leaves no half a cluster."""
    place = cluster.place
    unfinished = Path(tempfile.mkdtemp(prefix="initdb-", dir=place.folder))
    password = cluster.file("password")
    password.unlink(missing_ok=True)
    password.touch(mode=0o600)
    password.write_text(secrets.token_urlsafe(24))
    place.hand_over(unfinished)
    place.hand_over(password)  # initdb reads it as whom it runs as
    _run_initdb(place, unfinished, password)
    os.chown(password, os.geteuid(), os.getegid())
    unfinished.rename(place.data)
