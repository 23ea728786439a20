"""The pretend Attic Tech without its socket: its documents, and what is wrong with it."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.attic_tech.accounts import Account, Accounts
from sandbox.attic_tech.app import Front, Seen
from sandbox.attic_tech.faults import Faults
from sandbox.attic_tech.rest import Rest
from sandbox.attic_tech.schema import Row
from sandbox.attic_tech.store import Store, Transaction

EMAIL = "bot@attic.example"
PASSWORD = "bot-password"  # noqa: S105 - opens nothing but this sandbox
API_KEY = "5f0c7f0e-0000-4000-8000-00000000b07a"


class AtticTech:
    """Documents and accounts behind a REST API.

    It begins with one user, the service account `EMAIL` / `PASSWORD` / `API_KEY`, and no other
    document. What a method below changes is stamped by the server's clock and seen by the next
    request. `names`: what the REST API calls collections that have another name than here.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        token_life: timedelta = timedelta(hours=2),
        lock_time: timedelta = timedelta(minutes=10),
        login_takes: float = 0.05,
        names: Mapping[str, str] | None = None,
    ) -> None:
        self.faults = Faults()
        self._clock = clock
        self._store = Store(self.now)
        self.accounts = Accounts(
            self._store,
            self.now,
            token_life=token_life,
            lock_time=lock_time,
            login_takes=login_takes,
        )
        self.names = dict(names or {})
        self.front = Front(Rest(self._store, self.accounts, self.faults, self.names))
        self.account(EMAIL, PASSWORD, API_KEY, name="Bot Service")

    @property
    def requests(self) -> list[Seen]:
        """Every request of the REST API so far; clear it at will."""
        return self.front.requests

    def now(self) -> datetime:
        """The server's clock, which may be wrong on purpose."""
        return self._clock() + self.faults.clock_offset

    def account(self, email: str, password: str, api_key: str | None = None, **fields: Any) -> int:
        """The id of a new user who can sign in."""
        id_ = self.create("users", email=email, enableAPIKey=api_key is not None or None, **fields)
        self.accounts.by_id[id_] = Account(password, api_key)
        return id_

    def create(self, collection: str, /, **fields: Any) -> int:
        """The id of a new document; `id`, `createdAt` and `updatedAt` may be given."""
        with self.transaction() as transaction:
            return int(transaction.create(collection, fields)["id"])

    def patch(self, collection: str, id_: int, /, **fields: Any) -> None:
        """Change a document, as a person at Attic Tech's screen would."""
        with self.transaction() as transaction:
            transaction.patch(collection, id_, fields)

    def delete(self, collection: str, id_: int, /) -> None:
        """Delete a document; what pointed at it turns to null, its stamp unmoved."""
        with self.transaction() as transaction:
            transaction.delete(collection, id_)

    def plant(self, collection: str, id_: int, document: Mapping[str, Any], /) -> None:
        """Put a document there as it is: NUL, a lone surrogate, NaN, an id or a type that should
        not be.
        """
        with self.transaction() as transaction:
            transaction.plant(collection, id_, document)

    def document(self, collection: str, id_: int, /) -> Row:
        """The document as it is stored, relations as ids."""
        return Transaction(self._store).get(collection, id_)

    def documents(self, collection: str, /) -> dict[int, Row]:
        """All visible documents of a collection by id."""
        return dict(self._store.rows[collection])

    def transaction(self) -> AbstractContextManager[Transaction]:
        """Several writes that appear together at the end of the block, under the stamps of their
        moments.
        """
        return self._store.transaction()

    def hide(self, collection: str) -> None:
        """Nobody may read the collection any more: 403, and ids at any depth."""
        self.faults.read_rules[collection] = False

    def scope(self, collection: str, where: Mapping[str, Any]) -> None:
        """Only documents that pass `where` may be read; others are as if they were not there."""
        self.faults.read_rules[collection] = where

    def void_tokens(self) -> None:
        """Every token given out so far stops working."""
        self.accounts.void_tokens()
