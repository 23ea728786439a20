"""Whom of BotZilla's people the evidence about an Attic Tech user points at. Pure, over whole
tables.

A wrong man driving to a job is worse than nobody: evidence counts only when it points at exactly
one person, names are compared whole, and an employee who is known to be another user is never him.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from sync.person import AtticUser, CrewMember, Employee, digits, e164, same_person
from sync.states import fold

_Row = TypeVar("_Row", Employee, CrewMember, AtticUser)
_Index = Mapping[str, list[_Row]]


@dataclass(frozen=True, slots=True)
class Found:
    """Whom some evidence points at: an employee, or a crew member who has none."""

    employee: Employee | None = None
    crew_member: CrewMember | None = None

    @property
    def name(self) -> str:
        return (self.employee or self.crew_member).name  # type: ignore[union-attr]


@dataclass(frozen=True, slots=True)
class Evidence:
    """The first kind of evidence that points at anybody, and at whom; more than one is in doubt."""

    kind: str | None = None
    found: tuple[Found, ...] = ()

    @property
    def certain(self) -> Found | None:
        """The only one it points at."""
        return self.found[0] if len(self.found) == 1 else None


@dataclass(frozen=True)
class Matching:
    """Looks people up by what Attic Tech says of its users."""

    employees: tuple[Employee, ...]
    crew_members: tuple[CrewMember, ...]
    users: tuple[AtticUser, ...]

    @cached_property
    def evidence(self) -> dict[int, Evidence]:
        """What points at whom, by the id of Attic Tech's user."""
        return {user.id: self._evidence(user) for user in self.users}

    @cached_property
    def unjoined(self) -> tuple[CrewMember, ...]:
        """Crew members whom nobody joined to an employee."""
        return tuple(c for c in self.crew_members if c.employee_id is None)

    def namesakes(self, employee: Employee) -> tuple[list[Employee], list[CrewMember]]:
        """Everybody of his whole name: employees, himself included, and unjoined crew members."""
        name = fold(employee.name)
        return self._employees_by_name.get(name, []), self._crew_by_name.get(name, [])

    def pointing(
        self,
        name: str,
        *,
        telegram_id: str | None = None,
        email: str | None = None,
        phone: str | None = None,
    ) -> dict[str, list[Employee]]:
        """The employees that each kind of evidence points at, whoever they may be besides; kinds
        that point at nobody are left out.
        """
        found = {
            "telegram_id": self._employees_by_telegram_id.get(digits(telegram_id) or "", []),
            "email": self._employees_by_email.get(fold(email or ""), []),
            "phone": self._employees_by_phone.get(e164(phone) or "", []),
            "name": self._employees_by_name.get(fold(name), []),
        }
        return {kind: employees for kind, employees in found.items() if employees}

    def _evidence(self, user: AtticUser) -> Evidence:
        for kind, look in (
            ("attic_tech_user_id", self._by_attic_id),
            ("email", self._by_email),
            ("phone", self._by_phone),
            ("name", self._by_name),
        ):
            if found := look(user):
                return Evidence(kind, found)
        return Evidence()

    def _by_attic_id(self, user: AtticUser) -> tuple[Found, ...]:
        return tuple(map(Found, self._employees_by_user.get(str(user.id), [])))

    def _by_email(self, user: AtticUser) -> tuple[Found, ...]:
        employees = self._employees_by_email.get(fold(user.email or ""), [])
        return tuple(map(Found, _free(employees, user)))

    def _by_phone(self, user: AtticUser) -> tuple[Found, ...]:
        key = e164(user.phone) or ""
        employees = self._employees_by_phone.get(key, [])
        crew = self._crew_by_phone.get(key, [])
        return _distinct(_free(employees, user), crew, self._users_by_phone.get(key, []))

    def _by_name(self, user: AtticUser) -> tuple[Found, ...]:
        key = fold(user.name)
        employees = self._employees_by_name.get(key, [])
        crew = self._crew_by_name.get(key, [])
        return _distinct(_free(employees, user), crew, self._users_by_name.get(key, []))

    @cached_property
    def _employees_by_user(self) -> _Index[Employee]:
        return _indexed(self.employees, lambda e: str(e.attic_tech_user_id or ""))

    @cached_property
    def _employees_by_telegram_id(self) -> _Index[Employee]:
        return _indexed(self.employees, lambda e: digits(e.telegram_id))

    @cached_property
    def _employees_by_email(self) -> _Index[Employee]:
        return _indexed(self.employees, lambda e: fold(e.email or ""))

    @cached_property
    def _employees_by_phone(self) -> _Index[Employee]:
        return _indexed(self.employees, lambda e: e164(e.phone))

    @cached_property
    def _employees_by_name(self) -> _Index[Employee]:
        return _indexed(self.employees, lambda e: fold(e.name))

    @cached_property
    def _crew_by_phone(self) -> _Index[CrewMember]:
        return _indexed(self.unjoined, lambda c: e164(c.phone))

    @cached_property
    def _crew_by_name(self) -> _Index[CrewMember]:
        return _indexed(self.unjoined, lambda c: fold(c.name))

    @cached_property
    def _present(self) -> tuple[AtticUser, ...]:
        return tuple(u for u in self.users if not u.blocked and not u.gone)

    @cached_property
    def _users_by_phone(self) -> _Index[AtticUser]:
        return _indexed(self._present, lambda u: e164(u.phone))

    @cached_property
    def _users_by_name(self) -> _Index[AtticUser]:
        return _indexed(self._present, lambda u: fold(u.name))


def _indexed(rows: Iterable[_Row], key: Callable[[_Row], str | None]) -> _Index[_Row]:
    """Rows by their key; those without one are found by nobody."""
    index: dict[str, list[_Row]] = defaultdict(list)
    for row in rows:
        if text := key(row):
            index[text].append(row)
    return dict(index)


def _free(employees: Iterable[Employee], user: AtticUser) -> list[Employee]:
    """Employees who are not known to be another Attic Tech user."""
    return [e for e in employees if e.attic_tech_user_id in (None, user.id)]


def _distinct(
    employees: list[Employee], crew: list[CrewMember], users: list[AtticUser]
) -> tuple[Found, ...]:
    """Employees and unjoined crew members as people: a row that is one of the employees is no
    second person. Two users with the same phone or name cannot both be the one person: he is found
    twice.
    """
    others = [c for c in crew if not any(same_person(e, c) for e in employees)]
    found = (*map(Found, employees), *(Found(crew_member=c) for c in others))
    return found * 2 if len(users) > 1 and len(found) == 1 else found
