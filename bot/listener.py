"""Listens for HTTP with bounds: so many connections, and so many seconds for a request's head.

At the bound the oldest connection makes room, so that whoever holds many of them open and says
nothing keeps nobody out. What is not to be had is told once a minute, not once a connection.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import structlog
from aiohttp import web

from bot.failures import CommandFailed

_LOG = structlog.get_logger()
#: Connections at once: far below the number of files that a process may open (1,024 as a rule).
CONNECTIONS = 100
#: Connections that the system keeps ready for us, which we then take all at once.
_BACKLOG = 50
#: Seconds until the head of a request is there, also between two of one connection.
HEAD_WITHIN = 10.0
_TELL_EVERY = 60.0


class Door:
    """Lets connections in to `server`."""

    def __init__(self, server: web.Server, most: int = CONNECTIONS) -> None:
        self._server, self._most = server, most
        self._silent_until = 0.0

    def __call__(self) -> asyncio.BaseProtocol:
        """What serves the next connection."""
        inside = self._server.connections
        too_many = len(inside) - self._most + 1
        for oldest in inside[: max(too_many, 0)]:
            oldest.force_close()  # aiohttp's `close` leaves the socket of an idle one open
        if too_many > 0:
            self._tell()
        return self._server()

    def _tell(self) -> None:
        now = asyncio.get_running_loop().time()
        if now >= self._silent_until:
            self._silent_until = now + _TELL_EVERY
            _LOG.warning("too_many_connections", most=self._most)


def listening(
    app: web.Application, host: str, port: int, head_within: float = HEAD_WITHIN
) -> Callable[[asyncio.Event], Coroutine[Any, Any, None]]:
    """The part that answers HTTP on this address."""

    async def part(stop: asyncio.Event) -> None:
        runner = web.AppRunner(
            app, access_log=None, shutdown_timeout=1, keepalive_timeout=head_within
        )
        await runner.setup()
        assert runner.server is not None  # noqa: S101 - it is there after `setup`
        try:
            listener = await asyncio.get_running_loop().create_server(
                Door(runner.server), host, port, backlog=_BACKLOG
            )
            _LOG.info("listening", address=listener.sockets[0].getsockname())
            await stop.wait()
            listener.close()
        except OSError as error:
            raise CommandFailed(
                f"Nothing can listen on {host}:{port} (HTTP_HOST, HTTP_PORT): {error.strerror}."
            ) from error
        finally:
            await runner.cleanup()

    return part
