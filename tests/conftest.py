"""Fixtures for everybody: a real PostgreSQL, and a freshly migrated database per test.

The server is the embedded one, started once per test process, or the one that
JOBSYNC_TEST_DATABASE_URL names. A test's database is a copy of a migrated template; the next test
gets it as good as new, or another copy where more than rows was changed.
"""

import asyncio
import os
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings

from migrations import command
from sync.postgres.embedded import running
from sync.postgres.pool import Connection, Pool, connect, open_pool
from tests.databases import (
    Copies,
    create_database,
    fresh_database,
    make_reusable,
    on_database,
    run_sql,
)
from tests.scene import Company

# The machines are shared: how long an example takes says nothing about the program.
settings.register_profile("shared", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared")

_SERVER = "JOBSYNC_TEST_DATABASE_URL"
_MEMORY = Path("/dev/shm")  # noqa: S108 -- the folder has a random name
_ROOM = 1 << 30
_PREFIX, _A_DAY = "jobsync-test-", 86_400
#: Nobody needs a test's data after a power failure.
_CARELESS = (
    *("fsync=off", "synchronous_commit=off", "full_page_writes=off", "wal_level=minimal"),
    *("max_wal_senders=0", "autovacuum=off", "max_connections=200", "log_checkpoints=off"),
)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors: tests also wait, for processes, locks and sockets."""
    return min(os.cpu_count() or 1, 15) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long: that it may is said by its time limit. Who works on several tests
    at a time keeps together what shares something that costs, or costs nothing.
    """

    def limit(item: pytest.Item) -> float:
        marker = item.get_closest_marker("timeout")
        return float(marker.args[0]) if marker else 0.0

    items.sort(key=limit, reverse=True)
    for item in items:
        parameters = item.callspec.params if hasattr(item, "callspec") else {}
        folder, _, _ = item.nodeid.removeprefix("tests/").partition("/")
        if folder == "unit":
            item.add_marker(pytest.mark.xdist_group(item.path.name))
        elif folder == "contract" and parameters.get("kind") != "sandbox":
            item.add_marker(pytest.mark.xdist_group("Payload"))
        elif "drifted" in parameters:
            item.add_marker(pytest.mark.xdist_group(parameters["drifted"]))


@contextmanager
def _folder_for_clusters() -> Iterator[Path]:
    """A folder in memory where there is room, open to the account that PostgreSQL runs as."""
    roomy = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ROOM
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=_MEMORY if roomy else None))
    folder.chmod(0o755)
    for left in folder.parent.glob(f"{_PREFIX}*"):  # by a run that was killed
        if time.time() - left.stat().st_mtime > _A_DAY:
            shutil.rmtree(left, ignore_errors=True)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def cluster_folder() -> Iterator[Path]:
    """A folder for an embedded cluster of the test's own."""
    with _folder_for_clusters() as folder:
        yield folder


@contextmanager
def _embedded_server() -> Iterator[str]:
    with _folder_for_clusters() as folder, running(folder, _CARELESS) as cluster:
        yield cluster.url("postgres")


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """The URL of the maintenance database of the server that all tests of this process use."""
    given = os.environ.get(_SERVER)
    if given:
        yield given
    else:
        with _embedded_server() as url:
            yield url


@pytest.fixture(scope="session")
def template(server_url: str) -> Iterator[str]:
    """The name of a migrated database that nobody is connected to."""
    name = f"jobsync_template_{uuid4().hex[:12]}"

    async def make() -> None:
        await create_database(server_url, name)
        await command.upgrade(on_database(server_url, name))
        await make_reusable(on_database(server_url, name))

    asyncio.run(make())
    yield name
    asyncio.run(run_sql(server_url, f"DROP DATABASE {name}"))


@pytest.fixture(scope="session")
def copies(server_url: str, template: str) -> Iterator[Copies]:
    """Copies of the migrated database."""
    with Copies(server_url, template) as made:
        yield made


@pytest.fixture
def database_url(copies: Copies) -> Iterator[str]:
    """The URL of a migrated database of the test's own, for as long as it runs."""
    url, keeper = copies.take()
    yield url
    copies.give_back(url, keeper)


@pytest.fixture
async def empty_database_url(server_url: str) -> AsyncIterator[str]:
    """The URL of a database of the test's own in which nothing is."""
    async for url in fresh_database(server_url, "template0"):
        yield url


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    """A pool on the test's database."""
    opened = await open_pool(database_url)
    yield opened
    await opened.close()


@pytest.fixture
async def connection(database_url: str) -> AsyncIterator[Connection]:
    """A connection to the test's database."""
    opened = await connect(database_url)
    yield opened
    await opened.close()


@pytest.fixture
def company(connection: Connection) -> Company:
    """BotZilla's people and branches, added one by one: see tests/scene.py."""
    return Company(connection)
