"""Whether the file `.env` can be read to its end; what stands in it is not looked at.

The library that reads it passes over a line that it does not understand: without this, a quote that
is not closed would hide DATABASE_URL, and the program would begin on a new embedded database.
"""

import io
import re
from pathlib import Path

from dotenv.parser import parse_stream

from bot.failures import UsageFailed


def check(path: Path) -> None:
    """Raise UsageFailed, with the file and the line, when a line of it would not count."""
    if not path.is_file():
        return
    try:
        text = path.read_bytes().decode(errors="replace")
    except OSError as error:
        raise UsageFailed(f"{path} cannot be read: {error.strerror}.") from error
    if odd := re.search("[\0\ufffd]", text):  # UTF-16 has the one, other encodings the other
        line = text.count("\n", 0, odd.start()) + 1
        raise UsageFailed(f"{path}, line {line}, is no UTF-8: save the file as UTF-8.")
    for binding in parse_stream(io.StringIO(text, newline="")):
        if binding.error:
            found = binding.original
            blank = found.string[: -len(found.string.lstrip())]
            line = found.line + blank.count("\n")
            raise UsageFailed(f"{path}, line {line}, is not NAME=value: a quote may not be closed.")
