"""The one way to Attic Tech: one request at a time, values back.

A thin shell: what is asked and what statuses mean stands in `protocol`, what answers hold in
`pages`, who we are in `login`. Here they are put in order, and what may pass is tried again.

No redirect is followed (a token must not reach another host) and no cookie is kept (an old session
could answer for us).
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Self, TypeVar

import aiohttp
import stamina
import structlog
from yarl import URL

from sync.attic_tech import pages, protocol
from sync.attic_tech.documents import Document, SetAside
from sync.attic_tech.errors import (
    AnswerTooLarge,
    AtticTechError,
    AtticTechUnavailable,
    NoRight,
    NoSuchCollection,
    ignored,
    unreadable,
)
from sync.attic_tech.login import ApiKey, Gate, KeySigner, Password, Signer, TokenSigner, account
from sync.attic_tech.names import OURS, Look, Names
from sync.attic_tech.pages import DocumentPage, Listing, Newest
from sync.attic_tech.protocol import Request, Response, TokenRefused

_log = structlog.get_logger()
_HEADERS = {"Accept": "application/json", "Cache-Control": "no-cache", "User-Agent": "jobsync"}
_PIECE = 2**16
#: So much of an answer that is no good goes into the log at `debug`.
_SAID = 500
#: Node closes idle connections after 5 s; using one at that moment would lose a request.
_KEEPALIVE = 4


_Read = TypeVar("_Read")


@dataclass(frozen=True, slots=True)
class WireLimits:
    """How long (seconds), how much (bytes) and how often we try."""

    connect: float = 10
    read: float = 30  # between two pieces of an answer
    total: float = 60
    body: int = 32 * 2**20
    attempts: int = 4
    wait: float = 1  # before the second attempt; doubles, with jitter
    patience: float = 30  # the longest Retry-After that we sit out within a run
    obedience: float = 900  # the longest that we obey at all


LIMITS = WireLimits()


#: Awaited after every question, with whether an answer came.
Hear = Callable[[bool], Awaitable[None]]


async def _nobody_hears(_answered: bool) -> None: ...


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
        limits: WireLimits = LIMITS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._api_url, self._limits, self._clock = api_url, limits, clock
        self.given = given or {}
        self.names = Names({**OURS.slugs, **self.given})
        self.account = account(credential, api_url)
        self._hear: Hear = _nobody_hears
        self.requests = 0  # sent so far
        self._users = self.names.slug("users")
        self._signer: Signer = (
            KeySigner(credential, self._users)
            if isinstance(credential, ApiKey)
            else TokenSigner(credential, api_url, gate, self._send, clock, self._users)
        )
        self._one_at_a_time = asyncio.Lock()  # it is somebody's production system
        self._silent_until = 0.0

    async def __aenter__(self) -> Self:
        limits = self._limits
        self._http = aiohttp.ClientSession(
            headers=_HEADERS,
            timeout=aiohttp.ClientTimeout(
                total=limits.total, connect=limits.connect, sock_read=limits.read
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            connector=aiohttp.TCPConnector(keepalive_timeout=_KEEPALIVE),
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.close()

    @contextmanager
    def heard_by(self, hear: Hear) -> Iterator[None]:
        """Within it somebody hears of every question, however slow they are."""
        self._hear = hear
        try:
            yield
        finally:
            self._hear = _nobody_hears

    async def look(self, slug: str) -> Look:
        """Whether there is a collection of this name, and whether we may read it."""
        request = protocol.ask_stamps(slug, 0, 1)  # no document that cannot be given is in the way
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
        data, date = await self._ask(protocol.ask_newest(slug), collection)
        newest = pages.read_newest(collection, data, date)
        if newest.stamp is None:
            data, date = await self._ask(protocol.ask_any(slug), collection)
            pages.check_empty(collection, data, date)
        return newest

    async def page(
        self, collection: str, *, since: datetime, after: int, limit: int = 500
    ) -> DocumentPage:
        """The next documents with `updatedAt >= since` and `id > after`, by id."""
        page = await self._page(collection, since, after, limit)
        if after or page.documents:
            return page
        # PostgreSQL behind Payload answers a date that it cannot read with 200 and no rows.
        newest = await self.newest(collection)
        if newest.stamp is None or newest.stamp < since:
            return page
        page = await self._page(collection, since, after, limit)
        if not page.documents:
            raise ignored(collection, "the date")
        return page

    async def stamps(self, collection: str, *, after: int, limit: int = 1000) -> Listing:
        """The next ids with their stamps, of everything with `id > after`, by id."""
        request = protocol.ask_stamps(self.names.slug(collection), after, limit)
        read = partial(pages.read_listing, after=after, limit=limit)
        return await self._read(read, request, collection)

    async def fetch(self, collection: str, ids: Sequence[int]) -> DocumentPage:
        """The documents with these ids, as far as Attic Tech gives them."""
        left = sorted(set(ids))
        parts: list[DocumentPage] = []
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
        request = protocol.ask_id(names.slug(collection), id, names.shape(collection))
        data, _ = await self._ask(request, collection)
        return pages.read_one(collection, data, id, names.embedded)

    async def _page(self, collection: str, since: datetime, after: int, limit: int) -> DocumentPage:
        names = self.names
        limit = min(limit, names.at_once(collection))
        slug, shape = names.slug(collection), names.shape(collection)
        read = partial(
            pages.read_page, since=since, after=after, limit=limit, embedded=names.embedded
        )
        request = protocol.ask_page(slug, since, after, limit, shape)
        return await self._read(read, request, collection)

    async def _chosen(self, collection: str, ids: Sequence[int]) -> DocumentPage:
        names = self.names
        request = protocol.ask_ids(names.slug(collection), ids, names.shape(collection))
        read = partial(pages.read_chosen, ids=ids, embedded=names.embedded)
        return await self._read(read, request, collection)

    async def _read(
        self, read: Callable[[str, Any, datetime], _Read], request: Request, collection: str
    ) -> _Read:
        """What `read` makes of the answer, beside the loop: a page may be large."""
        data, date = await self._ask(request, collection)
        return await asyncio.to_thread(read, collection, data, date)

    async def _ask(self, request: Request, collection: str) -> tuple[Any, datetime]:
        """The answer's JSON and date, after as many attempts as help."""
        try:
            async with self._one_at_a_time:
                answered = await self._attempts(request, collection)
        except AtticTechError as error:
            if not isinstance(error, NoSuchCollection):  # that is no trouble: another name is tried
                _log.warning("attic_tech_failed", about=request.about, cause=error.cause)
            await self._hear(False)
            raise
        await self._hear(True)
        return answered

    async def _attempts(self, request: Request, collection: str) -> tuple[Any, datetime]:
        limits = self._limits
        async for attempt in stamina.retry_context(
            on=self._again,
            attempts=limits.attempts,
            timeout=None,
            wait_initial=limits.wait,
            wait_max=limits.patience,
            wait_jitter=limits.wait,
        ):
            with attempt:
                return await self._signed(request, collection)
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
            raise unreadable(collection, slug, self._signer.account) from error

    async def _disowned(self, header: str) -> bool:
        """Whether Attic Tech does not know this signature: no missing right then."""
        try:
            who, _ = await self._once(protocol.ask_who_we_are(self._users), header)
        except TokenRefused:
            return False
        return isinstance(who, dict) and who.get("user", who) is None

    async def _once(self, request: Request, header: str) -> tuple[Any, datetime]:
        answer = await self._send(request, header)
        return await asyncio.to_thread(protocol.decipher, answer, request.about), answer.date

    async def _send(self, request: Request, header: str | None) -> Response:
        """The answer to one request, read to its end.

        Raises `AtticTechUnavailable` without an answer, `AnswerTooLarge`.
        """
        began = self._clock()
        if began < self._silent_until:
            raise AtticTechUnavailable(
                "Attic Tech asked us to leave it alone for a while.",
                "asked_to_wait",
                retry_after=timedelta(seconds=self._silent_until - began),
                again=False,
            )
        self.requests += 1
        headers = {"Authorization": header} if header else {}
        if request.method == "POST":
            headers["Content-Type"] = "application/json"
        try:
            async with self._http.request(
                request.method,
                URL(request.target(self._api_url), encoded=True),
                headers=headers,
                data=request.body,
                allow_redirects=False,
            ) as response:
                body = await _body(response, request.about, self._limits.body)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise _no_answer(error, request.about) from error
        # Words of Attic Tech's may hold anybody's data: below `debug` nothing repeats them.
        said = {"said": body[:_SAID].decode("utf-8", "replace")} if response.status >= 400 else {}
        _log.debug(
            "attic_tech_answered",
            path=request.path,
            status=response.status,
            bytes=len(body),
            ms=round((self._clock() - began) * 1000),
            **said,
        )
        names = {name.lower(): value for name, value in response.headers.items()}
        return Response(response.status, names, body, datetime.now(UTC))


async def _body(response: aiohttp.ClientResponse, about: str, limit: int) -> bytes:
    body = bytearray()
    async for piece in response.content.iter_chunked(_PIECE):
        body += piece
        if len(body) > limit:
            response.close()
            raise AnswerTooLarge(
                f"Attic Tech's answer to a request for {about} is larger than the "
                f"{limit:,} bytes that we read.",
                "too_large",
            )
    return bytes(body)


def _no_answer(error: Exception, about: str) -> AtticTechUnavailable:
    """In words for people and for us, why there is no answer."""
    again = True
    match error:
        case TimeoutError():
            what, cause = f"did not answer in time when asked for {about}", "timeout"
        case aiohttp.ClientConnectorCertificateError():
            what, cause = "has no valid certificate, so nothing was sent to it", "certificate"
            again = False
        case aiohttp.ClientConnectorDNSError():
            what, cause = "cannot be found: its name is not known", "unknown_host"
        case aiohttp.ClientConnectorError():
            what, cause = "accepts no connections", "no_connection"
        case ValueError() | aiohttp.NonHttpUrlClientError():
            what, cause = "cannot be asked: check ATTIC_TECH_API_URL and our key", "bad_address"
            again = False
        case _:
            what, cause = f"broke off when asked for {about}", "broke_off"
    # Only the network is quoted: other words may hold a secret of ours or a piece of the answer.
    why = str(error) if isinstance(error, OSError) else None
    _log.info("attic_tech_did_not_answer", cause=cause, error=type(error).__name__, why=why)
    return AtticTechUnavailable(f"Attic Tech {what}.", cause, again=again)
