"""Text that others wrote, as it can be shown: it commands no terminal, turns nothing around that
stands beside it, and a name is one line.

What is invisible and means something, as the joiners within an emoji, stays.
"""

import re

_BREAKS = re.compile(r"\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
#: Escape sequences begin with one of these.
_CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
#: Marks and overrides of the direction of writing; phones copied from contacts are full of them.
_DIRECTIONS = re.compile(r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def one_line(text: str) -> str:
    """The text without line breaks; what else commands a terminal is shown as U+FFFD."""
    return text if text.isprintable() else several_lines(text).replace("\n", " ")


def several_lines(text: str) -> str:
    """The text with its line breaks, each as `\\n`; what else commands a terminal as U+FFFD."""
    broken = _BREAKS.sub("\n", text).replace("\t", " ")
    return _CONTROLS.sub("\ufffd", _DIRECTIONS.sub("", broken))
