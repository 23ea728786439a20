"""The one way to Attic Tech: asks, one request at a time, and gives back values.

A thin shell: what is asked stands in `asking`, what answers mean in `protocol` and `pages`, who we
are in `login`, the network in `wire`. Here they are put in order, and what may pass is tried again.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Self

import stamina
import structlog

from sync.attic_tech import asking, pages, protocol
from sync.attic_tech.asking import Request
from sync.attic_tech.documents import Document, SetAside
from sync.attic_tech.errors import (
    AtticTechError,
    AtticTechUnavailable,
    NoRight,
    NoSuchCollection,
)
from sync.attic_tech.login import ApiKey, Gate, KeySigner, Password, Signer, TokenSigner, account
from sync.attic_tech.names import OURS, Look, Names
from sync.attic_tech.pages import Listing, Newest, Page
from sync.attic_tech.protocol import Answer, TokenRefused
from sync.attic_tech.wire import LIMITS, Limits, Wire

_log = structlog.get_logger()


class AtticTech:
    """Attic Tech's documents. An async context manager.

    Collections are named as we name them; `names` says how Attic Tech does, `given` what somebody
    said about that, `account` stands for who asks where. Every method raises
    `AtticTechUnavailable`, `AtticTechRefused` or `AtticTechBroken`, after the attempts that may
    help.
    """

    def __init__(
        self,
        api_url: str,
        credential: Password | ApiKey,
        gate: Gate,
        *,
        given: Mapping[str, str] | None = None,
        limits: Limits = LIMITS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limits, self._clock = limits, clock
        self._wire = Wire(api_url, limits, clock)
        self.given = given or {}
        self.names = Names({**OURS.slugs, **self.given})
        self.account = account(credential, api_url)
        self._users = self.names.slug("users")
        self._signer: Signer = (
            KeySigner(credential, self._users)
            if isinstance(credential, ApiKey)
            else TokenSigner(credential, api_url, gate, self._send, clock, self._users)
        )
        self._one_at_a_time = asyncio.Lock()  # it is somebody's production system
        self._silent_until = 0.0

    @property
    def requests(self) -> int:
        """How many requests were sent so far."""
        return self._wire.requests

    async def __aenter__(self) -> Self:
        self._wire.open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._wire.close()

    async def look(self, slug: str) -> Look:
        """Whether there is a collection of this name, and whether we may read it."""
        request = asking.ask_stamps(slug, 0, 1)  # no document that cannot be given is in the way
        try:
            data, date = await self._ask(request, slug)
        except NoRight:
            return Look.CLOSED
        except NoSuchCollection as error:
            if error.about != request.about:  # there is no way to sign in
                raise
            return Look.ABSENT
        if data is None:
            return Look.ABSENT
        pages.read_listing(slug, data, date, after=0, limit=1)
        return Look.OPEN

    async def newest(self, collection: str) -> Newest:
        """The newest stamp of a collection."""
        slug = self.names.slug(collection)
        data, date = await self._ask(asking.ask_newest(slug), collection)
        newest = pages.read_newest(collection, data, date)
        if newest.stamp is None:
            data, date = await self._ask(asking.ask_any(slug), collection)
            pages.check_empty(collection, data, date)
        return newest

    async def page(self, collection: str, *, since: datetime, after: int, limit: int = 500) -> Page:
        """The next documents with `updatedAt >= since` and `id > after`, by id."""
        page = await self._page(collection, since, after, limit)
        if after or not page.empty:
            return page
        # PostgreSQL behind Payload answers a date that it cannot read with 200 and no rows.
        newest = await self.newest(collection)
        if newest.stamp is None or newest.stamp < since:
            return page
        page = await self._page(collection, since, after, limit)
        if page.empty:
            raise pages.ignored(collection, "the date")
        return page

    async def stamps(self, collection: str, *, after: int, limit: int = 1000) -> Listing:
        """The next ids with their stamps, of everything with `id > after`, by id."""
        request = asking.ask_stamps(self.names.slug(collection), after, limit)
        data, date = await self._ask(request, collection)
        return await asyncio.to_thread(
            pages.read_listing, collection, data, date, after=after, limit=limit
        )

    async def fetch(self, collection: str, ids: Sequence[int]) -> Page:
        """The documents with these ids, any number of them, as far as Attic Tech gives them."""
        left = sorted(set(ids))
        parts: list[Page] = []
        while left:
            asked = left[: self.names.at_once(collection)]
            part = await self._chosen(collection, asked)
            parts.append(part)
            # A server with a limit of its own gives fewer than we asked for.
            done = part.last_id if part.has_next and part.last_id else asked[-1]
            left = [number for number in left if number > done]
        return pages.joined(parts, datetime.now(UTC))

    async def by_id(self, collection: str, id: int) -> Document | SetAside | None:
        """One document; None for one that is missing, deleted or hidden from us."""
        names = self.names
        request = asking.ask_id(names.slug(collection), id, names.shape(collection))
        data, _ = await self._ask(request, collection)
        return pages.read_one(collection, data, id, names.embedded)

    async def _page(self, collection: str, since: datetime, after: int, limit: int) -> Page:
        names = self.names
        slug, shape = names.slug(collection), names.shape(collection)
        limit = min(limit, names.at_once(collection))
        data, date = await self._ask(asking.ask_page(slug, since, after, limit, shape), collection)
        return await asyncio.to_thread(
            pages.read_page,
            collection,
            data,
            date,
            since=since,
            after=after,
            limit=limit,
            embedded=names.embedded,
        )

    async def _chosen(self, collection: str, ids: Sequence[int]) -> Page:
        names = self.names
        request = asking.ask_ids(names.slug(collection), ids, names.shape(collection))
        data, date = await self._ask(request, collection)
        return await asyncio.to_thread(
            pages.read_chosen, collection, data, date, ids, names.embedded
        )

    async def _ask(self, request: Request, collection: str) -> tuple[Any, datetime]:
        """The JSON of the answer and its date, after as many attempts as may help."""
        limits = self._limits
        attempts = stamina.retry_context(
            on=self._again,
            attempts=limits.attempts,
            timeout=None,
            wait_initial=limits.wait,
            wait_max=limits.patience,
            wait_jitter=limits.wait,
        )
        try:
            async with self._one_at_a_time:
                async for attempt in attempts:
                    with attempt:
                        return await self._signed(request, collection)
        except NoSuchCollection:
            raise  # it may be no trouble: another name is tried
        except AtticTechError as error:
            _log.warning("attic_tech_failed", about=request.about, cause=error.cause)
            raise
        raise AssertionError("the last attempt returns or raises")

    def _again(self, error: Exception) -> bool | timedelta:
        """Whether another attempt may help, and when, if Attic Tech said so."""
        if not isinstance(error, AtticTechUnavailable) or not error.again:
            return False
        _log.info("attic_tech_attempt_failed", cause=error.cause)
        asked = error.retry_after or timedelta(0)
        if asked.total_seconds() > self._limits.patience:
            self._silent_until = self._clock() + min(asked.total_seconds(), self._limits.obedience)
            return False
        return asked or True

    async def _signed(self, request: Request, collection: str) -> tuple[Any, datetime]:
        """What one signed request brings; after a 403, one more with a new signature."""
        try:
            return await self._once(request, await self._signer.header())
        except TokenRefused:
            header = await self._signer.renewed()
        try:
            return await self._once(request, header)
        except TokenRefused as error:
            if await self._disowned(header):
                raise self._signer.unknown() from error
            slug = self.names.slug(collection)
            raise protocol.unreadable(collection, slug, self._signer.account) from error

    async def _disowned(self, header: str) -> bool:
        """Whether Attic Tech does not know whose signature this is: then it is no missing right."""
        try:
            who, _ = await self._once(asking.ask_who_we_are(self._users), header)
        except TokenRefused:
            return False
        return isinstance(who, dict) and who.get("user", who) is None

    async def _once(self, request: Request, header: str) -> tuple[Any, datetime]:
        answer = await self._send(request, header)
        return await asyncio.to_thread(protocol.decipher, answer, request.about), answer.date

    async def _send(self, request: Request, header: str | None) -> Answer:
        left = self._silent_until - self._clock()
        if left > 0:
            raise AtticTechUnavailable(
                "Attic Tech asked us to leave it alone for a while.",
                "asked_to_wait",
                retry_after=timedelta(seconds=left),
                again=False,
            )
        return await self._wire.send(request, header)
