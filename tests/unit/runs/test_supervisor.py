"""Work that has to go on survives whatever ends it, and is told of."""

import asyncio
from collections.abc import Callable

import asyncpg
import pytest
from aiogram.exceptions import ClientDecodeError
from structlog.testing import capture_logs

from sync.postgres.pool import NoConnection
from sync.supervisor import Supervisor, pause

HTML = ClientDecodeError("Failed to decode", ValueError("x"), "<html>secret</html>")


class Told:
    """What was told, in order."""

    def __init__(self) -> None:
        self.words: list[tuple[str, str]] = []

    def __call__(self, name: str, trouble: str) -> None:
        self.words.append((name, trouble))


def failing(*errors: Exception, then: Callable[[], object]) -> Callable[[], asyncio.Future]:
    left = list(errors)

    async def work() -> None:
        if left:
            raise left.pop(0)
        then()

    return work


@pytest.mark.parametrize(
    "error",
    [HTML, KeyError("a bug"), UnicodeDecodeError("utf-8", b"x", 0, 1, "x"), OSError(28, "full")],
)
async def test_any_exception_is_survived_told_by_its_class_and_told_to_be_over(error):
    told, stop = Told(), asyncio.Event()
    supervisor = Supervisor(told, rest=0.0)
    await supervisor.keep("loop", failing(error, error, then=stop.set), stop)
    kind = type(error).__name__
    assert told.words == [("loop", kind), ("loop", kind), ("loop", "")]


@pytest.mark.parametrize(
    "error",
    [
        NoConnection(),
        asyncpg.ConnectionDoesNotExistError("in the middle of operation"),
        ExceptionGroup("", [asyncpg.InterfaceError("connection is closed")]),
    ],
)
async def test_a_database_that_is_away_is_no_failure_of_the_loop(error):
    told, stop = Told(), asyncio.Event()
    with capture_logs() as logs:
        await Supervisor(told, rest=0.0).keep("loop", failing(error, then=stop.set), stop)
    assert told.words == [("loop", "")]
    assert [(log["event"], "exc_info" in log) for log in logs] == [("loop_lost_database", False)]


async def test_rests_grow_with_failures_in_a_row_and_end_with_a_success(monkeypatch):
    rests, stop = [], asyncio.Event()

    async def rest(_: asyncio.Event, seconds: float) -> None:
        rests.append(seconds)

    monkeypatch.setattr("sync.supervisor.pause", rest)
    left: list[Exception | None] = [*[HTML] * 6, None, HTML, HTML]

    async def work() -> None:
        if (error := left.pop(0)) is not None:
            raise error
        if not left:
            stop.set()

    left.append(None)
    await Supervisor(rest=1.0, longest_rest=20.0).keep("loop", work, stop)
    assert rests == [1, 2, 4, 8, 16, 20, 1, 1, 2, 1]


async def test_work_that_goes_on_for_a_while_counts_as_well_again():
    told, failed = Told(), False

    async def work() -> None:
        nonlocal failed
        if not failed:
            failed = True
            raise HTML
        await asyncio.Event().wait()

    async with asyncio.TaskGroup() as group:
        keeping = group.create_task(Supervisor(told, rest=0.0, well_after=0.01).keep("loop", work))
        while ("loop", "") not in told.words:
            await asyncio.sleep(0.001)
        keeping.cancel()
    assert told.words == [("loop", "ClientDecodeError"), ("loop", "")]


async def test_a_stop_ends_the_rest():
    stop = asyncio.Event()
    supervisor = Supervisor(rest=3600.0)
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        group.create_task(supervisor.keep("loop", failing(HTML, then=stop.set), stop))
        await asyncio.sleep(0)
        stop.set()
    assert await pause(stop, 0)
