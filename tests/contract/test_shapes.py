"""What a document looks like: ids and documents by depth, fields by select and populate."""

import pytest

from tests.contract.peers import Peer
from tests.contract.scenes import scene


async def test_depth_decides_where_ids_become_documents(peer: Peer) -> None:
    ids = await scene(peer)
    at = [(await peer.get(f"/jobs/{ids['one']}?depth={depth}")).json for depth in range(4)]
    crew = [ids["ann"], ids["bob"]]
    assert (at[0]["job_estimate"], at[0]["assignedCrew"]) == (ids["estimate"], crew)
    estimate = at[1]["job_estimate"]
    assert (estimate["branch"], estimate["client"]) == (ids["branch"], ids["client"])
    assert [user["roles"] for user in at[1]["assignedCrew"]] == [[ids["role"]]] * 2
    estimate = at[2]["job_estimate"]
    assert (estimate["branch"]["id"], estimate["property"]["client"]) == (
        ids["branch"],
        ids["client"],
    )
    assert at[2]["assignedCrew"][0]["roles"][0]["id"] == ids["role"]
    assert at[3]["job_estimate"]["property"]["client"]["id"] == ids["client"]


@pytest.mark.parametrize("depth", ["abc", "-1"])
async def test_a_senseless_depth_is_zero(peer: Peer, depth: str) -> None:
    ids = await scene(peer)
    document = (await peer.get(f"/jobs/{ids['one']}?depth={depth}")).json
    assert document == await peer.document("jobs", ids["one"])


async def test_a_populated_user_shows_his_address_and_no_sessions(peer: Peer) -> None:
    ids = await scene(peer)
    word = ids["word"]
    await peer.login(f"ann.{word}@attic.example", "secret")
    ann = (await peer.get(f"/jobs/{ids['one']}?depth=1")).json["assignedCrew"][0]
    assert (ann["email"], ann["sessions"]) == (f"ann.{word}@attic.example", [])
    assert not {"password", "hash", "salt", "loginAttempts", "lockUntil"} & {*ann}


@pytest.mark.parametrize(
    ("select", "fields"),
    [
        ("select[status]=true&select[job_estimate]=true", {"id", "status", "job_estimate"}),
        ("select[updatedAt]=true", {"id", "updatedAt"}),
        ("select[nonsense]=true", {"id"}),
        (
            "select[assignedCrew]=false",
            {"id", "name", "status", "job_estimate", "updatedAt", "createdAt"},
        ),
        (
            "select[status]=false&select[name]=true",
            {"id", "job_estimate", "assignedCrew", "updatedAt", "createdAt"},
        ),
    ],
)
async def test_select_names_the_fields(peer: Peer, select: str, fields: set[str]) -> None:
    ids = await scene(peer)
    answer = await peer.get(f"/jobs?where[id][equals]={ids['one']}&depth=0&{select}")
    assert {*answer.docs[0]} == fields


async def test_select_trims_no_populated_document_but_populate_does(peer: Peer) -> None:
    ids = await scene(peer)
    path = f"/jobs?where[id][equals]={ids['one']}&depth=1"
    selected = (await peer.get(f"{path}&select[job_estimate][name]=true")).docs[0]
    assert {"branch", "client", "final_price"} < {*selected["job_estimate"]}
    populated = (await peer.get(f"{path}&populate[{peer.slug('estimates')}][name]=true")).docs[0]
    assert {*populated["job_estimate"]} == {"id", "name"}
