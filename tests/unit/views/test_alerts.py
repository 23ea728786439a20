"""What each alert says, in both languages, for real values and for the longest ones.

The texts and keyboards are kept in `snapshots/`; after a wanted change `make fix` writes them anew.
"""

import re
from zoneinfo import ZoneInfo

import pytest

from bot.views.alerts import STEPS, alert_message, struck_message
from bot.views.language import LANGUAGES, Words
from bot.views.message import LIMIT, Message, units
from bot.views.unreachable import HOW, WHY
from sync.model.alerts import AlertKind, Reason, RecipientType
from sync.model.facts import JobFacts
from sync.model.kinds import CHAT, KINDS, read_facts
from tests.unit.views.kept import compare

MANAGER, OPERATOR = RecipientType.OPERATION_MANAGER, RecipientType.OPERATOR
#: Whoever is told a kind, and as what; an operator reads what a manager does.
READ = [(kind, role) for kind, row in KINDS.items() for role in sorted(row.to - {OPERATOR})]
ABOUT_A_JOB = [(kind, role) for kind, role in READ if kind in STEPS[role]]
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
    AlertKind.LINK_REQUESTED: {"request": 12, "name": "Chris <J>", "branch_id": 1},
    AlertKind.LINK_DECIDED: {"approved": True, "name": "Chris Jordan"},
    AlertKind.LINK_MOVED: {
        "what": "replaced",
        "change": 5,
        "name": "Chris <Jordan>",
        "account": {"id": 55, "name": "Chris <J>", "username": "chris_j"},
        "by": "Ada",
    },
    AlertKind.INVITE_ACCEPTED: {"name": "Chris <Jordan>", "change": 5, "account": {"id": 55}},
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
    AlertKind.SALE_PROGRESSED: {"old": "Production Complete", "new": "Pending Payment"},
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


def render(
    kind: AlertKind,
    language: str = "en",
    role: RecipientType | None = None,
    *,
    job: JobFacts | None = JOB,
    **more,
) -> Message:
    reader = role or min(KINDS[kind].to - CHAT, default=RecipientType.CHAT)
    said = read_facts(kind, {**FACTS[kind], **more})
    return alert_message(kind, said, job, words(language), reader)


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


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_says_what_its_snapshot_says(language):
    said = [f"=== {kind}, {role}\n{drawn(render(kind, language, role))}\n" for kind, role in READ]
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
        "sale closed": render(AlertKind.SALE_PROGRESSED, language, new="Closed Job"),
        "sale open again": render(AlertKind.SALE_PROGRESSED, language, old="Closed Job"),
        "not taken, about no job": render(
            AlertKind.MESSAGE_NOT_TAKEN, language, job=None, about="sync_blind"
        ),
        "leaders held": render(
            AlertKind.MASS_CHANGE_HELD, language, what="leaders", count=80, total=900
        ),
    }
    compare(
        f"shapes.{language}.txt", "\n".join(f"=== {k}\n{drawn(v)}\n" for k, v in shapes.items())
    )


@pytest.mark.parametrize(("kind", "role"), READ)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_longest_values_fit_and_every_tag_is_closed(kind, role, language):
    long = "<🏠&>" * 3000
    message = render(
        kind,
        language,
        role,
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


@pytest.mark.parametrize(("kind", "role"), ABOUT_A_JOB)
def test_a_job_whose_row_is_gone_is_shown_as_it_was_decided(kind, role):
    assert render(kind, "en", role, job=None).text != render(kind, "en", role).text
    said = read_facts(kind, {**FACTS[kind], "job": JOB})
    assert alert_message(kind, said, None, words("en"), role) == render(kind, "en", role)


@pytest.mark.parametrize(("kind", "role"), READ)
def test_an_operator_reads_what_a_manager_does(kind, role):
    if OPERATOR in KINDS[kind].to and role is MANAGER:
        assert render(kind, "en", OPERATOR) == render(kind, "en", MANAGER)


@pytest.mark.parametrize("kind", sorted({kind for kind, _ in ABOUT_A_JOB}))
def test_nobody_reads_words_that_were_written_for_others(kind):
    for role in set(RecipientType) - KINDS[kind].to:
        with pytest.raises(KeyError):
            render(kind, "en", role)


def test_the_former_leader_sees_neither_address_nor_phone():
    shown = drawn(render(AlertKind.JOB_TAKEN_AWAY))
    assert not re.search(r"Elm|92101|maps|555|O&#x27;Neil|O'Neil", shown)


@pytest.mark.parametrize(("kind", "role"), READ)
def test_no_alert_shows_a_price(kind, role):
    assert not re.search(r"12,?345", drawn(render(kind, "en", role)))


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
    elsewhere = {"bot_blocked", "chat_not_found", "deactivated"}
    for button, reasons in (("📩 Invite", {"no_telegram"}), ("New phone for", elsewhere)):
        shown = f"[{button} Chris Jordan: invite:employee:5]" in drawn(render(kind, reason=reason))
        assert shown is (reason in reasons)
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
