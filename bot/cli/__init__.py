"""The command line: `jobsync <command>`; which commands there are, and what their exit codes mean.

A command lives in the module of its name and is imported only when it is called: `--help` must
answer at once, and aiogram alone takes seconds to import. What a command does is not known here.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import NamedTuple

from bot.failures import CommandFailed, UsageFailed
from sync.texts import several_lines

DONE, FAILED, USAGE = 0, 1, 2  # the contract's exit codes


class Subcommand(NamedTuple):
    """One subcommand: its module is `bot.cli.<name>` and answers `run(arguments) -> exit code`."""

    name: str
    purpose: str
    add_arguments: Callable[[argparse.ArgumentParser], None] = lambda parser: None
    built: bool = True


def _sync_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--full", action="store_true", help="compare every document of Attic Tech")
    parser.add_argument(
        "--accept", action="store_true", help="confirm a mass change that a run has held back"
    )


def _migrate_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "action",
        nargs="?",
        default="up",
        choices=("up", "down", "status", "sql"),
        help="up (default): to the newest version; down: remove what up created; "
        "status: exit 1 when behind; sql: print the script for a DBA",
    )
    parser.add_argument(
        "--grant", metavar="ROLE", help="with sql: add the GRANT lines for this role"
    )


def _demo_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--fast", action="store_true", help="wait for nobody, and end with the day: for scripts"
    )
    parser.add_argument(
        "--language", choices=("en", "es"), help="of the narrator and of every phone"
    )


def _doctor_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="for programs")


def _people_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=("link",))
    parser.add_argument("--apply", action="store_true", help="write what else is only shown")


def _why_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("job", metavar="JOB", help="7 is a job of Attic Tech, E7 a sold estimate")


COMMANDS = (
    Subcommand("run", "mirror Attic Tech, send alerts and answer people, until stopped"),
    Subcommand(
        "demo", "a pretend company, its phones and a day of work, on this terminal", _demo_arguments
    ),
    Subcommand("sync", "one run now, and what it found", _sync_arguments),
    Subcommand("migrate", "bring the database to this program's version", _migrate_arguments),
    Subcommand("doctor", "check everything around the program", _doctor_arguments, built=False),
    Subcommand(
        "people", "join BotZilla's rows and Attic Tech's users of one person", _people_arguments
    ),
    Subcommand("why", "what happened to a job, who was told, who was not", _why_arguments),
)


def parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    root = argparse.ArgumentParser(
        prog="jobsync", description="BotZilla Job Sync: Attic Tech's jobs, told in Telegram."
    )
    commands = root.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for command in COMMANDS:
        purpose = command.purpose + ("" if command.built else " (not built yet)")
        command.add_arguments(commands.add_parser(command.name, help=purpose, description=purpose))
    return root


def main(argv: Sequence[str] | None = None) -> int:
    """The exit code of the command in `argv` (default: the process's own arguments)."""
    try:
        try:
            return _carry_out(argv)
        finally:
            show("")  # what others wrote, as --help
    except CommandFailed as failure:
        return _ended(str(failure), FAILED)
    except UsageFailed as failure:
        return _ended(str(failure), USAGE)
    except KeyboardInterrupt:
        # Here it comes only while the command is still being imported; nothing was begun.
        return _ended("Stopped.", FAILED)


def show(text: str) -> None:
    """Write to standard output; CommandFailed when that is closed, full, or read by nobody."""
    try:
        if sys.stdout is not None:  # who closed it wants to read nothing
            sys.stdout.write(text)
            sys.stdout.flush()
    except OSError as error:
        # What it still holds must not fail once more at the interpreter's end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise CommandFailed(f"Standard output takes nothing more: {error.strerror}.") from error


def _carry_out(argv: Sequence[str] | None) -> int:
    arguments = parser().parse_args(argv)
    command = next(command for command in COMMANDS if command.name == arguments.command)
    if not command.built:
        raise UsageFailed(f"jobsync {command.name} is not built yet.")
    code: int = import_module(f"bot.cli.{command.name}").run(arguments)
    return code


def _ended(words: str, code: int) -> int:
    if sys.stderr is not None:  # whoever closed it wants to read nothing
        sys.stderr.write(f"{several_lines(words)}\n")
    return code
