"""A TCP proxy that can fall silent: a host that died, as the other side of its connections sees it.

It goes on accepting what it is sent and answers nothing, and says no goodbye.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit

_CHUNK = 65536


@dataclass(slots=True)
class Proxy:
    """Stands before a server; `url` is the server's with the proxy's address."""

    url: str
    forwarding: asyncio.Event = field(default_factory=asyncio.Event)

    def fall_silent(self) -> None:
        """Forward nothing more, in either direction."""
        self.forwarding.clear()


@asynccontextmanager
async def proxy(url: str) -> AsyncIterator[Proxy]:
    """A proxy before the server that `url` names, until the block ends."""
    parts = urlsplit(url)
    made = Proxy(url)
    made.forwarding.set()
    pumps: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there = await asyncio.open_connection(parts.hostname, parts.port)
        try:
            async with asyncio.TaskGroup() as group:
                for source, target in ((reader, there[1]), (there[0], writer)):
                    pumps.add(group.create_task(_pump(made, source, target)))
        finally:
            for one in (writer, there[1]):
                one.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    login = parts.netloc.rpartition("@")[0]
    made.url = urlunsplit(parts._replace(netloc=f"{login}@127.0.0.1:{port}"))
    try:
        yield made
    finally:
        server.close()
        for pump in pumps:
            pump.cancel()
        await asyncio.wait(pumps) if pumps else None


async def _pump(owner: Proxy, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    try:
        while chunk := await source.read(_CHUNK):
            await owner.forwarding.wait()
            target.write(chunk)
            await target.drain()
    except ConnectionError:
        pass
    await owner.forwarding.wait()  # the dead close nothing
    target.close()
