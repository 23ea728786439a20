"""The pages of the commands, in both languages, with the longest real values, as snapshots.

`snapshots/pages/<view>.<language>.txt` is what one reads, with the keyboard below it. After a
wanted change write them anew with JOBSYNC_SNAPSHOTS=write, and look at the diff.
"""

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.commands import COMMANDS
from bot.commands.frame import menu_of
from bot.people.identity import Identity, Role, Standing
from bot.people.member import Member
from bot.people.mending import Case, Done
from bot.people.mending import Standing as Leader
from bot.people.requests import Branch, Request, facts_of
from bot.people.roster import Flaw
from bot.people.scope import View
from bot.views import linking, mending, people, status
from bot.views.buttons import (
    JobButton,
    JobsButton,
    MemberButton,
    Menu,
    Show,
    TeamButton,
    UnlinkButton,
)
from bot.views.card import Card, Moved, card_message
from bot.views.facts import JobFacts
from bot.views.fate import DOUBTFUL, NOT_SENT, WAITS
from bot.views.jobs import Choice, Count, JobsPage, found_jobs, jobs_page
from bot.views.language import Words
from bot.views.member import member_button, member_card, really_unlink
from bot.views.message import LIMIT, Message, compose, units
from bot.views.sync import RunSeen, run_message
from bot.views.team import TeamPage, found_people, team_message
from bot.views.why import why_message
from bot.why.story import Aside, Entry, Held, Story, Told
from sync.alerts import AlertKind, AlertState, Reason, RecipientType
from sync.plan import Silence
from sync.problems import Amiss, Problem
from sync.record import Happened, Record
from sync.states import State

SNAPSHOTS = Path(__file__).parent / "snapshots" / "pages"
NOW = datetime(2026, 11, 24, 20, 4, tzinfo=UTC)
JOB: JobFacts = {
    "job_id": 2_481,
    "estimate_id": 10_633,
    "name": "Marlène & Jean-Baptiste Oyelaran-Fitzgerald <Attic + Crawlspace>, full restoration",
    "status": State.PLANS_IN_PROGRESS,
    "customer": "Marlène Oyelaran-Fitzgerald de la Cruz y Montemayor",
    "phone": "(619) 555-0142 ext. 7",
    "address": "18734 North Camino del Verde Arroyo Seco Unit 1204-B",
    "city": "Rancho Santa Margarita",
    "state": "CA",
    "postal_code": "92688-4411",
    "branch": "San Bernardino & Inland Empire East",
    "sales_person": "Maximilian Featherstonehaugh",
    "crew_leader": "José Alejandro Villaseñor Castañeda",
    "crew": [{"id": id, "name": f"Crew Member Number {id}"} for id in range(1, 8)],
    "final_price": 128_450.5,
    "labor_hours": 312.75,
    "crew_notes": "Gate code <4411>; dog & cat. " * 60,
}
SHORT: JobFacts = {"job_id": None, "estimate_id": 12, "name": "Ruiz", "status": "On Hold"}
MANAGER = Identity(
    telegram_id=9_876_543_210,
    standing=Standing.KNOWN,
    roles=frozenset(Role),
    name="José Alejandro Villaseñor Castañeda",
    employee_id=12,
    crew_member_ids=(3, 4),
    sales_person_ids=(5,),
    user_ids=(6,),
    attic_user_ids=(70,),
)


def _page(**more) -> JobsPage:
    at = JobsButton(view=View.BRANCHES, state=1, branch=2**31 - 1, page=3)
    return replace(
        JobsPage(
            at,
            [JOB] * 7 + [SHORT],
            total=1_234,
            pages=155,
            views=tuple(View),
            states=[Choice(1, 900), Choice(2, 334), Choice(10, 1)],
            branches=[Choice(2**31 - 1, 1_200, JOB["branch"]), Choice(-1, 34)],
        ),
        **more,
    )


def _overview() -> status.Overview:
    person = status.Unreachable(JOB["crew_leader"], Reason.AMBIGUOUS, ["Al Roe", "Al Röe"], [7, 9])
    return status.Overview(
        status.System(NOW, NOW - timedelta(minutes=2), True, True, "It <broke>.", 1),
        [Count(1, JOB["branch"], 1, 900), Count(1, JOB["branch"], 10, 1), Count(None, None, 3, 34)],
        [status.Waiting(JOB, NOW - timedelta(days=12)), status.Waiting(SHORT, None)],
        34,
        [replace(person, reason=reason) for reason in Reason],
        [status.Unreachable("ada@example.com", Reason.NO_TELEGRAM)],
        [status.Unanswered("Chris", JOB), status.Unanswered(None, None)],
        3,
        [JOB],
        [
            Flaw(Problem(Amiss.NO_NUMBER, (("employee", 12),)), (_flawed(12),)),
            Flaw(
                Problem(Amiss.SHARED, (("employee", 12), ("crew_member", 13))),
                (_flawed(12),),
            ),
            *(
                Flaw(
                    Problem(Amiss.DIFFERENT, (("employee", 14), ("crew_member", 14)), column),
                    (_flawed(14),),
                )
                for column in ("telegram_id", "phone", "email", "email")
            ),
        ],
    )


def _flawed(id: int) -> Member:
    rows = (("employee", id), ("crew_member", id))
    return Member("employee", id, JOB["crew_leader"], rows=rows)


PEOPLE = [
    Member("crew_member", 2**31 - id, JOB["crew_leader"], branches=(JOB["branch"],))
    for id in range(1, 20)
]


def _asks() -> dict:
    name = "María José <de la Cruz> " * 3
    return {**facts_of(_request(), 1, JOB["branch"], JOB["crew_leader"]), "name": name}


def _request(**more) -> Request:
    return Request(2**63 - 1, 9_876_543_210, "María", "maria_jose", "+16195550142", **more)


def _decided(yes: bool) -> Request:
    name = JOB["crew_leader"] if yes else None
    return _request(decided_at=NOW, decided_by="user:3", approved=yes, approved_as=name)


def _leader(reason: Reason | None, **more) -> Leader:
    return Leader(Case(2**31 - 1, 2**31 - 1), JOB, JOB["crew_leader"], reason, 12, **more)


def _told(state: AlertState, reason: str | None = None, **more) -> Told:
    values = {"row": 3, "at": NOW, "recipient_id": 7, "kind": AlertKind.JOB_ASSIGNED} | more
    return Told(
        1, JOB["crew_leader"], RecipientType.CREW_LEADER, state=state, reason=reason, **values
    )


def _story(many: int) -> Story:
    record = Record(
        (Happened.MOVED, Happened.LEADER, Happened.BRANCH),
        *("On Hold", State.PLANS_IN_PROGRESS, None, None, 7, JOB["crew_leader"]),
        *("Orange", JOB["branch"]),
        run=1234,
        seen_at=NOW,
    )
    told = [
        *(_told(state, at=None) for state in AlertState),
        *(_told(AlertState.HELD, because) for because in WAITS),
        *(_told(AlertState.SUPERSEDED, because) for because in NOT_SENT),
        *(_told(AlertState.UNKNOWN, because) for because in DOUBTFUL),
        _told(
            *(AlertState.UNDELIVERABLE, Reason.INACTIVE),
            reported_to=("Ada", "Bo <b>"),
            also=((RecipientType.OPERATION_MANAGER, AlertKind.PLAN_READY_FOR_REVIEW),),
        ),
        _told(AlertState.DELIVERED, acknowledged_at=NOW),
    ]
    entries = [
        *(Entry(NOW, replace(record, happened=(what,)), NOW) for what in Happened),
        *(Entry(NOW, replace(record, silence=silence), NOW) for silence in Silence),
        Entry(NOW, replace(record, own=False, former_untold=True, previous_leader_name="Al")),
        Entry(NOW, replace(record, rules=(1,), kept_leader=True, seen_at=None), foreign=True),
        Held(NOW, "gone", 1_234),
        Held(NOW, "leaders", 12, still=True),
        *(
            Entry(
                *(NOW, replace(record, status="On <Hold>"), NOW),
                compared=True,
                blind_since=NOW,
                told=tuple(told),
                unreached=(("ada@example.com", Reason.NO_TELEGRAM),),
            ),
        )
        * many,
    ]
    aside = (
        Aside("jobs", 2_481, False, NOW, "no <status>"),
        Aside("clients", 40, True, NOW),
    )
    return Story(JOB, tuple(entries), NOW, True, aside, (2_482, 2_483))


def _run(words: Words, **run) -> Message:
    return run_message(RunSeen(**{"kind": "full", **run}), words)


def _member(id: int, **more) -> Member:
    return Member(
        **{
            "source": "employee",
            "id": id,
            "name": f"Lou Reed {id}",
            "employee_id": id,
            "roles": frozenset({Role.CREW_LEADER}),
            "rows": (("employee", id), ("crew_member", id)),
            **more,
        }
    )


LINKED = {"telegram_id": 9_876_543_210, "reason": None}
JOSE = _member(
    2**31 - 1,
    name=JOB["crew_leader"],
    roles=frozenset(Role),
    branches=(JOB["branch"], "Orange <&> Irvine"),
    attic_user_ids=(70, 71),
    invited_at=NOW,
    invited_until=NOW + timedelta(days=1),
)
TEAM = (
    JOSE,
    *(_member(id) for id in range(2, 8)),
    _member(8, reason=Reason.PENDING_APPROVAL),
    *(_member(id, **{**LINKED, "reason": Reason.BOT_BLOCKED}) for id in (9, 10)),
    *(_member(id, **LINKED) for id in range(11, 40)),
)
GROUPS = {2**31 - 1: TEAM, 2: TEAM[1:9], None: TEAM[-1:]}
NAMES = {2**31 - 1: JOB["branch"], 2: "Orange <&>"}


def _team(groups=GROUPS, **at) -> TeamPage:
    everybody = max(groups.values(), key=len, default=())
    return TeamPage(TeamButton(**at), everybody, groups, NAMES)


def _at(member: Member) -> MemberButton:
    return member_button(member, TeamButton(branch=2**31 - 1, show=Show.NOT_LINKED, page=9999))


VIEWS = {
    "team": lambda w: team_message(_team(), w),
    "team_one_branch": lambda w: team_message(_team({2: TEAM}), w),
    "team_branch": lambda w: team_message(_team(branch=2**31 - 1, page=1), w),
    "team_not_linked": lambda w: team_message(_team(show=Show.NOT_LINKED), w),
    "team_all_is_well": lambda w: team_message(_team({2: TEAM[-2:]}), w),
    "team_none": lambda w: team_message(_team({}), w),
    "team_found": lambda w: found_people(TEAM[:8], "lou <reed>", w, more=True),
    **{
        f"member_{reason or 'reached'}": lambda w, reason=reason: member_card(
            replace(JOSE, telegram_id=LINKED["telegram_id"], reason=reason), _at(JOSE), w
        )
        for reason in (None, Reason.AMBIGUOUS, Reason.BOT_BLOCKED, Reason.PENDING_APPROVAL)
    },
    "member_not_linked": lambda w: member_card(JOSE, _at(JOSE), w),
    "member_account": lambda w: member_card(
        replace(JOSE, source="user", employee_id=None, invited_at=None), _at(JOSE), w
    ),
    "member_unlink": lambda w: really_unlink(
        replace(JOSE, **LINKED), UnlinkButton(**_at(JOSE).model_dump()), w
    ),
    "leave": lambda w: people.really_leave(MANAGER, w),
    "left": people.has_left,
    "greeting": lambda w: people.greeting(MANAGER, menu_of(MANAGER, COMMANDS), w),
    "help": lambda w: people.help_message(MANAGER, menu_of(MANAGER, COMMANDS), w),
    "whoami": lambda w: people.who_you_are(MANAGER, ["Orange", "San Diego"], w),
    "stranger": lambda w: people.not_known(Identity(55), w),
    "stranger_who_left": lambda w: people.not_known(Identity(55, Standing.LEFT), w),
    "stranger_in_doubt": lambda w: people.not_known(Identity(55, Standing.IN_DOUBT), w),
    "pending": lambda w: people.not_known(Identity(55, Standing.WAITING), w),
    "without_role": lambda w: people.not_known(Identity(55, Standing.KNOWN), w),
    "jobs": lambda w: jobs_page(_page(), w),
    "jobs_one": lambda w: jobs_page(
        JobsPage(JobsButton(view=View.LEADER), [JOB], total=1, pages=1, views=[View.LEADER]), w
    ),
    "jobs_states": lambda w: jobs_page(
        _page(at=JobsButton(view=View.BRANCHES, menu=Menu.STATES)), w
    ),
    "jobs_branches": lambda w: jobs_page(
        _page(at=JobsButton(view=View.BRANCHES, menu=Menu.BRANCHES)), w
    ),
    "jobs_none": lambda w: jobs_page(
        JobsPage(JobsButton(view=View.SALES), [], total=0, pages=0), w
    ),
    "link": lambda w: linking.share_your_number(w),
    "link_done": lambda w: linking.linked(people.not_known(Identity(55, Standing.KNOWN), w), w),
    "link_thanks": lambda w: linking.thanks(w),
    "link_refused": lambda w: linking.sentence(linking.REFUSED, w),
    "link_branches": lambda w: linking.choose_branch(
        [Branch(id, f"{JOB['branch']} {id}") for id in range(1, 101)], w
    ),
    "request": lambda w: linking.request_card(_asks(), w),
    "request_as": lambda w: linking.choose_person(_asks(), PEOPLE, w, page=1),
    "request_none": lambda w: linking.choose_person(_asks(), [], w, searched="<Lou>"),
    "request_approved": lambda w: linking.decided_card(_asks(), _decided(True), "Ada & Co", w),
    "request_refused": lambda w: linking.decided_card(_asks(), _decided(False), None, w),
    "request_own": lambda w: linking.decided_card(
        _asks(), replace(_decided(True), decided_by="chat:9876543210"), "9876543210", w
    ),
    "mend_pending": lambda w: mending.standing_message(_leader(Reason.PENDING_APPROVAL), w),
    "mend_approved": lambda w: mending.standing_message(
        _leader(Reason.NO_TELEGRAM, done=Done.APPROVED), w
    ),
    "mend_added": lambda w: mending.standing_message(_leader(None, done=Done.ADDED), w),
    "mend_chosen": lambda w: mending.standing_message(
        _leader(Reason.PENDING_APPROVAL, done=Done.CHOSEN, chosen="Ché <G>" * 40), w
    ),
    "mend_reached": lambda w: mending.standing_message(_leader(None), w),
    "mend_choose": lambda w: mending.choose_leader(
        _leader(Reason.NOT_IN_DATABASE), PEOPLE, w, page=1
    ),
    "mend_nobody": lambda w: mending.choose_leader(
        _leader(Reason.NOT_IN_DATABASE), [], w, searched="<Lou>"
    ),
    "search": lambda w: found_jobs([JOB, SHORT], "ruiz & <co>", w, more=True),
    "card": lambda w: card_message(
        Card(
            JOB,
            NOW,
            [Moved(NOW, None, State.REQUIRES_CREW_LEAD), Moved(NOW, "On Hold", JOB["status"])],
        ),
        w,
        JobButton(number="2481", view=View.LEADER),
    ),
    "card_short": lambda w: card_message(Card(SHORT, None), w),
    "card_gone": lambda w: card_message(Card(JOB, NOW, gone_at=NOW, managed=True), w),
    "why": lambda w: why_message(_story(many=0), w),
    "why_long": lambda w: why_message(_story(many=3), w),
    "why_older": lambda w: why_message(_story(many=3), w, page=2),
    "why_nothing": lambda w: why_message(Story(SHORT), w),
    "status": lambda w: Message(compose(status.overview_lines(_overview(), w))),
    "day": lambda w: Message(
        compose(
            status.day_lines(
                [{**JOB, "status": state} for state in State] + [SHORT],
                w,
            )
        )
    ),
    "day_free": lambda w: Message(compose(status.day_lines([], w))),
    "run_asked": lambda w: _run(w, kind="incremental", state="requested"),
    "run_reading": lambda w: _run(
        w,
        state="running",
        progress={"phase": "reading", "collection": "estimates", "done": 1500, "total": 4000},
    ),
    "run_deciding": lambda w: _run(
        w, state="running", progress={"phase": "deciding", "done": 7, "total": None}
    ),
    "run_done": lambda w: _run(
        w, state="succeeded", changes=2, alerts=1, lasted=timedelta(seconds=12)
    ),
    "run_failed": lambda w: _run(w, state="failed", error="Attic Tech <5xx> & more."),
}


def written(said: Message) -> str:
    """The message as one file: markup, then the rows of the keyboard."""
    rows = said.keyboard.inline_keyboard if said.keyboard else []
    buttons = [
        " | ".join(
            f"[{b.text}] {b.callback_data or b.url or f'copy {b.copy_text.text}'}" for b in row
        )
        for row in rows
    ]
    keys = said.below.model_dump_json(exclude_none=True) if said.below else ""
    shown = ["---", *buttons] if buttons else ["---", keys] if keys else []
    return "\n".join([said.text, *shown]) + "\n"


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("view", VIEWS)
def test_a_view_reads_as_its_snapshot(view, language):
    said = written(VIEWS[view](Words(language, ZoneInfo("America/Los_Angeles"))))
    kept = SNAPSHOTS / f"{view}.{language}.txt"
    if os.environ.get("JOBSYNC_SNAPSHOTS") == "write":
        kept.write_text(said, encoding="utf-8")
    assert said == kept.read_text(encoding="utf-8")


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("view", VIEWS)
def test_a_view_keeps_telegrams_limits(view, language):
    said = VIEWS[view](Words(language, ZoneInfo("America/Los_Angeles")))
    assert 0 < units(said.text) <= LIMIT
    buttons = [b for row in (said.keyboard.inline_keyboard if said.keyboard else []) for b in row]
    assert len(buttons) <= 100
    for button in buttons:
        assert 0 < len(button.text) <= 64
        assert len((button.callback_data or "").encode()) <= 64


def test_no_snapshot_is_left_over():
    expected = {f"{view}.{language}.txt" for view in VIEWS for language in ("en", "es")}
    assert {path.name for path in SNAPSHOTS.iterdir()} == expected


@pytest.mark.parametrize("language", ["en", "es"])
def test_commands_have_descriptions_that_telegram_takes(language):
    words = Words(language, ZoneInfo("UTC"))
    for command in COMMANDS:
        assert 3 <= len(words.label(command.description)) <= 256
