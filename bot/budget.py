"""How much of what one person writes is worked on: so much at once, then so much a minute.

What is over it costs nothing: it is confirmed without work, and answered once. A stranger has less
of it, and nothing that fails for him is tried again.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum, auto

#: Accounts that are remembered; who has all of his budget and is nobody to us is forgotten first.
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
        account = self._accounts.get(person)
        if account is None:
            self._forget(now)
            account = self._accounts[person] = _Account(STRANGER.at_once, now)
        self._refill(account, now)
        return account

    def _refill(self, account: _Account, now: float) -> None:
        full, more = account.allowance.at_once, account.allowance.a_second
        account.left = min(account.left + (now - account.at) * more, full)
        account.at = now
        if account.left == full:
            account.told = False

    def _forget(self, now: float) -> None:
        """Whoever would be the same as somebody new, once there are too many."""
        if len(self._accounts) < _REMEMBERED:
            return
        for account in self._accounts.values():
            self._refill(account, now)
        self._accounts = {
            person: account
            for person, account in self._accounts.items()
            if account.known or account.left < account.allowance.at_once
        }
