"""How a stored document is shown: relations as ids or documents by `depth`, fields by `select` and
`populate`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sandbox.attic_tech.schema import RELATIONS, Row
from sandbox.attic_tech.store import Store

_DEEPEST = 10


@dataclass(slots=True)
class Shape:
    """One reader's view of documents, for one request."""

    store: Store
    #: Whether this reader may read that document of that collection; an id stays where he may not.
    may_read: Callable[[str, Row], bool]
    hidden_fields: frozenset[tuple[str, str]] = frozenset()
    select: Any = None
    populate: dict[str, Any] = field(default_factory=dict)
    _shown: dict[tuple[str, int, int], dict[str, Any]] = field(default_factory=dict)

    def show(self, collection: str, row: Row, depth: int) -> dict[str, Any]:
        """The document as the reader sees it, relations followed `depth` times."""
        return self._populated(
            collection, _chosen(self._whole(collection, row), self.select), depth
        )

    def _populated(self, collection: str, document: dict[str, Any], depth: int) -> dict[str, Any]:
        if depth > 0:
            for relation in RELATIONS[collection]:
                held = document.get(relation.name)
                if isinstance(held, list):
                    document[relation.name] = [
                        self._target(relation.to, id_, depth) for id_ in held
                    ]
                elif held is not None:
                    document[relation.name] = self._target(relation.to, held, depth)
        return document

    def _target(self, collection: str, id_: Any, depth: int) -> Any:
        key = (collection, id_, depth)
        if key not in self._shown:
            row = self.store.rows[collection].get(id_)
            if row is None or not self.may_read(collection, row):
                return id_
            document = _chosen(self._whole(collection, row), self.populate.get(collection))
            self._shown[key] = self._populated(collection, document, depth - 1)
        return self._shown[key]

    def _whole(self, collection: str, row: Row) -> dict[str, Any]:
        document = dict(row)
        if collection == "users":
            has_key = bool(row.get("enableAPIKey"))
            document |= {"collection": "users", "hasAPIKey": has_key, "sessions": []}
        for holder, name in self.hidden_fields:
            if holder == collection:
                document.pop(name, None)
        return document


def depth_of(asked: Any) -> int:
    """How many times relations are followed: 2 unless said, 0 for what is no number or below."""
    if asked is None:
        return 2
    return min(int(asked), _DEEPEST) if isinstance(asked, str) and asked.isdigit() else 0


def names_only(select: Any) -> bool:
    """Whether a selection shows nothing of a document's content: only id and stamps."""
    return (
        isinstance(select, dict)
        and not _excludes(select)
        and {*select} <= {"id", "updatedAt", "createdAt"}
    )


def _chosen(document: dict[str, Any], select: Any) -> dict[str, Any]:
    if not select:
        return document
    named = {*select} if isinstance(select, dict) else set()
    if _excludes(select):
        return {
            name: value for name, value in document.items() if name == "id" or name not in named
        }
    kept = {"id", "collection", *named}
    return {name: value for name, value in document.items() if name in kept}


def _excludes(select: Any) -> bool:
    """One field named `false` makes it a list of fields to leave out, those named `true` among
    them.
    """
    if not isinstance(select, dict):
        return False
    return any(
        _excludes(value) if isinstance(value, dict) else value == "false"
        for value in select.values()
    )
