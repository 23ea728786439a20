"""What a first contact costs: `python -m tests.bench.first_contact 100000` (jobs).

The source replays invented documents from a process of its own, over a real socket. PostgreSQL is
the embedded one, in a new folder on disk, or the (migrated, empty) one that DATABASE_URL names. A
second run follows, in which one role is edited: every leader's job is decided anew.
"""

import asyncio
import os
import resource
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bot import logs
from migrations import command
from sync.attic_tech.client import AtticTech
from sync.attic_tech.login import ApiKey
from sync.postgres.embedded import running
from sync.postgres.pool import Connection, connect
from sync.reconcile import Progress, Run, decide
from sync.reconcile.batch import Decided
from sync.runs.runner import Work, carry_out, request_run
from tests.bench.replay import replaying


async def main(jobs: int) -> None:
    """Writes the seconds of each half, and the time and memory that each process has taken."""
    async with _database() as url, replaying(jobs) as attic_tech:
        connection = await connect(url)
        await connection.execute(_PEOPLE)
        await _measure("first contact", connection, f"{attic_tech}/0")
        await _measure("one edited role", connection, f"{attic_tech}/1")
        connection.terminate()


async def _measure(what: str, connection: Connection, attic_tech: str) -> None:
    read_at = began = time.perf_counter()

    async def timed(own: Connection, run: Run, progress: Progress) -> Decided:
        nonlocal read_at
        read_at = time.perf_counter()
        return await decide(own, run, progress)

    async with AtticTech(attic_tech, ApiKey("key"), gate=None) as source:  # type: ignore[arg-type]
        run = await request_run(connection, "incremental")
        state = await carry_out(connection, Work(source, timed), run)
    backend = await connection.fetchval("SELECT pg_backend_pid()")
    words = (
        f"{what}: {state.state} {state.error or ''}: {state.documents:,} documents,",
        f"{state.changes:,} changes, {state.alerts:,} alerts;",
        f"read in {read_at - began:.1f} s, decided in {time.perf_counter() - read_at:.1f} s;",
        f"{time.process_time():.0f} s of a core and at most",
        f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB here,",
        _taken_by(backend),
    )
    sys.stdout.write(" ".join(words) + "\n")
    sys.stdout.flush()


def _taken_by(backend: int) -> str:
    """What the process of PostgreSQL has taken so far, its share of the buffers included."""
    try:
        process = Path(f"/proc/{backend}")
        ticks = (
            process.joinpath("stat").read_text(encoding="utf-8").rpartition(")")[2].split()[11:13]
        )
        _, _, most = process.joinpath("status").read_text(encoding="utf-8").partition("VmHWM:")
    except OSError:
        return "unknown in PostgreSQL, which is elsewhere"
    seconds = sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")
    return f"{seconds:.0f} s and {int(most.split()[0]) / 1024:.0f} MB in PostgreSQL's backend"


@asynccontextmanager
async def _database() -> AsyncIterator[str]:
    if given := os.environ.get("DATABASE_URL"):
        yield given
        return
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # as root the cluster in it is of nobody, who must get in
        with running(Path(folder)) as cluster:
            url = cluster.url("postgres")
            await command.upgrade(url)
            yield url


#: As many crew leaders and branches as the source has, and a manager for each branch.
_PEOPLE = """
    INSERT INTO botzilla.branch (name) SELECT 'Branch ' || n FROM generate_series(1, 20) n;
    INSERT INTO botzilla.user_rol (name) VALUES ('operation manager');
    INSERT INTO botzilla."user" (rol_id, telegram_id)
        SELECT r.id, (100 + n)::text FROM botzilla.user_rol r, generate_series(1, 20) n;
    INSERT INTO botzilla.user_branch SELECT u.id, b.id FROM botzilla."user" u
        JOIN botzilla.branch b ON b.name = 'Branch ' || u.telegram_id::integer - 100;
    INSERT INTO botzilla.employee (first_name, last_name, email, telegram_id, status, role)
        SELECT 'User', n, 'user' || n || '@example.com', (1000 + n)::text, 'active', 'crew_leader'
        FROM generate_series(1, 300) n;
"""


if __name__ == "__main__":
    logs.configure("console", "warning", ())
    asyncio.run(main(int(sys.argv[1])))
