"""A program that uses the embedded database under a folder until its standard input ends.

Prints the URL once it may use it, and `left` once it no longer does.
"""

import signal
import sys
from pathlib import Path

from sync.postgres.embedded import embedded_database


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


# Whoever started the tests in the background had Ctrl-C ignored, and we would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
with embedded_database(Path(sys.argv[1])) as url:
    say(url)
    sys.stdin.read()
say("left")
