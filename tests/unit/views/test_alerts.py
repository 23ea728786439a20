"""What each alert says, in both languages, for real values and for the longest ones.

The texts and keyboards are kept in `snapshots/`; after a wanted change write them anew with
`JOBSYNC_SNAPSHOTS=write pytest tests/unit/views/test_alerts.py`, and read the difference.
"""

import os
import re
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.views.alerts import AlertRow, alert_message, struck_message
from bot.views.facts import JobFacts
from bot.views.language import LANGUAGES, Words
from bot.views.message import LIMIT, Message, plain, units
from bot.views.unreachable import HOW, WHY
from sync.alerts import AlertKind, Reason, RecipientType

SNAPSHOTS = Path(__file__).parent / "snapshots"
LEADER, MANAGER = RecipientType.CREW_LEADER, RecipientType.OPERATION_MANAGER
FOR_LEADERS = {
    AlertKind.JOB_TAKEN_AWAY,
    AlertKind.JOB_ASSIGNED,
    AlertKind.PLAN_CHANGES_REQUIRED,
    AlertKind.RETURNED_TO_PLANNING,
    AlertKind.JOB_REASSIGNED,
}
JOB = JobFacts(
    job_id=7,
    estimate_id=12,
    name="Smith & Sons <attic>",
    status="Plans In Progress",
    customer="María José O'Neil",
    phone="(619) 555-0142",
    email="maria@example.com",
    address="12 Elm St #4",
    city="San Diego",
    state="CA",
    postal_code="92101",
    branch="San Diego",
    branch_id=1,
    sales_person="Ada Cole",
    crew_leader="Chris Jordan",
    crew=[{"id": 16, "name": "Chris Jordan"}],
    final_price=12345.5,
    labor_hours=36.5,
    crew_notes="Gate code 4412.\nDog in the yard.",
)
LONG = JobFacts(
    **{
        **JOB,
        "name": "🏠 & " * 2000,
        "customer": "<b>" * 900,
        "address": "Ñandú " * 900,
        "crew_notes": "\n".join(["&<>🏠" * 40] * 200),
    }
)
SINCE = {"since": "2026-11-24T02:08:13+00:00"}
SYSTEM = {
    AlertKind.SYNC_BLIND: SINCE,
    AlertKind.SYNC_RECOVERED: {**SINCE, "length_s": 5400, "changes": 1204},
    AlertKind.FIRST_CONTACT: {
        "jobs": 2500,
        "waiting_total": 3,
        "waiting": [
            {"job_sync_id": 1, "job_id": 7, "estimate_id": 12, "name": "Smith & Sons"},
            {"job_sync_id": 2, "job_id": None, "estimate_id": 13, "name": "Doe"},
        ],
    },
    AlertKind.STATE_UNKNOWN: {"state": "Uploading <Shifts>"},
    AlertKind.DOCUMENT_UNREADABLE: {"collection": "clients", "id": 40, "reason": "name: missing"},
    AlertKind.MASS_CHANGE_HELD: {
        "what": "gone",
        "collection": "jobs",
        "count": 120,
        "total": 2500,
    },
    AlertKind.SOURCE_UNREADABLE: {"sentence": "No role is called Crew Leader."},
    AlertKind.MANAGER_UNREACHABLE: {
        "user_id": 3,
        "email": "ada@example.com",
        "reason": "no_telegram",
    },
    AlertKind.LINK_REQUESTED: {
        "request": 12,
        "name": "Chris <J>",
        "username": "chris_j",
        "phone": "+16195550142",
        "branch_id": 1,
        "branch": "San Diego",
        "known_as": "Christopher Jordan",
    },
    AlertKind.LINK_DECIDED: {"approved": True, "name": "Chris Jordan"},
    AlertKind.LINK_MOVED: {"name": "Chris <Jordan>", "branch_id": 1},
    AlertKind.INVITE_ACCEPTED: {"name": "Chris <Jordan>"},
}
STATES = {
    AlertKind.CREW_LEAD_NEEDED: {"old": "Pending Review", "new": "Requires Crew Lead"},
    AlertKind.JOB_TAKEN_AWAY: {"new": "In Production", "leader": "Dana Ruiz"},
    AlertKind.JOB_ASSIGNED: {"old": "Requires Crew Lead", "new": "Plans In Progress"},
    AlertKind.PLAN_CHANGES_REQUIRED: {"old": "Pending Review", "new": "Plans In Progress"},
    AlertKind.RETURNED_TO_PLANNING: {"old": "Pre-Production", "new": "Plans In Progress"},
    AlertKind.PLAN_READY_FOR_REVIEW: {"old": "Plans In Progress", "new": "Pending Review"},
    AlertKind.JOB_REASSIGNED: {"new": "In Production", "former_leader": "Dana <Ruiz>"},
    AlertKind.CREW_LEADER_UNREACHABLE: {
        "old": "Requires Crew Lead",
        "new": "Plans In Progress",
        "leader": "Chris Jordan",
        "leader_id": 16,
        "employee_id": 5,
        "reason": "no_telegram",
    },
    AlertKind.CREW_LEAD_MISSING: {"old": "On Hold", "new": "In Production"},
    AlertKind.STATE_CHANGED: {"old": "On Hold", "new": "Requires Scheduling"},
    AlertKind.MESSAGE_NOT_TAKEN: {"about": "job_assigned", "name": "Chris <Jordan>"},
}
FACTS = STATES | SYSTEM
LEFT_WITH = {
    "reason": "inactive",
    "jobs": [
        {"job_sync_id": 1, "job_id": 7, "estimate_id": 12, "name": "Smith & Sons <attic>"},
        {"job_sync_id": 2, "job_id": 8, "estimate_id": 13, "name": None},
    ],
}
WITH_A_REASON = {AlertKind.CREW_LEADER_UNREACHABLE, AlertKind.MANAGER_UNREACHABLE}
#: Those that `People.standing` and a row without an address give.
OF_A_MANAGER = [
    *(Reason.NO_TELEGRAM, Reason.AMBIGUOUS, Reason.PENDING_APPROVAL, Reason.INACTIVE),
    *(Reason.BLOCKED_IN_ATTIC_TECH, Reason.BOT_BLOCKED, Reason.CHAT_NOT_FOUND, Reason.DEACTIVATED),
]


def words(language: str) -> Words:
    return Words(language, ZoneInfo("America/Los_Angeles"))


def render(kind: AlertKind, language: str = "en", *, job: JobFacts | None = JOB, **more) -> Message:
    row = AlertRow(kind, {**FACTS[kind], **more})
    reader = LEADER if kind in FOR_LEADERS else MANAGER
    return alert_message(row, job, words(language), reader)


def drawn(message: Message) -> str:
    rows = message.keyboard.inline_keyboard if message.keyboard else []
    shown = [
        " ".join(
            f"[{b.text}: {b.url or b.callback_data or (b.copy_text and b.copy_text.text)}]"
            for b in row
        )
        for row in rows
    ]
    return "\n".join([message.text, *shown])


def compare(name: str, text: str) -> None:
    file = SNAPSHOTS / name
    if os.environ.get("JOBSYNC_SNAPSHOTS") == "write":
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_says_what_its_snapshot_says(language):
    said = [f"=== {kind}\n{drawn(render(kind, language))}\n" for kind in AlertKind]
    compare(f"alerts.{language}.txt", "\n".join(said))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_mass_change_says_how_it_stands_while_it_is_held_and_how_it_ended(language):
    said = [
        f"=== {what} {ended}\n"
        + drawn(render(AlertKind.MASS_CHANGE_HELD, language, what=what, ended=ended))
        + "\n"
        for what in ("leaders", "gone")
        for ended in (None, "repaired", "accepted")
    ]
    compare(f"mass_change.{language}.txt", "\n".join(said))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_says_who_why_and_what_mends_it(language):
    said = [
        f"=== {reason}\n"
        + drawn(
            render(
                AlertKind.CREW_LEADER_UNREACHABLE,
                language,
                job=JobFacts(name="Smith", job_id=7),
                reason=reason,
                candidates=candidates,
            )
        )
        + "\n"
        for reason, candidates in (
            *((reason, ["Chris J", "Chris K"]) for reason in Reason),
            (Reason.AMBIGUOUS, []),
        )
    ]
    compare(f"unreachable.{language}.txt", "\n".join(said))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_other_shapes_of_a_kind(language):
    sold = JobFacts(**{**JOB, "job_id": None, "status": "Requires Crew Lead"})
    shapes = {
        "sold estimate": render(AlertKind.CREW_LEAD_NEEDED, language, job=sold, old=None),
        "taken away, gone": render(AlertKind.JOB_TAKEN_AWAY, language, gone=True, leader=None),
        "taken away, back": render(
            AlertKind.JOB_TAKEN_AWAY, language, new="Requires Crew Lead", leader=None
        ),
        "taken away, nobody": render(AlertKind.JOB_TAKEN_AWAY, language, leader=None),
        "first contact, none waits": render(
            AlertKind.FIRST_CONTACT, language, waiting=[], waiting_total=0
        ),
        "adopted": render(AlertKind.FIRST_CONTACT, language, collection="jobs", count=12),
        "blind, and why": render(AlertKind.SYNC_BLIND, language, sentence="It answers <503>."),
        "not understood": render(
            AlertKind.DOCUMENT_UNREADABLE,
            language,
            collection="jobs",
            undecided=True,
            reason="It cannot be decided on (TypeError).",
        ),
        "many not understood": render(
            AlertKind.DOCUMENT_UNREADABLE, language, collection="jobs", count=120, undecided=True
        ),
        "branch unmatched": render(
            AlertKind.DOCUMENT_UNREADABLE, language, name="Tulsa", reason="branch_unmatched"
        ),
        "branch ambiguous": render(
            AlertKind.DOCUMENT_UNREADABLE, language, name="Tulsa", reason="branch_ambiguous"
        ),
        "the leader of before is not told": render(
            AlertKind.CREW_LEADER_UNREACHABLE, language, new="In Production", taken_away=True
        ),
        "a leader who is no employee": render(
            AlertKind.CREW_LEADER_UNREACHABLE, language, employee_id=None, crew_member_id=4
        ),
        "needed, and the leader of before is not told": render(
            AlertKind.CREW_LEAD_NEEDED,
            language,
            untold={
                "leader": "Dana <Ruiz>",
                "leader_id": 16,
                "reason": "bot_blocked",
                "employee_id": 4,
            },
        ),
        "a leader left": render(AlertKind.CREW_LEADER_UNREACHABLE, language, **LEFT_WITH),
        "a leader left with many jobs": render(
            AlertKind.CREW_LEADER_UNREACHABLE,
            language,
            **LEFT_WITH | {"reason": "blocked_in_attic_tech", "jobs": LEFT_WITH["jobs"] * 11},
        ),
        "link refused": render(AlertKind.LINK_DECIDED, language, approved=False, name=None),
        "link moved, in the former chat": alert_message(
            AlertRow(AlertKind.LINK_MOVED, SYSTEM[AlertKind.LINK_MOVED]),
            None,
            words(language),
            RecipientType.CHAT,
        ),
        "leaders held": render(
            AlertKind.MASS_CHANGE_HELD, language, what="leaders", count=80, total=900
        ),
    }
    compare(
        f"shapes.{language}.txt", "\n".join(f"=== {k}\n{drawn(v)}\n" for k, v in shapes.items())
    )


@pytest.mark.parametrize("kind", AlertKind)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_longest_values_fit_and_every_tag_is_closed(kind, language):
    long = "<🏠&>" * 3000
    message = render(
        kind,
        language,
        job=LONG,
        old=long,
        new=long,
        leader=long,
        former_leader=long,
        state=long,
        reason="no_telegram" if kind in WITH_A_REASON else long,
        email=long,
        sentence=long,
        waiting=[{"job_id": n, "name": long} for n in range(500)],
        waiting_total=500,
    )
    assert units(message.text) <= LIMIT
    tags = re.findall(r"<(/?)([a-z]+)[^>]*>", message.text)
    assert [t for c, t in tags if not c] == [t for c, t in tags if c][: len(tags)]
    assert sum(1 for c, _ in tags if c) * 2 == len(tags)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_of_a_manager_says_what_mends_it(language):
    said = [
        f"=== {reason}\n{render(AlertKind.MANAGER_UNREACHABLE, language, reason=reason).text}\n"
        for reason in OF_A_MANAGER
    ]
    compare(f"managers.{language}.txt", "\n".join(said))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_longest_list_of_a_leaver_fits(language):
    jobs = [{"job_sync_id": n, "job_id": 10**9, "name": "<🏠&>" * 3000} for n in range(500)]
    message = render(AlertKind.CREW_LEADER_UNREACHABLE, language, jobs=jobs, leader="<🏠&>" * 3000)
    assert units(message.text) <= LIMIT
    assert message.text.count("<a ") == message.text.count("</a>") == 20


@pytest.mark.parametrize("kind", STATES)
def test_a_job_whose_row_is_gone_is_shown_as_it_was_decided(kind):
    assert render(kind, job=None, job_=None).text != render(kind).text
    row = AlertRow(kind, {**FACTS[kind], "job": JOB})
    reader = LEADER if kind in FOR_LEADERS else MANAGER
    assert alert_message(row, None, words("en"), reader) == render(kind)


def test_the_former_leader_sees_neither_address_nor_phone():
    shown = drawn(render(AlertKind.JOB_TAKEN_AWAY))
    assert not re.search(r"Elm|92101|maps|555|O&#x27;Neil|O'Neil", shown)


@pytest.mark.parametrize("kind", AlertKind)
def test_no_alert_shows_a_price(kind):
    assert "12,345" not in plain(render(kind).text)
    assert "12345" not in render(kind).text


def test_the_phone_can_be_tapped_and_the_address_leads_there():
    text = render(AlertKind.JOB_ASSIGNED).text
    assert "+1-619-555-0142" in text
    assert 'href="https://www.google.com/maps/dir/?api=1&amp;destination=12+Elm+St+%234' in text


def test_only_a_leader_who_gets_to_work_reads_the_notes_for_the_crew():
    assert "Gate code" in render(AlertKind.JOB_ASSIGNED).text
    assert "Gate code" not in render(AlertKind.CREW_LEAD_NEEDED).text


@pytest.mark.parametrize("reason", Reason)
def test_who_lacks_only_a_link_can_be_invited_with_one_tap(reason):
    kind = AlertKind.CREW_LEADER_UNREACHABLE
    by_a_link = {"no_telegram", "bot_blocked", "chat_not_found", "deactivated"}
    button = "[📩 Invite Chris Jordan: invite:employee:5]"
    assert (button in drawn(render(kind, reason=reason))) is (reason in by_a_link)
    assert "invite" not in drawn(render(kind, reason=reason, employee_id=None))


def test_the_tables_of_reasons_are_complete():
    assert set(WHY) == set(HOW) == set(Reason)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_struck_message_shows_the_name_and_nothing_of_the_customer(language):
    message = struck_message(JOB, words(language))
    name, sentence = message.text.splitlines()
    assert name == "<s>Smith &amp; Sons &lt;attic&gt; · #7</s>"
    said = {"en": "This job is no longer yours.", "es": "Este trabajo ya no es tuyo."}
    assert sentence == said[language]
    assert message.keyboard is None
    assert units(struck_message(LONG, words(language)).text) < 300


def test_a_message_about_no_job_that_was_not_taken_says_which_and_whose():
    about = AlertRow(AlertKind.MESSAGE_NOT_TAKEN, {"about": "sync_blind", "name": "Telegram 99"})
    assert plain(alert_message(about, None, words("en"), MANAGER).text).splitlines() == [
        "🟠 A message could not be delivered",
        "It was for Telegram 99: “sync blind”",
        "Telegram fails at this message again and again, and takes others.",
        "➡️ Tell them yourself.",
    ]
