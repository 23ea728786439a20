"""What the pretend Attic Tech does for those who write: create, change and delete, one or many in
one transaction.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.attic_tech.accounts import Account, Accounts
from sandbox.attic_tech.answers import Answer, broken, invalid, refusal
from sandbox.attic_tech.dates import understood
from sandbox.attic_tech.listing import page
from sandbox.attic_tech.reading import Library, numeric_id
from sandbox.attic_tech.schema import WRITABLE, Field, Kind, Row, label
from sandbox.attic_tech.store import Store

_STEPS = 20
_SHORTEST_PASSWORD = 3


@dataclass(frozen=True, slots=True)
class Desk:
    """Writes for one signed-in user; `takes` is how many seconds a transaction stays open."""

    library: Library
    takes: float = 0.0

    @property
    def _store(self) -> Store:
        return self.library.store

    async def create(self, collection: str, body: Any, query: dict[str, Any]) -> Answer:
        """201 and the new document."""
        given = body if isinstance(body, dict) else {}
        fields = checked(self._store, collection, given, new=True)
        accounts = self.library.accounts
        if collection == "users":
            fields["email"] = new_address(self._store, given)
        with self._store.transaction() as transaction:
            row = transaction.create(collection, fields)
            await asyncio.sleep(self.takes)
        if collection == "users":
            accounts.by_id[row["id"]] = Account(str(given["password"]), given.get("apiKey"))
        message = f"{label(collection)} successfully created."
        return Answer(201, {"doc": self._shown(collection, row, query), "message": message})

    async def patch(self, collection: str, asked: str, body: Any, query: dict[str, Any]) -> Answer:
        """200 and the document as it is now."""
        id_ = numeric_id(asked)
        with self._store.transaction() as transaction:
            transaction.get(collection, id_)
            row = transaction.patch(collection, id_, checked(self._store, collection, body))
            await asyncio.sleep(self.takes)
        if collection == "users":
            change_account(self.library.accounts, id_, body)
        shown = self._shown(collection, row, query)
        return Answer(200, {"doc": shown, "message": "Updated successfully."})

    async def patch_many(self, collection: str, body: Any, query: dict[str, Any]) -> Answer:
        """200 and every document that passed `where`, all changed in one transaction, each stamped
        in its turn.
        """
        rows = self._addressed(collection, query, "update")
        fields = checked(self._store, collection, body)
        every = max(1, len(rows) // _STEPS)
        with self._store.transaction() as transaction:
            changed: list[Row] = []
            for n, row in enumerate(rows):
                changed.append(transaction.patch(collection, row["id"], fields))
                if self.takes and n % every == 0:
                    await asyncio.sleep(self.takes * every / len(rows))
        return self._many(collection, changed, query, "Updated")

    async def delete(self, collection: str, asked: str, query: dict[str, Any]) -> Answer:
        """200 and the document as it was."""
        with self._store.transaction() as transaction:
            row = transaction.delete(collection, numeric_id(asked))
            shown = self._shown(collection, row, query)
            await asyncio.sleep(self.takes)
        return Answer(200, {"doc": shown, "message": "Deleted successfully."})

    async def delete_many(self, collection: str, query: dict[str, Any]) -> Answer:
        """200 and every document that passed `where`, as it was."""
        rows = self._addressed(collection, query, "delete")
        answer = self._many(collection, rows, query, "Deleted")
        with self._store.transaction() as transaction:
            for row in rows:
                transaction.delete(collection, row["id"])
            await asyncio.sleep(self.takes)
        return answer

    def _addressed(self, collection: str, query: dict[str, Any], verb: str) -> list[Row]:
        if not query.get("where"):
            raise refusal(400, f"Missing 'where' query of documents to {verb}.")
        rows, _ = self.library.find(collection, query)
        chosen = page(rows, {"limit": "0", **query}, through_relation=False)["docs"]
        return list(chosen)

    def _shown(self, collection: str, row: Row, query: dict[str, Any]) -> dict[str, Any]:
        return self.library.show(collection, [row], query)[0]

    def _many(self, collection: str, rows: list[Row], query: dict[str, Any], verb: str) -> Answer:
        noun = label(collection, plural=len(rows) != 1)
        docs = self.library.show(collection, rows, query)
        message = f"{verb} {len(rows)} {noun} successfully."
        return Answer(200, {"docs": docs, "errors": [], "message": message})


def checked(store: Store, collection: str, body: Any, *, new: bool = False) -> dict[str, Any]:
    """What of `body` is stored: unknown fields and `updatedAt` are ignored, `createdAt` is taken.

    Raises:
        Refused: 400 for a value that fails validation, 500 for a relation to nothing.
    """
    given = body if isinstance(body, Mapping) else {}
    fields: dict[str, Any] = {}
    for field in WRITABLE[collection]:
        if field.required and (given.get(field.name, "" if new else "kept") in (None, "")):
            raise invalid(
                collection, field.name, "This field is required.", field.name.capitalize()
            )
        if field.name in given:
            fields[field.name] = _value(store, collection, field, given[field.name])
    if understood(given.get("createdAt")):
        fields["createdAt"] = understood(given["createdAt"])
    return fields


def _value(store: Store, collection: str, field: Field, value: Any) -> Any:
    if field.kind is not Kind.RELATION or not value:
        return field.empty if value is None else value
    for id_ in value if field.many and isinstance(value, list) else [value]:
        if not isinstance(id_, int):
            message = f"This relationship field has the following invalid relationships: {id_} 0"
            raise invalid(collection, field.name, message, field.name.capitalize())
        if id_ not in store.rows[field.to]:
            raise broken()
    return value


def new_address(store: Store, given: Mapping[str, Any]) -> str:
    """The folded address of a user to be.

    Raises:
        Refused: 400, it is missing or taken, or there is no password.
    """
    email = str(given.get("email") or "").strip().lower()
    if "@" not in email:
        raise invalid("users", "email", "Please enter a valid email address.", "Email")
    if any(row.get("email") == email for row in store.rows["users"].values()):
        raise invalid("users", "email", "A user with the given email is already registered.")
    if len(str(given.get("password") or "")) < _SHORTEST_PASSWORD:
        message = (
            f"This value must be longer than the minimum length of {_SHORTEST_PASSWORD} characters."
        )
        raise invalid("users", "password", message)
    return email


def change_account(accounts: Accounts, id_: int, body: Any) -> None:
    """A new password ends every session of its user."""
    account = accounts.by_id.get(id_)
    if account and isinstance(body, dict) and body.get("password"):
        account.password = str(body["password"])
        account.sessions.clear()
