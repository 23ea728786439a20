"""What writing does: which stamps move, what a deletion leaves, what a reader then misses."""

import asyncio
from uuid import uuid4

from tests.contract.peers import Peer

NOT_FOUND = {"errors": [{"message": "Not Found"}]}
WRONG = {"errors": [{"message": "Something went wrong."}]}


async def test_every_patch_moves_the_stamp_even_an_empty_one(peer: Peer) -> None:
    id_ = await peer.create("jobs", name="Still")
    stamps = [(await peer.document("jobs", id_))["updatedAt"]]
    for fields in ({}, {"name": "Still"}, {"updatedAt": "2020-01-01T00:00:00.000Z"}):
        await asyncio.sleep(0.002)  # a millisecond is the stamp's grain
        stamps.append((await peer.patch("jobs", id_, **fields))["updatedAt"])
    assert stamps == sorted({*stamps})


async def test_created_at_may_be_written_and_unknown_fields_are_ignored(peer: Peer) -> None:
    id_ = await peer.create("jobs", name="Old", nonsense=1)
    written = await peer.patch("jobs", id_, createdAt="2020-01-01T00:00:00.000Z")
    assert written["createdAt"] == "2020-01-01T00:00:00.000Z"
    assert {*written} == {
        *("id", "name", "status", "job_estimate", "assignedCrew", "updatedAt", "createdAt")
    }


async def test_a_change_below_does_not_move_what_points_at_it(peer: Peer) -> None:
    client = await peer.create("clients", fullName="A B")
    estimate = await peer.create("estimates", client=client)
    job = await peer.create("jobs", job_estimate=estimate)
    before = [await peer.document("estimates", estimate), await peer.document("jobs", job)]
    await peer.patch("clients", client, phone="+16195550101")
    await peer.patch("estimates", estimate)
    assert await peer.document("jobs", job) == before[1]
    assert (await peer.document("estimates", estimate))["client"] == client


async def test_a_bulk_patch_moves_every_row_and_says_how_many(peer: Peer) -> None:
    word = uuid4().hex
    ids = [await peer.create("jobs", name=word) for _ in range(12)]
    before = (await peer.document("jobs", ids[0]))["updatedAt"]
    path = f"/jobs?where[name][equals]={word}&depth=0"
    answer = await peer.call("PATCH", path, {"status": "Closed Job"})
    assert answer.status == 200
    assert (answer.json["message"], answer.json["errors"]) == (
        "Updated 12 Jobs successfully.",
        [],
    )
    assert sorted(answer.ids) == ids
    assert all(d["status"] == "Closed Job" and d["updatedAt"] > before for d in answer.docs)


async def test_a_bulk_write_needs_a_where(peer: Peer) -> None:
    for method, verb in (("PATCH", "update"), ("DELETE", "delete")):
        answer = await peer.call(method, "/jobs", {"status": "x"})
        message = f"Missing 'where' query of documents to {verb}."
        assert (answer.status, answer.json) == (400, {"errors": [{"message": message}]})


async def test_a_deleted_document_is_404_and_in_no_list(peer: Peer) -> None:
    id_ = await peer.create("jobs", name="Gone")
    answer = await peer.call("DELETE", f"/jobs/{id_}?depth=0")
    assert (answer.status, answer.json["doc"]["id"]) == (200, id_)
    assert answer.json["message"] == "Deleted successfully."
    by_id = await peer.get(f"/jobs/{id_}")
    assert (by_id.status, by_id.json) == (404, NOT_FOUND)
    assert (await peer.get(f"/jobs?where[id][equals]={id_}")).ids == []
    assert (await peer.call("DELETE", f"/jobs/{id_}")).status == 404


async def test_a_deletion_empties_what_pointed_there_without_moving_it(peer: Peer) -> None:
    estimate = await peer.create("estimates", name="E")
    crew = [
        await peer.create("users", email=f"{uuid4().hex}@attic.example", password="secret")
        for _ in range(3)
    ]
    job = await peer.create("jobs", job_estimate=estimate, assignedCrew=crew)
    before = await peer.document("jobs", job)
    await peer.call("DELETE", f"/estimates/{estimate}")
    await peer.call("DELETE", f"/users/{crew[1]}")
    after = {**before, "job_estimate": None, "assignedCrew": [crew[0], crew[2]]}
    assert await peer.document("jobs", job) == after
    assert (await peer.get(f"/jobs/{job}?depth=2")).json["job_estimate"] is None


async def test_an_id_is_never_given_out_again(peer: Peer) -> None:
    first = await peer.create("jobs", name="First")
    await peer.call("DELETE", f"/jobs/{first}")
    assert await peer.create("jobs", name="Second") > first


async def test_writing_what_is_not_there_is_404_and_a_relation_to_nothing_500(peer: Peer) -> None:
    missing = await peer.call("PATCH", "/jobs/99999999", {})
    assert (missing.status, missing.json) == (404, NOT_FOUND)
    job = await peer.create("jobs", name="J")
    for fields in ({"assignedCrew": [99999999]}, {"job_estimate": 99999999}):
        answer = await peer.call("PATCH", f"/jobs/{job}", fields)
        assert (answer.status, answer.json) == (500, WRONG)


async def test_null_takes_a_relation_away(peer: Peer) -> None:
    user = await peer.create("users", email=f"{uuid4().hex}@attic.example", password="secret")
    estimate = await peer.create("estimates", name="E")
    job = await peer.create("jobs", job_estimate=estimate, assignedCrew=[user])
    emptied = await peer.patch("jobs", job, job_estimate=None, assignedCrew=None)
    assert (emptied["job_estimate"], emptied["assignedCrew"]) == (None, [])


async def test_ids_and_order_of_a_crew_come_back_as_they_were_sent(peer: Peer) -> None:
    crew = [
        await peer.create("users", email=f"{uuid4().hex}@attic.example", password="secret")
        for _ in range(3)
    ]
    for order in (crew, crew[::-1], [crew[1], crew[0]]):
        job = await peer.create("jobs", assignedCrew=order)
        assert (await peer.document("jobs", job))["assignedCrew"] == order


async def test_a_walk_by_id_loses_nothing_while_others_edit_and_delete(peer: Peer) -> None:
    word = uuid4().hex
    ids = [await peer.create("jobs", name=word) for _ in range(30)]
    seen: list[int] = []
    while True:
        where = {"and": [{"name": {"equals": word}}, {"id": {"greater_than": (seen or [0])[-1]}}]}
        page = await peer.where("jobs", where, "sort=id&limit=10&depth=0")
        if not page.docs:
            break
        seen += page.ids
        await peer.patch("jobs", seen[-2])  # its stamp moves, its id does not
        await peer.call("DELETE", f"/jobs/{seen[-1]}")  # pages by number would now skip one
    assert seen == ids


async def test_pages_by_number_lose_a_row_for_each_that_was_deleted(peer: Peer) -> None:
    word = uuid4().hex
    ids = [await peer.create("jobs", name=word) for _ in range(20)]
    path = f"/jobs?where[name][equals]={word}&sort=id&limit=10&depth=0"
    first = (await peer.get(path)).ids
    await peer.call("DELETE", f"/jobs/{first[0]}")
    assert first + (await peer.get(f"{path}&page=2")).ids == [*ids[:10], *ids[11:]]


async def test_the_rows_of_a_bulk_patch_appear_together_under_older_stamps(peer: Peer) -> None:
    """A reader who takes the newest stamp that he saw for a watermark misses them all."""
    word = uuid4().hex
    ids = [await peer.create("jobs", name=word) for _ in range(20)]
    lone = await peer.create("jobs", name="Lone")
    path = f"/jobs?where[name][equals]={word}&depth=0"
    async with asyncio.TaskGroup() as group, peer.server.midway(ids[0]) as stopped:
        bulk = group.create_task(peer.call("PATCH", path, {"status": "Closed Job"}))
        await stopped()
        await peer.patch("jobs", lone)
        newest = (await peer.get("/jobs?sort=-updatedAt&limit=1&depth=0")).docs[0]
        invisible = (await peer.get(f"{path}&where[status][exists]=true")).docs
    assert (newest["id"], invisible) == (lone, [])
    assert sorted(bulk.result().ids) == ids
    assert min(doc["updatedAt"] for doc in bulk.result().docs) < newest["updatedAt"]


async def test_ties_without_a_tie_breaker_come_in_any_order_and_with_one_in_its_own(
    peer: Peer,
) -> None:
    word = uuid4().hex
    async with asyncio.TaskGroup() as group:
        for n in range(60):
            group.create_task(peer.create("jobs", name=word, status=f"S{n % 2}"))
    path = f"/jobs?where[name][equals]={word}&limit=7&depth=0&sort=status,id"
    walked = [id_ for page in range(1, 10) for id_ in (await peer.get(f"{path}&page={page}")).ids]
    assert len({*walked}) == len(walked) == 60
