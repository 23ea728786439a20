"""Attic Tech's REST API as values: requests, and what statuses mean.

Sans-I/O, after gidgethub's `sansio`. What Payload does is measured, not guessed; the traps it sets
are named where they are avoided. What a good answer holds is read in `pages`.

We only ever GET documents. Payload also takes long queries by POST under a header, but a version
that does not know the header would take that POST for a new document; so long lists of ids are cut
into pieces that fit a URL instead.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, TypeAlias
from urllib.parse import urlencode, urlsplit

from sync.attic_tech.errors import (
    AtticTechBroken,
    AtticTechError,
    AtticTechUnavailable,
    absent,
    credentials_refused,
    locked,
    title,
)

#: What a header can carry: a token with anything else in it is none.
_SAFE = re.compile(r"[\x21-\x7e]+")
_LATER = frozenset({408, 425, 429})
#: Every stamp that Attic Tech can have written is later.
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: Ids in one request: a few kB of URL, where 16 kB is a 431 without a body.
IDS_AT_ONCE = 500

#: How much of a document is shown: decoded pairs of the query.
Shape: TypeAlias = tuple[tuple[str, str], ...]
#: The document alone, relations as ids.
FLAT: Shape = (("depth", "0"),)


@dataclass(frozen=True, slots=True)
class Request:
    """One request: a path below the API's address, an encoded query, a body.

    `about` is what it asks for in words, for sentences: a collection's title or "users/login".
    """

    method: str
    path: str
    about: str
    query: str = ""
    body: bytes | None = field(default=None, repr=False)

    def target(self, api_url: str) -> str:
        """The whole address, encoded."""
        return f"{api_url.rstrip('/')}{self.path}{'?' * bool(self.query)}{self.query}"


def stamp(moment: datetime) -> str:
    """The moment as Payload understands it everywhere: UTC, three decimals, `Z`.

    `isoformat()` alone writes `+00:00`, whose `+` a server reads as a space: 200 and zero rows.
    """
    if moment.tzinfo is None:
        raise ValueError("a time without a zone is read in the server's zone")
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"


def ask_newest(slug: str) -> Request:
    """The one document that was changed last. The filter leaves out documents without a stamp,
    which PostgreSQL would sort before all others."""
    return _list(slug, 1, ("where[updatedAt][greater_than_equal]", stamp(EPOCH)), sort="-updatedAt")


def ask_any(slug: str) -> Request:
    """Any one document, without a filter that could fail to match."""
    return _list(slug, 1)


def deep(depth: int, fields: Iterable[str]) -> Shape:
    """These fields of a document, with what they point at. A version that does not know `select`
    shows all fields; without it everything else that they point at would be shown as well.
    """
    return (*((f"select[{field}]", "true") for field in fields), ("depth", str(depth)))


def ask_page(slug: str, since: datetime, after: int, limit: int, shape: Shape = FLAT) -> Request:
    """Documents changed since then, by id, which never moves."""
    return _list(
        slug,
        limit,
        ("where[updatedAt][greater_than_equal]", stamp(since)),
        ("where[id][greater_than]", str(after)),
        shape=shape,
    )


def ask_stamps(slug: str, after: int, limit: int) -> Request:
    """Ids and stamps of everything. A version that does not know `select` sends whole documents."""
    return _list(
        slug, limit, ("where[id][greater_than]", str(after)), ("select[updatedAt]", "true")
    )


def ask_ids(slug: str, ids: Sequence[int], shape: Shape = FLAT) -> Request:
    """The documents with these ids, at most `IDS_AT_ONCE`."""
    return _list(slug, len(ids), ("where[id][in]", ",".join(map(str, ids))), shape=shape)


def ask_id(slug: str, id: int, shape: Shape = FLAT) -> Request:
    """One document by its id; a missing, deleted or hidden one is a 404."""
    return Request("GET", f"/{slug}/{id}", title(slug), urlencode(shape))


def _list(
    slug: str, limit: int, *where: tuple[str, str], sort: str = "id", shape: Shape = FLAT
) -> Request:
    if limit < 1:  # to Payload, 0 and less mean "everything"
        raise ValueError("a page has at least one document")
    pairs = (*where, ("sort", sort), ("limit", str(limit)), *shape)
    return Request("GET", f"/{slug}", title(slug), urlencode(pairs, safe=","))


def ask_login(users: str, email: str, password: str) -> Request:
    """A new session; five refusals lock the account for ten minutes."""
    body = json.dumps({"email": email, "password": password}).encode()
    return Request("POST", f"/{users}/login", f"{users}/login", body=body)


def ask_refresh(users: str) -> Request:
    """A new token for the session of the token it is signed with."""
    way = f"{users}/refresh-token"
    return Request("POST", f"/{way}", way)


def ask_who_we_are(users: str) -> Request:
    """200 for everybody: without a valid token or key, `user` is null."""
    return Request("GET", f"/{users}/me", f"{users}/me", "depth=0")


@dataclass(frozen=True, slots=True)
class Response:
    """One answer, read to its end; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    received_at: datetime

    @property
    def date(self) -> datetime:
        """When Attic Tech answered, by its clock; else by ours."""
        return _http_date(self.headers.get("date", "")) or self.received_at

    @property
    def retry_after(self) -> timedelta | None:
        """How long Attic Tech asks us to wait."""
        words = self.headers.get("retry-after", "").strip()
        if words.isascii() and words.isdigit():
            return timedelta(seconds=min(int(words[:9]), 10**8))
        until = _http_date(words)
        return None if until is None else max(until - self.date, timedelta(0))


@dataclass(frozen=True, slots=True)
class Token:
    """What signs our requests, and for how long (zero: nobody knows)."""

    text: str = field(repr=False)
    lasts: timedelta

    @property
    def header(self) -> str:
        """The value of `Authorization`; the case of `JWT` matters."""
        return f"JWT {self.text}"


class TokenRefused(AtticTechError):
    """403, for a bad token *or* a missing right: sign in anew, once."""


def decipher(answer: Response, about: str) -> Any:
    """The JSON of a good answer, None for Payload's own 404 about one document.

    Raises `TokenRefused` (sign in anew, once), `AtticTechUnavailable` (later), `NoSuchCollection`,
    `AtticTechBroken`.
    """
    if answer.status == 200:
        return read_json(answer.body, about)
    if answer.status >= 500 or answer.status in _LATER:
        raise AtticTechUnavailable(
            f"Attic Tech answered {answer.status} when asked for {about}.",
            f"status_{answer.status}",
            status=answer.status,
            retry_after=answer.retry_after,
        )
    errors = payload_errors(answer)
    if answer.status in (401, 403) and errors is not None:
        raise TokenRefused(f"Attic Tech refuses to show {about}.", "token_refused")
    if answer.status == 404 and errors is not None:
        return None
    if answer.status == 404:
        raise absent(about)
    theirs = errors is not None
    raise AtticTechBroken(_strange(answer, about, theirs=theirs), f"status_{answer.status}")


def read_json(body: bytes, about: str) -> Any:
    """The JSON of a body; numbers too long for Python are infinity.

    Raises `AtticTechBroken` for HTML and the like: a maintenance page comes with 200, too.
    """
    try:
        # Bytes that are no UTF-8 are as unreadable as a NUL, and no reason to lose the page.
        return json.loads(body.decode("utf-8-sig", "replace"), parse_int=_int)
    except (ValueError, RecursionError) as error:
        raise AtticTechBroken(
            f"Attic Tech answered 200 when asked for {about}, but not with JSON: perhaps a "
            f"maintenance page, or ATTIC_TECH_API_URL is not the address of its API.",
            "not_json",
        ) from error


def payload_errors(answer: Response) -> list[Any] | None:
    """The errors in Payload's own answer; None where a proxy spoke."""
    try:
        data = json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
    errors = data.get("errors") if isinstance(data, dict) else None
    return errors if isinstance(errors, list) else None


def read_login(answer: Response) -> Token:
    """The token of a new session.

    Raises `AtticTechRefused` (`credentials`, `locked`: not to be tried again for a while),
    `AtticTechUnavailable`, `AtticTechBroken`.
    """
    try:
        return _token(answer, "token", "users/login")
    except TokenRefused as error:
        words = str(payload_errors(answer)).casefold()  # the two 401s differ only in their text
        raise locked() if "locked" in words else credentials_refused() from error


def read_refresh(answer: Response) -> Token:
    """The new token of the same session; the old one stays good. Raises as `decipher` does."""
    return _token(answer, "refreshedToken", "users/refresh-token")


def _token(answer: Response, key: str, about: str) -> Token:
    data = decipher(answer, about)
    text = data.get(key) if isinstance(data, dict) else None
    if not isinstance(text, str) or not _SAFE.fullmatch(text):
        raise AtticTechBroken(f"Attic Tech answered {about} without a token.", "no_token")
    exp = data.get("exp")
    # `Date` is cut to seconds, so that the token may be a second older than it looks.
    seconds = exp - answer.date.timestamp() - 1 if type(exp) is int and exp < 10**11 else 0
    return Token(text, timedelta(seconds=max(seconds, 0)))


def _strange(answer: Response, about: str, *, theirs: bool) -> str:
    """An answer that nobody should get, in words; `theirs`: Payload gave it.

    What it says is not repeated: it may quote anybody's data.
    """
    if 300 <= answer.status < 400:
        return (
            f"Attic Tech sends us elsewhere ({_origin(answer.headers.get('location', ''))}) when "
            f"asked for {about}. Nothing was sent there; if it is right, correct "
            f"ATTIC_TECH_API_URL."
        )
    if not theirs:
        return (
            f"Something in front of Attic Tech answered {answer.status} when asked for {about}: "
            f"a proxy, a firewall, or ATTIC_TECH_API_URL is not the address of its API."
        )
    return (
        f"Attic Tech answered {answer.status} when asked for {about}; the log has its words where "
        f"LOG_LEVEL is debug."
    )


def _origin(address: str) -> str:
    """Scheme and host of an address, without what it may carry."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return "nowhere"
    return f"{parts.scheme}://{parts.hostname}" if parts.hostname else "on the same host"


def _int(digits: str) -> int | float:
    return int(digits) if len(digits) < 20 else float("inf")


def _http_date(words: str) -> datetime | None:
    try:
        parsed = parsedate_to_datetime(words)
        return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
