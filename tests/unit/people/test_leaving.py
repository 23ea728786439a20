"""Who has left by a row that nobody joined: only who certainly has."""

from dataclasses import replace

import pytest

from sync.model.alerts import Reason, RecipientType
from sync.people.directory import Directory, Manager
from sync.people.people import People
from sync.people.rows import AtticUser, CrewMember, Employee, Login, SalesPerson

PHONE, OTHER = "(619) 555-0142", "+1 619 555 0143"
LEFT = Employee(1, "Ann Fox", "ann@x.example", PHONE, status="inactive")
SELLER = SalesPerson(2, "ann  fox", "6195550142", "11")
CREW = CrewMember(3, "Ann Fox", "6195550142", "11")
LOGIN = Login(4, " 11", "Ann@x.example ", "6195550142")
BLOCKED = AtticUser(7, "Ann Fox", "ann@x.example", PHONE, blocked=True)


def standing(*rows: Employee | CrewMember | SalesPerson | Login | AtticUser) -> Reason | None:
    def of(kind):
        return tuple(row for row in rows if isinstance(row, kind))

    people = People(of(Employee), of(CrewMember), of(SalesPerson), of(AtticUser), logins=of(Login))
    return people.standing("11")


@pytest.mark.parametrize("row", [SELLER, CREW])
def test_an_unjoined_row_of_somebody_who_left_is_a_leavers(row):
    assert standing(LEFT, row) is Reason.INACTIVE
    assert standing(replace(LEFT, status="active", is_deleted=True), row) is Reason.INACTIVE
    employed = replace(LEFT, status="active", attic_tech_user_id=7)
    assert standing(employed, row, BLOCKED) is Reason.BLOCKED_IN_ATTIC_TECH
    assert standing(employed, row) is None


@pytest.mark.parametrize(
    "row",
    [
        replace(SELLER, phone=None),
        replace(SELLER, phone=OTHER),
        replace(SELLER, name="Ann Foxx"),
        replace(SELLER, employee_id=9),
    ],
)
def test_a_name_or_a_phone_alone_makes_no_leaver(row):
    assert standing(LEFT, row) is None


@pytest.mark.parametrize(
    "employee",
    [
        Employee(9, "Ann Fox", phone=PHONE),  # taken on again
        Employee(9, "Ann Fox"),
        Employee(9, "Pat Doe", telegram_id="11"),  # whose id wins
    ],
)
def test_who_may_be_somebody_who_is_still_here_has_not_left(employee):
    assert standing(LEFT, SELLER, employee) is None


def test_another_telegram_id_of_the_employees_says_that_it_is_not_he():
    assert standing(replace(LEFT, telegram_id="12"), SELLER) is None


@pytest.mark.parametrize(
    "row",
    [
        *(LOGIN, replace(LOGIN, phone=None), replace(LOGIN, email=None)),
        *(SELLER, replace(SELLER, name="Ann F"), replace(SELLER, email="ann@x.example")),
        *(CREW, replace(CREW, name="Ann F")),
    ],
)
def test_the_only_one_with_the_email_or_phone_of_a_blocked_user_has_left(row):
    assert standing(row, BLOCKED) is Reason.BLOCKED_IN_ATTIC_TECH
    assert standing(row, replace(BLOCKED, blocked=False)) is None


@pytest.mark.parametrize(
    "other",
    [
        *(Login(5, "12", phone=PHONE), SalesPerson(5, "Pat Doe", PHONE)),
        *(Employee(5, "Pat Doe", phone=PHONE), CrewMember(5, "Pat Doe", PHONE)),
        AtticUser(8, "Pat Doe", phone=PHONE, blocked=True),
        AtticUser(8, "Ann  Fox"),  # another account of hers
        AtticUser(8, "Pat Doe", "pat@x.example"),
    ],
)
def test_what_two_people_share_makes_no_leaver(other):
    login = replace(LOGIN, email="pat@x.example")
    assert standing(login, BLOCKED) is Reason.BLOCKED_IN_ATTIC_TECH
    assert standing(login, BLOCKED, other) is None


def test_the_whole_name_and_the_phone_are_enough_whoever_else_has_the_phone():
    other = Employee(5, "Pat Doe", phone=PHONE)
    assert standing(SELLER, BLOCKED, other) is Reason.BLOCKED_IN_ATTIC_TECH
    assert standing(replace(SELLER, name="Ann F"), BLOCKED, other) is None
    namesake = AtticUser(8, "Ann F")
    assert standing(replace(SELLER, name="Ann F"), BLOCKED, namesake) is None


def test_the_employee_whom_the_matching_found_is_no_other_person():
    employee = Employee(5, "A. Fox", "ann@x.example", attic_tech_user_id=7)
    assert standing(LOGIN, BLOCKED, employee) is Reason.BLOCKED_IN_ATTIC_TECH
    assert standing(LOGIN, BLOCKED, replace(employee, attic_tech_user_id=8)) is None


def test_a_manager_who_is_blocked_in_attic_tech_is_not_told():
    people = People(users=(BLOCKED,), logins=(LOGIN, Login(5, "12")))
    managers = (Manager(4, " 11", frozenset({1})), Manager(5, "12", frozenset({1})))
    directory = Directory(people, managers, operators=(11,))
    assert directory.manager(managers[0]).reason is Reason.BLOCKED_IN_ATTIC_TECH
    assert [r.telegram_id for r in directory.managers_of(1)] == ["12"]
    assert [r.type for r in directory.all_operators] == [RecipientType.OPERATION_MANAGER]
