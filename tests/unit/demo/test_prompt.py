"""What is typed at the demo's prompt, and standard input however it is closed."""

import os

import pytest

from bot.demo.cast import BY_KEY
from bot.demo.prompt import Advice, Block, Open, Press, Quit, Say, typed_lines, understand

CHRIS = BY_KEY["chris"]


@pytest.mark.parametrize(
    ("line", "order"),
    [
        ("chris /myjobs", Say(CHRIS, "/myjobs")),
        ("  Chris   hello there ", Say(CHRIS, "hello there")),
        ("chris tap 1", Press(CHRIS, 1)),
        ("chris tap Got it", Press(CHRIS, "Got it")),
        ("chris tapped it", Say(CHRIS, "tapped it")),
        ("chris block", Block(CHRIS, "block")),
        ("chris open", Open(CHRIS)),
        ("quit", Quit()),
        ("exit", Quit()),
    ],
)
def test_a_line_is_an_order(line: str, order: object):
    assert understand(line) == order


@pytest.mark.parametrize("line", ["", "help", "chris", "nobody /myjobs", "chris tap", "chris tap "])
def test_what_is_no_order_is_answered_with_what_one_can_type(line: str):
    advice = understand(line)
    assert isinstance(advice, Advice)
    assert "chris tap 1" in advice.text


def test_a_name_that_nobody_has_is_said_so():
    advice = understand("nobody /myjobs")
    assert isinstance(advice, Advice)
    assert advice.text.startswith("Nobody here is called 'nobody'.")


def test_a_tap_of_nothing_is_said_so():
    advice = understand("chris tap")
    assert isinstance(advice, Advice)
    assert advice.text.startswith("What should Chris tap?")


async def test_lines_come_whole_and_end_with_the_input():
    reading, writing = os.pipe()
    os.write(writing, b"chris /my")
    os.write(writing, "jobs\nluis ¿qué?\nquit".encode())
    os.close(writing)
    assert [line async for line in typed_lines(reading)] == ["chris /myjobs", "luis ¿qué?", "quit"]
    os.close(reading)


async def test_an_input_that_is_closed_or_empty_has_no_lines():
    reading, writing = os.pipe()
    os.close(reading)
    os.close(writing)
    assert [line async for line in typed_lines(reading)] == []
    nothing = os.open(os.devnull, os.O_RDONLY)
    assert [line async for line in typed_lines(nothing)] == []
    os.close(nothing)
