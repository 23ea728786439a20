"""Payload's REST API over the store: which request is answered by what; knows no sockets."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import format_datetime
from http.cookies import SimpleCookie
from typing import Any

from sandbox.attic_tech.accounts import Accounts, Reader
from sandbox.attic_tech.answers import Answer, forbidden, no_route, refusal
from sandbox.attic_tech.faults import Faults
from sandbox.attic_tech.querystring import parse
from sandbox.attic_tech.reading import Library
from sandbox.attic_tech.schema import COLLECTIONS
from sandbox.attic_tech.store import Store
from sandbox.attic_tech.writing import Desk

_FORM = "application/x-www-form-urlencoded"
_ACCOUNT_ROUTES = {
    ("POST", "login"),
    ("POST", "logout"),
    ("POST", "refresh-token"),
    ("POST", "unlock"),
    ("GET", "me"),
}


@dataclass(frozen=True, slots=True)
class Call:
    """One request, read."""

    method: str
    path: str
    query: str
    body: bytes
    headers: Mapping[str, str]

    @property
    def json(self) -> Any:
        """The body; nothing for a body of another kind.

        Raises:
            Refused: 400, it is broken.
        """
        if not self.body or _FORM in self.headers.get("Content-Type", ""):
            return {}
        try:
            return json.loads(self.body)
        except ValueError:
            raise refusal(400, "Invalid JSON") from None


@dataclass(frozen=True, slots=True)
class Rest:
    """The whole API. `names`: what it calls collections that have another name than here."""

    store: Store
    accounts: Accounts
    faults: Faults
    names: Mapping[str, str] = field(default_factory=dict)

    async def answer(self, call: Call, takes: float = 0.0) -> Answer:
        """What Payload answers; `takes` is how long a write stays invisible.

        Raises:
            Refused: it answers that it will not.
        """
        parts = [part for part in call.path.split("/") if part]
        method = call.method
        named = {self.names.get(collection, collection): collection for collection in COLLECTIONS}
        if len(parts) not in (2, 3) or parts[0] != "api" or parts[1] not in named:
            raise no_route(call.path)
        reader = self.accounts.reader(
            call.headers.get("Authorization"),
            _cookie(call.headers),
            self.names.get("users", "users"),
        )
        collection, rest = named[parts[1]], parts[2:]
        if collection == "users" and rest and (method, rest[0]) in _ACCOUNT_ROUTES:
            return await self._account(rest[0], call, reader)
        if reader is None:
            raise forbidden()
        library = Library(self.store, self.faults, self.accounts, reader)
        overridden = call.headers.get("X-Payload-HTTP-Method-Override", "").upper()
        if method == "POST" and overridden == "GET":
            form = _FORM in call.headers.get("Content-Type", "")
            query = call.body.decode() if form else call.query
            return _read(library, collection, rest, parse(query))
        if method == "GET":
            return _read(library, collection, rest, parse(call.query))
        return await _write(Desk(library, takes), method, collection, rest, call)

    async def _account(self, route: str, call: Call, reader: Reader | None) -> Answer:
        if route == "me":
            return self._me(reader)
        if route == "login":
            return await self._login(call)
        if reader is None:
            raise refusal(400, "No User") if route == "logout" else forbidden()
        if route == "logout":
            self.accounts.logout(reader)
            return Answer(200, {"message": "Logout successful."})
        if route == "unlock":
            self.accounts.unlock(str(call.json.get("email", "")))
            return Answer(200, {"message": "Success"})
        token, expires = self.accounts.refresh(reader)
        body = {
            "message": "Token refresh successful.",
            "exp": expires,
            "refreshedToken": token,
            "setCookie": True,
            "strategy": reader.strategy,
            "user": self._user(reader),
        }
        return Answer(200, body, self._token_cookie(token))

    async def _login(self, call: Call) -> Answer:
        token, user, expires = await self.accounts.login(call.json)
        shown = {**self._user(Reader(user["id"], "local-jwt")), "updatedAt": None}
        body = {"message": "Authentication Passed", "exp": expires, "token": token, "user": shown}
        return Answer(200, body, self._token_cookie(token))

    def _me(self, reader: Reader | None) -> Answer:
        if reader is None:
            return Answer(200, {"user": None, "message": "Account"})
        body: dict[str, Any] = {
            "user": self._user(reader),
            "collection": "users",
            "strategy": reader.strategy,
        }
        if reader.token:
            body |= {"exp": reader.expires, "token": reader.token}
        return Answer(200, {**body, "message": "Account"})

    def _user(self, reader: Reader) -> dict[str, Any]:
        library = Library(self.store, self.faults, self.accounts, reader)
        row = self.store.rows["users"][reader.id]
        return {**library.show("users", [row], {})[0], "_strategy": reader.strategy}

    def _token_cookie(self, token: str) -> dict[str, str]:
        ends = format_datetime(self.accounts.now() + self.accounts.token_life, usegmt=True)
        cookie = f"payload-token={token}; Expires={ends}; Path=/; HttpOnly=true; SameSite=Lax"
        return {"Set-Cookie": cookie}


def _read(library: Library, collection: str, rest: list[str], query: dict[str, Any]) -> Answer:
    if not rest:
        return Answer(200, library.listed(collection, query))
    if rest[0] == "count":
        return Answer(200, library.count(collection, query))
    return Answer(200, library.by_id(collection, rest[0], query))


async def _write(desk: Desk, method: str, collection: str, rest: list[str], call: Call) -> Answer:
    query = parse(call.query)
    match method, rest:
        case "POST", []:
            return await desk.create(collection, call.json, query)
        case "PATCH", []:
            return await desk.patch_many(collection, call.json, query)
        case "PATCH", [id_]:
            return await desk.patch(collection, id_, call.json, query)
        case "DELETE", []:
            return await desk.delete_many(collection, query)
        case "DELETE", [id_]:
            return await desk.delete(collection, id_, query)
    raise no_route(call.path)


def _cookie(headers: Mapping[str, str]) -> str | None:
    morsel = SimpleCookie(headers.get("Cookie", "")).get("payload-token")
    return morsel.value if morsel else None
