"""The rows that say who somebody is, and how their ids and phones are compared. Plain values."""

import re
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers

from sync.model.alerts import Reason
from sync.model.states import fold

#: Telegram's ids have at most 52 bits; more digits would not fit into a bigint either.
_DIGITS = re.compile(r"[1-9][0-9]{0,15}")
#: In North America neither an area code nor an exchange begins with 0 or 1.
_NORTH_AMERICAN = re.compile(r"[2-9][0-9]{2}[2-9][0-9]{6}")
#: Digits in a row are what one types where a form insists on a number.
_IN_A_ROW = ("01234567890123456789", "98765432109876543210")
#: As the statements and their indexes trim.
_SPACES = " \t\r\n"


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
    email: str | None = None
    has_email: bool = False  # whether the table has such a column


@dataclass(frozen=True, slots=True)
class SalesPerson:
    """A row of `botzilla.sales_person`."""

    id: int
    name: str
    phone: str | None = None
    telegram_id: str | None = None
    is_active: bool = True
    employee_id: int | None = None
    email: str | None = None
    has_email: bool = False  # whether the table has such a column


@dataclass(frozen=True, slots=True)
class Login:
    """A row of `botzilla."user"`, who has no name there and no employee."""

    id: int
    telegram_id: str | None = None
    email: str | None = None
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class AtticUser:
    """A user of Attic Tech, from the mirror; not `visible` when Attic Tech hides him from us."""

    id: int
    name: str
    email: str | None = None
    phone: str | None = None
    roles: tuple[int, ...] = ()
    branches: tuple[int, ...] = ()
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
    text = (telegram_id or "").strip(_SPACES)
    return text if _DIGITS.fullmatch(text) else None


@lru_cache(maxsize=8192)
def e164(phone: str | None) -> str | None:
    """`phone` in E.164, read as a number of the United States unless it says otherwise; None if it
    is no number that leads to one telephone.
    """
    try:
        number = phonenumbers.parse(phone or "", "US")
    except phonenumbers.NumberParseException:
        return None
    if not _is_complete(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _is_complete(number: phonenumbers.PhoneNumber) -> bool:
    """Neither without its area code, which the library calls possible, too, nor a filler."""
    reason = phonenumbers.is_possible_number_with_reason(number)
    figures = phonenumbers.national_significant_number(number)
    if number.country_code == 1 and not _NORTH_AMERICAN.fullmatch(figures):
        return False
    filler = len(set(figures)) == 1 or any(figures in row for row in _IN_A_ROW)
    return reason == phonenumbers.ValidationResult.IS_POSSIBLE and not filler


def same_phone(employee: Employee, row: CrewMember | SalesPerson) -> bool:
    return e164(row.phone) is not None and e164(row.phone) == e164(employee.phone)


def are_alike(one: Employee | CrewMember, other: CrewMember | SalesPerson) -> bool:
    """Two rows with the same whole name, and no phone that says otherwise. Who has no name is like
    nobody.
    """
    phones = {e164(one.phone), e164(other.phone)} - {None}
    return fold(one.name) == fold(other.name) != "" and len(phones) < 2


def same_person(employee: Employee, row: CrewMember | SalesPerson) -> bool:
    """An unjoined row with the employee's whole name, and no phone or Telegram id that says
    otherwise.
    """
    ids = {digits(row.telegram_id), digits(employee.telegram_id)} - {None}
    return are_alike(employee, row) and len(ids) < 2
