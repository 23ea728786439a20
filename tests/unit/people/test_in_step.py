"""The rows of one person in step: whichever differs from what they last agreed on was changed."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.people.in_step import (
    Account,
    Agreement,
    Change,
    Column,
    Keeping,
    Merged,
    Step,
    compared,
    merge,
)
from sync.people.people import People
from sync.people.rows import CrewMember, Employee, SalesPerson
from tests.unit.rules.test_people import companies

E, C, S = "employee:1", "crew_member:2", "sales_person:3"
ALL = frozenset({E, C, S})
DISAGREE = Merged(disagree=True)


def of(e=None, c=None, s=None) -> dict[str, str | None]:
    return {E: e, C: c, S: s}


@pytest.mark.parametrize(
    ("rows", "agreed", "emptied_counts", "merged"),
    [
        # The first time: the others are filled, and who disagrees is left alone.
        (of("11"), Agreement(), True, Merged("11")),
        (of(None, "11"), Agreement(), True, Merged("11")),
        (of("11", "11", None), Agreement(), True, Merged("11")),
        (of("11", "12"), Agreement(), True, DISAGREE),
        (of(), Agreement(), True, Merged()),
        # Whichever row differs was changed.
        (of("11", "12", "11"), Agreement("11", ALL), True, Merged("12")),
        (of("12", "11", "11"), Agreement("11", ALL), True, Merged("12")),
        (of("12", "12", "11"), Agreement("11", ALL), True, Merged("12")),
        (of("12", "13", "11"), Agreement("11", ALL), True, DISAGREE),
        (of(None, "12", None), Agreement(None, ALL), True, Merged("12")),
        # A Telegram id that was taken out of one row is taken out of all; a phone is filled again.
        (of(None, "11", "11"), Agreement("11", ALL), True, Merged(None)),
        (of(None, "11", "11"), Agreement("11", ALL), False, Merged("11")),
        (of(None, "12", "11"), Agreement("11", ALL), True, Merged("12")),
        (of(), Agreement("11", ALL), False, Merged(None)),
        # A row that is new to the person was not changed: it is filled, or it disagrees.
        (of("11", None, "11"), Agreement("11", ALL - {C}), True, Merged("11")),
        (of("11", "12", "11"), Agreement("11", ALL - {C}), True, DISAGREE),
        (of("12", "12", "11"), Agreement("11", ALL - {C}), True, Merged("12")),
        (of(None, "12", None), Agreement(None, ALL - {C}), True, Merged("12")),
        (of(None, "11", "11"), Agreement("11", frozenset({E})), True, Merged(None)),
        # The row that bore the value is gone.
        ({E: None}, Agreement("11", frozenset({C})), True, Merged(None)),
    ],
)
def test_a_merge_is_three_way(rows, agreed, emptied_counts, merged):
    assert merge(rows, agreed, emptied_counts=emptied_counts) == merged


values = st.sampled_from([None, None, "11", "12", "13"])
some_rows = st.dictionaries(st.sampled_from(["a", "b", "c", "d"]), values)
agreements = st.builds(
    Agreement, values, st.frozensets(st.sampled_from(["a", "b", "c", "d"]), max_size=4)
)


@given(some_rows, agreements, st.booleans())
def test_a_merge_invents_nothing_and_settles_at_once(rows, agreed, emptied_counts):
    merged = merge(rows, agreed, emptied_counts=emptied_counts)
    if merged.disagree:
        assert merged.value is None
        assert len(set(rows.values()) - {None}) > 1
        return
    assert merged.value in (None, *rows.values())
    settled = dict.fromkeys(rows, merged.value)
    again = merge(settled, Agreement(merged.value, frozenset(rows)), emptied_counts=emptied_counts)
    assert again == merged


@given(some_rows, agreements)
def test_what_is_only_empty_is_filled_and_never_emptied(rows, agreed):
    merged = merge(rows, agreed)
    if not merged.disagree and set(rows.values()) - {None}:
        assert merged.value is not None


CHRIS = Employee(1, "Chris Jordan", "chris@x.example", "619 555 0142", "11")


def steps(*rows, agreed=None, accounts=()) -> tuple[Step, ...]:
    people = People(
        tuple(r for r in rows if isinstance(r, Employee)),
        tuple(r for r in rows if isinstance(r, CrewMember)),
        tuple(r for r in rows if isinstance(r, SalesPerson)),
    )
    return Keeping(people, agreed or {}, accounts).steps()


def changes(*rows, **more) -> dict[str, dict[Column, Change]]:
    return {
        key: dict(change) for step in steps(*rows, **more) for key, change in step.changes.items()
    }


def agreed_on(telegram_id: str | None, *rows: str) -> dict:
    return {1: {Column.TELEGRAM_ID: Agreement(telegram_id, frozenset(rows))}}


def test_a_step_says_what_is_written_and_what_is_agreed_from_now_on():
    assert steps(CHRIS, CrewMember(2, "C", None, " ", employee_id=1)) == (
        Step(
            1,
            {
                C: {
                    Column.TELEGRAM_ID: Change(" ", "11"),
                    Column.PHONE: Change(None, "619 555 0142"),
                }
            },
            {
                Column.TELEGRAM_ID: Agreement("11", frozenset({E, C})),
                Column.PHONE: Agreement("+16195550142", frozenset({E, C})),
                Column.EMAIL: Agreement("chris@x.example", frozenset({E})),
            },
        ),
    )


def test_who_has_one_row_only_is_left_alone():
    assert steps(CHRIS, CrewMember(2, "Chris Jordan")) == ()


def test_spaces_and_formats_are_no_difference():
    crew = CrewMember(2, "C", "+1 (619) 555-0142", " 11\n", employee_id=1)
    assert changes(CHRIS, crew) == {}


@pytest.mark.parametrize("text", ["@chris", "0", "11a", "chris"])
def test_what_is_no_number_is_neither_copied_nor_written_over(text):
    assert changes(replace(CHRIS, telegram_id=text), CrewMember(2, "C", employee_id=1)) == {
        C: {Column.PHONE: Change(None, "619 555 0142")}
    }
    crew = CrewMember(2, "C", "ask Ann", text, employee_id=1)
    assert changes(CHRIS, crew, SalesPerson(3, "C", employee_id=1)) == {
        S: {
            Column.TELEGRAM_ID: Change(None, "11"),
            Column.PHONE: Change(None, "619 555 0142"),
        }
    }


@pytest.mark.parametrize(
    "holder",
    [
        Employee(9, "Ann Fox", telegram_id=" 12"),
        CrewMember(9, "Ann Fox", telegram_id="12", employee_id=8),
        SalesPerson(9, "Ann Fox", telegram_id="12 "),
    ],
)
def test_an_id_that_somebody_else_holds_is_never_taken_over(holder):
    crew = CrewMember(2, "C", "6195550142", "12", employee_id=1)
    agreed = agreed_on("11", E, C)
    assert changes(CHRIS, crew, agreed=agreed)[E] == {Column.TELEGRAM_ID: Change("11", "12")}
    rows = (CHRIS, crew, holder, Employee(8, "Ann Fox"))
    assert E not in changes(*rows, agreed=agreed)
    assert C not in changes(*rows, agreed=agreed)


def test_a_row_of_his_that_nobody_joined_is_nobody_else():
    crew = CrewMember(2, "C", "6195550142", "12", employee_id=1)
    own = SalesPerson(9, "chris  jordan", telegram_id="12")
    assert changes(CHRIS, crew, own, agreed=agreed_on("11", E, C)) == {
        E: {Column.TELEGRAM_ID: Change("11", "12")}
    }


def test_an_email_is_kept_where_both_have_the_column_and_never_taken_from_another():
    crew = CrewMember(2, "C", "6195550142", "11", employee_id=1, email="New@x.example")
    with_column = replace(crew, has_email=True)
    agreed = {1: {Column.EMAIL: Agreement("chris@x.example", frozenset({E, C}))}}
    assert changes(CHRIS, crew, agreed=agreed) == {}
    change = Change("chris@x.example", "New@x.example")
    assert changes(CHRIS, with_column, agreed=agreed) == {E: {Column.EMAIL: change}}
    other = Employee(9, "Ann Fox", "new@X.example")
    assert changes(CHRIS, with_column, other, agreed=agreed) == {}


def test_what_does_not_fit_is_not_written():
    long = "+1 (619) 555-0142    "
    crew = CrewMember(2, "C", long[:-4] + " ext 7", "11", employee_id=1)
    assert changes(replace(CHRIS, phone=None), crew) == {}
    assert changes(replace(CHRIS, phone=None), replace(crew, phone=long)) == {
        E: {Column.PHONE: Change(None, "+1 (619) 555-0142")}
    }


def test_the_account_of_a_manager_who_was_made_here_follows_his_link():
    account = Account(5, 1)
    assert changes(CHRIS, accounts=(account,)) == {
        "user:5": {Column.TELEGRAM_ID: Change(None, "11")}
    }


def applied(people: People, plan: tuple[Step, ...]) -> People:
    def after(source, row):
        for step in plan:
            for column, change in step.changes.get(f"{source}:{row.id}", {}).items():
                row = replace(row, **{column.value: change.text})
        return row

    return replace(
        people,
        employees=tuple(after("employee", e) for e in people.employees),
        crew_members=tuple(after("crew_member", c) for c in people.crew_members),
        sales_people=tuple(after("sales_person", s) for s in people.sales_people),
    )


def borne(people: People, column: Column) -> dict[str | None, set[int]]:
    """Whose (joined employees) each value is."""
    found: dict[str | None, set[int]] = {}
    rows = (
        *((e, e.id) for e in people.employees),
        *((row, row.employee_id) for row in (*people.crew_members, *people.sales_people)),
    )
    for row, owner in rows:
        if owner is not None:
            found.setdefault(compared(column, getattr(row, column.value)), set()).add(owner)
    return found


@given(companies(), companies())
def test_everybody_is_in_step_at_once_and_nobody_gets_what_is_anothers(company, later):
    first = Keeping(company, {}).steps()
    settled = applied(company, first)
    agreed = {step.employee_id: step.agreed for step in first}
    assert Keeping(settled, agreed).steps() == ()
    # Somebody changes rows beside us: any rows, to anything.
    changed = replace(
        settled,
        crew_members=tuple(
            replace(row, telegram_id=other.telegram_id, phone=other.phone)
            for row, other in zip(settled.crew_members, later.crew_members, strict=False)
        ),
    )
    second = Keeping(changed, agreed).steps()
    after = applied(changed, second)
    for column in (Column.TELEGRAM_ID, Column.PHONE):
        before, now = borne(changed, column), borne(after, column)
        for value, owners in now.items():
            if value is not None:
                assert owners <= before.get(value, set())  # nothing invented, nothing taken
    # What one gives up is free for another in the next step only.
    for _ in company.employees:
        agreed |= {step.employee_id: step.agreed for step in second}
        second = Keeping(after, agreed).steps()
        after = applied(after, second)
    assert second == ()


@given(companies())
def test_what_cannot_be_kept_in_step_is_reported(company):
    plan = Keeping(company, {}).steps()
    after = applied(company, plan)
    for employee in after.employees:
        rows = [
            row
            for row in (*after.crew_members, *after.sales_people)
            if row.employee_id == employee.id
        ]
        ids = {
            d for row in (employee, *rows) if (d := compared(Column.TELEGRAM_ID, row.telegram_id))
        }
        if len(ids) > 1:
            assert any("different telegram_id" in str(problem) for problem in after.problems())
