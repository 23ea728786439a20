"""The socket: one bot's Bot API, control routes beside it, and `python -m sandbox telegram`."""

import argparse
import asyncio
import signal
import sys
from types import TracebackType
from typing import Self

from aiohttp import web

from sandbox.telegram import control
from sandbox.telegram.faults import Limits
from sandbox.telegram.system import Telegram

TOKEN = "7000000001:sandbox-token-of-nobody"  # noqa: S105 - opens nothing but this sandbox
_HOST = "127.0.0.1"
_LARGEST_BODY = 50 * 1024 * 1024


class TelegramSandbox(Telegram):
    """A Telegram with one bot, while the context is open.

    `url` is what `TelegramAPIServer.from_base` takes.
    """

    def __init__(self, token: str = TOKEN, port: int = 0, limits: Limits | None = None) -> None:
        super().__init__(token, limits)
        self._port = port
        self._runner: web.AppRunner | None = None
        self._site: web.TCPSite | None = None

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=_LARGEST_BODY)
        control.add_routes(app, self, self._be_away)
        app.router.add_route("*", "/bot{token}/{method}", self.api.handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await self.accept_connections()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.queue.wake()
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{_HOST}:{self._port}"

    @property
    def listening(self) -> bool:
        """Whether connections are taken."""
        return self._site is not None

    async def refuse_connections(self) -> None:
        """Stop listening, cut what is connected: refused until `accept_connections`."""
        if self._site is None or self._runner is None or self._runner.server is None:
            return
        site, self._site = self._site, None
        await site.stop()
        for connection in self._runner.server.connections:
            if connection.transport is not None:
                connection.transport.abort()
        for _ in range(4):  # the loop's turns in which peers in this process notice the cut
            await asyncio.sleep(0)
        self.world.touch()

    async def accept_connections(self) -> None:
        """Listen (again), on the same port as before."""
        if self._site is not None or self._runner is None:
            return
        self._site = web.TCPSite(self._runner, _HOST, self._port, reuse_address=True)
        await self._site.start()
        self._port = self._runner.addresses[0][1]
        self.world.touch()

    async def _be_away(self, seconds: float) -> None:
        await self.refuse_connections()
        await asyncio.sleep(seconds)
        await self.accept_connections()


async def _serve(token: str, port: int, limits: Limits | None) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with TelegramSandbox(token, port, limits) as sandbox:
        sys.stdout.write(f"READY {sandbox.url}\n")
        sys.stdout.flush()
        await stop.wait()


def main(argv: list[str] | None = None) -> int:
    """0 after SIGTERM or SIGINT; prints `READY <url>` when it listens."""
    parser = argparse.ArgumentParser(prog="python -m sandbox telegram")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--token", default=TOKEN, help="the token of the one bot")
    parser.add_argument("--limits", action="store_true", help="answer 429 as Telegram does")
    options = parser.parse_args(argv)
    asyncio.run(_serve(options.token, options.port, Limits() if options.limits else None))
    return 0
