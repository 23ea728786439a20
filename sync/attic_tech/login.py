"""Who we are to Attic Tech: what signs our requests.

With an e-mail and a password: one token in memory, renewed before it ends, and one new login after
a 403. Logins and renewals of all processes wait for each other (`Gate`): two logins at once destroy
each other's session. A credential that was refused is remembered and left alone for 15 minutes by
all processes: five failures lock the account.

Renewal is `refresh-token`, not a login: it needs no password, goes on working while somebody else's
failures have locked the account, and cannot lock it. A refusal of it falls back to a login.

With an API key nothing of this is needed.
"""

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TypeAlias

import structlog

from sync.attic_tech.errors import (
    AtticTechError,
    AtticTechRefused,
    AtticTechUnavailable,
    api_key_refused,
    credentials_refused,
    locked,
)
from sync.attic_tech.protocol import (
    Request,
    Response,
    Token,
    TokenRefused,
    ask_login,
    ask_refresh,
    read_login,
    read_refresh,
)
from sync.postgres.locks import Lock, end_when_silent, unlock, wait_for_lock
from sync.postgres.pool import DATABASE_AWAY, Connection, Pool
from sync.postgres.queries import Queries

_SQL = Queries("sync.attic_tech", "refusals.sql")
_log = structlog.get_logger()

#: Sends one request, signed with a header or not; raises `AtticTechUnavailable` without an answer.
Send = Callable[[Request, str | None], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Password:
    """An account of our own in Attic Tech."""

    email: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key that the owner of Attic Tech has enabled for our account."""

    key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Refusals:
    """The memory, shared by all processes, of credentials that Attic Tech has refused."""

    connection: Connection

    async def cause(self, fingerprint: str) -> str | None:
        """Why it was refused within the last 15 minutes, if it was."""
        cause: str | None = await self.connection.fetchval(_SQL["refusal"], _key(fingerprint))
        return cause

    async def remember(self, fingerprint: str, cause: str) -> None:
        """It was refused now."""
        await self.connection.execute(_SQL["remember"], _key(fingerprint), cause)

    async def forget(self, fingerprint: str) -> None:
        """It was accepted."""
        await self.connection.execute(_SQL["forget"], _key(fingerprint))


def _key(fingerprint: str) -> str:
    return f"attic_tech_refused:{fingerprint}"


@dataclass(frozen=True, slots=True)
class Gate:
    """Lets one process of the installation talk about sessions at a time.

    `silence`: seconds after which whoever says nothing inside, stopped or dead, is outside again; a
    login takes less.
    """

    pool: Pool
    patience: float = 60
    silence: float = 120

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[Refusals]:
        """What is remembered inside is committed at once.

        Raises `AtticTechUnavailable` when another process does not come out.
        """
        async with AsyncExitStack() as stack:
            try:
                async with asyncio.timeout(self.patience):
                    connection = await stack.enter_async_context(self.pool.acquire())
                    await end_when_silent(connection, self.silence)
                    await wait_for_lock(connection, Lock.LOGIN, every=0.2)
            except TimeoutError as error:
                raise AtticTechUnavailable(
                    "Another process has been logging in to Attic Tech for too long.",
                    "login_busy",
                    again=False,
                ) from error
            stack.push_async_callback(_give_back, connection)
            yield Refusals(connection)


async def _give_back(connection: Connection) -> None:
    with suppress(*DATABASE_AWAY):  # whose connection is gone holds nothing
        await unlock(connection, Lock.LOGIN)


class KeySigner:
    """Signs with an API key, which is good until somebody disables it."""

    account = "the account of ATTIC_TECH_API_KEY"

    def __init__(self, credential: ApiKey, users: str) -> None:
        self._header = f"{users} API-Key {credential.key.strip()}"

    async def header(self) -> str:
        """The key."""
        return self._header

    async def renewed(self) -> str:
        """The key: there is no other."""
        return self._header

    def unknown(self) -> AtticTechError:
        """The key belongs to nobody."""
        return api_key_refused()


class TokenSigner:
    """Signs with the token of a session, which it opens and renews."""

    account = "the account of ATTIC_TECH_EMAIL"

    def __init__(
        self,
        credential: Password,
        api_url: str,
        gate: Gate,
        send: Send,
        clock: Callable[[], float] = time.monotonic,
        users: str = "users",
    ) -> None:
        self._credential, self._api_url, self._users = credential, api_url, users
        self._gate, self._send, self._clock = gate, send, clock
        self._token: Token | None = None
        self._renew_at = float("inf")
        self._fingerprint: str | None = None

    async def header(self) -> str:
        """The token, after a login if there is none, renewed if it ends soon."""
        if self._token is None:
            return await self._log_in()
        if self._clock() >= self._renew_at:
            return await self._refresh(self._token)
        return self._token.header

    async def renewed(self) -> str:
        """The token of a new session."""
        return await self._log_in()

    def unknown(self) -> AtticTechError:
        """The session ended at once: somebody else logs in."""
        return AtticTechUnavailable(
            "Attic Tech ended our session as soon as it began: something else logs in with the "
            "account of ATTIC_TECH_EMAIL. It has to be an account of our own.",
            "session_lost",
        )

    async def _log_in(self) -> str:
        self._token = None
        if self._fingerprint is None:
            self._fingerprint = await asyncio.to_thread(
                fingerprint, self._credential, self._api_url
            )
        async with self._gate.alone() as refusals:
            if cause := await refusals.cause(self._fingerprint):
                raise locked() if cause == "locked" else credentials_refused()
            try:
                token = await self._ask_for_token()
            except AtticTechRefused as error:
                _log.warning("attic_tech_login_refused", cause=error.cause)
                await refusals.remember(self._fingerprint, error.cause)
                raise
            await refusals.forget(self._fingerprint)
        return self._keep(token, "attic_tech_logged_in")

    async def _ask_for_token(self) -> Token:
        try:
            request = ask_login(self._users, self._credential.email, self._credential.password)
            return read_login(await self._send(request, None))
        except AtticTechUnavailable as error:
            # Without an answer it may have been counted as a failure: nothing to repeat at once.
            error.again = error.again and error.status is not None
            raise

    async def _refresh(self, old: Token) -> str:
        try:
            async with self._gate.alone():
                token = read_refresh(await self._send(ask_refresh(self._users), old.header))
        except TokenRefused:
            return await self._log_in()
        except AtticTechError as error:
            # The old one is good until its end, and a 403 then brings a login.
            _log.warning("attic_tech_token_not_renewed", cause=error.cause)
            self._renew_at = self._clock() + 30
            return old.header
        return self._keep(token, "attic_tech_token_renewed")

    def _keep(self, token: Token, event: str) -> str:
        self._token = token
        lasts = token.lasts.total_seconds()
        # A tenth of its life, at most a minute, is left for the requests under way.
        self._renew_at = self._clock() + lasts - min(60, lasts / 10) if lasts else float("inf")
        _log.info(event, lasts_s=round(lasts))
        return token.header


#: What the client asks for the `Authorization` of its requests.
Signer: TypeAlias = KeySigner | TokenSigner


def fingerprint(credential: Password, api_url: str) -> str:
    """What stands for the credential in the database, too slow to guess.

    Attic Tech trims and lower-cases the e-mail; so must we, to know the account again.
    """
    salt = f"{api_url.rstrip('/')}\n{credential.email.strip().lower()}".encode()
    password = credential.password.encode("utf-8", "surrogatepass")
    return hashlib.scrypt(password, salt=salt, n=2**14, r=8, p=1, dklen=16).hex()


def account(credential: Password | ApiKey, api_url: str) -> str:
    """What stands for the account at this address in the database, whatever its password."""
    who = (
        f"key {credential.key.strip()}"
        if isinstance(credential, ApiKey)
        else credential.email.strip().lower()
    )
    return hashlib.sha256(f"{api_url.rstrip('/')}\n{who}".encode()).hexdigest()[:16]
