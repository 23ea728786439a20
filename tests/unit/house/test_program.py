"""Parts run together: they stop together, gently, and what fails is told."""

import asyncio
import socket

import aiohttp
import pytest
from aiohttp import web

from bot.app import Part, listening, serve, until_stopped
from bot.failures import CommandFailed


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Steady:
    """A part that works until it is stopped, and then needs a moment to finish."""

    def __init__(self, finishing: float = 0.0) -> None:
        self.finishing, self.finished, self.began = finishing, False, asyncio.Event()

    async def __call__(self, stop: asyncio.Event) -> None:
        self.began.set()
        await stop.wait()
        await asyncio.sleep(self.finishing)
        self.finished = True


def failing(error: Exception | None) -> Part:
    async def part(stop: asyncio.Event) -> None:
        if error is not None:
            raise error

    return part


async def test_all_parts_run_until_they_are_stopped() -> None:
    stop, one, two = asyncio.Event(), Steady(), Steady()
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(serve({"one": one, "two": two}, stop))
        await one.began.wait()
        await two.began.wait()
        assert not serving.done()
        stop.set()
    assert (one.finished, two.finished) == (True, True)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ValueError("odd"), "The part 'bad' failed: ValueError('odd')"),
        (CommandFailed("The port is taken."), "The port is taken."),
        (None, "The part 'bad' ended by itself."),
    ],
)
async def test_a_part_that_fails_stops_the_others_gently_and_is_told(
    error: Exception | None, said: str
) -> None:
    steady = Steady(finishing=0.05)
    with pytest.raises(CommandFailed) as failed:
        await serve({"bad": failing(error), "steady": steady}, asyncio.Event())
    assert str(failed.value) == said
    assert steady.finished, "it was in the middle of something"


async def test_who_does_not_finish_in_time_is_cut_off() -> None:
    stop, slow, quick = asyncio.Event(), Steady(finishing=3600), Steady()
    stop.set()
    async with asyncio.timeout(5):
        await serve({"slow": slow, "quick": quick}, stop, patience=0.05)
    assert (slow.finished, quick.finished) == (False, True)


async def test_who_waits_again_on_the_way_out_is_cut_off_again() -> None:
    """A connection that is given back to a server that does not answer, for one."""
    stop = asyncio.Event()
    stop.set()

    async def stubborn(_: asyncio.Event) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            try:
                await asyncio.Event().wait()
            finally:
                await asyncio.Event().wait()

    async with asyncio.timeout(10):
        await serve({"stubborn": stubborn}, stop, patience=0.05)


async def test_work_without_an_end_ends_with_the_program() -> None:
    stop, began, cancelled = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def work() -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    async with asyncio.TaskGroup() as group:
        group.create_task(serve({"work": until_stopped(work)}, stop))
        await began.wait()
        stop.set()
    assert cancelled.is_set()


async def test_work_without_an_end_that_fails_or_ends_is_told() -> None:
    async def broken() -> None:
        raise ValueError("odd")

    async def finite() -> None:
        return

    for work in (broken, finite):
        with pytest.raises(CommandFailed, match="The part 'work' failed"):
            await serve({"work": until_stopped(work)}, asyncio.Event())


async def test_a_port_that_is_taken_is_named_with_its_setting(free_port: int) -> None:
    async def here(_: web.Request) -> web.Response:
        return web.Response(text="here")

    stop, app = asyncio.Event(), web.Application()
    app.router.add_get("/", here)
    first = listening(app, "127.0.0.1", free_port)

    async def answers() -> bool:
        try:
            async with (
                aiohttp.ClientSession() as session,
                session.get(f"http://127.0.0.1:{free_port}/") as answer,
            ):
                return await answer.text() == "here"
        except aiohttp.ClientConnectionError:
            return False

    async with asyncio.TaskGroup() as group:
        group.create_task(serve({"edge": first}, stop))
        while not await answers():
            await asyncio.sleep(0.01)
        with pytest.raises(CommandFailed, match=f"127.0.0.1:{free_port} .HTTP_HOST, HTTP_PORT"):
            await serve(
                {"edge": listening(web.Application(), "127.0.0.1", free_port)}, asyncio.Event()
            )
        stop.set()
    assert not await answers()
