"""What a reader meets whose rights end somewhere: a hidden collection, a scoped one."""

from collections.abc import Awaitable, Callable
from uuid import uuid4

from tests.contract.peers import Peer
from tests.contract.servers import Variant

Start = Callable[..., Awaitable[Peer]]
FORBIDDEN = {"errors": [{"message": "You are not allowed to perform this action."}]}


async def test_a_hidden_collection_is_403_by_every_way(start_peer: Start) -> None:
    peer = await start_peer(Variant(read_rules={"clients": False}))
    for path in ("/clients", "/clients/1", "/clients/99999999", "/clients/count"):
        answer = await peer.get(path)
        assert (answer.status, answer.json) == (403, FORBIDDEN)


async def test_a_relation_into_a_hidden_collection_stays_an_id_at_any_depth(
    start_peer: Start,
) -> None:
    peer = await start_peer(Variant(read_rules={"clients": False}))
    client = await peer.create("clients", fullName="A B")
    place = await peer.create("properties", client=client)
    estimate = await peer.create("estimates", client=client, property=place)
    job = await peer.create("jobs", job_estimate=estimate)
    shown = (await peer.get(f"/jobs/{job}?depth=3")).json["job_estimate"]
    assert (shown["client"], shown["property"]["client"]) == (client, client)
    by_id = await peer.get(f"/jobs?where[job_estimate.client][equals]={client}&depth=0")
    assert (by_id.status, by_id.ids) == (200, [job])


async def test_a_path_through_a_hidden_collection_is_400_as_if_it_did_not_exist(
    start_peer: Start,
) -> None:
    peer = await start_peer(Variant(read_rules={"clients": False}))
    answer = await peer.get("/properties?where[client.fullName][like]=a")
    assert (answer.status, answer.json["errors"][0]["name"]) == (400, "QueryError")
    assert answer.json["errors"][0]["data"][0] == {"path": "fullName"}


async def test_outside_a_scope_documents_are_not_there(start_peer: Start) -> None:
    word = uuid4().hex
    peer = await start_peer(Variant(read_rules={"estimates": {"crew_notes": {"equals": word}}}))
    ours = await peer.create("estimates", crew_notes=word)
    theirs = await peer.create("estimates", crew_notes="other")
    assert (await peer.get("/estimates?limit=0&depth=0")).ids == [ours]
    assert (await peer.get(f"/estimates/{theirs}")).status == 404
    assert (await peer.get("/estimates/count")).json == {"totalDocs": 1}


async def test_a_relation_out_of_scope_stays_an_id(start_peer: Start) -> None:
    word = uuid4().hex
    peer = await start_peer(Variant(read_rules={"estimates": {"crew_notes": {"equals": word}}}))
    theirs = await peer.create("estimates", crew_notes="other")
    job = await peer.create("jobs", job_estimate=theirs)
    assert (await peer.get(f"/jobs/{job}?depth=2")).json["job_estimate"] == theirs
