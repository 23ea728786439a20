"""What a test can make go wrong between a request and its answer, and with the server as a whole.

A `Fault` strikes at requests that it matches, so many times; the fields below `Faults.struck` are
conditions that last until they are taken back.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal, TypeAlias, get_args

FaultKind: TypeAlias = Literal[
    "status",  # answer `status` (429 with `retry_after`) and nothing else
    "slow",  # wait `seconds` before the answer, which is then right
    "cut",  # send half of the right body, then close
    "body",  # answer 200 with `body`: HTML of a proxy, broken JSON, something huge
    "drop",  # close without an answer (aiohttp repeats a GET once: then two are struck)
    "redirect",  # answer 302 to `location`
    "late",  # a write takes `seconds`: its rows are stamped all along and appear at the end
    "lost",  # do what was asked, then close without an answer
]
KINDS: tuple[FaultKind, ...] = get_args(FaultKind)


@dataclass(slots=True)
class Fault:
    """One thing that goes wrong: with which requests, after how many of them, how often."""

    kind: FaultKind
    path: str = ""  # a part of the request's path and query; empty: any
    method: str = ""  # GET, POST …; empty: any
    skip: int = 0  # so many matching requests are still answered well
    times: int | None = None  # so many are struck; None: all, until it is taken away
    status: int = 503
    retry_after: int | str | None = None
    seconds: float = 0.0
    body: str = "<html><body>Bad gateway</body></html>"
    location: str = ""

    def strikes(self, method: str, path: str) -> bool:
        """Whether this request is struck; counts it."""
        if self.path not in path or (self.method and self.method != method) or self.times == 0:
            return False
        if self.skip:
            self.skip -= 1
            return False
        if self.times is not None:
            self.times -= 1
        return True


@dataclass(slots=True)
class Faults:
    """Everything that is wrong at the moment."""

    struck: list[Fault] = field(default_factory=list)
    #: Read rules by collection: False hides it, a `where` scopes it, as the owner's would.
    read_rules: dict[str, Any] = field(default_factory=dict)
    #: Fields that are missing in every answer, as under a field-level rule: ("users", "roles").
    hidden_fields: set[tuple[str, str]] = field(default_factory=set)
    #: Documents whose content the server cannot read: each answer that would show it is a 500.
    poisoned: set[tuple[str, int]] = field(default_factory=set)
    #: How far the server's clock is ahead of ours.
    clock_offset: timedelta = timedelta()

    def add(self, kind: FaultKind, **details: Any) -> Fault:
        """A new fault, which strikes from now on."""
        if kind not in KINDS:
            message = f"no such fault: {kind}"
            raise ValueError(message)
        fault = Fault(kind, **details)
        self.struck.append(fault)
        return fault

    def next(self, method: str, path: str) -> Fault | None:
        """The first fault that strikes at this request."""
        return next((fault for fault in self.struck if fault.strikes(method, path)), None)

    def clear(self) -> None:
        """Nothing is wrong any more."""
        self.struck.clear()
        self.read_rules.clear()
        self.hidden_fields.clear()
        self.poisoned.clear()
        self.clock_offset = timedelta()
