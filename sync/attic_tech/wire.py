"""Requests out, answers in: the only code that touches the network, with limits on time and size.

No redirect is followed (a token must not reach another host) and no cookie is kept (an old session
could answer for us). What a status means is not decided here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import aiohttp
import structlog
from yarl import URL

from sync.attic_tech.asking import Request
from sync.attic_tech.errors import AnswerTooLarge, AtticTechUnavailable
from sync.attic_tech.protocol import Answer

_log = structlog.get_logger()
_HEADERS = {"Accept": "application/json", "Cache-Control": "no-cache", "User-Agent": "jobsync"}
_PIECE = 2**16
#: So much of an answer that is no good goes into the log at `debug`.
_SAID = 500
#: Node closes idle connections after 5 s; using one at that moment would lose a request.
_KEEPALIVE = 4


@dataclass(frozen=True, slots=True)
class Limits:
    """How long (seconds), how much (bytes) and how often we try before we give up."""

    connect: float = 10
    read: float = 30  # between two pieces of an answer
    total: float = 60
    body: int = 32 * 2**20
    attempts: int = 4
    wait: float = 1  # before the second attempt; doubles, with jitter
    patience: float = 30  # the longest Retry-After that we sit out within a run
    obedience: float = 900  # the longest that we obey at all


LIMITS = Limits()


class Wire:
    """A connection to one API. Open it, send, close it."""

    def __init__(self, api_url: str, limits: Limits, clock: Callable[[], float]) -> None:
        self._api_url, self._limits, self._clock = api_url, limits, clock
        self.requests = 0  # sent so far

    def open(self) -> None:
        """Make it ready, inside the running loop."""
        limits = self._limits
        self._http = aiohttp.ClientSession(
            headers=_HEADERS,
            timeout=aiohttp.ClientTimeout(
                total=limits.total, connect=limits.connect, sock_read=limits.read
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            connector=aiohttp.TCPConnector(keepalive_timeout=_KEEPALIVE),
        )

    async def close(self) -> None:
        """End all connections."""
        await self._http.close()

    async def send(self, request: Request, header: str | None) -> Answer:
        """The answer to one request, read to its end.

        Raises `AtticTechUnavailable` without an answer, `AnswerTooLarge`.
        """
        began = self._clock()
        signed = {"Authorization": header} if header else {}
        self.requests += 1
        try:
            async with self._http.request(
                request.method,
                URL(request.target(self._api_url), encoded=True),
                headers=dict(request.headers) | signed,
                data=request.body,
                allow_redirects=False,
            ) as response:
                body = await self._read(response, request.about)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise _no_answer(error, request.about) from error
        ms = round((self._clock() - began) * 1000)
        # Words of Attic Tech's may hold anybody's data: below `debug` nothing repeats them.
        said = {"said": body[:_SAID].decode("utf-8", "replace")} if response.status >= 400 else {}
        _log.debug(
            "attic_tech_answered",
            path=request.path,
            status=response.status,
            bytes=len(body),
            ms=ms,
            **said,
        )
        names = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status, names, body, datetime.now(UTC))

    async def _read(self, response: aiohttp.ClientResponse, about: str) -> bytes:
        body = bytearray()
        async for piece in response.content.iter_chunked(_PIECE):
            body += piece
            if len(body) > self._limits.body:
                response.close()
                raise AnswerTooLarge(
                    f"Attic Tech's answer to a request for {about} is larger than the "
                    f"{self._limits.body:,} bytes that we read.",
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
