"""The process that owns an embedded PostgreSQL: starts it, restarts it after a crash, stops it when nobody uses it.

Run as a script by `sync.database.embedded`, with nothing but the standard library. It does not depend on whoever started
it: users hold the lease (a shared lock), and when all of them are gone, by their own will or by kill -9, the keeper gets
it exclusively and shuts the server down. It does not decide where the cluster lives or on which port.
"""

import ctypes
import fcntl
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType
from typing import NoReturn

_LOOK_EVERY = 0.1  # seconds between two looks at the lease
_YOUNG = 5.0  # a server that dies younger than this many seconds never stood: starting it again would not help
_PR_SET_PDEATHSIG = 1


def _die_with_keeper() -> None:
    """Have the kernel ask the server for a fast shutdown if the keeper is killed (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGINT)


def _start(command: list[str], log: Path, owner: int | None, lock: int) -> subprocess.Popen[bytes]:
    identity = {} if owner is None else {"user": owner, "group": owner, "extra_groups": []}
    with log.open("ab") as output:
        return subprocess.Popen(  # type: ignore[call-overload, no-any-return]
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",
            # Every process of the server holds the lock: it is free again only when the last of them is gone.
            pass_fds=(lock,),
            start_new_session=True,
            preexec_fn=_die_with_keeper,
            **identity,
        )


def _alone(lease: int) -> bool:
    """Whether nobody uses the server any more; from then on nobody can begin to, either."""
    try:
        fcntl.flock(lease, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _stop(server: subprocess.Popen[bytes]) -> None:
    """A fast shutdown; an immediate one when that takes too long."""
    server.send_signal(signal.SIGINT)
    try:
        server.wait(timeout=30)
    except subprocess.TimeoutExpired:
        server.send_signal(signal.SIGQUIT)
        server.wait()


def _watch(server: subprocess.Popen[bytes], lease: int) -> bool:
    """Wait for the server's end. True if it crashed and somebody still needs it."""
    born = time.monotonic()
    while server.poll() is None:
        if _alone(lease):
            _stop(server)
            return False
        try:
            server.wait(timeout=_LOOK_EVERY)
        except subprocess.TimeoutExpired:
            continue
    return server.returncode != 0 and time.monotonic() - born > _YOUNG


def _detach() -> None:
    """Go on as a child of nobody, so that no user has to wait for us, and no Ctrl-C reaches us."""
    if os.fork():
        os._exit(0)
    os.setsid()
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


def keep(command: list[str], log: Path, owner: int | None, lock: int, lease: int) -> None:
    """Run the server until nobody needs it; `lock` and `lease` are open files, see the module."""
    crashed = True
    server: subprocess.Popen[bytes] | None = None

    def stop(_signal: int, _frame: FrameType | None) -> NoReturn:
        if server is not None and server.poll() is None:
            _stop(server)
        sys.exit(0)

    signal.signal(signal.SIGTERM, stop)
    while crashed:
        server = _start(command, log, owner, lock)
        crashed = _watch(server, lease)
        time.sleep(1 if crashed else 0)  # the backends of a killed server need a moment to notice


def main(argv: list[str]) -> None:
    """`keeper.py LOCK_FD LEASE_FILE LOG_FILE OWNER|- COMMAND...`: see `keep`."""
    lock, lease_file, log, owner, *command = argv
    lease = os.open(lease_file, os.O_RDWR | os.O_CLOEXEC)
    _detach()
    keep(command, Path(log), None if owner == "-" else int(owner), int(lock), lease)


if __name__ == "__main__":
    main(sys.argv[1:])
