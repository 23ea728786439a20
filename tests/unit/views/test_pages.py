"""The pages of the commands, in both languages, with the longest real values, as snapshots.

`snapshots/pages/<view>.<language>.txt` is what one reads, with the keyboard below it. After a
wanted change `make fix` writes them anew.
"""

from zoneinfo import ZoneInfo

import pytest

from bot.handlers import COMMANDS
from bot.views.language import Words
from bot.views.message import LIMIT, Message, units
from tests.unit.views.job_pages import JOB_PAGES
from tests.unit.views.kept import SNAPSHOTS, compare
from tests.unit.views.people_pages import PEOPLE_PAGES

VIEWS = JOB_PAGES | PEOPLE_PAGES


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
    compare(f"pages/{view}.{language}.txt", said)


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
    assert {path.name for path in (SNAPSHOTS / "pages").iterdir()} == expected


@pytest.mark.parametrize("language", ["en", "es"])
def test_commands_have_descriptions_that_telegram_takes(language):
    words = Words(language, ZoneInfo("UTC"))
    for command in COMMANDS:
        assert 3 <= len(words.label(command.description)) <= 256
