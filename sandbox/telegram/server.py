"""The socket: one bot's Bot API, control routes beside it, and `python -m sandbox telegram`."""

import argparse
import asyncio
import signal
import sys
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from sandbox.telegram import control
from sandbox.telegram.api import BotApi, Call
from sandbox.telegram.faults import Fault, FaultKind, Faults, Limits, Throttle
from sandbox.telegram.groups import Group
from sandbox.telegram.people import Phone
from sandbox.telegram.updates import UpdateQueue
from sandbox.telegram.waiting import wait_until
from sandbox.telegram.world import Account, Chat, EventKind, World

TOKEN = "7000000001:sandbox-token-of-nobody"  # noqa: S105 - opens nothing but this sandbox
_HOST = "127.0.0.1"
_LARGEST_BODY = 50 * 1024 * 1024


def _bot(token: str) -> dict[str, Any]:
    number = token.partition(":")[0]
    return {
        "id": int(number) if number.isdigit() else 7000000001,
        "is_bot": True,
        "first_name": "Job Sync",
        "username": "jobsync_sandbox_bot",
        "can_join_groups": True,
        "can_read_all_group_messages": False,
        "supports_inline_queries": False,
    }


class TelegramSandbox:
    """A Telegram with one bot, while the context is open.

    `url` is what `TelegramAPIServer.from_base` takes.
    """

    def __init__(self, token: str = TOKEN, port: int = 0, limits: Limits | None = None) -> None:
        self.token = token
        self.faults = Faults()
        self.world = World(_bot(token))
        self.queue = UpdateQueue(self.world.touch)
        self.api = BotApi(token, self.world, self.queue, self.faults, Throttle(limits))
        self._port = port
        self._runner: web.AppRunner | None = None
        self._site: web.TCPSite | None = None

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=_LARGEST_BODY)
        control.add_routes(app, self)
        app.router.add_route("*", "/bot{token}/{method}", self.api.handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await self.accept_connections()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.queue.wake()
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{_HOST}:{self._port}"

    @property
    def listening(self) -> bool:
        """Whether connections are taken."""
        return self._site is not None

    # What goes wrong

    def fail(self, code: int, **more: Any) -> Fault:
        """Answer the next call with `code`; `more` are fields of Fault."""
        return self.faults.add(Fault(FaultKind.REFUSE, code=code, **more))

    def lose_answers(self, **more: Any) -> Fault:
        """Take the next call, and cut the connection before its answer."""
        return self.faults.add(Fault(FaultKind.LOSE, **more))

    def answer_late(self, seconds: float, **more: Any) -> Fault:
        """Take the next call at once, and answer it after `seconds`."""
        return self.faults.add(Fault(FaultKind.SLOW, seconds=seconds, **more))

    async def refuse_connections(self) -> None:
        """Stop listening, cut what is connected: refused until `accept_connections`."""
        if self._site is None or self._runner is None or self._runner.server is None:
            return
        site, self._site = self._site, None
        await site.stop()
        for connection in self._runner.server.connections:
            if connection.transport is not None:
                connection.transport.abort()
        for _ in range(4):  # the loop's turns in which peers in this process notice the cut
            await asyncio.sleep(0)
        self.world.touch()

    async def accept_connections(self) -> None:
        """Listen (again), on the same port as before."""
        if self._site is not None or self._runner is None:
            return
        self._site = web.TCPSite(self._runner, _HOST, self._port, reuse_address=True)
        await self._site.start()
        self._port = self._runner.addresses[0][1]
        self.world.touch()

    # Who is there

    def person(
        self,
        id: int,
        first_name: str,
        language_code: str | None = "en",
        *,
        last_name: str | None = None,
        username: str | None = None,
        phone_number: str | None = None,
        started: bool = False,
    ) -> Phone:
        """Somebody with a phone; the bot cannot write to him before he started it."""
        account = Account(id, first_name, last_name, username, language_code, phone_number, started)
        self.world.accounts[id] = account
        self.world.chats.setdefault(id, Chat(id, "private", members={id}))
        self.world.touch()
        return Phone(self.world, self.queue, account)

    def phone(self, id: int) -> Phone:
        """The phone of somebody who is already there; raises KeyError."""
        return Phone(self.world, self.queue, self.world.accounts[id])

    def group(self, id: int, title: str, members: tuple[int, ...] = ()) -> Group:
        """A group (its id is negative) with these people and the bot."""
        chat = Chat(id, "group", title, set(members))
        self.world.chats[id] = chat
        self.world.log(EventKind.MEMBERSHIP, id, text="the bot was added")
        return Group(self.world, chat)

    def known_group(self, id: int) -> Group:
        """A group that is already there; raises KeyError."""
        return Group(self.world, self.world.chats[id])

    # What happened

    def calls(self, method: str | None = None) -> list[Call]:
        """The calls that the bot made, polls included, oldest first."""
        return [call for call in self.api.calls if method in (None, call.method)]

    async def wait_until(
        self, condition: Any, seconds: float = 5.0, otherwise: str = "it did not come true"
    ) -> Any:
        """The first true answer of `condition()`, asked again after all that happens here."""
        return await wait_until(self.world, condition, seconds, otherwise)


async def _serve(token: str, port: int, limits: Limits | None) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with TelegramSandbox(token, port, limits) as sandbox:
        sys.stdout.write(f"READY {sandbox.url}\n")
        sys.stdout.flush()
        await stop.wait()


def main(argv: list[str] | None = None) -> int:
    """0 after SIGTERM or SIGINT; prints `READY <url>` when it listens."""
    parser = argparse.ArgumentParser(prog="python -m sandbox telegram")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--token", default=TOKEN, help="the token of the one bot")
    parser.add_argument("--limits", action="store_true", help="answer 429 as Telegram does")
    options = parser.parse_args(argv)
    asyncio.run(_serve(options.token, options.port, Limits() if options.limits else None))
    return 0
