"""What one types at the demo's prompt, understood, and the lines of standard input as they come."""

import asyncio
import os
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TypeAlias

from bot.demo.cast import BY_KEY, CAST, Person

HELP = (
    "chris /myjobs    write as Chris\n"
    "chris tap 1      tap a button of his newest message, by number or by its words\n"
    "chris block      block the bot (chris unblock)\n"
    "ben open         open the link of the newest invitation\n"
    "help, quit"
)


@dataclass(frozen=True, slots=True)
class Say:
    """Somebody writes."""

    person: Person
    text: str


@dataclass(frozen=True, slots=True)
class Press:
    """Somebody taps a button, by its number or its words."""

    person: Person
    button: int | str


@dataclass(frozen=True, slots=True)
class Block:
    """Somebody blocks or unblocks the bot; `deed` says which."""

    person: Person
    deed: str


@dataclass(frozen=True, slots=True)
class Open:
    """Somebody opens the link of the newest invitation, as if it had been forwarded to him."""

    person: Person


@dataclass(frozen=True, slots=True)
class Advice:
    """Words for whoever typed."""

    text: str


@dataclass(frozen=True, slots=True)
class Quit:
    """The end is wanted."""


Order: TypeAlias = Say | Press | Block | Open | Advice | Quit


def understand(line: str) -> Order:
    """The order that a typed line gives."""
    key, _, rest = line.strip().partition(" ")
    words, person = rest.strip(), BY_KEY.get(key.lower())
    if key.lower() in {"quit", "exit"}:
        return Quit()
    if person is None:
        known = "" if key.lower() in {"", "help"} else f"Nobody here is called {key!r}. "
        return Advice(f"{known}One can be {', '.join(one.key for one in CAST)}:\n{HELP}")
    if words in {"block", "unblock"}:
        return Block(person, words)
    if words == "open":
        return Open(person)
    if words in {"", "tap"}:
        return Advice(f"What should {person.first_name} {words or 'do'}?\n{HELP}")
    if words.startswith("tap "):
        button = words.removeprefix("tap ").strip()
        return Press(person, int(button) if button.isdigit() else button)
    return Say(person, words)


def _read(
    descriptor: int, loop: asyncio.AbstractEventLoop, lines: asyncio.Queue[str | None]
) -> None:
    left = b""
    try:
        while got := os.read(descriptor, 4096):
            *whole, left = (left + got).split(b"\n")
            for line in whole:
                loop.call_soon_threadsafe(lines.put_nowait, line.decode(errors="replace"))
        if left:
            loop.call_soon_threadsafe(lines.put_nowait, left.decode(errors="replace"))
    except OSError:
        pass  # no terminal any more, or none from the start: as good as its end
    finally:
        loop.call_soon_threadsafe(lines.put_nowait, None)


async def typed_lines(descriptor: int = 0) -> AsyncIterator[str]:
    """The lines of standard input until its end.

    Read by a thread from the bare descriptor: an event loop cannot wait for a file or /dev/null,
    and Python's own buffered input would hold up the end of the process.
    """
    lines: asyncio.Queue[str | None] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    threading.Thread(target=_read, args=(descriptor, loop, lines), daemon=True).start()
    while (line := await lines.get()) is not None:
        yield line
