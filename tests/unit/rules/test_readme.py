"""What the README draws and lists is what the program does."""

import re
from pathlib import Path

import pytest

from bot.settings import Settings
from sync.model.alerts import TRANSITIONS, AlertState
from sync.model.states import State

README = Path(__file__).parents[3].joinpath("README.md").read_text(encoding="utf-8")
STATES, ALERTS = re.findall(r"```mermaid\nstateDiagram-v2\n(.*?)```", README, re.DOTALL)
#: Named in the sentence under the drawing: they come with what is built next.
LATER = {AlertState.HANDED_OVER, AlertState.WITHHELD}


def test_the_nine_states_are_drawn_by_their_names() -> None:
    assert re.findall(r'state "([^"]+)"', STATES) == [str(state) for state in State]


def test_every_transition_of_an_alert_is_drawn_and_no_other() -> None:
    drawn = set(re.findall(r"^    (\w+) --> (\w+)", ALERTS, re.MULTILINE))
    assert drawn == {(str(old), str(new)) for old, after in TRANSITIONS.items() for new in after}
    beginnings = set(re.findall(r"^    \[\*\] --> (\w+)", ALERTS, re.MULTILINE))
    assert beginnings == {"pending", "undeliverable", "superseded"}
    named = set(re.findall(r"\w+", ALERTS))
    assert {str(state) for state in AlertState} - named == {str(state) for state in LATER}


@pytest.mark.parametrize("setting", [name.upper() for name in Settings.model_fields])
def test_every_setting_is_explained(setting: str) -> None:
    assert f"`{setting}`" in README


def test_every_file_that_it_names_exists() -> None:
    root = Path(__file__).parents[3]
    for path in re.findall(r"\]\(([\w./]+)\)", README):
        assert root.joinpath(path).exists(), path
