"""The pretend Attic Tech as tests of reading and of runs hold it: with a clock set by hand.

    attic.create("jobs", name="Job 1", status="In Production")  # as the sandbox has it
    attic.later(60)  # a minute passes there
    await client.newest("jobs")  # the program's own client, which tries once

It begins with the roles Crew Leader (1) and Crew Member (2), and with Chris (user 2), who leads.
"""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from sandbox.attic_tech import API_KEY, AtticTechSandbox
from sync.attic_tech.client import AtticTech, WireLimits
from sync.attic_tech.login import ApiKey
from sync.attic_tech.pages import DocumentPage, Listing, Newest

START = datetime.fromisoformat("2026-11-24T12:00:00Z")
OVERLAP = timedelta(seconds=120)
LEADER, MEMBER = 1, 2  # roles
CHRIS = 2  # a user
ONCE = WireLimits(connect=5, read=5, total=10, attempts=1, wait=0, patience=0)


class Attic(AtticTechSandbox):
    """The sandbox with a clock that only a test moves."""

    def __init__(self) -> None:
        self.moment = START
        super().__init__(clock=lambda: self.moment)
        self.create("roles", name=" crew  LEADER")
        self.create("roles", name="Crew Member")
        self.create("users", name="Chris Jordan", email="chris@example.com", roles=[LEADER])

    def later(self, seconds: float) -> None:
        """Time passes in Attic Tech."""
        self.moment += timedelta(seconds=seconds)

    def jobs(self, number: int, **fields: Any) -> list[int]:
        """The ids of so many new jobs."""
        given = {"status": "In Production"} | fields
        return [self.create("jobs", name=f"Job {n}", **given) for n in range(number)]

    def asked(self) -> list[str]:
        """Since the last call, like `jobs look`, `jobs newest`, `jobs page 7`, `jobs/7`."""
        asked = [_words(seen.path, seen.query) for seen in self.requests]
        self.requests.clear()
        return asked


def _words(path: str, query: str) -> str:
    collection = path.removeprefix("/api/")
    told = dict(part.partition("=")[::2] for part in query.split("&"))
    if told.get("sort") == "-updatedAt":
        return f"{collection} newest"
    if "where[id][in]" in query or "where%5Bid%5D%5Bin%5D" in query:
        return f"{collection} ids {told['where%5Bid%5D%5Bin%5D']}"
    if "select%5BupdatedAt%5D=true&sort" in query:
        return f"{collection} {'look' if told['limit'] == '1' else 'all'}"
    after = told.get("where%5Bid%5D%5Bgreater_than%5D")
    return f"{collection} page {after}" if after is not None else collection


class Client(AtticTech):
    """The program's client with pages and listings of `size`; `between` is called after each.

    `ahead`: how far the clock behind `Date` is ahead of the one behind the stamps.
    """

    size = 500
    between: Callable[[], None] | None = None
    ahead = timedelta()

    def __init__(self, attic: Attic) -> None:
        super().__init__(attic.url, ApiKey(API_KEY), gate=None, limits=ONCE)

    async def newest(self, collection: str) -> Newest:
        newest = await super().newest(collection)
        return replace(newest, date=newest.date + self.ahead)

    async def page(
        self, collection: str, *, since: datetime, after: int, limit: int = 500
    ) -> DocumentPage:
        page = await super().page(collection, since=since, after=after, limit=self.size)
        if self.between is not None:
            self.between()
        return replace(page, date=page.date + self.ahead)

    async def stamps(self, collection: str, *, after: int, limit: int = 1000) -> Listing:
        limit = min(limit, self.size)
        listing = await super().stamps(collection, after=after, limit=limit)
        if self.between is not None:
            self.between()
        return replace(listing, date=listing.date + self.ahead)


@pytest.fixture
async def attic() -> AsyncIterator[Attic]:
    """A running pretend Attic Tech."""
    async with Attic() as running:
        yield running


@pytest.fixture
async def client(attic: Attic) -> AsyncIterator[Client]:
    """The program's client, signed in there."""
    async with Client(attic) as ready:
        yield ready
