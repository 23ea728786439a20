"""`python -m sandbox attic-tech | telegram`: one pretend system behind a real socket, until
SIGTERM.
"""

import argparse
import sys
from importlib import import_module

_SYSTEMS = {
    "attic-tech": "sandbox.attic_tech.server",
    "telegram": "sandbox.telegram.server",
}


def main(argv: list[str] | None = None) -> int:
    """The exit code of the chosen system's own `main`, which reads the rest of the arguments."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("system", choices=_SYSTEMS)
    parser.add_argument("options", nargs=argparse.REMAINDER, help="see `<system> --help`")
    chosen = parser.parse_args(argv)
    code: int = import_module(_SYSTEMS[chosen.system]).main(chosen.options)
    return code


if __name__ == "__main__":
    sys.exit(main())
