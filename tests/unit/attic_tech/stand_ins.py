"""What the tests of the Attic Tech client put in place of Attic Tech and of the database."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from sync.attic_tech.client import WireLimits
from sync.attic_tech.protocol import Response

NOW = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)
DATE = "Tue, 24 Nov 2026 12:00:00 GMT"
NOT_ALLOWED = {"errors": [{"message": "You are not allowed to perform this action."}]}
INCORRECT = {"errors": [{"message": "The email or password provided is incorrect."}]}
LOCKED = {
    "errors": [{"message": "This user is locked due to having too many failed login attempts."}]
}
NOT_FOUND = {"errors": [{"message": "Not Found"}]}
WENT_WRONG = {"errors": [{"message": "Something went wrong."}]}

#: Nobody waits in a test.
QUICK = WireLimits(connect=2, read=2, total=2, body=100_000, attempts=3, wait=0, patience=1)


def answer(status: int = 200, body: Any = None, **headers: str) -> Response:
    """An answer as the wire hands it over; a body that is not bytes is sent as JSON."""
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    names = {name.replace("_", "-"): value for name, value in {"date": DATE, **headers}.items()}
    return Response(status, names, text, NOW)


def logged_in(token: str = "a.b.c", *, lasts: int = 7200) -> dict[str, Any]:
    """What a good login answers, as seen from `NOW`."""
    return {
        "message": "Authentication Passed",
        "exp": round(NOW.timestamp()) + lasts,
        "token": token,
    }


def job(id: Any = 11, **changes: Any) -> dict[str, Any]:
    """A job as Attic Tech shows it at depth 0."""
    return {
        "id": id,
        "name": "JOB-000011",
        "status": "Plans In Progress",
        "job_estimate": 7,
        "assignedCrew": [16, 3],
        "createdAt": "2026-09-01T08:00:00.000Z",
        "updatedAt": "2026-11-20T08:00:00.500Z",
    } | changes


def listed(*docs: Any, more: bool = False) -> dict[str, Any]:
    """A list of documents as Attic Tech wraps it."""
    return {
        "docs": list(docs),
        "hasNextPage": more,
        "limit": 500,
        "page": 1,
        "totalDocs": len(docs),
    }


class Memory(dict[str, str]):
    """Refused credentials, in a dictionary, and those that were accepted."""

    def __init__(self) -> None:
        super().__init__()
        self.accepted: list[str] = []

    async def cause(self, fingerprint: str) -> str | None:
        return self.get(fingerprint)

    async def remember(self, fingerprint: str, cause: str) -> None:
        self[fingerprint] = cause

    async def forget(self, fingerprint: str) -> None:
        self.accepted.append(fingerprint)


@dataclass
class OpenGate:
    """A gate within one process, which counts who went through."""

    memory: Memory = field(default_factory=Memory)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    passed: int = 0

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[Memory]:
        async with self.lock:
            self.passed += 1
            yield self.memory


@dataclass(frozen=True)
class Seen:
    """One request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


class Script:
    """A real server on a real socket that answers what it was told to, one answer a request."""

    def __init__(self) -> None:
        self.answers: deque[Response] = deque()
        self.seen: list[Seen] = []
        self.pause = 0.0  # how long it thinks about each
        self.at_once = self.most_at_once = 0

    def then(self, status: int = 200, body: Any = None, **headers: str) -> "Script":
        """Answer this next, after what was said before."""
        self.answers.append(answer(status, body, **headers))
        return self

    @property
    def asked(self) -> list[str]:
        """Method and path of every request so far."""
        return [f"{seen.method} {seen.path}" for seen in self.seen]

    async def _handle(self, request: web.Request) -> web.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        body = await request.read()
        self.seen.append(Seen(request.method, request.path, dict(request.query), headers, body))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(self.pause)
        self.at_once -= 1
        said = self.answers.popleft() if self.answers else answer(500, WENT_WRONG)
        return web.Response(status=said.status, body=said.body, headers=said.headers)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[str]:
        """The address of its API while it runs."""
        app = web.Application()
        app.router.add_route("*", "/{rest:.*}", self._handle)
        async with TestServer(app) as server:
            yield str(server.make_url("/api"))
