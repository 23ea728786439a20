"""Who is behind each Attic Tech user, at which address, and whether a Telegram id may be spoken to.

Pure functions over whole tables: whatever contradicts ends in a reason that managers see. Whom the
evidence points at is found in `sync/people/matching.py`. Reads and writes nothing.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from sync.model.alerts import LEFT, Reason
from sync.people.leaving import Leaving, Stray
from sync.people.matching import Evidence, Found, Matching
from sync.people.problems import Problem, problems
from sync.people.rows import (
    AtticUser,
    CrewMember,
    Employee,
    Login,
    Person,
    SalesPerson,
    are_alike,
    digits,
    same_person,
    same_phone,
)


@dataclass(frozen=True)
class People:
    """All rows that tell who is who, and the questions one asks of them."""

    employees: tuple[Employee, ...] = ()
    crew_members: tuple[CrewMember, ...] = ()
    sales_people: tuple[SalesPerson, ...] = ()
    users: tuple[AtticUser, ...] = ()
    refusals: Mapping[str, Reason] = field(default_factory=dict)  # by Telegram id: Telegram refuses
    logins: tuple[Login, ...] = ()

    @cached_property
    def matches(self) -> dict[int, Person]:
        """The person behind each Attic Tech user by his id, addresses included."""
        evidence = self.matching.evidence
        return {user.id: self._person(user, evidence[user.id]) for user in self.users}

    @cached_property
    def matching(self) -> Matching:
        """The rows as they are looked up by evidence."""
        return Matching(self.employees, self.crew_members, self.users)

    def standing(self, telegram_id: str) -> Reason | None:
        """Why the bot must not speak to this Telegram id, or None: leavers, people in doubt, chats
        that refuse us.
        """
        owners = self._owners.get(telegram_id, set())
        reasons = [reason for owner in sorted(owners) if (reason := self._employment(owner))]
        if reasons:
            return reasons[0]
        if telegram_id in self._inactive_sellers:
            return Reason.INACTIVE
        if not owners and (reason := self._strays_who_left.get(telegram_id)):
            return reason
        if len(owners) > 1 or any(self._has_another(owner, telegram_id) for owner in owners):
            return Reason.AMBIGUOUS
        return self.refusals.get(telegram_id)

    def owner(self, telegram_id: str) -> Employee | None:
        """The only employee whose this Telegram id is."""
        owners = self._owners.get(telegram_id, set())
        return self._employees[next(iter(owners))] if len(owners) == 1 else None

    def _has_another(self, employee_id: int, telegram_id: str) -> bool:
        """His own id is another one: the row that has this one kept it from before, or was given
        it by somebody who is not he.
        """
        employee = self._employees[employee_id]
        texts = [employee.telegram_id]
        texts += [row.telegram_id for row in self._joined_crew(employee)]
        texts += [row.telegram_id for row in self._sellers(employee)]
        return telegram_id != next(filter(None, map(digits, texts)), None)

    def reach(self, employee: Employee) -> tuple[str | None, Reason | None]:
        """The employee's Telegram id, and why no message reaches him (None where one does)."""
        address = self._address(employee, self.crew_rows(employee), self._sellers(employee))
        if reason := self._employment(employee.id):
            return address, reason
        if any(not s.is_active for s in self._sellers_of.get(employee.id, [])):
            return address, Reason.INACTIVE
        return address, self.standing(address) if address else Reason.NO_TELEGRAM

    def problems(self) -> tuple[Problem, ...]:
        """What somebody should put right in the database."""
        return problems(self.employees, self.crew_members, self.sales_people, self._owners)

    def _person(self, user: AtticUser, evidence: Evidence) -> Person:
        one = evidence.certain
        if one is None:
            reason = Reason.AMBIGUOUS if evidence.found else Reason.NOT_IN_DATABASE
            names = tuple(dict.fromkeys(found.name for found in evidence.found))
            return Person(
                user.id, user.name, reason=reason, evidence=evidence.kind, candidates=names
            )
        employee = one.employee
        rows = self.crew_rows(employee) if employee else []
        if one.crew_member and one.crew_member not in rows:
            rows = [*rows, one.crew_member]
        sellers = self._sellers(employee)
        address = self._address(employee, rows, sellers, found=one.crew_member)
        return Person(
            user.id,
            user.name,
            employee_id=employee.id if employee else None,
            crew_member_id=rows[0].id if rows else None,
            sales_person_id=sellers[0].id if sellers else None,
            telegram_id=address,
            reason=self._why_not(user, one, address),
            evidence=evidence.kind,
        )

    def crew_rows(self, employee: Employee) -> list[CrewMember]:
        """His `crew_member` rows, joined ones first: leaders before others, then an unjoined row
        that must be him.
        """
        joined = self._joined_crew(employee)
        employees, crew = self.matching.namesakes(employee)
        unjoined = [c for c in crew if same_person(employee, c)]
        return joined + (unjoined if len(employees) == 1 and len(unjoined) == 1 else [])

    def _joined_crew(self, employee: Employee) -> list[CrewMember]:
        return sorted(self._crew_of.get(employee.id, []), key=lambda c: (not c.is_leader, c.id))

    def _sellers(self, employee: Employee | None) -> list[SalesPerson]:
        rows = self._sellers_of.get(employee.id, []) if employee else []
        return sorted(rows, key=lambda s: (not s.is_active, s.id))

    def _address(
        self,
        employee: Employee | None,
        rows: Sequence[CrewMember],
        sellers: Sequence[SalesPerson],
        found: CrewMember | None = None,
    ) -> str | None:
        """His Telegram id: the employee's wins; an unjoined namesake's counts only if the phone
        agrees too, the employee's or the one by which that row was `found`.
        """
        trusted = [
            row
            for row in rows
            if row is found
            or not employee
            or row.employee_id == employee.id
            or same_phone(employee, row)
        ]
        texts = [row.telegram_id for row in (employee, *trusted, *sellers) if row]
        return next((address for text in texts if (address := digits(text))), None)

    def _why_not(self, user: AtticUser, one: Found, address: str | None) -> Reason | None:
        if user.blocked or user.gone:
            return Reason.BLOCKED_IN_ATTIC_TECH
        if one.employee and (reason := _status(one.employee)):
            return reason
        if address is None:
            return Reason.NO_TELEGRAM
        if one.employee is None and self._is_anothers(address, one.row):
            return Reason.AMBIGUOUS
        return self.standing(address)

    def _is_anothers(self, telegram_id: str, row: Employee | CrewMember) -> bool:
        """Whether somebody else than this unjoined crew member bears the id as well: an employee,
        who would win, or an unjoined row of another name or phone.
        """
        unjoined: Iterable[CrewMember | SalesPerson] = (*self.crew_members, *self.sales_people)
        return bool(self._owners.get(telegram_id)) or any(
            other is not row and not are_alike(row, other)
            for other in unjoined
            if other.employee_id is None and digits(other.telegram_id) == telegram_id
        )

    @cached_property
    def _employees(self) -> dict[int | None, Employee]:
        return {e.id: e for e in self.employees}

    @cached_property
    def _crew_of(self) -> dict[int | None, list[CrewMember]]:
        rows: dict[int | None, list[CrewMember]] = defaultdict(list)
        for row in self.crew_members:
            rows[row.employee_id].append(row)
        return rows

    @cached_property
    def _sellers_of(self) -> dict[int | None, list[SalesPerson]]:
        rows: dict[int | None, list[SalesPerson]] = defaultdict(list)
        for row in self.sales_people:
            rows[row.employee_id].append(row)
        return rows

    @cached_property
    def _owners(self) -> dict[str, set[int]]:
        """Telegram id -> ids of the employees that it belongs to, by their own row or by one joined
        to them.
        """
        owners: dict[str, set[int]] = defaultdict(set)
        rows: list[tuple[str | None, int | None]] = [
            *((e.telegram_id, e.id) for e in self.employees),
            *((c.telegram_id, c.employee_id) for c in self.crew_members),
            *((s.telegram_id, s.employee_id) for s in self.sales_people),
        ]
        for text, employee_id in rows:
            if (telegram_id := digits(text)) and employee_id in self._employees:
                owners[telegram_id].add(employee_id)  # type: ignore[arg-type]
        return owners

    @cached_property
    def _inactive_sellers(self) -> set[str]:
        """Telegram ids of salespeople who left, also by another row of the same employee."""
        left = [s for s in self.sales_people if not s.is_active]
        employees = {s.employee_id for s in left if s.employee_id is not None}
        own = {d for s in left if (d := digits(s.telegram_id))}
        return own | {t for t, owners in self._owners.items() if owners & employees}

    @cached_property
    def _blocked_employees(self) -> set[int]:
        """Employees all of whose users in Attic Tech are blocked there."""
        standing: dict[int, list[bool]] = defaultdict(list)
        for user in self.users:
            one = self.matching.evidence[user.id].certain
            if one and one.employee:
                standing[one.employee.id].append(user.blocked)
        return {employee for employee, blocked in standing.items() if all(blocked)}

    @cached_property
    def _strays_who_left(self) -> Mapping[str, Reason]:
        """By Telegram id, why somebody has left whom nobody joined to an employee."""
        reasons = {e.id: self._employment(e.id) for e in self.employees}
        left = {id: reason for id, reason in reasons.items() if reason in LEFT}
        rows: tuple[Stray, ...] = (*self.crew_members, *self.sales_people, *self.logins)
        return Leaving(self.matching, rows, left).by_telegram_id()

    def _employment(self, employee_id: int) -> Reason | None:
        if reason := _status(self._employees[employee_id]):
            return reason
        return Reason.BLOCKED_IN_ATTIC_TECH if employee_id in self._blocked_employees else None


def _status(employee: Employee) -> Reason | None:
    if employee.status == "pending" and not employee.is_deleted:
        return Reason.PENDING_APPROVAL
    return Reason.INACTIVE if employee.status != "active" or employee.is_deleted else None
