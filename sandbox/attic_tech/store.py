"""The documents of the pretend Attic Tech, in memory, with transactions as PostgreSQL has them.

A row gets its `updatedAt` while its transaction runs and appears, with all the others, at commit:
stamps are older than their visibility. A deletion turns what pointed at the document to null
without moving a stamp.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sandbox.attic_tech.answers import not_found
from sandbox.attic_tech.dates import shown
from sandbox.attic_tech.schema import COLLECTIONS, RELATIONS, WRITABLE, Row


class Store:
    """All documents that are visible now: `rows[collection][id]`."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self.rows: dict[str, dict[int, Row]] = {collection: {} for collection in COLLECTIONS}
        self._last_id = dict.fromkeys(COLLECTIONS, 0)

    def stamp(self) -> str:
        """The server's clock, as a document would carry it."""
        return shown(self._now())

    def next_id(self, collection: str, wanted: int | None = None) -> int:
        """An id never handed out before, or `wanted`, after which counting goes on."""
        self._last_id[collection] = max(self._last_id[collection] + 1, wanted or 0)
        return wanted or self._last_id[collection]

    @contextmanager
    def transaction(self) -> Iterator["Transaction"]:
        """A transaction whose writes appear together at the end of the block, and not at all if it
        fails.
        """
        transaction = Transaction(self)
        yield transaction
        transaction.commit()

    def replace(self, collection: str, rows: Mapping[int, Row]) -> None:
        """Make `rows` visible, keeping the collection in the order of its ids."""
        shelf = self.rows[collection]
        grown = any(id_ not in shelf for id_ in rows)
        shelf.update(rows)
        if grown:
            self.rows[collection] = dict(sorted(shelf.items()))

    def remove(self, collection: str, ids: set[int]) -> None:
        """Take documents away; what pointed at them becomes null, or loses a member, with its stamp
        unmoved.
        """
        for id_ in ids:
            self.rows[collection].pop(id_, None)
        for holder, fields in RELATIONS.items():
            for field in fields:
                if field.to == collection:
                    self._unlink(holder, field.name, ids)

    def _unlink(self, holder: str, field: str, gone: set[int]) -> None:
        shelf = self.rows[holder]
        for id_, row in list(shelf.items()):
            held = row.get(field)
            if isinstance(held, list):
                if not gone.isdisjoint(held):
                    shelf[id_] = {**row, field: [one for one in held if one not in gone]}
            elif held in gone:
                shelf[id_] = {**row, field: None}


class Transaction:
    """Writes that nobody else sees until `commit`."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._written: dict[str, dict[int, Row]] = {collection: {} for collection in COLLECTIONS}
        self._deleted: dict[str, set[int]] = {collection: set() for collection in COLLECTIONS}

    def create(self, collection: str, fields: Mapping[str, Any]) -> Row:
        """The new document. `id` and both stamps may be given, which a client of the REST API may
        not do.
        """
        now = self._store.stamp()
        id_ = self._store.next_id(collection, fields.get("id"))
        row = {
            "id": id_,
            **{field.name: fields.get(field.name, field.empty) for field in WRITABLE[collection]},
            "updatedAt": fields.get("updatedAt", now),
            "createdAt": fields.get("createdAt", now),
        }
        if collection == "users":
            row |= {"enableAPIKey": fields.get("enableAPIKey"), "email": fields.get("email")}
        self._written[collection][id_] = row
        return row

    def patch(self, collection: str, id_: int, fields: Mapping[str, Any]) -> Row:
        """The document as it is now; its stamp moves even if nothing else does.

        Raises:
            Refused: 404, there is no such document.
        """
        row = {**self.get(collection, id_), "updatedAt": self._store.stamp(), **fields}
        self._written[collection][id_] = row
        return row

    def delete(self, collection: str, id_: int) -> Row:
        """The document that is gone once this commits.

        Raises:
            Refused: 404, there is no such document.
        """
        row = self.get(collection, id_)
        self._written[collection].pop(id_, None)
        self._deleted[collection].add(id_)
        return row

    def plant(self, collection: str, id_: int, document: Mapping[str, Any]) -> None:
        """Put a document there as it is, whatever it holds: what a faulty import leaves behind."""
        self._store.next_id(collection, id_)
        self._written[collection][id_] = {"id": id_, **document}

    def get(self, collection: str, id_: int) -> Row:
        """The document as this transaction sees it.

        Raises:
            Refused: 404, there is no such document.
        """
        row = self._written[collection].get(id_) or self._store.rows[collection].get(id_)
        if row is None or id_ in self._deleted[collection]:
            raise not_found()
        return row

    def commit(self) -> None:
        """Everything written becomes visible at once, under the stamps it already has."""
        for collection, rows in self._written.items():
            self._store.replace(collection, rows)
        for collection, ids in self._deleted.items():
            if ids:
                self._store.remove(collection, ids)
        for rows in self._written.values():
            rows.clear()
        for ids in self._deleted.values():
            ids.clear()
