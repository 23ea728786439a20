"""Either Attic Tech, asked in plain HTTP as by a stranger.

A `Peer` is a running server with a small company in it. Tests make what they need themselves and
leave other people's documents alone: the genuine one is shared by all tests of a process. They name
collections as the seed's page does; a peer asks for them by the names that its server has for them.
"""

import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import aiohttp
from yarl import URL

from sandbox.attic_tech import API_KEY, EMAIL, PASSWORD
from tests.contract.servers import Server


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, JSON (None for an empty body) and headers of an answer."""

    status: int
    json: Any
    headers: Mapping[str, str]

    @property
    def docs(self) -> list[dict[str, Any]]:
        return self.json["docs"]

    @property
    def ids(self) -> list[int]:
        return [doc["id"] for doc in self.json["docs"]]


@dataclass(frozen=True, slots=True)
class Peer:
    """A running Attic Tech, asked in plain HTTP as by a stranger."""

    name: str
    server: Server
    session: aiohttp.ClientSession
    key: str = f"users API-Key {API_KEY}"

    @property
    def url(self) -> str:
        return self.server.url

    def slug(self, collection: str) -> str:
        """How this server calls the collection."""
        return self.server.names.get(collection, collection)

    def _named(self, path: str) -> str:
        collection = re.match(r"/(\w+)", path)
        return (
            path if collection is None else f"/{self.slug(collection[1])}{path[collection.end() :]}"
        )

    async def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        auth: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """One request; `auth`: the API key unless said, "" for nobody. A str is sent as it is."""
        authorization = self.key if auth is None else auth
        sent = {**({"Authorization": authorization} if authorization else {}), **(headers or {})}
        if body is not None and not isinstance(body, str):
            body, sent = json.dumps(body), {"Content-Type": "application/json", **sent}
        # The query goes out as it is written: what a raw plus means is part of the contract.
        address = URL(self.url + self._named(path), encoded=True)
        async with self.session.request(method, address, data=body, headers=sent) as response:
            text = await response.text()
            return Answer(response.status, json.loads(text) if text else None, response.headers)

    async def get(self, path: str, **asked: Any) -> Answer:
        """GET with the keyword arguments of `call`."""
        return await self.call("GET", path, **asked)

    async def where(self, collection: str, where: Any, rest: str = "limit=0&depth=0") -> Answer:
        """A list by a JSON where-clause."""
        return await self.get(f"/{collection}?where={quote(json.dumps(where))}&{rest}")

    async def create(self, collection: str, **fields: Any) -> int:
        """The id of a new document, made over REST."""
        answer = await self.call("POST", f"/{collection}?depth=0", fields)
        assert answer.status == 201, answer
        return int(answer.json["doc"]["id"])

    async def patch(self, collection: str, id_: int, **fields: Any) -> dict[str, Any]:
        """The document after a PATCH over REST."""
        answer = await self.call("PATCH", f"/{collection}/{id_}?depth=0", fields)
        assert answer.status == 200, answer
        return answer.json["doc"]

    async def document(self, collection: str, id_: int) -> dict[str, Any]:
        """The document at depth 0."""
        answer = await self.get(f"/{collection}/{id_}?depth=0")
        assert answer.status == 200, answer
        return answer.json

    async def login(self, email: str = EMAIL, password: str = PASSWORD) -> Answer:
        """The answer to a login."""
        credentials = {"email": email, "password": password}
        return await self.call("POST", "/users/login", credentials, auth="")


@asynccontextmanager
async def talking(name: str, server: Server) -> AsyncIterator[Peer]:
    """A peer with a session of its own, which keeps no cookies."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield Peer(name, server, session)
