"""How fast a full outbox empties: `python -m tests.bench.sending [ALERTS [CHATS [ENDED]]]`.

10,000 alerts wait in 300 chats, beside 200,000 that have their end, and leave at Telegram's 25 a
second: 400 s. The pretend Telegram is a process of its own and keeps Telegram's limits; PostgreSQL
is the embedded one, and nobody analysed its tables. Written are the rate, refusals for too much
(429), processor seconds of the sender and of PostgreSQL, and transactions a message: most have one
statement.
"""

import asyncio
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import aiohttp

from bot.delivery.deliver import Delivery
from bot.delivery.sender import Sender
from bot.health import Health
from bot.telegram.client import open_bot
from migrations import command
from sandbox.telegram.server import TOKEN
from sync.model.job import Job
from sync.postgres.embedded import running
from sync.postgres.pool import Connection, connect, open_pool
from tests.posting import WORDS, until

_FILL = """
INSERT INTO botzilla.employee
    (id, first_name, last_name, email, status, role, telegram_id, attic_tech_user_id)
SELECT n, 'Leader', n::text, n || '@example.com', 'active', 'crew_leader', (100000 + n)::text, n
FROM generate_series(1, $1::integer) n
"""
_USERS = """
INSERT INTO botzilla.attic_tech_document (collection, id, state, fields, created_at, updated_at)
SELECT 'users', n, 'present', jsonb_build_object('name', 'Leader ' || n), now(), now()
FROM generate_series(1, $1::integer) n
"""
_JOBS = """
INSERT INTO botzilla.job_sync (id, attic_tech_job_id, attic_tech_crew_leader_id, revision,
    leader_revision, known, attic_tech_data)
SELECT n, n, n % $1::integer + 1, 1, 1, $3::jsonb || jsonb_build_object('leader', n % $1 + 1),
    jsonb_build_object('name', 'Job ' || n, 'job_id', n, 'status', 'Plans In Progress')
FROM generate_series(1, $2::integer) n
"""
_ALERTS = """
INSERT INTO botzilla.alert (kind, job_sync_id, revision, recipient_type, recipient_id, telegram_id,
    state, event_key, facts)
SELECT 'job_assigned', n % $2::integer + 1, 1, 'crew_leader', $1::integer, '1',
    CASE WHEN n <= $3::integer THEN 'superseded' ELSE 'pending' END, n::text,
    '{"old": "Requires Crew Lead", "new": "Plans In Progress"}'
FROM generate_series(1, $2::integer + $3::integer) n
"""


@contextmanager
def embedded() -> Iterator[str]:
    """The URL of a server of our own."""
    with tempfile.TemporaryDirectory(prefix="jobsync-bench-") as folder:
        Path(folder).chmod(0o755)
        with running(Path(folder), ("autovacuum=on",)) as cluster:
            yield cluster.url("postgres")


@asynccontextmanager
async def telegram(chats: int) -> AsyncIterator[str]:
    """The URL of a pretend Telegram with so many people, which keeps Telegram's limits."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "sandbox", "telegram", "--limits"), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    url = (await process.stdout.readline()).decode().removeprefix("READY ").strip()
    async with aiohttp.ClientSession() as session:
        for n in range(1, chats + 1):
            person = {"id": 100_000 + n, "first_name": f"Leader {n}", "started": True}
            (await session.post(f"{url}/_sandbox/people", json=person)).raise_for_status()
    try:
        yield url
    finally:
        process.terminate()
        await process.wait()


async def answers(url: str) -> Counter[int]:
    """How often it answered a message with which status."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{url}/_sandbox/calls", params={"method": "sendMessage"}) as response,
    ):
        return Counter(call["status"] for call in await response.json())


async def fill(connection: Connection, alerts: int, chats: int, ended: int) -> None:
    """A company whose leaders each have as many jobs as alerts wait for them."""
    known = Job(status="Plans In Progress").as_known() | {"active": True}
    await connection.execute(_FILL, chats)
    await connection.execute(_USERS, chats)
    await connection.execute(_JOBS, chats, alerts, known)
    await connection.execute(_ALERTS, chats, alerts, ended)
    await connection.execute(
        "UPDATE botzilla.alert a SET recipient_id = s.attic_tech_crew_leader_id,"
        " telegram_id = (100000 + s.attic_tech_crew_leader_id)::text"
        " FROM botzilla.job_sync s WHERE s.id = a.job_sync_id AND a.state = 'pending'"
    )


async def processor_seconds(connection: Connection) -> float:
    """What PostgreSQL has used, all of its processes together."""
    backend = await connection.fetchval("SELECT pg_backend_pid()")
    server = _stat(backend)[3]
    used = 0.0
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (stat := _stat(int(entry.name))):
            if server == stat[0]:
                used += sum(map(int, stat[13:17])) / 100
            elif server == stat[3]:
                used += sum(map(int, stat[13:15])) / 100
    return used


def _stat(pid: int) -> list[str]:
    try:
        before, _, after = (Path("/proc") / str(pid) / "stat").read_text().rpartition(") ")
    except OSError:
        return []
    return [str(pid), before, *after.split()]


async def transactions(connection: Connection) -> int:
    """How many this database has seen; its counters come a moment late."""
    await asyncio.sleep(1.5)
    count = "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"
    return int(await connection.fetchval(count))


async def empty(url: str, telegram_url: str, connection: Connection, alerts: int) -> None:
    """Let a sender send all of it, and write what that took."""
    pool, bot = await open_pool(url), open_bot(TOKEN, telegram_url)
    sender = Sender(url, Delivery(bot, pool, (), Health(), WORDS), Health())
    stop = asyncio.Event()
    left = "SELECT count(*) FROM botzilla.alert WHERE state IN ('pending', 'held', 'sending')"
    before, used, own = (
        await transactions(connection),
        await processor_seconds(connection),
        time.process_time(),
    )
    began = time.monotonic()

    async def watch() -> bool:
        await asyncio.sleep(1)
        return not await connection.fetchval(left)

    async with asyncio.TaskGroup() as group:
        group.create_task(sender.run(stop))
        await until(watch, 40 * alerts / 25 + 60)
        seconds = time.monotonic() - began
        stop.set()
    own, used = time.process_time() - own, await processor_seconds(connection) - used
    said = await answers(telegram_url)
    asked = await transactions(connection) - before - seconds
    states = dict(await connection.fetch("SELECT state, count(*) FROM botzilla.alert GROUP BY 1"))
    sys.stdout.write(
        f"{alerts} alerts in {seconds:.0f} s: {said[200] / seconds:.2f} messages/s, {said[429]}"
        f" times 429; sender {own:.1f} s, PostgreSQL {used:.1f} s of processor,"
        f" {asked / alerts:.2f} transactions a message; {states}\n"
    )
    await bot.session.close()
    await pool.close()


async def bench(alerts: int = 10_000, chats: int = 300, ended: int = 200_000) -> None:
    """Everything, on a server and a Telegram of its own."""
    with embedded() as url:
        await command.upgrade(url)
        connection = await connect(url)
        await fill(connection, alerts, chats, ended)
        async with telegram(chats) as telegram_url:
            await empty(url, telegram_url, connection, alerts)
        await connection.close()


if __name__ == "__main__":
    import logging

    import structlog

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    asyncio.run(bench(*map(int, sys.argv[1:])))
