"""The socket of the pretend Attic Tech, and the faults between a request and its answer."""

import asyncio
from dataclasses import dataclass, field
from email.utils import format_datetime

from aiohttp import web

from sandbox.attic_tech.answers import Answer, Refused
from sandbox.attic_tech.faults import Fault
from sandbox.attic_tech.rest import Call, Rest

#: Node refuses a longer request head, with an empty body.
_LONGEST_HEAD = 16_000
#: Faults that strike a request which is answered all the same.
_ANSWERED = ("slow", "cut", "late", "lost")


@dataclass(frozen=True, slots=True)
class Seen:
    """One request that arrived, and the status of its answer (0: the connection was closed)."""

    method: str
    path: str
    query: str
    status: int


@dataclass(slots=True)
class Front:
    """One server in front of the API."""

    rest: Rest
    requests: list[Seen] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """The answer to one request, or what a fault makes of it."""
        path, _, query = request.raw_path.partition("?")
        fault = self.rest.faults.next(request.method, request.raw_path)
        if len(request.raw_path) > _LONGEST_HEAD:
            response: web.StreamResponse = web.Response(status=431)
        elif fault is not None and fault.kind not in _ANSWERED:
            response = _instead(request, fault)
        else:
            call = Call(request.method, path, query, await request.read(), request.headers)
            response = await self._answered(request, call, fault)
        status = response.status if _alive(request) else 0
        self.requests.append(Seen(request.method, path, query, status))
        return response

    async def _answered(
        self, request: web.Request, call: Call, fault: Fault | None
    ) -> web.StreamResponse:
        if fault is not None and fault.kind == "slow":
            await asyncio.sleep(fault.seconds)
        late = fault.seconds if fault is not None and fault.kind == "late" else 0.0
        try:
            answer = await self.rest.answer(call, late)
        except Refused as refused:
            answer = refused.answer
        if fault is not None and fault.kind == "lost":
            _close(request)
        if fault is not None and fault.kind == "cut":
            return await _half(request, answer)
        return self._whole(call, answer)

    def _whole(self, call: Call, answer: Answer) -> web.Response:
        response = web.Response(
            status=answer.status,
            body=b"" if call.method == "HEAD" else answer.encoded(),
            headers=answer.headers,
            content_type="application/json",
        )
        response.headers["Date"] = format_datetime(self.rest.accounts.now(), usegmt=True)
        response.enable_chunked_encoding()
        return response


def _instead(request: web.Request, fault: Fault) -> web.Response:
    """The answer that a fault gives without looking at the request."""
    if fault.kind == "drop":
        _close(request)
    if fault.kind == "redirect":
        return web.Response(status=302, headers={"Location": fault.location})
    if fault.kind == "body":
        content_type = "text/html" if fault.body.startswith("<") else "application/json"
        return web.Response(text=fault.body, content_type=content_type)
    waits = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    body = {"errors": [{"message": "Something went wrong."}]}
    return web.json_response(body, status=fault.status, headers=waits)


async def _half(request: web.Request, answer: Answer) -> web.StreamResponse:
    """Half of the body under the length of the whole, then nothing more."""
    body = answer.encoded()
    response = web.StreamResponse(status=answer.status, headers={"Content-Length": str(len(body))})
    response.content_type = "application/json"
    await response.prepare(request)
    await response.write(body[: len(body) // 2])
    _close(request)
    return response


def _close(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.close()


def _alive(request: web.Request) -> bool:
    return request.transport is not None and not request.transport.is_closing()
