"""A migration of BotZilla's own drops job_sync and its record with CASCADE after ours: `up` makes
them anew and nobody is told of the past, `down` goes on.
"""

import re

import asyncpg
import pytest

from bot.database import check_schema
from bot.failures import CommandFailed
from migrations import command
from sync.postgres.pool import Connection, connect
from sync.postgres.schema import SchemaState, schema_of
from tests.databases import dump, run_sql
from tests.drift import DRIFT, LIVE
from tests.mirror import Town

_LOG = "DROP TABLE botzilla.job_state_change_log CASCADE;"
_JOBS = "DROP TABLE botzilla.job_sync CASCADE;"
#: In the seed's shape, with the ids that our rows of other jobs had.
_SEED = """
CREATE TABLE botzilla.job_sync (
    id serial PRIMARY KEY, attic_tech_job_id integer NOT NULL UNIQUE,
    job_name varchar(255) NOT NULL,
    job_status_id integer REFERENCES botzilla.job_status, last_synced_at timestamp DEFAULT now(),
    notification_sent boolean DEFAULT false, attic_tech_data jsonb);
CREATE TABLE botzilla.job_state_change_log (
    id serial PRIMARY KEY, attic_tech_job_id integer NOT NULL, change_metadata jsonb,
    job_sync_id integer NOT NULL REFERENCES botzilla.job_sync ON DELETE CASCADE,
    new_status_id integer NOT NULL REFERENCES botzilla.job_status,
    changed_at timestamp DEFAULT now());
INSERT INTO botzilla.job_sync (attic_tech_job_id, job_name) VALUES (3, 'Job 3'), (1, 'Job 1');
INSERT INTO botzilla.job_state_change_log (attic_tech_job_id, job_sync_id, new_status_id)
    SELECT attic_tech_job_id, id, (SELECT min(id) FROM botzilla.job_status) FROM botzilla.job_sync;
CREATE VIEW botzilla.v_job_sync_details AS SELECT id, job_name FROM botzilla.job_sync;
"""
DROPPED = {
    "both": (_LOG + _JOBS, ("job_sync", "job_state_change_log")),
    "the jobs": (_JOBS, ("job_sync",)),
    "the record": (_LOG, ("job_state_change_log",)),
    "both, and made as in the seed": (
        _LOG + _JOBS + _SEED,
        ("job_sync", "job_state_change_log"),
    ),
}


@pytest.fixture(params=DROPPED)
def dropped(request: pytest.FixtureRequest) -> tuple[str, tuple[str, ...]]:
    """What was done, and what is gone by it."""
    return DROPPED[request.param]


async def _company(connection: Connection) -> Town:
    """Job 1 has a leader who was told, of job 2 nobody heard yet, job 3 waits silently."""
    town = await Town.build(connection, first_contact=True)
    await town.job(3, "Requires Crew Lead")
    await town.end_first_contact()
    await town.job(1, "Plans In Progress", assignedCrew=[7])
    assert await town.news() == [("job_assigned", "102", "pending")]
    await town.job(1, "Requires Crew Lead")
    await town.decide()
    await town.job(1, "Plans In Progress")
    await town.decide()
    await town.told()
    await town.job(2, "Plans In Progress", assignedCrew=[8])
    await town.decide()
    await town.new_alerts()
    return town


async def _open_alerts(connection: Connection) -> list[asyncpg.Record]:
    return await connection.fetch(
        "SELECT kind FROM botzilla.alert WHERE state IN ('pending', 'held', 'undeliverable')"
        " AND job_sync_id IS NOT NULL"
    )


async def _whose(connection: Connection) -> list[asyncpg.Record]:
    """Each alert with the job of its row."""
    return await connection.fetch(
        "SELECT a.event_key, s.attic_tech_job_id FROM botzilla.alert a"
        " JOIN botzilla.job_sync s ON s.id = a.job_sync_id ORDER BY a.id"
    )


async def test_what_is_dropped_is_seen_and_refused_with_the_command(
    connection: Connection, database_url: str, dropped: tuple[str, tuple[str, ...]]
) -> None:
    script, gone = dropped
    await connection.execute(script)
    schema = await schema_of(connection)
    assert (schema.state, schema.gone) == (SchemaState.DAMAGED, gone)
    with pytest.raises(CommandFailed, match=r"dropped job_.*jobsync migrate up"):
        check_schema(schema)


@pytest.mark.every_server
async def test_up_makes_anew_exactly_what_was_dropped(
    connection: Connection, database_url: str
) -> None:
    before = dump(database_url, "--schema-only")
    for script, _ in list(DROPPED.values())[:3]:
        await connection.execute(script)
        await command.upgrade(database_url)
        assert dump(database_url, "--schema-only") == before
        assert (await schema_of(connection)).state is SchemaState.CURRENT


async def test_nobody_is_told_of_the_past_and_everything_of_what_comes(
    connection: Connection, database_url: str, dropped: tuple[str, tuple[str, ...]]
) -> None:
    town = await _company(connection)
    whose = await _whose(connection)
    script, gone = dropped
    await connection.execute(script)
    await command.upgrade(database_url)
    connection = town.connection = await connect(database_url)  # its statements are of before
    if "job_sync" in gone:
        assert await _open_alerts(connection) == []
        assert await town.news() == []
    await town.told()
    assert await _whose(connection) == whose
    assert [(await town.row(job))["known"]["leader"] for job in (1, 2, 3)] == [7, 8, None]

    await town.job(1, "Pending Review")
    await town.job(2, "Requires Crew Lead", assignedCrew=[])
    await town.job(3, "Plans In Progress", assignedCrew=[7])
    assert sorted(await town.news()) == [
        ("crew_lead_needed", "101", "pending"),
        ("job_assigned", "102", "pending"),
        ("job_taken_away", "103", "pending"),
        ("plan_ready_for_review", "101", "pending"),
    ]
    assert await town.news() == []
    await connection.close()


async def test_ids_and_revisions_go_on_so_that_no_event_is_taken_for_an_old_one(
    connection: Connection, database_url: str
) -> None:
    town = await _company(connection)
    keys = {row["event_key"] for row in await _whose(connection)}
    used = await connection.fetchval("SELECT max(job_sync_id) FROM botzilla.alert")
    told = (await town.row(1))["revision"]
    await connection.execute(_LOG + _JOBS)
    await command.upgrade(database_url)
    town.connection = await connect(database_url)
    await town.decide()
    assert (await town.row(1))["revision"] > told
    assert await town.connection.fetchval("SELECT min(id) FROM botzilla.job_sync") > used
    await town.job(1, "Requires Crew Lead")
    await town.decide()
    await town.job(1, "Plans In Progress")
    await town.decide()
    new = [row["event_key"] for row in await _whose(town.connection)][len(keys) :]
    assert len(set(new) - keys) == 3, "taken away, needed, assigned"
    await town.connection.close()


async def test_what_stands_on_phones_is_still_known_to_be_of_its_job(
    connection: Connection, database_url: str
) -> None:
    town = await _company(connection)
    ids = {(await town.row(job))["id"]: job for job in (1, 2)}
    await connection.executemany(
        "INSERT INTO botzilla.telegram_answer (chat_id, message_id, job_sync_id) VALUES (9, 1, $1)",
        [(id,) for id in ids],
    )
    await connection.execute(_LOG + _JOBS)
    await command.upgrade(database_url)
    rows = await connection.fetch(
        "SELECT s.attic_tech_job_id FROM botzilla.telegram_answer a"
        " JOIN botzilla.job_sync s ON s.id = a.job_sync_id ORDER BY 1"
    )
    assert [row[0] for row in rows] == [1, 2]


@pytest.mark.every_server
async def test_who_could_write_them_still_can(connection: Connection, database_url: str) -> None:
    role = f"jobsync_app_{connection.get_server_pid()}"
    await connection.execute(
        f"CREATE ROLE {role}; GRANT USAGE ON SCHEMA botzilla TO {role};"
        f"GRANT ALL ON ALL TABLES IN SCHEMA botzilla TO {role};" + _LOG + _JOBS
    )
    await command.upgrade(database_url)
    await connection.execute(f"SET ROLE {role}")
    await connection.execute("INSERT INTO botzilla.job_sync (attic_tech_job_id) VALUES (1)")
    await connection.execute(f"RESET ROLE; DROP OWNED BY {role}; DROP ROLE {role}")


@pytest.mark.every_server
@pytest.mark.parametrize("revision", ["0002", "0003", "0006"])
async def test_what_was_dropped_before_an_older_schema_is_brought_up(
    empty_database_url: str, database_url: str, revision: str
) -> None:
    await command.upgrade(empty_database_url, revision)
    await run_sql(empty_database_url, _LOG + _JOBS)
    await command.upgrade(empty_database_url)
    assert dump(empty_database_url, "--schema-only") == dump(database_url, "--schema-only")


async def test_down_goes_on_over_what_is_gone(live_url: str) -> None:
    before = dump(live_url)
    await command.upgrade(live_url)
    await run_sql(live_url, _LOG + _JOBS)
    await command.downgrade(live_url)
    after = dump(live_url)
    assert not re.search(r"botzilla\.(jobsync_|alert|v_job_sync)", after)
    if "job_sync" not in before and "job_state_change_log" not in before:
        assert after == before


async def test_down_after_a_repair_leaves_what_botzilla_left(live_url: str) -> None:
    await command.upgrade(live_url)
    await run_sql(live_url, _LOG + _JOBS)
    await command.upgrade(live_url)
    await command.downgrade(live_url)
    first = dump(live_url)
    await command.upgrade(live_url)
    await command.downgrade(live_url)
    assert dump(live_url) == first
    assert "TABLE botzilla.job_sync" not in first
    assert "TABLE botzilla.job_state_change_log" not in first


@pytest.mark.every_server
async def test_down_leaves_alone_what_botzilla_has_made_since(empty_database_url: str) -> None:
    await run_sql(empty_database_url, LIVE + DRIFT["the nine states"])
    await command.upgrade(empty_database_url)
    await run_sql(empty_database_url, _LOG + _JOBS + _SEED)
    await command.downgrade(empty_database_url)
    connection = await asyncpg.connect(empty_database_url)
    assert await connection.fetchval("SELECT count(*) FROM botzilla.job_state_change_log") == 2
    assert await connection.fetchval("SELECT count(*) FROM botzilla.v_job_sync_details") == 2
    await connection.close()
