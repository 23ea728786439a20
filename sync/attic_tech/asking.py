"""How Attic Tech is asked: requests as values.

We only ever GET documents. Payload also takes long queries by POST under a header, but a version
that does not know the header would take that POST for a new document; so long lists of ids are cut
into pieces that fit a URL instead.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlencode

#: Every stamp that Attic Tech can have written is later.
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: Ids in one request: a few kB of URL, where 16 kB is a 431 without a body.
IDS_AT_ONCE = 500

_JSON = ("Content-Type", "application/json")


@dataclass(frozen=True, slots=True)
class Request:
    """One request: its path below the API's address, its encoded query, and a body if it has one.

    `about` is what it asks for in words, for sentences: a collection's name or "users/login".
    """

    method: str
    path: str
    about: str
    query: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = field(default=None, repr=False)

    def target(self, api_url: str) -> str:
        """The whole address, encoded."""
        return f"{api_url.rstrip('/')}{self.path}{'?' * bool(self.query)}{self.query}"


def stamp(moment: datetime) -> str:
    """The moment as Payload understands it everywhere: UTC, three decimals, `Z`.

    `isoformat()` alone writes `+00:00`, whose `+` a server reads as a space: 200 and zero rows.
    """
    if moment.tzinfo is None:
        raise ValueError("a time without a zone is read in the server's zone")
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"


def ask_newest(collection: str) -> Request:
    """The one document that was changed last. The filter leaves out documents without a stamp,
    which PostgreSQL would sort before all others."""
    return _list(
        collection, 1, ("where[updatedAt][greater_than_equal]", stamp(EPOCH)), sort="-updatedAt"
    )


def ask_any(collection: str) -> Request:
    """Any one document, without a filter that could fail to match."""
    return _list(collection, 1)


def ask_page(collection: str, since: datetime, after: int, limit: int) -> Request:
    """Documents changed since then, by ascending id: ids never move, so no row slips away."""
    return _list(
        collection,
        limit,
        ("where[updatedAt][greater_than_equal]", stamp(since)),
        ("where[id][greater_than]", str(after)),
    )


def ask_stamps(collection: str, after: int, limit: int) -> Request:
    """Ids and stamps of everything. A version that does not know `select` sends whole documents."""
    return _list(
        collection, limit, ("where[id][greater_than]", str(after)), ("select[updatedAt]", "true")
    )


def ask_ids(collection: str, ids: Sequence[int]) -> Request:
    """The documents with these ids, at most `IDS_AT_ONCE`."""
    return _list(collection, len(ids), ("where[id][in]", ",".join(map(str, ids))))


def ask_id(collection: str, id: int) -> Request:
    """One document by its id; a missing, deleted or hidden one is a 404."""
    return Request("GET", f"/{collection}/{id}", collection.title(), "depth=0")


def _list(collection: str, limit: int, *where: tuple[str, str], sort: str = "id") -> Request:
    if limit < 1:  # to Payload, 0 and less mean "everything"
        raise ValueError("a page has at least one document")
    pairs = (*where, ("sort", sort), ("limit", str(limit)), ("depth", "0"))
    return Request("GET", f"/{collection}", collection.title(), urlencode(pairs, safe=","))


def ask_login(email: str, password: str) -> Request:
    """A new session; five refusals lock the account for ten minutes."""
    body = json.dumps({"email": email, "password": password}).encode()
    return Request("POST", "/users/login", "users/login", headers=(_JSON,), body=body)


def ask_refresh() -> Request:
    """A new token for the session of the token it is signed with."""
    return Request("POST", "/users/refresh-token", "users/refresh-token", headers=(_JSON,))


def ask_who_we_are() -> Request:
    """200 for everybody: without a valid token or key, `user` is null."""
    return Request("GET", "/users/me", "users/me", "depth=0")
