"""`python -m sandbox telegram` says when it is ready, and stops when told to."""

import asyncio
import signal
import sys

import aiohttp


async def test_it_prints_ready_with_its_address_and_stops_on_sigterm():
    program = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "sandbox", "telegram", "--port", "0", "--token", "5:x"),
        stdout=asyncio.subprocess.PIPE,
    )
    assert program.stdout is not None
    ready, _, url = (await program.stdout.readline()).decode().strip().partition(" ")
    assert ready == "READY"
    async with aiohttp.ClientSession() as session, session.get(f"{url}/bot5:x/getMe") as answer:
        assert (await answer.json())["result"]["is_bot"] is True
    program.send_signal(signal.SIGTERM)
    assert await program.wait() == 0
