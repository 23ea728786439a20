"""`python -m bot ...` and `python -m sandbox ...` as processes that need not import it all anew.

To start Python and import aiogram takes seconds of a processor; the process of the tests has done
that. `Forked` is a `subprocess.Popen` that makes a copy of it instead: with its own pid, streams,
environment, folder, signals and end, to be stopped and killed like any other. What is no module of
ours it starts as ever. Tests marked `executable` start the real thing.
"""

import asyncio
import atexit
import contextvars
import gc
import inspect
import io
import logging
import os
import random
import signal
import subprocess
import sys
import threading
import traceback
import warnings
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, NoReturn

import pytest

import bot.app
import bot.cli.demo
import bot.cli.migrate
import bot.cli.people
import bot.cli.run
import bot.cli.sync
import bot.cli.why
import sandbox.__main__

_MODULES: dict[str, Callable[[], int]] = {"bot": bot.cli.main, "sandbox": sandbox.__main__.main}
_STREAMS = ("p2cread", "c2pwrite", "errwrite")
#: Warnings that an interpreter tells nobody of, unless it is asked to.
_QUIET = (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning)


class Forked(subprocess.Popen):
    """A process of ours as a copy of this one, where that can be had."""

    def _execute_child(self, *given: Any) -> None:
        asked = inspect.signature(super()._execute_child).bind(*given).arguments
        match [os.fsdecode(part) for part in asked["args"]]:
            case [sys.executable, "-m", "bot" | "sandbox" as module, *rest] if (
                sys.platform == "linux" and asked["uid"] is None
            ):
                with warnings.catch_warnings():
                    # The other threads are not in the copy, and nothing that it needs is theirs.
                    warnings.simplefilter("ignore", DeprecationWarning)
                    self.pid = os.fork()
                if self.pid == 0:
                    _become(module, rest, asked)
                self._child_created = True
                ends = ("p2cread", "p2cwrite", "c2pread", "c2pwrite", "errread", "errwrite")
                self._close_pipe_fds(*(asked[end] for end in ends))
            case _:
                super()._execute_child(*given)


@pytest.fixture(autouse=True)
def forked(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """For everybody in whose conftest this stands; asyncio's subprocesses are such as well."""
    if request.node.get_closest_marker("executable") is None:
        monkeypatch.setattr(subprocess, "Popen", Forked)


def _become(module: str, arguments: list[str], asked: Mapping[str, Any]) -> NoReturn:
    """Be that program until its end; nothing of the tests goes on or is cleaned up in it."""
    code = 255
    try:
        gc.freeze()  # or files of the tests were closed by their numbers, which are others' now
        atexit._clear()
        _take_over(asked)
        sys.argv = [module, *arguments]
        code = contextvars.Context().run(_ended, _MODULES[module])
    finally:
        os._exit(code)


def _take_over(asked: Mapping[str, Any]) -> None:
    signal.set_wakeup_fd(-1)
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        if callable(signal.getsignal(number)):
            signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if asked["start_new_session"]:
        os.setsid()
    for number, stream in enumerate(_STREAMS):
        if asked[stream] != -1:
            os.dup2(asked[stream], number)
    os.closerange(3, 65_536)
    if asked["cwd"] is not None:
        os.chdir(asked["cwd"])
    if asked["env"] is not None:
        os.environ.clear()
        os.environ.update(asked["env"])
    if asked["preexec_fn"] is not None:
        asked["preexec_fn"]()
    sys.stdin, sys.stdout = io.TextIOWrapper(io.FileIO(0)), _writer(1, "surrogateescape")
    sys.stderr = _writer(2, "backslashreplace")
    logging.root.handlers.clear()
    warnings.resetwarnings()
    for kind in _QUIET:
        warnings.simplefilter("ignore", kind)
    asyncio._set_running_loop(None)
    asyncio.set_event_loop(None)
    random.seed()


def _writer(number: int, errors: str) -> io.TextIOWrapper:
    buffered = io.BufferedWriter(io.FileIO(number, "w"))
    by_line = number == 2 or os.isatty(number)
    return io.TextIOWrapper(buffered, "utf-8", errors, line_buffering=by_line)


def _ended(main: Callable[[], int]) -> int:
    """The exit code, once the program has ended as under an interpreter of its own."""
    code: object = None
    try:
        code = main()
    except SystemExit as leaving:
        code = leaving.code
    except BaseException:
        traceback.print_exc()
        code = 1
    for thread in set(threading.enumerate()) - {threading.current_thread()}:
        if not thread.daemon:
            thread.join()
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):
            stream.flush()
    return code if isinstance(code, int) else 0 if code is None else 1
