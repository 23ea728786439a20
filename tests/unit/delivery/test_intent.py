"""A claimed alert is sent, or dropped because it came too late to be true, or goes elsewhere."""

from dataclasses import replace

import pytest

from bot.delivery.relevance import (
    DONE,
    GONE,
    NEWER,
    NOT_HIS,
    OVER,
    Drop,
    JobNow,
    Move,
    Refuse,
    Said,
    Send,
    intend,
)
from sync.model.alerts import AlertKind, AlertState, Reason, RecipientType
from sync.model.job import Job
from sync.model.kinds import read_facts
from sync.model.states import State, official
from sync.people.directory import Directory, Manager
from sync.people.people import People
from sync.people.rows import AtticUser, Employee, SalesPerson

CHRIS, ANA, NEVER_SEEN, LEAVER = 7, 8, 9, 10
ORANGE, IRVINE, NOBODYS = 1, 2, 3
LEADER, MANAGER = RecipientType.CREW_LEADER, RecipientType.OPERATION_MANAGER
PEOPLE = People(
    employees=(
        Employee(1, "Chris Jordan", telegram_id="102", attic_tech_user_id=CHRIS),
        Employee(2, "Ana Ruiz", attic_tech_user_id=ANA),
        Employee(3, "Sal Vega", telegram_id="104"),
        Employee(4, "Gone Man", telegram_id="105", status="inactive"),
    ),
    sales_people=(SalesPerson(4, "Sal Vega", employee_id=3), SalesPerson(5, "No Address")),
    users=(
        AtticUser(CHRIS, "Chris Jordan"),
        AtticUser(ANA, "Ana Ruiz"),
        AtticUser(LEAVER, "Gone Man"),
    ),
)
MANAGERS = (
    Manager(1, " 101 ", frozenset({ORANGE})),
    Manager(2, "103", frozenset({IRVINE})),
    Manager(3, "105", frozenset({ORANGE})),
)
DIRECTORY = Directory(PEOPLE, MANAGERS, operators=(99,))


def job(status: str = "Plans In Progress", **more) -> JobNow:
    values = {"job_id": 1, "leader": CHRIS, "branch_id": ORANGE, "last_official": official(status)}
    now = {key: more.pop(key) for key in ("leader_revision", "sales_person_id") if key in more}
    return JobNow(Job(status=status, **values | more), **now)


def said_to(kind: AlertKind, type: RecipientType, id: int, *, facts=None, **more) -> Said:
    return Said(kind, type, id, read_facts(kind, facts or {}), **more)


def to_leader(kind: AlertKind = AlertKind.JOB_ASSIGNED, id: int = CHRIS, **more) -> Said:
    return said_to(kind, LEADER, id, **more)


def to_manager(kind: AlertKind = AlertKind.CREW_LEAD_NEEDED, id: int = 1, **more) -> Said:
    return said_to(kind, MANAGER, id, **more)


def intent(said, now=None, *, lane="102", newer=(), directory=DIRECTORY):
    return intend(said, lane, now, tuple(newer), directory)


def test_what_still_holds_is_sent():
    assert intent(to_leader(), job()) == Send(102)


@pytest.mark.parametrize(
    ("said", "now", "why"),
    [
        (to_leader(), job(leader=ANA), NOT_HIS),
        (to_leader(), job(leader=None), NOT_HIS),
        (to_leader(revision=2), job(leader_revision=3), NOT_HIS),
        (to_leader(), job("Requires Crew Lead"), NOT_HIS),
        (to_leader(), job("Closed Job"), NOT_HIS),
        (to_leader(AlertKind.JOB_REASSIGNED), job("Pending Payment"), NOT_HIS),
        (to_leader(AlertKind.PLAN_CHANGES_REQUIRED), job(leader=ANA), NOT_HIS),
        (to_leader(AlertKind.RETURNED_TO_PLANNING), job(leader=ANA), NOT_HIS),
        (to_leader(AlertKind.STATE_CHANGED), job("Closed Job", leader=ANA), NOT_HIS),
        (to_leader(AlertKind.STATE_CHANGED), job(gone=True), GONE),
        (to_leader(), job(gone=True), GONE),
    ],
)
def test_a_leader_hears_nothing_of_a_job_that_is_not_his_any_more(said, now, why):
    assert intent(said, now) == Drop(why)


@pytest.mark.parametrize(
    ("said", "now"),
    [
        (to_leader(), job("In Production")),
        (to_leader(), job("On Hold", last_official=State.IN_PRODUCTION)),
        (to_leader(revision=3), job(leader_revision=3)),
        (to_leader(AlertKind.STATE_CHANGED), job("Closed Job")),
        (to_leader(AlertKind.JOB_TAKEN_AWAY), job(leader=ANA)),
        (to_leader(AlertKind.JOB_TAKEN_AWAY), job("Requires Crew Lead")),
        (to_leader(AlertKind.JOB_TAKEN_AWAY), job(leader=None)),
        (to_leader(AlertKind.JOB_TAKEN_AWAY), job(gone=True)),
    ],
)
def test_a_leader_hears_what_is_his(said, now):
    assert intent(said, now) == Send(102)


def test_a_job_that_is_his_again_was_not_taken_away():
    assert intent(to_leader(AlertKind.JOB_TAKEN_AWAY), job()) == Drop(NOT_HIS)


@pytest.mark.parametrize(
    ("said", "now"),
    [
        (to_manager(), job("Plans In Progress")),
        (to_manager(AlertKind.CREW_LEAD_MISSING), job()),
        (to_manager(AlertKind.CREW_LEAD_MISSING), job("Closed Job", leader=None)),
        (to_manager(AlertKind.PLAN_READY_FOR_REVIEW), job("Requires Scheduling")),
        (to_manager(AlertKind.CREW_LEADER_UNREACHABLE, facts={"leader_id": CHRIS}), job()),
        (
            to_manager(AlertKind.CREW_LEADER_UNREACHABLE, facts={"leader_id": ANA}),
            job(leader=CHRIS),
        ),
        (
            to_manager(AlertKind.CREW_LEADER_UNREACHABLE, facts={"leader_id": None}),
            job(leader=None),
        ),
    ],
)
def test_a_manager_is_not_asked_for_what_is_done(said, now):
    assert intent(said, now, lane="101") == Drop(DONE)


@pytest.mark.parametrize(
    ("said", "now"),
    [
        (to_manager(), job("Requires Crew Lead", leader=None)),
        (to_manager(AlertKind.CREW_LEAD_MISSING), job(leader=None)),
        (to_manager(AlertKind.PLAN_READY_FOR_REVIEW), job("Pending Review")),
        (
            to_manager(AlertKind.CREW_LEADER_UNREACHABLE, facts={"leader_id": ANA}),
            job(leader=ANA),
        ),
        (
            to_manager(AlertKind.CREW_LEADER_UNREACHABLE, facts={"leader_id": None}),
            job(leader=None, hidden=(9,)),
        ),
        (to_manager(AlertKind.STATE_CHANGED), job("Closed Job")),
    ],
)
def test_a_manager_is_asked_for_what_is_to_do(said, now):
    assert intent(said, now, lane="101") == Send(101)


def test_a_manager_hears_only_of_his_branches():
    waiting = job("Requires Crew Lead", leader=None)
    assert intent(to_manager(id=2), waiting, lane="103") == Drop(NOT_HIS)
    assert intent(to_manager(id=77), waiting, lane="103") == Drop(NOT_HIS)


def test_a_branch_without_a_manager_falls_to_the_operators_and_then_to_all_managers():
    waiting = job("Requires Crew Lead", leader=None, branch_id=NOBODYS)
    operator = said_to(AlertKind.CREW_LEAD_NEEDED, RecipientType.OPERATOR, 99)
    assert intent(operator, waiting, lane="99") == Send(99)
    assert intent(to_manager(id=2), waiting, lane="103") == Drop(NOT_HIS)
    without = Directory(PEOPLE, MANAGERS)
    assert intent(to_manager(id=2), waiting, lane="103", directory=without) == Send(103)
    assert intent(operator, waiting, lane="99", directory=without) == Drop(NOT_HIS)


def test_a_salesperson_hears_of_their_own_sales_at_their_employees_address():
    said = said_to(AlertKind.SALE_PROGRESSED, RecipientType.SALESPERSON, 4)
    for status in ("Pending Payment", "Closed Job"):
        assert intent(said, job(status, sales_person_id=4), lane="104") == Send(104)
        assert intent(said, job(status, sales_person_id=5), lane="104") == Drop(NOT_HIS)
    assert intent(said, job("In Production", sales_person_id=4), lane="104") == Drop(OVER)
    later = replace(said, revision=1, state=AlertState.PENDING)
    closed = job("Closed Job", sales_person_id=4)
    assert intent(said, closed, lane="104", newer=[later]) == Drop(NEWER)
    other = said_to(AlertKind.SALE_PROGRESSED, RecipientType.SALESPERSON, 5)
    now = job("Closed Job", sales_person_id=5)
    assert intent(other, now, lane=None) == Refuse(Reason.NO_TELEGRAM)


def test_who_left_learns_nothing():
    assert intent(to_manager(id=3), job("Requires Crew Lead"), lane="105") == Refuse(
        Reason.INACTIVE
    )


def test_who_has_no_address_is_refused_with_the_reason():
    assert intent(to_leader(id=ANA), job(leader=ANA)) == Refuse(Reason.NO_TELEGRAM)
    assert intent(to_leader(id=NEVER_SEEN), job(leader=NEVER_SEEN)) == Refuse(
        Reason.UNREADABLE_IN_ATTIC_TECH
    )


def test_another_address_than_when_it_was_decided_is_another_chat():
    assert intent(to_leader(), job(), lane="555") == Move("102")
    assert intent(to_leader(), job(), lane=None) == Move("102")


def test_alerts_without_a_job_go_to_whoever_still_has_the_role():
    blind = AlertKind.SYNC_BLIND
    assert intent(said_to(blind, MANAGER, 2), lane="103") == Send(103)
    assert intent(said_to(blind, RecipientType.OPERATOR, 99), lane="99") == Send(99)
    assert intent(said_to(blind, RecipientType.OPERATOR, 98), lane="98") == Drop(NOT_HIS)


def test_what_became_of_his_link_is_told_to_whoever_writes_from_there():
    for chat in (55, 105):  # nobody, and a leaver
        said = said_to(AlertKind.LINK_MOVED, RecipientType.CHAT, chat)
        assert intent(said, lane=str(chat)) == Send(chat)
    said = said_to(AlertKind.LINK_MOVED, RecipientType.CHAT, 55)
    people = replace(PEOPLE, refusals={"55": Reason.BOT_BLOCKED})
    refused = intent(said, lane="55", directory=Directory(people, MANAGERS))
    assert refused == Refuse(Reason.BOT_BLOCKED)


def test_what_a_program_of_before_asked_or_refused_is_not_told_any_more():
    asked = to_manager(AlertKind.LINK_REQUESTED, 1, facts={"branch_id": ORANGE})
    assert intent(asked, lane="101") == Drop(DONE)
    refused = said_to(AlertKind.LINK_DECIDED, RecipientType.CHAT, 55, facts={"approved": False})
    assert intent(refused, lane="55") == Drop(DONE)


def left(leader: int = LEAVER, *, id: int = 1, branches: tuple[int, ...] = (ORANGE,)) -> Said:
    """The message about a leaver: a job of his in each of these branches."""
    jobs = [{"job_sync_id": n, "branch_id": branch} for n, branch in enumerate(branches)]
    facts = {"leader_id": leader, "jobs": jobs}
    return to_manager(AlertKind.CREW_LEADER_UNREACHABLE, id, facts=facts)


def test_a_leaver_is_told_of_to_the_managers_of_his_jobs():
    assert intent(left(), lane="101") == Send(101)
    assert intent(left(branches=(IRVINE, ORANGE)), lane="101") == Send(101)
    assert intent(left(branches=(IRVINE,)), lane="101") == Drop(NOT_HIS)
    without = Directory(PEOPLE, MANAGERS)
    nobodys = left(id=2, branches=(NOBODYS,))
    assert intent(nobodys, lane="103") == Drop(NOT_HIS)
    assert intent(nobodys, lane="103", directory=without) == Send(103)


def test_a_leaver_who_came_back_or_whose_jobs_were_taken_care_of_is_not_told_of():
    assert intent(left(CHRIS), lane="101") == Drop(DONE)
    assert intent(left(ANA), lane="101") == Drop(DONE)
    assert intent(left(branches=()), lane="101") == Drop(DONE)


def test_a_manager_is_told_of_while_he_cannot_be_reached():
    def unreached(user_id: int) -> Said:
        return to_manager(AlertKind.MANAGER_UNREACHABLE, facts={"user_id": user_id})

    assert intent(unreached(3), lane="101") == Send(101)
    assert intent(unreached(2), lane="101") == Drop(DONE)
    assert intent(unreached(77), lane="101") == Drop(DONE)


@pytest.mark.parametrize("state", [AlertState.DELIVERED, AlertState.SENDING, AlertState.UNKNOWN])
def test_what_he_has_read_since_replaces_it(state):
    newer = to_leader(AlertKind.PLAN_CHANGES_REQUIRED, revision=1, state=state)
    assert intent(to_leader(), job(), newer=[newer]) == Drop(NEWER)


def test_a_newer_alert_on_its_way_replaces_it():
    newer = to_leader(AlertKind.JOB_REASSIGNED, revision=1, state=AlertState.PENDING)
    assert intent(to_leader(), job(), newer=[newer]) == Drop(NEWER)


def test_a_newer_alert_that_would_be_dropped_itself_replaces_nothing():
    review = to_manager(AlertKind.PLAN_READY_FOR_REVIEW)
    mended = to_manager(
        AlertKind.CREW_LEADER_UNREACHABLE, facts={"leader_id": CHRIS}, state=AlertState.PENDING
    )
    assert intent(review, job("Pending Review"), lane="101", newer=[mended]) == Send(101)


@pytest.mark.parametrize("state", [AlertState.DELIVERED, AlertState.PENDING])
@pytest.mark.parametrize(
    ("said", "newer", "now"),
    [
        (to_leader(), to_leader(AlertKind.STATE_CHANGED), job()),
        (to_leader(AlertKind.STATE_CHANGED), to_leader(AlertKind.JOB_TAKEN_AWAY), job()),
        (to_leader(AlertKind.JOB_TAKEN_AWAY), to_leader(AlertKind.STATE_CHANGED), job(leader=ANA)),
        (
            to_manager(AlertKind.PLAN_READY_FOR_REVIEW),
            to_manager(AlertKind.STATE_CHANGED),
            job("Pending Review"),
        ),
        (
            to_manager(AlertKind.CREW_LEAD_MISSING),
            to_manager(AlertKind.PLAN_READY_FOR_REVIEW),
            job("Pending Review", leader=None),
        ),
    ],
)
def test_what_asks_something_else_replaces_nothing(said, newer, now, state):
    lane = "102" if said.recipient_type is LEADER else "101"
    assert intent(said, now, lane=lane, newer=[replace(newer, revision=1, state=state)]) == Send(
        int(lane)
    )


def unreachable(leader: int, **more) -> Said:
    facts = {"leader_id": leader, **more}
    return to_manager(AlertKind.CREW_LEADER_UNREACHABLE, facts=facts, state=AlertState.PENDING)


def test_that_a_former_leader_cannot_be_told_is_not_that_a_leader_is_needed():
    former = unreachable(ANA, taken_away=True)
    waiting = job("Requires Crew Lead", leader=None)
    assert intent(to_manager(), waiting, lane="101", newer=[former]) == Send(101)


def test_of_two_leaders_who_cannot_be_told_neither_replaces_the_other():
    now = job(leader=ANA)
    assert intent(unreachable(ANA), now, lane="101", newer=[unreachable(LEAVER)]) == Send(101)
    former = unreachable(ANA, taken_away=True)
    assert intent(unreachable(ANA), now, lane="101", newer=[former]) == Send(101)
    again = unreachable(ANA, reason="bot_blocked")
    assert intent(unreachable(ANA), now, lane="101", newer=[again]) == Drop(NEWER)


def test_what_is_told_somebody_as_a_manager_does_not_replace_what_they_are_told_as_a_leader():
    needed = to_manager(AlertKind.CREW_LEAD_NEEDED, state=AlertState.PENDING)
    assert intent(to_leader(), job(), newer=[needed]) == Send(102)
    other = to_leader(id=ANA, state=AlertState.DELIVERED)
    assert intent(to_leader(), job(), newer=[other]) == Send(102)


@pytest.mark.parametrize("state", [AlertState.DELIVERED, AlertState.UNKNOWN, AlertState.PENDING])
def test_an_outdated_alert_replaces_nothing_wherever_it_stands(state):
    taken = to_leader(AlertKind.JOB_TAKEN_AWAY)
    again = to_leader(AlertKind.JOB_ASSIGNED, revision=1, state=state)
    assert intent(taken, job(leader=ANA), newer=[again]) == Send(102)
    other = replace(unreachable(CHRIS), state=state)
    assert intent(unreachable(ANA), job(leader=ANA), lane="101", newer=[other]) == Send(101)
