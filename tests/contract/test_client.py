"""Our client against both: what it reads, how it stays signed in, what it says when it cannot."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import uuid4

import pytest

from sandbox.attic_tech import API_KEY, EMAIL, PASSWORD
from sync.attic_tech.client import AtticTech, WireLimits
from sync.attic_tech.documents import COLLECTIONS, Document
from sync.attic_tech.errors import AtticTechRefused
from sync.attic_tech.login import ApiKey, Password
from sync.attic_tech.protocol import EPOCH
from tests.contract.peers import Peer
from tests.contract.servers import Variant
from tests.unit.attic_tech.stand_ins import OpenGate

Start = Callable[[Variant], Awaitable[Peer]]
BOT = Password(EMAIL, PASSWORD)
QUICK = WireLimits(attempts=1)


class Clock:
    """A time that moves when the test says so."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@asynccontextmanager
async def client_of(
    peer: Peer,
    credential: Password | ApiKey = BOT,
    gate: OpenGate | None = None,
    clock: Clock | None = None,
) -> AsyncIterator[AtticTech]:
    """Our client, talking to that peer."""
    async with AtticTech(
        peer.url,
        credential,
        gate or OpenGate(),
        given=peer.server.names,
        limits=QUICK,
        clock=clock or Clock(),
    ) as client:
        yield client


async def new_account(peer: Peer) -> Password:
    """An account of the test's own."""
    email = f"bot.{uuid4().hex[:12]}@attic.example"
    await peer.create("users", email=email, password="secret", name="Another Bot")
    return Password(email, "secret")


async def read_all(client: AtticTech, collection: str, limit: int) -> list[Document]:
    """Every document of a collection, walked by id."""
    documents: list[Document] = []
    after, more = 0, True
    while more:
        page = await client.page(collection, since=EPOCH, after=after, limit=limit)
        assert all(isinstance(one, Document) for one in page.documents)
        documents.extend(page.documents)
        after, more = page.last_id or after, page.has_next
    return documents


@pytest.mark.parametrize("credential", [BOT, ApiKey(API_KEY)], ids=["password", "key"])
async def test_every_way_of_reading_shows_the_same_documents(
    peer: Peer, credential: Password | ApiKey
):
    async with client_of(peer, credential) as client:
        for collection in COLLECTIONS:
            documents = await read_all(client, collection, limit=40)
            ids = [document.id for document in documents]
            listing = await client.stamps(collection, after=0)
            chosen = await client.fetch(collection, [*ids, 2**31 - 1])
            newest = await client.newest(collection)
            stamps = {document.id: document.updated_at for document in documents}
            assert ids == sorted(set(ids))
            assert dict(listing.stamps) == stamps
            assert list(chosen.documents) == documents
            assert newest.stamp == max(stamps.values())
            assert await client.by_id(collection, ids[0]) == documents[0]
            assert await client.by_id(collection, 2**31 - 1) is None


async def test_what_was_changed_since_a_stamp_is_found_by_it(peer: Peer):
    async with client_of(peer) as client:
        id = await peer.create("jobs", name="J", status="Requires Crew Lead", assignedCrew=[])
        stamp = (await client.newest("jobs")).stamp
        assert stamp is not None
        page = await client.page("jobs", since=stamp, after=0)
        assert page.documents[-1].fields == {
            "name": "J",
            "status": "Requires Crew Lead",
            "job_estimate": None,
            "assignedCrew": [],
        }
        after = await client.page("jobs", since=stamp + timedelta(milliseconds=1), after=0)
        assert id not in [document.id for document in after.documents]


async def test_a_deleted_document_is_none_and_gone_from_what_points_at_it(peer: Peer):
    async with client_of(peer) as client:
        leader = await peer.create("users", email=f"{uuid4().hex}@attic.example", password="secret")
        job = await peer.create("jobs", name="J", assignedCrew=[leader])
        before = await client.by_id("jobs", job)
        assert (await peer.call("DELETE", f"/users/{leader}")).status == 200
        after = await client.by_id("jobs", job)
        assert isinstance(before, Document)
        assert isinstance(after, Document)
        assert (before.fields["assignedCrew"], after.fields["assignedCrew"]) == ([leader], [])
        assert after.updated_at == before.updated_at
        assert await client.by_id("users", leader) is None


async def test_hundreds_of_ids_fit_into_requests(peer: Peer):
    async with client_of(peer) as client:
        page = await client.fetch("jobs", range(1, 1200))
        listing = await client.stamps("jobs", after=0)
        ids = [document.id for document in page.documents]
        assert ids == [id for id, _ in listing.stamps if id < 1200]


async def test_a_token_is_renewed_before_it_ends_without_a_login(peer: Peer):
    clock, gate = Clock(), OpenGate()
    async with client_of(peer, await new_account(peer), gate, clock) as client:
        await client.newest("jobs")
        clock.now += 7150
        await client.newest("jobs")
        assert (client.requests, gate.passed) == (4, 2)  # login, jobs, renewal, jobs
        await client.newest("jobs")
        assert client.requests == 5


async def test_an_ended_token_costs_one_login_and_no_document(start_peer: Start):
    peer = await start_peer(Variant(token_life=1))
    async with client_of(peer, await new_account(peer)) as client:
        await client.newest("jobs")
        header = await client._signer.header()
        async with asyncio.timeout(20):
            while (await peer.get("/jobs?limit=1", auth=header)).status == 200:
                await asyncio.sleep(0.05)
        assert (await client.newest("jobs")).stamp is not None
        assert client.requests == 5  # login, jobs, jobs (403), login, jobs


async def test_a_session_that_somebody_ended_costs_one_login(peer: Peer):
    async with client_of(peer, await new_account(peer)) as client:
        await client.newest("jobs")
        header = await client._signer.header()
        assert (await peer.call("POST", "/users/logout", auth=header)).status == 200
        assert (await client.newest("jobs")).stamp is not None
        assert client.requests == 5


async def test_clients_that_log_in_at_once_behind_one_gate_all_stay_signed_in(peer: Peer):
    account, gate = await new_account(peer), OpenGate()
    async with (
        client_of(peer, account, gate) as one,
        client_of(peer, account, gate) as two,
        client_of(peer, account, gate) as three,
    ):
        async with asyncio.TaskGroup() as tasks:
            for client in (one, two, three):
                tasks.create_task(client.newest("jobs"))
        for client in (one, two, three):
            await client.newest("jobs")
            assert client.requests == 3  # a login and two questions


async def test_a_wrong_password_is_tried_once_and_never_locks_the_account(peer: Peer):
    account = await new_account(peer)
    gate = OpenGate()
    for _ in range(8):
        async with client_of(peer, Password(account.email, "wrong"), gate) as client:
            with pytest.raises(AtticTechRefused) as caught:
                await client.newest("jobs")
            assert caught.value.cause == "credentials"
    async with client_of(peer, account, gate) as client:
        assert (await client.newest("jobs")).stamp is not None


async def test_a_locked_account_is_told_from_a_wrong_password(peer: Peer):
    account = await new_account(peer)
    for _ in range(5):
        assert (await peer.login(account.email, "wrong")).status == 401
    async with client_of(peer, account) as client:
        with pytest.raises(AtticTechRefused) as caught:
            await client.newest("jobs")
    assert caught.value.cause == "locked"


async def test_a_lock_does_not_end_the_session_that_we_have(peer: Peer):
    account, clock = await new_account(peer), Clock()
    async with client_of(peer, account, clock=clock) as client:
        await client.newest("jobs")
        for _ in range(5):
            await peer.login(account.email, "wrong")
        clock.now += 7150
        assert (await client.newest("jobs")).stamp is not None


async def test_a_wrong_key_is_told_from_a_missing_right(peer: Peer):
    async with client_of(peer, ApiKey("5f0c7f0e-0000-4000-8000-000000000000")) as client:
        with pytest.raises(AtticTechRefused) as caught:
            await client.newest("jobs")
    assert caught.value.cause == "api_key"


@pytest.mark.parametrize("credential", [BOT, ApiKey(API_KEY)], ids=["password", "key"])
async def test_a_closed_collection_is_named_and_the_others_stay_readable(
    start_peer: Start, credential: Password | ApiKey
):
    peer = await start_peer(Variant(read_rules={"clients": False}))
    async with client_of(peer, credential) as client:
        for ask in (
            client.newest("clients"),
            client.page("clients", since=EPOCH, after=0),
            client.by_id("clients", 1),
        ):
            with pytest.raises(AtticTechRefused, match="read access to Clients") as caught:
                await ask
            assert caught.value.cause == "unreadable:clients"
        properties = await read_all(client, "properties", limit=500)
        assert all(isinstance(document.fields["client"], int) for document in properties)


async def test_what_a_rule_hides_is_not_there_and_not_an_error(start_peer: Start):
    peer = await start_peer(Variant(read_rules={"jobs": {"id": {"less_than": 10}}}))
    async with client_of(peer) as client:
        assert [document.id for document in await read_all(client, "jobs", limit=4)] == [
            *range(1, 10)
        ]
        assert await client.by_id("jobs", 10) is None
        assert [document.id for document in (await client.fetch("jobs", [9, 10])).documents] == [9]
