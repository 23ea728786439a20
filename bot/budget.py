"""How much of what one person writes is worked on: so much at once, then so much a minute.

What is over it costs nothing: it is confirmed without work, and answered once. A stranger has less
of it, and nothing that fails for them is tried again.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum, auto

#: Accounts that are remembered; who has not written for the longest is forgotten first.
_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Allowance:
    """Updates at once, and how many more come to it each second."""

    at_once: int
    a_second: float


KNOWN = Allowance(at_once=40, a_second=1.0)
STRANGER = Allowance(at_once=10, a_second=1 / 6)


class Worth(StrEnum):
    """What an update is worth to us."""

    WORK = auto()
    A_WORD = auto()  # it is too much, and they are told so
    NOTHING = auto()  # they have been told


@dataclass(slots=True)
class _Account:
    left: float
    at: float
    known: bool | None = None  # None: nobody has looked yet
    told: bool = False

    @property
    def allowance(self) -> Allowance:
        return KNOWN if self.known else STRANGER


@dataclass(slots=True)
class Budgets:
    """Everybody's budget, by who writes. `clock` counts seconds."""

    clock: Callable[[], float] = time.monotonic
    _accounts: dict[int, _Account] = field(default_factory=dict)

    def spend(self, person: int) -> Worth:
        """What the next update of this person is worth."""
        account = self._account(person)
        if account.left >= 1:
            account.left -= 1
            return Worth.WORK
        if account.told:
            return Worth.NOTHING
        account.told = True
        return Worth.A_WORD

    def met(self, person: int, *, known: bool) -> None:
        """We have seen who it is: somebody of the company, or a stranger."""
        account = self._account(person)
        before = account.allowance.at_once
        account.known = known
        more = account.allowance.at_once - before
        account.left = max(account.left + more, 0.0)

    def is_stranger(self, person: int) -> bool:
        """Whether it is somebody whom we have met, and who is nobody to us."""
        account = self._accounts.get(person)
        return account is not None and account.known is False

    def _account(self, person: int) -> _Account:
        now = self.clock()
        account = self._accounts.pop(person, None) or _Account(STRANGER.at_once, now)
        if len(self._accounts) >= _REMEMBERED:
            del self._accounts[next(iter(self._accounts))]
        self._accounts[person] = account  # the latest stands last
        full = account.allowance.at_once
        account.left = min(account.left + (now - account.at) * account.allowance.a_second, full)
        account.at = now
        account.told = account.told and account.left < full
        return account
