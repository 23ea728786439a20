"""Who is speaking: DOMAIN's identity rule over plain rows."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.people.identity import Identity, Role, Row, Standing, identify

ME = 500


def employee(**more) -> Row:
    return replace(
        Row("employee", 9, "Chris Jordan", str(ME), employee_id=9, role="crew_leader"), **more
    )


def crew(**more) -> Row:
    return replace(Row("crew_member", 3, "C. Jordan", None, 9, "crew_member"), **more)


def seller(**more) -> Row:
    return replace(Row("sales_person", 4, "Sam Lee", str(ME), None, "salesperson"), **more)


def manager(**more) -> Row:
    return replace(
        Row("user", 6, None, str(ME), role="Operation  Manager ", branches=(2, 1)), **more
    )


def attic_user(**more) -> Row:
    return replace(Row("attic_user", 70, "Chris J", None, 9, "crew_leader"), **more)


def standing(*rows: Row, **more) -> Standing:
    return identify(ME, rows, **more).standing


def test_all_rows_of_a_person_make_one_identity():
    assert identify(ME, [manager(), attic_user(), crew(), employee(), seller()]) == Identity(
        telegram_id=ME,
        standing=Standing.KNOWN,
        roles=frozenset({Role.MANAGER, Role.CREW_LEADER, Role.CREW_MEMBER, Role.SALESPERSON}),
        name="Chris Jordan",
        employee_id=9,
        crew_member_ids=(3,),
        sales_person_ids=(4,),
        user_ids=(6,),
        attic_user_ids=(70,),
        branch_ids=(1, 2),
    )


def test_nobody_is_a_stranger():
    assert identify(ME, []) == Identity(ME)


@pytest.mark.parametrize(
    ("rows", "roles"),
    [
        ([employee(role=None), crew(role="crew_leader")], {Role.CREW_LEADER}),
        ([employee(role=None), attic_user()], {Role.CREW_LEADER}),
        ([employee(role=None), attic_user(role=None)], set()),
        ([employee(role="corporate")], set()),
        ([crew(telegram_id=str(ME), employee_id=None)], {Role.CREW_MEMBER}),
        ([seller()], {Role.SALESPERSON}),
        ([manager()], {Role.MANAGER}),
    ],
)
def test_a_role_comes_from_any_of_the_rows(rows, roles):
    found = identify(ME, rows)
    assert (found.standing, found.roles) == (Standing.KNOWN, roles)


def test_a_user_of_botzilla_without_the_managers_role_is_nobody_here():
    assert identify(ME, [manager(role="admin")]) == Identity(ME)


@pytest.mark.parametrize("status", ["inactive", "rejected", "deleted"])
def test_a_leaver_is_a_stranger_whatever_else_he_is(status):
    left = identify(ME, [employee(status=status), manager(), seller()], operators=[ME])
    assert left == Identity(ME, Standing.LEFT, name="Chris Jordan")


def test_a_salesperson_who_is_not_active_is_a_stranger():
    assert standing(employee(), seller(employee_id=9, status="inactive")) is Standing.LEFT


def test_somebody_blocked_in_attic_tech_is_a_stranger():
    assert standing(employee(), attic_user(status="blocked")) is Standing.LEFT
    other = attic_user(id=71)
    assert standing(employee(), attic_user(status="blocked"), other) is Standing.KNOWN


def test_somebody_pending_waits_for_approval():
    waiting = identify(ME, [employee(status="pending"), manager()])
    assert waiting.waiting_for_approval
    assert waiting.roles == frozenset()
    assert standing(employee(status="pending"), seller(status="inactive")) is Standing.LEFT


def test_two_employees_under_one_id_are_refused():
    assert standing(employee(), employee(id=10, employee_id=10, telegram_id=None)) is (
        Standing.IN_DOUBT
    )


def test_an_old_id_on_a_joined_row_opens_nothing():
    theirs = employee(telegram_id="501")
    assert standing(theirs, crew(telegram_id=str(ME))) is Standing.IN_DOUBT


def test_where_his_rows_disagree_only_the_id_that_wins_opens_anything():
    """DOMAIN would widen to both: employee.telegram_id wins, and what disagrees is reported."""
    old = crew(telegram_id="501")
    assert standing(employee(), old) is Standing.KNOWN
    assert identify(501, [employee(), old]) == Identity(501, Standing.IN_DOUBT, name="Chris Jordan")
    # Without an id of the employee's own: the crew before the sales, leaders before others.
    nameless = employee(telegram_id="@chris")
    leads = crew(id=8, telegram_id="502", role="crew_leader")
    sells = seller(telegram_id="503", employee_id=9)
    for id, known in ((502, True), (501, False), (503, False)):
        found = identify(id, [sells, old, leads, nameless]).standing
        assert (found is Standing.KNOWN) == known


def test_an_id_that_is_no_number_says_nothing_against_a_joined_row():
    nameless = employee(telegram_id="@chris")
    assert standing(nameless, crew(telegram_id=str(ME))) is Standing.KNOWN


def test_an_operator_needs_no_row():
    assert identify(ME, [], operators=[1, ME]).roles == {Role.OPERATOR}


def test_managers_operate_where_no_operator_can_be_reached():
    operating = identify(ME, [manager()], operators=[1], managers_operate=True)
    assert operating.roles == {Role.MANAGER, Role.OPERATOR}
    assert identify(ME, [manager()], operators=[1]).roles == {Role.MANAGER}
    assert identify(ME, [seller()], managers_operate=True).roles == {Role.SALESPERSON}


statuses = st.sampled_from(["active", "active", "pending", "inactive", "rejected", "deleted"])
telegram_ids = st.sampled_from([None, str(ME), "501", "@chris", "0"])
rows = st.one_of(
    st.builds(employee, status=statuses, telegram_id=telegram_ids, role=st.none()),
    st.builds(employee, id=st.just(10), employee_id=st.just(10), status=statuses),
    st.builds(crew, employee_id=st.sampled_from([None, 9, 10])),
    st.builds(seller, status=st.sampled_from(["active", "inactive"])),
    st.builds(manager, role=st.sampled_from(["operation manager", "admin", None])),
    st.builds(attic_user, status=st.sampled_from(["active", "blocked"])),
)


@given(st.lists(rows, max_size=6, unique_by=lambda row: (row.source, row.id)), st.booleans())
def test_who_is_refused_holds_nothing(people, operates):
    found = identify(ME, people, operators=[ME] if operates else [])
    gone = {"inactive", "rejected", "deleted", "pending"}
    if any(row.status in gone for row in people) or (
        sum(row.source == "employee" for row in people) > 1
    ):
        assert found.standing not in (Standing.KNOWN, Standing.STRANGER)
    if found.standing is not Standing.KNOWN:
        assert found == Identity(ME, found.standing, name=found.name)
    if Role.OPERATOR in found.roles:
        assert operates


@given(st.permutations([employee(), crew(), seller(), manager(), attic_user()]))
def test_the_order_of_rows_does_not_matter(people):
    assert identify(ME, people) == identify(ME, people[::-1])
