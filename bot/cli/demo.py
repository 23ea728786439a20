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
from bot.demo.cast import speaking
from bot.demo.children import own_folder
from bot.demo.phones import Screen
from bot.demo.play import introduce, play, typed_lines
from bot.demo.stage import set_up
from bot.views.catalogue import N_

_PLAIN_WIDTH = 100


def _interrupt() -> None:
    # SIGTERM and a closed terminal end it as Ctrl-C does: everything started is stopped again.
    os.kill(os.getpid(), signal.SIGINT)


async def _demo(screen: Screen, folder: Path, language: str | None, *, fast: bool) -> None:
    for name in (signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(name, _interrupt)
    introduce(screen, speaking(language))
    screen.advise(N_("Starting a database, a pretend Attic Tech and a pretend Telegram ..."))
    async with set_up(folder, language) as stage:
        screen.advise(N_("The program runs; it logs to {file}"), file=stage.program.log)
        asked = sys.stdin.isatty() and not fast
        await play(stage, screen, typed_lines(None if fast else 0), asked=asked)


def run(arguments: argparse.Namespace) -> int:
    """0 when the day was played to its end, or ended by quit, Ctrl-C or SIGTERM."""
    console = Console(width=None if sys.stdout.isatty() else _PLAIN_WIDTH)
    screen = Screen(console, arguments.language or "en")
    # A shell that starts it in the background leaves SIGINT ignored, and SIGTERM ends it by that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with own_folder() as folder:
        logs.configure("console", "warning")
        try:
            asyncio.run(_demo(screen, folder, arguments.language, fast=arguments.fast))
        except KeyboardInterrupt:
            screen.advise(N_("Stopped."))
    return 0
