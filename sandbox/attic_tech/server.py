"""`python -m sandbox attic-tech`: the pretend Attic Tech as a program; prints `READY <url>` and
runs until SIGTERM.
"""

import argparse
import asyncio
import signal
import sys

from sandbox.attic_tech.company import Size, found
from sandbox.attic_tech.system import AtticTechSandbox


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
