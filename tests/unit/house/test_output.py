"""Standard output that takes nothing: one sentence, whatever the command makes of it."""

import os
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TextIO

import pytest
from rich.console import Console

from bot.cli.output import standard_output
from bot.failures import CommandFailed

FULL = "Standard output takes nothing more: No space left on device."
FULL_DEVICES = pytest.mark.parametrize("buffering", [-1, 1], ids=["buffered", "by line"])


def say(text: str = "a line\n") -> None:
    sys.stdout.write(text)


def failure(stream: TextIO | None, monkeypatch: pytest.MonkeyPatch, work: Callable = say) -> str:
    """What is said of `work` with this standard output."""
    monkeypatch.setattr(sys, "stdout", stream)  # here: pytest puts its own back for each phase
    with pytest.raises(CommandFailed) as failed, standard_output():
        work()
    return str(failed.value)


@FULL_DEVICES
def test_a_full_one_is_told_and_what_is_left_of_it_does_not_fail_again(
    buffering: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Path("/dev/full").open("w", buffering) as stream:
        assert failure(stream, monkeypatch) == FULL
        stream.flush()


@FULL_DEVICES
def test_it_is_the_reason_whatever_became_of_the_error(
    buffering: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def say_much_in_a_task() -> None:
        try:
            say("a line\n" * 10_000)
        except OSError as error:
            raise ExceptionGroup("of a task", [error]) from error

    with Path("/dev/full").open("w", buffering) as stream:
        assert failure(stream, monkeypatch, say_much_in_a_task) == FULL


def test_a_closed_one_is_told_once_something_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    with standard_output():
        assert not sys.stdout.isatty()
    assert failure(None, monkeypatch) == "Standard output takes nothing more: it is closed."


def test_one_whose_reader_has_gone_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with closing(os.fdopen(writing, "w")) as stream:
        said = failure(stream, monkeypatch, lambda: Console().print("a line"))
    assert said == "Standard output takes nothing more: Broken pipe."


def test_its_own_end_after_that_of_the_stream_is_no_error(tmp_path: Path) -> None:
    """Python 3.13 and newer report what fails when an object is finalised."""
    with (tmp_path / "said").open("w") as stream, pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", stream)
        with standard_output():
            output = sys.stdout
    output.close()


def test_an_error_of_something_else_stays_what_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"), standard_output():
        raise FileNotFoundError("nowhere")
    with standard_output():
        say()
    assert capsys.readouterr().out == "a line\n"
