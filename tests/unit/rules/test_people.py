"""Who is behind an Attic Tech user: evidence in order, whole names, and never a guess."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.model.alerts import Reason
from sync.model.states import fold
from sync.people.people import People
from sync.people.rows import (
    AtticUser,
    CrewMember,
    Employee,
    Person,
    SalesPerson,
    digits,
    e164,
)


def person_of(
    user: AtticUser, *rows: Employee | CrewMember | SalesPerson, **more: object
) -> Person:
    people = People(
        employees=tuple(r for r in rows if isinstance(r, Employee)),
        crew_members=tuple(r for r in rows if isinstance(r, CrewMember)),
        sales_people=tuple(r for r in rows if isinstance(r, SalesPerson)),
        users=(user, *more.get("others", ())),  # type: ignore[misc]
        refusals=more.get("refusals", {}),  # type: ignore[arg-type]
    )
    return people.matches[user.id]


CHRIS = AtticUser(7, "Chris Jordan", "Chris@Attic.example", "(619) 555-0142")


def test_the_id_wins_over_email_phone_and_name() -> None:
    by_id = Employee(1, "Somebody Else", telegram_id="11", attic_tech_user_id=7)
    by_email = Employee(2, "Chris Jordan", email="chris@attic.example", telegram_id="12")
    found = person_of(CHRIS, by_email, by_id)
    assert (found.employee_id, found.evidence, found.telegram_id) == (1, "attic_tech_user_id", "11")


def test_email_is_compared_folded_and_wins_over_phone() -> None:
    by_phone = Employee(1, "A B", phone="+1 619 555 0142", telegram_id="11")
    by_email = Employee(2, "C D", email=" CHRIS@attic.example ", telegram_id="12")
    found = person_of(CHRIS, by_phone, by_email)
    assert (found.employee_id, found.evidence) == (2, "email")


@pytest.mark.parametrize("phone", ["6195550142", "1-619-555-0142", "+1 (619) 555.0142"])
def test_phones_come_in_every_format(phone: str) -> None:
    found = person_of(CHRIS, Employee(1, "A B", phone=phone, telegram_id="11"))
    assert (found.evidence, found.reason) == ("phone", None)


@pytest.mark.parametrize(
    "phone",
    [
        *("555-0142", "n/a 5550142", "+1 555 0142"),  # of any area code
        *("(000) 000-0000", "999 999 9999", "+52 55 5555 5555", "+1 000 000 0000"),
        *("123 456 7890", "234-567-8901", "987-654-3210"),
        *("119-555-0142", "619-055-0142", "619-155-0142", "911"),
    ],
)
def test_a_number_that_is_incomplete_or_a_filler_is_no_evidence(phone: str) -> None:
    user = AtticUser(7, "Chris Jordan", phone=phone)
    other = person_of(user, Employee(1, "Pat Doe", phone=phone, telegram_id="11"))
    assert other.reason is Reason.NOT_IN_DATABASE
    # Nor does it contradict: it is no phone at all.
    rows = Employee(1, "Chris Jordan", phone=phone), CrewMember(2, "Chris Jordan", "6195550142")
    assert person_of(user, *rows).crew_member_id == 2


@pytest.mark.parametrize("phone", ["619-222-2222", "+34 600 000 000", "+52 664 123 4567"])
def test_a_complete_number_is_evidence_wherever_it_is_from(phone: str) -> None:
    user = AtticUser(7, "Chris Jordan", phone=phone)
    assert person_of(user, Employee(1, "C J", phone=phone, telegram_id="11")).reason is None


def test_13_a_part_of_a_name_is_no_name() -> None:
    user = AtticUser(7, "Chris")
    others = (Employee(1, "Christopher", telegram_id="11"), Employee(2, "Chris Jordan"))
    assert person_of(user, *others).reason is Reason.NOT_IN_DATABASE


def test_two_of_one_name_are_in_doubt_and_named() -> None:
    rows = (
        Employee(1, "Chris  Jordan", telegram_id="11"),
        CrewMember(2, "chris jordan", "6195550100"),
    )
    user = AtticUser(7, "Chris Jordan")
    same = person_of(user, *rows)
    assert (same.employee_id, same.crew_member_id, same.telegram_id) == (1, 2, "11")
    other = person_of(user, Employee(1, "Chris Jordan", "a@b.c", "6195550101", "11"), rows[1])
    assert (other.reason, other.telegram_id) == (Reason.AMBIGUOUS, None)
    assert other.candidates == ("Chris Jordan", "chris jordan")


def test_a_namesake_with_another_telegram_id_is_a_second_match() -> None:
    rows = (
        Employee(1, "Chris Jordan", telegram_id="11"),
        CrewMember(2, "Chris Jordan", None, "22"),
    )
    assert person_of(AtticUser(7, "Chris Jordan"), *rows).reason is Reason.AMBIGUOUS


def test_a_crew_member_without_employee_can_be_found_and_used() -> None:
    found = person_of(AtticUser(7, "Chris Jordan"), CrewMember(2, "CHRIS JORDAN", None, " 22 "))
    assert (found.crew_member_id, found.telegram_id, found.reason) == (2, "22", None)


def test_an_unjoined_namesakes_telegram_id_needs_the_same_phone() -> None:
    employee = Employee(1, "Chris Jordan", phone="6195550142")
    strange = CrewMember(2, "Chris Jordan", None, "22")
    same = CrewMember(2, "Chris Jordan", "+16195550142", "22")
    assert person_of(AtticUser(7, "Chris Jordan"), employee, strange).reason is Reason.NO_TELEGRAM
    assert person_of(AtticUser(7, "Chris Jordan"), employee, same).telegram_id == "22"


def test_the_employees_telegram_id_wins_and_a_disagreement_is_reported() -> None:
    people = People(
        (Employee(1, "Chris Jordan", telegram_id="11"),),
        (CrewMember(2, "Chris Jordan", telegram_id="22", employee_id=1),),
        users=(AtticUser(7, "Chris Jordan"),),
    )
    assert (people.matches[7].telegram_id, people.matches[7].reason) == ("11", None)
    assert "employee 1 and crew_member 2: different telegram_id" in map(str, people.problems())


def test_two_users_of_attic_tech_with_one_name_cannot_both_be_him() -> None:
    user, twin = AtticUser(7, "Chris Jordan"), AtticUser(8, "chris jordan")
    found = person_of(user, Employee(1, "Chris Jordan", telegram_id="11"), others=(twin,))
    assert found.reason is Reason.AMBIGUOUS


def test_an_employee_known_to_be_another_user_is_not_him() -> None:
    found = person_of(CHRIS, Employee(1, "Chris Jordan", attic_tech_user_id=9, telegram_id="11"))
    assert found.reason is Reason.NOT_IN_DATABASE


@pytest.mark.parametrize(
    ("employee", "reason"),
    [
        (Employee(1, "C J", attic_tech_user_id=7, telegram_id="@chris"), Reason.NO_TELEGRAM),
        (Employee(1, "C J", attic_tech_user_id=7, telegram_id="0"), Reason.NO_TELEGRAM),
        (
            Employee(1, "C J", attic_tech_user_id=7, telegram_id="11", status="pending"),
            Reason.PENDING_APPROVAL,
        ),
        (
            Employee(1, "C J", attic_tech_user_id=7, telegram_id="11", status="rejected"),
            Reason.INACTIVE,
        ),
        (
            Employee(1, "C J", attic_tech_user_id=7, telegram_id="11", is_deleted=True),
            Reason.INACTIVE,
        ),
    ],
)
def test_every_reason_is_told_apart(employee: Employee, reason: Reason) -> None:
    assert person_of(CHRIS, employee).reason is reason


def test_blocked_in_attic_tech_and_a_refusing_chat_are_reasons() -> None:
    row = Employee(1, "C J", attic_tech_user_id=7, telegram_id="11")
    assert person_of(AtticUser(7, "C J", blocked=True), row).reason is Reason.BLOCKED_IN_ATTIC_TECH
    refused = person_of(CHRIS, row, refusals={"11": Reason.BOT_BLOCKED})
    assert (refused.reason, refused.telegram_id) == (Reason.BOT_BLOCKED, "11")


def test_an_id_of_two_employees_is_used_for_neither() -> None:
    people = People(
        (Employee(1, "A B", telegram_id="11", attic_tech_user_id=7), Employee(2, "C D")),
        (CrewMember(1, "C D", telegram_id="11", employee_id=2),),
        users=(CHRIS,),
    )
    assert people.standing("11") is Reason.AMBIGUOUS
    assert people.matches[7].reason is Reason.AMBIGUOUS
    assert [str(p) for p in people.problems()] == ["employees 1, 2: the same telegram_id"]


def test_a_leaver_under_any_row_of_an_id_makes_it_a_strangers() -> None:
    people = People(
        (Employee(1, "A B", status="inactive"),),
        (CrewMember(1, "A B", telegram_id="11", employee_id=1),),
        (SalesPerson(1, "S", telegram_id="12", is_active=False),),
    )
    assert people.standing("11") is Reason.INACTIVE
    assert people.standing("12") is Reason.INACTIVE
    assert people.standing("13") is None


def test_who_is_another_user_by_stronger_evidence_is_not_found_by_weaker() -> None:
    """A phone of the office, or two phones that were swapped, lead to nobody's neighbour."""
    ana = Employee(1, "Ana Núñez", "ana@x.example", "6195550142", "11")
    jose = Employee(2, "José Ruiz", telegram_id="12")
    people = People(
        (ana, jose),
        users=(
            AtticUser(7, "Ana Núñez", "ana@x.example"),
            AtticUser(8, "José Ruiz", phone="6195550142"),
            AtticUser(9, "Chris Jordan", phone="(619) 555-0142"),
        ),
    )
    found = {id: (p.employee_id, p.evidence, p.reason) for id, p in people.matches.items()}
    assert found == {
        7: (1, "email", None),
        8: (2, "name", None),
        9: (None, None, Reason.NOT_IN_DATABASE),
    }


def test_an_unjoined_row_of_somebody_known_leads_to_him_and_to_nobody_else() -> None:
    row = CrewMember(3, "Ana Núñez", "6195550142", "11")
    user = AtticUser(8, "A N", phone="6195550142")
    joined = person_of(user, Employee(1, "Ana Núñez"), row)
    assert (joined.employee_id, joined.crew_member_id, joined.telegram_id) == (1, 3, "11")
    left = person_of(user, Employee(1, "Ana Núñez", status="inactive"), row)
    assert (left.employee_id, left.reason) == (1, Reason.INACTIVE)
    known = person_of(
        user, Employee(1, "Ana Núñez", attic_tech_user_id=7), row, others=(AtticUser(7, "Ana N"),)
    )
    assert known.reason is Reason.NOT_IN_DATABASE
    twins = person_of(user, Employee(1, "Ana Núñez"), Employee(2, "Ana Núñez"), row)
    assert twins.reason is Reason.AMBIGUOUS


def test_two_rows_that_are_one_employees_are_not_two_users() -> None:
    people = People(
        (Employee(1, "Ana Núñez", telegram_id="11"),),
        (CrewMember(1, "Ana Núñez", "6195550142"), CrewMember(2, "Ana Núñez", "6195550143")),
        users=(AtticUser(7, "A", phone="6195550142"), AtticUser(8, "B", phone="6195550143")),
    )
    assert {p.reason for p in people.matches.values()} == {Reason.AMBIGUOUS}


def test_an_email_of_two_users_is_neithers() -> None:
    found = person_of(
        CHRIS,
        Employee(1, "A B", "chris@attic.example", telegram_id="11"),
        others=(AtticUser(8, "Pat Doe", "CHRIS@attic.example"),),
    )
    assert found.reason is Reason.AMBIGUOUS


@pytest.mark.parametrize(
    "other",
    [
        Employee(1, "Pat Doe", telegram_id="22"),
        CrewMember(3, "Pat Doe", telegram_id=" 22"),
        CrewMember(3, "Chris Jordan", "6195550143", "22"),
        SalesPerson(3, "Pat Doe", telegram_id="22"),
    ],
)
def test_an_unjoined_members_id_that_somebody_else_bears_is_not_used(
    other: Employee | CrewMember | SalesPerson,
) -> None:
    row = CrewMember(2, "Chris J", "6195550142", "22")
    assert person_of(CHRIS, row).reason is None
    assert person_of(CHRIS, row, SalesPerson(4, "chris j", None, "22")).reason is None
    assert person_of(CHRIS, row, other).reason is Reason.AMBIGUOUS


def test_an_id_that_a_joined_row_kept_from_before_is_in_doubt() -> None:
    people = People(
        (Employee(1, "Chris Jordan", telegram_id="11"),),
        (CrewMember(2, "Chris Jordan", telegram_id="22", employee_id=1),),
    )
    assert (people.standing("11"), people.standing("22")) == (None, Reason.AMBIGUOUS)


def test_without_an_id_of_the_employees_own_his_rows_have_an_order_too() -> None:
    people = People(
        (Employee(1, "Chris Jordan", telegram_id="@chris"),),
        (
            CrewMember(2, "Chris Jordan", telegram_id="22", employee_id=1),
            CrewMember(3, "Chris Jordan", telegram_id="33", employee_id=1, is_leader=True),
        ),
        (SalesPerson(4, "Chris Jordan", telegram_id="44", employee_id=1),),
    )
    standings = {id: people.standing(id) for id in ("22", "33", "44")}
    assert standings == {"22": Reason.AMBIGUOUS, "33": None, "44": Reason.AMBIGUOUS}


def test_a_second_row_that_sells_may_hold_the_id() -> None:
    found = person_of(
        CHRIS,
        Employee(1, "C J", "chris@attic.example"),
        SalesPerson(1, "C J", employee_id=1),
        SalesPerson(2, "C J", telegram_id="11", employee_id=1),
    )
    assert (found.telegram_id, found.sales_person_id) == ("11", 1)


def test_an_accent_is_the_same_however_it_is_written() -> None:
    decomposed = unicodedata.normalize("NFD", "Ana Núñez")
    found = person_of(AtticUser(7, decomposed), Employee(1, "Ana Núñez", telegram_id="11"))
    assert found.reason is None
    other = person_of(AtticUser(7, "Ana Nunez"), Employee(1, "Ana Núñez", telegram_id="11"))
    assert other.reason is Reason.NOT_IN_DATABASE


@pytest.mark.parametrize(
    ("text", "address"),
    [
        *(("11", "11"), (" 11\t\r\n", "11"), ("1" * 16, "1" * 16), ("1" * 17, None)),
        *(("\u00a011", None), ("\u0661", None), ("011", None), ("+11", None), (None, None)),
    ],
)
def test_an_address_is_what_the_statements_take_for_one_too(
    text: str | None, address: str | None
) -> None:
    assert digits(text) == address


NAMES = st.sampled_from(["Ana Núñez", "ana  núñez", "Ana Nunez", "Ana", "José Ruiz", "Jose Ruiz"])
PHONES = st.sampled_from([None, "6195550142", "+1 619 555 0142", "619-555-0143", "call me"])
EMAILS = st.sampled_from([None, "ana@x.example", "ANA@x.example ", "jose@x.example"])
IDS = st.sampled_from([None, "11", " 11", "12", "13", "@ana", "0", ""])


@st.composite
def companies(draw: st.DrawFn) -> People:
    """Homonyms, accents, swapped phones, shared e-mails, missing rows."""
    number = st.integers(0, 4)
    employees = tuple(
        Employee(
            i + 1,
            draw(NAMES),
            draw(EMAILS),
            draw(PHONES),
            draw(IDS),
            draw(st.sampled_from(["active", "active", "pending", "inactive"])),
            attic_tech_user_id=draw(st.sampled_from([None, None, i + 1])),
        )
        for i in range(draw(number))
    )
    employed = st.sampled_from([None, *(e.id for e in employees)])
    crew = tuple(
        CrewMember(i + 1, draw(NAMES), draw(PHONES), draw(IDS), employee_id=draw(employed))
        for i in range(draw(number))
    )
    sellers = tuple(
        SalesPerson(
            i + 1, draw(NAMES), draw(PHONES), draw(IDS), draw(st.booleans()), draw(employed)
        )
        for i in range(draw(st.integers(0, 2)))
    )
    users = tuple(
        AtticUser(i + 1, draw(NAMES), draw(EMAILS), draw(PHONES), blocked=draw(st.booleans()))
        for i in range(draw(number))
    )
    return People(employees, crew, sellers, users)


@given(companies())
def test_an_address_is_used_only_when_exactly_one_person_can_be_meant(people: People) -> None:
    for user in people.users:
        person = people.matches[user.id]
        if person.reason is not None:
            continue
        assert person.telegram_id == digits(person.telegram_id)
        assert people.standing(person.telegram_id or "") is None
        assert not user.blocked
        rivals = {
            ("employee", e.id)
            for e in people.employees
            if e.attic_tech_user_id is None and fold(e.name) == fold(user.name)
        }
        if person.evidence == "name":
            assert len(rivals) <= 1
            same_name = [
                u for u in people.users if not u.blocked and fold(u.name) == fold(user.name)
            ]
            assert len(same_name) == 1


@given(companies())
def test_whoever_cannot_be_told_has_a_reason(people: People) -> None:
    for person in people.matches.values():
        assert (person.reason is None) <= (person.telegram_id is not None)
        found = person.employee_id or person.crew_member_id
        assert (person.reason is Reason.AMBIGUOUS and not found) <= (len(person.candidates) > 0)


@given(st.text())
def test_any_text_is_a_phone_or_none(text: str) -> None:
    assert e164(text) is None or (e164(text) or "").startswith("+")
