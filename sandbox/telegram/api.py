"""One call to the Bot API from request to answer: token, faults, limits, the method itself."""

import asyncio
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from sandbox.telegram.errors import ApiError
from sandbox.telegram.faults import Fault, FaultKind, Faults, Throttle
from sandbox.telegram.methods import LIMITED, METHODS, proper_name
from sandbox.telegram.params import Params, read_params
from sandbox.telegram.updates import UpdateQueue
from sandbox.telegram.world import World

_WEBHOOK_ACTIVE = (
    "Conflict: can't use getUpdates method while webhook is active; "
    "use deleteWebhook to delete the webhook first"
)
_LONGEST_POLL = 50
#: What no client can read, beside what it should be able to do without.
_ODD = {"date": "soon", "entities": "none", "chat": {"type": "of a newer kind"}}
_REMEMBERED_CALLS = 100_000


@dataclass(frozen=True, slots=True)
class Call:
    """A call that the bot made, and the status of its answer; 0 when the connection was cut."""

    method: str
    params: dict[str, Any]
    at: datetime
    status: int


class BotApi:
    """The Bot API of one bot."""

    def __init__(
        self, token: str, world: World, queue: UpdateQueue, faults: Faults, throttle: Throttle
    ) -> None:
        self._token, self._world, self._queue = token, world, queue
        self._faults, self._throttle = faults, throttle
        self.calls: deque[Call] = deque(maxlen=_REMEMBERED_CALLS)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """The answer to one call."""
        try:
            method = self._admit(request)
            params = await read_params(request)
        except ApiError as error:
            return web.json_response(error.body, status=error.code)
        fault = self._faults.take(method, params.chat_id(), params.text("text"))
        if fault is not None and fault.kind in {FaultKind.CUT, FaultKind.GARBAGE}:
            return self._break(request, method, params, fault)
        status, body = await self._answer(method, params, fault)
        if fault is not None and fault.kind is FaultKind.LOSE:
            return self._break(request, method, params, fault)
        self._record(method, params, status)
        if (
            fault is not None
            and fault.kind is FaultKind.ODD
            and isinstance(body.get("result"), dict)
        ):
            body = {**body, "result": body["result"] | _ODD}
        if fault is not None and fault.kind is FaultKind.SLOW:
            await asyncio.sleep(fault.seconds)
        return web.json_response(body, status=status)

    def _admit(self, request: web.Request) -> str:
        token, name = request.match_info["token"], request.match_info["method"]
        if ":" not in token:
            raise ApiError(404, "Not Found")
        if token != self._token:
            raise ApiError(401, "Unauthorized")
        method = proper_name(name)
        if method is None:
            raise ApiError(404, "Not Found: method not found")
        return method

    def _record(self, method: str, params: Params, status: int) -> None:
        self.calls.append(Call(method, params.values, datetime.now(UTC), status))
        self._world.touch()

    def _break(
        self, request: web.Request, method: str, params: Params, fault: Fault
    ) -> web.Response:
        if fault.kind is FaultKind.GARBAGE:
            self._record(method, params, fault.code)
            page = f"<html><h1>{fault.code}</h1></html>"
            return web.Response(status=fault.code, text=page, content_type="text/html")
        self._record(method, params, 0)
        if request.transport is not None:
            request.transport.abort()
        return web.Response()

    async def _answer(
        self, method: str, params: Params, fault: Fault | None
    ) -> tuple[int, dict[str, Any]]:
        try:
            if fault is not None and fault.kind is FaultKind.REFUSE:
                raise fault.refusal()
            return 200, {"ok": True, "result": await self._result(method, params)}
        except ApiError as error:
            return error.code, error.body

    async def _result(self, method: str, params: Params) -> Any:
        if method == "getUpdates":
            return await self._updates(params)
        if method == "getWebhookInfo":
            return self._webhook_info()
        if method in LIMITED:
            self._throttle.check(params.chat_id())
        if method in {"setWebhook", "deleteWebhook"} and params.flag("drop_pending_updates"):
            self._queue.forget()
        result = METHODS[method](self._world, params)
        if method == "setWebhook" and self._world.webhook:
            self._queue.interrupt()
        return result

    async def _updates(self, params: Params) -> list[dict[str, Any]]:
        if self._world.webhook:
            raise ApiError(409, _WEBHOOK_ACTIVE)
        self._queue.allow(params.json("allowed_updates"))
        seconds = min(params.number("timeout", 0) or 0, _LONGEST_POLL)
        return await self._queue.take(
            params.number("offset", 0) or 0, params.number("limit", 100) or 100, seconds
        )

    def _webhook_info(self) -> dict[str, Any]:
        return {
            "url": self._world.webhook.get("url", ""),
            "has_custom_certificate": False,
            "pending_update_count": len(self._queue.unconfirmed),
        }
