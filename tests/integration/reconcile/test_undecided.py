"""One document that cannot be decided on stops no other, not even first contact: it is set aside,
told once, and tried again when it changes.
"""

import asyncio
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from sync.postgres.pool import Connection, connect
from sync.reconcile import Run, decide
from tests.mirror import Town, nothing

pytestmark = pytest.mark.every_server

RCL, PIP, REVIEW = "Requires Crew Lead", "Plans In Progress", "Pending Review"
#: A crew that is none: nothing that Attic Tech's reader would let through.
POISON: Any = 5


@pytest.fixture
async def town(connection: Connection) -> Town:
    return await Town.build(connection, operators=(900,))


async def marks(town: Town) -> list[tuple[str, int]]:
    rows = await town.connection.fetch("SELECT collection, id FROM botzilla.sync_touched")
    return [tuple(row) for row in rows]


async def aside(town: Town) -> list[tuple[str, int, str]]:
    rows = await town.connection.fetch(
        "SELECT collection, id, reason FROM botzilla.sync_set_aside ORDER BY 1, 2"
    )
    return [tuple(row) for row in rows]


async def jobs(town: Town) -> list[int]:
    rows = await town.connection.fetch(
        "SELECT attic_tech_job_id FROM botzilla.job_sync ORDER BY attic_tech_job_id"
    )
    return [id for (id,) in rows]


async def poison(town: Town, id: int) -> None:
    """The job's crew is none from now on."""
    await town.connection.execute(
        "UPDATE botzilla.attic_tech_document SET fields = fields || $1"
        " WHERE collection = 'jobs' AND id = $2",
        {"assignedCrew": POISON},
        id,
    )
    await town.mark("jobs", id)


async def test_of_a_batch_all_but_the_bad_job_is_decided(town: Town) -> None:
    for number in range(1, 31):
        await town.job(number, PIP, assignedCrew=[7])
    await poison(town, 13)
    news = await town.news()
    assert news.count(("job_assigned", "102", "pending")) == 29
    assert news[29:] == [("document_unreadable", "900", "pending")]
    assert await jobs(town) == [n for n in range(1, 31) if n != 13]
    assert await marks(town) == []
    reason = "It cannot be decided on (TypeError, sync.reconcile.facts.job_of)."
    assert await aside(town) == [("jobs", 13, reason)]


async def test_a_state_that_is_new_with_a_bad_job_is_there_for_the_good_ones(town: Town) -> None:
    for number in range(1, 5):
        await town.job(number, "On hold by them", assignedCrew=[7])
    await town.connection.execute(
        "ALTER TABLE botzilla.job_sync ADD CONSTRAINT ours CHECK (attic_tech_job_id <> 4)"
    )
    assert await town.news() == [
        ("state_unknown", "900", "pending"),
        ("document_unreadable", "900", "pending"),
    ]
    assert await jobs(town) == [1, 2, 3]
    assert (await town.row(3))["job_status_id"] is not None


async def test_what_is_set_aside_is_told_once_by_its_sort_of_error(town: Town) -> None:
    await town.job(1, PIP)
    await poison(town, 1)
    assert await town.news() == [("document_unreadable", "900", "pending")]
    await poison(town, 1)
    assert await town.news() == []
    row = await town.connection.fetchrow(
        "SELECT event_key, facts FROM botzilla.alert WHERE kind = 'document_unreadable'"
    )
    assert row is not None
    digest = await town.connection.fetchval("SELECT digest FROM botzilla.sync_set_aside")
    assert row["event_key"] == f"document_unreadable:jobs:1:{digest}:telegram:900"
    assert row["facts"] == {
        "collection": "jobs",
        "id": 1,
        "reason": "It cannot be decided on (TypeError, sync.reconcile.facts.job_of).",
        "undecided": True,
    }


async def test_it_is_tried_again_when_it_changes_as_the_news_that_it_was(town: Town) -> None:
    await town.job(1, PIP, assignedCrew=[7])
    await poison(town, 1)
    await town.news()
    await town.put("jobs", 1)
    assert await town.news() == [("job_assigned", "102", "pending")]
    assert await aside(town) == []


async def test_it_is_tried_again_when_what_it_points_at_changes(town: Town) -> None:
    await town.job(1, PIP, assignedCrew=[7])
    await poison(town, 1)
    await town.news()
    await town.connection.execute(
        "UPDATE botzilla.attic_tech_document SET fields = fields || $1 WHERE collection = 'jobs'",
        {"assignedCrew": [7]},
    )
    await town.put("clients", 1, phone="(619) 555-0143")
    assert await town.news() == [("job_assigned", "102", "pending")]


async def test_a_full_run_tries_it_again_for_the_program_may_have_been_mended(town: Town) -> None:
    await town.job(1, PIP, assignedCrew=[7])
    await town.connection.execute(
        "ALTER TABLE botzilla.job_sync ADD CONSTRAINT ours CHECK (attic_tech_job_id <> 1)"
    )
    await town.news()
    assert [reason for *_, reason in await aside(town)] == [
        "It cannot be decided on (CheckViolationError, ours)."
    ]
    await town.connection.execute("ALTER TABLE botzilla.job_sync DROP CONSTRAINT ours")
    assert await town.news() == []
    await decide(town.connection, Run(2, operators=(900,), full=True), nothing)
    assert await town.new_alerts() == [("job_assigned", "102", "pending")]


async def test_a_job_that_was_decided_and_is_bad_now_stops_nothing_either(town: Town) -> None:
    await town.job(1, PIP, assignedCrew=[7])
    await town.job(2, PIP, assignedCrew=[7])
    await town.news()
    await town.told()
    await poison(town, 1)
    await town.job(2, REVIEW)
    assert await town.news() == [
        ("plan_ready_for_review", "101", "pending"),
        ("document_unreadable", "900", "pending"),
    ]


async def test_many_with_the_same_reason_are_one_message(town: Town) -> None:
    await town.connection.execute(
        "ALTER TABLE botzilla.job_sync ADD CONSTRAINT ours CHECK (attic_tech_job_id % 2 = 0)"
    )
    for number in range(1, 25):
        await town.job(number, PIP, assignedCrew=[7])
    news = await town.news()
    assert news.count(("job_assigned", "102", "pending")) == 12
    assert news[12:] == [("document_unreadable", "900", "pending")]
    facts = await town.connection.fetchval(
        "SELECT facts FROM botzilla.alert WHERE kind = 'document_unreadable'"
    )
    assert (facts["collection"], facts["count"]) == ("jobs", 12)


async def test_a_first_contact_ends_although_a_document_is_set_aside(
    connection: Connection,
) -> None:
    town = await Town.build(connection, first_contact=True, operators=(900,))
    for number in range(1, 6):
        await town.job(number, RCL)
    await poison(town, 3)
    news = await town.news()
    assert ("first_contact", "101", "pending") in news
    assert news[-1] == ("document_unreadable", "900", "pending")
    await town.job(1, PIP, assignedCrew=[7])
    assert await town.news() == [("job_assigned", "102", "pending")]


async def test_what_was_set_aside_is_told_by_the_next_run_after_a_crash(town: Town) -> None:
    await town.job(1, PIP)
    await poison(town, 1)
    await town.connection.execute(
        "ALTER TABLE botzilla.alert ADD CONSTRAINT broken CHECK (kind <> 'document_unreadable')"
    )
    with pytest.raises(asyncpg.CheckViolationError):
        await town.decide()
    await town.connection.execute("ALTER TABLE botzilla.alert DROP CONSTRAINT broken")
    assert await town.news() == [("document_unreadable", "900", "pending")]


async def test_a_deadlock_or_a_lost_connection_sets_nothing_aside(town: Town) -> None:
    await town.job(1, PIP, assignedCrew=[7])
    await town.connection.execute(
        """CREATE FUNCTION botzilla.away() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'deadlock' USING ERRCODE = '40P01'; END $$;
        CREATE TRIGGER away BEFORE INSERT ON botzilla.job_sync FOR EACH ROW
        EXECUTE FUNCTION botzilla.away()"""
    )
    with pytest.raises(asyncpg.DeadlockDetectedError):
        await town.decide()
    assert (await aside(town), len(await marks(town))) == ([], 2)
    await town.connection.execute(
        """CREATE OR REPLACE FUNCTION botzilla.away() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END $$"""
    )
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
        await town.decide()


async def test_what_botzilla_took_away_is_no_matter_of_documents(town: Town) -> None:
    await town.job(1, PIP, assignedCrew=[7])
    await town.connection.execute("DROP TABLE botzilla.job_other_change")
    with pytest.raises(asyncpg.UndefinedTableError):
        await town.decide()
    assert (await aside(town), len(await marks(town))) == ([], 2)


async def test_a_batch_that_takes_too_long_is_halved(town: Town, database_url: str) -> None:
    for number in range(1, 5):
        await town.job(number, PIP, assignedCrew=[7])
    await town.connection.execute(
        """CREATE FUNCTION botzilla.slow() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN IF NEW.attic_tech_job_id = 3 THEN PERFORM pg_sleep(60); END IF; RETURN NEW; END $$;
        CREATE TRIGGER slow BEFORE INSERT ON botzilla.job_sync FOR EACH ROW
        EXECUTE FUNCTION botzilla.slow()"""
    )
    impatient = await connect(database_url, command_timeout=0.5)
    await decide(impatient, Run(1, operators=(900,)), nothing)
    await impatient.close()
    assert await jobs(town) == [1, 2, 4]
    assert [id for _, id, _ in await aside(town)] == [3]


async def test_a_number_that_no_parameter_can_hold_is_a_bad_document_and_no_lost_database(
    town: Town,
) -> None:
    await town.job(1, PIP, assignedCrew=[7])
    await town.job(2, PIP, assignedCrew=[7], job_estimate=2**40)
    news = await town.news()
    assert news == [
        ("job_assigned", "102", "pending"),
        ("document_unreadable", "900", "pending"),
    ]


async def somebody_waits(connection: Connection, kind: str) -> None:
    while not await connection.fetchval(
        "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND locktype = $1)", kind
    ):
        await asyncio.sleep(0.01)


async def botzillas_row(town: Town) -> asyncpg.Record:
    row = await town.connection.fetchrow(
        "SELECT attic_tech_job_id, last_synced_at FROM botzilla.job WHERE name = 'Theirs'"
    )
    assert row is not None
    return row


async def test_an_insert_of_botzillas_with_the_same_job_fails_no_run(
    town: Town, database_url: str
) -> None:
    """Both want the same attic_tech_job_id; BotZilla commits while our batch waits for it."""
    await town.connection.execute(
        "CREATE UNIQUE INDEX ON botzilla.job (attic_tech_job_id);"
        "INSERT INTO botzilla.estimate (id, attic_tech_estimate_id) VALUES (1, 101);"
        "INSERT INTO botzilla.job (name, estimate_id) VALUES ('Ours', 1)"
    )
    await town.job(1, PIP, assignedCrew=[7])
    botzilla = await connect(database_url)
    transaction = botzilla.transaction()
    await transaction.start()
    await botzilla.execute(
        "INSERT INTO botzilla.job (name, attic_tech_job_id) VALUES ('Theirs', 1)"
    )
    async with asyncio.TaskGroup() as tasks:
        deciding = tasks.create_task(town.decide())
        await somebody_waits(botzilla, "transactionid")
        await transaction.commit()
    assert deciding.result().aside == 0
    assert await town.new_alerts() == [("job_assigned", "102", "pending")]
    assert (await botzillas_row(town))["last_synced_at"] is not None
    await botzilla.close()


async def test_a_row_that_botzilla_works_on_waits_for_the_next_run_and_nothing_else_does(
    town: Town, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.reconcile._PATIENCE", timedelta(seconds=0.2))
    await town.connection.execute(
        "INSERT INTO botzilla.job (name, attic_tech_job_id) VALUES ('Theirs', 1)"
    )
    await town.job(1, PIP, assignedCrew=[7])
    botzilla = await connect(database_url)
    transaction = botzilla.transaction()
    await transaction.start()
    await botzilla.execute("UPDATE botzilla.job SET review = 'x'")
    assert await town.news() == [("job_assigned", "102", "pending")]
    assert await marks(town) == [("jobs", 1)]
    await transaction.rollback()
    assert await town.news() == []
    assert (await marks(town), await aside(town)) == ([], [])
    assert (await botzillas_row(town))["last_synced_at"] is not None
    await botzilla.close()


async def test_what_somebody_keeps_locked_ends_the_run_and_sets_nothing_aside(
    town: Town, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.reconcile._PATIENCE", timedelta(seconds=0.1))
    await town.job(1, PIP, assignedCrew=[7])
    other = await connect(database_url)
    async with other.transaction():
        await other.execute("LOCK TABLE botzilla.job_state_change_log")
        with pytest.raises(asyncpg.LockNotAvailableError):
            await town.decide()
    assert (await aside(town), len(await marks(town))) == ([], 2)
    assert await town.connection.fetchval("SHOW lock_timeout") == "0"
    await other.close()


async def claim(connection: Connection) -> str:
    """What the sender does: skip what is locked. How many it has."""
    return await connection.execute(
        "UPDATE botzilla.alert SET state = 'sending', lease_token = gen_random_uuid(),"
        " lease_until = now() + interval '1 minute' WHERE id IN ("
        "SELECT id FROM botzilla.alert WHERE state = 'pending' AND kind = 'job_assigned'"
        " FOR UPDATE SKIP LOCKED)"
    )


async def test_an_alert_is_not_claimed_between_the_look_whether_he_was_told_and_the_commit(
    town: Town, database_url: str
) -> None:
    """Else he reads "You have a new job", and never that it was taken away."""
    await town.job(1, PIP, assignedCrew=[7])
    await town.news()
    await town.job(1, PIP, assignedCrew=[8])
    sender = await connect(database_url)
    lock = sender.transaction()
    await lock.start()
    await sender.execute("LOCK TABLE botzilla.job_other_change IN ACCESS EXCLUSIVE MODE")
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(town.decide())
        await somebody_waits(sender, "relation")  # what he was told is read, nothing is committed
        assert await claim(sender) == "UPDATE 0"
        await lock.commit()
    assert await town.new_alerts() == [("job_reassigned", "103", "pending")]
    await sender.close()
