"""Accounts of a test's own at either Attic Tech, and whether a token still opens it."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import uuid4

from tests.contract.peers import Peer

Start = Callable[..., Awaitable[Peer]]


async def status(peer: Peer, token: str) -> int:
    return (await peer.get("/jobs?limit=1&depth=0", auth=f"JWT {token}")).status


async def new_account(peer: Peer) -> tuple[int, str]:
    """The id and address of a user of the test's own; his password is `secret`."""
    email = f"user.{uuid4().hex[:12]}@attic.example"
    return await peer.create("users", email=email, password="secret", name="Someone"), email


async def wait_until(condition: Callable[[], Awaitable[bool]], within: float = 20.0) -> None:
    async with asyncio.timeout(within):
        while not await condition():
            await asyncio.sleep(0.05)
