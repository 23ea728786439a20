"""What is typed at the demo's prompt, who is known to have seen more, and standard input."""

import asyncio
import io
import os

import pytest
from rich.console import Console

from bot.demo.cast import BY_KEY, Person
from bot.demo.phones import Screen
from bot.demo.play import obey, typed_lines

CHRIS, MIGUEL = BY_KEY["chris"], BY_KEY["miguel"]


class Acts:
    """In place of the stage: who did what."""

    def __init__(self):
        self.done = []

    async def act(self, person: Person, deed: str, **how: object):
        if how.get("button") == 9:
            raise LookupError("Chris has no button 9")
        self.done.append((person.key, deed, *how.values()))


def screen() -> Screen:
    return Screen(Console(file=io.StringIO(), width=100))


def event(kind: str = "message", text: str = "") -> dict:
    return {"kind": kind, "chat_id": MIGUEL.telegram_id, "message": text}


async def typed(line: str) -> tuple[list, str]:
    acts, shown = Acts(), screen()
    shown.show(event(text="https://t.me/jobs_bot?start=old-Code_1"))
    shown.show(event(text="https://t.me/jobs_bot?start=new-Code_2\nIt is …"))
    await obey(line, acts, shown)
    return acts.done, shown.console.file.getvalue()


@pytest.mark.parametrize(
    ("line", "done"),
    [
        ("chris /myjobs", ("chris", "send", "/myjobs")),
        ("  Chris   hello  there ", ("chris", "send", "hello  there")),
        ("chris tap 1", ("chris", "tap", 1, 0)),
        ("chris tap Got it", ("chris", "tap", "Got it", 0)),
        ("chris tapped it", ("chris", "send", "tapped it")),
        ("chris block", ("chris", "block")),
        ("chris open", ("chris", "send", "/start new-Code_2")),
    ],
)
async def test_a_line_is_done_and_answered_by_the_phone_alone(line: str, done: tuple):
    assert await typed(line) == ([done], "")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("help", "One can be: dana, luis"),
        ("nobody /myjobs", "Nobody here is called nobody."),
        ("chris", "chris tap 1"),
        ("chris tap ", "chris tap 1"),
        ("chris tap 9", "Chris has no button 9"),
    ],
)
async def test_what_cannot_be_done_is_answered_in_words(line: str, words: str):
    done, said = await typed(line)
    assert (done, words in said) == ([], True)


async def test_nobody_opens_an_invitation_that_was_not_sent():
    acts, shown = Acts(), screen()
    await obey("ben open", acts, shown)
    assert (acts.done, "Nobody was invited yet" in shown.console.file.getvalue()) == ([], True)


async def test_who_has_seen_too_little_is_named_and_an_edit_is_no_message():
    shown = screen()
    wanted = shown.expecting("miguel chris", changed="miguel")
    async with asyncio.TaskGroup() as tasks:
        missing = tasks.create_task(shown.reaches(wanted, 0.05))
        shown.show(event("edit"))
    assert missing.result() == ["miguel", "chris"]
    shown.show(event())
    assert await shown.reaches(wanted, 0) == ["chris"]


async def test_who_should_see_two_things_has_not_seen_one():
    shown = screen()
    shown.show(event())
    wanted = shown.expecting("miguel miguel")
    shown.show(event())
    assert await shown.reaches(wanted, 0) == ["miguel"]
    shown.show(event())
    assert await shown.reaches(wanted, 0) == []


async def test_lines_come_whole_and_end_with_the_input():
    reading, writing = os.pipe()
    os.write(writing, b"chris /my")
    os.write(writing, "jobs\nluis ¿qué?\nquit".encode())
    os.close(writing)
    lines = [line.strip() async for line in typed_lines(reading)]
    assert lines == ["chris /myjobs", "luis ¿qué?", "quit"]
    os.close(reading)


async def test_an_input_that_is_closed_empty_or_not_wanted_has_no_lines():
    reading, writing = os.pipe()
    os.close(reading)
    os.close(writing)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for descriptor in (reading, nothing, None):
        assert [line async for line in typed_lines(descriptor)] == []
    os.close(nothing)
