"""Whom of BotZilla's people the evidence about an Attic Tech user points at. Pure, over whole
tables.

A wrong man driving to a job is worse than nobody: evidence counts only when it points at exactly
one person, names are compared whole, and who is another user by stronger evidence is never him.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from sync.model.states import fold
from sync.people.rows import AtticUser, CrewMember, Employee, digits, e164, same_person

_Row = TypeVar("_Row", Employee, CrewMember, AtticUser)
_Index = Mapping[str, list[_Row]]
#: Who is known to be one of Attic Tech's users by evidence that was looked at before.
_Taken = dict[Employee | CrewMember, set[int]]


@dataclass(frozen=True, slots=True)
class Found:
    """Whom some evidence points at: an employee, a crew member who has none, or an employee by an
    unjoined row that is his.
    """

    employee: Employee | None = None
    crew_member: CrewMember | None = None

    @property
    def name(self) -> str:
        return self.row.name

    @property
    def row(self) -> Employee | CrewMember:
        """What he is known by."""
        return self.employee or self.crew_member  # type: ignore[return-value]


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
        """What points at whom, by the id of Attic Tech's user. One kind after the other, for all
        users: whom a stronger kind shows to be one of them is not looked at for the others.
        """
        evidence: dict[int, Evidence] = {}
        taken: _Taken = {}
        for kind, look in (
            ("attic_tech_user_id", self._by_attic_id),
            ("email", self._by_email),
            ("phone", self._by_phone),
            ("name", self._by_name),
        ):
            left = [user for user in self.users if user.id not in evidence]
            found = {user.id: look(user, taken) for user in left}
            evidence |= self._settled(kind, found, taken)
        return {user.id: evidence.get(user.id, Evidence()) for user in self.users}

    def _settled(
        self, kind: str, found: dict[int, tuple[Found, ...]], taken: _Taken
    ) -> dict[int, Evidence]:
        """What was found by one kind; whom two users are by it, neither of them is. Who was found
        is taken from here on.
        """
        claims: dict[Employee | CrewMember, set[int]] = defaultdict(set)
        for user in self._present:
            if len(people := {one.row for one in found.get(user.id, ())}) == 1:
                claims[people.pop()].add(user.id)
        for row, users in claims.items():
            taken.setdefault(row, users)
        doubtful = {id for users in claims.values() if len(users) > 1 for id in users}
        return {
            id: Evidence(kind, people * 2 if id in doubtful else people)
            for id, people in found.items()
            if people
        }

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

    def _by_attic_id(self, user: AtticUser, _: _Taken) -> tuple[Found, ...]:
        return tuple(map(Found, self._employees_by_user.get(str(user.id), [])))

    def _by_email(self, user: AtticUser, taken: _Taken) -> tuple[Found, ...]:
        key = fold(user.email or "")
        employees = self._employees_by_email.get(key, [])
        return self._distinct(user, taken, employees, [], self._users_by_email.get(key, []))

    def _by_phone(self, user: AtticUser, taken: _Taken) -> tuple[Found, ...]:
        key = e164(user.phone) or ""
        employees, crew = self._employees_by_phone.get(key, []), self._crew_by_phone.get(key, [])
        return self._distinct(user, taken, employees, crew, self._users_by_phone.get(key, []))

    def _by_name(self, user: AtticUser, taken: _Taken) -> tuple[Found, ...]:
        key = fold(user.name)
        employees, crew = self._employees_by_name.get(key, []), self._crew_by_name.get(key, [])
        return self._distinct(user, taken, employees, crew, self._users_by_name.get(key, []))

    def _distinct(
        self,
        user: AtticUser,
        taken: _Taken,
        employees: Iterable[Employee],
        crew: Iterable[CrewMember],
        users: list[AtticUser],
    ) -> tuple[Found, ...]:
        """Employees and unjoined crew members as people: a row that is an employee's is no second
        person, and who is known to be another user is not him. Two users with the same e-mail,
        phone or name cannot both be the one person: he is found twice.
        """
        people: dict[Employee | CrewMember, Found] = {
            employee: Found(employee) for employee in employees if _is_free(employee, user, taken)
        }
        for row in crew:
            owners = self._owners(row)
            if _is_free(row, user, taken) and all(_is_free(e, user, taken) for e in owners):
                for one in [Found(e, row) for e in owners] or [Found(crew_member=row)]:
                    people.setdefault(one.row, one)
        found = tuple(people.values())
        rivals = any(other.id != user.id for other in users)
        return found * 2 if rivals and len(found) == 1 else found

    def _owners(self, row: CrewMember) -> list[Employee]:
        """The employees whose unjoined row this could be; with more than one it is in doubt."""
        namesakes = self._employees_by_name.get(fold(row.name), [])
        return [employee for employee in namesakes if same_person(employee, row)]

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
    def _users_by_email(self) -> _Index[AtticUser]:
        return _indexed(self._present, lambda u: fold(u.email or ""))

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


def _is_free(row: Employee | CrewMember, user: AtticUser, taken: _Taken) -> bool:
    """Whether the row is not known to be another user's."""
    known = row.attic_tech_user_id if isinstance(row, Employee) else None
    return known in (None, user.id) and taken.get(row, {user.id}) == {user.id}
