"""Documents that point at each other, which the tests of queries only read."""

from typing import Any
from uuid import uuid4
from weakref import WeakKeyDictionary

from tests.contract.peers import Peer
from tests.contract.servers import Server

_SCENES: WeakKeyDictionary[Server, dict[str, Any]] = WeakKeyDictionary()


async def scene(peer: Peer) -> dict[str, Any]:
    """Three jobs that nobody changes; the third has neither estimate, nor status, nor crew."""
    if peer.server not in _SCENES:  # one for each: its users cost a password hash each
        _SCENES[peer.server] = await new_scene(peer)
    return _SCENES[peer.server]


async def new_scene(peer: Peer) -> dict[str, Any]:
    word = uuid4().hex[:12]
    ids: dict[str, Any] = {"word": word}
    ids["role"] = await peer.create("roles", name=f"Role {word}")
    for name in ("ann", "bob"):
        ids[name] = await peer.create(
            "users", email=f"{name}.{word}@attic.example", password="secret", roles=[ids["role"]]
        )
    ids["branch"] = await peer.create("branches", name=f"City {word}")
    ids["client"] = await peer.create("clients", fullName="A Client")
    ids["property"] = await peer.create("properties", client=ids["client"], city="Here")
    ids["estimate"] = await peer.create(
        "estimates",
        name=f"EST {word}",
        branch=ids["branch"],
        client=ids["client"],
        property=ids["property"],
        final_price=1200.5,
    )
    crew = {"one": [ids["ann"], ids["bob"]], "two": [ids["bob"]]}
    for name, status in (("one", "In Production"), ("two", "Closed Job")):
        ids[name] = await peer.create(
            "jobs",
            name=f"Job {word} {name}",
            status=status,
            job_estimate=ids["estimate"],
            assignedCrew=crew[name],
        )
    ids["bare"] = await peer.create("jobs", name=f"Job {word} bare")
    return ids
