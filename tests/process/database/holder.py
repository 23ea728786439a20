"""A program that uses the embedded database under a folder until its standard input ends.

Prints the URL once it may use it, and `left` once it no longer does.
"""

import asyncio
import signal
import sys
from pathlib import Path

from sync.database.embedded import embedded_database


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def hold(data_dir: Path) -> None:
    """Hold the database until the standard input ends."""
    async with embedded_database(data_dir) as url:
        say(url)
        await asyncio.to_thread(sys.stdin.read)
    say("left")


# Whoever started the tests in the background had Ctrl-C ignored, and we would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
asyncio.run(hold(Path(sys.argv[1])))
