"""Nothing about an alert is left undecided, and what is missing is said in a sentence."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.views.alerts import STEPS, TITLES
from bot.views.language import catalogue
from bot.views.rules import RULES
from sync.model.alerts import AlertKind, Reason, RecipientType
from sync.model.facts import (
    AlsoTold,
    JobNews,
    LeaderLeft,
    LeaderUnreachable,
    Mirrored,
    SyncBlind,
    Unreached,
)
from sync.model.facts import as_stored as stored
from sync.model.kinds import KINDS, LEADER, MANAGERS, SALESPERSON, Sound, read_facts
from sync.rules import TABLE, Audience

DOMAIN = Path(__file__).parents[3].joinpath("docs/domain.md").read_text(encoding="utf-8")
#: As whom each audience is told.
READERS = {
    Audience.FORMER_LEADER: LEADER,
    Audience.LEADER: LEADER,
    Audience.MANAGERS: MANAGERS,
    Audience.SALESPERSON: SALESPERSON,
}
MARKS = {"⚪": Sound.SILENT, "🔴": Sound.RINGS, "🟠": Sound.RINGS, "🔵": Sound.RINGS}


@pytest.mark.parametrize("kind", AlertKind)
def test_everything_about_a_kind_is_decided(kind: AlertKind) -> None:
    row, title = KINDS.get(kind), TITLES.get(kind)
    assert row, (
        f"{kind}: write its row in sync/model/kinds.py: what it says, to whom, what it asks, "
        "whether it rings, and what happens when nobody can deliver it."
    )
    assert title, f"{kind}: write its title in bot/views/alerts.py (TITLES)."
    assert catalogue("es").gettext(title) != title, f"{kind}: translate {title!r} into Spanish."
    assert MARKS.get(title[0], row.sound) is row.sound, (
        f"{kind}: {title[0]} does not fit its sound."
    )
    assert f"`{kind}`" in DOMAIN, f"{kind}: describe it in docs/domain.md."
    if any(issubclass(type, JobNews) for type in row.facts):
        for role in row.to:
            assert kind in STEPS[role], (
                f"{kind}: say what a {role} should do or know in bot/views/alerts.py (STEPS)."
            )
    for role in set(RecipientType) - row.to:
        assert kind not in STEPS[role], (
            f"{kind}: bot/views/alerts.py has words for a {role}, whom sync/model/kinds.py does "
            "not name."
        )


def test_every_row_of_the_table_tells_those_whom_its_kind_names() -> None:
    for audience, rules in TABLE.items():
        assert audience in READERS, f"{audience}: say here as whom they are told (READERS)."
        for rule in rules:
            assert KINDS[rule.kind].to >= READERS[audience], (
                f"row {rule.row} tells {audience} of {rule.kind}: name them in its row of "
                "sync/model/kinds.py, and write the words for them in bot/views/alerts.py."
            )
    assert set(TABLE) == set(Audience), "sync/rules: TABLE has no rows for an audience."


def test_every_row_of_the_table_is_described() -> None:
    for row in {rule.row for rules in TABLE.values() for rule in rules} | {8}:
        assert row in RULES, f"row {row}: say it in bot/views/rules.py (RULES), for `/why`."
        assert f"\n| {row} |" in DOMAIN, f"row {row}: describe it in docs/domain.md."


NEWS = JobNews(
    *(3, "Pending Review", "Plans In Progress", "Ana", 8, "Chris", False, {"job_id": 7}),
    also=(AlsoTold(RecipientType.OPERATOR, AlertKind.CREW_LEAD_NEEDED, "k:1:telegram:9", 1),),
    untold=Unreached(7, "Chris", Reason.AMBIGUOUS, candidates=("Chris J", "Chris K")),
)
#: What version 0.9 wrote: every key of a change, null or not, and a person's facts beside them.
OF_BEFORE = {
    "row": 8,
    "old": None,
    "new": "In Production",
    "leader": "Chris",
    "leader_id": 7,
    "former_leader": None,
    "gone": False,
    "job": {"job_id": 7, "name": "Smith"},
    "reason": "bot_blocked",
    "employee_id": None,
    "crew_member_id": 4,
    "candidates": [],
}


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (AlertKind.PLAN_CHANGES_REQUIRED, NEWS),
        (AlertKind.CREW_LEADER_UNREACHABLE, LeaderUnreachable(leader_id=7, taken_away=True)),
        (
            AlertKind.CREW_LEADER_UNREACHABLE,
            LeaderLeft(7, "Chris", Reason.INACTIVE, ({"job_sync_id": 1, "name": "Smith"},)),
        ),
        (AlertKind.FIRST_CONTACT, Mirrored(12, ({"job_sync_id": 1},), 1)),
        *((kind, row.facts[-1]()) for kind, row in KINDS.items() if len(row.facts) == 1),
    ],
)
def test_what_was_stored_is_read_back(kind, said) -> None:
    assert read_facts(kind, stored(said)) == said


def test_what_another_version_stored_is_read_as_far_as_it_is_understood() -> None:
    kind = AlertKind.CREW_LEADER_UNREACHABLE
    said = LeaderUnreachable(
        new="In Production",
        leader="Chris",
        leader_id=7,
        job={"job_id": 7, "name": "Smith"},
        reason=Reason.BOT_BLOCKED,
        crew_member_id=4,
    )
    assert read_facts(kind, OF_BEFORE) == said
    later = {**OF_BEFORE, "reason": "on_the_moon", "color": "red", "also": [{"kind": "from_mars"}]}
    assert read_facts(kind, later) == replace(said, reason=None, also=(AlsoTold(),))
    odd = {"since": "yesterday", "sentence": "It is late."}
    assert read_facts(AlertKind.SYNC_BLIND, odd) == SyncBlind(sentence="It is late.")
    for kind in AlertKind:
        assert isinstance(read_facts(kind, {}), KINDS[kind].facts)
