"""How long a person waits for `jobsync --help`: `python -m tests.bench.command_line`."""

import statistics
import subprocess
import sys
import time


def seconds(arguments: list[str]) -> float:
    """How long one call took, from starting the interpreter to its end."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-m", "bot", *arguments], stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began


def main() -> None:
    """Writes the median and the slowest of ten calls."""
    for arguments in (["--help"], ["sync", "--help"]):
        taken = [seconds(arguments) for _ in range(10)]
        median, slowest = statistics.median(taken), max(taken)
        sys.stdout.write(
            f"jobsync {' '.join(arguments)}: median {median:.3f} s, slowest {slowest:.3f} s\n"
        )


if __name__ == "__main__":
    main()
