"""Which rows are one person: only what is certain on both sides, and contradicted by nothing."""

from collections import Counter

import pytest
from hypothesis import given

from sync.people.linkage import Against, Join, Named, Verdict, plan_joins
from sync.people.people import People
from sync.people.rows import AtticUser, CrewMember, Employee, SalesPerson
from tests.unit.rules.test_people import companies


def people(*rows: Employee | CrewMember | SalesPerson | AtticUser) -> People:
    return People(
        tuple(r for r in rows if isinstance(r, Employee)),
        tuple(r for r in rows if isinstance(r, CrewMember)),
        tuple(r for r in rows if isinstance(r, SalesPerson)),
        tuple(r for r in rows if isinstance(r, AtticUser)),
    )


def verdict(*rows: Employee | CrewMember | SalesPerson | AtticUser) -> tuple:
    """Of the only row that is not joined: verdict, whom it could be joined to, evidence, no."""
    plan = plan_joins(people(*rows))
    (join,) = plan.crew_members or plan.sales_people or plan.employees
    candidates = tuple(one.id for one in join.candidates)
    return join.verdict, candidates, join.evidence, join.against


CHRIS = Employee(1, "Chris Jordan", "chris@x.example", "6195550142", "11", attic_tech_user_id=7)
SAME = "c. j."


def test_a_plan_says_all_that_is_known():
    chris = Employee(1, "Chris Jordan", "chris@x.example")
    plan = plan_joins(
        people(
            chris,
            CrewMember(2, "chris jordan", telegram_id="@chris"),
            SalesPerson(3, "Sam Lee"),
            AtticUser(7, "Chris Jordan", "chris@x.example"),
        )
    )
    employee = Named("employee", 1, "Chris Jordan")
    certain = Join(Named("crew_member", 2, "chris jordan"), Verdict.CERTAIN, (employee,), ("name",))
    user = Join(
        employee, Verdict.CERTAIN, (Named("attic_user", 7, "Chris Jordan"),), ("email", "name")
    )
    assert plan.crew_members == (certain,)
    assert plan.sales_people == (Join(Named("sales_person", 3, "Sam Lee"), Verdict.NOBODY),)
    assert plan.employees == (user,)
    assert plan.certain == (certain, user)


@pytest.mark.parametrize(
    ("row", "evidence"),
    [
        (CrewMember(2, SAME, telegram_id=" 11 "), ("telegram_id",)),
        (CrewMember(2, SAME, email="CHRIS@x.example "), ("email",)),
        (SalesPerson(2, SAME, "+1 (619) 555-0142"), ("phone",)),
        (SalesPerson(2, "CHRIS  Jordan"), ("name",)),
        (CrewMember(2, "Chris Jordan", "6195550142", "11"), ("telegram_id", "phone", "name")),
    ],
)
def test_every_kind_of_evidence_counts_by_itself(row, evidence):
    assert verdict(CHRIS, row) == (Verdict.CERTAIN, (1,), evidence, None)


@pytest.mark.parametrize("name", ["Chris", "Jordan", "Christopher Jordan", ""])
def test_a_part_of_a_name_is_no_evidence(name):
    assert verdict(CHRIS, CrewMember(2, name)) == (Verdict.NOBODY, (), (), None)


@pytest.mark.parametrize(
    ("row", "evidence", "against"),
    [
        (CrewMember(2, "Chris Jordan", telegram_id="12"), ("name",), Against.TELEGRAM_ID),
        (CrewMember(2, "Chris Jordan", "6195550100"), ("name",), Against.PHONE),
        (CrewMember(2, SAME, "6195550100", "11"), ("telegram_id",), Against.PHONE),
        (SalesPerson(2, SAME, "6195550142", "12"), ("phone",), Against.TELEGRAM_ID),
    ],
)
def test_another_phone_or_telegram_id_says_no(row, evidence, against):
    assert verdict(CHRIS, row) == (Verdict.CONTRADICTED, (1,), evidence, against)


def test_what_is_no_number_says_neither_yes_nor_no():
    row = CrewMember(2, "Chris Jordan", "call me", "@chris")
    assert verdict(CHRIS, row) == (Verdict.CERTAIN, (1,), ("name",), None)
    chris, other = Employee(1, "A B", telegram_id="@c"), CrewMember(2, "C D", telegram_id="@c")
    assert verdict(Employee(9, "E", attic_tech_user_id=1), other)[0] is Verdict.NOBODY
    assert plan_joins(people(chris, other)).crew_members[0].verdict is Verdict.NOBODY


def test_evidence_that_points_at_two_is_in_doubt_with_both():
    phone_of_another = Employee(2, "Ann Fox", phone="6195550100", attic_tech_user_id=8)
    row = CrewMember(2, "Ann Fox", "6195550142")
    # Her phone is his: the phone says Chris, and the Ann of that name has another one.
    assert verdict(CHRIS, phone_of_another, row)[:2] == (Verdict.CERTAIN, (1,))
    namesake = Employee(2, "Ann Fox", attic_tech_user_id=8)
    assert verdict(CHRIS, namesake, row)[:2] == (Verdict.AMBIGUOUS, (1, 2))


def test_namesakes_are_told_apart_by_their_phones():
    other = Employee(2, "Chris Jordan", phone="6195550100", attic_tech_user_id=8)
    assert verdict(CHRIS, other, CrewMember(2, "Chris Jordan"))[:2] == (Verdict.AMBIGUOUS, (1, 2))
    row = CrewMember(2, "Chris Jordan", "619 555 0100")
    assert verdict(CHRIS, other, row) == (Verdict.CERTAIN, (2,), ("phone", "name"), None)
    third = CrewMember(2, "Chris Jordan", "6195550199")
    assert verdict(CHRIS, other, third)[0] is Verdict.CONTRADICTED


def test_a_row_that_must_be_somebody_else_stands_in_nobodys_way():
    rows = (
        CrewMember(2, "Chris Jordan", "6195550142"),
        CrewMember(3, "Chris Jordan", "6195550199"),
    )
    plan = plan_joins(people(CHRIS, *rows))
    verdicts = [join.verdict for join in plan.crew_members]
    assert verdicts == [Verdict.CERTAIN, Verdict.CONTRADICTED]


def test_two_rows_cannot_both_be_the_one_employee():
    rows = (CrewMember(2, "Chris Jordan"), CrewMember(3, SAME, "6195550142"))
    plan = plan_joins(people(CHRIS, *rows))
    assert [join.verdict for join in plan.crew_members] == [Verdict.AMBIGUOUS] * 2
    assert plan.crew_members[0].rivals == (Named("crew_member", 3, SAME),)


def test_who_is_joined_already_is_a_rival():
    plan = plan_joins(
        people(CHRIS, CrewMember(2, SAME, employee_id=1), CrewMember(3, "Chris Jordan"))
    )
    (join,) = plan.crew_members
    assert (join.verdict, join.rivals) == (Verdict.AMBIGUOUS, (Named("crew_member", 2, SAME),))


def test_a_crew_member_and_a_salesperson_can_be_the_same_employee():
    plan = plan_joins(people(CHRIS, CrewMember(2, "Chris Jordan"), SalesPerson(2, "Chris Jordan")))
    assert len(plan.certain) == 2


def test_a_leaver_is_joined_to_his_rows_so_that_they_open_nothing():
    left = Employee(1, "Chris Jordan", status="inactive", attic_tech_user_id=7)
    assert verdict(left, CrewMember(2, "Chris Jordan"))[0] is Verdict.CERTAIN
    back = Employee(2, "Chris Jordan", attic_tech_user_id=8)
    assert verdict(left, back, CrewMember(2, "Chris Jordan"))[0] is Verdict.AMBIGUOUS


UNKNOWN = Employee(1, "Chris Jordan", "chris@x.example", "6195550142")


@pytest.mark.parametrize(
    ("user", "found"),
    [
        (AtticUser(7, SAME, "Chris@x.example"), (Verdict.CERTAIN, (7,), ("email",), None)),
        (AtticUser(7, SAME, None, "619.555.0142"), (Verdict.CERTAIN, (7,), ("phone",), None)),
        (AtticUser(7, "chris jordan"), (Verdict.CERTAIN, (7,), ("name",), None)),
        (AtticUser(7, "Chris"), (Verdict.NOBODY, (), (), None)),
        (AtticUser(7, "Chris Jordan", gone=True), (Verdict.NOBODY, (), (), None)),
        (AtticUser(7, "Chris Jordan", visible=False), (Verdict.NOBODY, (), (), None)),
        (
            AtticUser(7, SAME, "chris@x.example", "6195550100"),
            (Verdict.CONTRADICTED, (7,), ("email",), Against.PHONE),
        ),
        (
            AtticUser(7, "Chris Jordan", "chris@x.example", blocked=True),
            (Verdict.CONTRADICTED, (7,), ("email", "name"), Against.BLOCKED),
        ),
    ],
)
def test_an_employee_finds_his_user_in_attic_tech(user, found):
    assert verdict(UNKNOWN, user) == found


def test_a_user_whom_somebody_is_known_to_be_is_nobody_elses():
    assert verdict(CHRIS, Employee(2, "Chris Jordan"), AtticUser(7, "Chris Jordan")) == (
        (Verdict.NOBODY, (), (), None)
    )


def test_employees_who_left_get_no_user():
    left = Employee(1, "Chris Jordan", status="rejected")
    assert verdict(left, AtticUser(7, "Chris Jordan"))[3] is Against.LEFT


def test_an_old_account_that_is_blocked_does_not_stand_in_the_new_ones_way():
    users = AtticUser(6, "Chris Jordan", blocked=True), AtticUser(7, "Chris Jordan")
    assert verdict(UNKNOWN, *users)[:2] == (Verdict.CERTAIN, (7,))


def test_a_namesake_among_the_crew_leaves_the_user_in_doubt():
    crew = CrewMember(2, "Chris Jordan", "6195550100")
    (join,) = plan_joins(people(UNKNOWN, crew, AtticUser(7, "Chris Jordan"))).employees
    assert (join.verdict, join.against) == (Verdict.CONTRADICTED, Against.NAMESAKE)


@given(companies())
def test_nobody_is_joined_twice_and_nothing_that_is_joined_is_planned(company):
    plan = plan_joins(company)
    for joins, rows in ((plan.crew_members, company.crew_members),):
        unjoined = [row.id for row in rows if row.employee_id is None]
        assert [join.row.id for join in joins] == unjoined
    for source in ("crew_member", "sales_person", "employee"):
        certain = [join for join in plan.certain if join.row.source == source]
        assert max(Counter(join.candidates for join in certain).values(), default=1) == 1
        assert all(len(join.candidates) == 1 and not join.rivals for join in certain)


@given(companies())
def test_a_user_is_never_joined_to_an_employee_whom_his_jobs_would_not_find(company):
    for join in plan_joins(company).employees:
        if join.verdict is Verdict.CERTAIN:
            user = join.candidates[0].id
            assert company.matches[user].employee_id == join.row.id
            assert company.matches[user].evidence != "attic_tech_user_id"
