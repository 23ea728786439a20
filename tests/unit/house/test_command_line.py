"""The commands of the contract, and their exit codes."""

import subprocess
import sys
from types import ModuleType

import pytest

from bot.cli import COMMANDS, main
from bot.failures import CommandFailed, UsageFailed


def command(
    monkeypatch: pytest.MonkeyPatch, name: str, outcome: int | BaseException
) -> list[object]:
    """Puts a pretend module in the place of `bot.cli.<name>`; the arguments that it was given."""
    module, calls = ModuleType(name), []

    def run(arguments: object) -> int:
        calls.append(arguments)
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    module.run = run
    monkeypatch.setitem(sys.modules, f"bot.cli.{name}", module)
    return calls


def test_the_commands_are_those_of_the_contract() -> None:
    assert [command.name for command in COMMANDS] == [
        "run",
        "demo",
        "sync",
        "migrate",
        "doctor",
        "people",
        "why",
    ]


@pytest.mark.parametrize("line", ["doctor", "doctor --json"])
def test_a_command_that_is_not_built_yet_says_so(
    line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(line.split()) == 2
    assert capsys.readouterr().err == f"jobsync {line.split()[0]} is not built yet.\n"


@pytest.mark.parametrize("line", ["", "dance", "sync --fast", "migrate sideways", "why"])
def test_a_wrong_call_is_exit_code_2(line: str) -> None:
    with pytest.raises(SystemExit) as left:
        main(line.split())
    assert left.value.code == 2


@pytest.mark.parametrize(
    ("outcome", "code"),
    [(0, 0), (1, 1), (CommandFailed("Too old."), 1), (UsageFailed("X is missing."), 2)],
)
def test_what_a_command_says_and_how_it_ends(
    outcome: int | Exception,
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    command(monkeypatch, "sync", outcome)
    assert main(["sync"]) == code
    said = f"{outcome}\n" if isinstance(outcome, Exception) else ""
    assert capsys.readouterr().err == said


def test_only_what_a_command_needs_is_imported_for_it() -> None:
    """aiogram alone takes seconds, and whoever migrates from a script waits for it each time."""
    lean = "migrate run sync people demo"
    heavy = {"aiogram", "alembic", "sqlalchemy"}
    asked = f"import sys; {'; '.join(f'import bot.cli.{name}' for name in lean.split())}"
    said = subprocess.run(
        [sys.executable, "-c", f"{asked}; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert not heavy & set(said.split())


def test_ctrl_c_while_a_command_is_still_imported_is_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command(monkeypatch, "demo", KeyboardInterrupt())
    assert main(["demo"]) == 1
    assert capsys.readouterr().err == "Stopped.\n"


def test_sync_takes_full_and_accept(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = command(monkeypatch, "sync", 0)
    main(["sync", "--full", "--accept"])
    main(["sync"])
    assert [(call.full, call.accept) for call in calls] == [(True, True), (False, False)]


def test_migrate_goes_up_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = command(monkeypatch, "migrate", 0)
    for line in ("migrate", "migrate down", "migrate sql --grant botzilla"):
        main(line.split())
    assert [(call.action, call.grant) for call in calls] == [
        ("up", None),
        ("down", None),
        ("sql", "botzilla"),
    ]


@pytest.mark.parametrize(
    "line", ["migrate sql --grant=", "migrate sql --grant= ", "migrate --grant="]
)
def test_a_role_without_a_name_is_refused_and_not_left_out(
    line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(line.split(" ", 2)) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("--grant ")
