"""The two Attic Techs that the contract is held against: a genuine Payload, and our sandbox."""

import asyncio
import json
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol, TypeAlias
from urllib.parse import urlsplit

import asyncpg

from sandbox.attic_tech import AtticTechSandbox
from sandbox.attic_tech.company import Size, found

PAYLOAD = Path(__file__).parents[1] / "payload"
OPS_EMAIL, OPS_PASSWORD = "ops@attic.example", "ops-password"
SIZE = Size(jobs=100, estimates=120, users=30)
#: Of this database only: the server may be shared.
_SOMEBODY_WAITS = (
    "SELECT EXISTS (SELECT FROM pg_stat_activity "
    "WHERE datname = current_database() AND wait_event_type = 'Lock')"
)
Wait: TypeAlias = Callable[[], Awaitable[None]]
#: Under load Node takes its time.
_STARTS_WITHIN = 30.0


@dataclass(frozen=True, slots=True)
class Variant:
    """How a server differs from the usual one."""

    token_life: int = 7200
    lock_seconds: float = 600.0
    read_rules: Mapping[str, Any] = field(default_factory=dict)
    #: What it calls collections that have another name in the seed's page.
    names: Mapping[str, str] = field(default_factory=dict)

    def environment(self) -> dict[str, str]:
        rules = {
            f"READ_RULE_{name.upper()}": json.dumps(rule) for name, rule in self.read_rules.items()
        }
        return {
            "TOKEN_EXPIRATION": str(self.token_life),
            "LOCK_TIME": str(int(self.lock_seconds * 1000)),
            "SLUGS": json.dumps(dict(self.names)),
            **rules,
        }


USUAL = Variant()
#: As far as the live system's names are known, and with names that nobody told us besides.
LIVE = Variant(names={"estimates": "job-estimates"})
UNKNOWN = Variant(
    names={**LIVE.names, "clients": "kunden", "properties": "sites", "roles": "crew-roles"}
)


class Server(Protocol):
    """Something that listens at `url` and can be started again there."""

    @property
    def url(self) -> str: ...

    names: Mapping[str, str]

    async def restart(self) -> None: ...

    def midway(self, oldest: int) -> AbstractAsyncContextManager[Wait]:
        """A bulk PATCH of jobs stops before `oldest`, the last it comes to, until the block ends.

        Gives what waits for that.
        """
        ...


class Payload:
    """A genuine Payload as a child process on a seeded database; it ends with its parent."""

    def __init__(self, database_url: str, variant: Variant = USUAL) -> None:
        self._database_url = database_url
        self.names = variant.names
        self._environment = {
            **os.environ,
            **variant.environment(),
            "DATABASE_URI": database_url,
            "STOP_WITH_PARENT": "true",
        }
        self._process: subprocess.Popen[str] | None = None
        self.url = ""

    def start(self) -> None:
        """Returns when it answers; after a `stop` on the same port as before."""
        port = str(urlsplit(self.url).port or 0)
        self._process = subprocess.Popen(
            ["node", "server.mjs"],
            cwd=PAYLOAD,
            env={**self._environment, "PORT": port},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout
        ready = self._process.stdout.readline()
        assert ready.startswith("READY "), f"Payload does not start: {ready!r}"
        self.url = ready.split()[1]

    def stop(self) -> None:
        """Returns when it is gone."""
        if self._process is not None:
            with self._process as process:
                process.terminate()
                process.wait(_STARTS_WITHIN)
            self._process = None

    async def restart(self) -> None:
        await asyncio.to_thread(self.stop)
        await asyncio.to_thread(self.start)

    @asynccontextmanager
    async def midway(self, oldest: int) -> AsyncIterator[Wait]:
        connection = await asyncpg.connect(self._database_url)

        async def stopped() -> None:
            while not await connection.fetchval(_SOMEBODY_WAITS):
                await asyncio.sleep(0.02)

        try:
            async with connection.transaction():
                await connection.execute("SELECT FROM jobs WHERE id = $1 FOR UPDATE", oldest)
                yield stopped
        finally:
            await connection.close()


class Sandbox:
    """Our own server, with a company of the size that the genuine one was seeded with."""

    def __init__(self, variant: Variant = USUAL) -> None:
        self.system = AtticTechSandbox(
            token_life=timedelta(seconds=variant.token_life),
            lock_time=timedelta(seconds=variant.lock_seconds),
            names=variant.names,
        )
        self.names = variant.names
        self.system.account(OPS_EMAIL, OPS_PASSWORD, name="Olivia Ops")
        found(self.system, SIZE)
        self.system.faults.read_rules.update(variant.read_rules)

    @property
    def url(self) -> str:
        return self.system.url

    async def restart(self) -> None:
        await self.system.stop()
        await self.system.start()

    @asynccontextmanager
    async def midway(self, oldest: int) -> AsyncIterator[Wait]:
        late = self.system.faults.add(
            "late", path="/jobs?where", method="PATCH", times=1, seconds=2
        )

        async def stopped() -> None:
            while late.times:
                await asyncio.sleep(0.02)
            await asyncio.sleep(0.02)  # the first rows have their stamps by now, the last have not

        yield stopped


def missing_node() -> str | None:
    """Why the genuine Payload cannot run on this machine, or None."""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return "node and npm are not installed (20.9 or newer is needed)"
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    major, minor, *_ = (int(part) for part in version.strip().removeprefix("v").split("."))
    return None if (major, minor) >= (20, 9) else f"node 20.9 is needed, this is {version.strip()}"


def seed(database_url: str, *options: str) -> None:
    """Fill an empty database with the company."""
    subprocess.run(
        ["node", "seed.mjs", *options],
        cwd=PAYLOAD,
        env={**os.environ, "DATABASE_URI": database_url},
        stdout=subprocess.DEVNULL,
        check=True,
    )
