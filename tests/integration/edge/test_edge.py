"""The HTTP edge over a real socket and a real database."""

import pytest
from aiohttp.test_utils import TestClient, TestServer

from bot.health import Health
from bot.http import application
from sync.postgres.locks import Lock, try_lock


@pytest.fixture
async def client(pool):
    async with TestClient(TestServer(application(Health(), pool))) as opened:
        yield opened


async def test_it_is_alive(client):
    answer = await client.get("/healthz")
    assert (answer.status, await answer.json()) == (200, {"ok": True})


async def test_readiness_names_its_four_parts(client):
    answer = await client.get("/readyz")
    body = await answer.json()
    assert answer.status == 200
    assert list(body) == ["database", "leader", "sync", "telegram"]
    assert all(set(part) == {"ok", "age_s", "detail"} for part in body.values())
    assert body["leader"]["detail"] == "nobody reads Attic Tech, nobody sends, nobody receives"
    assert body["sync"] == {"ok": False, "age_s": None, "detail": "nothing was read yet"}


async def test_who_leads_is_read_from_the_database(client, connection):
    for lock in (Lock.SYNC, Lock.SENDER, Lock.POLLER):
        await try_lock(connection, lock)
    assert (await (await client.get("/readyz")).json())["leader"]["ok"]


async def test_a_failed_run_is_told_with_its_cause_until_one_succeeds(client, connection):
    """Whoever asks is anybody: the run's sentence is for those who look after the program."""
    insert = (
        "INSERT INTO botzilla.sync_run (kind, state, finished_at, error, progress)"
        " VALUES ('incremental', $1, now() + make_interval(secs => $2), $3, $4)"
    )
    await connection.execute(insert, "succeeded", -10, None, {})
    failed = "Attic Tech sends us elsewhere (https://secret.example)."
    await connection.execute(insert, "failed", -5, failed, {"cause": "status_302"})
    answer = await client.get("/readyz")
    sync = (await answer.json())["sync"]
    assert (sync["ok"], sync["detail"]) == (False, "the last run failed: status_302")
    assert "secret.example" not in await answer.text()
    assert 10 <= sync["age_s"] < 15
    await connection.execute(insert, "succeeded", -1, None, {})
    assert (await (await client.get("/readyz")).json())["sync"]["ok"]


async def test_alerts_that_nobody_gets_or_that_are_held_are_told(client, connection):
    insert = (
        "INSERT INTO botzilla.alert (kind, recipient_type, recipient_id, event_key, state, reason)"
        " VALUES ('crew_lead_needed', 'operation_manager', 0, $1, $1, $2)"
    )
    await connection.execute(insert, "undeliverable", "no_manager")
    answer = await client.get("/readyz")
    assert "no_manager" in (await answer.json())["telegram"]["detail"]
    await connection.execute(insert, "held", "token_refused")
    assert (await client.get("/readyz")).status == 503


async def test_a_database_that_is_away_is_503(client, pool):
    await pool.close()
    answer = await client.get("/readyz")
    assert (answer.status, (await answer.json())["database"]["ok"]) == (503, False)


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("path", ["sold-estimates", "state-changes"])
async def test_makes_endpoints_are_not_built_yet(client, method, path):
    answer = await client.request(method, f"/api/job-sync/{path}")
    assert (answer.status, await answer.json()) == (503, {"error": "not built yet"})


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/metrics"),
        ("GET", "/openapi.json"),
        ("POST", "/telegram/webhook"),
        ("POST", "/hooks/attic-tech"),
    ],
)
async def test_what_comes_later_says_so(client, method, path):
    answer = await client.request(method, path)
    assert (answer.status, await answer.json()) == (404, {"error": "not built yet"})


async def test_an_unknown_path_and_a_wrong_method_are_answered_in_json(client):
    answer = await client.get("/nothing")
    assert (answer.status, await answer.json()) == (404, {"error": "Not Found"})
    answer = await client.post("/healthz")
    assert (answer.status, await answer.json()) == (405, {"error": "Method Not Allowed"})
    assert "GET" in answer.headers["Allow"]
