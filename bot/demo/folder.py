"""The demo's temporary folder: gone when the demo ends, and after kill -9 with the next demo.

A demo holds a lock on a file in its folder as long as it lives, so that a folder whose lock is free
belongs to nobody any more. Folders of other accounts are left alone.
"""

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PREFIX, _LOCK = "jobsync-demo-", "demo.lock"
#: Seconds after which a folder without a lock is no demo that is just beginning.
_BEGINS_WITHIN = 60.0


@contextmanager
def own_folder() -> Iterator[Path]:
    """A folder for this demo, open to the account that PostgreSQL runs as."""
    _remove_abandoned(Path(tempfile.gettempdir()))
    with tempfile.TemporaryDirectory(prefix=_PREFIX, ignore_cleanup_errors=True) as name:
        folder = Path(name)
        if os.geteuid() == 0:
            folder.chmod(0o755)  # PostgreSQL runs as nobody then, who must get in
        with (folder / _LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield folder


def _remove_abandoned(parent: Path) -> None:
    for folder in parent.glob(f"{_PREFIX}*"):
        try:
            if folder.stat(follow_symlinks=False).st_uid == os.geteuid() and _abandoned(folder):
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:
            continue  # another demo was faster


def _abandoned(folder: Path) -> bool:
    try:
        with (folder / _LOCK).open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return time.time() - folder.stat().st_mtime > _BEGINS_WITHIN
    except BlockingIOError:
        return False
    return True
