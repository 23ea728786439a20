"""The day is played, scene by scene, while whoever sits at the terminal may act as anybody."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress

from rich.table import Table

from bot.demo.cast import BY_KEY, CAST, Person, Role
from bot.demo.day import DAY, Scene
from bot.demo.phones import Screen
from bot.demo.stage import COMPANY, Stage
from bot.failures import CommandFailed
from bot.views.catalogue import N_

#: Seconds until something is on a phone at the latest; the program starts and reads first.
_OPENS_WITHIN, _PATIENCE = 60.0, 20.0
_LOOK_EVERY = 0.1
_HELP = N_(
    "Enter            the next scene\n"
    "chris /myjobs    write as Chris\n"
    "chris tap 1      tap a button of the newest message, by number or by its words\n"
    "chris block      block the bot (chris unblock)\n"
    "ben open         open the link of the newest invitation\n"
    "help, quit"
)
#: Who says /start before the day begins.
_GREETED = " ".join(one.key for one in CAST if one.linked and one.role is not Role.STRANGER)


class Over(Exception):
    """Nothing more is wanted."""


def introduce(screen: Screen, people: Iterable[Person]) -> None:
    """Show who works here."""
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    for person in people:
        role = screen.label(person.role.value)
        unlinked = "" if person.linked else screen.label(N_(" (not connected)"))
        table.add_row(person.key, person.name, role + unlinked, person.branch, person.language)
    screen.console.print(table)


async def obey(line: str, stage: Stage, screen: Screen) -> None:
    """Carry out what was typed, or say what can be."""
    name, _, words = line.strip().partition(" ")
    if person := BY_KEY.get(name.lower()):
        try:
            await _act(person, words.strip(), stage, screen)
        except LookupError as error:
            screen.advise("{why}", why=error)
    else:
        if name.lower() != "help":
            screen.advise(N_("Nobody here is called {name}."), name=name)
        screen.advise(N_("One can be: {names}."), names=", ".join(BY_KEY))
        screen.advise(_HELP)


async def _act(person: Person, words: str, stage: Stage, screen: Screen) -> None:
    match words.split(maxsplit=1):
        case [] | ["tap"]:
            screen.advise(_HELP)
        case [("block" | "unblock") as deed]:
            await stage.act(person, deed)
        case ["open"] if screen.invitation:
            await stage.act(person, "send", text=f"/start {screen.invitation}")
        case ["open"]:
            screen.advise(N_("Nobody was invited yet: a manager sends /invite."))
        case ["tap", button]:
            which = int(button) if button.isdigit() else button
            await stage.act(person, "tap", button=which, timeout=0)
        case _:
            await stage.act(person, "send", text=words)


async def _break_down(stage: Stage) -> None:
    await stage.attic_tech.call("POST", "faults", {"kind": "status", "status": 503})
    with suppress(TimeoutError):
        async with asyncio.timeout(_PATIENCE):
            while not await stage.connection.fetchval(COMPANY["outage_told"]):
                await asyncio.sleep(_LOOK_EVERY)


async def play_scene(scene: Scene, stage: Stage, screen: Screen) -> list[str]:
    """Play one scene; whose phones showed nothing although they should have."""
    screen.title(scene.title)
    wanted = screen.expecting(scene.hear, scene.changed)
    if scene.write:
        await stage.attic_tech.call("POST", "batch", [scene.write])
    if scene.line:
        await obey(scene.line, stage, screen)
    if scene.attic_tech == "breaks down":
        await _break_down(stage)
    if scene.attic_tech == "is mended":
        await stage.attic_tech.call("DELETE", "faults")
    return await screen.reaches(wanted, _PATIENCE)


async def _play_day(stage: Stage, screen: Screen, turns: asyncio.Semaphore | None) -> list[str]:
    """What did not come, each with who should have got it; without `turns` nobody is waited for."""
    missed = await screen.reaches(screen.expecting(_GREETED), _OPENS_WITHIN)
    screen.open = True
    await stage.open()
    for scene in DAY:
        missed += [f"{key}: {scene.title}" for key in await play_scene(scene, stage, screen)]
        if turns:
            screen.advise(N_("Enter: the next scene. Or type: chris /myjobs · help · quit"))
            await turns.acquire()
    screen.title(N_("The day is over."))
    return missed


async def _listen(
    lines: AsyncIterator[str], stage: Stage, screen: Screen, turns: asyncio.Semaphore | None
) -> None:
    """Carry out typed lines; raises Over at "quit", and where somebody ends their terminal."""
    async for line in lines:
        if line.strip().lower() in {"quit", "exit"}:
            raise Over
        if line.strip():
            await obey(line, stage, screen)
        elif turns:
            turns.release()
    if turns:
        raise Over


async def play(stage: Stage, screen: Screen, lines: AsyncIterator[str], *, asked: bool) -> None:
    """Play the day; afterwards stay for whoever types, until "quit" or the end of the lines.

    Where somebody is `asked`, Enter lets the next scene begin. Otherwise raises CommandFailed when
    a phone did not show what it should have.
    """
    turns, missed = asyncio.Semaphore(0) if asked else None, list[str]()
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(screen.follow(stage.telegram))
            tasks.create_task(stage.program.ended())
            typing = tasks.create_task(_listen(lines, stage, screen, turns))
            missed += await _play_day(stage, screen, turns)
            if not typing.done():
                screen.advise(N_("Now it is yours:"))
                screen.advise(_HELP)
            await typing
            raise Over
    except* CommandFailed as failures:
        raise failures.exceptions[0] from None
    except* Over:
        pass
    if missed and not asked:  # whoever types may have blocked the bot
        raise CommandFailed("\n".join(("Nothing came where something should have:", *missed)))


async def typed_lines(descriptor: int | None = 0) -> AsyncIterator[str]:
    """The lines of standard input until its end; none without a descriptor.

    Read by a thread from the bare descriptor: an event loop cannot wait for a file or /dev/null,
    and Python's own buffered input would hold up the end of the process.
    """
    lines: asyncio.Queue[str | None] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def read() -> None:
        # A terminal that went away is as good as its end; a loop that ended needs no lines.
        with suppress(OSError, RuntimeError):
            if descriptor is not None:
                with open(descriptor, encoding="utf-8", errors="replace", closefd=False) as typed:
                    for line in typed:
                        loop.call_soon_threadsafe(lines.put_nowait, line)
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(lines.put_nowait, None)

    threading.Thread(target=read, daemon=True).start()
    while (line := await lines.get()) is not None:
        yield line
