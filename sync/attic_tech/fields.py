"""How single values of Attic Tech's documents are read: tolerant, but strict where it matters.

Each reader returns the value as jsonb can hold it, or raises `ValueError` with the reason, which
never quotes the value: it may be somebody's phone.
"""

import math
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, TypeVar

from pydantic import BeforeValidator

from sync.texts import one_line, several_lines

_T = TypeVar("_T")

#: Ids live in integer columns, Payload's as ours.
LARGEST_ID = 2**31 - 1
#: Beyond this no price and no hours are meant, and PostgreSQL's casts would fail.
_LARGEST_NUMBER = 1e15


def valid_id(value: object) -> int | None:
    """The id, if it is one that an integer column can hold."""
    return value if type(value) is int and 1 <= value <= LARGEST_ID else None


def moment(value: object) -> datetime | None:
    """The instant that Attic Tech wrote (`2026-11-24T02:08:13.264Z`), in UTC; else None."""
    if not isinstance(value, str):
        return None
    try:
        parsed = datetime.fromisoformat(value)
        return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _id(value: object) -> int:
    if (number := valid_id(value)) is None:
        raise ValueError(f"not an id between 1 and {LARGEST_ID}")
    return number


def _moment(value: object) -> datetime:
    if (parsed := moment(value)) is None:
        raise ValueError("not a date")
    return parsed


def _notes(value: object) -> str | None:
    text = _as_text(value)
    return None if text is None else several_lines(text)


def _text(value: object) -> str | None:
    text = _as_text(value)
    return None if text is None else one_line(text)


def _as_text(value: object) -> str | None:
    if value is None:
        return None
    if type(value) in (int, float):  # a phone that was typed into a number field
        value = str(value)
    if not isinstance(value, str):
        raise ValueError("not text")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise ValueError("holds half a character (a lone surrogate)")
    return value


def _number(value: object) -> int | float | None:
    if value is None or value == "":
        return None
    if isinstance(value, str):  # PostgreSQL's numeric comes as text from some versions
        value = _float(value)
    if type(value) not in (int, float) or not isinstance(value, int | float):
        raise ValueError("not a number")
    if not math.isfinite(value) or abs(value) > _LARGEST_NUMBER:
        raise ValueError("not a finite number of this world")
    return value


def _float(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:  # its own words quote the text
        return None


def _flag(value: object) -> bool:
    if value is not None and value not in (0, 1):  # a checkbox, or SQLite's idea of one
        raise ValueError("neither true nor false")
    return bool(value)


def _one(value: object) -> int | None:
    """An id beyond the depth, an object within it, null when what it pointed at is gone."""
    if value is None:
        return None
    return _id(value["id"] if isinstance(value, dict) and "id" in value else value)


def _many(value: object) -> list[int]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise ValueError("not a list")
    ids = (_one(item) for item in value)
    return list(dict.fromkeys(number for number in ids if number is not None))


def group(value: object) -> object:
    """A group of fields; None for whatever else bears its name."""
    return value if isinstance(value, dict) else None


def _spare(read: Callable[[object], _T]) -> Callable[[object], _T | None]:
    """Reads what stands in for something else: no reason to set a document aside."""

    def tolerant(value: object) -> _T | None:
        try:
            return read(value)
        except ValueError:
            return None

    return tolerant


Id = Annotated[int, BeforeValidator(_id)]
Moment = Annotated[datetime, BeforeValidator(_moment)]
Text = Annotated[str | None, BeforeValidator(_text)]  # one line
Notes = Annotated[str | None, BeforeValidator(_notes)]  # several
Number = Annotated[int | float | None, BeforeValidator(_number)]
Spare = Annotated[str | None, BeforeValidator(_spare(_text))]
SpareNumber = Annotated[int | float | None, BeforeValidator(_spare(_number))]
Flag = Annotated[bool, BeforeValidator(_flag)]
One = Annotated[int | None, BeforeValidator(_one)]
Many = Annotated[list[int], BeforeValidator(_many)]
