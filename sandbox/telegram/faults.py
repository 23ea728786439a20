"""What goes wrong when a test wants it: refusals, lost and slow answers, Telegram's rate limits."""

import math
import time
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from itertools import count

from sandbox.telegram.errors import ApiError, too_many_requests, usual

_NEVER_BY_DEFAULT = frozenset({"getupdates", "getme"})


class FaultKind(StrEnum):
    """What is done to a call."""

    REFUSE = "refuse"  # answered with `code`, without effect
    LOSE = "lose"  # takes effect, then the connection is cut before the answer
    SLOW = "slow"  # takes effect at once, answered after `seconds`
    CUT = "cut"  # the connection is cut without effect
    GARBAGE = "garbage"  # answered with a page of HTML, as a proxy does, without effect
    ODD = "odd"  # takes effect, answered with fields that are not what they should be


@dataclass(slots=True)
class Fault:
    """One thing that goes wrong.

    Without `method` it fits every call but polls and getMe; "*" is every call. `text`: only a call
    whose text has these words.
    """

    kind: FaultKind = FaultKind.REFUSE
    code: int = 500
    description: str | None = None
    retry_after: int | None = None
    seconds: float = 0
    method: str | None = None
    chat_id: int | None = None
    text: str = ""
    times: int | None = 1  # None: until it is taken away
    id: int = 0

    def fits(self, method: str, chat_id: int | None, text: str = "") -> bool:
        """Whether it hits this call."""
        if self.times == 0 or (self.chat_id is not None and self.chat_id != chat_id):
            return False
        if self.text not in text:
            return False
        if self.method is None:
            return method.lower() not in _NEVER_BY_DEFAULT
        return self.method in ("*", method) or self.method.lower() == method.lower()

    def refusal(self) -> ApiError:
        """The refusal that it answers with."""
        return usual(self.code, self.description, self.retry_after)


class Faults:
    """The faults that are switched on, oldest first."""

    def __init__(self) -> None:
        self._ids = count(1)
        self.on: list[Fault] = []

    def add(self, fault: Fault) -> Fault:
        """Switch `fault` on; it gets an id."""
        fault.id = next(self._ids)
        self.on.append(fault)
        return fault

    def remove(self, fault_id: int | None = None) -> None:
        """Switch one off, or all."""
        self.on = [fault for fault in self.on if fault_id is not None and fault.id != fault_id]

    def take(self, method: str, chat_id: int | None, text: str = "") -> Fault | None:
        """The fault that hits this call, counted down."""
        for fault in self.on:
            if fault.fits(method, chat_id, text):
                if fault.times is not None:
                    fault.times -= 1
                return fault
        return None


@dataclass(frozen=True, slots=True)
class Limits:
    """Telegram's limits for a bot: messages a second in all and per person, a minute per group."""

    overall: int = 30
    per_chat: int = 1
    per_group: int = 20

    def windows(self, chat_id: int) -> tuple[tuple[str, int, float], ...]:
        """(what is counted, how many, in how many seconds) for a message to `chat_id`."""
        own = (
            (f"chat{chat_id}", self.per_chat, 1.0)
            if chat_id > 0
            else (f"chat{chat_id}", self.per_group, 60.0)
        )
        return (("all", self.overall, 1.0), own)


class Throttle:
    """Counts messages in sliding windows and refuses what exceeds the limits."""

    def __init__(self, limits: Limits | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._limits, self._clock = limits, clock
        self._sent: dict[str, deque[float]] = defaultdict(deque)

    def check(self, chat_id: int | None) -> None:
        """Count one message to `chat_id`; raises ApiError 429 when it is one too many."""
        if self._limits is None or chat_id is None:
            return
        now = self._clock()
        windows = self._limits.windows(chat_id)
        for name, most, seconds in windows:
            sent = self._sent[name]
            while sent and sent[0] <= now - seconds:
                sent.popleft()
            if len(sent) >= most:
                raise too_many_requests(max(1, math.ceil(sent[0] + seconds - now)))
        for name, _, _ in windows:
            self._sent[name].append(now)
