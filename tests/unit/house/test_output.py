"""Standard output that takes nothing: one sentence, whatever the command makes of it."""

import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import TextIO

import pytest
from rich.console import Console

from bot.cli import main, show
from bot.failures import CommandFailed

FULL = "Standard output takes nothing more: No space left on device.\n"
LINE = partial(show, "a line\n")
FULL_DEVICES = pytest.mark.parametrize("buffering", [-1, 1], ids=["buffered", "by line"])


def ended(
    stream: TextIO | None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    work: Callable,
) -> tuple[int, str]:
    """How a command that does this work ends with this standard output, and what it says."""
    command = ModuleType("sync")
    command.run = lambda _: work() or 0
    monkeypatch.setitem(sys.modules, "bot.cli.sync", command)
    monkeypatch.setattr(sys, "stdout", stream)  # here: pytest puts its own back for each phase
    return main(["sync"]), capsys.readouterr().err


@FULL_DEVICES
def test_a_full_one_is_told_and_what_is_left_of_it_does_not_fail_again(
    buffering: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with Path("/dev/full").open("w", buffering) as stream:
        assert ended(stream, monkeypatch, capsys, LINE) == (1, FULL)
        stream.flush()


def test_it_is_the_reason_whatever_the_command_made_of_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail_and_say_else() -> None:
        sys.stdout.write("a line\n")
        raise CommandFailed("The database went away.")

    with Path("/dev/full").open("w") as stream:
        assert ended(stream, monkeypatch, capsys, fail_and_say_else) == (1, FULL)


def test_much_at_once_is_told_as_well(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with Path("/dev/full").open("w") as stream:
        assert ended(stream, monkeypatch, capsys, lambda: show("a line\n" * 10_000)) == (1, FULL)


def test_who_closed_it_reads_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended(None, monkeypatch, capsys, LINE) == (0, "")


@pytest.mark.parametrize(
    "show", [partial(show, "a line\n"), lambda: Console().print("a line")], ids=["words", "rich"]
)
def test_one_whose_reader_has_gone_is_no_traceback(
    show: Callable, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as stream:
        try:
            code, said = ended(stream, monkeypatch, capsys, show)
        except SystemExit as left:  # rich has a word for it
            code, said = left.code, ""
    assert code == 1
    assert said in ("", "Standard output takes nothing more: Broken pipe.\n")


def test_an_error_of_something_else_stays_what_it_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise FileNotFoundError("nowhere")

    with pytest.raises(FileNotFoundError, match="nowhere"):
        ended(sys.stdout, monkeypatch, capsys, fail)
