"""What an answer of Attic Tech means: status, headers and bytes in, JSON or a sorted error out.

Sans-I/O, after gidgethub's `sansio`. What Payload does is measured, not guessed; the traps it sets
are named where they are avoided.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from sync.attic_tech.asking import title
from sync.attic_tech.errors import (
    AtticTechBroken,
    AtticTechError,
    AtticTechRefused,
    AtticTechUnavailable,
    NoRight,
    NoSuchCollection,
)

#: What a header can carry: a token with anything else in it is none.
_SAFE = re.compile(r"[\x21-\x7e]+")
_LATER = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, read to its end: header names in lower case, `received_at` by our clock."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    received_at: datetime

    @property
    def date(self) -> datetime:
        """When Attic Tech answered, by its own clock; by ours where it does not say."""
        return _http_date(self.headers.get("date", "")) or self.received_at

    @property
    def retry_after(self) -> timedelta | None:
        """How long Attic Tech asks us to wait: `Retry-After` in seconds or as a date."""
        words = self.headers.get("retry-after", "").strip()
        if words.isascii() and words.isdigit():
            return timedelta(seconds=min(int(words[:9]), 10**8))
        until = _http_date(words)
        return None if until is None else max(until - self.date, timedelta(0))


@dataclass(frozen=True, slots=True)
class Token:
    """What signs our requests, and how long it does from the answer on (zero: nobody knows)."""

    text: str = field(repr=False)
    lasts: timedelta

    @property
    def header(self) -> str:
        """The value of `Authorization`; the case of `JWT` matters."""
        return f"JWT {self.text}"


class TokenRefused(AtticTechError):
    """403, which Payload says to a bad token *and* to a missing right: sign in anew, once."""


def decipher(answer: Answer, about: str) -> Any:
    """The JSON of a good answer, None for Payload's own 404 about one document.

    Raises `TokenRefused` (sign in anew, once), `AtticTechUnavailable` (later), `NoSuchCollection`,
    `AtticTechBroken`.
    """
    if answer.status == 200:
        return read_json(answer.body, about)
    raise_for_later(answer, about)
    errors = payload_errors(answer)
    if answer.status in (401, 403) and errors is not None:
        raise TokenRefused(f"Attic Tech refuses to show {about}.", "token_refused")
    if answer.status == 404 and errors is not None:
        return None
    if answer.status == 404:
        raise absent(about)
    theirs = errors is not None
    raise AtticTechBroken(_strange(answer, about, theirs=theirs), f"status_{answer.status}")


def raise_for_later(answer: Answer, about: str) -> None:
    """Raise `AtticTechUnavailable` for a status that says "not now"."""
    if answer.status >= 500 or answer.status in _LATER:
        raise AtticTechUnavailable(
            f"Attic Tech answered {answer.status} when asked for {about}.",
            f"status_{answer.status}",
            status=answer.status,
            retry_after=answer.retry_after,
        )


def read_json(body: bytes, about: str) -> Any:
    """The JSON of a body, with every number that Python would choke on as infinity.

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


def payload_errors(answer: Answer) -> list[Any] | None:
    """The errors in an answer of Payload itself; None where a proxy or a firewall spoke."""
    try:
        data = json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
    errors = data.get("errors") if isinstance(data, dict) else None
    return errors if isinstance(errors, list) else None


def credentials_refused() -> AtticTechRefused:
    """The error for an e-mail and password that Attic Tech does not accept."""
    return AtticTechRefused(
        "Attic Tech does not accept ATTIC_TECH_EMAIL and ATTIC_TECH_PASSWORD. They are not tried "
        "again for 15 minutes, since five failures lock the account: correct them, and restart.",
        "credentials",
    )


def locked() -> AtticTechRefused:
    """The error for an account that too many failed logins have locked."""
    return AtticTechRefused(
        "Attic Tech has locked the account of ATTIC_TECH_EMAIL after too many failed logins. It "
        "opens by itself after some minutes, or when somebody unlocks it in Attic Tech; we try "
        "again in 15 minutes.",
        "locked",
    )


def api_key_refused() -> AtticTechRefused:
    """The error for a key that belongs to nobody."""
    return AtticTechRefused(
        "Attic Tech does not accept ATTIC_TECH_API_KEY: enable the API key of the account again, "
        "or correct the setting.",
        "api_key",
    )


def absent(about: str, *names: str) -> NoSuchCollection:
    """The error for what is not there, whichever of these names it is asked for by."""
    tried = f" (asked for as {' and as '.join(names)})" if len(names) > 1 else ""
    return NoSuchCollection(
        f"Attic Tech has no {about} at this address{tried}: is ATTIC_TECH_API_URL the address of "
        f"its API, and is the collection named so? If it has another name, give it in "
        f"ATTIC_TECH_COLLECTIONS.",
        about,
    )


def unreadable(collection: str, slug: str, by: str) -> NoRight:
    """The error for a collection that stays closed to a fresh token."""
    return NoRight(
        f"The collection {slug} cannot be read by {by}: give the account's role read access "
        f"to {title(slug)} in Attic Tech.",
        f"unreadable:{collection}",
    )


def unseen(collection: str) -> AtticTechRefused:
    """The error for a collection that is neither there by itself nor within what points at it."""
    return AtticTechRefused(
        f"The collection {collection} cannot be read by our account, and what points at it does "
        f"not show it: give the account's role read access to {title(collection)} in Attic Tech, "
        f"or its name in ATTIC_TECH_COLLECTIONS.",
        f"unreadable:{collection}",
    )


def read_login(answer: Answer) -> Token:
    """The token of a new session.

    Raises `AtticTechRefused` (`credentials`, `locked`: not to be tried again for a while),
    `AtticTechUnavailable`, `AtticTechBroken`.
    """
    try:
        return _token(answer, "token", "users/login")
    except TokenRefused as error:
        words = str(payload_errors(answer)).casefold()  # the two 401s differ only in their text
        raise locked() if "locked" in words else credentials_refused() from error


def read_refresh(answer: Answer) -> Token:
    """The new token of the same session; the old one stays good. Raises as `decipher` does."""
    return _token(answer, "refreshedToken", "users/refresh-token")


def _token(answer: Answer, key: str, about: str) -> Token:
    data = decipher(answer, about)
    text = data.get(key) if isinstance(data, dict) else None
    if not isinstance(text, str) or not _SAFE.fullmatch(text):
        raise AtticTechBroken(f"Attic Tech answered {about} without a token.", "no_token")
    exp = data.get("exp")
    # `Date` is cut to seconds, so that the token may be a second older than it looks.
    seconds = exp - answer.date.timestamp() - 1 if type(exp) is int and exp < 10**11 else 0
    return Token(text, timedelta(seconds=max(seconds, 0)))


def _strange(answer: Answer, about: str, *, theirs: bool) -> str:
    """In words, an answer that nobody should get; `theirs`: Payload gave it, and no proxy.

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
