"""Standard output that may be closed or full, or whose reader may be gone: then that is the reason
why a command failed, whatever it made of it.
"""

import errno
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from typing import TextIO

from bot.failures import CommandFailed


class _Output(io.TextIOBase):
    """A stream like the one it writes to, which remembers that it was lost."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream
        self.lost: OSError | None = None

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._stream.encoding if self._stream else "utf-8"

    def isatty(self) -> bool:
        return self._stream is not None and self._stream.isatty()

    def fileno(self) -> int:
        return self._stream.fileno() if self._stream else super().fileno()

    def write(self, text: str) -> int:
        with self._remembering():
            if self._stream is None:
                raise OSError(errno.EBADF, "it is closed")
            return self._stream.write(text)

    def flush(self) -> None:
        with self._remembering():
            if self._stream:
                self._stream.flush()

    def close(self) -> None:
        """Leave the stream alone: it is not ours, and may be closed when we are finalised."""

    @contextmanager
    def _remembering(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self.lost = error
            raise


def _forget(stream: TextIO | None) -> None:
    """Let nothing that the stream still holds fail once more at the interpreter's end."""
    with suppress(OSError):
        if stream:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


@contextmanager
def standard_output() -> Iterator[None]:
    """Standard output for the block; raises CommandFailed when it did not take all of it."""
    stream = sys.stdout
    output = _Output(stream)
    try:
        with redirect_stdout(output):
            try:
                yield
            finally:
                output.flush()
    except (Exception, SystemExit) as error:
        if output.lost is None:
            raise
        _forget(stream)
        raise CommandFailed(
            f"Standard output takes nothing more: {output.lost.strerror}."
        ) from error
