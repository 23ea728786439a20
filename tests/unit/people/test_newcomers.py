"""Whom Attic Tech's users become where a company wants its people made out of them."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.model.branches import AtticBranch
from sync.model.states import fold
from sync.people.newcomers import Newcomer, Registry, SetAside, split_name
from sync.people.people import People
from sync.people.rows import AtticUser, CrewMember, Employee, SalesPerson
from tests.unit.rules.test_people import companies

LEADER, MEMBER, MANAGER, SALES, OTHER = 1, 2, 3, 4, 5
ROLES = {
    LEADER: "crew leader",
    MEMBER: "crew member",
    MANAGER: "operations manager",
    SALES: "sales",
    OTHER: "authenticated",
}
BRANCHES = {
    1: AtticBranch(1, "Orange", 11),
    2: AtticBranch(2, "Irvine", 12),
    3: AtticBranch(3, " San   Diego ", reason="unmatched"),
    4: AtticBranch(4, "Two of it", reason="ambiguous"),
    5: AtticBranch(5, "san diego", reason="unmatched"),
    6: AtticBranch(6, "x" * 101, reason="unmatched"),
    7: AtticBranch(7, " ", reason="unmatched"),
}
CHRIS = AtticUser(
    7, "Chris  Jordan", "Chris@x.example", "(619) 555-0142", (LEADER,), branches=(2, 3, 1)
)
MADE = Newcomer(
    7,
    "Chris Jordan",
    "Chris",
    "Jordan",
    "Chris@x.example",
    "(619) 555-0142",
    "crew_leader",
    works=True,
    leads=True,
    branches=(12, 11),
)


def newcomers(
    *rows: AtticUser | Employee | CrewMember | SalesPerson, **more: Any
) -> tuple[tuple[Newcomer, ...], tuple[SetAside, ...]]:
    people = People(
        tuple(r for r in rows if isinstance(r, Employee)),
        tuple(r for r in rows if isinstance(r, CrewMember)),
        tuple(r for r in rows if isinstance(r, SalesPerson)),
        tuple(r for r in rows if isinstance(r, AtticUser)),
    )
    return Registry(people, ROLES, BRANCHES, **more).newcomers()


def made(*rows: AtticUser | Employee | CrewMember | SalesPerson, **more: Any) -> list[int]:
    return [newcomer.attic_tech_user_id for newcomer in newcomers(*rows, **more)[0]]


def test_a_leader_becomes_an_employee_with_a_row_of_the_crew():
    assert newcomers(CHRIS) == ((MADE,), ())


@pytest.mark.parametrize(
    ("roles", "rows"),
    [
        ((MEMBER,), replace(MADE, role="crew_member", leads=False)),
        ((MEMBER, LEADER), MADE),
        ((SALES,), replace(MADE, role="salesperson", works=False, leads=False, sells=True)),
        ((LEADER, SALES, OTHER), replace(MADE, sells=True)),
        (
            (MANAGER,),
            replace(MADE, role=None, works=False, leads=False, account="Chris@x.example"),
        ),
        ((MANAGER, LEADER), replace(MADE, account="Chris@x.example")),
    ],
)
def test_his_roles_in_attic_tech_say_which_rows(roles, rows):
    assert newcomers(replace(CHRIS, roles=roles))[0] == (rows,)


@pytest.mark.parametrize(
    "user",
    [
        replace(CHRIS, roles=(OTHER, 99)),
        replace(CHRIS, roles=()),
        replace(CHRIS, blocked=True),
        replace(CHRIS, gone=True),
        replace(CHRIS, visible=False),
    ],
)
def test_nobody_is_made_of_who_has_no_role_here_or_has_left(user):
    assert newcomers(user) == ((), ())


@pytest.mark.parametrize(
    "rows",
    [
        [Employee(1, "X", attic_tech_user_id=7)],
        [Employee(1, "X", "chris@X.example", status="inactive")],
        [Employee(1, "X", phone="6195550142")],
        [Employee(1, "chris jordan")],
        [Employee(1, "Chris Jordan"), Employee(2, "Chris Jordan")],
        [CrewMember(1, "Chris Jordan")],
    ],
)
def test_who_is_anybody_here_or_may_be_is_left_alone(rows):
    assert newcomers(CHRIS, *rows) == ((), ())


def test_nobody_is_made_twice_even_when_somebody_deleted_him():
    assert made(CHRIS, made={(7, "employee")}) == []
    manager = replace(CHRIS, roles=(MANAGER,))
    assert made(manager, made={(7, "user")}) == []
    assert made(manager, accounts={"chris@x.example"}) == []


def test_a_known_person_who_manages_there_gets_an_account_of_his_own():
    user = replace(CHRIS, roles=(MANAGER, LEADER))
    (newcomer,), _ = newcomers(user, Employee(1, "Chris Jordan"))
    assert (newcomer.employed, newcomer.account) == (False, "Chris@x.example")


def test_the_account_that_we_read_with_is_nobody():
    assert made(replace(CHRIS, roles=(MANAGER,)), own_email=" CHRIS@x.example") == []


def test_an_email_that_is_taken_is_left_out_and_said():
    other = Employee(1, "Pat Doe", "CHRIS@x.example", attic_tech_user_id=8)
    (newcomer,), aside = newcomers(CHRIS, other)
    assert (newcomer.email, aside) == (None, (SetAside(7, "email"),))
    twin = replace(CHRIS, id=9, name="Pat Roe", email="chris@X.example", phone=None)
    twins, aside = newcomers(CHRIS, twin)
    assert [t.email for t in twins] == [None, None]
    assert aside == (SetAside(7, "email"), SetAside(9, "email"))


@pytest.mark.parametrize("email", [None, " ", "x" * 101])
def test_without_an_email_nobody_gets_an_account(email):
    user = replace(CHRIS, roles=(MANAGER,), email=email)
    assert newcomers(user) == ((), (SetAside(7, "email"),))
    (newcomer,), _ = newcomers(replace(user, roles=(MANAGER, MEMBER)))
    assert (newcomer.employed, newcomer.account, newcomer.email) == (True, None, None)


@pytest.mark.parametrize(
    ("phone", "kept"),
    [
        ("1-619-555-0142, ask for Chris", None),
        ("+1    (619)    555  -  0142", "+16195550142"),
        (" call me ", "call me"),
        (None, None),
    ],
)
def test_a_phone_fits_into_its_column(phone, kept):
    assert newcomers(replace(CHRIS, phone=phone))[0][0].phone == kept


def test_a_salesperson_whom_nobody_joined_is_left_to_be_joined():
    seller = replace(CHRIS, roles=(SALES,))
    (newcomer,), _ = newcomers(seller, SalesPerson(1, "chris jordan"))
    assert (newcomer.employed, newcomer.sells) == (True, False)
    (newcomer,), _ = newcomers(seller, SalesPerson(1, "C. J.", "619-555-0142"))
    assert not newcomer.sells


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Chris Jordan", ("Chris", "Jordan")),
        (" María  de la Cruz ", ("María", "de la Cruz")),
        ("Cher", ("Cher", "")),
        ("A " + "b" * 40 + " " + "c" * 40, ("A " + "b" * 40, "c" * 40)),
        ("", None),
        ("x" * 51, None),
        ("a " + "b" * 51, None),
    ],
)
def test_a_name_is_split_so_that_both_parts_fit(name, parts):
    assert split_name(name) == parts


def test_a_name_that_does_not_fit_is_set_aside():
    assert newcomers(replace(CHRIS, name="x" * 51)) == ((), (SetAside(7, "name"),))


@given(st.text(st.sampled_from("aá  '\u00a0"), max_size=110))
def test_both_parts_together_are_the_name(name):
    parts = split_name(name)
    if parts is None:
        assert not name.strip() or max(map(len, name.split())) > 20 or len(name) > 50
    else:
        assert fold(" ".join(parts)) == fold(name)
        assert 0 < len(parts[0]) <= 50
        assert len(parts[1]) <= 50
        assert len(" ".join(parts)) <= 100


def test_missing_branches_are_made_once_each_by_their_tidy_name():
    assert Registry(People(), ROLES, BRANCHES).missing_branches() == ("San Diego",)


@given(companies(), st.lists(st.sampled_from([LEADER, MEMBER, SALES, MANAGER]), max_size=4))
def test_nobody_is_made_of_whom_any_evidence_points_at(company, roles):
    users = tuple(
        replace(user, roles=tuple(roles[: user.id]), name=user.name + " Q" * (user.id % 2))
        for user in company.users
    )
    people = replace(company, users=users)
    found, _ = Registry(people, ROLES, BRANCHES).newcomers()
    for newcomer in found:
        evidence = people.matching.evidence[newcomer.attic_tech_user_id]
        assert not (newcomer.employed and evidence.found)
        assert newcomer.employed or newcomer.account
    ids = [newcomer.attic_tech_user_id for newcomer in found]
    assert len(ids) == len(set(ids))
    emails = [fold(newcomer.email) for newcomer in found if newcomer.email]
    assert len(emails) == len({*emails})
    assert not {*emails} & {fold(e.email or "") for e in people.employees}
