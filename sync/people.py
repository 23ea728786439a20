"""Who is behind an Attic Tech user, and whether a Telegram id may be spoken to: pure functions over
whole tables.

A wrong man driving to a job is worse than nobody: evidence counts only when it points at exactly
one person, names are compared whole, and whatever contradicts ends in a reason that managers see.
Reads and writes nothing.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import phonenumbers

from sync.alerts import Reason
from sync.states import fold

_DIGITS = re.compile(r"[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class Employee:
    """A row of `botzilla.employee`, as far as it tells who somebody is."""

    id: int
    name: str
    email: str | None = None
    phone: str | None = None
    telegram_id: str | None = None
    status: str = "active"
    is_deleted: bool = False
    attic_tech_user_id: int | None = None


@dataclass(frozen=True, slots=True)
class CrewMember:
    """A row of `botzilla.crew_member`; `employee_id` is empty until somebody joined it."""

    id: int
    name: str
    phone: str | None = None
    telegram_id: str | None = None
    is_leader: bool = False
    employee_id: int | None = None


@dataclass(frozen=True, slots=True)
class SalesPerson:
    """A row of `botzilla.sales_person`."""

    id: int
    name: str
    phone: str | None = None
    telegram_id: str | None = None
    is_active: bool = True
    employee_id: int | None = None


@dataclass(frozen=True, slots=True)
class AtticUser:
    """A user of Attic Tech, from the mirror; not `visible` when Attic Tech hides him from us."""

    id: int
    name: str
    email: str | None = None
    phone: str | None = None
    roles: tuple[int, ...] = ()
    blocked: bool = False
    gone: bool = False
    visible: bool = True


@dataclass(frozen=True, slots=True)
class Person:
    """The person behind one Attic Tech user: a row of `botzilla.attic_tech_person`.

    `reason` says why he cannot be told anything; it is None exactly when `telegram_id` is an
    address to use.
    """

    attic_tech_user_id: int
    name: str
    employee_id: int | None = None
    crew_member_id: int | None = None
    sales_person_id: int | None = None
    telegram_id: str | None = None
    reason: Reason | None = None
    evidence: str | None = None
    candidates: tuple[str, ...] = ()


def digits(telegram_id: str | None) -> str | None:
    """The Telegram id in a text column, or None for what is none: `@name`, letters, `0`."""
    text = (telegram_id or "").strip()
    return text if _DIGITS.fullmatch(text) else None


@lru_cache(maxsize=8192)
def e164(phone: str | None) -> str | None:
    """`phone` in E.164, read as a number of the United States unless it says otherwise; None if it
    is no number.
    """
    try:
        number = phonenumbers.parse(phone or "", "US")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@dataclass(frozen=True, slots=True)
class _Found:
    """Whom some evidence points at: an employee, or a crew member who has none."""

    employee: Employee | None = None
    crew_member: CrewMember | None = None

    @property
    def name(self) -> str:
        return (self.employee or self.crew_member).name  # type: ignore[union-attr]


@dataclass(frozen=True)
class People:
    """All rows that tell who is who, and the questions one asks of them."""

    employees: tuple[Employee, ...] = ()
    crew_members: tuple[CrewMember, ...] = ()
    sales_people: tuple[SalesPerson, ...] = ()
    users: tuple[AtticUser, ...] = ()
    refusals: Mapping[str, Reason] = field(default_factory=dict)  # by Telegram id: Telegram refuses

    @cached_property
    def matches(self) -> dict[int, Person]:
        """The person behind each Attic Tech user by his id, addresses included."""
        found = {user.id: self._find(user) for user in self.users}
        return {user.id: self._person(user, *found[user.id]) for user in self.users}

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
        if len(owners) > 1:
            return Reason.AMBIGUOUS
        return self.refusals.get(telegram_id)

    def problems(self) -> tuple[str, ...]:
        """What somebody should put right in the database, as words with ids and without personal
        data.
        """
        tables: tuple[tuple[str, Iterable[Employee | CrewMember | SalesPerson]], ...] = (
            ("employee", self.employees),
            ("crew_member", self.crew_members),
            ("sales_person", self.sales_people),
        )
        unusable = [
            f"{table} {row.id}: telegram_id is not a number"
            for table, rows in tables
            for row in rows
            if (row.telegram_id or "").strip() and not digits(row.telegram_id)
        ]
        shared = [
            f"employees {', '.join(map(str, sorted(owners)))}: the same telegram_id"
            for owners in self._owners.values()
            if len(owners) > 1
        ]
        return (*unusable, *sorted(shared), *self._disagreements())

    def _disagreements(self) -> list[str]:
        return [
            f"employee {row.employee_id} and crew_member {row.id}: different telegram_id"
            for row in self.crew_members
            if row.employee_id in self._employees
            and (theirs := digits(row.telegram_id))
            and (own := digits(self._employees[row.employee_id].telegram_id))
            and own != theirs
        ]

    # ---- finding -------------------------------------------------------------------------------

    def _find(self, user: AtticUser) -> tuple[str | None, tuple[_Found, ...]]:
        """The first evidence that points at anybody, and at whom (more than one is in doubt)."""
        for evidence, candidates in (
            ("attic_tech_user_id", self._by_attic_id(user)),
            ("email", self._by_email(user)),
            ("phone", self._by_phone(user)),
            ("name", self._by_name(user)),
        ):
            if candidates:
                return evidence, candidates
        return None, ()

    def _by_attic_id(self, user: AtticUser) -> tuple[_Found, ...]:
        return tuple(_Found(e) for e in self.employees if e.attic_tech_user_id == user.id)

    def _free(self, user: AtticUser) -> list[Employee]:
        """Employees who are not known to be another Attic Tech user."""
        return [e for e in self.employees if e.attic_tech_user_id in (None, user.id)]

    def _by_email(self, user: AtticUser) -> tuple[_Found, ...]:
        email = fold(user.email or "")
        if not email:
            return ()
        return tuple(_Found(e) for e in self._free(user) if fold(e.email or "") == email)

    def _by_phone(self, user: AtticUser) -> tuple[_Found, ...]:
        phone = e164(user.phone)
        if not phone:
            return ()
        twins = [u for u in self.users if not u.blocked and not u.gone and e164(u.phone) == phone]
        employees = [e for e in self._free(user) if e164(e.phone) == phone]
        crew = [c for c in self._unjoined if e164(c.phone) == phone]
        return self._in_doubt_if(len(twins) > 1, self._distinct(employees, crew))

    def _by_name(self, user: AtticUser) -> tuple[_Found, ...]:
        name = fold(user.name)
        if not name:
            return ()
        twins = [u for u in self.users if not u.blocked and not u.gone and fold(u.name) == name]
        employees = [e for e in self._free(user) if fold(e.name) == name]
        crew = [c for c in self._unjoined if fold(c.name) == name]
        return self._in_doubt_if(len(twins) > 1, self._distinct(employees, crew))

    @staticmethod
    def _in_doubt_if(doubt: bool, found: tuple[_Found, ...]) -> tuple[_Found, ...]:
        """Two users of Attic Tech with one phone or name cannot both be the one person here."""
        return found * 2 if doubt and len(found) == 1 else found

    def _distinct(self, employees: list[Employee], crew: list[CrewMember]) -> tuple[_Found, ...]:
        """Employees and unjoined crew members as people: a row that is one of the employees is no
        second person.
        """
        others = [c for c in crew if not any(_same_person(e, c) for e in employees)]
        return (*map(_Found, employees), *(_Found(crew_member=c) for c in others))

    # ---- what is known of whom was found ---------------------------------------------------------

    def _person(self, user: AtticUser, evidence: str | None, found: tuple[_Found, ...]) -> Person:
        if len(found) != 1:
            reason = Reason.AMBIGUOUS if found else Reason.NOT_IN_DATABASE
            names = tuple(dict.fromkeys(f.name for f in found))
            return Person(user.id, user.name, reason=reason, evidence=evidence, candidates=names)
        employee, crew_member = found[0].employee, found[0].crew_member
        rows: Sequence[CrewMember | None] = self._crew_rows(employee) if employee else [crew_member]
        seller = self._seller(employee)
        address = self._address(employee, rows, seller)
        return Person(
            user.id,
            user.name,
            employee_id=employee.id if employee else None,
            crew_member_id=rows[0].id if rows and rows[0] else None,
            sales_person_id=seller.id if seller else None,
            telegram_id=address,
            reason=self._why_not(user, employee, address),
            evidence=evidence,
        )

    def _crew_rows(self, employee: Employee) -> list[CrewMember]:
        """His `crew_member` rows, joined ones first: leaders before others, then an unjoined row
        that must be him.
        """
        joined = sorted(
            (c for c in self.crew_members if c.employee_id == employee.id),
            key=lambda c: (not c.is_leader, c.id),
        )
        namesakes = [e for e in self.employees if fold(e.name) == fold(employee.name)]
        unjoined = [c for c in self._unjoined if _same_person(employee, c)]
        return joined + (unjoined if len(namesakes) == 1 and len(unjoined) == 1 else [])

    def _seller(self, employee: Employee | None) -> SalesPerson | None:
        rows = [s for s in self.sales_people if employee and s.employee_id == employee.id]
        return min(rows, key=lambda s: (not s.is_active, s.id), default=None)

    def _address(
        self,
        employee: Employee | None,
        rows: Sequence[CrewMember | None],
        seller: SalesPerson | None,
    ) -> str | None:
        """His Telegram id: the employee's wins; an unjoined namesake's counts only if the phone
        agrees too.
        """
        trusted = [
            row
            for row in rows
            if row
            and (not employee or row.employee_id == employee.id or _same_phone(employee, row))
        ]
        texts = [row.telegram_id for row in (employee, *trusted, seller) if row]
        return next((address for text in texts if (address := digits(text))), None)

    def _why_not(
        self, user: AtticUser, employee: Employee | None, address: str | None
    ) -> Reason | None:
        if user.blocked or user.gone:
            return Reason.BLOCKED_IN_ATTIC_TECH
        if employee and (reason := _status(employee)):
            return reason
        return self.standing(address) if address else Reason.NO_TELEGRAM

    # ---- Telegram ids --------------------------------------------------------------------------

    @cached_property
    def _employees(self) -> dict[int | None, Employee]:
        return {e.id: e for e in self.employees}

    @cached_property
    def _unjoined(self) -> list[CrewMember]:
        return [c for c in self.crew_members if c.employee_id is None]

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
            _, found = self._find(user)
            if len(found) == 1 and found[0].employee:
                standing[found[0].employee.id].append(user.blocked)
        return {employee for employee, blocked in standing.items() if all(blocked)}

    def _employment(self, employee_id: int) -> Reason | None:
        if reason := _status(self._employees[employee_id]):
            return reason
        return Reason.BLOCKED_IN_ATTIC_TECH if employee_id in self._blocked_employees else None


def _status(employee: Employee) -> Reason | None:
    if employee.status == "pending" and not employee.is_deleted:
        return Reason.PENDING_APPROVAL
    return Reason.INACTIVE if employee.status != "active" or employee.is_deleted else None


def _same_phone(employee: Employee, row: CrewMember) -> bool:
    return e164(row.phone) is not None and e164(row.phone) == e164(employee.phone)


def _same_person(employee: Employee, row: CrewMember) -> bool:
    """An unjoined crew member with the employee's whole name, and no phone or Telegram id that says
    otherwise.
    """
    phones, ids = (
        {e164(row.phone), e164(employee.phone)} - {None},
        {digits(row.telegram_id), digits(employee.telegram_id)} - {None},
    )
    return fold(row.name) == fold(employee.name) and len(phones) < 2 and len(ids) < 2
