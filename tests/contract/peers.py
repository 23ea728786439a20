"""The two Attic Techs that the contract is held against: a genuine Payload, and our sandbox.

A `Peer` is a running server with a small company in it. Tests make what they need themselves and
leave other people's documents alone: the genuine one is shared by all tests of a process.
"""

import asyncio
import json
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote, urlsplit

import aiohttp
from yarl import URL

from sandbox.attic_tech import API_KEY, EMAIL, PASSWORD, AtticTechSandbox
from sandbox.attic_tech.company import Size, found

PAYLOAD = Path(__file__).parents[1] / "payload"
OPS_EMAIL, OPS_PASSWORD = "ops@attic.example", "ops-password"
SIZE = Size(jobs=100, estimates=120, users=30)
#: Under load Node takes its time.
_STARTS_WITHIN = 30.0


@dataclass(frozen=True, slots=True)
class Variant:
    """How a server differs from the usual one."""

    token_life: int = 7200
    lock_seconds: float = 600.0
    read_rules: Mapping[str, Any] = field(default_factory=dict)

    def environment(self) -> dict[str, str]:
        rules = {
            f"READ_RULE_{name.upper()}": json.dumps(rule) for name, rule in self.read_rules.items()
        }
        return {
            "TOKEN_EXPIRATION": str(self.token_life),
            "LOCK_TIME": str(int(self.lock_seconds * 1000)),
            **rules,
        }


USUAL = Variant()


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, JSON (None for an empty body) and headers of an answer."""

    status: int
    json: Any
    headers: Mapping[str, str]

    @property
    def docs(self) -> list[dict[str, Any]]:
        return self.json["docs"]

    @property
    def ids(self) -> list[int]:
        return [doc["id"] for doc in self.json["docs"]]


class Server(Protocol):
    """Something that listens at `url` and can be started again there."""

    @property
    def url(self) -> str: ...

    async def restart(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Peer:
    """A running Attic Tech, asked in plain HTTP as by a stranger."""

    name: str
    server: Server
    session: aiohttp.ClientSession
    key: str = f"users API-Key {API_KEY}"

    @property
    def url(self) -> str:
        return self.server.url

    async def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        auth: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """One request; `auth`: the API key unless said, "" for nobody. A str is sent as it is."""
        authorization = self.key if auth is None else auth
        sent = {**({"Authorization": authorization} if authorization else {}), **(headers or {})}
        if body is not None and not isinstance(body, str):
            body, sent = json.dumps(body), {"Content-Type": "application/json", **sent}
        # The query goes out as it is written: what a raw plus means is part of the contract.
        address = URL(self.url + path, encoded=True)
        async with self.session.request(method, address, data=body, headers=sent) as response:
            text = await response.text()
            return Answer(response.status, json.loads(text) if text else None, response.headers)

    async def get(self, path: str, **asked: Any) -> Answer:
        """GET with the keyword arguments of `call`."""
        return await self.call("GET", path, **asked)

    async def where(self, collection: str, where: Any, rest: str = "limit=0&depth=0") -> Answer:
        """A list by a JSON where-clause."""
        return await self.get(f"/{collection}?where={quote(json.dumps(where))}&{rest}")

    async def create(self, collection: str, **fields: Any) -> int:
        """The id of a new document, made over REST."""
        answer = await self.call("POST", f"/{collection}?depth=0", fields)
        assert answer.status == 201, answer
        return int(answer.json["doc"]["id"])

    async def patch(self, collection: str, id_: int, **fields: Any) -> dict[str, Any]:
        """The document after a PATCH over REST."""
        answer = await self.call("PATCH", f"/{collection}/{id_}?depth=0", fields)
        assert answer.status == 200, answer
        return answer.json["doc"]

    async def document(self, collection: str, id_: int) -> dict[str, Any]:
        """The document at depth 0."""
        answer = await self.get(f"/{collection}/{id_}?depth=0")
        assert answer.status == 200, answer
        return answer.json

    async def login(self, email: str = EMAIL, password: str = PASSWORD) -> Answer:
        """The answer to a login."""
        credentials = {"email": email, "password": password}
        return await self.call("POST", "/users/login", credentials, auth="")


class Payload:
    """A genuine Payload as a child process on a seeded database; it ends with its parent."""

    def __init__(self, database_url: str, variant: Variant = USUAL) -> None:
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


class Sandbox:
    """Our own server, with a company of the size that the genuine one was seeded with."""

    def __init__(self, variant: Variant = USUAL) -> None:
        self.system = AtticTechSandbox(
            token_life=timedelta(seconds=variant.token_life),
            lock_time=timedelta(seconds=variant.lock_seconds),
        )
        self.system.account(OPS_EMAIL, OPS_PASSWORD, name="Olivia Ops")
        found(self.system, SIZE)
        self.system.faults.read_rules.update(variant.read_rules)

    @property
    def url(self) -> str:
        return self.system.url

    async def restart(self) -> None:
        await self.system.stop()
        await self.system.start()


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


@asynccontextmanager
async def talking(name: str, server: Server) -> AsyncIterator[Peer]:
    """A peer with a session of its own, which keeps no cookies."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield Peer(name, server, session)
