"""Everything the day needs, started in the right order and stopped in the reverse one.

A database of its own in a temporary folder, the two pretend systems with the company in them, and
the real program against all three.
"""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
from yarl import URL

from bot.demo.cast import CAST, SAN_BERNARDINO, SAN_DIEGO, Person, Role, speaking
from bot.demo.children import Child, child
from bot.demo.company import botzilla_rows, documents
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
_LONG_POLL = 20


@dataclass(frozen=True, slots=True)
class Control:
    """The control routes of a pretend system."""

    session: aiohttp.ClientSession
    url: str

    async def call(self, method: str, route: str, body: Any = None) -> Any:
        """The answer; raises LookupError in the system's own words."""
        address = URL(self.url).origin() / "_sandbox" / route
        async with self.session.request(method, address, json=body) as answer:
            said = await answer.json()
        if answer.status >= 400:
            raise LookupError(said["error"])
        return said

    async def events(self, after: int) -> list[dict[str, Any]]:
        """What happened after event number `after`; waits a while for the first."""
        query = {"after": after, "timeout": _LONG_POLL}
        address = URL(self.url).origin() / "_sandbox" / "events" % query
        async with self.session.get(address) as answer:
            return [json.loads(line) for line in (await answer.text()).splitlines()]


@dataclass(frozen=True, slots=True)
class Stage:
    """What the play acts on."""

    telegram: Control
    attic_tech: Control
    connection: Connection
    program: Child

    async def act(self, person: Person, deed: str, **how: Any) -> None:
        """Do something on somebody's phone: send, tap, block, unblock."""
        await self.telegram.call("POST", f"people/{person.telegram_id}/{deed}", how)

    async def open(self) -> None:
        """Let the program read Attic Tech, for which it has waited so far."""
        await unlock(self.connection, Lock.SYNC)


async def _make_tables(url: str, connection: Connection) -> None:
    from migrations import command  # Alembic takes its time to import; the others start meanwhile

    await command.upgrade(url)
    await connection.execute(COMPANY["hire"], [SAN_DIEGO, SAN_BERNARDINO], botzilla_rows())


def _settings(
    telegram_url: str, attic_tech_url: str, folder: Path, language: str | None
) -> dict[str, str]:
    operators = [str(person.telegram_id) for person in CAST if person.role is Role.OPERATOR]
    return {
        **_ACCOUNT,
        "DATA_DIR": str(folder),
        "TELEGRAM_BOT_TOKEN": _TOKEN,
        "TELEGRAM_API_URL": telegram_url,
        "ATTIC_TECH_API_URL": attic_tech_url,
        "SYNC_INTERVAL": "1",
        "SYNC_BLIND_AFTER": "20",  # longer than the program may wait for the company to be there
        "OPERATION_MANAGER_TELEGRAM_IDS": ",".join(operators),
        "DEFAULT_LANGUAGE": language or "",
        "HTTP_PORT": "0",
    }


async def _hand_out_phones(stage: Stage, language: str | None) -> None:
    for person in speaking(language):
        first, _, last = person.name.partition(" ")
        names = {"first_name": first, "last_name": last, "language_code": person.language}
        await stage.telegram.call("POST", "people", {"id": person.telegram_id, **names})
        if person.linked and person.role is not Role.STRANGER:
            await stage.act(person, "send", text="/start")


@asynccontextmanager
async def set_up(folder: Path, language: str | None) -> AsyncIterator[Stage]:
    """The stage, with the program starting on it, which reads nothing before `Stage.open`.

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
        settings = _settings(telegram_url, attic_url, folder, language)
        program = await enter(child("jobsync", "bot", "run", folder=folder, settings=settings))
        url = stack.enter_context(embedded_database(folder, _CARELESS))
        stack.push_async_callback(program.stop)  # before its database, so that it stops in peace
        connection = await connect(url)
        stack.push_async_callback(connection.close)
        await try_lock(connection, Lock.SYNC)
        await _make_tables(url, connection)
        telegram, attic_tech = Control(session, telegram_url), Control(session, attic_url)
        stage = Stage(telegram, attic_tech, connection, program)
        await attic_tech.call("POST", "batch", documents(datetime.now(UTC)))
        await _hand_out_phones(stage, language)
        yield stage
