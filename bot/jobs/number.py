"""What people call a job by: Attic Tech's number of it (`7`, `#7`), or its estimate's (`E12`)."""

import re
from dataclasses import dataclass

_NUMBER = re.compile(r"(?:(?P<estimate>[eE])\s*|#)?\s*(?P<number>[0-9]{1,10})")
_LARGEST = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Number:
    """What somebody calls a job by: Attic Tech's job id, or its estimate's."""

    job_id: int | None = None
    estimate_id: int | None = None


def number_in(text: str) -> Number | None:
    """The number that `7`, `#7` or `E12` is; None for words."""
    found = _NUMBER.fullmatch(text.strip())
    if not found:
        return None
    number = min(int(found["number"]), _LARGEST)
    return Number(estimate_id=number) if found["estimate"] else Number(job_id=number)
