"""The process that owns an embedded PostgreSQL: starts it, and stops it when nobody uses it.

Run as a script by `embedded.py`, with nothing but the standard library. It does not depend on
whoever started it. Users hold the lease (a shared lock); when all of them are gone, by their own
will or by kill -9, the keeper gets it exclusively and shuts the server down. A server that crashes
while it is used is started again on the same port. Where the cluster lives is not decided here.
"""

import ctypes
import fcntl
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

_LOOK_EVERY = 0.1  # seconds between two looks at the lease
_TRIES = 5  # starts after a crash: the processes of a killed server need a moment to notice
_FAST_SHUTDOWN, _IMMEDIATE_SHUTDOWN = signal.SIGINT, signal.SIGQUIT
#: How the server is asked to end, ever less politely, and the seconds that each may take. After the
#: last its data are as after a power failure, which it recovers from.
_ENDINGS = ((_FAST_SHUTDOWN, 30.0), (_IMMEDIATE_SHUTDOWN, 5.0), (signal.SIGKILL, 5.0))
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class Orders:
    """What to run, and the files that tell who needs it."""

    command: list[str]
    log: Path
    pid_file: Path
    owner: int | None  # the account it runs as, None: ours
    lock: int  # open file; locked as long as any process of the server lives
    lease: int  # open file; locked, shared, by whoever uses the server


class Stop(Exception):
    """Somebody asked the keeper itself to end."""


def _die_with_keeper() -> None:
    """Have the kernel ask the server for a fast shutdown when the keeper is gone (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, _FAST_SHUTDOWN)


def _start(orders: Orders) -> subprocess.Popen[bytes]:
    identity: dict[str, Any] = {}
    if orders.owner is not None:
        identity = {"user": orders.owner, "group": orders.owner, "extra_groups": []}
    with orders.log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603 -- PostgreSQL's own
            orders.command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",
            pass_fds=(orders.lock,),
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
    for ending, seconds in _ENDINGS:
        server.send_signal(ending)
        with suppress(subprocess.TimeoutExpired):
            server.wait(timeout=seconds)
            return


def _watch(server: subprocess.Popen[bytes], lease: int) -> bool:
    """Wait for the server's end; whether it ended badly although it was needed."""
    try:
        while not _alone(lease):
            try:
                return server.wait(timeout=_LOOK_EVERY) != 0
            except subprocess.TimeoutExpired:
                continue
    except Stop:
        pass
    _stop(server)
    return False


def _stood(pid_file: Path) -> bool:
    """Whether the server that ended badly had come to take connections."""
    return pid_file.exists() and "ready" in pid_file.read_text()


def _detach() -> None:
    """Go on as nobody's child, so that no user has to wait for us and no Ctrl-C reaches us."""
    if os.fork():
        os._exit(0)
    os.setsid()
    os.chdir("/")
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


def _on_sigterm(_signal: int, _frame: FrameType | None) -> None:
    raise Stop


def keep(orders: Orders) -> None:
    """Run the server until nobody needs it, or until it will not start."""
    signal.signal(signal.SIGTERM, _on_sigterm)
    tries = 1
    while tries and _watch(_start(orders), orders.lease):
        tries = _TRIES if _stood(orders.pid_file) else tries - 1
        orders.pid_file.unlink(missing_ok=True)  # nobody shall take the dead one for ready
        time.sleep(1 if tries else 0)


def main(argv: list[str]) -> None:
    """`keeper.py LOCK_DESCRIPTOR LEASE_FILE LOG_FILE PID_FILE OWNER|- COMMAND...`"""
    lock, lease, log, pid_file, owner, *command = argv
    orders = Orders(
        command,
        Path(log),
        Path(pid_file),
        None if owner == "-" else int(owner),
        int(lock),
        os.open(lease, os.O_RDWR | os.O_CLOEXEC),
    )
    _detach()
    keep(orders)


if __name__ == "__main__":
    main(sys.argv[1:])
