"""The pages about jobs and runs, the overview and the day, with the longest real values."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.access import View
from bot.audit.story import Aside, Entry, Held, Story, Told
from bot.people.member import Member
from bot.people.roster import Flaw
from bot.views import status
from bot.views.buttons import JobButton, JobsButton, Menu
from bot.views.card import Card, Moved, card_message
from bot.views.fate import DOUBTFUL, NOT_SENT, WAITS
from bot.views.jobs import Choice, Count, JobsPage, found_jobs, jobs_page
from bot.views.language import Words
from bot.views.message import Message, compose
from bot.views.sync import RunSeen, run_message
from bot.views.why import why_message
from sync.model.alerts import AlertKind, AlertState, Reason, RecipientType
from sync.model.facts import AlsoTold, JobFacts
from sync.model.states import State
from sync.people.problems import Amiss, Problem
from sync.reconcile.audit import Happened, Record
from sync.reconcile.plan import Silence

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


def _flawed(id: int) -> Member:
    rows = (("employee", id), ("crew_member", id))
    return Member("employee", id, JOB["crew_leader"], rows=rows)


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
            also=(AlsoTold(RecipientType.OPERATION_MANAGER, AlertKind.PLAN_READY_FOR_REVIEW),),
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


JOB_PAGES = {
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
