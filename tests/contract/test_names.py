"""What our client finds where collections have other names than we know."""

import pytest

from sandbox.attic_tech import API_KEY, EMAIL, PASSWORD
from sync.attic_tech.client import AtticTech
from sync.attic_tech.documents import Document, decode
from sync.attic_tech.login import ApiKey, Password
from sync.attic_tech.names import Look, Names
from sync.attic_tech.protocol import EPOCH
from tests.contract.accounts import Start, new_account
from tests.contract.peers import Peer
from tests.contract.servers import UNKNOWN, Variant
from tests.unit.attic_tech.stand_ins import OpenGate

EMBEDDED = Names(
    {
        "jobs": "jobs",
        "estimates": "job-estimates",
        "properties": None,
        "clients": None,
        "users": "users",
        "branches": "branches",
        "roles": None,
    }
)


@pytest.fixture
async def peer(start_peer: Start) -> Peer:
    return await start_peer(UNKNOWN)


def client_of(peer: Peer) -> AtticTech:
    client = AtticTech(peer.url, Password(EMAIL, PASSWORD), OpenGate())
    client.names = EMBEDDED
    return client


async def kept(peer: Peer, collection: str, id: int) -> Document:
    """The document as we would keep it if it were had by itself."""
    document = decode(collection, await peer.document(collection, id))
    assert isinstance(document, Document)
    return document


async def test_a_look_finds_what_is_there_and_what_is_not(peer: Peer):
    async with client_of(peer) as client:
        seen = {slug: await client.look(slug) for slug in ("job-estimates", "estimates", "clients")}
    assert seen == {
        "job-estimates": Look.OPEN,
        "estimates": Look.ABSENT,
        "clients": Look.ABSENT,
    }


async def test_an_estimate_carries_its_client_its_property_and_the_propertys_client(peer: Peer):
    owner, tenant = [await peer.create("clients", fullName=name) for name in ("Ow", "Te")]
    place = await peer.create("properties", client=owner, city="Here")
    estimate = await peer.create("estimates", client=tenant, property=place, name="E")
    async with client_of(peer) as client:
        fetched = (await client.fetch("estimates", [estimate])).documents[0]
        page = await client.page("estimates", since=EPOCH, after=estimate - 1, limit=1)
        alone = await client.by_id("estimates", estimate)
    assert fetched == page.documents[0] == alone
    assert fetched.fields == (await kept(peer, "estimates", estimate)).fields
    client_, property_ = fetched.carried
    assert client_ == await kept(peer, "clients", tenant)
    assert (property_.fields, property_.refs) == (
        (await kept(peer, "properties", place)).fields,
        (f"clients:{owner}",),
    )
    assert property_.carried == (await kept(peer, "clients", owner),)


@pytest.mark.parametrize("credential", [Password(EMAIL, PASSWORD), ApiKey(API_KEY)], ids=type)
async def test_one_signs_in_where_users_are(start_peer: Start, credential: Password | ApiKey):
    peer = await start_peer(Variant(names={"users": "staff"}))
    async with AtticTech(peer.url, credential, OpenGate(), given={"users": "staff"}) as client:
        assert (await client.newest("users")).stamp is not None
        assert await client.look("users") is Look.ABSENT


async def test_a_user_carries_all_roles(peer: Peer):
    roles = [await peer.create("roles", name=name) for name in ("Foreman", "Driver")]
    user, _ = await new_account(peer)
    await peer.patch("users", user, roles=roles)
    async with client_of(peer) as client:
        shown = (await client.fetch("users", [user])).documents[0]
    assert shown.carried == tuple([await kept(peer, "roles", role) for role in roles])
