"""The routes of the HTTP edge, by whoever calls them with whatever he holds. Those that are not
built yet say so to everybody; nothing of the company is told and nothing changes.
"""

import pytest
from aiohttp.test_utils import TestClient, TestServer

from bot.access import ROUTES, Caller
from bot.health import Health
from bot.http import application
from tests.integration.access.test_matrix import rows
from tests.integration.access.world import build

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
PATHS = sorted({path for _, path in ROUTES})
#: What somebody may hold, or pretend to hold.
CALLERS = {
    "anybody": {},
    "bearer": {"Authorization": "Bearer key"},
    "key": {"X-API-Key": "key", "Authorization": "users API-Key key"},
    "telegram": {"X-Telegram-Bot-Api-Secret-Token": "secret"},
    "hook": {"X-Hook-Secret": "secret", "X-Hub-Signature-256": "sha256=0"},
    "liar": {"X-Forwarded-For": "127.0.0.1", "X-HTTP-Method-Override": "GET", "Cookie": "a=b"},
}
BUILT = {"/healthz", "/readyz"}


def expected(method: str, path: str) -> int:
    """The status that everybody gets."""
    callers = {m: caller for (m, p), caller in ROUTES.items() if p == path}
    caller = callers.get("GET" if method == "HEAD" else method)
    if caller is None:
        return 405
    if path in BUILT:
        return 200
    return 503 if caller is Caller.AUTOMATION else 404


@pytest.fixture
async def client(pool):
    async with TestClient(TestServer(application(Health(), pool))) as opened:
        yield opened


@pytest.mark.parametrize("path", PATHS)
async def test_a_route_does_for_nobody_more_than_the_table_says(client, connection, path):
    world = await build(connection)
    before = await rows(connection)
    for name, headers in CALLERS.items():
        for method in METHODS:
            answer = await client.request(method, path, headers=headers, json={"update_id": 1})
            about = (name, method, path)
            assert answer.status == expected(method, path), about
            assert not world.leaks(await answer.text(), None), about
    assert await rows(connection) == before


@pytest.mark.parametrize("path", ["/", "/healthz/", "/telegram", "/api", "/openapi", "/%2e%2e/etc"])
async def test_there_is_nothing_beside_the_table(client, path):
    for method in METHODS:
        assert (await client.request(method, path)).status == 404


def test_only_what_is_open_to_anybody_is_built() -> None:
    assert {ROUTES["GET", path] for path in BUILT} == {Caller.ANYBODY}
