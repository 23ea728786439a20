"""What people read, as it is kept in `snapshots/`.

After a wanted change `make fix` writes it anew; then read the difference.
"""

import os
from pathlib import Path

SNAPSHOTS = Path(__file__).parent / "snapshots"


def compare(name: str, said: str) -> None:
    """Fails where this is not what is kept under the name."""
    file = SNAPSHOTS / name
    if os.environ.get("JOBSYNC_SNAPSHOTS") == "write":
        file.write_text(said, encoding="utf-8")
    assert said == file.read_text(encoding="utf-8")
