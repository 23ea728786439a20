"""The day is played, scene by scene, while whoever sits at the terminal may act as anybody."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from typing import assert_never

from rich.console import Console
from rich.table import Table

from bot.demo.cast import CAST, Role
from bot.demo.day import DAY, Scene
from bot.demo.prompt import HELP, Advice, Block, Open, Order, Press, Quit, Say, understand
from bot.demo.screen import Screen
from bot.demo.stage import COMPANY, Stage
from bot.failures import CommandFailed

#: Seconds until something is on a phone at the latest; the program starts and reads first.
_OPENS_WITHIN, _PATIENCE = 60.0, 20.0
_LOOK_EVERY = 0.1
#: Seconds for what a phone shows beyond what was waited for, like the end of a run asked for.
_AFTERMATH = 2.0
NO_INVITATION = "Nobody was invited yet: a manager sends /invite."


def introduce(console: Console) -> None:
    """Show who works here."""
    table = Table(title="The company", title_justify="left", box=None, padding=(0, 2, 0, 0))
    for heading in ("type", "who", "what", "where", "language"):
        table.add_column(heading, style="bold" if heading == "type" else "")
    for person in CAST:
        role = person.role.value + ("" if person.linked else " (not linked)")
        table.add_row(person.key, person.name, role, person.branch or "", person.language)
    console.print(table)


async def obey(order: Order, stage: Stage, screen: Screen) -> bool:
    """Carry out what was typed; whether to go on."""
    match order:
        case Quit():
            return False
        case Advice(text):
            screen.advise(text)
        case Say(person, text):
            await stage.telegram.say(person, text)
        case Block(person, deed):
            await stage.telegram.do(person, deed)
        case Press(person, button):
            try:
                await stage.telegram.tap(person, button)
            except LookupError as error:
                screen.advise(str(error))
        case Open(person):
            if screen.invitation:
                await stage.telegram.say(person, f"/start {screen.invitation}")
            else:
                screen.advise(NO_INVITATION)
        case _:
            assert_never(order)
    return True


async def _mirrored(stage: Stage, job: int) -> None:
    while not await stage.connection.fetchval(COMPANY["is_mirrored"], job):
        await asyncio.sleep(_LOOK_EVERY)


async def _until_outage_is_told(stage: Stage) -> None:
    while not await stage.connection.fetchval(COMPANY["outage_told"]):
        await asyncio.sleep(_LOOK_EVERY)


async def _break_or_mend(scene: Scene, stage: Stage) -> None:
    if scene.attic_tech == "breaks down":
        await stage.attic_tech.break_down()
        with suppress(TimeoutError):
            await asyncio.wait_for(_until_outage_is_told(stage), _PATIENCE)
    if scene.attic_tech == "is mended":
        await stage.attic_tech.mend()


async def play_scene(scene: Scene, stage: Stage, screen: Screen) -> list[str]:
    """Play one scene; whose phones showed nothing although they should have."""
    screen.console.rule(scene.title, align="left", style="dim")
    wanted = screen.after(scene.hear)
    if scene.writes:
        await stage.attic_tech.write(scene.writes)
    if scene.line:
        await obey(understand(scene.line), stage, screen)
    await _break_or_mend(scene, stage)
    if scene.mirrors:
        with suppress(TimeoutError):
            await asyncio.wait_for(_mirrored(stage, scene.mirrors), _PATIENCE)
    return await screen.reaches(wanted, _PATIENCE)


def _opening() -> Mapping[str, int]:
    """How much each phone shows before the day begins: a greeting, and what managers hear first."""
    linked = [person for person in CAST if person.linked and person.role is not Role.STRANGER]
    return {person.key: 1 + (person.role is Role.MANAGER) for person in linked}


async def _play_day(stage: Stage, screen: Screen, pause: float) -> list[str]:
    missing = await screen.reaches(_opening(), _OPENS_WITHIN)
    missed = [f"{key}: at the beginning" for key in missing]
    screen.opening = False
    for scene in DAY:
        missed += [f"{key}: {scene.title}" for key in await play_scene(scene, stage, screen)]
        await asyncio.sleep(pause)
    await asyncio.sleep(_AFTERMATH)
    screen.console.rule("The day is over.", align="left", style="dim")
    return missed


async def _obey_all(lines: AsyncIterator[str], stage: Stage, screen: Screen) -> bool:
    """Carry out typed lines until they end; whether the end of the demo was asked for."""
    async for line in lines:
        if not await obey(understand(line), stage, screen):
            return True
    return False


async def _until_over(
    day: asyncio.Task[list[str]], typing: asyncio.Task[bool], screen: Screen
) -> list[str]:
    """What the day missed, once it is over and nobody types any more; nothing if somebody quits."""
    await asyncio.wait({day, typing}, return_when=asyncio.FIRST_COMPLETED)
    if typing.done() and typing.result():
        return []
    missed = await day
    if not typing.done():
        screen.advise(f"Now it is yours:\n{HELP}")
    await typing
    return missed


async def play(stage: Stage, console: Console, lines: AsyncIterator[str], pause: float) -> None:
    """Play the day; afterwards stay for whoever types, until "quit" or the end of the lines.

    Raises CommandFailed when a phone did not show what it should have.
    """
    screen, missed = Screen(console), list[str]()
    try:
        async with asyncio.TaskGroup() as tasks:
            watching = [
                tasks.create_task(screen.follow(stage.telegram)),
                tasks.create_task(stage.program.ended()),
            ]
            day = tasks.create_task(_play_day(stage, screen, pause))
            typing = tasks.create_task(_obey_all(lines, stage, screen))
            missed = await _until_over(day, typing, screen)
            for task in (*watching, day):
                task.cancel()
    except* CommandFailed as failures:
        raise failures.exceptions[0] from None
    if missed:
        raise CommandFailed("Nothing came where something should have:\n" + "\n".join(missed))
