"""What the pages draw, list and point at is what the program does."""

import re
import unicodedata
from pathlib import Path

import pytest

from bot import access
from bot.cli import COMMANDS
from bot.settings import Settings
from sync.model.alerts import TRANSITIONS, AlertState
from sync.model.states import State

ROOT = Path(__file__).parents[3]
PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"))
}
STATES, ALERTS = re.findall(
    r"```mermaid\nstateDiagram-v2\n(.*?)```", PAGES["docs/design.md"], re.DOTALL
)
#: Named in the sentence under the drawing: they come with what is built next.
LATER = {AlertState.HANDED_OVER, AlertState.WITHHELD}
#: A command that is planned, and the one that a recipe adds.
TO_COME = {"today", "closed"}


def test_the_nine_states_are_drawn_by_their_names() -> None:
    assert re.findall(r'state "([^"]+)"', STATES) == [str(state) for state in State]


def test_every_transition_of_an_alert_is_drawn_and_no_other() -> None:
    drawn = set(re.findall(r"^    (\w+) --> (\w+)", ALERTS, re.MULTILINE))
    assert drawn == {(str(old), str(new)) for old, after in TRANSITIONS.items() for new in after}
    beginnings = set(re.findall(r"^    \[\*\] --> (\w+)", ALERTS, re.MULTILINE))
    assert beginnings == {"pending", "undeliverable", "superseded"}
    named = set(re.findall(r"\w+", ALERTS))
    assert {str(state) for state in AlertState} - named == {str(state) for state in LATER}


def test_the_table_of_settings_holds_each_and_no_other() -> None:
    rows = re.findall(r"^\| (`[A-Z].*?) \|", PAGES["docs/settings.md"], re.MULTILINE)
    explained = [name for row in rows for name in re.findall(r"`([A-Z_]+)`", row)]
    assert sorted(explained) == sorted(name.upper() for name in Settings.model_fields)


@pytest.mark.parametrize("page", sorted(PAGES))
def test_what_a_page_points_at_exists(page: str) -> None:
    for path, place in re.findall(r"\]\(([\w./-]*)#?([\w-]*)\)", PAGES[page]):
        target = (ROOT / page).parent / path if path else ROOT / page
        assert target.exists(), path
        if place:
            assert place in anchors(target), place


def anchors(page: Path) -> set[str]:
    """The names that its headings have on GitHub."""
    headings = re.findall(r"^#+ (.*)", page.read_text(encoding="utf-8"), re.MULTILINE)
    kept = ("".join(c for c in line.lower() if known(c)) for line in headings)
    return {line.replace(" ", "-") for line in kept}


def known(character: str) -> bool:
    return character in " -_" or unicodedata.category(character)[0] in "LN"


@pytest.mark.parametrize("page", sorted(PAGES))
def test_commands_that_a_page_names_can_be_typed(page: str) -> None:
    parts = re.findall(r"```\n(.*?)```|`([^`\n]+)`", PAGES[page], re.DOTALL)
    code = "\n".join(block or inline for block, inline in parts)
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^(\w+):", makefile, re.MULTILINE))
    assert set(re.findall(r"\bmake (?:[A-Z]\S* )*(\w+)", code)) <= targets
    assert set(re.findall(r"\bjobsync (\w+)", code)) <= {command.name for command in COMMANDS}
    slashed = set(re.findall(r"(?:^|\s)/(\w+)(?![\w/.])", code))
    assert slashed <= {*access.COMMANDS, *(path[1:] for _, path in access.ROUTES), *TO_COME}
