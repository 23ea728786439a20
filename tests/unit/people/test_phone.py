"""Whose phone number it is: one person by all of his rows, and nobody on half of the evidence."""

import pytest

from bot.people.linking import Table, Unjoined
from bot.people.phone import Owner, number_of, whose
from sync.alerts import Reason
from sync.people import People
from sync.person import AtticUser, CrewMember, Employee, SalesPerson

PHONE, WRITTEN = "+16195550142", "(619) 555-0142"
CHRIS = Employee(1, "Chris Jordan", phone=WRITTEN)
SILENT = Employee(2, "Chris Jordan")


def owners(*rows, users=()) -> tuple[Owner, ...]:
    people = People(
        tuple(r for r in rows if isinstance(r, Employee)),
        tuple(r for r in rows if isinstance(r, CrewMember)),
        tuple(r for r in rows if isinstance(r, SalesPerson)),
        tuple(users),
    )
    return whose(PHONE, people)


def of(employee: Employee, reason: Reason | None = Reason.NO_TELEGRAM) -> Owner:
    return Owner(employee.id, employee.name, reason)


def crew(id: int, name: str = "Chris Jordan") -> Owner:
    return Owner(Unjoined(Table.CREW_MEMBER, id), name)


@pytest.mark.parametrize("written", ["16195550142", "+16195550142", " +16195550142"])
def test_telegrams_numbers_have_their_country_with_or_without_plus(written):
    assert number_of(written) == PHONE


@pytest.mark.parametrize(
    ("written", "number"), [("526641234567", "+526641234567"), ("", None), ("x", None)]
)
def test_a_number_is_read_with_its_country_or_not_at_all(written, number):
    assert number_of(written) == number


def test_a_number_without_its_country_is_none_of_ours():
    assert number_of("6195550142") != PHONE


def test_rows_of_one_employee_are_one_person():
    rows = (CHRIS, CrewMember(3, "C. J.", WRITTEN, employee_id=1), SalesPerson(4, "CJ", WRITTEN))
    joined = SalesPerson(4, "CJ", WRITTEN, employee_id=1)
    assert owners(CHRIS, rows[1], joined) == (of(CHRIS),)
    assert len(owners(*rows)) == 2


def test_a_joined_row_speaks_for_its_employee():
    assert owners(SILENT, CrewMember(3, "Somebody", WRITTEN, employee_id=2)) == (of(SILENT),)


def test_an_unjoined_namesake_with_the_number_is_no_second_person():
    assert owners(CHRIS, CrewMember(3, " chris  JORDAN", WRITTEN)) == (of(CHRIS),)


def test_an_unjoined_row_that_shares_only_the_name_leaves_it_open_who_is_meant():
    row = CrewMember(3, "Chris Jordan", WRITTEN)
    assert owners(SILENT, row) == (of(SILENT), crew(3))
    assert owners(CHRIS, SILENT, row) == (of(CHRIS),)


def test_an_unjoined_row_of_nobody_is_a_person_by_itself():
    other = Employee(2, "Chris Jordan", phone="6195550100")
    assert owners(other, CrewMember(3, "Chris Jordan", WRITTEN)) == (crew(3),)


def test_the_number_of_two_is_of_both():
    assert owners(CHRIS, Employee(5, "Dana Ruiz", phone=PHONE)) == (
        of(CHRIS),
        Owner(5, "Dana Ruiz", Reason.NO_TELEGRAM),
    )


@pytest.mark.parametrize(
    ("employee", "left", "waits"),
    [
        (Employee(1, "Chris", phone=PHONE, status="pending"), False, True),
        (Employee(1, "Chris", phone=PHONE, status="inactive"), True, False),
        (Employee(1, "Chris", phone=PHONE, status="rejected"), True, False),
        (Employee(1, "Chris", phone=PHONE, status="pending", is_deleted=True), True, False),
        (Employee(1, "Chris", phone=PHONE, telegram_id="9"), False, False),
    ],
)
def test_an_owner_says_whether_he_left_or_waits(employee, left, waits):
    (owner,) = owners(employee)
    assert (owner.has_left, owner.waits) == (left, waits)


def test_who_is_blocked_in_attic_tech_has_left():
    user = AtticUser(7, "Chris Jordan", blocked=True)
    employee = Employee(1, "Chris Jordan", phone=PHONE, attic_tech_user_id=7)
    (owner,) = owners(employee, users=(user,))
    assert owner.has_left


def test_a_salesperson_who_left_has_left():
    (owner,) = owners(SalesPerson(4, "Sam Lee", WRITTEN, is_active=False))
    assert owner.has_left
