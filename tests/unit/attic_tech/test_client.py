"""The client against a scripted server: what it asks, in which order, and when it stops."""

import asyncio
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sync.attic_tech import pages, protocol
from sync.attic_tech.client import AtticTech
from sync.attic_tech.documents import SetAside, decode
from sync.attic_tech.errors import AtticTechBroken, AtticTechRefused, AtticTechUnavailable
from sync.attic_tech.login import ApiKey
from sync.attic_tech.pages import DocumentPage, Newest
from sync.attic_tech.protocol import EPOCH, IDS_AT_ONCE
from tests.unit.attic_tech.stand_ins import (
    DATE,
    INCORRECT,
    NOT_ALLOWED,
    NOT_FOUND,
    NOW,
    QUICK,
    WENT_WRONG,
    OpenGate,
    Script,
    job,
    listed,
    logged_in,
)

STAMP = datetime(2026, 11, 20, 8, 0, 0, 500_000, tzinfo=UTC)
SINCE = datetime(2026, 11, 20, tzinfo=UTC)
WE = {"user": {"id": 1}}
NOBODY = {"user": None, "message": "Account"}


async def test_a_login_then_documents_signed_with_its_token(script: Script, by_password: AtticTech):
    script.then(200, logged_in("a.b.c"))
    script.then(200, listed(job(11), more=True)).then(200, listed(job(12)))
    first = await by_password.page("jobs", since=SINCE, after=0, limit=1)
    second = await by_password.page("jobs", since=SINCE, after=11, limit=1)
    assert (first.has_next, first.last_id, second.has_next) == (True, 11, False)
    assert script.asked == ["POST /api/users/login", "GET /api/jobs", "GET /api/jobs"]
    assert [seen.headers.get("authorization") for seen in script.seen] == [
        None,
        "JWT a.b.c",
        "JWT a.b.c",
    ]
    assert script.seen[2].query["where[id][greater_than]"] == "11"
    assert by_password.requests == 3


async def test_a_page_is_values(script: Script, by_key: AtticTech):
    script.then(200, listed(job(11), job(12, name=["odd"]), more=True))
    assert await by_key.page("jobs", since=EPOCH, after=0) == DocumentPage(
        (decode("jobs", job(11)), decode("jobs", job(12, name=["odd"]))),
        has_next=True,
        last_id=12,
        date=NOW,
    )


async def test_a_403_brings_one_new_login_and_one_retry(script: Script, by_password: AtticTech):
    script.then(200, logged_in("old")).then(403, NOT_ALLOWED)
    script.then(200, logged_in("new")).then(200, listed(job()))
    await by_password.newest("jobs")
    assert [seen.headers.get("authorization") for seen in script.seen] == [
        None,
        "JWT old",
        None,
        "JWT new",
    ]


async def test_a_second_403_is_a_missing_right_and_says_what_to_change(
    script: Script, by_password: AtticTech
):
    script.then(200, logged_in("old")).then(403, NOT_ALLOWED)
    script.then(200, logged_in("new")).then(403, NOT_ALLOWED).then(200, WE)
    with pytest.raises(AtticTechRefused) as caught:
        await by_password.newest("clients")
    assert caught.value.sentence == (
        "The collection clients cannot be read by the account of ATTIC_TECH_EMAIL: give the "
        "account's role read access to Clients in Attic Tech."
    )
    assert caught.value.cause == "unreadable:clients"
    assert script.asked[-1] == "GET /api/users/me"
    assert len(script.seen) == 5


async def test_a_fresh_session_that_is_gone_at_once_is_no_missing_right(
    script: Script, by_password: AtticTech
):
    script.then(200, logged_in("old")).then(403, NOT_ALLOWED)
    script.then(200, logged_in("new")).then(403, NOT_ALLOWED).then(200, NOBODY)
    script.then(403, NOT_ALLOWED).then(200, logged_in("newer")).then(200, listed(job()))
    assert (await by_password.newest("jobs")).stamp == STAMP


async def test_a_key_that_belongs_to_nobody_is_told_from_a_missing_right(
    script: Script, by_key: AtticTech
):
    script.then(403, NOT_ALLOWED).then(403, NOT_ALLOWED).then(200, NOBODY)
    with pytest.raises(AtticTechRefused) as nobody:
        await by_key.newest("jobs")
    script.then(403, NOT_ALLOWED).then(403, NOT_ALLOWED).then(200, WE)
    with pytest.raises(AtticTechRefused) as no_right:
        await by_key.newest("jobs")
    assert (nobody.value.cause, no_right.value.cause) == ("api_key", "unreadable:jobs")
    assert all(seen.headers["authorization"] == "users API-Key k-1" for seen in script.seen)


async def test_who_we_are_being_closed_too_leaves_the_missing_right(
    script: Script, by_key: AtticTech
):
    for _ in range(3):
        script.then(403, NOT_ALLOWED)
    with pytest.raises(AtticTechRefused) as caught:
        await by_key.newest("jobs")
    assert caught.value.cause == "unreadable:jobs"


async def test_a_refused_login_is_asked_once(script: Script, by_password: AtticTech):
    script.then(401, INCORRECT)
    for _ in range(3):
        with pytest.raises(AtticTechRefused):
            await by_password.newest("jobs")
    assert script.asked == ["POST /api/users/login"]


@pytest.mark.parametrize("status", [429, 500, 502, 503])
async def test_what_may_pass_is_tried_again(script: Script, by_key: AtticTech, status: int):
    script.then(status, WENT_WRONG).then(status, WENT_WRONG).then(200, listed(job()))
    assert await by_key.newest("jobs") == Newest(STAMP, NOW)


async def test_a_few_tries_are_enough(script: Script, by_key: AtticTech):
    with pytest.raises(AtticTechUnavailable) as caught:
        await by_key.newest("jobs")
    assert (caught.value.status, len(script.seen)) == (500, QUICK.attempts)


async def test_retry_after_is_waited_for(script: Script, by_key: AtticTech):
    script.then(429, WENT_WRONG, retry_after="1").then(200, listed(job()))
    began = asyncio.get_running_loop().time()
    await by_key.newest("jobs")
    assert asyncio.get_running_loop().time() - began >= 1


async def test_a_long_retry_after_ends_the_run_and_is_obeyed_by_the_next_ones(
    script: Script, api_url: str, gate: OpenGate
):
    now = 1000.0
    async with AtticTech(api_url, ApiKey("k"), gate, limits=QUICK, clock=lambda: now) as client:
        script.then(503, WENT_WRONG, retry_after="60").then(200, listed(job()))
        for _ in range(2):
            with pytest.raises(AtticTechUnavailable) as caught:
                await client.newest("jobs")
        assert caught.value.retry_after == timedelta(seconds=60)
        assert len(script.seen) == 1
        now += 60
        assert (await client.newest("jobs")).stamp == STAMP


async def test_nobody_is_obeyed_for_ever(script: Script, api_url: str, gate: OpenGate):
    now = 1000.0
    async with AtticTech(api_url, ApiKey("k"), gate, limits=QUICK, clock=lambda: now) as client:
        script.then(503, WENT_WRONG, retry_after="99999999").then(200, listed(job()))
        with pytest.raises(AtticTechUnavailable):
            await client.newest("jobs")
        now += QUICK.obedience
        assert (await client.newest("jobs")).stamp == STAMP


@pytest.mark.parametrize(
    ("status", "body"), [(200, b"<html>maintenance</html>"), (400, {"errors": []}), (404, {})]
)
async def test_what_makes_no_sense_is_not_tried_again(
    script: Script, by_key: AtticTech, status: int, body: Any
):
    script.then(status, body)
    with pytest.raises(AtticTechBroken):
        await by_key.newest("jobs")
    assert len(script.seen) == 1


async def test_one_request_at_a_time(script: Script, by_key: AtticTech):
    script.pause = 0.02
    for _ in range(4):
        script.then(200, listed(job()))
    async with asyncio.TaskGroup() as tasks:
        for _ in range(4):
            tasks.create_task(by_key.newest("jobs"))
    assert (len(script.seen), script.most_at_once) == (4, 1)


async def test_an_empty_first_page_is_checked_against_the_newest_stamp(
    script: Script, by_key: AtticTech
):
    script.then(200, listed()).then(200, listed(job(updatedAt="2026-11-19T00:00:00.000Z")))
    assert not (await by_key.page("jobs", since=SINCE, after=0)).documents
    assert len(script.seen) == 2


async def test_an_empty_first_page_is_not_believed_twice_against_the_newest_stamp(
    script: Script, by_key: AtticTech
):
    script.then(200, listed()).then(200, listed(job())).then(200, listed(job()))
    assert (await by_key.page("jobs", since=SINCE, after=0)).last_id == 11
    script.then(200, listed()).then(200, listed(job())).then(200, listed())
    with pytest.raises(AtticTechBroken, match="the date"):
        await by_key.page("jobs", since=SINCE, after=0)


async def test_the_end_of_a_walk_may_be_empty(script: Script, by_key: AtticTech):
    script.then(200, listed())
    assert not (await by_key.page("jobs", since=SINCE, after=40)).documents
    assert len(script.seen) == 1


async def test_a_collection_is_empty_only_if_nothing_is_there_without_a_filter_either(
    script: Script, by_key: AtticTech
):
    script.then(200, listed()).then(200, listed())
    assert await by_key.newest("jobs") == Newest(None, NOW)
    script.then(200, listed()).then(200, listed(job()))
    with pytest.raises(AtticTechBroken, match="the date"):
        await by_key.newest("jobs")


async def test_any_number_of_ids_is_fetched_in_pieces_each_once(script: Script, by_key: AtticTech):
    ids = list(range(1, IDS_AT_ONCE + 3))
    script.then(200, listed(job(1), job(500))).then(200, listed(job(501), job(502, name=[])))
    page = await by_key.fetch("jobs", [*reversed(ids), 7, 7])
    assert [document.id for document in page.documents] == [1, 500, 501, 502]
    assert isinstance(page.documents[-1], SetAside)
    assert (page.has_next, page.last_id) == (False, 502)
    assert [seen.query["limit"] for seen in script.seen] == ["500", "2"]


async def test_a_server_with_a_limit_of_its_own_is_asked_on(script: Script, by_key: AtticTech):
    script.then(200, listed(job(3), more=True)).then(200, listed(job(5), more=True))
    script.then(200, listed())
    assert [document.id for document in (await by_key.fetch("jobs", [3, 5, 8])).documents] == [3, 5]
    assert [seen.query["where[id][in]"] for seen in script.seen] == ["3,5,8", "5,8", "8"]


async def test_no_ids_are_no_request(script: Script, by_key: AtticTech):
    assert not (await by_key.fetch("jobs", [])).documents
    assert script.seen == []


async def test_a_listing_is_ids_and_stamps(script: Script, by_key: AtticTech):
    script.then(200, listed({"id": 3, "updatedAt": "2026-11-20T08:00:00.500Z"}, more=True))
    listing = await by_key.stamps("jobs", after=2)
    assert (listing.stamps, listing.has_next, listing.last_id) == (((3, STAMP),), True, 3)


async def test_one_document_by_id(script: Script, by_key: AtticTech):
    script.then(200, job(11)).then(404, NOT_FOUND).then(200, job(11, status=["odd"]))
    assert await by_key.by_id("jobs", 11) == decode("jobs", job(11))
    assert await by_key.by_id("jobs", 11) is None
    assert await by_key.by_id("jobs", 11) == decode("jobs", job(11, status=["odd"]))
    assert script.asked == ["GET /api/jobs/11"] * 3


async def test_answers_are_read_beside_the_loop_which_goes_on_answering_chats(
    script: Script, by_key: AtticTech, monkeypatch: pytest.MonkeyPatch
):
    threads: dict[str, int] = {}

    def watched(read: Callable[..., Any]) -> Callable[..., Any]:
        def reading(*asked: Any, **options: Any) -> Any:
            threads[read.__name__] = threading.get_ident()
            return read(*asked, **options)

        return reading

    readers = (protocol.decipher, pages.read_page, pages.read_listing, pages.read_chosen)
    for reader in readers:
        owner = protocol if reader is protocol.decipher else pages
        monkeypatch.setattr(owner, reader.__name__, watched(reader))
    script.then(200, listed(job())).then(200, listed(job())).then(200, listed(job()))
    await by_key.page("jobs", since=EPOCH, after=0)
    await by_key.stamps("jobs", after=0)
    await by_key.fetch("jobs", [11])
    assert threads.keys() == {reader.__name__ for reader in readers}
    assert threading.get_ident() not in threads.values()


async def test_the_date_of_a_page_is_attic_techs(script: Script, by_key: AtticTech):
    script.then(200, listed(job()), date=DATE.replace("2026", "2025").replace("Tue", "Mon"))
    page = await by_key.page("jobs", since=SINCE, after=0)
    assert page.date == NOW.replace(year=2025)
