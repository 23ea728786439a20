"""What the pretend Attic Tech does wrong when told to, in process and over its control routes."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import aiohttp
import pytest

from sandbox.attic_tech import API_KEY, EMAIL, PASSWORD, AtticTechSandbox

KEY = {"Authorization": f"users API-Key {API_KEY}"}


@pytest.fixture
async def system() -> AsyncIterator[AtticTechSandbox]:
    async with AtticTechSandbox() as running:
        yield running


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(headers=KEY) as session:
        yield session


async def status(http: aiohttp.ClientSession, url: str) -> int:
    async with http.get(url, allow_redirects=False) as response:
        return response.status


async def docs(http: aiohttp.ClientSession, url: str):
    async with http.get(url) as response:
        return (await response.json())["docs"]


async def test_so_many_answers_are_an_error_after_so_many_good_ones(system, http):
    system.faults.add("status", status=502, skip=1, times=2)
    answers = [await status(http, f"{system.url}/jobs") for _ in range(4)]
    assert answers == [200, 502, 502, 200]
    assert [seen.status for seen in system.requests] == answers


async def test_a_fault_strikes_only_what_it_names(system, http):
    system.faults.add("status", path="/jobs", method="GET")
    assert await status(http, f"{system.url}/jobs?limit=1") == 503
    assert await status(http, f"{system.url}/clients") == 200


async def test_429_says_when_to_come_back(system, http):
    system.faults.add("status", status=429, retry_after=7, times=1)
    async with http.get(f"{system.url}/jobs") as response:
        assert (response.status, response.headers["Retry-After"]) == (429, "7")


async def test_a_slow_answer_is_right_and_late(system, http):
    system.faults.add("slow", seconds=0.2, times=1)
    began = asyncio.get_running_loop().time()
    assert await status(http, f"{system.url}/jobs") == 200
    assert asyncio.get_running_loop().time() - began >= 0.2


async def test_a_body_that_is_cut_is_half_of_what_was_promised(system, http):
    system.create("jobs", name="J")
    system.faults.add("cut")
    with pytest.raises(aiohttp.ClientPayloadError):
        await docs(http, f"{system.url}/jobs")


@pytest.mark.parametrize("kind", ["drop", "lost"])
async def test_a_connection_is_closed_without_an_answer(system, http, kind):
    system.faults.add(kind)
    with pytest.raises(aiohttp.ClientError):
        await status(http, f"{system.url}/jobs")
    # aiohttp itself repeats a GET once whose connection was closed.
    assert [seen.status for seen in system.requests] == [0, 0]


async def test_an_answer_that_was_lost_was_carried_out_and_a_dropped_request_was_not(system, http):
    id_ = system.create("jobs", name="J", status="Old")
    for kind, expected in (("drop", "Old"), ("lost", "New")):
        system.faults.clear()
        system.faults.add(kind)
        with pytest.raises(aiohttp.ClientError):
            await http.patch(f"{system.url}/jobs/{id_}", json={"status": "New"})
        assert system.document("jobs", id_)["status"] == expected


@pytest.mark.parametrize(
    ("body", "kind"), [("<html>sorry</html>", "text/html"), ('{"docs": [', "application/json")]
)
async def test_200_may_carry_anything(system, http, body, kind):
    system.faults.add("body", body=body)
    async with http.get(f"{system.url}/jobs") as response:
        assert (response.status, response.content_type, await response.text()) == (200, kind, body)


async def test_a_redirect_points_elsewhere(system, http):
    system.faults.add("redirect", location="http://127.0.0.1:9/api/jobs")
    assert await status(http, f"{system.url}/jobs") == 302


async def test_rows_of_a_transaction_appear_together_under_the_stamps_of_their_moments(
    system, http
):
    first, second = (system.create("jobs", name=name) for name in "ab")
    newest = f"{system.url}/jobs?sort=-updatedAt&limit=1&depth=0"
    with system.transaction() as transaction:
        row = transaction.patch("jobs", first, {"status": "New"})
        await asyncio.sleep(0.005)  # a millisecond is the stamp's grain
        system.patch("jobs", second)
        seen = (await docs(http, newest))[0]
        assert seen["id"] == second
        assert system.document("jobs", first)["status"] is None
    assert system.document("jobs", first) == row
    assert row["updatedAt"] < seen["updatedAt"]


async def test_a_transaction_that_fails_leaves_nothing(system):
    def fail() -> None:
        with system.transaction() as transaction:
            transaction.create("jobs", {"name": "J"})
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert system.documents("jobs") == {}


async def test_the_servers_clock_may_be_wrong(system, http):
    system.faults.clock_offset = timedelta(minutes=-90)
    id_ = system.create("jobs", name="J")
    stamp = datetime.fromisoformat(system.document("jobs", id_)["updatedAt"])
    async with http.get(f"{system.url}/jobs") as response:
        date = parsedate_to_datetime(response.headers["Date"])
    for moment in (stamp, date):
        assert timedelta(minutes=89) < datetime.now(UTC) - moment < timedelta(minutes=91)


async def test_voided_tokens_are_403_and_a_new_login_works(system, http):
    async def login() -> dict[str, str]:
        body = {"email": EMAIL, "password": PASSWORD}
        async with http.post(f"{system.url}/users/login", json=body) as response:
            return {"Authorization": f"JWT {(await response.json())['token']}"}

    old = await login()
    system.void_tokens()
    async with http.get(f"{system.url}/jobs", headers=old) as response:
        assert response.status == 403
    async with http.get(f"{system.url}/jobs", headers=await login()) as response:
        assert response.status == 200


async def test_a_poisoned_document_breaks_its_page_but_not_a_list_of_stamps(system, http):
    ids = [system.create("jobs", name=name) for name in "abc"]
    system.faults.poisoned.add(("jobs", ids[1]))
    assert await status(http, f"{system.url}/jobs?depth=0") == 500
    assert await status(http, f"{system.url}/jobs/{ids[1]}") == 500
    assert await status(http, f"{system.url}/jobs/{ids[0]}") == 200
    assert len(await docs(http, f"{system.url}/jobs?depth=0&select[updatedAt]=true")) == 3


async def test_what_a_database_should_not_hold_is_shown_as_it_is(system, http):
    stamps = {"updatedAt": "2026-11-24T00:00:00.000Z", "createdAt": "2026-11-24T00:00:00.000Z"}
    planted = {
        1: {"name": "nul \x00", **stamps},
        2: {"name": "half \ud800", **stamps},
        3: {"name": "price", "final_price": float("inf"), **stamps},
        2**31: {"name": "too many", **stamps},
    }
    for id_, document in planted.items():
        system.plant("estimates", id_, document)
    async with http.get(f"{system.url}/estimates?sort=id&depth=0") as response:
        text = await response.text()
    assert [doc["name"] for doc in json.loads(text)["docs"]] == [
        d["name"] for d in planted.values()
    ]
    assert "Infinity" in text
    assert "\\ud800" in text


async def test_a_field_may_be_missing_everywhere(system, http):
    role = system.create("roles", name="Crew Leader")
    user = system.create("users", email="a@attic.example", roles=[role])
    system.faults.hidden_fields.add(("users", "roles"))
    assert "roles" not in (await docs(http, f"{system.url}/users?where[id][equals]={user}"))[0]


async def test_a_hidden_collection_and_a_scoped_one(system, http):
    one, _ = (system.create("clients", fullName=name) for name in "ab")
    system.scope("clients", {"fullName": {"equals": "a"}})
    assert [doc["id"] for doc in await docs(http, f"{system.url}/clients")] == [one]
    system.hide("clients")
    assert await status(http, f"{system.url}/clients") == 403


async def test_nothing_is_wrong_after_clear(system, http):
    system.hide("jobs")
    system.faults.add("drop")
    system.faults.clear()
    assert await status(http, f"{system.url}/jobs") == 200


async def test_after_a_stop_it_comes_back_on_its_port_with_its_documents(system, http):
    id_, url = system.create("jobs", name="J"), system.url
    await system.stop()
    with pytest.raises(aiohttp.ClientError):
        await status(http, f"{url}/jobs")
    await system.start()
    assert [doc["id"] for doc in await docs(http, f"{url}/jobs")] == [id_]


async def test_another_process_has_the_same_over_http(system, http):
    async def control(method: str, path: str, body=None) -> tuple[int, object]:
        async with http.request(method, f"{system.control_url}/{path}", json=body) as response:
            return response.status, await response.json()

    assert await control("POST", "documents/jobs", {"name": "J"}) == (201, {"id": 1})
    assert await control("PATCH", "documents/jobs/1", {"status": "New"}) == (200, {})
    assert (await control("GET", "documents/jobs/1"))[1]["status"] == "New"
    batch = [["create", "jobs", {"name": "K"}], ["patch", "jobs", 1, {"status": "Newer"}]]
    assert await control("POST", "batch", batch) == (200, {})
    assert {*system.documents("jobs")} == {1, 2}
    assert await control("DELETE", "documents/jobs/2") == (200, {})
    fault = {"kind": "status", "status": 503, "times": 1}
    assert (await control("POST", "faults", fault))[0] == 201
    assert await status(http, f"{system.url}/jobs") == 503
    conditions = {"read_rules": {"clients": False}, "poisoned": [["jobs", 1]], "clock_offset": 5}
    assert await control("POST", "conditions", conditions) == (200, {})
    assert await status(http, f"{system.url}/clients") == 403
    assert await status(http, f"{system.url}/jobs") == 500
    assert await control("DELETE", "faults") == (200, {})
    assert await status(http, f"{system.url}/clients") == 200
    assert await control("POST", "void-tokens") == (200, {})
    assert len((await control("GET", "requests"))[1]) == 4
    assert await control("DELETE", "requests") == (200, {})
    assert system.requests == []


@pytest.mark.parametrize(
    ("method", "path", "body", "expected"),
    [
        ("POST", "faults", {"kind": "nonsense"}, 400),
        ("POST", "faults", {"kind": "status", "nonsense": 1}, 400),
        ("POST", "documents/nonsense", {}, 400),
        ("POST", "batch", [["drop", "jobs"]], 400),
        ("PATCH", "documents/jobs/7", {}, 404),
    ],
)
async def test_control_refuses_what_makes_no_sense(system, http, method, path, body, expected):
    async with http.request(method, f"{system.control_url}/{path}", json=body) as response:
        assert response.status == expected
