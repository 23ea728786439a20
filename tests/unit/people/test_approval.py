"""What of a registration contradicts the crew leader whom it claims to be."""

import pytest

from bot.people.approval import Registration, registration
from sync.people.people import People
from sync.people.rows import AtticUser, CrewMember, Employee

CHRIS = AtticUser(7, "Chris Jordan", "chris@example.com", "(619) 555-0142")
FITS = {
    "name": "chris  JORDAN",
    "email": "Chris@example.com",
    "phone": "6195550142",
    "telegram_id": "102",
    "status": "pending",
}


def known(*others, **differs) -> Registration | None:
    employees = (Employee(1, **FITS | differs), *(o for o in others if isinstance(o, Employee)))
    crew = tuple(o for o in others if isinstance(o, CrewMember))
    return registration(People(employees, crew, users=(CHRIS,)), 1)


def test_one_that_fits_says_by_what_it_is_the_leader():
    assert known() == Registration("6195550142", "102", "Chris Jordan", "email")


@pytest.mark.parametrize(
    ("differs", "against"),
    [
        ({"name": "Mallory Doe"}, ("name",)),
        ({"phone": "+1 619 555 0199"}, ("phone",)),
        ({"phone": None}, ()),
        ({"email": "other@example.com"}, ("email",)),
        ({"name": "Mallory Doe", "phone": "6195550199"}, ("name", "phone")),
    ],
)
def test_what_differs_from_attic_tech_contradicts(differs, against):
    assert known(**differs).against == against


@pytest.mark.parametrize("telegram_id", ["666", None, "102", "@chris"])
def test_so_does_another_account_than_the_leaders_own(telegram_id):
    leader = CrewMember(3, "Chris Jordan", "6195550142", telegram_id, is_leader=True)
    assert known(leader).against == (("telegram_id",) if telegram_id == "666" else ())


def test_so_does_an_account_that_somebody_else_has():
    assert known(Employee(2, "Dana Ruiz", telegram_id=" 102")).against == ("telegram_id",)


def test_who_is_no_leader_is_held_against_nothing():
    nobody = {"name": "Pat Doe", "email": "pat@example.com", "phone": "6195550111"}
    assert known(**nobody) == Registration("6195550111", "102")
    assert registration(People(), 1) is None
