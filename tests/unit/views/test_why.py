"""The story of a job has a sentence for everything that is written down, and fits into messages."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.audit.composing import Rows, story_of
from bot.audit.story import Entry, Story, Told
from bot.views import fate, rules
from bot.views.language import Words
from bot.views.message import LIMIT, plain, units
from bot.views.why import why_message, why_text
from sync import rules as table
from sync.model.alerts import AlertKind, AlertState, Because, Reason, RecipientType
from sync.reconcile.audit import Happened, Record, from_metadata
from sync.reconcile.plan import Silence

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
WORDS = Words("en", ZoneInfo("UTC"))


def told(state: AlertState, reason: str | None = None, **more: object) -> Told:
    values = {"row": 3, "at": NOW} | more
    return Told(
        *(1, "Chris", RecipientType.CREW_LEADER, 7, AlertKind.JOB_ASSIGNED, state, reason), **values
    )


def test_every_reason_that_an_alert_can_have_has_its_sentence():
    said = {*fate.WAITS, *fate.NOT_SENT, *fate.DOUBTFUL} - {None, Reason.NO_MANAGER}
    assert said | {Because.ANSWER_LOST} == set(Because)


def test_every_reason_why_somebody_cannot_be_reached_is_said_with_his_name():
    for reason in set(Reason) - {Reason.NO_MANAGER, Reason.UNREADABLE_IN_ATTIC_TECH}:
        line = plain(fate.fate(told(AlertState.UNDELIVERABLE, reason), WORDS))
        assert line.count("Chris") == 2, reason


def test_every_state_has_its_mark():
    assert set(fate.MARKS) == set(AlertState)


def test_every_row_of_the_table_is_in_words():
    rows = {rule.row for rules_of_one in table.TABLE.values() for rule in rules_of_one}
    assert set(rules.RULES) == rows | {8}


def test_every_silence_and_everything_that_can_happen_is_in_words():
    assert set(rules.SILENCES) == set(Silence)
    assert set(rules.NOBODY) == set(Happened)


def test_what_is_written_down_is_read_back():
    record = Record(
        (Happened.MOVED, Happened.GONE),
        *("a", "b", 1, "A", 2, "B", "Orange", "Diego", Silence.OLD, False, (1, 8), True, True),
        unreached=((3, Reason.NO_TELEGRAM),),
        run=12,
        seen_at=NOW,
    )
    assert from_metadata({**record.as_metadata(), "seen_at": NOW.isoformat()}) == record
    unheard_of = {**record.as_metadata(), "seen_at": NOW.isoformat(), "silence": "returned"}
    assert from_metadata(unheard_of) == replace(record, silence=None)


@pytest.mark.parametrize("metadata", [None, [], "text", {}, {"source": "n8n", "run": "x"}])
def test_whatever_another_system_wrote_down_is_no_stumbling_block(metadata):
    change = {
        "state_change_id": 1,
        "changed_at": NOW,
        "previous": "A",
        "status": "B",
        "metadata": metadata,
        "compared": None,
        "before": None,
    }
    job = {"facts": {"job_id": 7}, "gone_at": None, "marked": False, "siblings": []}
    story = story_of(Rows(job, [change]))
    (entry,) = story.chapters
    assert isinstance(entry, Entry)
    assert (entry.foreign, entry.record.happened) == (True, (Happened.MOVED,))
    assert "A → B" in why_text(story, WORDS)


@pytest.mark.parametrize(("changes", "people"), [(200, 1), (1, 200), (9, 9)])
def test_page_by_page_one_reads_all_of_it_in_its_order(changes, people):
    entries = [
        Entry(
            NOW,
            Record((Happened.MOVED,), f"S{n}", f"S{n + 1}"),
            told=tuple(told(AlertState.DELIVERED, row=m) for m in range(people)),
        )
        for n in range(changes)
    ]
    story = Story({"job_id": 7, "name": "x" * 300}, tuple(entries))
    whole = [line for line in why_text(story, WORDS).splitlines() if "→" in line or "✅" in line]
    read: list[str] = []
    pages = int(button(story, 0).split("/")[1])
    for page in reversed(range(pages)):
        message = why_message(story, WORDS, page)
        assert units(message.text) <= LIMIT
        assert not message.text.endswith("…")
        read += [line for line in plain(message.text).splitlines() if "→" in line or "✅" in line]
    # What goes on under its first line repeats that.
    assert list(dict.fromkeys(read)) == list(dict.fromkeys(whole))
    assert read.count(whole[-1]) == whole.count(whole[-1])
    assert why_message(story, WORDS, pages + 5) == why_message(story, WORDS, pages - 1)


def button(story: Story, page: int) -> str:
    """What stands between the buttons that turn the pages."""
    row = why_message(story, WORDS, page).keyboard.inline_keyboard[0]
    return next(b.text for b in row if "/" in b.text)
