"""The peers of the contract: every test that takes `peer` or `start_peer` runs against both."""

import asyncio
import fcntl
import os
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import replace
from uuid import uuid4

import asyncpg
import pytest

from tests.contract.peers import Peer, talking
from tests.contract.servers import (
    LIVE,
    PAYLOAD,
    SIZE,
    USUAL,
    Payload,
    Sandbox,
    Server,
    Variant,
    missing_node,
    seed,
)
from tests.databases import on_database
from tests.forked import forked

__all__ = ["forked"]
#: Set where the genuine Payload must be there, so that its absence is a failure and no skip.
_REQUIRED = "JOBSYNC_REQUIRE_PAYLOAD"
#: How many genuine Payloads run at once.
_KEPT = 5


def pytest_collection_finish(session: pytest.Session) -> None:
    """Fetch Payload before the first test, outside of anybody's time limit."""
    if (
        any("payload" in item.name or "main_job" in item.nodeid for item in session.items)
        and missing_node() is None
    ):
        with (PAYLOAD / "package-lock.json").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # several workers, one folder
            if not (PAYLOAD / "node_modules" / ".package-lock.json").exists():
                subprocess.run(
                    ["npm", "ci", "--no-audit", "--no-fund", "--silent"], cwd=PAYLOAD, check=True
                )


async def execute(url: str, statement: str) -> None:
    """Run one statement outside of any transaction."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@contextmanager
def new_database(server_url: str, word: str, template: str = "template1") -> Iterator[str]:
    """The URL of a database for several tests; for use outside of a running loop."""
    name = f"jobsync_{word}_{uuid4().hex[:12]}"
    asyncio.run(execute(server_url, f"CREATE DATABASE {name} TEMPLATE {template}"))
    yield on_database(server_url, name)
    asyncio.run(execute(server_url, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture(scope="session")
def needs_payload() -> None:
    """Leaves out the test where no Payload can run, unless it must be there."""
    reason = missing_node()
    if reason is not None:
        if os.environ.get(_REQUIRED):
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.fixture(scope="session")
def payload_database(needs_payload: None, server_url: str) -> Iterator[str]:
    """The URL of a database that Payload's tables and the company are in."""
    with new_database(server_url, "payload") as url:
        seed(url, f"--jobs={SIZE.jobs}", f"--estimates={SIZE.estimates}", f"--users={SIZE.users}")
        yield url


@contextmanager
def started(server: Payload) -> Iterator[Payload]:
    try:
        server.start()
        yield server
    finally:
        server.stop()


class Payloads:
    """Servers over the same documents, started when the first test asks and then shared."""

    def __init__(self, database_url: str) -> None:
        self._database_url = database_url
        self._running: dict[str, Payload] = {}

    def of(self, variant: Variant) -> Payload:
        """The server of this kind; of the unusual ones a few are kept."""
        server = self._running.pop(repr(variant), None)
        if server is None:
            server = Payload(self._database_url, variant)
            server.start()
        self._running[repr(variant)] = server
        if len(self._running) > _KEPT:
            self._running.pop(next(iter(self._running))).stop()  # the one asked for longest ago
        return server

    def stop(self) -> None:
        for server in self._running.values():
            server.stop()


@pytest.fixture(scope="session")
def payloads(payload_database: str) -> Iterator[Payloads]:
    """The genuine Payloads that the tests of this process share."""
    servers = Payloads(payload_database)
    yield servers
    servers.stop()


#: The peers by what they are called: the genuine Payload under both sets of names, and ours.
_PAYLOADS = {"payload": USUAL, "payload_live": LIVE}
#: Where the live system's names have no part it is not asked once more: that takes its time.
_NAMELESS = ("test_signing_in", "test_tokens", "test_names", "test_queries", "test_lists")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "kind" in metafunc.fixturenames:
        nameless = metafunc.module.__name__.endswith(_NAMELESS)
        kinds = ["payload", "sandbox"] if nameless else [*_PAYLOADS, "sandbox"]
        metafunc.parametrize("kind", kinds)


@pytest.fixture
def start_server(kind: str, request: pytest.FixtureRequest) -> Callable[[Variant], Server]:
    """Starts what the test is held against: a Payload only if it is one."""
    if kind not in _PAYLOADS:
        return Sandbox
    payloads: Payloads = request.getfixturevalue("payloads")

    def start(variant: Variant) -> Payload:
        return payloads.of(
            variant if variant.names else replace(variant, names=_PAYLOADS[kind].names)
        )

    return start


@pytest.fixture
async def start_peer(
    kind: str, start_server: Callable[[Variant], Server]
) -> AsyncIterator[Callable]:
    """Starts a peer, usual or not, or gives the one that runs: `await start_peer(variant)`."""
    async with AsyncExitStack() as stack:

        async def start(variant: Variant = USUAL) -> Peer:
            server = await asyncio.to_thread(start_server, variant)
            if isinstance(server, Sandbox):
                await stack.enter_async_context(server.system)
            return await stack.enter_async_context(talking(kind, server))

        yield start


@pytest.fixture
async def peer(start_peer: Callable) -> Peer:
    """A running Attic Tech of the usual kind."""
    return await start_peer()
