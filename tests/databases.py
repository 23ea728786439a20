"""Databases for tests, on whatever server the tests use: made, copied, dropped, dumped."""

import re
import subprocess
from collections.abc import AsyncIterator
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg

from sync.database.embedded import packaged_binaries

_COPIES_BY_LOG_SINCE = 15


def on_database(url: str, name: str) -> str:
    """The URL of another database on the same server."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


async def run_sql(url: str, script: str) -> None:
    """Run any number of statements on a connection of their own."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(script)
    finally:
        await connection.close()


async def create_database(server_url: str, name: str, source: str = "template0") -> None:
    """Make a database, a copy of `source`, to which nobody may be connected."""
    connection = await asyncpg.connect(server_url)
    try:
        # Copying files is faster than logging the copy; before PostgreSQL 15 there is no choice.
        by_log = connection.get_server_version().major >= _COPIES_BY_LOG_SINCE
        strategy = "STRATEGY file_copy" if by_log else ""
        await connection.execute(f"CREATE DATABASE {name} TEMPLATE {source} {strategy}")
    finally:
        await connection.close()


async def fresh_database(server_url: str, source: str) -> AsyncIterator[str]:
    """Yields the URL of a copy of `source`, and drops it afterwards."""
    name = f"jobsync_test_{uuid4().hex[:12]}"
    await create_database(server_url, name, source)
    yield on_database(server_url, name)
    await run_sql(server_url, f"DROP DATABASE {name} WITH (FORCE)")


def dump(url: str, *more: str) -> str:
    """The schema `botzilla` with its rows as pg_dump writes it, without what differs each time.

    Sequences are left out, since numbers that were drawn are not given back, and rows are sorted.
    """
    written = subprocess.run(
        [packaged_binaries() / "pg_dump", "--schema=botzilla", "--inserts", *more, url],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    passing = re.compile(r"^(\\(un)?restrict|SELECT pg_catalog\.setval|--|SET|$)")
    lines = [line for line in written.splitlines() if not passing.match(line)]
    return "\n".join(sorted(lines, key=lambda line: line if line.startswith("INSERT") else ""))


def psql(url: str, script: str, *more: str) -> subprocess.CompletedProcess[str]:
    """What psql says to the script."""
    return subprocess.run(
        [packaged_binaries() / "psql", "--no-psqlrc", "--quiet", *more, "--file=-", url],
        input=script,
        capture_output=True,
        text=True,
        check=False,
    )
