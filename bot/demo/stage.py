"""Everything the day needs, started in the right order and stopped in the reverse one.

A database of its own in a temporary folder, the two pretend systems with the company in them, and
the real program against all three.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import aiohttp

from bot.demo.cast import CAST, Role
from bot.demo.children import Child, child
from bot.demo.company import botzilla_rows, documents
from bot.demo.systems import PretendAtticTech, PretendTelegram
from sync.postgres.embedded import embedded_database
from sync.postgres.locks import Lock, try_lock, unlock
from sync.postgres.pool import Connection, connect
from sync.postgres.queries import Queries

COMPANY = Queries("bot.demo", "company.sql")
#: What the pretend systems ask for; it opens nothing but them.
_TOKEN = "7000000001:sandbox-token-of-nobody"  # noqa: S105
_ACCOUNT = {"ATTIC_TECH_EMAIL": "bot@attic.example", "ATTIC_TECH_PASSWORD": "bot-password"}
#: Nobody needs the demo's data after a power failure.
_CARELESS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


@dataclass(frozen=True, slots=True)
class Stage:
    """What the play acts on."""

    telegram: PretendTelegram
    attic_tech: PretendAtticTech
    connection: Connection
    program: Child


async def _make_tables(url: str, connection: Connection) -> None:
    from migrations import command  # Alembic takes its time to import; the others start meanwhile

    await command.upgrade(url)
    branches = sorted({person.branch for person in CAST if person.branch})
    await connection.execute(COMPANY["hire"], branches, botzilla_rows())


def _settings(telegram_url: str, attic_tech_url: str, folder: Path) -> dict[str, str]:
    operators = [str(person.telegram_id) for person in CAST if person.role is Role.OPERATOR]
    return {
        **_ACCOUNT,
        "DATA_DIR": str(folder),
        "ATTIC_TECH_PEOPLE": "match",
        "TELEGRAM_BOT_TOKEN": _TOKEN,
        "TELEGRAM_API_URL": telegram_url,
        "ATTIC_TECH_API_URL": attic_tech_url,
        "SYNC_INTERVAL": "1",
        "SYNC_BLIND_AFTER": "20",  # longer than the program may wait for the company to be there
        "OPERATION_MANAGER_TELEGRAM_IDS": ",".join(operators),
        "HTTP_PORT": "0",
    }


async def _fill(telegram: PretendTelegram, connection: Connection) -> None:
    for person in CAST:
        await telegram.join(person)
        if person.linked and person.role in (Role.LEADER, Role.CREW, Role.SALES):
            id = str(person.telegram_id)
            await connection.execute(COMPANY["connect"], person.email, id)
        if person.linked and person.role is not Role.STRANGER:
            await telegram.say(person, "/start")


@asynccontextmanager
async def set_up(folder: Path) -> AsyncIterator[Stage]:
    """The stage, with the program starting on it.

    The program needs seconds to import what it is made of. So it is started at once, on the
    embedded database of the same folder, and waits with its first run for the lock of runs, which
    is ours until the company is there.
    """
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        session = await enter(aiohttp.ClientSession())
        pretend = ("sandbox", "telegram", "--token", _TOKEN)
        telegram_child = await enter(child("pretend telegram", *pretend, folder=folder))
        attic_child = await enter(
            child("pretend attic tech", "sandbox", "attic-tech", folder=folder)
        )
        telegram_url, attic_url = await telegram_child.ready(), await attic_child.ready()
        settings = _settings(telegram_url, attic_url, folder)
        program = await enter(child("jobsync", "bot", "run", folder=folder, settings=settings))
        url = stack.enter_context(embedded_database(folder, _CARELESS))
        stack.push_async_callback(program.stop)  # before its database, so that it stops in peace
        connection = await connect(url)
        stack.push_async_callback(connection.close)
        await try_lock(connection, Lock.SYNC)
        await _make_tables(url, connection)
        stage = Stage(
            PretendTelegram(session, telegram_url),
            PretendAtticTech(session, attic_url),
            connection,
            program,
        )
        await stage.attic_tech.write(documents(datetime.now(UTC)))
        await _fill(stage.telegram, connection)
        await unlock(connection, Lock.SYNC)
        yield stage
