"""Lists and documents by id: the envelope, the odd limits, what is missing and what is broken."""

from uuid import uuid4

import pytest

from tests.contract.peers import Peer

WRONG = {"errors": [{"message": "Something went wrong."}]}
NOT_FOUND = {"errors": [{"message": "Not Found"}]}


async def seven_branches(peer: Peer) -> tuple[str, list[int]]:
    """A query for seven branches of the test's own, and their ids."""
    word = uuid4().hex[:12]
    ids = [await peer.create("branches", name=f"{word} {n}") for n in range(7)]
    return f"/branches?where[name][like]={word}&depth=0&sort=id", ids


def envelope(**numbers: object) -> dict[str, object]:
    usual = {
        "hasNextPage": False,
        "hasPrevPage": False,
        "limit": 10,
        "nextPage": None,
        "page": 1,
        "pagingCounter": 1,
        "prevPage": None,
        "totalDocs": 7,
        "totalPages": 1,
    }
    return usual | numbers


@pytest.mark.parametrize(
    ("query", "count", "numbers"),
    [
        ("", 7, {}),
        ("limit=3", 3, {"limit": 3, "hasNextPage": True, "nextPage": 2, "totalPages": 3}),
        (
            "limit=3&page=2",
            3,
            {
                "limit": 3,
                "page": 2,
                "hasNextPage": True,
                "nextPage": 3,
                "hasPrevPage": True,
                "prevPage": 1,
                "pagingCounter": 4,
                "totalPages": 3,
            },
        ),
        (
            "limit=3&page=3",
            1,
            {
                "limit": 3,
                "page": 3,
                "hasPrevPage": True,
                "prevPage": 2,
                "pagingCounter": 7,
                "totalPages": 3,
            },
        ),
        (
            "limit=3&page=9",
            0,
            {
                "limit": 3,
                "page": 9,
                "hasPrevPage": True,
                "prevPage": 8,
                "pagingCounter": 25,
                "totalPages": 3,
            },
        ),
        ("limit=100000", 7, {"limit": 100000}),
        ("limit=0", 7, {"limit": 0}),
        ("limit=", 7, {"limit": ""}),
        ("limit=abc", 7, {"limit": "abc", "pagingCounter": None}),
        ("limit=-1", 7, {"limit": -1, "totalPages": -7}),
        ("limit=3&page=0", 3, {"limit": 3, "hasNextPage": True, "nextPage": 2, "totalPages": 3}),
        ("pagination=false", 7, {"limit": 0}),
        ("pagination=false&limit=5", 5, {"limit": 5, "totalDocs": 5}),
    ],
)
async def test_the_envelope_of_a_list(
    peer: Peer, query: str, count: int, numbers: dict[str, object]
) -> None:
    path, _ = await seven_branches(peer)
    answer = await peer.get(f"{path}&{query}")
    docs = answer.json.pop("docs")
    assert (answer.status, len(docs), answer.json) == (200, count, envelope(**numbers))


async def test_nothing_found_is_one_page_of_nothing(peer: Peer) -> None:
    answer = await peer.get("/branches?where[name][equals]=Nowhere")
    assert (answer.status, answer.json) == (200, {"docs": [], **envelope(totalDocs=0)})


async def test_a_negative_page_and_a_key_that_comes_twice_are_500(peer: Peer) -> None:
    for query in ("page=-1", "limit=1&limit=2"):
        answer = await peer.get(f"/branches?{query}")
        assert (answer.status, answer.json) == (500, WRONG)


async def test_past_the_end_of_a_list_through_a_relation_the_totals_are_wrong(peer: Peer) -> None:
    city = uuid4().hex
    estimate = await peer.create("estimates", branch=await peer.create("branches", name=city))
    await peer.create("jobs", job_estimate=estimate)
    path = f"/jobs?where[job_estimate.branch.name][equals]={city}&depth=0"
    assert (await peer.get(path)).json["totalDocs"] == 1
    past = (await peer.get(f"{path}&page=9")).json
    assert (past["docs"], past["page"], past["totalDocs"], past["totalPages"]) == ([], 1, 0, 0)


async def test_without_a_word_ten_come_newest_first_at_depth_two(peer: Peer) -> None:
    estimate = await peer.create("estimates", client=await peer.create("clients", fullName="A B"))
    newest = await peer.create("jobs", job_estimate=estimate)
    answer = await peer.get("/jobs")
    assert (len(answer.docs), answer.ids[0]) == (10, newest)
    assert answer.docs[0]["job_estimate"]["client"]["fullName"] == "A B"
    created = [doc["createdAt"] for doc in answer.docs]
    assert created == sorted(created, reverse=True)


async def test_a_count_counts(peer: Peer) -> None:
    path, ids = await seven_branches(peer)
    answer = await peer.get(path.replace("?", "/count?"))
    assert (answer.status, answer.json) == (200, {"totalDocs": len(ids)})


async def test_by_id_the_document_comes_bare(peer: Peer) -> None:
    id_ = await peer.create("branches", name="Alone")
    answer = await peer.get(f"/branches/{id_}")
    assert answer.status == 200
    assert [*answer.json] == ["id", "name", "updatedAt", "createdAt"]


@pytest.mark.parametrize("id_", [99999999, 0, -1])
async def test_a_missing_id_is_404(peer: Peer, id_: int) -> None:
    answer = await peer.get(f"/jobs/{id_}")
    assert (answer.status, answer.json) == (404, NOT_FOUND)


@pytest.mark.parametrize("id_", ["abc", "99999999999"])
async def test_an_id_that_is_none_is_500(peer: Peer, id_: str) -> None:
    answer = await peer.get(f"/jobs/{id_}")
    assert (answer.status, answer.json) == (500, WRONG)


async def test_digits_before_letters_are_an_id(peer: Peer) -> None:
    id_ = await peer.create("branches", name="Lettered")
    answer = await peer.get(f"/branches/{id_}abc")
    assert (answer.status, answer.json["id"]) == (200, id_)


@pytest.mark.parametrize("auth", [None, ""])
async def test_an_unknown_collection_is_404_in_another_shape(peer: Peer, auth: str | None) -> None:
    answer = await peer.get("/nope", auth=auth)
    expected = {"message": 'Route not found "/api/nope"'}
    assert (answer.status, answer.json) == (404, expected)


async def test_head_is_404(peer: Peer) -> None:
    assert (await peer.call("HEAD", "/jobs")).status == 404


async def test_answers_are_json_with_the_servers_date_and_say_nothing_of_caching(
    peer: Peer,
) -> None:
    headers = (await peer.get("/jobs?limit=1&depth=0")).headers
    assert headers["Content-Type"].startswith("application/json")
    assert headers["Transfer-Encoding"] == "chunked"
    assert headers["Date"].endswith(" GMT")
    assert "ETag" not in headers


async def test_an_unknown_parameter_is_ignored(peer: Peer) -> None:
    path, ids = await seven_branches(peer)
    answer = await peer.get(f"{path}&nonsense=1&trash=true")
    assert (answer.status, answer.ids) == (200, ids)
