"""How Attic Tech is asked: requests as values, with its own names for the collections.

We only ever GET documents. Payload also takes long queries by POST under a header, but a version
that does not know the header would take that POST for a new document; so long lists of ids are cut
into pieces that fit a URL instead.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeAlias
from urllib.parse import urlencode

#: Every stamp that Attic Tech can have written is later.
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: Ids in one request: a few kB of URL, where 16 kB is a 431 without a body.
IDS_AT_ONCE = 500

#: How much of a document is shown: decoded pairs of the query.
Shape: TypeAlias = tuple[tuple[str, str], ...]
#: The document alone, relations as ids.
FLAT: Shape = (("depth", "0"),)

_JSON = ("Content-Type", "application/json")


@dataclass(frozen=True, slots=True)
class Request:
    """One request: its path below the API's address, its encoded query, and a body if it has one.

    `about` is what it asks for in words, for sentences: a collection's title or "users/login".
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


def title(slug: str) -> str:
    """The collection's name as Attic Tech shows it to people: `Job Estimates`."""
    return slug.replace("-", " ").replace("_", " ").title()


def ask_newest(slug: str) -> Request:
    """The one document that was changed last. The filter leaves out documents without a stamp,
    which PostgreSQL would sort before all others."""
    return _list(slug, 1, ("where[updatedAt][greater_than_equal]", stamp(EPOCH)), sort="-updatedAt")


def ask_any(slug: str) -> Request:
    """Any one document, without a filter that could fail to match."""
    return _list(slug, 1)


def deep(depth: int, fields: Iterable[str]) -> Shape:
    """These fields of a document, with what they point at. A version that does not know `select`
    shows all fields; without it everything else that they point at would be shown as well.
    """
    return (*((f"select[{field}]", "true") for field in fields), ("depth", str(depth)))


def ask_page(slug: str, since: datetime, after: int, limit: int, shape: Shape = FLAT) -> Request:
    """Documents changed since then, by ascending id: ids never move, so no row slips away."""
    return _list(
        slug,
        limit,
        ("where[updatedAt][greater_than_equal]", stamp(since)),
        ("where[id][greater_than]", str(after)),
        shape=shape,
    )


def ask_stamps(slug: str, after: int, limit: int) -> Request:
    """Ids and stamps of everything. A version that does not know `select` sends whole documents."""
    return _list(
        slug, limit, ("where[id][greater_than]", str(after)), ("select[updatedAt]", "true")
    )


def ask_ids(slug: str, ids: Sequence[int], shape: Shape = FLAT) -> Request:
    """The documents with these ids, at most `IDS_AT_ONCE`."""
    return _list(slug, len(ids), ("where[id][in]", ",".join(map(str, ids))), shape=shape)


def ask_id(slug: str, id: int, shape: Shape = FLAT) -> Request:
    """One document by its id; a missing, deleted or hidden one is a 404."""
    return Request("GET", f"/{slug}/{id}", title(slug), urlencode(shape))


def _list(
    slug: str, limit: int, *where: tuple[str, str], sort: str = "id", shape: Shape = FLAT
) -> Request:
    if limit < 1:  # to Payload, 0 and less mean "everything"
        raise ValueError("a page has at least one document")
    pairs = (*where, ("sort", sort), ("limit", str(limit)), *shape)
    return Request("GET", f"/{slug}", title(slug), urlencode(pairs, safe=","))


def ask_login(users: str, email: str, password: str) -> Request:
    """A new session of one of `users`; five refusals lock the account for ten minutes."""
    body = json.dumps({"email": email, "password": password}).encode()
    return Request("POST", f"/{users}/login", f"{users}/login", headers=(_JSON,), body=body)


def ask_refresh(users: str) -> Request:
    """A new token for the session of the token it is signed with."""
    way = f"{users}/refresh-token"
    return Request("POST", f"/{way}", way, headers=(_JSON,))


def ask_who_we_are(users: str) -> Request:
    """200 for everybody: without a valid token or key, `user` is null."""
    return Request("GET", f"/{users}/me", f"{users}/me", "depth=0")
