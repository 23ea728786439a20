"""What a client may ask for, and in which order: where, sort, dates, long lists of ids."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import pytest

from tests.contract.peers import Peer
from tests.contract.scenes import scene

WRONG = {"errors": [{"message": "Something went wrong."}]}
FORM = "application/x-www-form-urlencoded"


async def found(peer: Peer, ids: dict[str, Any], where: dict[str, Any]) -> str:
    """Which of the scene's jobs pass: their names."""
    ours = {"id": {"in": [ids[name] for name in ("one", "two", "bare")]}}
    answer = await peer.where("jobs", {"and": [ours, where]})
    assert answer.status == 200, answer
    return " ".join(name for name in ("one", "two", "bare") if ids[name] in answer.ids)


def filled(value: Any, ids: dict[str, Any]) -> Any:
    """The clause with `$name` replaced by the scene's id."""
    if isinstance(value, dict):
        return {key: filled(below, ids) for key, below in value.items()}
    if isinstance(value, list):
        return [filled(one, ids) for one in value]
    return ids[value[1:]] if isinstance(value, str) and value.startswith("$") else value


BOTH, ALL = "one two", "one two bare"


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({"status": {"equals": "In Production"}}, "one"),
        ({"status": {"equals": "in production"}}, ""),
        ({"status": {"equals": None}}, "bare"),
        ({"status": {"equals": "null"}}, ""),
        ({"status": {"not_equals": "Closed Job"}}, "one bare"),
        ({"status": {"in": ["In Production", "Nope"]}}, "one"),
        ({"status": {"in": "In Production,Closed Job"}}, BOTH),
        ({"status": {"in": ""}}, ""),
        ({"status": {"not_in": ["Closed Job"]}}, "one"),
        ({"status": {"exists": True}}, BOTH),
        ({"status": {"exists": False}}, "bare"),
        ({"status": {"like": "PRODUCTION in"}}, "one"),
        ({"status": {"contains": "PRODUCTION in"}}, ""),
        ({"status": {"contains": "n prod"}}, "one"),
        ({"job_estimate": {"equals": "$estimate"}}, BOTH),
        ({"job_estimate": {"not_in": ["$estimate"]}}, "bare"),
        ({"job_estimate": {"exists": False}}, "bare"),
        ({"job_estimate.branch": {"equals": "$branch"}}, BOTH),
        ({"job_estimate.property.client": {"equals": "$client"}}, BOTH),
        ({"job_estimate.final_price": {"greater_than": 1200}}, BOTH),
        ({"job_estimate.updatedAt": {"greater_than": "2020-01-01"}}, BOTH),
        ({"assignedCrew": {"equals": "$ann"}}, "one"),
        ({"assignedCrew": {"in": ["$ann", "$bob"]}}, BOTH),
        ({"assignedCrew": {"exists": False}}, "bare"),
        ({"assignedCrew.roles": {"equals": "$role"}}, BOTH),
        ({"id": {"greater_than": "$one", "less_than_equal": "$bare"}}, "two bare"),
        ({"or": [{"id": {"equals": "$one"}}, {"id": {"equals": "$bare"}}]}, "one bare"),
        (
            {
                "or": [
                    {"and": [{"id": {"equals": "$one"}}, {"status": {"equals": "Closed Job"}}]},
                    {"status": {"exists": False}},
                ]
            },
            "bare",
        ),
        ({"id": {"equals": "abc"}}, ""),
        ({"id": {"greater_than": "abc"}}, ""),
        ({}, ALL),
    ],
    ids=str,
)
async def test_where_finds(peer: Peer, where: dict[str, Any], expected: str) -> None:
    ids = await scene(peer)
    assert await found(peer, ids, filled(where, ids)) == expected


@pytest.mark.parametrize(
    "query",
    [
        "where[id][in]={one},{two}",
        "where[id][in][0]={one}&where[id][in][1]={two}",
        "where[id][in][]={one}&where[id][in][]={two}",
        "where[or][0][id][equals]={one}&where[or][1][id][equals]={two}",
        "where[and][0][id][greater_than_equal]={one}&where[and][1][id][less_than]={bare}",
        "where[id][greater_than_equal]={one}&where[id][less_than]={bare}",
    ],
)
async def test_a_where_is_written_in_brackets_in_several_ways(peer: Peer, query: str) -> None:
    ids = await scene(peer)
    answer = await peer.get(f"/jobs?{query.format(**ids)}&sort=id&depth=0")
    assert (answer.status, answer.ids) == (200, [ids["one"], ids["two"]])


@pytest.mark.parametrize(
    ("query", "paths"),
    [
        ("where[nope][equals]=1", ["nope"]),
        ("where[job_estimate.nope][equals]=1", ["nope"]),
        ("where[status][equalz]=1", ["status.equalz"]),
        ("where[status]=Sold", ["status.0", "status.1", "status.2", "status.3"]),
    ],
)
async def test_what_cannot_be_queried_is_400_and_named(
    peer: Peer, query: str, paths: Sequence[str]
) -> None:
    answer = await peer.get(f"/jobs?{query}")
    noun = "path" if len(paths) == 1 else "paths"
    error = {
        "name": "QueryError",
        "data": [{"path": path} for path in paths],
        "message": f"The following {noun} cannot be queried: {', '.join(paths)}",
    }
    assert (answer.status, answer.json) == (400, {"errors": [error]})


@pytest.mark.parametrize(
    "query",
    [
        "where[job_estimate][equals]=abc",
        "where[id][in]=",
        "where[id][greater_than]=99999999999",
        "limit=2.5",
    ],
)
async def test_a_query_that_postgresql_cannot_run_looks_like_an_outage(
    peer: Peer, query: str
) -> None:
    answer = await peer.get(f"/jobs?{query}")
    assert (answer.status, answer.json) == (500, WRONG)


async def test_long_lists_of_ids_go_into_the_body_of_a_post_that_says_it_is_a_get(
    peer: Peer,
) -> None:
    ids = [await peer.create("branches", name=f"B{n}") for n in range(3)]
    wanted = ",".join(map(str, [*range(10**6, 10**6 + 900), *ids]))
    query = f"where[id][in]={wanted}&depth=0&limit=1000&sort=id"
    headers = {"X-Payload-HTTP-Method-Override": "GET", "Content-Type": FORM}
    answer = await peer.call("POST", "/branches", query, headers=headers)
    assert (answer.status, answer.ids) == (200, ids)


async def test_a_json_body_there_is_ignored(peer: Peer) -> None:
    headers = {"X-Payload-HTTP-Method-Override": "GET"}
    answer = await peer.call("POST", "/jobs", {"limit": 1, "depth": 0}, headers=headers)
    assert (answer.status, len(answer.docs)) == (200, 10)


async def test_a_request_line_that_is_too_long_is_431_without_a_body(peer: Peer) -> None:
    answer = await peer.get(f"/jobs?where[id][in]={','.join(['1234567'] * 2500)}")
    assert (answer.status, answer.json) == (431, None)


async def one_stamp(peer: Peer) -> tuple[int, str]:
    id_ = await peer.create("branches", name="Stamped")
    return id_, (await peer.document("branches", id_))["updatedAt"]


async def stamped(peer: Peer, id_: int, comparison: str) -> bool:
    query = f"where[id][equals]={id_}&where[updatedAt][{comparison}&depth=0"
    answer = await peer.get(f"/branches?{query}")
    assert answer.status == 200, answer
    return answer.ids == [id_]


async def test_a_stamp_is_utc_with_three_decimals(peer: Peer) -> None:
    _, stamp = await one_stamp(peer)
    assert (len(stamp), stamp[10], stamp[-5], stamp[-1]) == (24, "T", ".", "Z")


async def test_the_same_millisecond_is_included_or_excluded_exactly(peer: Peer) -> None:
    id_, stamp = await one_stamp(peer)
    assert await stamped(peer, id_, f"greater_than_equal]={stamp}")
    assert await stamped(peer, id_, f"less_than_equal]={stamp}")
    assert await stamped(peer, id_, f"equals]={stamp}")
    assert not await stamped(peer, id_, f"greater_than]={stamp}")
    assert not await stamped(peer, id_, f"less_than]={stamp}")


async def test_microseconds_are_cut_and_an_encoded_zone_is_understood(peer: Peer) -> None:
    id_, stamp = await one_stamp(peer)
    assert await stamped(peer, id_, f"greater_than_equal]={stamp[:-1]}999Z")
    assert await stamped(peer, id_, f"greater_than_equal]={quote(stamp[:-1] + '+00:00')}")
    assert await stamped(peer, id_, f"greater_than]={stamp[:10]}")


@pytest.mark.parametrize("date", ["2020-01-01T00:00:00+00:00", "1577836800000", "garbage"])
async def test_a_date_that_is_none_gives_200_and_no_rows(peer: Peer, date: str) -> None:
    id_, _ = await one_stamp(peer)
    assert not await stamped(peer, id_, f"greater_than_equal]={date}")
    assert not await stamped(peer, id_, f"less_than]={date}")


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("sort=id", ["one", "two", "bare"]),
        ("sort=-id", ["bare", "two", "one"]),
        ("sort=updatedAt,id", ["one", "two", "bare"]),
        ("sort[]=-updatedAt&sort[]=-id", ["bare", "two", "one"]),
        ("sort=job_estimate.name,-id", ["two", "one", "bare"]),
        ("sort=-status,id", ["bare", "one", "two"]),
        ("sort=nonsense,-id", ["bare", "two", "one"]),
    ],
)
async def test_sort(peer: Peer, sort: str, expected: list[str]) -> None:
    ids = await scene(peer)
    wanted = f"{ids['one']},{ids['two']},{ids['bare']}"
    answer = await peer.get(f"/jobs?where[id][in]={wanted}&{sort}&depth=0")
    assert answer.ids == [ids[name] for name in expected]
