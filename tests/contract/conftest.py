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
    Variant,
    missing_node,
    seed,
)
from tests.databases import on_database

#: Set where the genuine Payload must be there, so that its absence is a failure and no skip.
_REQUIRED = "JOBSYNC_REQUIRE_PAYLOAD"


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


@pytest.fixture(scope="session")
def payload(payload_database: str) -> Iterator[Payload]:
    """The genuine Payload that the tests of this process share."""
    with started(Payload(payload_database)) as server:
        yield server


@pytest.fixture(scope="session")
def payload_live(payload_database: str) -> Iterator[Payload]:
    """The same under the live system's names, over the same documents."""
    with started(Payload(payload_database, LIVE)) as server:
        yield server


#: The peers by what they are called: the genuine Payload under both sets of names, and ours.
_PAYLOADS = {"payload": USUAL, "payload_live": LIVE}
#: Where the live system's names have no part it is not asked once more: that takes its time.
_NAMELESS = ("test_signing_in", "test_tokens", "test_names")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "kind" in metafunc.fixturenames:
        nameless = metafunc.module.__name__.endswith(_NAMELESS)
        kinds = ["payload", "sandbox"] if nameless else [*_PAYLOADS, "sandbox"]
        metafunc.parametrize("kind", kinds)


@pytest.fixture
def shared_payload(kind: str, request: pytest.FixtureRequest) -> Payload | None:
    """The running Payload, if this test is held against it: only then is it started."""
    return request.getfixturevalue(kind) if kind in _PAYLOADS else None


@pytest.fixture
async def peer(kind: str, shared_payload: Payload | None) -> AsyncIterator[Peer]:
    """A running Attic Tech of the usual kind."""
    if shared_payload is not None:
        async with talking(kind, shared_payload) as found:
            yield found
    else:
        sandbox = Sandbox()
        async with sandbox.system, talking(kind, sandbox) as found:
            yield found


@pytest.fixture
def seeded_database(kind: str, request: pytest.FixtureRequest) -> str | None:
    """The database of the genuine Payload, if this test is held against it."""
    return request.getfixturevalue("payload_database") if kind in _PAYLOADS else None


@pytest.fixture
async def start_peer(kind: str, seeded_database: str | None) -> AsyncIterator[Callable]:
    """Starts a peer of the test's own, usual or not: `await start_peer(variant)`."""
    async with AsyncExitStack() as stack:

        async def start(variant: Variant = USUAL) -> Peer:
            if not variant.names and kind in _PAYLOADS:
                variant = replace(variant, names=_PAYLOADS[kind].names)
            if seeded_database is None:
                sandbox = Sandbox(variant)
                await stack.enter_async_context(sandbox.system)
                return await stack.enter_async_context(talking(kind, sandbox))
            server = Payload(seeded_database, variant)
            stack.push_async_callback(asyncio.to_thread, server.stop)
            await asyncio.to_thread(server.start)
            return await stack.enter_async_context(talking(kind, server))

        yield start
