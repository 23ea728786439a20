"""What the sender asks of PostgreSQL costs what is to be done, not what was ever done.

Ten thousand alerts wait in three hundred chats beside many that have their end. Statistics are
those of a table that nobody ever analysed, of one analysed now, and of one analysed in a quiet
hour, when nothing was open.
"""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from bot.delivery.outbox import _KINDS, _RECIPIENTS, _SQL, LEASE
from sync.postgres.pool import Connection

ENDED, OPEN, LANES = 190_000, 10_000, 300
MINUTE = timedelta(seconds=60)
FILL = """
SET session_replication_role = replica; -- nothing refers to what is not there
INSERT INTO botzilla.job_sync (id, attic_tech_job_id) SELECT n, n FROM generate_series(1, 20000) n;
INSERT INTO botzilla.alert
    (kind, job_sync_id, recipient_type, recipient_id, telegram_id, state, event_key)
SELECT 'job_assigned', n % 20000 + 1, 'crew_leader', n % 300, (100000 + n % 300)::text, 'delivered',
    n::text
FROM generate_series(1, 200000) n;
RESET session_replication_role;
"""
BURST = "UPDATE botzilla.alert SET state = 'pending' WHERE id > 190000"
#: Everything that the sender asks, with how many alerts a statement may look at where that is few.
STATEMENTS: dict[str, tuple[tuple[Any, ...], int | None]] = {
    "claim": ((16, [], uuid4(), LEASE, _KINDS, _RECIPIENTS), 3 * LANES),
    "give_up_on_lost_leases": (([],), 1),
    "take_back": ((), 1),
    "release_held": ((), 1),
    "seconds_to_next": ((), 1),
    "begin": ((199_999, uuid4()), 1),
    "delivered": ((199_999, uuid4(), 1, 1), 3),
    "again": ((199_999, uuid4(), MINUTE, 1, "not_taken", "pending"), 1),
    "close": ((199_999, uuid4(), "unknown", "answer_lost"), 1),
    "rest_recipient": ((199_999, uuid4(), MINUTE, "slow_down"), None),
    "readdress": ((199_999, uuid4(), "555"), None),
    "hold_everything": ((199_999, uuid4(), "token_refused", MINUTE), None),
}


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from nodes(part)


async def looks_at(connection: Connection, name: str) -> tuple[int, set[str]]:
    """How many rows of `alert` the statement touches, and the tables that it reads to their end."""
    answer = await connection.fetchval(
        f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {_SQL[name]}", *STATEMENTS[name][0]
    )
    plan = json.loads(answer) if isinstance(answer, str) else answer
    scans = [node for node in nodes(plan[0]["Plan"]) if node["Node Type"].endswith("Scan")]
    touched = sum(
        (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
        for node in scans
        if node.get("Relation Name") == "alert"
    )
    to_the_end = {node["Relation Name"] for node in scans if node["Node Type"] == "Seq Scan"}
    return round(touched), to_the_end & {"alert", "job_sync"}


@pytest.mark.timeout(120)
async def test_no_statement_of_the_sender_reads_what_has_its_end(connection):
    await connection.execute(FILL)

    async def check(when: str) -> None:
        for name, (_, most) in STATEMENTS.items():
            trying = connection.transaction()
            await trying.start()
            touched, to_the_end = await looks_at(connection, name)
            await trying.rollback()
            assert not to_the_end, (when, name)
            assert touched <= (2 * OPEN if most is None else most), (when, name, touched)

    await connection.execute("VACUUM (FULL, ANALYZE) botzilla.alert")
    await connection.execute(BURST)
    await check("analysed in a quiet hour")
    await connection.execute("ANALYZE botzilla.alert")
    await check("analysed now")
    await connection.execute("DELETE FROM pg_statistic WHERE starelid = 'botzilla.alert'::regclass")
    await check("never analysed")

    # Many chats at once each get their oldest.
    claimed = await connection.fetch(
        _SQL["claim"], 2 * LANES, [], uuid4(), LEASE, _KINDS, _RECIPIENTS
    )
    assert [row["id"] for row in claimed] == [ENDED + n for n in range(1, LANES + 1)]
