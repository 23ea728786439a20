"""Every statement of ours is one to this server, with its tables, columns and types."""

import re
from pathlib import Path

import asyncpg
import pytest

from sync.postgres.pool import Connection
from sync.postgres.queries import Queries

pytestmark = pytest.mark.every_server

_REPOSITORY = Path(__file__).parents[3]
FILES = sorted(
    path.relative_to(_REPOSITORY)
    for folder in ("bot", "sync")
    for path in (_REPOSITORY / folder).rglob("*.sql")
    if "-- name:" in path.read_text()
)
# Here, since what is beside them is imported: that takes longer than a test may.
QUERIES = {file: Queries(".".join(file.parent.parts), file.name) for file in FILES}
NAMES = {file: set(queries) for file, queries in QUERIES.items()}


async def test_the_server_understands_them(connection: Connection) -> None:
    for table in ("crew_member", "sales_person"):  # some databases have it, and some statements
        await connection.execute(f"ALTER TABLE botzilla.{table} ADD COLUMN email text")
    refused = {}
    for file, names in NAMES.items():
        parts = set(re.findall(r"-- include: (\w+)", (_REPOSITORY / file).read_text()))
        assert names - parts, file
        for name in sorted(names - parts):
            try:
                await connection.prepare(QUERIES[file][name])
            except asyncpg.PostgresError as error:
                refused[f"{file}: {name}"] = str(error)
    assert refused == {}
