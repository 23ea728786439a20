"""`jobsync run`: the program itself, until it is told to stop; see `bot/app.py`."""

import argparse
import asyncio

from bot import logs, settings


def run(_: argparse.Namespace) -> int:
    """0 after SIGTERM or Ctrl-C; raises what the command line turns into 1 and 2."""
    given = settings.load("telegram", "attic_tech")
    # Only now, since aiogram takes seconds to import: a missing setting is told at once.
    from bot import app

    logs.configure(given.log_format, given.log_level, given.secrets())
    asyncio.run(app.run(given))
    return 0
