"""kill -9 of the whole program around a send: nothing is lost, nobody is told twice.

Attic Tech is nowhere: alerts that were committed before go out all the same.
"""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from sandbox.telegram import Phone, TelegramSandbox
from tests.mirror import Town
from tests.posting import until

ROOT = Path(__file__).parents[3]
PIP = "Plans In Progress"
CHATS, KILLS = 40, 3
pytestmark = pytest.mark.timeout(120)  # the program itself needs seconds to start


@asynccontextmanager
async def program(
    database_url: str, telegram: TelegramSandbox, folder: Path, **settings: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """`jobsync run`; killed at the end of the block, if it still lives."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "run"),
        cwd=folder,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "DATABASE_URL": database_url,
            "TELEGRAM_BOT_TOKEN": telegram.token,
            "TELEGRAM_API_URL": telegram.url,
            "ATTIC_TECH_API_URL": "http://127.0.0.1:9/api",
            "ATTIC_TECH_API_KEY": "x",
            "HTTP_PORT": "0",
            **settings,
        },
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.fixture
async def town(connection) -> Town:
    built = await Town.build(connection)
    await connection.execute("DELETE FROM botzilla.alert")  # first contact's
    return built


@pytest.fixture
async def telegram() -> AsyncIterator[TelegramSandbox]:
    async with TelegramSandbox() as opened:
        yield opened


@pytest.fixture
def chris(telegram) -> Phone:
    return telegram.person(102, "Chris", started=True)


async def states(town: Town) -> list[str]:
    rows = await town.connection.fetch("SELECT state FROM botzilla.alert ORDER BY id")
    return [row["state"] for row in rows]


async def are(town: Town, *wanted: str) -> bool:
    return await states(town) == list(wanted)


async def test_between_commit_and_send(town, telegram, chris, database_url, tmp_path):
    telegram.fail(429, retry_after=2, method="sendMessage")
    await town.job(1, PIP, assignedCrew=[7])
    await town.news()
    async with program(database_url, telegram, tmp_path) as first:
        await telegram.wait_until(lambda: telegram.calls("sendMessage"), 30)
        await until(lambda: are(town, "pending"))
        first.kill()
    assert chris.received == ()
    async with program(database_url, telegram, tmp_path):
        await chris.wait_for("You have a new job", 30)
        await until(lambda: are(town, "delivered"))
    assert len(chris.received) == 1


async def test_between_send_and_record(town, telegram, chris, database_url, tmp_path):
    telegram.answer_late(30, method="sendMessage")
    await town.job(1, PIP, assignedCrew=[7])
    await town.job(2, PIP, assignedCrew=[7])
    await town.news()
    async with program(database_url, telegram, tmp_path) as first:
        await chris.wait_for("Job 1", 30)
        first.kill()
    assert await states(town) == ["sending", "pending"]
    async with program(database_url, telegram, tmp_path):
        # The lease would run out in a minute.
        await town.connection.execute(
            "UPDATE botzilla.alert SET lease_until = now() WHERE state = 'sending'"
        )
        await chris.wait_for("Job 2", 30)
        await until(lambda: are(town, "unknown", "delivered"))
    assert [m.text.splitlines()[1] for m in chris.received] == ["Job 1 · #1", "Job 2 · #2"]


async def test_a_stop_finishes_the_message_on_its_way(
    town, telegram, chris, database_url, tmp_path
):
    telegram.answer_late(1, method="sendMessage")
    await town.job(1, PIP, assignedCrew=[7])
    await town.news()
    async with program(database_url, telegram, tmp_path) as running:
        await chris.wait_for("You have a new job", 30)
        running.terminate()
        assert await running.wait() == 0
    assert await states(town) == ["delivered"]


@pytest.mark.timeout(300)  # four programs start
async def test_several_kills_leave_only_what_was_being_sent_in_doubt(
    town, telegram, database_url, tmp_path
):
    """Forty chats, three kills: what was claimed and not begun goes out with the next program."""
    chats = range(201, 201 + CHATS)
    for chat in chats:
        telegram.person(chat, f"Operator {chat}", started=True)
        await town.connection.execute(
            "INSERT INTO botzilla.alert (kind, recipient_type, recipient_id, telegram_id,"
            " event_key) VALUES ('sync_blind', 'operator', $1, $2, $2)",
            chat,
            str(chat),
        )
    operators = {"OPERATION_MANAGER_TELEGRAM_IDS": ",".join(map(str, chats))}

    def arrived() -> list[int]:
        return [len(telegram.phone(chat).received) for chat in chats]

    late = telegram.answer_late(30, method="sendMessage", times=None)
    for kill in range(1, KILLS + 1):
        async with program(database_url, telegram, tmp_path, **operators) as killed:
            await telegram.wait_until(lambda seen=5 * kill: sum(arrived()) >= seen, 100)
            killed.kill()
            await killed.wait()
        # What the next one would wait a minute for.
        await town.connection.execute(
            "UPDATE botzilla.alert SET lease_until = now() WHERE state = 'sending'"
        )
    telegram.faults.remove(late.id)
    without_answer = sum(arrived())
    async with program(database_url, telegram, tmp_path, **operators):
        await until(lambda: nothing_is_open(town), 60)
    doubts = (await states(town)).count("unknown")
    # Between writing down that a call begins and the call there is a moment, too.
    assert without_answer <= doubts <= without_answer + KILLS
    assert max(arrived()) == 1
    assert sum(arrived()) >= CHATS - (doubts - without_answer)


@pytest.mark.timeout(300)
async def test_a_program_that_slept_over_its_lease_calls_nobody(
    town, telegram, database_url, tmp_path
):
    for number in range(1, 5):
        await town.job(number, PIP, assignedCrew=[7 + number % 2])
    await town.news()
    for id in (102, 103):
        telegram.person(id, "Leader", started=True)
    telegram.answer_late(5, method="sendMessage", times=None)
    async with program(database_url, telegram, tmp_path) as sleeper:
        await telegram.wait_until(lambda: len(telegram.calls("sendMessage")) >= 2, 60)
        sleeper.send_signal(signal.SIGSTOP)
        # The server has ended its session, and so its lock, and its lease has run out.
        await town.connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
        )
        await town.connection.execute(
            "UPDATE botzilla.alert SET lease_until = now() WHERE state = 'sending'"
        )
        telegram.faults.remove()
        async with program(database_url, telegram, tmp_path):
            await until(lambda: nothing_is_open(town), 60)
            sleeper.send_signal(signal.SIGCONT)
            sleeper.terminate()
            await sleeper.wait()
    assert sorted(await states(town)) == ["delivered", "delivered", "unknown", "unknown"]
    assert [len(telegram.phone(id).received) for id in (102, 103)] == [2, 2]


async def nothing_is_open(town: Town) -> bool:
    return not {"pending", "held", "sending"} & set(await states(town))
