"""The embedded PostgreSQL among several programs, and after every way in which one can die."""

import asyncio
import fcntl
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import psutil
import pytest

from bot.database import database
from bot.settings import Settings
from sync.postgres import embedded
from sync.postgres.embedded import (
    DATABASE,
    Cluster,
    EmbeddedDatabaseFailed,
    embedded_database,
)

_REPOSITORY = Path(__file__).parents[3]
_HOLDER = Path(__file__).with_name("holder.py")


class Holder:
    """A program of its own that uses the embedded database."""

    def __init__(self, data_dir: Path, python: str = sys.executable, **identity: object) -> None:
        self.process = subprocess.Popen(
            [python, _HOLDER, data_dir],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd="/",
            env={
                "PYTHONPATH": os.pathsep.join([str(_REPOSITORY), *sys.path]),
                "PYTHONDONTWRITEBYTECODE": "1",
                "PATH": os.environ["PATH"],
            },
            **identity,
        )

    def url(self) -> str:
        """Where the database is, once it may use it."""
        return self.process.stdout.readline().strip()

    def leave(self) -> None:
        """Have it leave, and wait for its end."""
        said, _ = self.process.communicate(timeout=30)
        assert (said, self.process.returncode) == ("left\n", 0)

    def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        self.process.communicate()


@contextmanager
def holding(data_dir: Path, *python: str, **identity: object) -> Iterator[Holder]:
    """A Holder that is gone afterwards, whatever happens."""
    holder = Holder(data_dir, *python, **identity)
    try:
        yield holder
    finally:
        holder.kill()


def server_lives(data_dir: Path) -> bool:
    """Whether any process of the server is left."""
    with (data_dir / "postgres" / "server.lock").open("r+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def wait_until_gone(data_dir: Path) -> None:
    """Wait for the end of the server's last process."""
    with (data_dir / "postgres" / "server.lock").open("r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)


def postmaster(data_dir: Path) -> int:
    """The pid in PostgreSQL's own file."""
    return int((data_dir / "postgres" / "data" / "postmaster.pid").read_text().split()[0])


def parent_of(pid: int) -> int:
    """The parent's pid."""
    return psutil.Process(pid).ppid()


def cluster_in(data_dir: Path) -> Cluster:
    """The cluster that a program uses under this folder."""
    return Cluster(data_dir / "postgres")


def as_superuser(data_dir: Path) -> str:
    """The URL of the database for who may do everything."""
    return cluster_in(data_dir).url(DATABASE)


async def write(url: str) -> None:
    """Commit something."""
    connection = await asyncpg.connect(url)
    await connection.execute("CREATE TABLE committed AS SELECT 42 AS answer")
    await connection.close()


async def read(url: str) -> int:
    """What was committed."""
    connection = await asyncpg.connect(url)
    answer = await connection.fetchval("SELECT answer FROM committed")
    await connection.close()
    return answer


async def test_what_was_committed_is_there_the_next_time(cluster_folder: Path) -> None:
    with embedded_database(cluster_folder) as url:
        await write(url)
    assert not server_lives(cluster_folder)
    with embedded_database(cluster_folder) as url:
        assert await read(url) == 42


async def test_several_share_one_server_and_the_last_to_leave_stops_it(
    cluster_folder: Path,
) -> None:
    with holding(cluster_folder) as first, holding(cluster_folder) as second:
        url = first.url()
        assert second.url() == url
        first.leave()
        await write(url)
        assert server_lives(cluster_folder)
        second.leave()
        assert not server_lives(cluster_folder)


def test_many_may_begin_at_once(cluster_folder: Path) -> None:
    with ExitStack() as stack:
        holders = [stack.enter_context(holding(cluster_folder)) for _ in range(4)]
        assert len({holder.url() for holder in holders}) == 1
        for holder in holders:
            holder.leave()
    assert not server_lives(cluster_folder)


async def test_killing_the_only_user_stops_the_server_and_loses_nothing(
    cluster_folder: Path,
) -> None:
    with holding(cluster_folder) as holder:
        await write(holder.url())
        holder.kill()
        wait_until_gone(cluster_folder)
    with embedded_database(cluster_folder) as url:
        assert await read(url) == 42


async def test_killing_who_started_it_disturbs_nobody_else(cluster_folder: Path) -> None:
    with holding(cluster_folder) as first:
        url = first.url()
        with embedded_database(cluster_folder):
            first.kill()
            await write(url)
    assert not server_lives(cluster_folder)


async def test_killing_all_of_it_loses_nothing(cluster_folder: Path) -> None:
    with holding(cluster_folder) as holder:
        await write(holder.url())
        keeper = parent_of(server := postmaster(cluster_folder))
        os.kill(keeper, signal.SIGKILL)
        os.kill(server, signal.SIGKILL)
        holder.kill()
        with embedded_database(cluster_folder) as url:
            assert await read(url) == 42


async def test_a_server_that_is_killed_comes_back_on_its_port(cluster_folder: Path) -> None:
    with embedded_database(cluster_folder) as url:
        await write(url)
        os.kill(killed := postmaster(cluster_folder), signal.SIGKILL)
        async with asyncio.timeout(30):
            while True:
                try:
                    assert await read(url) == 42
                    break
                except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                    await asyncio.sleep(0.05)
        assert postmaster(cluster_folder) != killed


async def test_a_stale_pid_file_that_names_a_living_process_is_no_hindrance(
    cluster_folder: Path,
) -> None:
    with embedded_database(cluster_folder) as url:
        await write(url)
    stale = cluster_folder / "postgres" / "data" / "postmaster.pid"
    with subprocess.Popen(["sleep", "60"]) as stranger:
        stale.write_text(f"{stranger.pid}\n{stale.parent}\n0\n5432\n\n127.0.0.1\n0\nready\n")
        with embedded_database(cluster_folder) as url:
            assert await read(url) == 42
        assert stranger.poll() is None
        stranger.kill()


async def test_a_port_that_is_taken_meanwhile_is_no_hindrance(
    cluster_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        free = socket.create_server(("127.0.0.1", 0))
        ports = iter([taken.getsockname()[1], free.getsockname()[1]])
        free.close()
        monkeypatch.setattr("sync.postgres.embedded.secrets.choice", lambda _: next(ports))
        with embedded_database(cluster_folder) as url:
            await write(url)


def test_whoever_reads_the_output_of_a_program_does_not_wait_for_the_server(
    cluster_folder: Path,
) -> None:
    with holding(cluster_folder) as first:
        first.url()
        with holding(cluster_folder) as second:
            second.url()
            first.leave()  # reads to the end of its output
            assert server_lives(cluster_folder)


def test_ctrl_c_on_the_terminal_does_not_reach_the_server(cluster_folder: Path) -> None:
    with holding(cluster_folder, start_new_session=True) as first:
        first.url()
        server = postmaster(cluster_folder)
        groups = {os.getpgid(pid) for pid in (server, parent_of(server))}
        assert os.getpgid(first.process.pid) not in groups
        os.killpg(first.process.pid, signal.SIGINT)
        first.process.communicate(timeout=30)  # it waits for the end of its input
    assert not server_lives(cluster_folder)


async def test_a_server_that_outlives_its_keeper_counts_as_alive(cluster_folder: Path) -> None:
    with embedded_database(cluster_folder) as url:
        await write(url)
        server = postmaster(cluster_folder)
        os.kill(server, signal.SIGSTOP)
        os.kill(keeper := parent_of(server), signal.SIGKILL)
        while Path(f"/proc/{keeper}").exists():
            await asyncio.sleep(0.01)
        assert server_lives(cluster_folder), "a second one would be started on its data"
        os.kill(server, signal.SIGCONT)  # and it ends with its keeper
        wait_until_gone(cluster_folder)


async def test_it_listens_on_this_machine_only_and_wants_its_password(
    cluster_folder: Path,
) -> None:
    with embedded_database(cluster_folder) as url:
        password = cluster_folder / "postgres" / "password"
        assert stat.S_IMODE(password.stat().st_mode) == 0o600
        assert urlsplit(url).hostname == "127.0.0.1"
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(url, password="guessed")
        connection = await asyncpg.connect(as_superuser(cluster_folder))
        assert await connection.fetchval("SHOW listen_addresses") == "127.0.0.1"
        assert await connection.fetchval("SHOW unix_socket_directories") == ""
        assert await connection.fetchval("SELECT lower('ÑANDÚ')") == "ñandú"
        await connection.close()


async def test_why_it_does_not_start_is_told_in_postgresqls_words(cluster_folder: Path) -> None:
    with embedded_database(cluster_folder):
        pass
    (cluster_folder / "postgres" / "data" / "PG_VERSION").write_text("9.6\n")
    with (
        pytest.raises(EmbeddedDatabaseFailed, match="not compatible"),
        embedded_database(cluster_folder),
    ):
        pass
    assert not server_lives(cluster_folder)


async def test_a_folder_that_cannot_be_made_is_told_in_the_systems_words(
    cluster_folder: Path,
) -> None:
    (cluster_folder / "data").touch()
    with (
        pytest.raises(NotADirectoryError),
        embedded_database(cluster_folder / "data"),
    ):
        pass


async def test_a_killed_initdb_leaves_no_half_a_cluster(cluster_folder: Path) -> None:
    with holding(cluster_folder) as holder:
        while not list(cluster_folder.glob("postgres/initdb-*/base")):
            time.sleep(0.001)
        holder.kill()
    with embedded_database(cluster_folder) as url:
        await write(url)


def test_whoever_leaves_a_server_that_does_not_answer_ends_all_the_same(
    cluster_folder: Path,
) -> None:
    with holding(cluster_folder) as holder:
        holder.url()
        pid = postmaster(cluster_folder)
        os.kill(pid, signal.SIGSTOP)
        try:
            holder.leave()
            assert server_lives(cluster_folder)
        finally:
            os.kill(pid, signal.SIGCONT)
        wait_until_gone(cluster_folder)


def test_the_keeper_ends_a_server_that_takes_no_polite_word(monkeypatch) -> None:
    monkeypatch.setattr(embedded, "_STOPS_WITHIN", 0.1)
    deaf = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "print('ready', flush=True); time.sleep(3600)"
    )
    with subprocess.Popen([sys.executable, "-c", deaf], stdout=subprocess.PIPE) as server:
        server.stdout.readline()
        embedded.stop(server)
        assert server.returncode == -signal.SIGKILL


def _environment_of(pid: int) -> bytes:
    return Path(f"/proc/{pid}/environ").read_bytes()


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc")
def test_no_process_of_the_server_has_our_secrets(
    cluster_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "12:s3cret")
    with embedded_database(cluster_folder):
        server = psutil.Process(postmaster(cluster_folder))
        family = [server, server.parent(), *server.children(recursive=True)]
        assert len(family) > 3
        assert [p for p in family if b"s3cret" in _environment_of(p.pid)] == []


def test_nor_has_what_makes_the_cluster(
    cluster_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "12:s3cret")
    binaries = cluster_folder / "bin"
    binaries.mkdir()
    (binaries / "initdb").write_text("#!/bin/sh\nenv >&2; exit 1\n")
    (binaries / "initdb").chmod(0o755)
    monkeypatch.setattr(embedded, "packaged_binaries", lambda: binaries)
    with pytest.raises(EmbeddedDatabaseFailed) as failed, embedded_database(cluster_folder):
        pass
    assert "PATH=" in str(failed.value)
    assert "s3cret" not in str(failed.value)


async def test_what_the_server_says_is_for_us_alone(cluster_folder: Path) -> None:
    folder = cluster_folder / "postgres"
    with embedded_database(cluster_folder):
        pass
    log = folder / "server.log"
    log.chmod(0o644)  # as an earlier version left it
    with embedded_database(cluster_folder):
        assert stat.S_IMODE(log.stat().st_mode) == 0o600


async def test_the_program_is_nobodys_superuser(cluster_folder: Path) -> None:
    async with database(Settings(_env_file=None, data_dir=cluster_folder)) as url:
        connection = await asyncpg.connect(url)
        assert await connection.fetchval(
            "SELECT NOT rolsuper AND NOT rolcreaterole AND NOT rolcreatedb AND NOT rolreplication"
            " FROM pg_roles WHERE rolname = current_user"
        )
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("COPY (SELECT 1) TO PROGRAM 'cat'")
        await connection.close()
        address, superuser = urlsplit(url), urlsplit(as_superuser(cluster_folder))
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(as_superuser(cluster_folder), password=address.password)
        assert address.username != superuser.username
