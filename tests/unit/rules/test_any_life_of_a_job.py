"""Whatever a job goes through, the promises of the rules hold: a property over whole lives, without
a database.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from sync.model.alerts import AlertKind, AlertState, RecipientType
from sync.model.branches import AtticBranch
from sync.model.facts import LeaderUnreachable
from sync.model.job import Past
from sync.model.outbox import Alert
from sync.model.states import State
from sync.people.directory import Directory, Manager
from sync.people.people import People
from sync.people.rows import AtticUser, Employee
from sync.reconcile.facts import Mirror, Source
from sync.reconcile.plan import Decision, JobRow, Policy, plan
from sync.rules import what_happened
from sync.rules.recipients import Scene, who_is_told
from tests.thorough import examples

LEADS, CREW = 1, 2
REACHABLE, ALSO, UNLINKED, MEMBER = 7, 8, 9, 10
USERS = (
    AtticUser(REACHABLE, "Chris Jordan", roles=(LEADS,)),
    AtticUser(ALSO, "Ana Ruiz", roles=(LEADS,)),
    AtticUser(UNLINKED, "Leo Paz", roles=(LEADS,)),
    AtticUser(MEMBER, "Pat Sol", roles=(CREW,)),
)
PEOPLE = People(
    employees=(
        Employee(1, "Chris Jordan", telegram_id="107"),
        Employee(2, "Ana Ruiz", telegram_id="108"),
        Employee(3, "Leo Paz"),
    ),
    users=USERS,
)
# Ana is a manager as well, by the same Telegram id.
MANAGERS = (Manager(1, "201", frozenset({1})), Manager(2, " 108", frozenset({1, 2})))
#: Leo cannot be reached, and can.
DIRECTORY = Directory(PEOPLE, MANAGERS)
LINKED = Directory(
    replace(PEOPLE, employees=(*PEOPLE.employees[:2], Employee(3, "Leo Paz", telegram_id="109"))),
    MANAGERS,
)
MIRROR = Mirror(
    {user.id: user for user in USERS},
    {1: AtticBranch(1, "Orange", 1), 2: AtticBranch(2, "Diego", 2)},
    frozenset({LEADS}),
)
STATES = [*map(str, State), "On Hold", "cancelled"]
LEADER_KINDS = {
    AlertKind.JOB_ASSIGNED,
    AlertKind.JOB_REASSIGNED,
    AlertKind.PLAN_CHANGES_REQUIRED,
    AlertKind.RETURNED_TO_PLANNING,
    AlertKind.STATE_CHANGED,
}


@dataclass(frozen=True)
class Shown:
    """What Attic Tech shows of the job at one moment; `sent`: what was due had left by then;
    `linked`: Leo can be reached.
    """

    status: str
    crew: tuple[int, ...]
    branch: int
    gone: bool
    sent: bool
    linked: bool = False


@dataclass
class Life:
    """One job's row and outbox, decided again and again."""

    row: JobRow | None = None
    outbox: dict[str, tuple[Alert, AlertState]] = field(default_factory=dict)

    def decide(self, shown: Shown) -> tuple[Decision | None, list[Alert]]:
        """Decide once; returns what was decisions and the alerts that are new."""
        if shown.sent:
            self.outbox = {
                key: (alert, AlertState.DELIVERED if state is AlertState.PENDING else state)
                for key, (alert, state) in self.outbox.items()
            }
        estimate = {"status": "Sold", "branch": shown.branch}
        job = {"name": "J", "status": shown.status, "assignedCrew": list(shown.crew)}
        source = Source(1, 5, job, estimate, {}, {}, gone=shown.gone)
        decisions = plan([source], [self.row] if self.row else [], MIRROR, Policy()).decisions
        if not decisions:
            return None, []
        one = decisions[0]
        directory = LINKED if shown.linked else DIRECTORY
        scene = Scene(1, one.change, one.facts, directory)
        told = () if one.silently else who_is_told(what_happened(one.change), scene)
        new = [alert for alert in told if alert.event_key not in self.outbox]
        self.outbox |= {alert.event_key: (alert, alert.state) for alert in new}
        self.row = JobRow(self._past(one), 1, 5, one.facts)
        return one, new

    def _past(self, one: Decision) -> Past:
        past = Past(1, one.job, one.change.revision, one.change.leader_revision)
        his = [
            state
            for alert, state in self.outbox.values()
            if alert.recipient.type is RecipientType.CREW_LEADER
            and alert.kind is not AlertKind.JOB_TAKEN_AWAY
            and alert.recipient.id == one.job.leader
            and alert.revision >= one.change.leader_revision
        ]
        return replace(
            past,
            told=AlertState.DELIVERED in his,
            undelivered=AlertState.UNDELIVERABLE in his,
            unreachable_keys=frozenset(
                key
                for key, (alert, _) in self.outbox.items()
                if alert.kind is AlertKind.CREW_LEADER_UNREACHABLE
            ),
        )


crews = st.lists(st.sampled_from([REACHABLE, ALSO, UNLINKED, MEMBER]), max_size=3, unique=True).map(
    tuple
)
moments = st.builds(
    Shown,
    st.sampled_from(STATES),
    crews,
    st.sampled_from([1, 2]),
    st.sampled_from([False] * 9 + [True]),
    st.booleans(),
    st.booleans(),
)
lives = st.lists(moments, min_size=1, max_size=12)


@settings(max_examples=examples(100, 300))
@given(lives)
def test_nobody_gets_two_messages_about_one_change(life: Sequence[Shown]) -> None:
    job = Life()
    for shown in life:
        _, new = job.decide(shown)
        addresses = [a.recipient.telegram_id for a in new if a.recipient.telegram_id]
        assert len(addresses) == len(set(addresses))


@settings(max_examples=examples(100, 300))
@given(lives)
def test_seen_again_unchanged_nothing_happens(life: Sequence[Shown]) -> None:
    job = Life()
    for shown in life:
        job.decide(shown)
        decisions, new = job.decide(replace(shown, sent=False))
        assert new == []
        assert decisions is None or not decisions.change.grows
        assert decisions is None or not decisions.differs


@settings(max_examples=examples(100, 300))
@given(lives)
def test_after_any_change_that_leaves_it_active_its_reachable_leader_knows(
    life: Sequence[Shown],
) -> None:
    job = Life()
    for shown in life:
        decisions, new = job.decide(shown)
        if decisions is None or decisions.silently or not decisions.change.grows:
            continue
        change, after = decisions.change, decisions.job
        if change.first_seen and after.state is not State.PLANS_IN_PROGRESS:
            continue
        if after.active and after.leader in (REACHABLE, ALSO):
            to_him = [a for a in new if a.recipient.telegram_id == f"10{after.leader}"]
            assert change.leader_told or to_him


@settings(max_examples=examples(100, 300))
@given(lives)
def test_an_active_job_never_lacks_somebody_who_was_told(life: Sequence[Shown]) -> None:
    """No leader, or one who cannot be reached: some manager has heard of it by the change that made
    it so.
    """
    job = Life()
    for shown in life:
        decisions, _ = job.decide(shown)
        if decisions is None or decisions.silently:
            continue
        change, after = decisions.change, decisions.job
        if not after.active or (change.first_seen and after.state is not State.PLANS_IN_PROGRESS):
            continue
        kinds = {alert.kind for alert, _ in job.outbox.values()}
        if change.grows and after.leader is None and not (change.before and change.before.active):
            assert AlertKind.CREW_LEAD_MISSING in kinds
        if change.grows and after.leader == UNLINKED and not shown.linked:
            assert AlertKind.CREW_LEADER_UNREACHABLE in kinds or change.leader_told


@settings(max_examples=examples(100, 300))
@given(lives)
def test_a_job_is_taken_only_from_a_leader_who_was_told_of_it(life: Sequence[Shown]) -> None:
    job = Life()
    for shown in life:
        before = job.row.past if job.row else Past()
        _, new = job.decide(shown)
        for alert in new:
            if alert.kind is AlertKind.JOB_TAKEN_AWAY:
                assert before.job is not None
                assert before.job.leader == alert.recipient.id
                assert before.job.told_silently or any(
                    other.recipient.key == alert.recipient.key
                    and other.kind in LEADER_KINDS
                    and state is AlertState.DELIVERED
                    for other, state in job.outbox.values()
                )


@settings(max_examples=examples(100, 300))
@given(lives)
def test_revisions_only_grow_and_event_keys_tell_the_same_thing_twice_apart(
    life: Sequence[Shown],
) -> None:
    job, revision = Life(), 0
    for shown in life:
        decisions, new = job.decide(shown)
        if decisions is None:
            continue
        assert decisions.change.revision - revision in (0, 1)
        assert decisions.change.leader_revision <= decisions.change.revision
        assert not new or decisions.change.revision >= 1
        revision = decisions.change.revision


@settings(max_examples=examples(100, 300))
@given(lives)
def test_what_a_leader_cannot_be_told_is_some_managers_business(life: Sequence[Shown]) -> None:
    """Row 8 about him at some time, or his name in what a manager is told of the same change."""
    job = Life()
    for shown in life:
        _, new = job.decide(shown)
        row_8 = {
            alert.facts.leader_id
            for alert, _ in job.outbox.values()
            if isinstance(alert.facts, LeaderUnreachable)
        }
        beside = {a.facts.untold.leader_id for a in new if a.facts.untold}
        for alert in new:
            if alert.state is AlertState.UNDELIVERABLE:
                assert alert.recipient.id in row_8 | beside
