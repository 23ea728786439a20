"""Text of others commands no terminal and turns nothing around, wherever it comes from."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.texts import one_line, several_lines

_COMMANDS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_TURNS = re.compile(r"[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
texts = st.text(st.characters(max_codepoint=0x20FF, exclude_categories=["Cs"]))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Chris Jordan", "Chris Jordan"),
        ("A\x1b[2J\x1b]0;title\x07B", "A�[2J�]0;title�B"),
        ("A\x9b31mB\x7f", "A�31mB�"),
        ("Elm St\r\nOrange\nCA\u2028USA\x85", "Elm St Orange CA USA "),
        ("one\ttwo", "one two"),
        ("\u202a+1 (619) 555-0142\u202c", "+1 (619) 555-0142"),
        ("Pat \u202egnp.exe\u202c\u2066x\u2069\u200f", "Pat gnp.exex"),
        (
            "👩‍🚒 niño José ñandú 🏴\U000e0067\U000e007f",
            "👩‍🚒 niño José ñandú 🏴\U000e0067\U000e007f",
        ),
        ("no break", "no break"),
    ],
)
def test_a_name_is_one_line_of_what_it_shows(text: str, shown: str) -> None:
    assert one_line(text) == shown


def test_notes_keep_their_lines() -> None:
    assert several_lines("Gate\r\n\tcode\x1b[1m\u202e 12\x0bdog") == "Gate\n code�[1m 12\ndog"


@given(texts)
def test_nothing_is_left_that_commands_or_turns(text: str) -> None:
    for shown in (one_line(text), several_lines(text)):
        assert not _COMMANDS.search(shown)
        assert not _TURNS.search(shown)
    assert "\n" not in one_line(text)


@given(texts)
def test_twice_is_once(text: str) -> None:
    assert one_line(one_line(text)) == one_line(text)
    assert several_lines(several_lines(text)) == several_lines(text)
