"""Statements that run by themselves stay small in a large company: 100,000 jobs, 1,000,000 alerts,
1,000,000 runs, and no statistics.

One test, so that the large database is made once.
"""

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

import pytest

from bot.delivery.edits import _SQL as EDITS
from bot.delivery.outbox import _SQL as OUTBOX
from bot.delivery.outbox import LEASE
from bot.health import _SQL as HEALTH
from sync.mirror.store import _SQL as MIRROR
from sync.model.alerts import AlertKind, RecipientType
from sync.postgres.locks import ACCEPTANCES
from sync.postgres.pool import Connection, connect
from sync.reconcile import _SQL as MARKS
from sync.reconcile.batch import _SQL as BATCH
from sync.reconcile.bounces import _SQL as WAYS_BACK
from sync.reconcile.bounces import _TO_LEAD
from sync.reconcile.company import _SQL as COMPANY
from sync.reconcile.holds import _SQL as HOLDS
from sync.reconcile.outbox import _SQL as ALERTS
from sync.runs.outage import _SQL as OUTAGE
from sync.runs.runner import _SQL as RUN
from tests.big import make_big, rows_read
from tests.databases import on_database, run_sql

#: What one look may take in hand of a table: all that is open or being worked on, not all there is.
#: It is ten thousand alerts and five thousand jobs here.
SMALL = 12_000
MARKED = list(range(1000, 100_000, 198))
ROWS = [
    {"place": place, "id": id, "attic_tech_job_id": id, "attic_tech_data": {}, "known": {}}
    | {"revision": 3, "leader_revision": 1, "moved": True, "grows": True, "gone": False}
    for place, id in enumerate(MARKED)
]
NEW_ALERTS = [
    {"kind": "job_assigned", "revision": 1, "recipient_type": "crew_leader", "recipient_id": 1}
    | {"event_key": f"job_assigned:{999_900 + n}", "state": "pending", "facts": {}, "place": n}
    for n in range(500)
]
GONE = {"attic_tech_user_id": 7, "name": "User 7", "reason": "inactive", "candidates": []}
PAGE = ["present"], [None], [None], ['{"name": "Other"}'], ["users:3"], [None], [None]

STATEMENTS = {
    "marks: spread": (MARKS["spread"],),
    "marks: standing": (MARKS["standing"],),
    "marks: leaders": (MARKS["leaders"], [12]),
    "batch: marked": (BATCH["marked"], "", 0, 500),
    "batch: sources of jobs": (BATCH["sources"], MARKED, []),
    "batch: sources of estimates": (BATCH["sources"], [], MARKED),
    "batch: lock_alerts": (BATCH["lock_alerts"], MARKED, MARKED),
    "batch: rows": (BATCH["rows"], MARKED, MARKED, []),
    "batch: write": (BATCH["write"], ROWS),
    "batch: merge": (BATCH["merge"], [5, 7], [6, 8]),
    "batch: touch_jobs": (BATCH["touch_jobs"], MARKED),
    "batch: unmark": (BATCH["unmark"], ["jobs"] * len(MARKED), MARKED),
    "alerts: insert": (ALERTS["insert_alerts"], NEW_ALERTS),
    "company: load": (COMPANY["company"],),
    "company: save_people": (COMPANY["save_people"], [GONE], ["inactive"]),
    "ways back: revive": (WAYS_BACK["revive"], None, [], _TO_LEAD),
    "ways back: told_nobody": (WAYS_BACK["told_nobody"], list(AlertKind)),
    "mirror: a page": (
        MIRROR["store_documents"],
        ["jobs"] * len(MARKED),
        *(MARKED, *(list(column) * len(MARKED) for column in PAGE)),
    ),
    "mirror: missing": (MIRROR["missing"],),
    "mirror: newly_set_aside": (MIRROR["newly_set_aside"],),
    "mirror: requirements": (MIRROR["requirements"], "crew leader"),
    "mirror: mirrored": (MIRROR["mirrored"], "jobs", 5000, 6000),
    "run: request": (RUN["request"], "incremental", False, ACCEPTANCES),
    "run: resume": (RUN["resume"], 3, ""),
    "run: begin": (RUN["begin"], ACCEPTANCES),
    "run: last_full": (RUN["last_full"],),
    "outage: history": (OUTAGE["history"],),
    "health: standing": (HEALTH["standing"], [1, 2, 3]),
    "holds: restate": (HOLDS["restate"], "mass_change_held:", {"count": 2}),
    "outbox: release_held": (OUTBOX["release_held"],),
    "outbox: give_up_on_lost_leases": (OUTBOX["give_up_on_lost_leases"], []),
    "outbox: claim": (
        OUTBOX["claim"],
        16,
        [],
        uuid4(),
        LEASE,
        list(AlertKind),
        list(RecipientType),
    ),
    "outbox: seconds_to_next": (OUTBOX["seconds_to_next"],),
    "edits: due": (EDITS["due"], [5], 50),
    "edits: put_off": (EDITS["put_off"], timedelta(seconds=1), 1004),
    "edits: strike": (WAYS_BACK["strike"], [1004]),
}


@pytest.fixture
async def big(server_url: str, template: str) -> AsyncIterator[Connection]:
    """A connection to the large database, in which a few things have just changed."""
    name = f"jobsync_big_{uuid4().hex[:12]}"
    await make_big(server_url, template, name)
    opened = await connect(on_database(server_url, name))
    await opened.execute(
        "INSERT INTO botzilla.sync_touched (collection, id)"
        " VALUES ('users', 7), ('clients', 3), ('estimates', 9), ('jobs', 12), ('branches', 99)"
    )
    yield opened
    await opened.close()
    await run_sql(server_url, f"DROP DATABASE {name}")


@pytest.mark.timeout(600)
async def test_no_statement_that_runs_by_itself_reads_a_large_table(big):
    too_much = {}
    for name, (statement, *arguments) in STATEMENTS.items():
        read = await rows_read(big, statement, *arguments)
        if large := {table: rows for table, rows in read.items() if rows > SMALL}:
            too_much[name] = large
    assert too_much == {}
    # One edited role makes every job that its holders work on due, each found by who points at it.
    await big.execute("INSERT INTO botzilla.sync_touched (collection, id) VALUES ('roles', 1)")
    read = await rows_read(big, MARKS["spread"])
    assert max(read.values()) < 500_000
