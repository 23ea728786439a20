"""A company at its limits, and how much of it a statement reads.

The tables of `big.sql` are as a first copy leaves them: nobody has analysed them. `rows_read`
executes a statement, undoes it, and counts the rows that it took in hand, table by table: whatever
the planner calls the way on which it went, a small question must stay a small one.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sync.postgres.pool import Connection
from tests.databases import create_database, on_database, run_sql

_SCRIPT = Path(__file__).with_suffix(".sql")


async def make_big(server_url: str, template: str, name: str) -> None:
    """Make the database `name` out of the migrated one, and fill it."""
    await create_database(server_url, name, template)
    await run_sql(on_database(server_url, name), _SCRIPT.read_text(encoding="utf-8"))


async def rows_read(connection: Connection, statement: str, *arguments: Any) -> Counter[str]:
    """How many rows of each table the statement read, those that it threw away included."""
    transaction = connection.transaction()
    await transaction.start()
    try:
        plan = await connection.fetchval(
            f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {statement}", *arguments
        )
    finally:
        await transaction.rollback()
    read: Counter[str] = Counter()
    for node in _nodes(plan[0]["Plan"]):
        if "Scan" in node["Node Type"] and ("Relation Name" in node or "Index Name" in node):
            table = node.get("Relation Name") or node["Index Name"]
            read[table] += round(node["Actual Loops"] * sum(node.get(key, 0) for key in _READ))
    return read


_READ = ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Index Recheck")


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from _nodes(part)
