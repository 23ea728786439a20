"""`jobsync demo`: a pretend company, its phones on this terminal, and a day of its work.

Nothing leaves this machine and nothing stays on it: database, pretend systems and the program live
in a temporary folder and in processes of their own, which end with the demo however it ends.
"""

import argparse
import asyncio
import os
import signal
import sys
from pathlib import Path

from rich.console import Console

from bot import logs
from bot.demo.folder import own_folder
from bot.demo.play import introduce, play
from bot.demo.prompt import typed_lines
from bot.demo.stage import set_up

#: Seconds to read what came before the next thing happens.
_READING = 2.5
_PLAIN_WIDTH = 100


def _interrupt() -> None:
    # SIGTERM and a closed terminal end it as Ctrl-C does: everything started is stopped again.
    os.kill(os.getpid(), signal.SIGINT)


async def _demo(console: Console, folder: Path) -> None:
    for name in (signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(name, _interrupt)
    introduce(console)
    console.print(
        "Starting a database, a pretend Attic Tech and a pretend Telegram ...", style="dim"
    )
    async with set_up(folder) as stage:
        console.print(
            f"The program runs; it logs to {stage.program.log}\n", style="dim", highlight=False
        )
        await play(stage, console, typed_lines(), _READING if console.is_terminal else 0)


def run(_arguments: argparse.Namespace) -> int:
    """0 when the day was played to its end, or ended by quit, Ctrl-C or SIGTERM."""
    console = Console(width=None if sys.stdout.isatty() else _PLAIN_WIDTH)
    # A shell that starts it in the background leaves SIGINT ignored, and SIGTERM ends it by that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with own_folder() as folder:
        logs.configure("console", "warning")
        try:
            asyncio.run(_demo(console, folder))
        except KeyboardInterrupt:
            console.print("Stopped.", style="dim")
    return 0
