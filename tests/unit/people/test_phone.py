"""Whose phone number it is: one person by all of his rows, and nobody on half of the evidence."""

import pytest

from bot.people.contact import number_of, whose
from sync.people.people import People
from sync.people.rows import CrewMember, Employee, SalesPerson

PHONE, WRITTEN = "+16195550142", "(619) 555-0142"
CHRIS = Employee(1, "Chris Jordan", phone=WRITTEN)
SILENT = Employee(2, "Chris Jordan")


def owners(*rows) -> tuple[tuple[str, int], ...]:
    people = People(
        tuple(r for r in rows if isinstance(r, Employee)),
        tuple(r for r in rows if isinstance(r, CrewMember)),
        tuple(r for r in rows if isinstance(r, SalesPerson)),
    )
    return whose(PHONE, people)


def of(employee: Employee) -> tuple[str, int]:
    return "employee", employee.id


def crew(id: int) -> tuple[str, int]:
    return "crew_member", id


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
        ("employee", 5),
    )
