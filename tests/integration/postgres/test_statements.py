"""Every statement of ours is one to this server, with its tables, columns and types."""

import re
from pathlib import Path

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


@pytest.mark.parametrize("file", FILES, ids=str)
async def test_the_server_understands_it(connection: Connection, file: Path) -> None:
    for table in ("crew_member", "sales_person"):  # some databases have it, and some statements
        await connection.execute(f"ALTER TABLE botzilla.{table} ADD COLUMN email text")
    parts = set(re.findall(r"-- include: (\w+)", (_REPOSITORY / file).read_text()))
    queries = Queries(".".join(file.parent.parts), file.name)
    whole = [name for name in queries if name not in parts]
    assert whole
    for name in whole:
        await connection.prepare(queries[name])
