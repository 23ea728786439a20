"""The queries of a story look up what they need: they walk through no table that grows."""

import json
import re

import pytest

from bot.audit.reading import _PARTS, _SQL
from sync.postgres.pool import Connection

GROWS = {
    *("alert", "job_sync", "job_state_change_log", "job_other_change"),
    *("attic_tech_document", "sync_run", "sync_touched"),
}


@pytest.fixture
async def many(connection: Connection) -> None:
    """3,000 jobs of as many estimates, each with its records and alerts; 3,000 runs and marks."""
    await connection.execute("""
        INSERT INTO botzilla.job_sync (attic_tech_job_id, attic_tech_estimate_id, job_name, known)
            SELECT n, n, 'Job ' || n, '{}' FROM generate_series(1, 3000) n;
        INSERT INTO botzilla.job_state_change_log (job_sync_id, change_metadata)
            SELECT id, '{"source": "jobsync", "run": 7}' FROM botzilla.job_sync;
        INSERT INTO botzilla.job_other_change (job_sync_id, change_metadata)
            SELECT id, '{"source": "jobsync", "run": 7}' FROM botzilla.job_sync;
        INSERT INTO botzilla.alert (kind, job_sync_id, recipient_type, recipient_id, event_key)
            SELECT 'job_assigned', id, 'crew_leader', 7, id::text FROM botzilla.job_sync;
        INSERT INTO botzilla.attic_tech_document (collection, id)
            SELECT 'jobs', n FROM generate_series(1, 3000) n;
        INSERT INTO botzilla.sync_touched (collection, id)
            SELECT 'jobs', n FROM generate_series(1, 3000) n;
        INSERT INTO botzilla.sync_run (kind, state)
            SELECT 'incremental', 'succeeded' FROM generate_series(1, 3000);
    """)
    for table in GROWS:
        await connection.execute(f"VACUUM ANALYZE botzilla.{table}")


@pytest.mark.parametrize("part", [*_PARTS, "find", "unread"])
async def test_it_is_found_by_indexes(connection: Connection, many: None, part: str) -> None:
    arguments = {"find": (7, None), "unread": ("jobs", 7)}.get(part, (7,))
    plan = await connection.fetchval(f"EXPLAIN (FORMAT JSON) {_SQL[part]}", *arguments)
    scans = re.findall(r'"Node Type": "Seq Scan"[^}]*?"Relation Name": "(\w+)"', json.dumps(plan))
    assert not GROWS & set(scans)
