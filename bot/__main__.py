"""`python -m bot` is `jobsync`, for who has the interpreter and not the script."""

import sys

from bot.cli import main

sys.exit(main())
