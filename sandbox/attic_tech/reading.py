"""What the pretend Attic Tech answers to those who read: lists, counts, documents by id."""

import re
from dataclasses import dataclass
from typing import Any

from sandbox.attic_tech.accounts import Accounts, Reader
from sandbox.attic_tech.answers import broken, forbidden, not_found
from sandbox.attic_tech.faults import Faults
from sandbox.attic_tech.listing import chosen, page
from sandbox.attic_tech.schema import Row
from sandbox.attic_tech.shape import Shape, depth_of, names_only
from sandbox.attic_tech.store import Store
from sandbox.attic_tech.where import Filter, Test

_LEADING_NUMBER = re.compile(r"^-?\d+")
_LARGEST_ID = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Library:
    """The documents as one reader may see them."""

    store: Store
    faults: Faults
    accounts: Accounts
    reader: Reader

    def listed(self, collection: str, query: dict[str, Any]) -> dict[str, Any]:
        """A page of the collection in Payload's envelope."""
        rows, through_relation = self.find(collection, query)
        answer = page(rows, query, through_relation=through_relation)
        answer["docs"] = self.show(collection, answer["docs"], query)
        return answer

    def count(self, collection: str, query: dict[str, Any]) -> dict[str, Any]:
        """How many documents pass the query's `where`."""
        return {"totalDocs": len(self.find(collection, query)[0])}

    def by_id(self, collection: str, asked: str, query: dict[str, Any]) -> dict[str, Any]:
        """The bare document; the digits that `asked` begins with are its id."""
        test = self._rule(collection)
        row = self.store.rows[collection].get(numeric_id(asked))
        if row is None or not test(row):
            raise not_found()
        return self.show(collection, [row], query)[0]

    def find(self, collection: str, query: dict[str, Any]) -> tuple[list[Row], bool]:
        """The stored documents that pass, in order, and whether the `where` looked through
        relations.
        """
        rule, filter_ = self._rule(collection), self._filter()
        test = filter_.compile(collection, query.get("where"))
        rows = chosen(
            self.store, collection, lambda row: test(row) and rule(row), query.get("sort")
        )
        return rows, filter_.through_relation

    def show(self, collection: str, rows: list[Row], query: dict[str, Any]) -> list[dict[str, Any]]:
        """The documents as answers carry them.

        Raises:
            Refused: 500, one of them is poisoned and more than its stamp was asked for.
        """
        select = query.get("select")
        poisoned = self.faults.poisoned
        if (
            poisoned
            and not names_only(select)
            and any((collection, row["id"]) in poisoned for row in rows)
        ):
            raise broken()
        shape = Shape(
            self.store,
            self._may_read,
            frozenset(self.faults.hidden_fields),
            select,
            query["populate"] if isinstance(query.get("populate"), dict) else {},
        )
        depth = depth_of(query.get("depth"))
        return [self._own(collection, shape.show(collection, row, depth)) for row in rows]

    def _own(self, collection: str, document: dict[str, Any]) -> dict[str, Any]:
        """A user sees his own sessions, and nobody else's."""
        if (
            collection == "users"
            and document.get("id") == self.reader.id
            and "sessions" in document
        ):
            document["sessions"] = self.accounts.sessions(self.reader.id)
        return document

    def _filter(self) -> Filter:
        return Filter(self.store, lambda name: self.faults.read_rules.get(name) is not False)

    def _rule(self, collection: str) -> Test:
        rule = self.faults.read_rules.get(collection)
        if rule is False:
            raise forbidden()
        return self._filter().compile(collection, rule)

    def _may_read(self, collection: str, row: Row) -> bool:
        rule = self.faults.read_rules.get(collection)
        return rule is None or (rule is not False and self._rule(collection)(row))


def numeric_id(asked: str) -> int:
    """The id that a path names: `12abc` is 12.

    Raises:
        Refused: 500, there is no number, or one that PostgreSQL cannot hold.
    """
    match = _LEADING_NUMBER.match(asked)
    if match is None or abs(int(match[0])) > _LARGEST_ID:
        raise broken()
    return int(match[0])
