"""The HTTP edge: is the program alive, is it well. It decides nothing and shows nothing secret.

Which routes there are and who may call them is said in `bot/access.py`. Those that are not built
yet say so; whatever else goes wrong is JSON too.
"""

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus

import structlog
from aiohttp import web

from bot.access import ROUTES, Caller, LineMissing
from bot.health import Health, Installation, read_installation, ready
from sync.postgres.pool import DATABASE_AWAY, Pool

_LOG = structlog.get_logger()
#: Within this the database answers, or it counts as away: whoever asks must get an answer.
_DATABASE_ANSWERS = 3.0
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def application(health: Health, pool: Pool) -> web.Application:
    """The web application; whoever runs it gives it an address."""

    async def healthz(_: web.Request) -> web.Response:
        return web.json_response({"ok": True})

    async def readyz(_: web.Request) -> web.Response:
        status, body = ready(health, await _installation(pool))
        return web.json_response(body, status=status, headers={"Cache-Control": "no-store"})

    app = web.Application(middlewares=[_in_json])
    built = {("GET", "/healthz"): healthz, ("GET", "/readyz"): readyz}
    for (method, path), caller in ROUTES.items():
        handler = _open(built.pop((method, path), None), caller)
        app.router.add_route(method, path, handler)
        if method == "GET":
            app.router.add_route("HEAD", path, handler)
    if built:
        raise LineMissing(f"bot/access.py does not say who may call: {sorted(built)}.")
    return app


def _open(handler: Handler | None, caller: Caller) -> Handler:
    """The handler as this caller reaches it. One that is not open to anybody cannot be built before
    this knows how to tell its caller by what he holds.
    """
    if handler is None:
        # As without AUTOMATION_API_KEY.
        for_make = caller is Caller.AUTOMATION
        return _not_built(HTTPStatus.SERVICE_UNAVAILABLE if for_make else HTTPStatus.NOT_FOUND)
    if caller is not Caller.ANYBODY:
        raise LineMissing(f"bot/http.py cannot tell yet who holds {caller}.")
    return handler


async def _installation(pool: Pool) -> Installation | None:
    """What the database says, or None when it is away."""
    try:
        async with asyncio.timeout(_DATABASE_ANSWERS), pool.acquire() as connection:
            return await read_installation(connection)
    except DATABASE_AWAY as error:
        _LOG.warning("readyz_without_database", error=type(error).__name__)
        return None


def _not_built(status: HTTPStatus) -> Handler:
    async def handler(_: web.Request) -> web.Response:
        return _error(status, "not built yet")

    return handler


def _error(status: int, words: str) -> web.Response:
    return web.json_response({"error": words}, status=status)


@web.middleware
async def _in_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    """What goes wrong is JSON as well; an error of ours is logged and says nothing of itself."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        answer = _error(error.status, error.reason)
        if "Allow" in error.headers:
            answer.headers["Allow"] = error.headers["Allow"]
        return answer
    except Exception:
        _LOG.exception("request_failed", path=request.path)
        return _error(HTTPStatus.INTERNAL_SERVER_ERROR, "something went wrong here")
