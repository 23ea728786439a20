"""Who may read: logins, sessions, tokens, API keys, the lock-out, with the races of the real ones.

A login reads the account, takes its time over the password, and writes back what it read with its
own session added: of several at once, the last to write destroys the sessions of the others,
although each was answered with a token.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import math
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sandbox.attic_tech.answers import Refused, forbidden, invalid, refusal
from sandbox.attic_tech.dates import shown
from sandbox.attic_tech.schema import Row
from sandbox.attic_tech.store import Store

_WRONG = "The email or password provided is incorrect."
_LOCKED = "This user is locked due to having too many failed login attempts."


@dataclass(slots=True)
class Account:
    """What Payload keeps of a user beside the document."""

    password: str
    api_key: str | None = None
    attempts: int = 0
    locked_until: datetime | None = None
    sessions: dict[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reader:
    """A signed-in user and how he showed who he is."""

    id: int
    strategy: str
    session: str | None = None
    token: str | None = None
    expires: int | None = None


@dataclass(slots=True)
class Accounts:
    """All accounts by the id of their user."""

    store: Store
    now: Callable[[], datetime]
    token_life: timedelta = timedelta(hours=2)
    lock_time: timedelta = timedelta(minutes=10)
    attempts_allowed: int = 5
    #: How long the password hash takes: the time in which another login can begin.
    login_takes: float = 0.05
    by_id: dict[int, Account] = field(default_factory=dict)
    _secret: bytes = field(default_factory=lambda: secrets.token_bytes(16))

    def void_tokens(self) -> None:
        """Every token given out so far stops working, as after an upgrade of the server."""
        self._secret = secrets.token_bytes(16)

    async def login(self, body: Any) -> tuple[str, Row, int]:
        """A new token, the user it is for, and when it ends.

        Raises:
            Refused: 400 without e-mail or password, 401 for wrong ones and for a locked account.
        """
        id_, account, password = self._named(body)
        if account is None or (account.locked_until and account.locked_until > self.now()):
            raise refusal(401, _WRONG if account is None else _LOCKED)
        row, sessions, clean = (
            self.store.rows["users"][id_],
            dict(account.sessions),
            not account.attempts,
        )
        await asyncio.sleep(self.login_takes)
        if not hmac.compare_digest(account.password.encode(), password.encode()):
            raise self._failed(id_, account)
        account.attempts, account.locked_until = 0, None
        session, ends = secrets.token_hex(16), self.now() + self.token_life
        account.sessions = {**sessions, session: ends}
        self._write_back(row, moved=not clean)
        token, expires = self._token(row, session)
        return token, row, expires

    def refresh(self, reader: Reader) -> tuple[str, int]:
        """A token of the same session that ends later; the old one stays good until its own end.

        Raises:
            Refused: 403, an API key has nothing to refresh.
        """
        if reader.session is None:
            raise forbidden()
        self.by_id[reader.id].sessions[reader.session] = self.now() + self.token_life
        return self._token(self.store.rows["users"][reader.id], reader.session)

    def logout(self, reader: Reader) -> None:
        """End this session, and no other."""
        self.by_id[reader.id].sessions.pop(reader.session or "", None)

    def unlock(self, email: str) -> None:
        """Let a locked account try again.

        Raises:
            Refused: 403, nobody has this address.
        """
        found = self._find(email)
        if found is None:
            raise forbidden()
        account = self.by_id[found]
        account.attempts, account.locked_until = 0, None

    def reader(
        self, authorization: str | None, cookie: str | None, users: str = "users"
    ) -> Reader | None:
        """Who asks, one of the collection `users`; None for nobody.

        A bad `Authorization` is not healed by a good cookie.
        """
        if not authorization:
            return self._by_token(cookie) if cookie else None
        scheme, _, token = authorization.partition(" ")
        if authorization.startswith(f"{users} API-Key "):
            return self._by_key(authorization.removeprefix(f"{users} API-Key "))
        return self._by_token(token) if scheme in ("JWT", "Bearer") else None

    def sessions(self, id_: int) -> list[dict[str, str]]:
        """The user's sessions as he himself sees them."""
        account = self.by_id.get(id_)
        return [
            {"id": name, "createdAt": shown(ends - self.token_life), "expiresAt": shown(ends)}
            for name, ends in (account.sessions if account else {}).items()
        ]

    def _named(self, body: Any) -> tuple[int, Account | None, str]:
        given = body if isinstance(body, dict) else {}
        for name in ("email", "password"):
            if not isinstance(given.get(name), str) or not given[name]:
                raise invalid("users", name, "This field is required.")
        id_ = self._find(given["email"])
        return id_ or 0, None if id_ is None else self.by_id[id_], given["password"]

    def _find(self, email: str) -> int | None:
        wanted = email.strip().lower()
        users = self.store.rows["users"]
        return next((i for i in self.by_id if i in users and users[i].get("email") == wanted), None)

    def _failed(self, id_: int, account: Account) -> Refused:
        """Count a wrong password; the one that reaches the limit locks, and still answers
        "incorrect".
        """
        if account.locked_until is not None:
            account.attempts, account.locked_until = 0, None
        account.attempts += 1
        if account.attempts >= self.attempts_allowed > 0:
            account.locked_until = self.now() + self.lock_time
        with self.store.transaction() as transaction:
            transaction.patch("users", id_, {})
        return refusal(401, _WRONG)

    def _write_back(self, row: Row, *, moved: bool) -> None:
        """The user as the login read him; a PATCH made meanwhile is undone, but for the stamp that
        it moved.
        """
        users = self.store.rows["users"]
        if row["id"] in users:
            stamp = self.store.stamp() if moved else users[row["id"]]["updatedAt"]
            users[row["id"]] = {**row, "updatedAt": stamp}

    def _token(self, user: Row, session: str) -> tuple[str, int]:
        issued = math.floor(self.now().timestamp())
        expires = issued + math.floor(self.token_life.total_seconds())
        claims = {
            "id": user["id"],
            "collection": "users",
            "email": user["email"],
            "sid": session,
            "iat": issued,
            "exp": expires,
        }
        signed = f"{_part({'alg': 'HS256', 'authVersion': 1, 'typ': 'JWT'})}.{_part(claims)}"
        return f"{signed}.{self._signature(signed)}", expires

    def _signature(self, signed: str) -> str:
        return _text(hmac.digest(self._secret, signed.encode(), hashlib.sha256))

    def _by_token(self, token: str) -> Reader | None:
        signed, _, signature = token.rpartition(".")
        if not hmac.compare_digest(self._signature(signed).encode(), signature.encode()):
            return None
        claims = json.loads(base64.urlsafe_b64decode(signed.partition(".")[2] + "=="))
        account = self.by_id.get(claims["id"])
        alive = claims["exp"] > self.now().timestamp() and claims["id"] in self.store.rows["users"]
        if account is None or not alive or claims["sid"] not in account.sessions:
            return None
        return Reader(claims["id"], "local-jwt", claims["sid"], token, claims["exp"])

    def _by_key(self, key: str) -> Reader | None:
        users = self.store.rows["users"]
        owner = next((i for i, a in self.by_id.items() if a.api_key == key and i in users), None)
        return None if owner is None else Reader(owner, "api-key")


def _part(value: dict[str, Any]) -> str:
    return _text(json.dumps(value, separators=(",", ":")).encode())


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
