"""The pretend Attic Tech's socket; `python -m sandbox attic-tech` prints `READY <url>` and runs.

It stops at SIGTERM.
"""

import argparse
import asyncio
import signal
import sys
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from sandbox.attic_tech import control
from sandbox.attic_tech.company import Size, found
from sandbox.attic_tech.system import AtticTech


class AtticTechSandbox(AtticTech):
    """An Attic Tech on a port of its own, from `async with` to its end."""

    def __init__(self, port: int = 0, **how: Any) -> None:
        super().__init__(**how)
        self.port = port
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen; after a `stop` on the same port as before."""
        app = web.Application(middlewares=[control.plainly_refused], client_max_size=2**24)
        app.add_routes(control.routes(self))
        app.router.add_route("*", "/{any:.*}", self.front.handle)
        self._runner = web.AppRunner(
            app, access_log=None, shutdown_timeout=0.1, max_line_size=2**17, max_field_size=2**17
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Close every connection; the documents stay for the next `start`."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    @property
    def url(self) -> str:
        """What the program gets as ATTIC_TECH_API_URL."""
        return f"http://127.0.0.1:{self.port}/api"

    @property
    def control_url(self) -> str:
        """Where the control routes are."""
        return f"http://127.0.0.1:{self.port}/_sandbox"


def main(argv: list[str] | None = None) -> int:
    """0 after SIGTERM or Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m sandbox attic-tech", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument("--jobs", type=int, default=0, help="begin with a company of so many jobs")
    parser.add_argument("--estimates", type=int, default=0, help="and so many estimates")
    parser.add_argument("--users", type=int, default=20, help="and so many users")
    options = parser.parse_args(argv)
    system = AtticTechSandbox(options.port)
    if options.jobs or options.estimates:
        found(system, Size(options.jobs, options.estimates, options.users))
    asyncio.run(_serve(system))
    return 0


async def _serve(system: AtticTechSandbox) -> None:
    stopped, loop = asyncio.Event(), asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stopped.set)
    async with system:
        sys.stdout.write(f"READY {system.url}\n")
        sys.stdout.flush()
        await stopped.wait()
