"""Our files that one event enters: `python -m tests.bench.files_entered`.

A job changes in a pretend Attic Tech, is read, decided on and told on a phone; and somebody taps a
button under a list of jobs, and reads the card. Real sockets and PostgreSQL. Each was done once
before, so that what only the first time needs is not counted.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from bot.handlers import dispatcher
from bot.handlers.frame import Deps
from bot.handlers.speaking import excuser
from bot.health import Health
from bot.telegram.client import open_bot
from bot.telegram.dispatch import Budgets, Handling, feeder
from bot.telegram.poller import Poller
from migrations import command
from sandbox.attic_tech.system import API_KEY
from sandbox.telegram import TelegramSandbox
from sync.attic_tech.client import AtticTech
from sync.attic_tech.login import ApiKey, Gate
from sync.postgres.pool import connect, open_pool
from sync.reconcile import decide
from sync.runs.runner import Work
from tests.attic import CHRIS, OVERLAP, Attic
from tests.bench.sending import embedded
from tests.installation import Installation
from tests.posting import WORDS, Post, posting, until
from tests.scene import Company

_ROOT = Path(__file__).parents[2]
_OURS = ("bot", "sync")


@contextmanager
def entered() -> Iterator[set[str]]:
    """The files whose functions are called within the block."""
    found: set[str] = set()

    def see(frame: FrameType, event: str, _: Any) -> None:
        if event == "call" and frame.f_code.co_name != "<module>":
            found.add(frame.f_code.co_filename)

    sys.setprofile(see)
    try:
        yield found
    finally:
        sys.setprofile(None)


def show(title: str, found: set[str]) -> None:
    """Write how many they are, and which."""
    paths = [Path(name) for name in found if name.startswith(str(_ROOT))]
    ours = sorted(
        str(p.relative_to(_ROOT)) for p in paths if p.relative_to(_ROOT).parts[0] in _OURS
    )
    sys.stdout.write(f"{title}: {len(ours)} files\n" + "".join(f"  {name}\n" for name in ours))


@asynccontextmanager
async def installation(url: str, attic: Attic) -> AsyncIterator[Installation]:
    """A company whose first contact is over, and its Attic Tech behind a real socket."""
    pool, connection = await open_pool(url), await connect(url)
    company = Company(connection)
    orange = await company.branch("Orange")
    await company.manager(branch=orange, telegram_id="101")
    await company.leader("Chris Jordan", telegram_id="102", attic_tech_user_id=CHRIS)
    attic.create("branches", name="Orange")
    async with AtticTech(attic.url, ApiKey(API_KEY), Gate(pool)) as client:
        there = Installation(connection, attic, Work(client, decide, OVERLAP))
        await there.run()
        yield there
    await connection.close()
    await pool.close()


async def told(there: Installation, post: Post) -> None:
    """A job is Chris's, and he reads it on his phone."""
    there.attic.later(300)
    there.job("Plans In Progress")
    await there.run()
    await post.settled()


@asynccontextmanager
async def polling(url: str, telegram: TelegramSandbox) -> AsyncIterator[None]:
    """Whatever people write and tap is answered, as `jobsync run` does it."""
    pool, bot, stop = await open_pool(url), open_bot(telegram.token, telegram.url), asyncio.Event()
    budgets = Budgets()
    handling = Handling(
        feeder(bot, dispatcher(pool, (), WORDS, budgets)),
        excuser(bot, Deps(pool, (), WORDS)),
        budgets,
    )
    async with asyncio.TaskGroup() as group:
        group.create_task(Poller(url, bot, handling, Health()).run(stop))
        yield
        stop.set()
    await bot.session.close()
    await pool.close()


async def tapped(telegram: TelegramSandbox) -> None:
    """Chris opens the newest job of his list."""
    chris = telegram.phone(102)
    message, button = chris.button(1)
    text = message.text
    tap = await chris.tap(button.number, message)
    await until(lambda: _is_over(chris, message.id, text, tap))


async def _is_over(chris: Any, id: int, text: str, tap: Any) -> bool:
    now = next(message for message in chris.messages if message.id == id)
    return now.text != text and tap.answered


async def listed(telegram: TelegramSandbox) -> None:
    """Chris asks for his jobs."""
    chris = telegram.phone(102)
    before = len(chris.received)
    await chris.send("/myjobs")

    async def there() -> bool:
        return len(chris.received) > before

    await until(there)


async def bench() -> None:
    """Both, on a server of its own."""
    with embedded() as url:
        await command.upgrade(url)
        async with (
            Attic() as attic,
            installation(url, attic) as there,
            TelegramSandbox() as telegram,
        ):
            async with posting(url, telegram) as post:
                for id in (101, 102):
                    post.phone(id)
                await told(there, post)
                with entered() as found:
                    await told(there, post)
                show("From a changed job to a phone", found)
            async with polling(url, telegram):
                await listed(telegram)
                await tapped(telegram)
                await listed(telegram)
                with entered() as found:
                    await tapped(telegram)
                show("From a tap to an answer", found)


if __name__ == "__main__":
    import logging

    import structlog

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    asyncio.run(bench())
