"""Whoever holds connections open, or sends no requests, keeps nobody out and fills no log."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import aiohttp
import pytest
from aiohttp import web
from structlog.testing import capture_logs

from bot import logs
from bot.listener import CONNECTIONS, listening


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def healthz(_: web.Request) -> web.Response:
    return web.json_response({"ok": True})


@pytest.fixture
async def edge(port) -> AsyncIterator[list]:
    """The edge at work on `port`; what was logged."""
    app, stop = web.Application(), asyncio.Event()
    app.router.add_get("/healthz", healthz)
    with capture_logs() as told:
        async with asyncio.TaskGroup() as group:
            group.create_task(listening(app, "127.0.0.1", port, head_within=0.5)(stop))
            while not told:
                await asyncio.sleep(0.005)
            yield told
            stop.set()


@asynccontextmanager
async def opened(port: int, said: bytes = b"") -> AsyncIterator[asyncio.StreamReader]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(said)
    try:
        yield reader
    finally:
        writer.transport.abort()


async def is_well(port: int) -> bool:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{port}/healthz") as answer,
    ):
        return (await answer.json()) == {"ok": True}


async def test_half_open_connections_keep_nobody_out_and_are_told_of_once(edge, port):
    """1,100 of them wrote 90 MB of log in 70 s."""
    async with AsyncExitStack() as stack:
        held = [
            await stack.enter_async_context(opened(port, b"GET /healthz HTT"))
            for _ in range(CONNECTIONS * 3)
        ]
        assert await is_well(port)
        async with asyncio.timeout(20):
            assert {await reader.read() for reader in held} == {b""}
    assert [log["event"] for log in edge] == ["listening", "too_many_connections"]


@pytest.mark.parametrize("said", [b"", b"GET /healthz HTTP/1.1\r\nHost: x\r\n", b"GET"])
async def test_a_head_that_does_not_come_ends_its_connection(edge, port, said):
    async with opened(port, said) as reader, asyncio.timeout(20):
        assert await reader.read() == b""


@pytest.mark.parametrize(
    "said",
    [b"\x16\x03\x01\x00\r\n\r\n", b"GET / HTTP/9\r\n\r\n", b"GET / HTTP/1.1\r\n: x\r\n\r\n"],
)
async def test_what_is_no_request_writes_no_log(edge, port, said, caplog):
    logging.getLogger("aiohttp.server").setLevel(logs.LOUD["aiohttp.server"])
    async with opened(port, said) as reader, asyncio.timeout(20):
        assert b" 400 " in await reader.readline()
    assert caplog.records == []
