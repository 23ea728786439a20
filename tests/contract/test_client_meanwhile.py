"""Our client while others write and while the server restarts: what it finds, by which reading."""

import asyncio
from datetime import timedelta
from uuid import uuid4

from sandbox.attic_tech import EMAIL, PASSWORD
from sync.attic_tech.client import AtticTech, WireLimits
from sync.attic_tech.documents import Document
from sync.attic_tech.login import Password
from tests.contract.peers import Peer
from tests.unit.attic_tech.stand_ins import OpenGate

OVERLAP = timedelta(seconds=120)
MANY = 60


def client_of(peer: Peer) -> AtticTech:
    return AtticTech(peer.url, Password(EMAIL, PASSWORD), OpenGate(), limits=WireLimits(attempts=1))


async def many_jobs(peer: Peer) -> tuple[str, list[int]]:
    """A word that names many new jobs, and their ids."""
    word = uuid4().hex
    async with asyncio.TaskGroup() as group:
        made = [group.create_task(peer.create("jobs", name=word)) for _ in range(MANY)]
    return word, sorted(one.result() for one in made)


async def named(client: AtticTech, word: str, since, limit: int) -> list[int]:
    """The ids of the jobs of that name with a stamp from `since` on, walked in pages of `limit`."""
    documents: list[Document] = []
    after, more = 0, True
    while more:
        page = await client.page("jobs", since=since, after=after, limit=limit)
        documents += page.documents
        after, more = page.last_id or after, page.has_next
    return [document.id for document in documents if document.fields["name"] == word]


async def test_rows_that_share_a_stamp_are_each_read_once_whatever_the_page(peer: Peer):
    word, ids = await many_jobs(peer)
    await peer.call("PATCH", f"/jobs?where[name][equals]={word}&depth=0", {"status": "Sold"})
    async with client_of(peer) as client:
        newest = (await client.newest("jobs")).stamp
        for limit in (7, 50, 500):
            assert await named(client, word, newest - OVERLAP, limit) == ids


async def test_a_bulk_patch_is_missed_by_a_strict_watermark_and_found_by_the_overlap(peer: Peer):
    word, ids = await many_jobs(peer)
    lone = await peer.create("jobs", name="Lone")
    path = f"/jobs?where[name][equals]={word}&depth=0"
    async with client_of(peer) as client:
        async with asyncio.TaskGroup() as group, peer.server.midway(ids[0]) as stopped:
            group.create_task(peer.call("PATCH", path, {"status": "Closed Job"}))
            await stopped()
            await peer.patch("jobs", lone)
            watermark = (await client.newest("jobs")).stamp
        strict = await named(client, word, watermark + timedelta(milliseconds=1), 100)
        overlapping = await named(client, word, watermark - OVERLAP, 100)
    assert len(strict) < MANY
    assert overlapping == ids


async def test_a_restart_of_the_server_costs_no_login(start_peer):
    peer = await start_peer()
    async with client_of(peer) as client:
        before = await client.newest("jobs")
        asked = client.requests
        await peer.server.restart()
        assert (await client.newest("jobs")).stamp == before.stamp
        assert client.requests == asked + 1
