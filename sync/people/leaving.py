"""Who has left by a row that nobody joined to an employee. Pure.

All that such a row says itself is whether a salesperson is active. Who certainly is an employee who
left, or a user whom Attic Tech blocks, has no access by it either and is told nothing. In doubt
nobody is locked out: a name alone says nothing, nor does what two people share.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from sync.model.alerts import Reason
from sync.model.states import fold
from sync.people.matching import Matching
from sync.people.rows import (
    AtticUser,
    CrewMember,
    Employee,
    Login,
    SalesPerson,
    digits,
    e164,
    same_person,
    same_phone,
)

Stray = CrewMember | SalesPerson | Login
_Row = TypeVar("_Row", bound=Employee | AtticUser | Stray)


@dataclass(frozen=True)
class Leaving:
    """Everybody's rows. `left`: why, by the ids of the employees who did."""

    matching: Matching
    rows: tuple[Stray, ...]
    left: Mapping[int, Reason]

    def by_telegram_id(self) -> dict[str, Reason]:
        """Why somebody has left, by the Telegram ids of rows that are no employee's."""
        return {
            telegram_id: reason
            for row in self.rows
            if isinstance(row, Login) or row.employee_id is None
            if (telegram_id := digits(row.telegram_id)) and (reason := self._reason(row))
        }

    def _reason(self, row: Stray) -> Reason | None:
        if not isinstance(row, Login):
            meant = [e for e in self._namesakes.get(_who(row), ()) if same_person(e, row)]
            if any(e.id not in self.left for e in meant):
                return None
            if agreeing := next((e for e in meant if same_phone(e, row)), None):
                return self.left[agreeing.id]
        return Reason.BLOCKED_IN_ATTIC_TECH if self._is_blocked(row) else None

    def _is_blocked(self, row: Stray) -> bool:
        """The only user with his e-mail, or else with his phone, is blocked and certainly he."""
        key = next((key for key in _evidence(row) if key in self._users), "")
        users = self._users.get(key, ())
        return len(users) == 1 and users[0].blocked and self._is_he(row, users[0], key)

    def _is_he(self, row: Stray, user: AtticUser, key: str) -> bool:
        """He has the user's name, or an e-mail or phone (`key`) that nobody else has; and nobody
        of these names is still in Attic Tech.
        """
        found = self.matching.evidence[user.id]
        known = [found.certain.row] if found.certain and found.kind != "phone" else []
        names = {_who(row), _who(user), *map(_who, known)}
        if names & self._present:
            return False
        return _who(row) == _who(user) or self._holders[key] <= names

    @cached_property
    def _namesakes(self) -> Mapping[str, list[Employee]]:
        return _grouped((_who(employee), employee) for employee in self.matching.employees)

    @cached_property
    def _present(self) -> AbstractSet[str]:
        return {_who(user) for user in self.matching.users if not user.blocked and not user.gone}

    @cached_property
    def _users(self) -> Mapping[str, list[AtticUser]]:
        return _grouped((key, user) for user in self.matching.users for key in _evidence(user))

    @cached_property
    def _holders(self) -> Mapping[str, AbstractSet[str]]:
        """Who in BotZilla has an e-mail or a phone."""
        rows = (*self.matching.employees, *self.rows)
        holders = _grouped((key, row) for row in rows for key in _evidence(row))
        return {key: {*map(_who, rows)} for key, rows in holders.items()}


def _evidence(row: Employee | AtticUser | Stray) -> tuple[str, ...]:
    """What leads to one person, in the order in which it is believed: his e-mail, his phone."""
    email, phone = fold(row.email or ""), e164(row.phone)
    return (*([email] if "@" in email else []), *([phone] if phone else []))


def _who(row: Employee | AtticUser | Stray) -> str:
    """What tells him from others: his whole name; who has none, like a login, is by himself."""
    name = "" if isinstance(row, Login) else fold(row.name)
    return name or f"\0{type(row).__name__}:{row.id}"


def _grouped(pairs: Iterable[tuple[str, _Row]]) -> dict[str, list[_Row]]:
    groups: dict[str, list[_Row]] = defaultdict(list)
    for key, row in pairs:
        groups[key].append(row)
    return dict(groups)
